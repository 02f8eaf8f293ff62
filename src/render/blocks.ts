/**
 * The one place where text becomes Slack markup. `md` escapes every string that is put into it, so an untrusted text
 * cannot reach a message unescaped. Slack's limits are held here too.
 * Rules: https://docs.slack.dev/messaging/formatting-message-text, https://docs.slack.dev/reference/block-kit/blocks
 */
import type {
  ActionsBlock,
  Button,
  ConfirmationDialog,
  ContextBlock,
  HeaderBlock,
  KnownBlock,
  MrkdwnElement,
  PlainTextElement,
  RichTextBlock,
  SectionBlock,
  TableBlock,
} from '@slack/types';
import { count, cut, oneLine, printable, spoken, utc } from './words.ts';

/** Slack's limits in UTF-16 code units, and our own where Slack allows more than a person reads. */
export const LIMITS = {
  blocks: 50,
  /** Slack refuses about 13,000 characters over all blocks (`msg_blocks_too_long`) though each block is legal. */
  message: 10_000,
  fallback: 1_000,
  header: 150,
  section: 3_000,
  field: 2_000,
  fields: 10,
  context: 3_000,
  actions: 25,
  buttonText: 75,
  buttonValue: 2_000,
  buttonLabel: 75,
  confirmTitle: 100,
  confirmText: 300,
  confirmButton: 30,
  url: 3_000,
  modalTitle: 24,
  inputHint: 2_000,
  /** Longest target, stage or time that is taken. */
  input: 2_048,
  placeholder: 150,
  privateMetadata: 3_000,
  /** What Slack takes in a text field. */
  typed: 3_000,
  optionText: 75,
  selectOptions: 100,
  /** A sentence of a finding, a cause, a remedy. */
  sentence: 600,
  /** The name of an API, a stage, a resource. */
  name: 120,
  /** A log line, a policy statement, a CLI line. */
  excerpt: 1_500,
  /** One cell of a table. */
  cell: 160,
} as const;

/** What is posted: `text` is the notification, and what a screen reader says. */
export interface Message {
  text: string;
  blocks: KnownBlock[];
  /** In place of `blocks` where a workspace does not take a newer kind of block; absent where there is none in them. */
  classic?: KnownBlock[];
}

/** Slack mrkdwn that is safe to send; made by `md` and its neighbours only. */
export interface Markup {
  readonly mrkdwn: string;
}

/** The three characters that Slack wants escaped, and no others. */
function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Builds markup: the literal parts are ours, strings are escaped, markup stays as it is. */
export function md(literal: TemplateStringsArray, ...values: (string | number | Markup)[]): Markup {
  const parts = literal.map((part, index) => {
    const value = values[index];
    if (value === undefined) return part;
    return part + (typeof value === 'object' ? value.mrkdwn : words(String(value)).mrkdwn);
  });
  return { mrkdwn: parts.join('') };
}

export function join(parts: readonly Markup[], separator: string): Markup {
  return { mrkdwn: parts.map(part => part.mrkdwn).join(separator) };
}

// A mask has spaces in it, and is one word with what it stands in: `api_key=[masked: api key]`.
const wordPattern = /(?:\[masked:[^\]]*\]|\S)+/g;

/** An untrusted text on one line, at most `max` characters of markup. */
export function words(text: string, max: number = LIMITS.sentence): Markup {
  const escaped = (cut(spoken(text), max).match(wordPattern) ?? [])
    .map(word => (formats.test(word) ? codeWord(word) : escapeText(word)))
    .join(' ');
  return { mrkdwn: cutMarkup(escaped, max) };
}

/** A sentence, with the AWS command in brackets that it may hold as code, so that it can be copied. */
export function prose(text: string): Markup {
  const parts = spoken(text).split(/(?<=\()(aws [a-z0-9-]+ [a-z0-9-]+ [^()`]+)(?=\))/);
  return join(
    parts.map((item, index) => (index % 2 === 0 ? words(item) : code(item, LIMITS.sentence))),
    '',
  );
}

// `*`, `_`, `~` and backticks cannot be escaped, and `:lambda:` in an ARN may be an emoji of the workspace. Inside a code
// span nothing is formatted, so a word that has them becomes one.
const formats = /[*_~`]|:[0-9_+'-]*[a-z][a-z0-9_+'-]*:/;

const openers = '"\'([{`';
const closers = '.,;!?:)]}"\'`';

/** Brackets and punctuation around a word are none of it; those of a mask are. */
function codeWord(word: string): string {
  const masks = [...word.matchAll(/\[masked:[^\]]*\]/g)].map(({ index, 0: mask }) => ({
    from: index,
    to: index + mask.length,
  }));
  let [from, to] = [0, word.length];
  while (openers.includes(word.charAt(from) || ' ') && !masks.some(mask => mask.from === from)) from += 1;
  while (to > from && closers.includes(word.charAt(to - 1)) && !masks.some(mask => mask.to === to)) to -= 1;
  const bare = (text: string) => escapeText(text.replaceAll('`', ''));
  const body = word.slice(from, to);
  if (body === '') return bare(word);
  return `${bare(word.slice(0, from))}\`${escapeText(body.replaceAll('`', 'ʼ'))}\`${bare(word.slice(to))}`;
}

/** A name or a command, monospaced. */
export function code(text: string, max: number = LIMITS.name): Markup {
  const body = cutMarkup(escapeText(cut(oneLine(text), max).replaceAll('`', 'ʼ')), max);
  return { mrkdwn: body === '' ? '' : `\`${body}\`` };
}

const piece = /&(?:amp|lt|gt);|<[^<>]*>|`[^`]*`|\s+|[^\s&<`]+|./gsu;

/** Cuts markup between words, never inside an entity, a link, a date or a code span. */
export function cutMarkup(markup: string, max: number): string {
  if (markup.length <= max) return markup;
  let kept = '';
  for (const [token] of markup.matchAll(piece)) {
    if (kept.length + token.length > max - 1) {
      // A single word longer than the room is cut inside, so that something of it is seen.
      if (kept.trim() === '') kept = head(token, max);
      break;
    }
    kept += token;
  }
  return `${kept.replace(/[\s.,]+$/, '')}…`;
}

function head(token: string, max: number): string {
  if (token.startsWith('`')) return `\`${cutMarkup(token.slice(1, -1), max - 3).slice(0, -1)}\``;
  return /^[&<]/.test(token) ? '' : token.slice(0, max - 1).toWellFormed();
}

/** The reader's own time and UTC; without brackets, so that it can stand in some. */
export function when(iso: string): Markup {
  const seconds = Math.floor(Date.parse(iso) / 1000);
  if (Number.isNaN(seconds)) return words(iso, LIMITS.name);
  return { mrkdwn: `<!date^${seconds}^{date_short_pretty} {time_secs}|${utc(iso)}>, ${utc(iso).slice(11)}` };
}

/** The same to the minute, where seconds say nothing. */
export function minute(iso: string): Markup {
  const seconds = Math.floor(Date.parse(iso) / 1000);
  if (Number.isNaN(seconds)) return words(iso, LIMITS.name);
  const time = `${utc(iso).slice(0, 16)} UTC`;
  return { mrkdwn: `<!date^${seconds}^{date_short_pretty} {time}|${time}>, ${time.slice(11)}` };
}

/** A person, mentioned; anything that is not a Slack user id is shown as text. */
export function person(id: string | null): Markup {
  if (id === null) return { mrkdwn: 'an alarm' };
  return /^[UW][A-Z0-9]{2,20}$/.test(id) ? { mrkdwn: `<@${id}>` } : words(id, LIMITS.name);
}

/** A user group, mentioned. */
export function group(id: string): Markup {
  return /^S[A-Z0-9]{2,20}$/.test(id) ? { mrkdwn: `<!subteam^${id}>` } : words(id, LIMITS.name);
}

export function channel(id: string): Markup {
  return /^[CGD][A-Z0-9]{2,20}$/.test(id) ? { mrkdwn: `<#${id}>` } : words(id, LIMITS.name);
}

/** A link; only the label where the address is none that Slack takes. */
export function link(url: string, label: string): Markup {
  const address = safeUrl(url);
  const text = words(label, LIMITS.name).mrkdwn.replaceAll('|', '/');
  return { mrkdwn: address === null ? text : `<${escapeText(address)}|${text}>` };
}

/** An http(s) address without the characters that end a link; null where it is none, or too long. */
export function safeUrl(url: string): string | null {
  if (!/^https?:\/\/[^\s]/.test(url)) return null;
  const shown = printable(url);
  // Encoding only makes it longer.
  if (shown.length > LIMITS.url) return null;
  const address = shown.replace(/[\s|<>"`]/g, character => encodeURIComponent(character));
  return escapeText(address).length > LIMITS.url ? null : address;
}

/** The text beside the blocks; Slack reads mentions in it too. */
export function fallback(text: string): string {
  return cutMarkup(escapeText(cut(spoken(text), LIMITS.fallback)), LIMITS.fallback);
}

export function plainText(text: string, max: number): PlainTextElement {
  return { type: 'plain_text', text: cutMarkup(escapeText(cut(oneLine(text), max)), max) || ' ', emoji: false };
}

// `verbatim`: Slack links no address, channel or name on its own in it.
export function mrkdwn(text: Markup, max: number): MrkdwnElement {
  return { type: 'mrkdwn', text: cutMarkup(text.mrkdwn, max) || ' ', verbatim: true };
}

export function header(text: string): HeaderBlock {
  return { type: 'header', text: plainText(text, LIMITS.header) };
}

export function section(text: Markup, accessory?: Button): SectionBlock {
  const block: SectionBlock = { type: 'section', text: mrkdwn(text, LIMITS.section), expand: true };
  return accessory === undefined ? block : { ...block, accessory };
}

export function fields(items: readonly Markup[]): SectionBlock {
  return { type: 'section', fields: items.slice(0, LIMITS.fields).map(item => mrkdwn(item, LIMITS.field)) };
}

export function context(text: Markup): ContextBlock {
  return { type: 'context', elements: [mrkdwn(text, LIMITS.context)] };
}

/** Text as it stands, monospaced. Rich text is never parsed, so nothing in it is escaped; a cut is told. */
export function preformatted(text: string, max: number = LIMITS.excerpt): RichTextBlock {
  const whole = printable(text).trim();
  const kept = cut(whole, max);
  const shown = whole.length > max ? `${kept}\n[${count(whole.length - kept.length + 1, 'more character')}]` : whole;
  return {
    type: 'rich_text',
    elements: [{ type: 'rich_text_preformatted', elements: [{ type: 'text', text: shown || ' ' }] }],
  };
}

export function actions(buttons: Button[]): ActionsBlock {
  return { type: 'actions', elements: buttons.slice(0, LIMITS.actions) };
}

export interface ButtonOptions {
  id: string;
  text: string;
  /** Ids only; whatever comes back is looked up again. */
  value?: string;
  url?: string;
  /** What a screen reader says. */
  label?: string;
  style?: 'primary' | 'danger';
  /** Asked before the press counts: https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object */
  confirm?: { title: string; text: string; yes: string };
}

export function button({ id, text, value, url, label, style, confirm }: ButtonOptions): Button {
  return {
    type: 'button',
    action_id: id,
    text: plainText(text, LIMITS.buttonText),
    ...(value === undefined ? {} : { value: value.slice(0, LIMITS.buttonValue) }),
    ...(url === undefined ? {} : { url }),
    ...(label === undefined ? {} : { accessibility_label: cut(oneLine(label), LIMITS.buttonLabel) }),
    ...(style === undefined ? {} : { style }),
    ...(confirm === undefined ? {} : { confirm: confirmation(confirm) }),
  };
}

function confirmation({ title, text, yes }: Required<ButtonOptions>['confirm']): ConfirmationDialog {
  return {
    title: plainText(title, LIMITS.confirmTitle),
    text: plainText(text, LIMITS.confirmText),
    confirm: plainText(yes, LIMITS.confirmButton),
    deny: plainText('Cancel', LIMITS.confirmButton),
  };
}

/** Blocks that stay together; an optional part is left out whole where the message has no room for it. */
export interface Part {
  blocks: KnownBlock[];
  optional?: true;
  /** The same in blocks that every workspace takes. */
  classic?: KnownBlock[];
}

export function part(...blocks: KnownBlock[]): Part {
  return { blocks };
}

export function optional(...blocks: KnownBlock[]): Part {
  return { blocks, optional: true };
}

/** A table under its title; a workspace that does not know tables gets `classic`. Only one fits into a message. */
export function table(title: Markup, rows: readonly (readonly string[])[], classic: readonly KnownBlock[]): Part {
  const cells = rows.map(row =>
    row.map(text => ({ type: 'raw_text' as const, text: cut(oneLine(text), LIMITS.cell) || '-' })),
  );
  const block: TableBlock = {
    type: 'table',
    rows: cells,
    column_settings: (rows[0] ?? []).map(() => ({ is_wrapped: true })),
  };
  return { blocks: [section(title), block], optional: true, classic: [section(title), ...classic] };
}

/** Puts a message together within Slack's limits. `leftOut` says how many optional parts had no room. */
export function compose(text: string, parts: readonly Part[], leftOut: (parts: number) => Markup): Message {
  const message = { text: fallback(text), blocks: fitting(parts, leftOut) };
  if (parts.every(item => item.classic === undefined)) return message;
  const classic = parts.map(({ classic, ...item }) => (classic === undefined ? item : { ...item, blocks: classic }));
  return { ...message, classic: fitting(classic, leftOut) };
}

function fitting(parts: readonly Part[], leftOut: (parts: number) => Markup): KnownBlock[] {
  const notice = (n: number) => context(leftOut(n));
  const required = parts.filter(item => item.optional !== true).flatMap(item => item.blocks);
  let size = sizeOf(required) + sizeOf([notice(parts.length)]);
  let length = required.length + 1;
  const kept = parts.filter(item => {
    if (item.optional !== true) return true;
    if (size + sizeOf(item.blocks) > LIMITS.message || length + item.blocks.length > LIMITS.blocks) return false;
    size += sizeOf(item.blocks);
    length += item.blocks.length;
    return true;
  });
  const missing = parts.length - kept.length;
  const blocks = kept.flatMap(item => item.blocks);
  if (missing > 0) {
    const buttons = blocks.at(-1)?.type === 'actions' ? 1 : 0;
    blocks.splice(blocks.length - buttons, 0, notice(missing));
  }
  return blocks;
}

/** Characters that count against Slack's limit for a message: every text, address and value. */
export function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce<number>((total, item) => total + sizeOf(item), 0);
}
