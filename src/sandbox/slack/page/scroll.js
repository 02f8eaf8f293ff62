/** Where the lists of messages stand, and the button that says that there is something new below. */
import { byId } from './dom.js';

const newerOf = { scroll: 'newer', 'thread-scroll': 'thread-newer' };

/** Lists whose reader waits for an answer. */
const awaited = new Set();

/** The next message that comes is what the reader has asked for: it is shown, unless they scroll meanwhile. */
export function showAnswer(container) {
  awaited.add(container.id);
  showNewest(container);
}

/** Follows the newest message only where the reader was at the end already; else says that there is one. */
export function sticking(container, draw) {
  const list = container.querySelector('.messages');
  const newer = byId(newerOf[container.id]);
  const before = list.children.length;
  const waits = awaited.has(container.id) && before > 0;
  const atEnd = waits || container.scrollHeight - container.scrollTop - container.clientHeight < 80;
  draw();
  if (before === 0 && container.id === 'thread-scroll') container.scrollTop = 0;
  else if (before === 0 || atEnd) showNewest(container);
  const came = before > 0 && list.children.length > before;
  if (list.children.length > before) awaited.delete(container.id);
  newer.hidden = (newer.hidden && !came) || seesNewest(container);
}

function seesNewest(container) {
  const last = container.querySelector('.messages').lastElementChild;
  return last === null || last.getBoundingClientRect().top < container.getBoundingClientRect().bottom - 40;
}

/** The end of the list; of a message that is taller than the view, its beginning. */
function showNewest(container) {
  container.scrollTop = container.scrollHeight;
  showWhole(container.querySelector('.messages').lastElementChild, container);
}

/** Brings the beginning of a message into view where it is taller than the view. */
export function showWhole(message, container) {
  if (message && message.offsetHeight > container.clientHeight) message.scrollIntoView({ block: 'start' });
}

for (const [id, newer] of Object.entries(newerOf)) {
  const container = byId(id);
  for (const moved of ['wheel', 'touchmove', 'keydown'])
    container.addEventListener(moved, () => awaited.delete(id), { passive: true });
  byId(newer).addEventListener('click', () => showNewest(container));
  container.addEventListener('scroll', () => {
    if (seesNewest(container)) byId(newer).hidden = true;
  });
}
