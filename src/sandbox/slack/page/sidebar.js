/** Who looks, and where they can go: people, channels, the app. */
import { byId, h, icon, icons, keepingFocus } from './dom.js';
import { store } from './store.js';

export function drawUsers() {
  const people = [...store.users.values()].filter(user => !user.isBot && !user.deleted);
  byId('user').replaceChildren(
    ...people.map(user => {
      const groups = store.groupsOf(user.id).map(handle => `@${handle}`);
      const name = groups.length === 0 ? user.realName : `${user.realName} (${groups.join(', ')})`;
      return h('option', { value: user.id, selected: user.id === store.me }, name);
    }),
  );
}

/** @param {(place: object) => void} go */
export function drawPlaces(go) {
  const all = [...store.channels.values()];
  const channels = all.filter(channel => channel.kind !== 'im' && channel.members.includes(store.me));
  const direct = all.filter(channel => channel.kind === 'im');
  const rows = (list, label) =>
    list.map(channel =>
      h('li', {}, placeButton({ kind: 'channel', id: channel.id }, label(channel), mark(channel), go)),
    );
  keepingFocus(byId('channels'), () => byId('channels').replaceChildren(...rows(channels, channel => channel.name)));
  byId('apps').hidden = !store.hasHome && direct.length === 0;
  const face = h('img', { src: '/icon.svg', alt: '', width: 16, height: 16 });
  const home = h('li', {}, placeButton({ kind: 'home' }, `${store.bot.name} home`, face, go));
  keepingFocus(byId('direct'), () =>
    byId('direct').replaceChildren(
      ...(store.hasHome ? [home] : []),
      ...rows(direct, () => `${store.bot.name}, direct messages`),
    ),
  );
}

function mark(channel) {
  if (channel.archived) return icon(icons.archive);
  if (channel.kind === 'private') return icon(icons.lock);
  return h('span', { class: 'hash', 'aria-hidden': 'true' }, channel.kind === 'im' ? '@' : '#');
}

function placeButton(place, label, glyph, go) {
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

/** Up and down through the whole sidebar. */
export function walkPlaces(sidebar) {
  sidebar.addEventListener('keydown', event => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    const buttons = [...sidebar.querySelectorAll('button')].filter(button => button.offsetParent !== null);
    const at = buttons.indexOf(event.target);
    if (at === -1) return;
    buttons[Math.max(0, at + (event.key === 'ArrowDown' ? 1 : -1))]?.focus();
    event.preventDefault();
  });
}
