/** The place that is looked at: a channel and its thread, or the app's home tab. */
import { act } from './api.js';
import { renderBlocks } from './blocks.js';
import { createComposer } from './composer.js';
import { lists, valuesIn } from './controls.js';
import { byId, codeWords, h, keepingFocus } from './dom.js';
import { drawMessages, walkMessages } from './messages.js';
import { drawCalls } from './panels.js';
import { showAnswer, showWhole, sticking } from './scroll.js';
import { drawPlaces } from './sidebar.js';
import { inChannel, inThread, store } from './store.js';

const composer = createComposer(byId('composer'), {
  name: 'composer',
  where: () => ({ channelId: store.place.id, threadTs: null }),
  suggest,
  shortcuts: () => store.shortcuts.filter(shortcut => shortcut.type === 'global'),
  onSend: () => showAnswer(byId('scroll')),
});
const threadComposer = createComposer(byId('thread-composer'), {
  name: 'thread-composer',
  where: () => ({ channelId: store.thread.channelId, threadTs: store.thread.ts }),
  suggest: () => [],
  shortcuts: () => [],
  onSend: () => showAnswer(byId('thread-scroll')),
});
walkMessages(byId('messages'), openThread);
walkMessages(byId('thread-messages'), null);

export function go(place) {
  store.place = place;
  store.thread = null;
  store.unread.delete(place.id);
  sessionStorage.setItem('place', JSON.stringify(place));
  const direct = store.channels.get(place.id)?.kind === 'im';
  if (place.kind === 'home' || direct) act('home', { user: store.me, tab: direct ? 'messages' : 'home' });
  toggleMenu(false);
  byId('messages').replaceChildren();
  drawPlaces(go);
  drawHead();
  drawPlace();
  drawThread();
  if (place.kind === 'channel') byId('composer-text').focus();
}

/** Where a link leads to, where the person was, or the first channel. */
export function restorePlace() {
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

export function drawHead() {
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
  byId('composer').hidden = home || channel.archived;
  byId('archived').hidden = home || !channel.archived;
  lists.here = home ? null : channel.id;
  composer.name(`Message ${title}`);
  composer.drawShortcuts();
  document.title = `${title} · apigw-500 sandbox`;
}

/** Of this page alone: Slack keeps no such message either. */
function dismiss(message) {
  store.messages.get(message.channelId)?.delete(message.ts);
  drawPlace();
  drawThread();
  (store.place.kind === 'channel' ? byId('composer-text') : byId('scroll')).focus();
}

const options = { inThread: false, openThread, dismiss };

export function drawPlace() {
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

export function drawThread() {
  const { thread } = store;
  byId('thread').hidden = thread === null;
  document.body.classList.toggle('with-pane', thread !== null || !byId('calls').hidden);
  if (thread === null) return;
  threadComposer.name('Reply in the thread');
  byId('thread-composer').hidden = store.channels.get(thread.channelId)?.archived === true;
  sticking(byId('thread-scroll'), () =>
    drawMessages(byId('thread-messages'), inThread(thread.channelId, thread.ts), { ...options, inThread: true }),
  );
}

export function closeThread() {
  const ts = store.thread?.ts;
  store.thread = null;
  drawThread();
  const root = document.querySelector(`#messages [data-ts="${ts}"]`);
  (root?.querySelector('.thread-link') ?? root)?.focus();
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

export function typeCommand(line) {
  if (store.place.kind !== 'channel') go({ kind: 'channel', id: [...store.channels.values()][0].id });
  toggleMenu(false);
  composer.write(line);
}

export function toggleMenu(open) {
  document.body.classList.toggle('menu-open', open);
  byId('menu-toggle').setAttribute('aria-expanded', String(open));
  if (open) byId('sidebar').querySelector('button')?.focus();
}

export function showCalls(open) {
  byId('calls').hidden = !open;
  byId('calls-toggle').setAttribute('aria-expanded', String(open));
  if (open) store.thread = null;
  drawThread();
  drawCalls();
}
