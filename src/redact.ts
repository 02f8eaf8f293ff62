import { createHash } from 'node:crypto';

/**
 * Masks secrets where text comes in, so that nothing behind it, the store included, ever holds them. A mask is visible
 * and says what it hides: `[masked: authorization header]`.
 *
 * Every pattern is linear in the length of the text: it starts only where a run of its characters starts, or is bounded.
 * What API Gateway's own messages need is left alone: request ids, ARNs, account ids, timestamps, failure phrases.
 */
export function redact(text: string): string {
  return redactWith(text, plainMask);
}

/** The same for JSON: values are masked by their own form, or by the name of their key. Keys are kept. */
export function redactJson<T>(value: T): T {
  return masked(value, null, plainMask) as T;
}

/**
 * The same for what an API is configured with: `[masked:api-key:3f9a]`. The end comes from the secret, so that two that
 * differ still do; the mask is legal wherever a URI, a template or JSON held the secret, and references
 * (`$input.params('x')`, `${stageVariables.x}`) stay, because they are judged.
 */
export function redactConfiguration<T>(value: T): T {
  return masked(value, null, tellingMask) as T;
}

function redactWith(text: string, mask: Mask): string {
  return withoutNumbersAndAddresses(withoutKnownForms(withoutNamedValues(text, mask), mask), mask);
}

function masked(value: unknown, key: string | null, mask: Mask): unknown {
  if (typeof value === 'string') {
    const kind = key === null ? null : secretKind(key);
    if (kind === null) return redactWith(value, mask);
    // Static values of API Gateway's mappings stand in single quotes.
    const [, quote = '', inner = value] = /^(')([\s\S]*)'$/.exec(value) ?? [];
    return isHarmless(inner, kind, mask) ? redactWith(value, mask) : quote + mask(kind, inner) + quote;
  }
  if (Array.isArray(value)) return value.map(item => masked(item, key, mask));
  if (typeof value !== 'object' || value === null) return value;
  const named = nameBeside(value as Record<string, unknown>);
  return Object.fromEntries(
    Object.entries(value).map(([inner, item]) => [
      inner,
      masked(item, named !== null && /^value$/i.test(inner) ? named : inner, mask),
    ]),
  );
}

/** `{ name: 'Authorization', value: … }` of a header, `{ path: '/variables/apiKey', value: … }` of a patch. */
function nameBeside({ name, path, key }: Record<string, unknown>): string | null {
  const named = [name, path, key].find(text => typeof text === 'string');
  return typeof named === 'string' ? named : null;
}

type Mask = (kind: string, secret: string) => string;

function plainMask(kind: string): string {
  return `[masked: ${kind}]`;
}

function tellingMask(kind: string, secret: string): string {
  const end = createHash('sha256').update(secret).digest('hex').slice(0, 4);
  return `[masked:${kind.replaceAll(' ', '-')}:${end}]`;
}

/** What a name says of its value, by how the name ends; the first that fits counts. */
const secretNames: readonly (readonly [ending: RegExp, kind: string])[] = [
  [/authorization$/, 'authorization header'],
  [/cookies?$/, 'cookie'],
  [/(secretaccesskey|secretkey|accesskey)$/, 'aws secret key'],
  [/(securitytoken|sessiontoken)$/, 'session token'],
  [/(api|auth|functions?|subscription|shared|account)key$/, 'api key'],
  [/(password|passwd|passphrase|passcode|pwd)$/, 'password'],
  [/(private|signing|encryption)key$/, 'private key'],
  [/amzsignature$/, 'signature'],
  [/(sessionid|sessid)$/, 'session id'],
  [/secret$/, 'secret'],
  [/token$/, 'token'],
];

/** Too short to be looked for at the end of other words: `compass`, `spin`. */
const secretWords: ReadonlyMap<string, string> = new Map([
  ['pass', 'password'],
  ['otp', 'one-time password'],
  ['pin', 'pin'],
  ['cvv', 'card code'],
  ['sig', 'signature'],
]);

/** No text without a match holds such a name: separators may stand between its letters. Far cheaper than to find all names. */
const perhapsNamed = new RegExp(
  [
    ...secretNames.map(([ending]) => ending.source.replace(/[a-z]\??/g, '$&[-_]*').replace('$', '')),
    ...secretWords.keys(),
  ].join('|'),
  'i',
);

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
  const kind = secretNames.find(([ending]) => ending.test(plain))?.[1];
  if (kind !== undefined) return kind;
  const lastWord = last.split(/[-_]|(?<=[a-z\d])(?=[A-Z])/).at(-1) ?? '';
  return secretWords.get(lastWord.toLowerCase()) ?? null;
}

/** Configuration and placeholders that stand where a secret could. */
const harmlessValue =
  /^(?:|-|=|\{|\*+|null|none|undefined|true|false|aws_iam|custom|jwt|cognito_user_pools)$|^arn:|^\[masked:|^\$(?:\{|input|context|stagevariables|util|method|request|response)|^(?:method|integration|context|stagevariables)\.|^\/(?:app|etc|home|mnt|opt|root|srv|tmp|usr|var)(?:\/|$)/i;

/** A reference, or a directive, of a mapping; a scheme may stand before it. */
const reference = /^(?:[A-Za-z]+ )?(?:\$!?\{?[A-Za-z_]|#[a-z])/;

/** What is longer than any name or path is looked at once only, and masked. */
const longestHarmless = 1_000;

function isHarmless(value: string, kind: string, mask: Mask): boolean {
  if (value.length > longestHarmless) return false;
  if (mask === tellingMask && (reference.test(value) || /^\d+$/.test(value))) return true;
  // `Custom s3cret` and `JWT s3cret` are credentials: a word is harmless only where it is all.
  if (kind === 'authorization header' && /\s/.test(value)) return /^\[masked: [^\]]*\]\s*$/.test(value);
  return harmlessValue.test(value);
}

/** A name, perhaps quoted, and what parts it from its value: `"x-api-key": `, `password=`, `{Cookie=`, `<secret>`. */
const nameAndSeparator =
  /(?<![\w.-])([A-Za-z_][\w.-]*)(?:\\*["'])?[ \t]{0,3}(=>|[:=>])[ \t]{0,3}(\[(?!masked:)[ \t]{0,3})?/g;
const valueBeside = /,[ \t\n]{0,9}\\*["']?[Vv]alue\\*["']?[ \t]{0,3}[:=][ \t]{0,3}/y;
const nextItem = /[ \t\n]{0,9},[ \t\n]{0,9}/y;

interface Span {
  start: number;
  end: number;
  /** Where the text goes on, behind a closing quote. */
  next: number;
  inQuotes: boolean;
}

function withoutNamedValues(text: string, mask: Mask): string {
  if (!perhapsNamed.test(text)) return text;
  let out = '';
  let done = 0;
  const names = new RegExp(nameAndSeparator);
  for (let found = names.exec(text); found !== null; found = names.exec(text)) {
    const [, name = '', separator = '', bracket] = found;
    // `<secret>` is an element; any other `>` only compares.
    if (separator === '>' && text[found.index - 1] !== '<') continue;
    const announced = announcement(text, names.lastIndex, name);
    if (announced === null || (separator === ':' && isInArn(text, found.index))) continue;
    const form = formOf(announced.kind, bracket !== undefined, placeOf(text, found.index, separator));
    let span: Span | null = valueSpan(text, announced.at, form);
    while (span !== null && isSecret(text, span, announced.kind, separator, mask)) {
      out += text.slice(done, span.start) + mask(announced.kind, text.slice(span.start, span.end));
      done = span.end;
      names.lastIndex = span.next;
      const item: number | null = bracket === undefined ? null : stickyEnd(nextItem, text, span.next);
      span = item === null ? null : quoted(text, item);
    }
  }
  return out + text.slice(done);
}

/** `…:function:refresh-token:live` and `…:secret:name` are parts of ARNs. */
function isInArn(text: string, at: number): boolean {
  return /[:/]$/.test(text[at - 1] ?? '') && /\barn:[\w-]{1,20}:[^\s"',]*$/.test(text.slice(Math.max(0, at - 300), at));
}

type Place = 'map' | 'query' | 'pair' | 'line';

/** Where a name stands: `{a=b, c=d}`, `?a=b&c=d`, `a=b c=d`, or a line of its own, as headers have. */
function placeOf(text: string, at: number, separator: string): Place {
  if (separator !== '=') return 'line';
  const before = text.slice(Math.max(0, at - 2), at);
  return /[?&]$/.test(before) ? 'query' : /[{,] ?$/.test(before) ? 'map' : 'pair';
}

function formOf(kind: string, isList: boolean, place: Place): RegExp {
  if (isList) return list;
  if (kind === 'cookie') return cookieValue;
  if (kind === 'authorization header' && place !== 'query') {
    return place === 'pair' ? authorizationInPairs : authorizationValue;
  }
  return kind === 'api key' && place === 'map' ? words : place === 'query' ? word : wordWithCommas;
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

function isSecret(text: string, span: Span, kind: string, separator: string, mask: Mask): boolean {
  const value = text.slice(span.start, span.end);
  if (/^=/.test(value) || isHarmless(value, kind, mask)) return false;
  // Prose: `Unexpected token: comma`, `token: expired`.
  const prose = kind === 'token' && separator === ':' && !span.inQuotes;
  return !prose || (!value.includes('[masked:') && (/\d/.test(value) || value.length >= 20));
}

function valueSpan(text: string, at: number, form: RegExp): Span {
  const inQuotes = quoted(text, at);
  if (inQuotes !== null) return inQuotes;
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

/** The parameters that schemes write with or without quotes: Signature Version 4, Digest, Hawk, OAuth, HTTP signatures. */
const credentialPart =
  '(?:Credential|SignedHeaders|Signature|username|realm|nonce|uri|response|algorithm|qop|nc|cnonce|opaque|userhash|id|ts|ext|mac|hash|app|dlg|key|sig|token|auth|keyId|headers|created|expires|oauth_\\w{1,40})=';
const anyName = '[A-Za-z_][\\w.-]{0,100}';

/**
 * All of a header's value, whatever its scheme: to the next name of a map (`, Host=`), the end of the map, of the text
 * that quotes it, or of the line.
 */
function authorizationForm(gap: string): RegExp {
  const quotedPart = `[ \\t,]${anyName}=\\\\{0,7}"(?![,}\\]\\s])[^"\\n\\\\]*\\\\{0,7}"?`;
  const comma = `,(?=[ \\t]{0,9}${credentialPart})|,(?![ \\t]{0,9}(?:${anyName}[ \\t]?[=:]|["'{\\\\]|$))`;
  return new RegExp(`(?:${quotedPart}|[^\\s,"'}\\]\\\\<]|<(?!/)|\\\\(?!\\\\*["'nrt])|${comma}|${gap})+`, 'iy');
}
const authorizationValue = authorizationForm('[ \\t](?!\\[TRUNCATED)');
/** Between pairs, `authorization=abc status=500`, the next name ends it. */
const authorizationInPairs = authorizationForm(
  `[ \\t](?=${credentialPart})|[ \\t](?!\\[TRUNCATED|${anyName}=(?![=\\s,}]|$))`,
);
const cookieValue = /[^\s,;"'}\]\\]+(?:;[ \t]*[^\s,;"'}\]\\]+)*/y;
const word = /[^\s,;&"'}\])<\\]+/y;
const wordWithCommas = /[^\s,;&"'}\])<\\]+(?:,(?![A-Za-z_][\w.-]{0,100}[=:])[^\s,;&"'}\])<\\]+)*/y;
const words = /[^\s,;&"'}\])<\\]+(?:,[ \t]{0,3}(?![A-Za-z_][\w.-]{0,100}[=:])[^\s,;&"'}\])<\\]+)*/y;
const list = /[^[\]\n"'}]+/y;

function stickyEnd(pattern: RegExp, text: string, at: number): number | null {
  const sticky = new RegExp(pattern);
  sticky.lastIndex = at;
  return sticky.test(text) ? sticky.lastIndex : null;
}

/**
 * Secrets that are known by their own look; what a form's group holds stays before the mask. The `n` of an escaped line
 * break, as JSON has it (`\\nxoxb-…`), is no part of the word after it.
 */
const knownForms: readonly (readonly [form: RegExp, kind: string, after?: string])[] = [
  [/-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)()/g, 'private key'],
  // An access key id, and the secret key where it stands beside it.
  [
    /(?:(?<![A-Za-z0-9])|(?<=\\[nrt]))(?:AKIA|ASIA)[A-Z0-9]{16}(?:[\s,:;"'/|]{1,5}[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+]))?(?![A-Z0-9])()/g,
    'aws access key',
  ],
  [/(secret_?access_?key[ \t]{1,9})(?=[A-Za-z/+]{0,200}[\d/+])[A-Za-z\d/+=]{16,}/gi, 'aws secret key'],
  [
    /(?:(?<![A-Za-z0-9+/])|(?<=\\[nrt]))(?:IQoJb3JpZ2lu|FwoGZXIvYXdz|FQoGZXIvYXdz|FQoDYXdz)[A-Za-z0-9+/=%]{20,}()/g,
    'session token',
  ],
  [/(?:(?<![\w-])|(?<=\\[nrt]))eyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*)*()/g, 'json web token'],
  [
    /(?:(?<![A-Za-z])|(?<=\\[nrt]))((?:Bearer|Basic)[ \t]{1,3})(?=[A-Za-z._~+/-]{0,200}[\d=])[\w.~+/-]{8,}=*/gi,
    'credentials',
  ],
  // What AWS quotes of a signature that it cannot read.
  [/(Authorization header: ')(?!\[masked)[^'\n]{1,4000}/g, 'authorization header'],
  // A name with a password, which may hold a slash where no port can be meant; or a name alone.
  [
    /(:\/\/)(?!\[masked:)(?:[^\s/:@"'?#]{0,100}:(?!\d{1,5}[/?#])[^\s@"']{1,200}@(?:[^\s@"'/?#]{1,200}@)?|[^\s/:@"'?#]{1,200}@)/g,
    'credentials',
    '@',
  ],
  [/(hooks\.slack(?:-gov)?\.com\/(?:services|workflows|triggers)\/)[\w/-]+/g, 'webhook'],
  [
    /(?:(?<![A-Za-z0-9])|(?<=\\[nrt]))(?:xox[abeoprs]-|xapp-|gh[pousr]_|github_pat_|glpat-|sk_live_|sk_test_|sk-|AIza|hf_|npm_|SG\.[\w-]{8,64}\.)[\w-]{16,}()/g,
    'token',
  ],
];

/** What each of the forms has in it; most lines have none. Compares letters as they are, which takes a third of the time. */
const perhapsKnownForm =
  /PRIVATE KEY-----|A[KS]IA|[kK][eE][yY][ \t]|IQoJb3JpZ2lu|F[wQ]oGZXIvYXdz|FQoDYXdz|eyJ|[bB][eEaA][aAsS][rRiI]|Authorization header|:\/\/|hooks\.slack|xox|xapp-|gh[pousr]_|github_pat_|glpat-|sk[_-]|AIza|hf_|npm_|SG\./;

function withoutKnownForms(text: string, mask: Mask): string {
  if (!perhapsKnownForm.test(text)) return text;
  return knownForms.reduce(
    (rest, [form, kind, after = '']) =>
      rest.replace(form, (found: string, before: string) => before + mask(kind, found) + after),
    text,
  );
}

/** ARNs and UUIDs come first, so that what lies within them is left alone. */
const numbersAndAddresses =
  /(?<!\w)arn:[^\s"',]+|(?<![\w-])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![\w-])|(?<![\w.%+-])[\w.%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+|(?:(?<![\w.-])|(?<=\\[nrt]))(?:\d{14,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{1,7}|\d{4}([ -])\d{6}\2\d{4,5})(?![\w-])/gi;

/** Most lines hold neither; looking for that first is far cheaper than the pattern above. */
const perhapsNumberOrAddress = /@|\d{4}(?:\d{10}|[ -]\d{4})/;

function withoutNumbersAndAddresses(text: string, mask: Mask): string {
  if (!perhapsNumberOrAddress.test(text)) return text;
  return text.replace(numbersAndAddresses, found => {
    if (/^arn:/i.test(found)) return found;
    if (found.includes('@')) return /\.[A-Za-z]{2,24}$/.test(found) ? mask('e-mail address', found) : found;
    return isCardNumber(found.replace(/[ -]/g, '')) ? mask('card number', found) : found;
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
