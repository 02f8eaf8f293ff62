/** Messages: in a channel, and in a thread. */
import { act } from './api.js';
import { drawAttachment } from './attachment.js';
import { renderBlocks } from './blocks.js';
import { hold, valuesIn, waiting } from './controls.js';
import { h, icon, icons, keepingFocus } from './dom.js';
import { emojiNamed, reactions } from './emoji.js';
import { drawFile } from './files.js';
import { withMenu } from './menu.js';
import { formatDate, mrkdwn } from './mrkdwn.js';
import { inThread, store } from './store.js';

/** Brings a list of messages up to date, leaving alone what did not change. */
export function drawMessages(list, messages, options) {
  const wanted = new Set(messages.map(message => message.ts));
  for (const item of [...list.children]) if (!wanted.has(item.dataset.ts)) item.remove();
  let previous = null;
  messages.forEach((message, index) => {
    const stamp = JSON.stringify([message, followUps(message, options), continues(previous, message), store.me]);
    const known = list.querySelector(`:scope > [data-ts="${message.ts}"]`);
    if (known?.stamp !== stamp) {
      const drawn = drawMessage(message, options, continues(previous, message));
      drawn.stamp = stamp;
      if (known) keepingFocus(known, () => replace(known, drawn));
      else {
        list.insertBefore(drawn, list.children[index] ?? null);
        if (options.inThread && index === 0) fold(drawn);
      }
    }
    previous = message;
  });
}

/** The channel shows the root beside its thread: here the replies matter, and a long root is folded until it is wanted. */
function fold(root) {
  requestAnimationFrame(() => {
    if (root.querySelector('.content').scrollHeight < 420) return;
    root.classList.add('folded');
    root.addEventListener('focusin', () => root.classList.remove('folded'), { once: true });
  });
}

function unfoldButton() {
  const open = event => event.currentTarget.closest('.message').classList.remove('folded');
  return h('button', { type: 'button', class: 'link unfold', onclick: open }, 'Show the whole message');
}

/** Keeps the element, so that focus and scrolling stay where they are. */
function replace(known, drawn) {
  const values = valuesIn(known);
  known.replaceChildren(...drawn.children);
  known.className = known.classList.contains('folded') ? `${drawn.className} folded` : drawn.className;
  known.stamp = drawn.stamp;
  for (const [actionId, value] of Object.entries(values)) {
    const field = known.querySelector(`[data-action-id="${CSS.escape(actionId)}"]`);
    if (field) hold(field, value);
  }
}

/** A message with more blocks than this has a head of its own, whoever wrote before. */
const shortMessage = 2;

/** Several in a row by the same author within five minutes stand under one name. */
function continues(previous, message) {
  return (
    previous !== null &&
    previous.userId === message.userId &&
    !previous.ephemeral &&
    !message.ephemeral &&
    !message.broadcast &&
    message.blocks.length <= shortMessage &&
    message.attachments.length === 0 &&
    Number(message.ts) - Number(previous.ts) < 300
  );
}

function drawMessage(message, options, continued) {
  const author = store.users.get(message.userId);
  const kinds = [message.ephemeral && 'ephemeral', continued && 'continued', author?.isBot && 'by-app'];
  const classes = ['message', ...kinds].filter(Boolean).join(' ');
  const name = author?.realName ?? message.userId;
  return h(
    'li',
    {
      class: classes,
      'data-ts': message.ts,
      'data-root': message.threadTs ?? message.ts,
      tabindex: -1,
      'aria-label': `${name}, ${clockTime(message.ts)}`,
    },
    h(
      'div',
      { class: 'gutter', 'aria-hidden': 'true' },
      continued ? h('span', { class: 'side-time' }, clockTime(message.ts)) : avatar(author),
    ),
    h(
      'div',
      { class: 'content' },
      message.ephemeral ? onlyYou(message, options) : null,
      message.broadcast ? broadcastNote(message, options) : null,
      continued
        ? null
        : h(
            'p',
            { class: 'by' },
            h('strong', {}, name),
            author?.isBot ? h('span', { class: 'badge' }, 'APP') : null,
            h('time', { datetime: new Date(Number(message.ts) * 1000).toISOString() }, clockTime(message.ts)),
          ),
      body(message),
      message.files.map(file => drawFile(file)),
      reactionRow(message),
      options.inThread ? null : threadLink(message, options),
    ),
    options.inThread && message.threadTs === null ? unfoldButton() : null,
    message.ephemeral ? null : toolbar(message, options),
  );
}

/** As in a real client, such a message can be put away. */
function onlyYou(message, options) {
  const dismiss = () => options.dismiss(message);
  const button = h('button', { type: 'button', class: 'link', 'data-key': 'dismiss', onclick: dismiss }, 'Dismiss');
  return h('p', { class: 'only-you' }, '◔ Only visible to you · ', button);
}

function body(message) {
  const surface = {
    press(actionId, input = null) {
      const item = document.querySelector(`[data-ts="${message.ts}"]`);
      const others = item ? valuesIn(item) : {};
      return act('press', { user: store.me, channelId: message.channelId, ts: message.ts, actionId, input, others });
    },
  };
  // What other apps post often has no text: everything is in an attachment.
  const text = message.text === '' ? [] : [h('div', { class: 'prose' }, mrkdwn(message.text))];
  const own = message.blocks.length > 0 ? renderBlocks(message.blocks, surface) : text;
  return h(
    'div',
    { class: 'blocks' },
    own,
    message.attachments.map(item => drawAttachment(item, surface)),
  );
}

export function avatar(user) {
  const initials = (user?.realName ?? '?')
    .split(/[\s-]+/)
    .map(word => word[0])
    .slice(0, 2)
    .join('')
    .toUpperCase();
  if (user?.id === store.bot.id) return h('img', { class: 'avatar', src: '/icon.svg', alt: '', width: 36, height: 36 });
  return h(
    'span',
    { class: `avatar tint-${[...(user?.id ?? '')].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 5}` },
    initials,
  );
}

export function clockTime(ts) {
  return formatDate(Number(ts), '{time}');
}

function reactionRow(message) {
  if (message.reactions.length === 0) return null;
  return h(
    'div',
    { class: 'reactions' },
    message.reactions.map(({ name, users }) => {
      const mine = users.includes(store.me);
      const people = users.map(id => store.users.get(id)?.realName ?? id).join(', ');
      return h(
        'button',
        {
          type: 'button',
          'data-key': `reaction-${name}`,
          'aria-pressed': String(mine),
          'aria-label': `${name}, ${users.length}: ${people}`,
          onclick: () => react(message, name, !mine),
        },
        emojiNamed(name),
        ` ${users.length}`,
      );
    }),
  );
}

function react(message, name, present) {
  return act('react', { user: store.me, channelId: message.channelId, ts: message.ts, name, present });
}

function followUps(message, options) {
  if (options.inThread) return [];
  return inThread(message.channelId, message.ts).filter(reply => reply.ts !== message.ts);
}

function threadLink(message, options) {
  const replies = followUps(message, options);
  const last = replies.at(-1);
  if (last === undefined) return null;
  const people = [...new Set(replies.map(reply => reply.userId))].slice(0, 3);
  return h(
    'button',
    { type: 'button', class: 'thread-link', 'data-key': 'thread-link', onclick: () => options.openThread(message.ts) },
    people.map(id => avatar(store.users.get(id))),
    h('strong', {}, `${replies.length} ${replies.length === 1 ? 'reply' : 'replies'}`),
    h('span', {}, `last ${clockTime(last.ts)}`),
  );
}

function broadcastNote(message, options) {
  if (options.inThread) return h('p', { class: 'from-thread' }, 'Also sent to the channel');
  const open = () => options.openThread(message.threadTs);
  const button = h('button', { type: 'button', class: 'link', onclick: open }, 'see the thread');
  return h('p', { class: 'from-thread' }, 'Replied to a thread: ', button);
}

/** Shown beside a message that is pointed at, or that has focus in it. */
function toolbar(message, options) {
  const bar = h('div', { class: 'toolbar' });
  const faces = reactions.map(name => ({ label: emojiNamed(name), name, act: () => react(message, name, true) }));
  const face = toolButton('react', 'Add a reaction', icons.smile);
  const more = toolButton('more', 'More actions', icons.more);
  const root = message.threadTs ?? message.ts;
  const reply = toolButton('reply', 'Reply in thread', icons.reply);
  reply.addEventListener('click', () => options.openThread(root));
  bar.append(
    withMenu(face, faces, { kind: 'faces', label: 'Reactions' }),
    ...(options.inThread ? [] : [reply]),
    withMenu(more, moreActions(message, more), { label: 'More actions' }),
  );
  return bar;
}

function toolButton(key, label, path) {
  return h('button', { type: 'button', 'data-key': key, 'aria-label': label, title: label }, icon(path));
}

/** The message's shortcuts, as the apps offer them, and its link. */
function moreActions(message, toggle) {
  const shortcuts = store.shortcuts.filter(shortcut => shortcut.type === 'message');
  const link = `${location.origin}/archives/${message.channelId}/p${message.ts.replace('.', '')}`;
  return [
    ...shortcuts.map(shortcut => ({
      label: [h('span', {}, shortcut.name), h('small', {}, store.bot.name)],
      act: () => waiting(toggle, () => useShortcut(message, shortcut)),
    })),
    { label: 'Copy link', act: () => navigator.clipboard?.writeText(link).catch(() => {}) },
  ];
}

function useShortcut(message, shortcut) {
  return act('shortcut', {
    user: store.me,
    callbackId: shortcut.callbackId,
    channelId: message.channelId,
    ts: message.ts,
  });
}

/** Walks through the messages of a list with the arrow keys; Enter opens the thread. */
export function walkMessages(list, openThread) {
  const view = list.parentElement;
  // What scrolls can be reached by keyboard.
  view.tabIndex = 0;
  view.addEventListener('keydown', event => {
    const items = [...list.children];
    const at = items.indexOf(event.target);
    if (event.target !== view && at === -1) return;
    if (event.key === 'ArrowUp') (items[at === -1 ? items.length - 1 : at - 1] ?? items[0])?.focus();
    else if (event.key === 'ArrowDown') items[Math.min(at + 1, items.length - 1)]?.focus();
    else if (event.key === 'Enter' && at !== -1 && openThread) openThread(event.target.dataset.root);
    else return;
    event.preventDefault();
  });
}
