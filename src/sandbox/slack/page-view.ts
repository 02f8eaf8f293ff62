/** What one person sees, as the page is told of it. */
import { isObject } from './schema.ts';
import type { Change, Channel, Message, OpenView, PostingApp, StoredFile, User } from './state.ts';
import type { SlackWorkspace } from './workspace.ts';

export function messageView(message: Message) {
  return {
    channelId: message.channelId,
    ts: message.ts,
    userId: message.userId,
    text: message.text,
    blocks: message.blocks,
    attachments: message.attachments,
    threadTs: message.threadTs === message.ts ? null : message.threadTs,
    broadcast: message.broadcast,
    ephemeral: message.onlyFor !== null,
    reactions: [...message.reactions].map(([name, users]) => ({ name, users })),
    files: message.files.map(file => ({
      id: file.id,
      name: file.name,
      title: file.title,
      mimeType: file.mimeType,
      altText: file.altText,
      size: file.size,
      preview: previewOf(file),
    })),
  };
}

const previewLines = 12;
const previewCharacters = 1_500;

/** The beginning of a text; null for what is none. */
function previewOf({ mimeType, data }: StoredFile): string | null {
  if (data === null || !/^(text\/|application\/json)/.test(mimeType)) return null;
  const lines = data
    .toString('utf8', 0, 4 * previewCharacters)
    .split('\n', previewLines)
    .join('\n');
  return lines.slice(0, previewCharacters);
}

/** Everything, for the start and after a connection was lost. */
export function stateView(slack: SlackWorkspace, userId: string) {
  const { state, manifest } = slack;
  const channels = [...state.channels.values()].filter(channel => maySee(channel, userId));
  return {
    me: userId,
    bot: { id: state.seed.botUserId, name: state.seed.botName },
    users: [...state.users.values(), ...state.seed.apps.map(appView)],
    userGroups: state.userGroups,
    channels: channels.map(channelView),
    messages: channels.flatMap(channel => state.visible(userId, channel.id)).map(messageView),
    home: openedView(state.homeOf(userId)),
    hasHome: manifest.homeTab,
    modal: openedView(state.modalsOf(userId).at(-1) ?? null),
    commands: manifest.commands,
    shortcuts: manifest.shortcuts,
  };
}

/** A change as this person hears of it; null where it is not theirs to hear. */
export function changeView(slack: SlackWorkspace, userId: string, change: Change) {
  const { state } = slack;
  switch (change.kind) {
    case 'message':
    case 'message_removed': {
      const { message } = change;
      const channel = state.channels.get(message.channelId);
      if (!channel?.members.has(userId) || (message.onlyFor !== null && message.onlyFor !== userId)) return null;
      if (change.kind === 'message') return { kind: 'message', message: messageView(message) };
      return { kind: 'message_removed', channelId: message.channelId, ts: message.ts };
    }
    case 'channel':
      return maySee(change.channel, userId) ? { kind: 'channel', channel: channelView(change.channel) } : null;
    case 'modal':
      return change.userId === userId
        ? { kind: 'modal', modal: openedView(state.modalsOf(userId).at(-1) ?? null) }
        : null;
    case 'home':
      return change.userId === userId ? { kind: 'home', home: openedView(state.homeOf(userId)) } : null;
  }
}

function maySee(channel: Channel, userId: string): boolean {
  return channel.kind === 'public' || channel.members.has(userId);
}

function channelView(channel: Channel) {
  const { id, name, kind, topic, archived } = channel;
  return { id, name, kind, topic, archived, members: [...channel.members] };
}

/** An app stands beside the people who write. */
function appView({ botId, name }: PostingApp): User {
  return { id: botId, name, realName: name, isBot: true, timeZone: 'UTC', teamId: '', guest: false, deleted: false };
}

function openedView(opened: OpenView | null) {
  return opened !== null && isObject(opened.view) ? { id: opened.id, view: opened.view } : null;
}
