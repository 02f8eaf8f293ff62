/** The box that messages and commands are typed into, with history and completion. */
import { act } from './api.js';
import { waiting } from './controls.js';
import { byId, codeWords, h, icon, icons } from './dom.js';
import { withMenu } from './menu.js';
import { store } from './store.js';

const keptLines = 50;
/** How long it is said that a command was sent. */
const shownMs = 3_000;
const history = JSON.parse(sessionStorage.getItem('history') ?? '[]');

/**
 * @param {HTMLFormElement} form
 * @param {{ name: string, where(): { channelId: string, threadTs: string | null }, suggest(): { line: string, about: string }[], shortcuts(): { name: string, callbackId: string }[], onSend(): void }} options
 */
export function createComposer(form, { name, where, suggest, shortcuts, onSend }) {
  const listId = `${name}-suggestions`;
  const list = h('ul', { class: 'suggestions', id: listId, role: 'listbox', 'aria-label': 'Commands', hidden: true });
  const box = h('textarea', {
    id: `${name}-text`,
    rows: 1,
    role: 'combobox',
    'aria-autocomplete': 'list',
    'aria-controls': listId,
    'aria-expanded': 'false',
    autocomplete: 'off',
    spellcheck: 'false',
  });
  const send = h('button', { type: 'submit', class: 'icon send', 'aria-label': 'Send' }, icon(icons.send));
  const problem = h('p', { class: 'problem', role: 'alert', hidden: true });
  const bolt = h('span', { class: 'bolt' });
  form.append(list, h('div', { class: 'box' }, bolt, box, send), problem);
  let selected = -1;
  let place = history.length;

  function write(line) {
    box.value = line;
    grow();
    complete();
    box.focus();
    box.setSelectionRange(line.length, line.length);
  }

  function grow() {
    box.style.setProperty('height', 'auto');
    box.style.setProperty('height', `${Math.min(box.scrollHeight, 160)}px`);
    send.disabled = box.value.trim() === '';
  }

  function complete() {
    const typed = box.value;
    const offers =
      typed.startsWith('/') && !typed.includes('\n')
        ? suggest().filter(item => item.line.startsWith(typed.trimStart()) && item.line !== typed)
        : [];
    selected = -1;
    list.replaceChildren(
      ...offers.map((item, index) =>
        h(
          'li',
          {
            id: `${listId}-${index}`,
            role: 'option',
            'aria-selected': 'false',
            onmousedown: event => {
              event.preventDefault();
              choose(item.line);
            },
          },
          h('code', {}, codeWords(item.line)),
          h('span', {}, item.about),
        ),
      ),
    );
    show(offers.length > 0);
  }

  function show(open) {
    list.hidden = !open;
    box.setAttribute('aria-expanded', String(open));
    if (!open) box.removeAttribute('aria-activedescendant');
  }

  function choose(line) {
    write(line.endsWith('…') ? line.slice(0, -1) : line);
    show(false);
  }

  function move(step) {
    const items = [...list.children];
    selected = (selected + step + items.length) % items.length;
    items.forEach((item, index) => {
      item.setAttribute('aria-selected', String(index === selected));
    });
    box.setAttribute('aria-activedescendant', items[selected].id);
    items[selected].scrollIntoView({ block: 'nearest' });
  }

  /** Only the beginning of a command's name is there: sent like this it would be no command. */
  function namesNoCommand() {
    const typed = box.value.trim();
    return !typed.includes(' ') && !suggest().some(({ line }) => line.split(' ')[0] === typed);
  }

  function recall(step) {
    place = Math.max(0, Math.min(history.length, place + step));
    write(history[place] ?? '');
    show(false);
  }

  async function submit() {
    const line = box.value.trim();
    if (line === '') return;
    const { channelId, threadTs } = where();
    if (line.startsWith('/') && threadTs !== null)
      return complain(`${line.split(' ')[0]} is not supported in threads. Type it in the channel.`);
    complain(null);
    history.push(line);
    if (history.length > keptLines) history.shift();
    sessionStorage.setItem('history', JSON.stringify(history));
    place = history.length;
    write('');
    show(false);
    onSend();
    if (!line.startsWith('/')) return act('say', { user: store.me, channelId, text: line, threadTs });
    tell(`${line.split(' ')[0]} is being sent…`);
    const shown = await act('command', { user: store.me, channelId, text: line });
    tell(shown.ok === false ? null : `${line.split(' ')[0]} was sent.`);
  }

  let told;
  /** Beside the box, and gone by itself. */
  function tell(text) {
    clearTimeout(told);
    byId('working').hidden = text === null;
    byId('working').textContent = text ?? '';
    if (text !== null && !text.endsWith('…')) told = setTimeout(() => tell(null), shownMs);
  }

  function complain(text) {
    problem.hidden = text === null;
    problem.textContent = text ?? '';
  }

  /** What the apps offer that stands by itself, behind one button. */
  function drawShortcuts() {
    const offered = shortcuts();
    if (offered.length === 0) return bolt.replaceChildren();
    const toggle = h('button', { type: 'button', class: 'icon', 'aria-label': 'Shortcuts' }, icon(icons.bolt));
    const items = offered.map(({ name: label, callbackId }) => ({
      label: [h('span', {}, label), h('small', {}, store.bot.name)],
      act: () => waiting(toggle, () => act('shortcut', { user: store.me, callbackId })),
    }));
    return bolt.replaceChildren(withMenu(toggle, items, { kind: 'above', label: 'Shortcuts' }));
  }

  form.addEventListener('submit', event => {
    event.preventDefault();
    submit();
  });
  box.addEventListener('input', () => {
    grow();
    complete();
    complain(null);
  });
  box.addEventListener('blur', () => show(false));
  box.addEventListener('keydown', event => {
    const open = !list.hidden;
    const before = box.value.slice(0, box.selectionStart);
    if (open && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) move(event.key === 'ArrowDown' ? 1 : -1);
    else if (open && (event.key === 'Tab' || event.key === 'Enter') && selected >= 0)
      choose(list.children[selected].querySelector('code').textContent);
    else if (open && event.key === 'Enter' && !event.shiftKey && !event.isComposing && namesNoCommand())
      choose(list.children[0].querySelector('code').textContent);
    else if (open && event.key === 'Tab' && !event.shiftKey) choose(list.children[0].querySelector('code').textContent);
    else if (open && event.key === 'Escape') show(false);
    else if (event.key === 'ArrowUp' && !before.includes('\n')) recall(-1);
    else if (event.key === 'ArrowDown' && place < history.length) recall(1);
    else if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) submit();
    else return;
    event.preventDefault();
  });
  grow();

  return {
    write,
    drawShortcuts,
    name(label) {
      box.setAttribute('aria-label', label);
      box.setAttribute('placeholder', label);
    },
  };
}
