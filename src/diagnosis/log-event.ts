/** One log event freed of what surrounds it: time stamps, stream names, the request id in brackets, odd quotes. */
export interface ParsedEvent {
  /** Straight quotes, single spaces, no prefix. */
  text: string;
  /** From the `(id)` that API Gateway puts in front; null where there is none, or where many requests share it. */
  requestId: string | null;
  /** Carried the date that TestInvokeMethod writes instead of an id. */
  dated: boolean;
}

const uuid = '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}';

const isoTime =
  /^\s*"?\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?\]?"?(?:\s?[|,;]| -)?\s?/;
const streamName = /^(?:\d{4}\/\d\d\/\d\d\/\[[^\]]{1,30}\])?[0-9a-f]{32}\s/;

/** In front of a line, in any order: console exports, `aws logs tail`, TestInvokeMethod. */
const prefixes = [
  isoTime,
  /^"?\d{13}"?(?: ?[|,;] ?| )/,
  /^\d\d:\d\d:\d\d(?:\.\d+)? /,
  streamName,
  /^[|>*-] (?=\S)/,
  /^"(?=\(|[A-Z][a-z]{2} [A-Z][a-z]{2} \d)/,
];
const testInvokeDate =
  /^(?:[A-Z][a-z]{2} [A-Z][a-z]{2} \d{1,2} \d\d:\d\d:\d\d [A-Z]{2,4} \d{4}|DDD MMM dd hh:mm:ss UTC yyyy) ?: ?/;
const plainId = new RegExp(`^\\((${uuid})\\) ?`);
/** `PDS1PEC4oAMFpyA=`: the extended id, which is the only one that WebSocket logs have. */
const extendedId = /^\(((?=[^)]{0,60}[\d=])[\w-]{8,60}={0,2})\) ?/;
/** What API Gateway writes where a client sent an id that is no UUID: not the id of one request. */
const replacedId = /^\(UUID_REPLACED_INVALID_REQUEST_ID\) ?/;
const idFurtherIn = new RegExp(`\\((${uuid}|[\\w-]{8,60}={1,2})\\) `);
/** Prefixes stand near the start; a line is not searched further for them. */
const prefixReach = 300;

export function parseEvent(message: string): ParsedEvent {
  let text = straightened(message);
  let requestId: string | null = null;
  let dated = false;
  for (let round = 0; round < 8; round += 1) {
    const id = plainId.exec(text) ?? extendedId.exec(text);
    const prefix =
      id ??
      replacedId.exec(text) ??
      testInvokeDate.exec(text) ??
      prefixes.reduce<RegExpExecArray | null>((found, one) => found ?? one.exec(text), null);
    if (prefix === null) break;
    if (id !== null) requestId = id[1] ?? null;
    else if (testInvokeDate.test(text)) dated = true;
    text = text.slice(prefix[0].length);
  }
  if (requestId === null) {
    const wrapped = idFurtherIn.exec(text.slice(0, prefixReach));
    if (wrapped) {
      requestId = wrapped[1] ?? null;
      text = text.slice(wrapped.index + wrapped[0].length);
    }
  }
  return { text: text.trim(), requestId, dated };
}

/** For structured lines, which must not be straightened before they are parsed. */
export function withoutTime(message: string): string {
  return message.replace(isoTime, '').replace(streamName, '').trim();
}

/**
 * Typographic and escaped quotes become plain, white space becomes single spaces. HTTP APIs write U+2019, and JSON
 * wrappings add escapes, which would hide phrases.
 */
export function straightened(message: string): string {
  const plain = message.includes('\\') ? message.replace(/\\+(u20(?:18|19|1c|1d)|["'nrt/])?/gi, unescaped) : message;
  return plain
    .replace(/[\u2018\u2019\u02bc\u2032\uff07]|&#39;|&apos;/g, "'")
    .replace(/[\u201c\u201d\u201e\uff02]|&quot;/g, '"')
    .replace(/\s+/g, ' ')
    .trim();
}

/** A whole run of backslashes at a time: nested wrappings escape the escapes. */
function unescaped(run: string, escaped: string | undefined): string {
  if (escaped === undefined) return run;
  if (escaped === '"' || escaped === "'" || escaped === '/') return escaped;
  if (escaped.length === 1) return ' ';
  return /[89]$/.test(escaped) ? "'" : '"';
}
