/**
 * Takes pasted or piped logs apart into events: plain lines, JSON Lines of CloudWatch events, the output of
 * `aws logs filter-log-events`, Logs Insights or `test-invoke-method`, and the console's CSV export.
 */

/** One event; `line` is the line of the input on which it begins, counted from 1, or its number in a JSON document. */
export interface InputEvent {
  line: number;
  message: string;
}

export interface InputLimits {
  /** Events beyond are not read. */
  maxEvents: number;
  /** Characters beyond are cut from a line. */
  maxLineLength: number;
  /** A JSON document or a quoted CSV cell may stretch over so many lines. */
  maxBufferedLines: number;
}

export const inputLimits: InputLimits = { maxEvents: 100_000, maxLineLength: 1_000_000, maxBufferedLines: 200_000 };

export interface LogInput {
  events: InputEvent[];
  /** Not everything was read: where it stopped, or what was cut. */
  truncated: boolean;
}

/** Reads until the end or until the limit of events; the rest of the input is not asked for. */
export async function readLogInput(
  chunks: AsyncIterable<string | Uint8Array>,
  limits: InputLimits = inputLimits,
): Promise<LogInput> {
  const events: InputEvent[] = [];
  let cut = false;
  const lines = linesOf(chunks, limits.maxLineLength, () => {
    cut = true;
  });
  for await (const event of eventsOf(lines, limits)) {
    if (events.length === limits.maxEvents) return { events, truncated: true };
    events.push(event);
  }
  return { events, truncated: cut };
}

async function* linesOf(
  chunks: AsyncIterable<string | Uint8Array>,
  longest: number,
  onCut: () => void,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  let skipping = false;
  for await (const chunk of chunks) {
    const parts = (rest + (typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true }))).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      if (!skipping) yield shortened(part.replace(/\r$/, ''), longest, onCut);
      skipping = false;
    }
    if (rest.length > longest) {
      if (!skipping) yield shortened(rest, longest, onCut);
      skipping = true;
      rest = '';
    }
  }
  rest += decoder.decode();
  if (rest !== '' && !skipping) yield shortened(rest.replace(/\r$/, ''), longest, onCut);
}

function shortened(line: string, longest: number, onCut: () => void): string {
  if (line.length <= longest) return line;
  onCut();
  return line.slice(0, longest);
}

/** The shape of the whole input is told by its first line that is not empty. */
async function* eventsOf(lines: AsyncIterable<string>, limits: InputLimits): AsyncGenerator<InputEvent> {
  let number = 0;
  let shape: 'plain' | 'csv' | 'document' | null = null;
  let header: CsvHeader = { column: 0, columns: 1 };
  let buffer: Buffered | null = null;
  for await (const text of lines) {
    number += 1;
    if (shape === null && text.trim() !== '') {
      const found = csvHeader(text);
      if (found !== null) {
        shape = 'csv';
        header = found;
        continue;
      }
      shape = /^[[{]$/.test(text.trim()) ? 'document' : 'plain';
    }
    if (shape === 'csv' || shape === 'document') {
      buffer ??= { line: number, text: [], openQuote: false };
      buffer.text.push(text);
      if ((text.split('"').length - 1) % 2 === 1) buffer.openQuote = !buffer.openQuote;
      const whole = shape === 'csv' && !buffer.openQuote;
      if (!whole && buffer.text.length < limits.maxBufferedLines) continue;
      yield* shape === 'csv' ? csvRow(buffer, header) : documentEvents(buffer);
      if (shape === 'document') shape = 'plain';
      buffer = null;
    } else {
      yield* lineEvents(text, number);
    }
  }
  if (buffer !== null) yield* shape === 'csv' ? csvRow(buffer, header) : documentEvents(buffer);
}

interface CsvHeader {
  /** Index of the message. */
  column: number;
  columns: number;
}

/** A header such as `timestamp,message`; null for other lines. */
function csvHeader(text: string): CsvHeader | null {
  const cells = text.split(',').map(cell => cell.trim().replace(/^"|"$/g, '').toLowerCase());
  const message = cells.findIndex(cell => cell === 'message' || cell === '@message');
  const isHeader = cells.length > 1 && cells.every(cell => /^@?[a-z][\w ]{0,40}$/.test(cell));
  return isHeader && message !== -1 ? { column: message, columns: cells.length } : null;
}

/** Lines of one CSV row or JSON document that is not complete yet. */
interface Buffered {
  line: number;
  text: string[];
  openQuote: boolean;
}

function* csvRow({ line, text }: Buffered, { column, columns }: CsvHeader): Generator<InputEvent> {
  const cells = csvCells(text.join('\n'));
  // An unquoted message may hold commas; where it is the last column it takes them all.
  const message = column === columns - 1 ? cells.slice(column).join(',') : cells[column];
  if (message !== undefined && message !== '') yield { line, message };
}

function csvCells(row: string): string[] {
  return [...row.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, bare]) =>
    quoted === undefined ? (bare ?? '') : quoted.replaceAll('""', '"'),
  );
}

function* documentEvents({ line, text }: Buffered): Generator<InputEvent> {
  const found = eventsIn(parsed(text.join('\n')));
  if (found !== null) for (const [at, message] of found.entries()) yield { line: at + 1, message };
  else for (const [at, one] of text.entries()) yield* lineEvents(one, line + at);
}

function* lineEvents(text: string, line: number): Generator<InputEvent> {
  const start = text.trimStart()[0];
  const found = start === '{' || start === '[' ? eventsIn(parsed(text)) : null;
  if (found === null) yield { line, message: text };
  else for (const message of found) yield { line, message };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Messages of a JSON value that carries events; null for other values, which are log lines themselves. */
function eventsIn(value: unknown): string[] | null {
  if (Array.isArray(value)) {
    const field = insightsField(value);
    if (field !== null) return [field];
    const inner = value.map(eventsIn);
    return inner.length > 0 && inner.every(one => one !== null) ? inner.flat() : null;
  }
  if (!isObject(value)) return null;
  for (const list of [value.events, value.logEvents, value.results]) {
    if (Array.isArray(list)) return list.flatMap(one => eventsIn(one) ?? []);
  }
  // `aws apigateway test-invoke-method` answers with the whole trace in one string.
  if (typeof value.log === 'string' && value.log.includes('\n'))
    return value.log.split('\n').filter(line => line.trim() !== '');
  return isEnvelope(value) ? [messageOf(value) ?? ''] : null;
}

/** A row of Logs Insights: `[{ "field": "@message", "value": "…" }]`. */
function insightsField(row: unknown[]): string | null {
  const cell = row.find(one => isObject(one) && one.field === '@message');
  return isObject(cell) && typeof cell.value === 'string' ? cell.value : null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What collectors add around a line. Anything else makes the object a log record of its own. */
const records = [
  'level',
  'record',
  'errorType',
  'errorMessage',
  'status',
  'requestId',
  'terminatingRuleId',
  'Reason',
  'type',
];

function isEnvelope(value: Record<string, unknown>): boolean {
  const keys = Object.keys(value);
  return messageOf(value) !== null && keys.length > 1 && !records.some(key => keys.includes(key));
}

function messageOf(value: Record<string, unknown>): string | null {
  for (const key of ['@message', 'message', 'log', 'line', 'msg', 'textPayload']) {
    if (typeof value[key] === 'string') return value[key];
  }
  return null;
}
