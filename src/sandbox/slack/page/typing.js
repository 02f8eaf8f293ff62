/** The line above the box: that the app is at work. It is, for as long as AWS is asked. */
import { byId, h } from './dom.js';
import { store } from './store.js';

/** Longer than a pause between two reads of one run. */
const quietMs = 1_600;
let ends;

export function appWorks() {
  const line = byId('typing');
  if (line.hidden) {
    const dots = h('span', { class: 'dots', 'aria-hidden': 'true' }, h('i'), h('i'), h('i'));
    line.replaceChildren(dots, `${store.bot.name} is asking AWS…`);
    line.hidden = false;
  }
  clearTimeout(ends);
  ends = setTimeout(() => {
    line.hidden = true;
  }, quietMs);
}
