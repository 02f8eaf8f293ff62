/** A list that opens beside a button: closed by Escape and by what happens elsewhere, walked through with the arrow keys. */
import { h } from './dom.js';

/**
 * @param {HTMLElement} toggle the button; its `aria-expanded` is kept
 * @param {{ label: unknown, name?: string, act(): unknown }[]} items
 * @param {{ kind?: string, label: string }} look
 */
export function withMenu(toggle, items, { kind = '', label }) {
  const list = h('div', { class: `popup ${kind}`, role: 'menu', 'aria-label': label, hidden: true });
  const place = h('span', { class: 'with-popup' }, toggle, list);
  const entries = items.map(item =>
    h(
      'button',
      {
        type: 'button',
        role: 'menuitem',
        tabindex: -1,
        'aria-label': item.name ?? null,
        title: item.name ?? null,
        onclick: () => {
          close(true);
          return item.act();
        },
      },
      item.label,
    ),
  );
  list.append(...entries);
  toggle.setAttribute('aria-haspopup', 'menu');
  toggle.setAttribute('aria-expanded', 'false');

  const elsewhere = event => {
    if (!place.contains(event.target)) close(false);
  };

  function open() {
    list.hidden = false;
    toggle.setAttribute('aria-expanded', 'true');
    entries[0]?.focus();
    document.addEventListener('pointerdown', elsewhere);
    document.addEventListener('focusin', elsewhere);
  }

  function close(back) {
    if (list.hidden) return;
    list.hidden = true;
    toggle.setAttribute('aria-expanded', 'false');
    document.removeEventListener('pointerdown', elsewhere);
    document.removeEventListener('focusin', elsewhere);
    if (back) toggle.focus();
  }

  toggle.addEventListener('click', () => (list.hidden ? open() : close(true)));
  place.addEventListener('keydown', event => {
    const at = entries.indexOf(document.activeElement);
    const next = { ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowLeft: at - 1, Home: 0, End: -1 };
    if (list.hidden) return;
    if (event.key === 'Escape') close(true);
    else if (Object.hasOwn(next, event.key)) entries.at(next[event.key] % entries.length)?.focus();
    else return;
    // A key that was meant for the menu is not one for the page.
    event.preventDefault();
    event.stopPropagation();
  });
  return place;
}
