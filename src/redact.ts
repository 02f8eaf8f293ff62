/**
 * Masks secrets where text comes in, so that nothing behind it, the store included, ever holds them. A mask is visible
 * and says what it hides: `[masked: authorization header]`.
 *
 * Every pattern is linear in the length of the text: it starts only where a run of its characters starts, or is bounded.
 * What API Gateway's own messages need is left alone: request ids, ARNs, account ids, timestamps, failure phrases.
 */
export function redact(text: string): string {
  return withoutNumbersAndAddresses(withoutKnownForms(withoutNamedValues(text)));
}

/** The same for JSON: values are masked by their own form, or by the name of their key. Keys are kept. */
export function redactJson<T>(value: T): T {
  return masked(value, null) as T;
}

function masked(value: unknown, key: string | null): unknown {
  if (typeof value === 'string') {
    const kind = key === null ? null : secretKind(key);
    return kind !== null && !harmlessValue.test(value) ? mask(kind) : redact(value);
  }
  if (Array.isArray(value)) return value.map(item => masked(item, key));
  if (typeof value !== 'object' || value === null) return value;
  const named = nameBeside(value as Record<string, unknown>);
  return Object.fromEntries(
    Object.entries(value).map(([inner, item]) => [
      inner,
      masked(item, named !== null && /^value$/i.test(inner) ? named : inner),
    ]),
  );
}

/** `{ name: 'Authorization', value: … }` of a header, `{ path: '/variables/apiKey', value: … }` of a patch. */
function nameBeside({ name, path, key }: Record<string, unknown>): string | null {
  const named = [name, path, key].find(text => typeof text === 'string');
  return typeof named === 'string' ? named : null;
}

function mask(kind: string): string {
  return `[masked: ${kind}]`;
}

/** What a name says of its value, by how the name ends; the first that fits counts. */
const secretNames: readonly (readonly [ending: RegExp, kind: string])[] = [
  [/authorization$/, 'authorization header'],
  [/cookies?$/, 'cookie'],
  [/(secretaccesskey|secretkey|accesskey)$/, 'aws secret key'],
  [/(securitytoken|sessiontoken)$/, 'session token'],
  [/apikey$/, 'api key'],
  [/(password|passwd|passphrase|pwd)$/, 'password'],
  [/privatekey$/, 'private key'],
  [/amzsignature$/, 'signature'],
  [/secret$/, 'secret'],
  [/token$/, 'token'],
];

/** Names that end like a secret and are none: paging, locks, and the names of errors. */
const harmlessNames =
  /(next|page|pagination|continuation|lock|client|clientrequest|idempotency|expired|invalid|unexpected|missingauthentication|synchronizer)token$/;

/** Log lines of one stage repeat the same few names. */
const knownNames = new Map<string, string | null>();
const knownNamesCap = 1_000;

function secretKind(name: string): string | null {
  const known = knownNames.get(name);
  if (known !== undefined) return known;
  const kind = kindNamedBy(name);
  if (knownNames.size < knownNamesCap && name.length < 100) knownNames.set(name, kind);
  return kind;
}

function kindNamedBy(name: string): string | null {
  const last = name.slice(Math.max(name.lastIndexOf('.'), name.lastIndexOf('/')) + 1);
  const plain = last.replace(/[-_]/g, '').toLowerCase();
  if (harmlessNames.test(plain)) return null;
  return secretNames.find(([ending]) => ending.test(plain))?.[1] ?? null;
}

/** Configuration and placeholders that stand where a secret could. */
const harmlessValue =
  /^(?:|-|=|\*+|null|none|undefined|true|false|aws_iam|custom|jwt|cognito_user_pools)$|^arn:|^\[masked:|^\$(?:\{|input|context|stagevariables|util|method)|^(?:method|integration|context)\.|^\/(?:app|etc|home|mnt|opt|root|srv|tmp|usr|var)(?:\/|$)/i;

/** A name, perhaps quoted, and what parts it from its value: `"x-api-key": `, `password=`, `{Cookie=`, `<secret>`. */
const nameAndSeparator =
  /(?<![\w.-])([A-Za-z_][\w.-]*)(?:\\*["'])?[ \t]{0,3}(=>|[:=>])[ \t]{0,3}(\[(?!masked: )[ \t]{0,3})?/g;
const valueBeside = /,[ \t\n]{0,9}\\*["']?[Vv]alue\\*["']?[ \t]{0,3}[:=][ \t]{0,3}/y;
const nextItem = /[ \t\n]{0,9},[ \t\n]{0,9}/y;

interface Span {
  start: number;
  end: number;
  /** Where the text goes on, behind a closing quote. */
  next: number;
  inQuotes: boolean;
}

function withoutNamedValues(text: string): string {
  let out = '';
  let done = 0;
  const names = new RegExp(nameAndSeparator);
  for (let found = names.exec(text); found !== null; found = names.exec(text)) {
    const [, name = '', separator = '', bracket] = found;
    // `<secret>` is an element; any other `>` only compares.
    if (separator === '>' && text[found.index - 1] !== '<') continue;
    const announced = announcement(text, names.lastIndex, name);
    if (announced === null) continue;
    let span: Span | null = valueSpan(text, announced.at, announced.kind);
    while (span !== null && isSecret(text, span, announced.kind, separator)) {
      out += text.slice(done, span.start) + mask(announced.kind);
      done = span.end;
      names.lastIndex = span.next;
      const item: number | null = bracket === undefined ? null : stickyEnd(nextItem, text, span.next);
      span = item === null ? null : quoted(text, item);
    }
  }
  return out + text.slice(done);
}

/** What a name says about the value at `at`; for `"name": "Authorization", "value": "…"`, about the value after it. */
function announcement(text: string, at: number, name: string): { at: number; kind: string } | null {
  const kind = secretKind(name);
  if (kind !== null) return { at, kind };
  if (!/^(name|key|path)$/i.test(name)) return null;
  const announced = quoted(text, at);
  if (announced === null || announced.end - announced.start > 200) return null;
  const announcedKind = secretKind(text.slice(announced.start, announced.end));
  const beside = announcedKind === null ? null : stickyEnd(valueBeside, text, announced.next);
  return announcedKind === null || beside === null ? null : { at: beside, kind: announcedKind };
}

function isSecret(text: string, span: Span, kind: string, separator: string): boolean {
  const value = text.slice(span.start, span.end);
  if (harmlessValue.test(value)) return false;
  // Prose: `Unexpected token: comma`, `token: expired`.
  const prose = kind === 'token' && separator === ':' && !span.inQuotes;
  return !prose || /\d/.test(value) || value.length >= 20;
}

function valueSpan(text: string, at: number, kind: string): Span {
  const inQuotes = quoted(text, at);
  if (inQuotes !== null) return inQuotes;
  const form = kind === 'authorization header' ? authorizationValue : kind === 'cookie' ? cookieValue : word;
  const end = stickyEnd(form, text, at) ?? at;
  return { start: at, end, next: end, inQuotes: false };
}

/**
 * The inside of a quoted text, at whatever depth of JSON in JSON it stands: with k backslashes before the opening
 * quote, the closing one has k, plus a multiple of 2(k+1) that are its content's own.
 */
function quoted(text: string, at: number): Span | null {
  let depth = 0;
  while (text[at + depth] === '\\') depth++;
  const quote = text[at + depth];
  if (quote !== '"' && quote !== "'") return null;
  const start = at + depth + 1;
  let backslashes = 0;
  for (let i = start; i < text.length; i++) {
    const char = text[i];
    if (char === quote && backslashes >= depth && (backslashes - depth) % (2 * (depth + 1)) === 0) {
      return { start, end: i - depth, next: i + 1, inQuotes: true };
    }
    if (char === '\n' && depth === 0) return { start, end: i, next: i, inQuotes: true };
    backslashes = char === '\\' ? backslashes + 1 : 0;
  }
  return { start, end: text.length, next: text.length, inQuotes: true };
}

/** `AWS4-HMAC-SHA256 Credential=…, Signature=…`, `Bearer abc`, or one word. */
const signatureParts =
  'Credential|SignedHeaders|Signature|username|realm|nonce|uri|response|algorithm|qop|nc|cnonce|opaque';
const signaturePart = `(?:${signatureParts})=(?:"[^"\\n]*"?|[^\\s,"'}]+)`;
const authorizationValue = new RegExp(
  `(?:AWS4-[\\w-]{1,40}|Digest)[ \\t]+${signaturePart}(?:,[ \\t]*${signaturePart})*|(?:(?:Bearer|Basic|Token|ApiKey|Negotiate)[ \\t]+)?[^\\s,;"'}\\]\\\\]+`,
  'iy',
);
const cookieValue = /[^\s,;"'}\]\\]+(?:;[ \t]*[^\s,;"'}\]\\]+)*/y;
const word = /[^\s,;&"'}\])<\\]+/y;

function stickyEnd(pattern: RegExp, text: string, at: number): number | null {
  const sticky = new RegExp(pattern);
  sticky.lastIndex = at;
  return sticky.test(text) ? sticky.lastIndex : null;
}

/** Secrets that are known by their own look. */
const knownForms: readonly (readonly [form: RegExp, replacement: string])[] = [
  [/-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g, mask('private key')],
  // An access key id, and the secret key where it stands beside it.
  [
    /(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?:[\s,:;"'/|]{1,5}[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+]))?(?![A-Z0-9])/g,
    mask('aws access key'),
  ],
  [/(?<![A-Za-z0-9+/])(?:IQoJb3JpZ2lu|FwoGZXIvYXdz|FQoGZXIvYXdz|FQoDYXdz)[A-Za-z0-9+/=%]{20,}/g, mask('session token')],
  [/(?<![\w-])eyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*)*/g, mask('json web token')],
  [/(?<![A-Za-z])(Bearer|Basic)[ \t]{1,3}(?=[A-Za-z._~+/-]{0,200}[\d=])[\w.~+/-]{8,}=*/gi, `$1 ${mask('credentials')}`],
  [/:\/\/[^\s/:@"']{1,100}:[^\s/@"']{1,200}@/g, `://${mask('credentials')}@`],
  [
    /(?<![A-Za-z0-9])(?:xox[abeoprs]-|xapp-|gh[pousr]_|github_pat_|glpat-|sk_live_|sk_test_|sk-|AIza)[\w-]{16,}/g,
    mask('token'),
  ],
];

function withoutKnownForms(text: string): string {
  return knownForms.reduce((rest, [form, replacement]) => rest.replace(form, replacement), text);
}

/** ARNs and UUIDs come first, so that what lies within them is left alone. */
const numbersAndAddresses =
  /(?<!\w)arn:[^\s"',]+|(?<![\w-])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![\w-])|(?<![\w.%+-])[\w.%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+|(?<![\w.-])(?:\d{14,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{1,7}|\d{4}([ -])\d{6}\2\d{4,5})(?![\w-])/gi;

/** Most lines hold neither; looking for that first is far cheaper than the pattern above. */
const perhapsNumberOrAddress = /@|\d{14}|\d{4}[ -]\d{4}/;

function withoutNumbersAndAddresses(text: string): string {
  if (!perhapsNumberOrAddress.test(text)) return text;
  return text.replace(numbersAndAddresses, found => {
    if (/^arn:/i.test(found)) return found;
    if (found.includes('@')) return /\.[A-Za-z]{2,24}$/.test(found) ? mask('e-mail address') : found;
    return isCardNumber(found.replace(/[ -]/g, '')) ? mask('card number') : found;
  });
}

/** Prefixes and lengths of the card networks; no time in epoch units of this century has them. */
const cardNumber =
  /^(?:4\d{15}(?:\d{3})?|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11}|35\d{14}|6(?:011|[245]\d\d)\d{12,15})$/;

/** By prefix, length and the Luhn check digit. */
function isCardNumber(digits: string): boolean {
  if (!cardNumber.test(digits)) return false;
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
