/**
 * Access-log lines are written in the stage's own format: any text with `$context.x` in it. The fields are found from
 * that format where it is known, and guessed from well-known shapes where it is not.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
 */

/** Values by context variable without `$context.`; `-` stands for what API Gateway had nothing to say about. */
export type AccessFields = Record<string, string>;

/** Older names of the same variables. */
const synonyms: Record<string, string> = {
  integrationErrorMessage: 'integration.error',
  integrationStatus: 'integration.integrationStatus',
  integrationLatency: 'integration.latency',
  awsEndpointRequestId: 'integration.requestId',
};

/**
 * @param format the stage's `accessLogSettings.format`; null where it is not known
 * @returns null where the message is not written in that format, or in no known shape
 */
export function parseAccessLog(format: string | null, message: string): AccessFields | null {
  return format === null ? guessFields(message) : accessLogParser(format)(message);
}

/** For many lines of one stage: the format is taken apart once. */
export function accessLogParser(format: string): (message: string) => AccessFields | null {
  const pieces = piecesOf(singleSpaced(format));
  const template = jsonTemplate(format);
  return message => {
    const text = message.trim();
    const fields = byTemplate(template, text) ?? byPieces(pieces, singleSpaced(text));
    return fields === null || !plausible(fields) ? null : fields;
  };
}

const variable = /\$context\.([A-Za-z]\w*(?:\.\w+)*)/g;

/** Where pieces were cut wrongly, the status is the first to show it. */
function plausible({ status }: AccessFields): boolean {
  return status === undefined || /^(?:\d{3}|-|)$/.test(status);
}

function singleSpaced(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function keep(fields: AccessFields, name: string, value: string): void {
  const canonical = synonyms[name] ?? name;
  if (fields[canonical] && fields[canonical] !== '-') return;
  // The quoted form of a message carries its own quotes.
  const trimmed = value.trim();
  const bare = trimmed.startsWith('"') ? trimmed.replace(/^"(.*)"$/s, '$1').trim() : trimmed;
  fields[canonical] = bare;
}

/** The format as a JSON document, values being strings with variables in them; null for formats that are no JSON. */
function jsonTemplate(format: string): unknown {
  try {
    return JSON.parse(quoteBareVariables(format));
  } catch {
    return null;
  }
}

/** Numbers and quoted messages are written without quotes around the variable. */
function quoteBareVariables(format: string): string {
  return format
    .split(/("(?:[^"\\]|\\.)*")/)
    .map((part, index) => (index % 2 === 1 ? part : part.replace(variable, name => JSON.stringify(name))))
    .join('');
}

function byTemplate(template: unknown, text: string): AccessFields | null {
  if (!isObject(template) || !text.startsWith('{')) return null;
  try {
    const fields: AccessFields = {};
    collect(template, JSON.parse(text), fields);
    return Object.keys(fields).length === 0 ? null : fields;
  } catch {
    return null;
  }
}

function collect(template: unknown, value: unknown, fields: AccessFields): void {
  if (typeof template === 'string') {
    const text = value === null || value === undefined ? '-' : String(value);
    const pieces = piecesOf(template);
    const [only] = pieces.names;
    // Most values are one variable and nothing else.
    if (only !== undefined && template === `$context.${only}`) {
      keep(fields, only, text);
      return;
    }
    const found = byPieces(pieces, text);
    for (const [name, one] of Object.entries(found ?? {})) keep(fields, name, one);
    return;
  }
  if (!isObject(template) || !isObject(value)) return;
  for (const [key, inner] of Object.entries(template)) {
    if (key in value) collect(inner, value[key], fields);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

interface Pieces {
  /** Literal text before the first, between, and after the last variable: one more than `names`. */
  literals: string[];
  names: string[];
}

/** Formats are few and short, and every line asks for all parts of its own. */
const takenApart = new Map<string, Pieces>();
const takenApartCap = 1_000;

function piecesOf(format: string): Pieces {
  const known = takenApart.get(format);
  if (known !== undefined) return known;
  const pieces = takeApart(format);
  if (takenApart.size < takenApartCap) takenApart.set(format, pieces);
  return pieces;
}

function takeApart(format: string): Pieces {
  const parts = format.split(variable);
  return { literals: parts.filter((_, at) => at % 2 === 0), names: parts.filter((_, at) => at % 2 === 1) };
}

/** Values that may hold the separator themselves. */
const freeText =
  /(?:^|\.)(?:error|message|messageString|validationErrorString|integrationErrorMessage|userAgent|path)$/;

/**
 * Cuts a line at the literals of its format: from the left up to the first free text that only a blank or a comma
 * ends, and from the right down to it. Also reads JSON that a quoted message has made invalid.
 */
function byPieces({ literals, names }: Pieces, text: string): AccessFields | null {
  const values = new Array<string>(names.length).fill('');
  let from = 0;
  let to = text.length;
  const [first = ''] = literals;
  if (!text.startsWith(first)) return null;
  from = first.length;
  const weak = names.findIndex((name, at) => freeText.test(name) && /^[\s,|;]*$/.test(literals[at + 1] ?? ''));
  const left = weak === -1 ? names.length : weak;
  for (let at = 0; at < left; at += 1) {
    const next = literals[at + 1] ?? '';
    const end = at === names.length - 1 ? endOf(text, next) : next === '' ? -1 : text.indexOf(next, from);
    if (end < from) return null;
    values[at] = text.slice(from, end);
    from = end + next.length;
  }
  if (weak !== -1) {
    const last = literals[names.length] ?? '';
    to = endOf(text, last);
    for (let at = names.length - 1; at > weak; at -= 1) {
      const before = literals[at] ?? '';
      const start = before === '' ? -1 : text.lastIndexOf(before, to - 1);
      if (start < from) return null;
      values[at] = text.slice(start + before.length, to);
      to = start;
    }
    if (to < from) return null;
    values[weak] = text.slice(from, to);
  }
  const fields: AccessFields = {};
  for (const [at, name] of names.entries()) keep(fields, name, values[at] ?? '');
  return fields;
}

function endOf(text: string, literal: string): number {
  return text.endsWith(literal) ? text.length - literal.length : -1;
}

/** Names that people give the variables, compared without case and punctuation. */
const usualNames: Record<string, string> = {
  requestid: 'requestId',
  extendedrequestid: 'extendedRequestId',
  status: 'status',
  statuscode: 'status',
  httpmethod: 'httpMethod',
  method: 'httpMethod',
  resourcepath: 'resourcePath',
  path: 'path',
  routekey: 'routeKey',
  stage: 'stage',
  error: 'error.message',
  errormessage: 'error.message',
  errormsg: 'error.message',
  message: 'error.message',
  errormessagestring: 'error.messageString',
  responsetype: 'error.responseType',
  errorresponsetype: 'error.responseType',
  errortype: 'error.responseType',
  integrationerror: 'integration.error',
  integrationerrormessage: 'integration.error',
  integrationstatus: 'integration.integrationStatus',
  integrationintegrationstatus: 'integration.integrationStatus',
  integrationlatency: 'integration.latency',
  integrationrequestid: 'integration.requestId',
  authorizererror: 'authorizer.error',
  authorizeerror: 'authorize.error',
  authenticateerror: 'authenticate.error',
  waferror: 'waf.error',
  wafstatus: 'waf.status',
  wafresponsecode: 'wafResponseCode',
};
/** With these no other log is meant. */
const telling = /^(?:error\.responseType|integration\.|authorizer\.error|waf)/;
const ofRequests = ['requestId', 'extendedRequestId', 'routeKey', 'resourcePath', 'httpMethod'];

/** Fields of a line whose format is not known: JSON, logfmt, XML, and the console's CLF and CSV. */
function guessFields(message: string): AccessFields | null {
  const text = message.trim();
  const pairs = pairsOf(text);
  const fields: AccessFields = {};
  for (const [name, value] of pairs) {
    const known =
      usualNames[
        name
          .toLowerCase()
          .replace(/^\$?context\b/, '')
          .replace(/[^a-z]/g, '')
      ];
    // `integration.status` is what the function returned, `integrationStatus` what the endpoint answered.
    const apart = /(?<!integration[._])integration[._]status$/i.test(name) ? 'integration.status' : known;
    // Functions have an errorType, too.
    if (apart === 'error.responseType' && !/^(?:-|[A-Z][A-Z0-9_]+)$/.test(value)) continue;
    if (apart !== undefined) keep(fields, apart, value);
  }
  const found = Object.keys(fields);
  const isAccessLine =
    found.some(name => telling.test(name)) ||
    (fields.status !== undefined && found.some(name => ofRequests.includes(name)));
  if (isAccessLine && plausible(fields)) return fields;
  return byConsoleFormat(text);
}

function pairsOf(text: string): [string, string][] {
  switch (text[0]) {
    case '{':
      return jsonPairs(text);
    case '<':
      return xmlPairs(text);
    case '|':
      return tableCells(text);
    default:
      return logfmtPairs(text);
  }
}

/**
 * A row of a Logs Insights table without its head, as people paste it: response type, status, statuses of the
 * integration, messages, count. A status of the integration that equals the client's is the function's own.
 */
function tableCells(text: string): [string, string][] {
  const cells = text
    .replace(/^\|\s?|\s?\|$/g, '')
    .split('|')
    .map(cell => cell.trim());
  const type = cells.findIndex(cell => /^(?:-|[A-Z]+(?:_[A-Z0-9]+)+|THROTTLED|UNAUTHORIZED)$/.test(cell));
  const counted = /^\d+$/.test(cells.at(-1) ?? '') ? cells.slice(0, -1) : cells;
  const [status, ...integration] = counted.filter(cell => /^[1-5]\d\d$/.test(cell));
  if (type === -1 || status === undefined || cells.length < 4) return [];
  const [message = '-', error = '-'] = counted.filter((cell, at) => at !== type && /[a-z]/.test(cell));
  return [
    ['responseType', cells[type] ?? '-'],
    ['status', status],
    ['errorMessage', message],
    ['integrationError', error],
    ...(integration.includes(status) ? [['integration_status', status] as [string, string]] : []),
  ];
}

function jsonPairs(text: string): [string, string][] {
  try {
    const pairs: [string, string][] = [];
    flatten(JSON.parse(text), '', pairs, 0);
    return pairs;
  } catch {
    return [];
  }
}

/** Deeper than any access log; a guard against bottomless documents. */
const deepest = 4;

function flatten(value: unknown, path: string, into: [string, string][], depth: number): void {
  if (isObject(value) && !Array.isArray(value)) {
    if (depth >= deepest) return;
    for (const [key, inner] of Object.entries(value))
      flatten(inner, path === '' ? key : `${path}.${key}`, into, depth + 1);
  } else if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) {
    into.push([path, value === null ? '-' : String(value)]);
  }
}

function xmlPairs(text: string): [string, string][] {
  const id = /^<request id="([^"]*)"/.exec(text)?.[1];
  const pairs = [...text.matchAll(/<(\w+)>([^<]*)<\//g)].map(([, name = '', value = '']): [string, string] => [
    name,
    value,
  ]);
  return id === undefined ? pairs : [['requestId', id], ...pairs];
}

/** Values without quotes reach to the next key: messages have blanks in them. */
function logfmtPairs(text: string): [string, string][] {
  const keys = [...text.matchAll(/(?:^|[\s,;|])([A-Za-z][\w.]{1,60})=(?:"([^"]*)")?/g)];
  return keys.map((key, at): [string, string] => {
    const [whole, name = '', quoted] = key;
    return [name, quoted ?? text.slice(key.index + whole.length, keys[at + 1]?.index).replace(/[,;|]$/, '')];
  });
}

const clf = /^\S+ \S+ \S+ \[[^\]]{1,60}\] ?"([A-Z]+|-) (\S+) [^"]{0,20}" (\d{3}) (?:\d+|-) ([\w-]+=*)(?: (.*))?$/;
const csv = /^[^,]*,[^,]*,[^,]*,[^,]*,([A-Z]+|-),([^,]*),[^,]*,(\d{3}),(?:\d+|-),([\w-]+=*)(?:,([\w-]+=*))?$/;

function byConsoleFormat(text: string): AccessFields | null {
  const found = clf.exec(text) ?? csv.exec(text);
  if (!found) return null;
  const [, httpMethod = '', resourcePath = '', status = '', requestId = '', rest = ''] = found;
  const extended = /^[\w-]{8,}=*$/.test(rest);
  return {
    httpMethod,
    resourcePath,
    status,
    requestId,
    ...(extended ? { extendedRequestId: rest } : rest === '' ? {} : { 'integration.error': rest }),
  };
}
