/** What this page knows of the workspace, as one person sees it. */
import { lists } from './controls.js';
import { names } from './mrkdwn.js';

export const store = {
  me: null,
  bot: null,
  users: new Map(),
  channels: new Map(),
  /** channel id -> ts -> message */
  messages: new Map(),
  unread: new Set(),
  home: null,
  modal: null,
  /** The id of the form that was open before the page was; it is not shown. */
  staleModal: null,
  calls: [],
  incidents: [],
  picked: null,
  /** What became of the alarm's last button: `{ busy }`, then `{ ok, said }`; null before. */
  alarm: null,
  commands: [],
  shortcuts: [],
  tryLine: '',
  /** Handles of the user groups that a person is in. */
  groupsOf: () => [],
  /** `{ kind: 'channel', id }` or `{ kind: 'home' }` */
  place: null,
  /** The thread that is open: `{ channelId, ts }`, or null. */
  thread: null,
};

/** Takes a whole state, at the start and after a connection was lost. */
export function take(state) {
  const { messages, users, channels, ...rest } = state;
  Object.assign(store, rest);
  store.users = new Map(users.map(user => [user.id, user]));
  store.channels = new Map(channels.map(channel => [channel.id, channel]));
  store.messages = new Map(channels.map(channel => [channel.id, new Map()]));
  for (const message of messages) put(message);
  const me = store.users.get(store.me);
  names.me = store.me;
  names.timeZone = me?.timeZone;
  names.user = id => store.users.get(id)?.realName ?? id;
  names.channel = (id, label) => store.channels.get(id)?.name ?? label ?? id;
  names.group = id => state.userGroups.find(group => group.id === id)?.handle ?? id;
  store.groupsOf = id => state.userGroups.filter(group => group.members.includes(id)).map(group => group.handle);
  names.groups = state.userGroups.filter(group => group.members.includes(store.me)).map(group => group.id);
  lists.users = users.filter(user => !user.isBot && !user.deleted);
  lists.channels = channels.filter(channel => channel.kind !== 'im');
}

/** Adds or replaces a message; true where it is new. */
export function put(message) {
  const known = store.messages.get(message.channelId) ?? new Map();
  store.messages.set(message.channelId, known);
  const fresh = !known.has(message.ts);
  known.set(message.ts, message);
  return fresh;
}

/** Messages of the channel itself: roots, and replies that were sent to it too. */
export function inChannel(channelId) {
  return sorted(channelId).filter(message => message.threadTs === null || message.broadcast);
}

export function inThread(channelId, rootTs) {
  return sorted(channelId).filter(message => message.ts === rootTs || message.threadTs === rootTs);
}

function sorted(channelId) {
  return [...(store.messages.get(channelId)?.values() ?? [])].sort((a, b) => Number(a.ts) - Number(b.ts));
}
