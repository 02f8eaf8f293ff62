/** The sandbox page: one person's view of the workspace, kept up to date by Server-Sent Events. */
import { follow, readState } from './api.js';
import { byId } from './dom.js';
import { drawModal } from './modal.js';
import { drawCalls, drawIncidents } from './panels.js';
import {
  closeThread,
  drawHead,
  drawPlace,
  drawThread,
  go,
  restorePlace,
  showCalls,
  toggleMenu,
  typeCommand,
} from './place.js';
import { drawPlaces, drawUsers, walkPlaces } from './sidebar.js';
import { put, store, take } from './store.js';
import { appWorks } from './typing.js';

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

/** What is heard while the state is read: it may be newer than that; null while none is read. */
let heard = null;

/** What changed before, or in a gap, was not heard: the whole state is read again. */
async function reconnected() {
  byId('offline').hidden = true;
  heard = [];
  try {
    take(await readState(store.me));
    drawAll();
  } finally {
    const changes = heard;
    heard = null;
    for (const change of changes) applyChange(change);
  }
}

function applyChange(change) {
  if (heard !== null) {
    heard.push(change);
    return;
  }
  const apply = {
    message: () => messageCame(change.message),
    message_removed: () => {
      store.messages.get(change.channelId)?.delete(change.ts);
      drawPlace();
      drawThread();
    },
    channel: () => {
      store.channels.set(change.channel.id, change.channel);
      drawPlaces(go);
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
      appWorks();
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
  drawPlaces(go);
}

/** Screen readers hear the plain text of what comes in; edits are not read out. */
function announce(message) {
  const author = store.users.get(message.userId)?.realName ?? 'Somebody';
  const [attachment] = message.attachments;
  byId('announcer').textContent = `${author}: ${message.text || attachment?.fallback || 'sent a file'}`;
}

function drawAll() {
  drawUsers();
  drawIncidents(typeCommand);
  drawPlaces(go);
  drawHead();
  drawPlace();
  drawThread();
  drawModal();
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
  if (document.body.classList.contains('menu-open')) {
    toggleMenu(false);
    byId('menu-toggle').focus();
  } else if (store.thread !== null) closeThread();
  else if (!byId('calls').hidden) {
    showCalls(false);
    byId('calls-toggle').focus();
  }
});

walkPlaces(byId('sidebar'));
applyTheme(localStorage.getItem('theme'));
start();
