/**
 * A Slack message as plain text, whatever it is made of: text, blocks, attachments. It is untrusted: bounded in size,
 * depth and number of parts, and without what would not be seen.
 * https://docs.slack.dev/reference/block-kit/blocks, https://docs.slack.dev/messaging/formatting-message-text
 */
import { plain } from './plain.ts';

export interface PostText {
  /** One line for each thing that is said, no line twice. */
  text: string;
  /** Where its links and buttons lead. */
  links: string[];
}

/** A message is 40,000 characters at most; what an alarm says stands far ahead of that. */
const longest = 20_000;
const partCap = 2_000;
const linkCap = 100;
const deepest = 12;

/** Labels of buttons say what could be done, not what is: `Resolve`, `Acknowledge`. Where they lead counts. */
const controls =
  /^(?:actions|input|button|workflow_button|overflow|checkboxes|radio_buttons|.*_select|.*picker|.*_input)$/;

/** In the order in which a block shows them. */
const textKeys = ['title', 'subtitle', 'text', 'body', 'fields', 'elements', 'rows', 'blocks', 'tasks', 'alt_text'];

type Shape = Record<string, unknown>;

/** Text, blocks, attachments; fallbacks last, because they repeat. */
export function flatten(message: unknown): PostText {
  const lines = new Set<string>();
  const links = new Set<string>();
  let room = longest;
  let parts = partCap;

  function say(text: string): void {
    for (const line of plain(text).split('\n')) {
      const kept = bare(line).slice(0, Math.max(0, room));
      if (kept === '' || lines.has(kept)) continue;
      lines.add(kept);
      room -= kept.length;
    }
  }

  function lead(url: unknown): void {
    if (typeof url !== 'string' || links.size >= linkCap) return;
    const address = plain(unescaped(url)).trim().slice(0, 4_000);
    if (/^https?:\/\/\S+$/.test(address)) links.add(address);
  }

  /** mrkdwn: `<url|label>` says its label and leads to its address. */
  function expand(text: string): string {
    return unescaped(
      text
        .slice(0, longest)
        .replace(/<([^<>|]{1,4000})(?:\|([^<>]{0,4000}))?>/g, (_, target: string, label: string | undefined) => {
          if (/^[@#!]/.test(target)) return label ?? '';
          lead(target);
          return label ?? target.replace(/^(?:mailto|tel):/, '');
        }),
    );
  }

  /** The text of one part, on one line where its parts stand on one. */
  function inline(value: unknown, depth: number): string {
    if (typeof value === 'string') return expand(value);
    if (depth > deepest || parts-- <= 0) return '';
    if (Array.isArray(value)) return value.map(one => inline(one, depth + 1)).join('');
    if (!isShape(value)) return '';
    const { type, text, url, elements } = value;
    if (type === 'link') lead(url);
    // Rich text is not escaped as mrkdwn is, so that its brackets are its own.
    if (type === 'text' || type === 'link' || type === 'raw_text') {
      return typeof text === 'string' ? unescaped(text) : type === 'link' && typeof url === 'string' ? url : '';
    }
    return inline(elements ?? text ?? '', depth + 1);
  }

  /** Every part of a block or an attachment, one below the other. */
  function visit(value: unknown, depth: number): void {
    if (depth > deepest || parts-- <= 0 || room <= 0) return;
    if (typeof value === 'string') say(expand(value));
    if (Array.isArray(value)) for (const one of value) visit(one, depth + 1);
    if (!isShape(value)) return;
    const { type } = value;
    if (typeof type === 'string' && controls.test(type)) {
      lead(value.url);
      if (Array.isArray(value.elements)) for (const one of value.elements.slice(0, 25)) visit(one, depth + 1);
      return;
    }
    if (type === 'text' || type === 'link' || /^rich_text_(?:section|preformatted|quote)$/.test(String(type))) {
      say(inline(value, depth));
      return;
    }
    lead(value.title_link ?? value.title_url);
    for (const key of textKeys) {
      if (key === 'fields' && Array.isArray(value.fields)) for (const field of value.fields) sayField(field, depth + 1);
      else if (key === 'rows' && Array.isArray(value.rows)) for (const row of value.rows) sayRow(row, depth + 1);
      else visit(value[key], depth + 1);
    }
    if (isShape(value.accessory)) lead(value.accessory.url);
  }

  /** `*Stage*\nprod` of a section, `{ title: 'Stage', value: 'prod' }` of an attachment: `Stage: prod`. */
  function sayField(field: unknown, depth: number): void {
    if (parts-- <= 0 || !isShape(field)) return;
    const { title, value } = field;
    if (typeof title === 'string' && typeof value === 'string') {
      say(`${expand(title).replace(/:\s*$/, '')}: ${expand(value)}`);
      return;
    }
    say(inline(field, depth).replace(/^\s*\*([^*\n]{1,100}?):?\*:?[ \t]*\n/, '$1: '));
  }

  function sayRow(row: unknown, depth: number): void {
    if (Array.isArray(row))
      say(row.map(cell => inline(cell, depth).replaceAll('\n', ' ')).join(row.length === 2 ? ': ' : ' | '));
  }

  if (isShape(message)) {
    visit(message.text, 0);
    visit(message.blocks, 0);
    const attachments = Array.isArray(message.attachments) ? message.attachments.slice(0, 100).filter(isShape) : [];
    for (const { pretext, title, title_link, text, fields, blocks, footer } of attachments) {
      visit(pretext, 0);
      visit({ title, title_link, text, fields }, 0);
      visit(blocks, 0);
      visit(footer, 0);
    }
    for (const { fallback, actions } of attachments) {
      for (const action of Array.isArray(actions) ? actions.slice(0, 25) : []) if (isShape(action)) lead(action.url);
      visit(fallback, 0);
    }
  }
  return { text: [...lines].join('\n'), links: [...links] };
}

/** A line without the marks around it: emphasis, and emoji before it. */
function bare(line: string): string {
  return line
    .trim()
    .replace(/^[*`>\s]+|[*`\s]+$/g, '')
    .replace(/^(?:(?::[a-z0-9_+'-]{1,100}:|\p{Extended_Pictographic}\ufe0f?)\s+)+/u, '');
}

const entities: Readonly<Record<string, string>> = { '&lt;': '<', '&gt;': '>', '&amp;': '&' };

/** Once: `&amp;lt;` is the text `&lt;`. */
function unescaped(text: string): string {
  return text.replace(/&(?:lt|gt|amp);/g, entity => entities[entity] ?? entity);
}

function isShape(value: unknown): value is Shape {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
