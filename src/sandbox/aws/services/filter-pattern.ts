/**
 * Filter patterns of CloudWatch Logs: terms, `?` terms, `-` terms, and `{ $.field = value }` with && and ||
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html).
 */
import { WireError } from '../wire/errors.ts';
import { wildcard } from './simulate.ts';

export type Matcher = (message: string) => boolean;

export function filterPattern(pattern: string | undefined): Matcher {
  const text = pattern?.trim() ?? '';
  if (text === '') return () => true;
  if (text.startsWith('{')) return jsonPattern(text);
  if (text.startsWith('%') || text.startsWith('['))
    throw invalid(`The sandbox serves no patterns that start with ${text.charAt(0)}.`);
  return termPattern(text);
}

/** All plain terms, none of the `-` terms; where there are only `?` terms, any of them. Case matters. */
function termPattern(text: string): Matcher {
  const terms = [...text.matchAll(/([?-])?(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))/g)].map(([, mark = '', quoted, bare]) => {
    // Other characters than letters, digits and _ must be quoted.
    if (bare !== undefined && /[^\w$]/.test(bare)) throw invalid(`Invalid character(s) in term '${bare}'`);
    return { mark, text: (quoted ?? bare ?? '').replace(/\\(.)/g, '$1') };
  });
  const of = (mark: string) => terms.filter(term => term.mark === mark);
  const required = of('');
  const optional = of('?');
  const excluded = of('-');
  return message =>
    required.every(term => message.includes(term.text)) &&
    !excluded.some(term => message.includes(term.text)) &&
    // With plain terms beside them, `?` terms are ignored.
    (required.length > 0 || optional.length === 0 || optional.some(term => message.includes(term.text)));
}

function jsonPattern(text: string): Matcher {
  const inner = /^\{(.*)\}$/s.exec(text)?.[1];
  if (inner === undefined) throw invalid('Invalid filter pattern.');
  const alternatives = inner.split('||').map(part => part.split('&&').map(comparison));
  return message => {
    const document = parseObject(message);
    return document !== null && alternatives.some(all => all.every(test => test(document)));
  };
}

function parseObject(message: string): unknown {
  try {
    return JSON.parse(message);
  } catch {
    return null;
  }
}

function comparison(text: string): (document: unknown) => boolean {
  const parts = /^[\s(]*\$\.([\w.[\]-]+)\s*(=|!=|>=|<=|>|<)\s*("(?:[^"\\]|\\.)*"|[^\s)]+)[\s)]*$/.exec(text);
  if (parts === null) throw invalid(`Invalid filter pattern: ${text.trim()}`);
  const [, path = '', operator, raw = ''] = parts;
  const wanted = raw.startsWith('"') ? raw.slice(1, -1) : raw;
  return document => {
    const value = path
      .split('.')
      .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], document);
    if (value === undefined || value === null) return false;
    const number = Number(wanted);
    switch (operator) {
      case '=':
        return wildcard(wanted, String(value));
      case '!=':
        return !wildcard(wanted, String(value));
      case '>':
        return Number(value) > number;
      case '<':
        return Number(value) < number;
      case '>=':
        return Number(value) >= number;
      default:
        return Number(value) <= number;
    }
  };
}

function invalid(message: string): WireError {
  return new WireError('InvalidParameterException', 400, message);
}
