/** Syntax of mapping templates, in the Velocity Template Language as API Gateway takes it. */
import { parse } from 'velocityjs';

export interface TemplateFault {
  /** From 1. */
  line: number;
  /** From 1. */
  column: number;
  /** One sentence. */
  message: string;
  /** false where our parser may refuse what API Gateway takes. */
  certain: boolean;
  /** The line as it stands, and a caret under the column. */
  excerpt: string;
}

/**
 * Longest template whose expressions are parsed, in characters: the parser's time grows with the square, to a tenth
 * of a second here. API Gateway takes 300 KB; beyond this only blocks are checked.
 */
export const longestParsed = 20_000;

/**
 * The first fault of a template, or null. The parser knows expressions but accepts unclosed blocks; the scanner
 * knows blocks. https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings.html
 */
export function checkTemplate(vtl: string): TemplateFault | null {
  const expression = vtl.length > longestParsed ? null : expressionFault(vtl);
  if (expression?.certain) return expression;
  return blockFault(vtl) ?? expression;
}

/** What the parser (jison) throws; lines of `loc` count from 1, columns from 0, and both tell the token before. */
interface ParserError {
  message: string;
  hash?: {
    text?: string;
    line?: number;
    loc?: { last_line: number; last_column: number };
  };
}

function expressionFault(vtl: string): TemplateFault | null {
  try {
    parse(vtl);
    return null;
  } catch (error) {
    const { message, hash = {} } = error as ParserError;
    return hash.loc === undefined ? lexicalFault(vtl, message, hash.line ?? 0) : grammarFault(vtl, hash.loc, hash.text);
  }
}

function grammarFault(vtl: string, before: { last_line: number; last_column: number }, text = ''): TemplateFault {
  const end = lineStart(vtl, before.last_line) + before.last_column;
  const next = end + (/^\s*/.exec(vtl.slice(end))?.[0].length ?? 0);
  const token = JSON.stringify(text.trim());
  const doubtful = doubledQuote(vtl, end) || vtl.includes('#@');
  if (next >= vtl.length) return faultAt(vtl, end, 'The template ends inside an expression.', !doubtful);
  const sameLine = !vtl.slice(end, next).includes('\n');
  const message = sameLine ? `Unexpected ${token}.` : `The expression is not closed here; ${token} follows.`;
  return faultAt(vtl, sameLine ? next : end, message, !doubtful);
}

/** Velocity takes a doubled quote inside a string as one quote; our parser does not. */
function doubledQuote(vtl: string, offset: number): boolean {
  return [offset - 1, offset].some(at => /^(''|"")$/.test(vtl.slice(at, at + 2)));
}

/** The parser tells no column here, but shows the text around it, without line breaks, and a caret below. */
function lexicalFault(vtl: string, message: string, line: number): TemplateFault {
  const [, shown = '', pointer = ''] = message.split('\n');
  const caret = pointer.indexOf('^');
  const before = shown.slice(0, Math.max(0, caret)).replace(/^\.\.\./, '');
  const after = shown.slice(Math.max(0, caret)).replace(/\.\.\.$/, '');
  const start = lineStart(vtl, line + 1);
  const flat = (from: number, to: number) => vtl.slice(Math.max(0, from), to).replaceAll('\n', '');
  let offset = start;
  for (let at = start; at <= vtl.length && (at === start || vtl[at - 1] !== '\n'); at++) {
    if (flat(at - 80, at).endsWith(before) && flat(at, at + 80).startsWith(after)) offset = at;
  }
  const quote = /["']/.test(vtl[offset] ?? '');
  return faultAt(vtl, offset, quote ? 'A string is not closed.' : 'This is no VTL expression.', quote);
}

const opening = new Set(['if', 'foreach', 'macro', 'define', '@']);

/** Blocks that are not closed, and `#end`, `#else` and `#elseif` without a block. */
function blockFault(vtl: string): TemplateFault | null {
  const open: { name: string; offset: number }[] = [];
  for (const { name, offset } of directives(vtl)) {
    const innermost = open.at(-1);
    if (opening.has(name)) open.push({ name, offset });
    else if (name === 'end' && open.pop() === undefined) return faultAt(vtl, offset, '#end closes no block.', true);
    else if (name.startsWith('else') && innermost?.name !== 'if') {
      return faultAt(vtl, offset, `#${name} stands in no #if.`, true);
    }
  }
  const last = open.at(-1);
  return last ? faultAt(vtl, last.offset, `#${last.name} is not closed by #end.`, true) : null;
}

const directive =
  /#(?:\{(if|elseif|else|end|foreach|macro|define|set)\}|(if|elseif|else|end|foreach|macro|define|set)(?![A-Za-z0-9_])|(@)\w+)/y;
const reference = /\$!?\{?[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*/y;

/** The directives that act: none in comments, in `#[[ ]]#`, behind a backslash, or in arguments. */
function* directives(vtl: string): Generator<{ name: string; offset: number }> {
  for (let at = 0; at < vtl.length; ) {
    const verbatim = [
      ['##', '\n'],
      ['#*', '*#'],
      ['#[[', ']]#'],
    ].find(([start = '']) => vtl.startsWith(start, at));
    if (verbatim) {
      const [start = '', end = ''] = verbatim;
      const close = vtl.indexOf(end, at + start.length);
      at = close < 0 ? vtl.length : close + end.length;
    } else if (vtl[at] === '\\') at += 2;
    else if (vtl[at] === '#') {
      const found = matchAt(directive, vtl, at);
      const name = found?.[1] ?? found?.[2] ?? found?.[3];
      const after = at + (found?.[0].length ?? 1);
      const argumentsEnd = afterArguments(
        vtl,
        after + (/^[ \t]*(?=\()/.exec(vtl.slice(after, after + 80))?.[0].length ?? 0),
      );
      if (name !== undefined && (argumentsEnd !== null || /^(else|end|@)$/.test(name))) yield { name, offset: at };
      at = name === 'else' || name === 'end' ? after : (argumentsEnd ?? after);
    } else if (vtl[at] === '$') {
      const after = at + (matchAt(reference, vtl, at)?.[0].length ?? 1);
      at = afterArguments(vtl, after) ?? after;
    } else at++;
  }
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** Longest arguments that are followed to their end, in characters. */
const longestArguments = 4_000;

/** Where the parentheses that open here close, strings skipped; null where none open or none close. */
function afterArguments(vtl: string, start: number): number | null {
  if (vtl[start] !== '(') return null;
  const limit = Math.min(vtl.length, start + longestArguments);
  let depth = 0;
  for (let at = start; at < limit; at++) {
    const char = vtl[at] ?? '';
    if (char === '"' || char === "'") {
      const close = vtl.indexOf(char, at + 1);
      if (close < 0) return null;
      at = close;
    } else if (char === '(') depth++;
    else if (char === ')' && --depth === 0) return at + 1;
  }
  return null;
}

function lineStart(vtl: string, line: number): number {
  let start = 0;
  for (let n = 1; n < line; n++) {
    const end = vtl.indexOf('\n', start);
    if (end < 0) return start;
    start = end + 1;
  }
  return start;
}

/** Widest excerpt of one line, in characters. */
const excerptWidth = 120;

function faultAt(vtl: string, offset: number, message: string, certain: boolean): TemplateFault {
  const start = vtl.lastIndexOf('\n', offset - 1) + 1;
  const line = vtl.slice(0, start).split('\n').length;
  const text = vtl.slice(start).split(/\r?\n/, 1)[0] ?? '';
  const from = Math.max(0, offset - start - excerptWidth / 2);
  const shown = text.slice(from, from + excerptWidth).replaceAll('\t', ' ');
  return {
    line,
    column: offset - start + 1,
    message,
    certain,
    excerpt: `${shown}\n${' '.repeat(offset - start - from)}^`,
  };
}
