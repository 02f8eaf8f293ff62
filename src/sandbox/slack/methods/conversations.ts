import type { Json } from '../schema.ts';
import { channelJson, messageJson } from '../shapes.ts';
import type { Channel, Message } from '../state.ts';
import {
  type Call,
  channelOf,
  flagArg,
  type Method,
  needMembership,
  needScopeFor,
  needScopes,
  page,
  requiredArg,
  SlackError,
  stringArg,
} from './call.ts';

/** https://docs.slack.dev/reference/methods?family=conversations */
export const conversationMethods: Record<string, Method> = {
  'conversations.history': { scopes: [], tier: 'tier3', run: history },
  'conversations.replies': { scopes: [], tier: 'tier3', run: replies },
  'conversations.info': { scopes: [], tier: 'tier3', run: info },
  'conversations.list': { scopes: [], tier: 'tier2', run: list },
  'conversations.members': { scopes: [], tier: 'tier4', run: members },
  'conversations.open': { scopes: ['im:write'], tier: 'tier3', run: open },
  'conversations.join': { scopes: ['channels:join'], tier: 'tier3', run: join },
};

/** Newest first; replies are not in it, unless they were sent to the channel too. */
function history(call: Call): Json {
  const channel = readable(call);
  const shown = call.state
    .messagesIn(channel.id)
    .filter(message => message.threadTs === null || message.threadTs === message.ts || message.broadcast)
    .filter(message => message.onlyFor === null && inRange(call, message))
    .reverse();
  return messages(call, shown, 100);
}

/** A thread, oldest first and led by its root; a single reply where `ts` is a reply's. */
function replies(call: Call): Json {
  const channel = readable(call);
  const root = call.state.message(channel.id, requiredArg(call, 'ts', 'thread_not_found'));
  if (root === undefined || root.onlyFor !== null) throw new SlackError('thread_not_found');
  const thread = call.state.replies(root).filter(message => inRange(call, message));
  return messages(call, [root, ...thread], 1000);
}

function messages(call: Call, found: readonly Message[], defaultLimit: number): Json {
  const { items, more, next } = page(call, found, defaultLimit, 999);
  const withMetadata = flagArg(call, 'include_all_metadata');
  return {
    messages: items.map(message => messageJson(call.state, message, withMetadata)),
    has_more: more,
    response_metadata: { next_cursor: next },
  };
}

function inRange(call: Call, message: Message): boolean {
  const oldest = stringArg(call, 'oldest');
  const latest = stringArg(call, 'latest');
  const inclusive = flagArg(call, 'inclusive');
  const after = (ts: string, limit: string) =>
    Number(ts) > Number(limit) || (inclusive && Number(ts) === Number(limit));
  return (oldest === null || after(message.ts, oldest)) && (latest === null || after(latest, message.ts));
}

function info(call: Call): Json {
  const channel = channelOf(call, requiredArg(call, 'channel', 'channel_not_found'));
  needScopeFor(call, channel, 'read');
  const members = flagArg(call, 'include_num_members') ? { num_members: channel.members.size } : {};
  return { channel: { ...channelJson(call.state, channel), ...members } };
}

function list(call: Call): Json {
  const types = (stringArg(call, 'types') ?? 'public_channel').split(',').map(type => type.trim());
  const kinds = new Set(types.map(type => ({ public_channel: 'public', private_channel: 'private', im: 'im' })[type]));
  const families = { public: 'channels', private: 'groups', im: 'im' };
  for (const kind of kinds) {
    if (kind === undefined) throw new SlackError('invalid_types');
    needScopes(call.scopes, [`${families[kind as keyof typeof families]}:read`]);
  }
  const known = [...call.state.channels.values()].filter(
    channel =>
      kinds.has(channel.kind) &&
      (channel.kind === 'public' || channel.members.has(call.state.seed.botUserId)) &&
      !(channel.archived && flagArg(call, 'exclude_archived')),
  );
  const { items, next } = page(call, known, 100, 999);
  return {
    channels: items.map(channel => channelJson(call.state, channel)),
    response_metadata: { next_cursor: next },
  };
}

function members(call: Call): Json {
  const channel = channelOf(call, requiredArg(call, 'channel', 'channel_not_found'));
  needScopeFor(call, channel, 'read');
  const { items, next } = page(call, [...channel.members], 100, 999);
  return { members: items, response_metadata: { next_cursor: next } };
}

function open(call: Call): Json {
  const users = requiredArg(call, 'users', 'users_list_not_supplied').split(',');
  const user = call.state.users.get(users[0] ?? '');
  if (users.length > 1) needScopes(call.scopes, ['mpim:write']);
  if (user === undefined) throw new SlackError('user_not_found');
  if (user.deleted) throw new SlackError('user_disabled');
  if (user.isBot) throw new SlackError('cannot_dm_bot');
  const channel = call.state.directMessage(user.id);
  return { channel: flagArg(call, 'return_im') ? channelJson(call.state, channel) : { id: channel.id } };
}

function join(call: Call): Json {
  const channel = channelOf(call, requiredArg(call, 'channel', 'channel_not_found'));
  if (channel.kind !== 'public') throw new SlackError('method_not_supported_for_channel_type');
  if (channel.archived) throw new SlackError('is_archived');
  const { botUserId } = call.state.seed;
  if (call.state.join(channel, botUserId)) {
    const event = { type: 'member_joined_channel', user: botUserId, channel: channel.id, channel_type: 'C' };
    call.emit({ ...event, team: call.state.seed.teamId, event_ts: call.state.nextTs() }, channel.id);
  }
  return { channel: channelJson(call.state, channel) };
}

function readable(call: Call): Channel {
  const channel = channelOf(call, requiredArg(call, 'channel', 'channel_not_found'));
  needScopeFor(call, channel, 'history');
  needMembership(call, channel);
  return channel;
}
