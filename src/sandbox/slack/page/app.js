/** The sandbox page: one person's view of the workspace, kept up to date by Server-Sent Events. */
import { act, follow, readState } from './api.js';
import { renderBlocks } from './blocks.js';
import { createComposer } from './composer.js';
import { valuesIn } from './controls.js';
import { byId, codeWords, h, icon, icons, keepingFocus } from './dom.js';
import { drawMessages } from './messages.js';
import { drawModal } from './modal.js';
import { drawCalls, drawIncidents } from './panels.js';
import { showAnswer, showWhole, sticking } from './scroll.js';
import { inChannel, inThread, put, store, take } from './store.js';

const composer = createComposer(byId('composer'), {
  name: 'composer',
  where: () => ({ channelId: store.place.id, threadTs: null }),
  suggest,
  onSend: () => showAnswer(byId('scroll')),
});
const threadComposer = createComposer(byId('thread-composer'), {
  name: 'thread-composer',
  where: () => ({ channelId: store.thread.channelId, threadTs: store.thread.ts }),
  suggest: () => [],
  onSend: () => showAnswer(byId('thread-scroll')),
});
let stopFollowing = () => {};

async function start() {
  const asked = new URLSearchParams(location.search).get('user') ?? sessionStorage.getItem('user');
  try {
    take(await readState(asked));
    // A form that was open before this page was is none that its reader has asked for.
    store.staleModal = store.modal?.id ?? null;
  } catch {
    byId('offline').hidden = false;
    setTimeout(start, 2000);
    return;
  }
  sessionStorage.setItem('user', store.me);
  stopFollowing();
  stopFollowing = follow(store.me, {
    onOpen: () => reconnected(),
    onChange: applyChange,
    onLost: () => {
      byId('offline').hidden = false;
    },
  });
  restorePlace();
  drawAll();
}

let connectedOnce = false;
/** After a gap the whole state is read again, because what changed in between was not heard. */
async function reconnected() {
  byId('offline').hidden = true;
  if (connectedOnce) {
    take(await readState(store.me));
    drawAll();
  }
  connectedOnce = true;
}

function applyChange(change) {
  const apply = {
    message: () => messageCame(change.message),
    message_removed: () => {
      store.messages.get(change.channelId)?.delete(change.ts);
      drawPlace();
      drawThread();
    },
    channel: () => {
      store.channels.set(change.channel.id, change.channel);
      drawPlaces();
      drawHead();
    },
    modal: () => {
      store.modal = change.modal;
      drawModal();
    },
    home: () => {
      store.home = change.home;
      drawPlace();
    },
    picker: () => {
      Object.assign(store, change.picker);
      drawIncidents(typeCommand);
      drawPlace();
      drawCalls();
    },
    calls: () => {
      store.calls.push(...change.calls);
      drawCalls();
    },
  }[change.kind];
  apply?.();
}

function messageCame(message) {
  const fresh = put(message);
  const here = store.place.kind === 'channel' && store.place.id === message.channelId;
  if (fresh && !here && message.userId !== store.me) store.unread.add(message.channelId);
  if (fresh && message.userId !== store.me) announce(message);
  if (here) drawPlace();
  if (store.thread?.channelId === message.channelId) drawThread();
  drawPlaces();
}

/** Screen readers hear the plain text of what comes in; edits are not read out. */
function announce(message) {
  const author = store.users.get(message.userId)?.realName ?? 'Somebody';
  byId('announcer').textContent = `${author}: ${message.text || 'sent a file'}`;
}

function drawAll() {
  drawUsers();
  drawIncidents(typeCommand);
  drawPlaces();
  drawHead();
  drawPlace();
  drawThread();
  drawModal();
  drawCalls();
}

function drawUsers() {
  const people = [...store.users.values()].filter(user => !user.isBot);
  byId('user').replaceChildren(
    ...people.map(user => h('option', { value: user.id, selected: user.id === store.me }, user.realName)),
  );
}

function drawPlaces() {
  const all = [...store.channels.values()];
  const channels = all.filter(channel => channel.kind !== 'im' && channel.members.includes(store.me));
  const direct = all.filter(channel => channel.kind === 'im');
  const home = h(
    'li',
    {},
    placeButton(
      { kind: 'home' },
      `${store.bot.name} home`,
      h('img', { src: '/icon.svg', alt: '', width: 16, height: 16 }),
    ),
  );
  const rows = (list, label) =>
    list.map(channel => h('li', {}, placeButton({ kind: 'channel', id: channel.id }, label(channel), mark(channel))));
  keepingFocus(byId('channels'), () => byId('channels').replaceChildren(...rows(channels, channel => channel.name)));
  byId('apps').hidden = !store.hasHome && direct.length === 0;
  keepingFocus(byId('direct'), () =>
    byId('direct').replaceChildren(
      ...(store.hasHome ? [home] : []),
      ...rows(direct, () => `${store.bot.name}, direct messages`),
    ),
  );
}

function mark(channel) {
  if (channel.kind === 'im') return h('span', { class: 'hash', 'aria-hidden': 'true' }, '@');
  return channel.kind === 'private' ? icon(icons.lock) : h('span', { class: 'hash', 'aria-hidden': 'true' }, '#');
}

function placeButton(place, label, glyph) {
  const current = place.kind === store.place.kind && place.id === store.place.id;
  const unread = store.unread.has(place.id);
  return h(
    'button',
    {
      type: 'button',
      class: unread ? 'unread' : null,
      'data-key': place.id ?? place.kind,
      'aria-label': unread ? `${label}, unread` : label,
      'aria-current': current ? 'page' : null,
      onclick: () => go(place),
    },
    glyph,
    h('span', {}, label),
  );
}

function go(place) {
  store.place = place;
  store.thread = null;
  store.unread.delete(place.id);
  sessionStorage.setItem('place', JSON.stringify(place));
  if (place.kind === 'home') act('home', { user: store.me });
  toggleMenu(false);
  byId('messages').replaceChildren();
  drawPlaces();
  drawHead();
  drawPlace();
  drawThread();
  if (place.kind === 'channel') byId('composer-text').focus();
}

function restorePlace() {
  const archived = location.pathname.match(/^\/archives\/(\w+)\/p(\d{10})(\d{6})/);
  const saved = JSON.parse(sessionStorage.getItem('place') ?? 'null');
  const first = [...store.channels.values()].find(
    channel => channel.kind === 'public' && channel.members.includes(store.me),
  );
  const known = place => place && (place.kind === 'home' || store.channels.get(place.id)?.members.includes(store.me));
  const linked = archived ? { kind: 'channel', id: archived[1] } : null;
  store.place = [linked, saved].find(known) ?? { kind: 'channel', id: first.id };
  if (!archived || store.place.id !== archived[1]) return;
  const message = store.messages.get(archived[1])?.get(`${archived[2]}.${archived[3]}`);
  if (message) store.thread = { channelId: message.channelId, ts: message.threadTs ?? message.ts };
  requestAnimationFrame(() =>
    document.querySelector(`[data-ts="${archived[2]}.${archived[3]}"]`)?.scrollIntoView({ block: 'center' }),
  );
}

function drawHead() {
  const channel = store.channels.get(store.place.id);
  const home = store.place.kind === 'home';
  const title = home ? store.bot.name : channel.kind === 'im' ? store.bot.name : `#${channel.name}`;
  const inHere = channel?.members.includes(store.bot.id);
  byId('place-title').textContent = title;
  byId('place-topic').textContent = home
    ? 'Home tab'
    : [channel.topic, inHere ? null : `${store.bot.name} is not in this channel; /invite @${store.bot.name} brings it.`]
        .filter(Boolean)
        .join(' ');
  byId('composer').hidden = home;
  composer.name(`Message ${title}`);
  document.title = `${title} · apigw-500 sandbox`;
}

const options = { inThread: false, openThread };

function drawPlace() {
  const home = store.place.kind === 'home';
  const messages = home ? [] : inChannel(store.place.id);
  byId('home').hidden = !home;
  byId('messages').hidden = home;
  byId('welcome').hidden = home || messages.length > 0;
  if (home) drawHome();
  else sticking(byId('scroll'), () => drawMessages(byId('messages'), messages, options));
  if (!byId('welcome').hidden) drawWelcome();
}

/** What to do first, where nothing was done yet. */
function drawWelcome() {
  const incident = store.incidents.find(item => item.id === store.picked);
  if (!incident) return;
  byId('welcome').replaceChildren(
    h('h2', {}, 'An API answers 500. Ask why.'),
    h('p', {}, `Pick an incident; now it is “${incident.title}”. Then send its command in this channel:`),
    h(
      'p',
      {},
      h(
        'button',
        { type: 'button', class: 'command', onclick: () => typeCommand(incident.command) },
        h('code', {}, codeWords(incident.command)),
        h('span', {}, 'type it'),
      ),
    ),
    h('p', {}, 'The answer is one card; its thread holds every step with a button. Nothing leaves this machine.'),
  );
}

function drawHome() {
  const container = byId('home');
  const surface = {
    press: (actionId, input = null) =>
      act('press-view', { user: store.me, where: 'home', actionId, input, others: valuesIn(container) }),
  };
  const empty = h('p', { class: 'empty' }, 'The app has not put anything here yet.');
  keepingFocus(container, () =>
    container.replaceChildren(...(store.home ? renderBlocks(store.home.view.blocks, surface) : [empty])),
  );
}

function openThread(ts) {
  store.thread = { channelId: store.place.id, ts };
  showCalls(false);
  byId('thread-messages').replaceChildren();
  drawThread();
  // The channel is narrower now, and its messages have moved.
  showWhole(document.querySelector(`#messages [data-ts="${ts}"]`), byId('scroll'));
  byId('thread-close').focus();
}

function drawThread() {
  const { thread } = store;
  byId('thread').hidden = thread === null;
  document.body.classList.toggle('with-pane', thread !== null || !byId('calls').hidden);
  if (thread === null) return;
  threadComposer.name('Reply in the thread');
  sticking(byId('thread-scroll'), () =>
    drawMessages(byId('thread-messages'), inThread(thread.channelId, thread.ts), { ...options, inThread: true }),
  );
}

function suggest() {
  const incident = store.incidents.find(item => item.id === store.picked);
  const fromManifest = store.commands.flatMap(command => [
    { line: command.command, about: command.description },
    { line: `${command.command} help`, about: 'how to use it' },
    { line: `${command.command} status`, about: 'what is open in this channel' },
  ]);
  const here = incident ? [{ line: incident.command, about: `the incident: ${incident.title}` }] : [];
  return [...here, ...fromManifest, { line: `/invite @${store.bot.name}`, about: 'bring the app into this channel' }];
}

function typeCommand(line) {
  if (store.place.kind !== 'channel') go({ kind: 'channel', id: [...store.channels.values()][0].id });
  toggleMenu(false);
  composer.write(line);
}

function toggleMenu(open) {
  document.body.classList.toggle('menu-open', open);
  byId('menu-toggle').setAttribute('aria-expanded', String(open));
  if (open) byId('sidebar').querySelector('button')?.focus();
}

function showCalls(open) {
  byId('calls').hidden = !open;
  byId('calls-toggle').setAttribute('aria-expanded', String(open));
  if (open) store.thread = null;
  drawThread();
  drawCalls();
}

function applyTheme(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}

byId('menu-toggle').addEventListener('click', () => toggleMenu(!document.body.classList.contains('menu-open')));
byId('calls-toggle').addEventListener('click', () => showCalls(byId('calls').hidden));
byId('calls-close').addEventListener('click', () => {
  showCalls(false);
  byId('calls-toggle').focus();
});
byId('thread-close').addEventListener('click', () => closeThread());
byId('theme').addEventListener('click', () => {
  const { theme } = document.documentElement.dataset;
  const dark = theme ? theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  localStorage.setItem('theme', dark ? 'light' : 'dark');
  applyTheme(dark ? 'light' : 'dark');
});
byId('user').addEventListener('change', event => {
  sessionStorage.setItem('user', event.target.value);
  location.assign(`/?user=${encodeURIComponent(event.target.value)}`);
});
document.addEventListener('keydown', event => {
  if (event.key !== 'Escape' || event.defaultPrevented || document.querySelector('dialog[open]')) return;
  if (document.body.classList.contains('menu-open')) toggleMenu(false);
  else if (store.thread !== null) closeThread();
  else if (!byId('calls').hidden) showCalls(false);
});

function closeThread() {
  const ts = store.thread?.ts;
  store.thread = null;
  drawThread();
  document.querySelector(`#messages [data-ts="${ts}"] .thread-link`)?.focus();
}

applyTheme(localStorage.getItem('theme'));
start();
