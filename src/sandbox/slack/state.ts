/** What a workspace holds, and the changes that people and the app make to it. No protocol, no network. */
import type { Json } from './schema.ts';

export interface User {
  id: string;
  /** Handle, without `@`. */
  name: string;
  realName: string;
  isBot: boolean;
  timeZone: string;
  /** Another than the app's: of another company, in a shared channel. */
  teamId: string;
  /** Let into some channels only. */
  guest: boolean;
  /** Left the company: still known, but in no conversation. */
  deleted: boolean;
}

/** Another app that posts here, the old way: its messages have no user. */
export interface PostingApp {
  botId: string;
  appId: string;
  name: string;
}

export interface Channel {
  id: string;
  /** Without `#`; the other person's id for a direct message. */
  name: string;
  kind: 'public' | 'private' | 'im';
  members: Set<string>;
  archived: boolean;
  topic: string;
}

export interface UserGroup {
  id: string;
  handle: string;
  name: string;
  members: string[];
}

export interface StoredFile {
  id: string;
  name: string;
  title: string;
  mimeType: string;
  ownerId: string;
  altText: string | null;
  /** In bytes, as announced. */
  size: number;
  /** null until the bytes were sent. */
  data: Buffer | null;
}

export interface Message {
  channelId: string;
  ts: string;
  /** Author; `USLACKBOT` for what Slack itself says, the bot's id for what another app posts. */
  userId: string;
  text: string;
  blocks: Json[];
  attachments: Json[];
  threadTs: string | null;
  /** A reply that is shown in the channel too. */
  broadcast: boolean;
  metadata: Json | null;
  editedAt: string | null;
  reactions: Map<string, string[]>;
  files: StoredFile[];
  /** The one person who sees it, for an ephemeral message; null for others. */
  onlyFor: string | null;
}

export interface OpenView {
  id: string;
  userId: string;
  hash: string;
  view: Json;
  rootId: string;
  previousId: string | null;
}

export type Change =
  | { kind: 'message'; message: Message }
  | { kind: 'message_removed'; message: Message }
  | { kind: 'channel'; channel: Channel }
  | { kind: 'modal'; userId: string }
  | { kind: 'home'; userId: string };

export interface Draft {
  channelId: string;
  userId: string;
  text: string;
  blocks?: Json[];
  attachments?: Json[];
  threadTs?: string | null;
  broadcast?: boolean;
  metadata?: Json | null;
  files?: StoredFile[];
  onlyFor?: string | null;
}

export const slackbotId = 'USLACKBOT';

export interface Seed {
  teamId: string;
  teamDomain: string;
  appId: string;
  botId: string;
  botUserId: string;
  botName: string;
  users: { id: string; name: string; realName: string; timeZone?: string; teamId?: string; guest?: boolean }[];
  channels: { id: string; name: string; private?: boolean; members: string[]; topic?: string }[];
  userGroups: UserGroup[];
  /** Other apps of the workspace. */
  apps: PostingApp[];
}

export type State = ReturnType<typeof createState>;

export function createState(seed: Seed, clock: () => Date) {
  const users = new Map<string, User>();
  const channels = new Map<string, Channel>();
  const messages = new Map<string, Message[]>();
  const files = new Map<string, StoredFile>();
  const modals = new Map<string, OpenView[]>();
  const homes = new Map<string, OpenView>();
  const userGroups = structuredClone(seed.userGroups);
  const listeners = new Set<(change: Change) => void>();
  let counter = 0;
  let lastMicros = 0;

  const addUser = (id: string, name: string, realName: string, isBot: boolean, timeZone = 'Europe/Madrid') =>
    users.set(id, { id, name, realName, isBot, timeZone, teamId: seed.teamId, guest: false, deleted: false });
  addUser(slackbotId, 'slackbot', 'Slackbot', true);
  addUser(seed.botUserId, seed.botName, seed.botName, true);
  for (const { id, name, realName, timeZone, teamId = seed.teamId, guest = false } of seed.users) {
    addUser(id, name, realName, false, timeZone);
    Object.assign(users.get(id) ?? {}, { teamId, guest });
  }
  for (const channel of seed.channels) {
    channels.set(channel.id, {
      id: channel.id,
      name: channel.name,
      kind: channel.private ? 'private' : 'public',
      members: new Set(channel.members),
      archived: false,
      topic: channel.topic ?? '',
    });
  }

  function changed(change: Change): void {
    for (const listener of [...listeners]) listener(change);
  }

  /** Slack's message ids are times in microseconds, unique and rising. */
  function nextTs(): string {
    lastMicros = Math.max(lastMicros + 1, clock().getTime() * 1000);
    return `${Math.floor(lastMicros / 1e6)}.${String(lastMicros % 1e6).padStart(6, '0')}`;
  }

  function newId(prefix: string): string {
    counter += 1;
    return `${prefix}${String(counter).padStart(9, '0')}`;
  }

  /** Blocks as Slack keeps them: every block and every element has an id. */
  function withIds(blocks: readonly Json[]): Json[] {
    return structuredClone([...blocks]).map(block => {
      for (const part of ['accessory', 'element']) fill(block[part]);
      for (const part of ['elements', 'actions', 'child_blocks']) {
        if (Array.isArray(block[part])) block[part].forEach(fill);
      }
      return { block_id: newId('b'), ...block };
    });
  }

  function fill(element: unknown): void {
    const needsId = typeof element === 'object' && element !== null && 'type' in element && !('action_id' in element);
    if (needsId && !/^(mrkdwn|plain_text|image|rich_text_.*)$/.test(String(element.type))) {
      Object.assign(element, { action_id: newId('a') });
    }
  }

  function channelMessages(channelId: string): Message[] {
    const known = messages.get(channelId);
    if (known !== undefined) return known;
    const fresh: Message[] = [];
    messages.set(channelId, fresh);
    return fresh;
  }

  return {
    seed,
    users,
    channels,
    userGroups,
    files,
    newId,
    nextTs,
    withIds,

    onChange(listener: (change: Change) => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    messagesIn(channelId: string): readonly Message[] {
      return messages.get(channelId) ?? [];
    },

    message(channelId: string, ts: string): Message | undefined {
      return messages.get(channelId)?.find(message => message.ts === ts);
    },

    /** What one person sees in a channel, threads included. */
    visible(userId: string, channelId: string): Message[] {
      if (!channels.get(channelId)?.members.has(userId)) return [];
      return channelMessages(channelId).filter(message => message.onlyFor === null || message.onlyFor === userId);
    },

    replies(root: Message): Message[] {
      return channelMessages(root.channelId).filter(
        message => message.threadTs === root.ts && message.ts !== root.ts && message.onlyFor === null,
      );
    },

    post(draft: Draft): Message {
      const message: Message = {
        attachments: [],
        threadTs: null,
        broadcast: false,
        metadata: null,
        editedAt: null,
        reactions: new Map(),
        files: [],
        onlyFor: null,
        ...draft,
        blocks: withIds(draft.blocks ?? []),
        ts: nextTs(),
      };
      channelMessages(draft.channelId).push(message);
      changed({ kind: 'message', message });
      return message;
    },

    edit(message: Message, content: Partial<Pick<Message, 'text' | 'blocks' | 'attachments' | 'metadata'>>): void {
      Object.assign(message, content);
      if (content.blocks !== undefined) message.blocks = withIds(content.blocks);
      message.editedAt = nextTs();
      changed({ kind: 'message', message });
    },

    remove(message: Message): void {
      const all = channelMessages(message.channelId);
      all.splice(all.indexOf(message), 1);
      changed({ kind: 'message_removed', message });
    },

    /** Adds or takes back a reaction; false where nothing changed. */
    react(message: Message, userId: string, name: string, present: boolean): boolean {
      const people = message.reactions.get(name) ?? [];
      if (people.includes(userId) === present) return false;
      const rest = present ? [...people, userId] : people.filter(id => id !== userId);
      if (rest.length === 0) message.reactions.delete(name);
      else message.reactions.set(name, rest);
      changed({ kind: 'message', message });
      return true;
    },

    join(channel: Channel, userId: string): boolean {
      if (channel.members.has(userId)) return false;
      channel.members.add(userId);
      changed({ kind: 'channel', channel });
      return true;
    },

    leave(channel: Channel, userId: string): void {
      if (channel.members.delete(userId)) changed({ kind: 'channel', channel });
    },

    archive(channel: Channel): void {
      channel.archived = true;
      changed({ kind: 'channel', channel });
    },

    rename(channel: Channel, name: string): void {
      channel.name = name;
      changed({ kind: 'channel', channel });
    },

    /** Somebody leaves the company, and with it every channel and group. */
    deactivate(user: User): void {
      user.deleted = true;
      for (const group of userGroups) group.members = group.members.filter(id => id !== user.id);
      for (const channel of channels.values()) {
        if (channel.members.delete(user.id)) changed({ kind: 'channel', channel });
      }
    },

    /** The other app that a message was posted by; undefined for people and for our own. */
    appBy(userId: string): PostingApp | undefined {
      return seed.apps.find(app => app.botId === userId);
    },

    /** The direct message between the app and a person; opened where there was none. */
    directMessage(userId: string): Channel {
      const id = `D${userId.slice(1)}`;
      const known = channels.get(id);
      if (known !== undefined) return known;
      const channel: Channel = {
        id,
        name: userId,
        kind: 'im',
        members: new Set([userId, seed.botUserId]),
        archived: false,
        topic: '',
      };
      channels.set(id, channel);
      changed({ kind: 'channel', channel });
      return channel;
    },

    addFile(file: Omit<StoredFile, 'id' | 'data'>): StoredFile {
      const stored = { ...file, id: newId('F'), data: null };
      files.set(stored.id, stored);
      return stored;
    },

    /** The stack of modals that a person has open, the one in front last. */
    modalsOf(userId: string): readonly OpenView[] {
      return modals.get(userId) ?? [];
    },

    homeOf(userId: string): OpenView | null {
      return homes.get(userId) ?? null;
    },

    viewById(id: string): OpenView | undefined {
      return [...modals.values(), [...homes.values()]]
        .flat()
        .find(view => view.id === id || view.view.external_id === id);
    },

    pushModal(userId: string, view: Json): OpenView {
      const stack = modals.get(userId) ?? [];
      const id = newId('V');
      const opened: OpenView = {
        id,
        userId,
        hash: nextTs(),
        view: { ...view, blocks: withIds(blocksOf(view)) },
        rootId: stack[0]?.id ?? id,
        previousId: stack.at(-1)?.id ?? null,
      };
      modals.set(userId, [...stack, opened]);
      changed({ kind: 'modal', userId });
      return opened;
    },

    replaceView(opened: OpenView, view: Json): void {
      opened.view = { ...view, blocks: withIds(blocksOf(view)) };
      opened.hash = nextTs();
      changed({ kind: view.type === 'home' ? 'home' : 'modal', userId: opened.userId });
    },

    /** Closes the modal in front, or all of them. */
    closeModal(userId: string, all: boolean): void {
      const stack = modals.get(userId) ?? [];
      modals.set(userId, all ? [] : stack.slice(0, -1));
      changed({ kind: 'modal', userId });
    },

    publishHome(userId: string, view: Json): OpenView {
      const id = homes.get(userId)?.id ?? newId('V');
      const opened: OpenView = {
        id,
        userId,
        hash: nextTs(),
        view: { ...view, blocks: withIds(blocksOf(view)) },
        rootId: id,
        previousId: null,
      };
      homes.set(userId, opened);
      changed({ kind: 'home', userId });
      return opened;
    },
  };
}

function blocksOf(view: Json): Json[] {
  return (view.blocks ?? []) as Json[];
}
