/** What people type, on every surface, as a request: `<target> [stage] [since]` and flags. */
import type { DiagnosisRequest, Overrides } from './types.ts';

export type Parsed = { request: DiagnosisRequest } | { problem: string };

const longest = 2_048;
/** Looked back where nobody says how far. */
export const defaultMinutes = 15;
// CloudWatch keeps one-minute metrics for 15 days:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#metrics-retention
const oldestDays = 15;
const longestHours = 24;

const flags = ['stage', 'region', 'account', 'since', 'from', 'to', 'function', 'role', 'policy', 'log-group'] as const;
type Flag = (typeof flags)[number];
const knownFlags = `Known are ${flags.map(flag => `--${flag}`).join(', ')}.`;

/** A mistake of the person who typed; its message is a sentence for them. */
class Mistake extends Error {}

/** Splits a line as a shell would, but forgiving: quotes may be curly or left open, and control characters are dropped. */
export function splitWords(line: string): string[] {
  const words = clean(line)
    .replace(/[“”„«»]/g, '"')
    .replace(/[‘’]/g, "'")
    .match(/(?:"[^"]*"?|'[^']*'|[^\s"])+/g);
  return (words ?? []).map(word => word.replace(/"([^"]*)"?|'([^']*)'/g, '$1$2')).filter(word => word !== '');
}

/** Reads a request from words; `problem` is one sentence that says what to change. */
export function parseRequest(words: readonly string[], now: Date): Parsed {
  try {
    return { request: requestOf(words.map(clean), now) };
  } catch (error) {
    if (error instanceof Mistake) return { problem: error.message };
    throw error;
  }
}

function requestOf(words: readonly string[], now: Date): DiagnosisRequest {
  const { given, rest } = sorted(words);
  const [target, ...others] = rest;
  if (target === undefined || target === '')
    throw new Mistake('Say which API: its id, name, URL or ARN, or alarm:NAME.');
  const { stage, since } = placed(others, given);
  return {
    target: bounded(unwrapped(target), 'target'),
    stage,
    region: checked(given.region, /^[a-z]{2}(-[a-z]+)+-\d{1,2}$/, 'a Region looks like eu-west-1'),
    accountId: checked(given.account?.replaceAll('-', ''), /^\d{12}$/, 'an account id has 12 digits'),
    span: spanOf(since, given, now),
    overrides: overridesOf(given),
  };
}

/** Flags with their values, and the words between them. */
function sorted(words: readonly string[]): { given: Partial<Record<Flag, string>>; rest: string[] } {
  const given: Partial<Record<Flag, string>> = {};
  const rest: string[] = [];
  const queue = [...words];
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    // Phones and macOS turn `--` into a dash.
    const typed = /^(?:--|—|–)([^=]*)(?:=(.*))?$/s.exec(word);
    if (typed === null) {
      rest.push(word);
      continue;
    }
    const name = flags.find(flag => flag === typed[1]);
    if (name === undefined) throw new Mistake(`There is no option ${shown(word)}. ${knownFlags}`);
    const value = typed[2] ?? queue.shift();
    if (value === undefined || value === '' || /^(?:--|—|–)/.test(value)) throw new Mistake(`--${name} needs a value.`);
    if (given[name] !== undefined) throw new Mistake(`--${name} was given twice; give it once.`);
    given[name] = bounded(value, `--${name}`);
  }
  return { given, rest };
}

/** The words after the target: a stage, then a time; a time alone is taken as one. */
function placed(words: readonly string[], given: Partial<Record<Flag, string>>) {
  if (words.length > 2) {
    throw new Mistake(`${shown(words[2] ?? '')} is one word too many; a name with spaces goes between quotes.`);
  }
  const alone = words.length === 1 && isTime(words[0] ?? '');
  const stage = alone ? undefined : words[0];
  const since = alone ? words[0] : words[1];
  if (stage !== undefined && given.stage !== undefined) throw new Mistake('The stage was given twice; give it once.');
  if (since !== undefined && given.since !== undefined) throw new Mistake('The time was given twice; give it once.');
  const name = given.stage ?? stage;
  return {
    stage:
      name === undefined ? null : checked(name, /^(\$default|[\w-]{1,128})$/, 'a stage has letters, digits, - and _'),
    since: given.since ?? since,
  };
}

function spanOf(since: string | undefined, given: Partial<Record<Flag, string>>, now: Date): DiagnosisRequest['span'] {
  if (given.from === undefined && given.to === undefined) {
    if (since === undefined) return { minutes: defaultMinutes };
    return isoWithOffset.test(since)
      ? spanBetween(timeOf(since, '--since', now), now, now)
      : { minutes: minutesOf(since) };
  }
  if (since !== undefined) throw new Mistake('Give either --since, or --from and --to.');
  if (given.from === undefined) throw new Mistake('--to needs --from.');
  const from = timeOf(given.from, '--from', now);
  const to = given.to === undefined ? now : timeOf(given.to, '--to', now);
  return spanBetween(from, to, now);
}

function spanBetween(from: Date, to: Date, now: Date): DiagnosisRequest['span'] {
  if (to > now) throw new Mistake('The time span lies in the future.');
  if (from >= to) throw new Mistake('The time span must begin before it ends.');
  if (to.getTime() - from.getTime() > longestHours * 3_600_000) {
    throw new Mistake(`At most ${longestHours} hours are looked at in one go; choose a shorter span.`);
  }
  if (now.getTime() - from.getTime() > oldestDays * 86_400_000) {
    throw new Mistake(`CloudWatch keeps its one-minute figures for ${oldestDays} days; choose a later time.`);
  }
  return { from: from.toISOString(), to: to.toISOString() };
}

const duration = /^(\d{1,6})\s?(m|min|h|d)$/i;

function isTime(text: string): boolean {
  return duration.test(text) || isoWithOffset.test(text);
}

function minutesOf(text: string): number {
  const minutes = lengthOf(text);
  if (minutes === null) throw new Mistake(`${shown(text)} is no time; write 15m, 2h, or 2026-11-22T14:00:00Z.`);
  if (minutes < 1) throw new Mistake('Look back at least one minute: 15m, 2h.');
  if (minutes > longestHours * 60) {
    throw new Mistake(
      `At most ${longestHours} hours are looked at in one go; use --from and --to for an earlier span.`,
    );
  }
  return minutes;
}

function lengthOf(text: string): number | null {
  const [, amount, unit] = duration.exec(text) ?? [];
  if (amount === undefined || unit === undefined) return null;
  return Number(amount) * ({ m: 1, h: 60, d: 1_440 }[unit.charAt(0).toLowerCase()] ?? 1);
}

const isoWithOffset = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/i;

function timeOf(text: string, flag: string, now: Date): Date {
  const back = lengthOf(text);
  if (back !== null) return new Date(now.getTime() - back * 60_000);
  const withColon = text.replace(/([+-]\d{2})(\d{2})$/, '$1:$2');
  const time = new Date(withColon);
  if (!isoWithOffset.test(text) || Number.isNaN(time.getTime())) {
    throw new Mistake(
      `${flag} needs a time with its offset, such as 2026-11-22T14:00:00Z or 2026-11-22T15:00:00+01:00, or 2h.`,
    );
  }
  return time;
}

/** What machines ask with: nothing is given by hand. */
export const noOverrides: Overrides = { functionName: null, roleName: null, policyArn: null, logGroup: null };

function overridesOf(given: Partial<Record<Flag, string>>): Overrides {
  const policy = given.policy;
  return {
    functionName: given.function ?? null,
    // A role is read by its name, which an ARN ends with.
    roleName: given.role?.split('/').at(-1) ?? null,
    policyArn: checked(policy, /^arn:[\w-]+:iam::/, 'a policy is given by its ARN'),
    logGroup: given['log-group'] ?? null,
  };
}

function checked(value: string | undefined, pattern: RegExp, rule: string): string | null {
  if (value === undefined) return null;
  if (!pattern.test(value)) throw new Mistake(`${shown(value)} does not fit: ${rule}.`);
  return value;
}

function bounded(value: string, what: string): string {
  if (value.length > longest) throw new Mistake(`The ${what} is too long: ${longest} characters are taken.`);
  return value;
}

/** Slack writes a pasted address as `<https://…|label>` and a mail-like name as `<mailto:…|name>`. */
function unwrapped(text: string): string {
  const [, address, label] = /^<([^|>]+)(?:\|([^>]*))?>$/.exec(text) ?? [];
  if (address === undefined) return text;
  if (/^https?:/i.test(address))
    return address.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
  return label === undefined || label === '' ? address : label;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const unseen = /[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

/** Without what cannot be seen; pasted text often brings it along. */
function clean(text: string): string {
  return text.replace(unseen, '').toWellFormed().trim();
}

function shown(text: string): string {
  return text.length > 60 ? `"${text.slice(0, 60).toWellFormed()}…"` : `"${text}"`;
}
