/**
 * Untrusted text in Markdown, as readable as it can be: a word that Markdown, HTML or a forge would read as more than a
 * word becomes code, where nothing is read. https://spec.commonmark.org/0.31.2/#code-spans,
 * https://github.github.com/gfm/#autolinks-extension-
 */
import { oneLine, printable } from './words.ts';

/** Emphasis, code, links, tags, entities, addresses that link themselves, mentions. */
const means = /[\\`*~[\]<>@]|:\/\/|www\.|&[#a-z]|(?<![a-z\d])_|_(?![a-z\d])/i;

/** A mask has spaces in it, and is one word. */
const wordPattern = /(?:\[masked:[^\]`]*\]|\S)+/g;

/** What begins a heading, a list, a quote or a line under a heading, where it begins a line. */
const beginsBlock = /^(?:[#+=-]|\d+[.)](?= |$))/;

/** One line of text. */
export function safe(text: string): string {
  const line = (oneLine(text).match(wordPattern) ?? [])
    .map(word => (means.test(word) ? codeWord(word) : word))
    .join(' ');
  return line.replace(beginsBlock, start =>
    /^\d/.test(start) ? `${start.slice(0, -1)}\\${start.slice(-1)}` : `\\${start}`,
  );
}

const openers = '"\'({';
const closers = '.,;:!?)}"\'';

function codeWord(word: string): string {
  let [from, to] = [0, word.length];
  while (from < to && openers.includes(word.charAt(from))) from += 1;
  while (to > from && closers.includes(word.charAt(to - 1))) to -= 1;
  const body = word.slice(from, to).replaceAll('`', 'ʼ');
  return `${word.slice(0, from)}${body === '' ? '' : `\`${body}\``}${word.slice(to)}`;
}

/** A name, a command or an id as code. */
export function code(text: string): string {
  const body = oneLine(text).replaceAll('`', 'ʼ');
  return body === '' ? '' : `\`${body}\``;
}

/** Text as it stands; the fence is longer than any in it. */
export function verbatim(text: string): string {
  const body = printable(text).trim();
  const longest = Math.max(2, ...[...body.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${body}\n${fence}`;
}

/** An address that is safe between angle brackets; empty where it is none of the web. */
export function address(url: string): string {
  return /^https?:\/\//.test(url) ? printable(url).replace(/[\s<>]/g, encodeURIComponent) : '';
}
