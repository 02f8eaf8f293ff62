/** Block Kit to elements. What this page does not draw is named, never left out. */

import { control } from './controls.js';
import { codeWords, h } from './dom.js';
import { emojiNamed, withEmoji } from './emoji.js';
import { formatDate, groupMention, link, markdown, mention, names, textOf } from './mrkdwn.js';

/**
 * @param {object[]} blocks
 * @param {{ press(actionId: string, input?: unknown): Promise<object>, errors?: Record<string, string> }} surface
 */
export function renderBlocks(blocks, surface) {
  return blocks.map(block => renderBlock(block, surface));
}

const renderers = {
  section,
  header: block => h('h3', { class: 'block-header' }, textOf(block.text)),
  context: block => h('div', { class: 'block-context' }, block.elements.map(contextItem)),
  divider: () => h('hr'),
  actions: (block, surface) =>
    h(
      'div',
      { class: 'block-actions' },
      block.elements.map(item => control(item, surface)),
    ),
  image: block => figure(block),
  rich_text: block => h('div', { class: 'rich' }, block.elements.map(richPart)),
  table: block => table(block.rows, block.column_settings ?? [], null),
  data_table: block => table(block.rows, [], block.caption),
  markdown: block => h('div', { class: 'rich' }, markdown(block.text)),
  alert: block => h('div', { class: `alert ${block.level ?? 'default'}` }, textOf(block.text)),
  plan: block => h('div', { class: 'plan' }, h('strong', {}, block.title), (block.tasks ?? []).map(task)),
  task_card: block => task(block),
  container: (block, surface) =>
    h(
      'div',
      { class: 'container' },
      h('strong', {}, block.title ? textOf(block.title) : block.rich_text_title.elements.map(richPart)),
      block.subtitle ? h('p', {}, textOf(block.subtitle)) : null,
      renderBlocks(block.child_blocks, surface),
    ),
  input,
};

function renderBlock(block, surface) {
  const render = Object.hasOwn(renderers, block.type) ? renderers[block.type] : null;
  const drawn =
    render === null
      ? h('p', { class: 'undrawn' }, `This page does not draw a block of type ${block.type}.`)
      : render(block, surface);
  drawn.dataset.block = block.type;
  return drawn;
}

function section(block, surface) {
  return h(
    'div',
    { class: 'block-section' },
    h(
      'div',
      { class: 'block-body' },
      block.text ? h('div', { class: 'prose' }, textOf(block.text)) : null,
      block.fields
        ? h(
            'div',
            { class: 'fields' },
            block.fields.map(field => h('div', { class: 'prose' }, textOf(field))),
          )
        : null,
    ),
    block.accessory ? h('div', { class: 'accessory' }, accessory(block.accessory, surface)) : null,
  );
}

function accessory(element, surface) {
  return element.type === 'image' ? picture(element, 'thumb') : control(element, surface);
}

function contextItem(element) {
  return element.type === 'image' ? picture(element, 'glyph') : h('span', {}, textOf(element));
}

function figure(block) {
  const caption = block.title ? h('figcaption', {}, textOf(block.title)) : null;
  return h('figure', {}, caption, picture(block, 'wide'));
}

/** Uploaded files are shown; pictures from elsewhere are not loaded, and their text says what they are. */
function picture(element, size) {
  const own = element.slack_file?.id;
  if (own) return h('img', { class: size, src: `/sandbox/files/${encodeURIComponent(own)}`, alt: element.alt_text });
  return h('span', { class: 'picture' }, link(element.image_url ?? '', `Picture: ${element.alt_text}`));
}

function richPart(part) {
  switch (part.type) {
    case 'rich_text_section':
      return h('p', {}, part.elements.map(richItem));
    case 'rich_text_preformatted':
      return h('pre', { tabindex: 0 }, h('code', {}, part.elements.map(codeItem)));
    case 'rich_text_quote':
      return h('blockquote', {}, part.elements.map(richItem));
    case 'rich_text_list':
      return h(
        part.style === 'ordered' ? 'ol' : 'ul',
        { class: `indent-${part.indent ?? 0}` },
        part.elements.map(item => h('li', {}, item.elements.map(richItem))),
      );
    default:
      return h('p', { class: 'undrawn' }, `This page does not draw ${part.type}.`);
  }
}

function codeItem(item) {
  return item.type === 'text' && item.style === undefined ? codeWords(item.text) : richItem(item);
}

function richItem(item) {
  const node = {
    text: () => (item.style?.code ? item.text : withEmoji(item.text)),
    link: () => link(item.url, item.text ?? item.url),
    emoji: () => emojiNamed(item.name),
    user: () => mention(item.user_id),
    usergroup: () => groupMention(item.usergroup_id),
    channel: () => h('span', { class: 'mention' }, `#${names.channel(item.channel_id)}`),
    broadcast: () => h('span', { class: 'mention you' }, `@${item.range}`),
    date: () => h('time', {}, formatDate(item.timestamp, item.format) ?? item.fallback ?? ''),
  }[item.type]?.();
  const tags = { bold: 'strong', italic: 'em', strike: 's', code: 'code', underline: 'u' };
  return Object.entries(tags).reduce(
    (inner, [style, tag]) => (item.style?.[style] ? h(tag, {}, inner) : inner),
    node ?? `[${item.type}]`,
  );
}

function table(rows, columns, caption) {
  const cell = (item, index, tag) =>
    h(
      tag,
      { class: columns[index]?.align ?? null, scope: tag === 'th' ? 'col' : null },
      item.type === 'rich_text' ? item.elements.map(richPart) : item.text,
    );
  const [head = [], ...rest] = rows;
  return h(
    'div',
    { class: 'table', tabindex: 0, role: 'region', 'aria-label': caption ?? 'Table' },
    h(
      'table',
      {},
      caption ? h('caption', {}, caption) : null,
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          head.map((item, index) => cell(item, index, 'th')),
        ),
      ),
      h(
        'tbody',
        {},
        rest.map(row =>
          h(
            'tr',
            {},
            row.map((item, index) => cell(item, index, 'td')),
          ),
        ),
      ),
    ),
  );
}

function task(item) {
  const glyphs = { pending: '○', in_progress: '…', complete: '✓', error: '✗' };
  return h(
    'div',
    { class: 'task' },
    `${glyphs[item.status]} ${item.title}`,
    item.details ? item.details.elements.map(richPart) : null,
  );
}

/** A labelled field of a modal. */
function input(block, surface) {
  const id = `field-${block.block_id}`;
  const error = surface.errors?.[block.block_id];
  const described = [block.hint ? `${id}-hint` : null, error ? `${id}-error` : null].filter(Boolean).join(' ');
  const field = control(block.element, surface, {
    id,
    described: described || null,
    invalid: Boolean(error),
    tells: block.dispatch_action === true,
  });
  const optional = block.optional ? h('span', { class: 'optional' }, ' (optional)') : null;
  // A group of boxes has no single field that a label could name.
  const group = ['checkboxes', 'radio_buttons'].includes(block.element.type);
  return h(
    group ? 'fieldset' : 'div',
    { class: 'field', 'data-block-id': block.block_id },
    h(group ? 'legend' : 'label', group ? {} : { for: id }, textOf(block.label), optional),
    field,
    block.hint ? h('p', { class: 'hint', id: `${id}-hint` }, textOf(block.hint)) : null,
    error ? h('p', { class: 'error', id: `${id}-error` }, error) : null,
  );
}
