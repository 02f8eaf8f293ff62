import { contentOf, isEmpty, wantsBroadcast } from '../content.ts';
import { limits } from '../limits.ts';
import type { Json } from '../schema.ts';
import { changedEvent, deletedEvent, messageEvent, messageJson } from '../shapes.ts';
import type { Channel, Message } from '../state.ts';
import {
  type Call,
  channelOf,
  type Method,
  needMembership,
  RateLimited,
  requiredArg,
  SlackError,
  stringArg,
  threadOf,
} from './call.ts';

/** https://docs.slack.dev/reference/methods?family=chat */
export const chatMethods: Record<string, Method> = {
  'chat.postMessage': { scopes: ['chat:write'], tier: 'special', run: postMessage },
  'chat.postEphemeral': { scopes: ['chat:write'], tier: 'tier4', run: postEphemeral },
  'chat.update': { scopes: ['chat:write'], tier: 'tier3', run: update },
  'chat.delete': { scopes: ['chat:write'], tier: 'tier3', run: remove },
  'chat.getPermalink': { scopes: [], tier: 'special', run: getPermalink },
};

function postMessage(call: Call): Json {
  const channel = destination(call);
  if (channel.kind === 'public' && !call.scopes.has('chat:write.public')) needMembership(call, channel);
  if (channel.archived) throw new SlackError('is_archived');
  const wait = call.limiter.channel(channel.id);
  if (wait !== null) throw new RateLimited(wait);
  const content = contentOf(call);
  if (isEmpty(content)) throw new SlackError('no_text');
  const threadTs = threadOf(call, channel);
  const message = call.state.post({
    channelId: channel.id,
    userId: call.state.seed.botUserId,
    text: content.text ?? '',
    blocks: content.blocks ?? [],
    attachments: content.attachments ?? [],
    metadata: content.metadata ?? null,
    threadTs,
    broadcast: threadTs !== null && wantsBroadcast(call),
  });
  call.emit(messageEvent(call.state, message), channel.id);
  return { channel: channel.id, ts: message.ts, message: messageJson(call.state, message) };
}

function postEphemeral(call: Call): Json {
  const channel = channelOf(call, stringArg(call, 'channel'));
  const userId = requiredArg(call, 'user', 'user_not_found');
  needMembership(call, channel);
  if (channel.archived) throw new SlackError('is_archived');
  if (!channel.members.has(userId)) throw new SlackError('user_not_in_channel');
  const content = contentOf(call);
  if (isEmpty(content)) throw new SlackError('no_text');
  const threadTs = threadOf(call, channel);
  const root = threadTs === null ? undefined : call.state.message(channel.id, threadTs);
  // Where the thread is not active yet, Slack takes the message and shows it to nobody.
  if (root !== undefined && call.state.replies(root).length === 0) return { message_ts: call.state.nextTs() };
  const { ts } = call.state.post({
    channelId: channel.id,
    userId: call.state.seed.botUserId,
    text: content.text ?? '',
    blocks: content.blocks ?? [],
    attachments: content.attachments ?? [],
    threadTs,
    onlyFor: userId,
  });
  return { message_ts: ts };
}

function update(call: Call): Json {
  const message = ownMessage(call, 'cant_update_message');
  const content = contentOf(call);
  if ((content.text?.length ?? 0) > limits.updateText) throw new SlackError('msg_too_long');
  if (isEmpty(content)) throw new SlackError('no_text');
  if (call.state.channels.get(message.channelId)?.archived) throw new SlackError('is_inactive');
  const previous = messageJson(call.state, message);
  call.state.edit(message, {
    ...(content.text !== undefined && { text: content.text }),
    ...(content.blocks !== undefined && { blocks: content.blocks }),
    ...(content.attachments !== undefined && { attachments: content.attachments }),
    ...(content.metadata !== undefined && { metadata: content.metadata }),
  });
  call.emit(changedEvent(call.state, message, previous), message.channelId);
  return {
    channel: message.channelId,
    ts: message.ts,
    text: message.text,
    message: messageJson(call.state, message),
  };
}

function remove(call: Call): Json {
  const message = ownMessage(call, 'cant_delete_message');
  call.state.remove(message);
  call.emit(deletedEvent(call.state, message), message.channelId);
  return { channel: message.channelId, ts: message.ts };
}

function getPermalink(call: Call): Json {
  const channel = channelOf(call, stringArg(call, 'channel'));
  const message = call.state.message(channel.id, requiredArg(call, 'message_ts', 'message_not_found'));
  if (message === undefined || message.onlyFor !== null) throw new SlackError('message_not_found');
  const thread = message.threadTs === null ? '' : `?thread_ts=${message.threadTs}&cid=${channel.id}`;
  const path = `/archives/${channel.id}/p${message.ts.replace('.', '')}${thread}`;
  return { channel: channel.id, permalink: `${call.origin}${path}` };
}

/** A channel, or a person: then the app's direct message with them. */
function destination(call: Call): Channel {
  const given = requiredArg(call, 'channel', 'channel_not_found');
  const user = call.state.users.get(given);
  if (user?.deleted) throw new SlackError('channel_not_found');
  return user === undefined || user.isBot ? channelOf(call, given) : call.state.directMessage(user.id);
}

/** Ephemeral messages are not found: they exist for one person's client only. */
function ownMessage(call: Call, foreign: string): Message {
  const channel = channelOf(call, stringArg(call, 'channel'));
  const message = call.state.message(channel.id, stringArg(call, 'ts') ?? '');
  if (message === undefined || message.onlyFor !== null) throw new SlackError('message_not_found');
  if (message.userId !== call.state.seed.botUserId) throw new SlackError(foreign);
  return message;
}
