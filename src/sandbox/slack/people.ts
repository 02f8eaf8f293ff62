/** What people do among themselves; the app hears of it as events. https://docs.slack.dev/reference/events */
import type { createEvents } from './events.ts';
import { objects } from './methods/call.ts';
import { reactionEvent, reactionName } from './reactions.ts';
import type { Json } from './schema.ts';
import { messageEvent, viewJson } from './shapes.ts';
import { type Channel, type Message, type PostingApp, type State, slackbotId, type User } from './state.ts';

/** What another app posts: Amazon Q Developer leaves the text empty and puts everything into attachments. */
export interface AppPost {
  text?: string;
  blocks?: Json[];
  attachments?: Json[];
  threadTs?: string | null;
}

export function createPeople(state: State, events: ReturnType<typeof createEvents>) {
  const { seed } = state;

  /** Writes a message, or a reply. */
  function say(user: User, channel: Channel, text: string, threadTs: string | null = null): Message {
    if (channel.archived) throw new Error(`#${channel.name} is archived.`);
    const message = state.post({
      channelId: channel.id,
      userId: user.id,
      text: withReferences(state, text),
      threadTs,
    });
    const event = messageEvent(state, message);
    events.emit(event, channel.id);
    mentioned(message, channel);
    return message;
  }

  /** The app hears of it beside the message itself, whoever wrote it, but not in a direct message. */
  function mentioned(message: Message, channel: Channel): void {
    if (channel.kind === 'im' || !message.text.includes(`<@${seed.botUserId}>`)) return;
    const { channel_type: _, subtype: __, ...event } = messageEvent(state, message);
    events.emit({ ...event, type: 'app_mention' }, channel.id);
  }

  function postAs(app: PostingApp, channel: Channel, { text = '', ...content }: AppPost): Message {
    const message = state.post({ channelId: channel.id, userId: app.botId, text, ...content });
    for (const attachment of message.attachments) {
      if (attachment.blocks !== undefined) attachment.blocks = state.withIds(objects(attachment.blocks));
    }
    events.emit(messageEvent(state, message), channel.id);
    mentioned(message, channel);
    return message;
  }

  function react(user: User, message: Message, given: string, present = true): void {
    const name = reactionName(given);
    if (name === null) throw new Error(`There is no reaction ${given}.`);
    if (state.channels.get(message.channelId)?.archived) throw new Error('The channel is archived.');
    if (!state.react(message, user.id, name, present)) return;
    events.emit(reactionEvent(state, message, user.id, name, present), message.channelId);
  }

  /** Both tabs of the app are told of; the home view comes with its own. */
  function openHome(user: User, tab: 'home' | 'messages' = 'home'): void {
    const channel = state.directMessage(user.id);
    const known = state.homeOf(user.id);
    const view = known === null || tab === 'messages' ? {} : { view: viewJson(state, known) };
    const event = { type: 'app_home_opened', user: user.id, channel: channel.id, tab };
    events.emit({ ...event, event_ts: state.nextTs(), ...view }, null);
  }

  /** Brings somebody, or the app, into a channel; nothing where they are there already. */
  function join(channel: Channel, userId: string, inviter: User | null = null): void {
    if (!state.join(channel, userId)) return;
    memberEvent('member_joined_channel', channel, userId, inviter);
    if (inviter === null) return;
    const text = `<@${inviter.id}> added <@${userId}> to the channel.`;
    state.post({ channelId: channel.id, userId: slackbotId, text });
  }

  function leave(channel: Channel, userId: string): void {
    if (!channel.members.has(userId)) return;
    state.leave(channel, userId);
    memberEvent('member_left_channel', channel, userId, null);
  }

  function memberEvent(type: string, channel: Channel, userId: string, inviter: User | null): void {
    const event = {
      type,
      user: userId,
      channel: channel.id,
      channel_type: channel.kind === 'public' ? 'C' : 'G',
      team: seed.teamId,
      ...(inviter !== null && { inviter: inviter.id }),
      event_ts: state.nextTs(),
    };
    events.emit(event, channel.id);
  }

  function archive(user: User, channel: Channel): void {
    state.archive(channel);
    const type = channel.kind === 'private' ? 'group_archive' : 'channel_archive';
    events.emit({ type, channel: channel.id, user: user.id, event_ts: state.nextTs() }, channel.id);
  }

  function rename(channel: Channel, name: string): void {
    state.rename(channel, name);
    const type = channel.kind === 'private' ? 'group_rename' : 'channel_rename';
    const named = { id: channel.id, name, name_normalized: name, is_channel: channel.kind === 'public' };
    events.emit({ type, channel: named, event_ts: state.nextTs() }, channel.id);
  }

  return { say, postAs, react, openHome, join, leave, archive, rename };
}

/**
 * What `should_escape` makes of a command's text: mentions as ids, addresses in angle brackets.
 * https://docs.slack.dev/interactivity/implementing-slash-commands/#creating_commands
 */
export function asEscaped(state: State, text: string): string {
  return withReferences(state, text).replace(/(?<![<\w])https?:\/\/[^\s<>|]+/g, '<$&>');
}

/** `@ana` and `#incidents` become references, everything else is kept as text. */
export function withReferences(state: State, text: string): string {
  const plain = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return plain
    .replace(/(?<![\w.])@([\w.-]+)/g, (all, name) => {
      const user = [...state.users.values()].find(item => item.name === name);
      const group = state.userGroups.find(item => item.handle === name);
      return user ? `<@${user.id}>` : group ? `<!subteam^${group.id}>` : all;
    })
    .replace(/(?<!\w)#([\w-]+)/g, (all, name) => {
      const channel = [...state.channels.values()].find(item => item.name === name && item.kind !== 'im');
      return channel ? `<#${channel.id}|${channel.name}>` : all;
    });
}
