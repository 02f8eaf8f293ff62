/** Message text to nodes: mrkdwn, a subset of Markdown, and dates in the reader's time zone. */
import { codeWords, h } from './dom.js';
import { emojiNamed, withEmoji } from './emoji.js';

/** What text refers to: who reads it, and the names behind ids. Set once the workspace is known. */
export const names = {
  timeZone: undefined,
  me: null,
  user: id => id,
  channel: id => id,
  group: id => id,
  groups: [],
};

export function decoded(text) {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

/** mrkdwn as nodes. https://docs.slack.dev/messaging/formatting-message-text */
export function mrkdwn(text) {
  const nodes = [];
  const parts = text.split(/```\n?([\s\S]*?)\n?```/);
  parts.forEach((part, index) => {
    if (index % 2 === 1) nodes.push(h('pre', { tabindex: 0 }, h('code', {}, codeWords(decoded(part)))));
    else nodes.push(...quotes(part));
  });
  return nodes;
}

/** A text object: mrkdwn is formatted, plain text only decoded and given its emoji. */
export function textOf(text) {
  if (text.type === 'mrkdwn') return mrkdwn(text.text);
  const parts = text.emoji === false ? [text.text] : text.text.split(/:([\w+'-]+):/);
  return parts.map((part, index) => (index % 2 === 0 ? withEmoji(decoded(part)) : emojiNamed(part)));
}

function quotes(text) {
  const nodes = [];
  for (const chunk of text.match(/(?:^&gt; ?.*(?:\n|$))+|(?:^(?!&gt;).*(?:\n|$))+/gm) ?? []) {
    const trimmed = chunk.replace(/\n$/, '');
    if (chunk.startsWith('&gt;')) nodes.push(h('blockquote', {}, inline(trimmed.replace(/^&gt; ?/gm, ''))));
    else if (trimmed !== '') nodes.push(...inline(trimmed));
    else if (nodes.length > 0) nodes.push(h('br'));
  }
  return nodes;
}

/** Code and references stand whole: what is in them formats nothing, and they may stand inside what is formatted. */
const atomPattern = /`[^`\n]+`|<[^<>]+>/g;

function inline(text) {
  const atoms = [];
  const held = text.replace(/[\ue000\ue001]/g, '').replace(atomPattern, atom => {
    atoms.push(atom.startsWith('`') ? h('code', {}, codeWords(decoded(atom.slice(1, -1)))) : refer(atom.slice(1, -1)));
    return `\ue000${atoms.length - 1}\ue001`;
  });
  return formatted(held, atoms);
}

const formatPattern =
  /\ue000(\d+)\ue001|(?<![\w*])\*(?! )([^*\n]+?)(?<! )\*(?![\w*])|(?<![\w_])_(?! )([^_\n]+?)(?<! )_(?![\w_])|(?<![\w~])~(?! )([^~\n]+?)(?<! )~(?![\w~])|:([\w+'-]+):|\n/g;

function formatted(text, atoms) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(formatPattern)) {
    nodes.push(...withEmoji(decoded(text.slice(end, match.index))));
    end = match.index + match[0].length;
    const [, atom, bold, italic, strike, name] = match;
    if (atom !== undefined) nodes.push(atoms[Number(atom)]);
    else if (bold !== undefined) nodes.push(h('strong', {}, formatted(bold, atoms)));
    else if (italic !== undefined) nodes.push(h('em', {}, formatted(italic, atoms)));
    else if (strike !== undefined) nodes.push(h('s', {}, formatted(strike, atoms)));
    else nodes.push(name === undefined ? h('br') : emojiNamed(name));
  }
  nodes.push(...withEmoji(decoded(text.slice(end))));
  return nodes;
}

/** What stands in angle brackets: people, channels, groups, dates, links. */
function refer(reference) {
  const [target, label] = reference.split(/\|(.*)/s);
  if (target.startsWith('@')) return mention(target.slice(1));
  if (target.startsWith('#')) return h('span', { class: 'mention' }, `#${names.channel(target.slice(1), label)}`);
  if (target.startsWith('!subteam^')) return groupMention(target.slice(9));
  if (target.startsWith('!date^')) return date(target, label ?? '');
  if (target.startsWith('!')) return h('span', { class: 'mention you' }, `@${target.slice(1)}`);
  return link(decoded(target), label === undefined ? decoded(target) : inline(label));
}

export function mention(userId) {
  return h('span', { class: userId === names.me ? 'mention you' : 'mention' }, `@${names.user(userId)}`);
}

export function groupMention(groupId) {
  return h('span', { class: names.groups.includes(groupId) ? 'mention you' : 'mention' }, `@${names.group(groupId)}`);
}

/** Only addresses of the web and of mail are links; anything else stays text. */
export function link(url, children) {
  if (!/^(https?:\/\/|mailto:)/i.test(url)) return h('span', {}, children);
  return h('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, children);
}

function date(target, fallback) {
  const [, seconds, format, url] = target.split('^');
  const shown = formatDate(Number(seconds), format ?? '');
  const time = h(
    'time',
    { datetime: new Date(Number(seconds) * 1000).toISOString(), title: decoded(fallback) },
    shown ?? decoded(fallback),
  );
  return url ? link(decoded(url), time) : time;
}

/** https://docs.slack.dev/messaging/formatting-message-text#date-formatting; null where a token is not known. */
export function formatDate(seconds, format) {
  if (!Number.isFinite(seconds)) return null;
  const at = new Date(seconds * 1000);
  const as = options => new Intl.DateTimeFormat('en-GB', { timeZone: names.timeZone, ...options }).format(at);
  const day = value => new Intl.DateTimeFormat('en-CA', { timeZone: names.timeZone }).format(value);
  const pretty = options => {
    const today = new Date();
    if (day(at) === day(today)) return 'today';
    if (day(at) === day(new Date(today.getTime() - 86_400_000))) return 'yesterday';
    return as(options);
  };
  const long = { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' };
  const short = { day: 'numeric', month: 'short', year: 'numeric' };
  const plain = { day: 'numeric', month: 'long', year: 'numeric' };
  const clock = { hour: '2-digit', minute: '2-digit' };
  const tokens = {
    date_num: () => day(at),
    date: () => as(plain),
    date_short: () => as(short),
    date_long: () => as(long),
    date_pretty: () => pretty(plain),
    date_short_pretty: () => pretty(short),
    date_long_pretty: () => pretty(long),
    time: () => as(clock),
    time_secs: () => as({ ...clock, second: '2-digit' }),
    ago: () => ago(at),
  };
  let known = true;
  const text = format.replace(/\{(\w+)\}/g, (_, token) => {
    if (Object.hasOwn(tokens, token)) return tokens[token]();
    known = false;
    return '';
  });
  return known ? text : null;
}

function ago(at) {
  const minutes = Math.round((Date.now() - at.getTime()) / 60_000);
  return minutes < 1 ? 'just now' : minutes < 60 ? `${minutes} min ago` : `${Math.round(minutes / 60)} h ago`;
}

/** The part of Markdown that messages use: headings, lists, fences, bold, italic, code and links. */
export function markdown(text) {
  const nodes = [];
  for (const block of text.split(/(```[\s\S]*?```)|\n{2,}/).filter(Boolean)) {
    const fence = block.match(/^```\w*\n?([\s\S]*?)\n?```$/);
    const heading = block.match(/^(#{1,6}) (.*)$/s);
    const items = block.trim().split('\n');
    if (fence) nodes.push(h('pre', { tabindex: 0 }, h('code', {}, codeWords(fence[1]))));
    else if (heading) nodes.push(h('p', { class: 'heading' }, markdownInline(heading[2])));
    else if (items.every(item => /^[-*] /.test(item))) nodes.push(list('ul', items, /^[-*] /));
    else if (items.every(item => /^\d+[.)] /.test(item))) nodes.push(list('ol', items, /^\d+[.)] /));
    else nodes.push(h('p', {}, markdownInline(block.trim())));
  }
  return nodes;
}

const list = (tag, items, marker) =>
  h(
    tag,
    {},
    items.map(item => h('li', {}, markdownInline(item.replace(marker, '')))),
  );

function markdownInline(text) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(/`([^`]+)`|\*\*([^*]+)\*\*|\*([^*]+)\*|\[([^\]]+)\]\(([^)\s]+)\)|\n/g)) {
    nodes.push(text.slice(end, match.index));
    end = match.index + match[0].length;
    const [, code, bold, italic, label, url] = match;
    if (code !== undefined) nodes.push(h('code', {}, codeWords(code)));
    else if (bold !== undefined) nodes.push(h('strong', {}, bold));
    else if (italic !== undefined) nodes.push(h('em', {}, italic));
    else if (label !== undefined) nodes.push(link(url, label));
    else nodes.push(h('br'));
  }
  nodes.push(text.slice(end));
  return nodes;
}
