/** The words that every surface shares: plain text, no markup. */
import type { UnreadReason } from '../aws/unread.ts';
import type {
  Candidate,
  Change,
  Confidence,
  Evidence,
  FindingStatus,
  Gap,
  Impact,
  Pattern,
  Report,
  Series,
  Target,
} from '../diagnosis/types.ts';
import { fromFirstError, lasting } from '../lasting.ts';

export function assertNever(value: never): never {
  throw new Error(`Unexpected value: ${JSON.stringify(value)}`);
}

// Control characters could drive a terminal, and bidirectional ones could show a text as another than it is.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const unprintable = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Text as it may be shown: whole characters, no control characters but line breaks and tabs. */
export function printable(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(unprintable, '').toWellFormed();
}

export function oneLine(text: string): string {
  return printable(text).replace(/\s+/g, ' ').trim();
}

/**
 * Cuts between words where there is a boundary near, else between the parts of a name; the ellipsis tells that something
 * is missing, and stands for the punctuation before it too. A mask is kept whole or left out.
 */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  const kept = text
    .slice(0, Math.max(0, max - 1))
    .toWellFormed()
    .replace(/\ufffd$/, '')
    .replace(/\[masked:[^\]]*$/, '');
  const boundary = [/\s\S*$/, /[/_.:-][^/_.:-]*$/].map(end => kept.search(end)).find(at => at > max / 2);
  return unfinished(boundary === undefined ? kept : kept.slice(0, boundary));
}

/** The end of a text that goes on, without a full stop before the ellipsis. */
export function unfinished(text: string): string {
  return `${text.replace(/[\s.,;:]+$/, '')}…`;
}

export const statusWords: Record<FindingStatus, string> = {
  problem: 'Problem',
  warning: 'Warning',
  ok: 'OK',
  unknown: 'Could not be checked',
  not_applicable: 'Does not apply',
};

export const confidenceWords: Record<Confidence, string> = {
  high: 'high (shown by direct evidence)',
  medium: 'medium (the evidence fits, but is not complete)',
  low: 'low (a lead to follow, not proof)',
};

const patterns: Record<Pattern, string> = {
  constant: 'errors in nearly every minute',
  intermittent: 'errors in some minutes and none in others',
  none: 'no errors',
  unknown: 'unknown: too few minutes with requests to tell',
};

/** Where the errors are going, and how they are spread over the minutes. */
export function patternWords(report: Report): string {
  const { pattern } = report.verdict;
  const direction = pattern === 'none' ? null : trend(report.series);
  return direction === null ? patterns[pattern] : `${direction}; ${patterns[pattern]}`;
}

const reasonWords: Record<UnreadReason, string> = {
  access_denied: 'access denied',
  logging_off: 'logging is off',
  throttled: 'throttled by AWS',
  timeout: 'no answer in time',
  not_found: 'not found',
  unsupported_plan: 'not part of the support plan',
  delivery_lag: 'not delivered yet',
  not_deployed: 'not deployed',
  capped: 'too much to read all of it',
};

const numbers = new Intl.NumberFormat('en-US');

/** `1,200`. */
export function whole(n: number): string {
  return numbers.format(n);
}

/** `twice`, `3 times`. */
export function times(n: number): string {
  return n === 2 ? 'twice' : count(n, 'time');
}

/** `0.5 s`, `less than 0.1 s`. */
export function seconds(milliseconds: number): string {
  return milliseconds < 100 ? 'less than 0.1 s' : `${(milliseconds / 1_000).toFixed(1)} s`;
}

export function count(n: number, one: string, many = `${one}s`): string {
  return `${numbers.format(n)} ${n === 1 ? one : many}`;
}

/** `7.2 %`; a share that is not zero is never shown as 0 %, nor one that is not all as 100 %. */
export function percent(share: number): string {
  if (share > 0 && share < 0.001) return 'less than 0.1 %';
  if (share > 0.999 && share < 1) return 'more than 99.9 %';
  return `${numbers.format(Math.round(share * 1000) / 10)} %`;
}

/** `2026-11-22 14:03:05 UTC`; what is not a time is shown as it is. */
export function utc(iso: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return oneLine(iso);
  return `${time.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

const isoTime = /\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z(?!\w)/g;

/** A sentence for people: times in it as they read them, not as machines write them. */
export function spoken(text: string): string {
  return oneLine(text).replace(isoTime, utc);
}

/** `23:03:31 UTC` where the day is that of `iso`: people know which day it is. */
export function withoutDay(text: string, iso: string): string {
  const day = iso.slice(0, 10);
  return spoken(text).replace(/\b(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2} UTC)/g, (whole, of: string, time: string) =>
    of === day ? time : whole,
  );
}

/** A long text around the words in it that count, cut between words at both ends. */
export function around(text: string, match: string | undefined, max: number): string {
  const whole = printable(text).trim();
  const at = match === undefined ? -1 : whole.indexOf(match);
  if (match === undefined || whole.length <= max || at < 0) return whole;
  const before = Math.max(0, Math.min(at - Math.floor((max - match.length) / 3), whole.length - max));
  const head = before === 0 ? 0 : before + Math.max(0, whole.slice(before, at).search(/[\s,{]/) + 1);
  return `${head === 0 ? '' : '…'}${cut(whole.slice(head), max - 1)}`;
}

/** A remedy that ends with a command: the command apart, so that it can be copied. */
export function withCommand(remedy: string): { sentence: string; command: string | null } {
  const [, sentence, command] = /^(.*?):\s+(aws [a-z0-9-]+ [a-z0-9-]+ .*[^.])\.?$/s.exec(remedy) ?? [];
  return sentence === undefined || command === undefined
    ? { sentence: remedy, command: null }
    : { sentence: `${sentence}:`, command };
}

const apiTypes: Record<Target['apiType'], string> = { REST: 'REST API', HTTP: 'HTTP API', WEBSOCKET: 'WebSocket API' };

/** Account and Region belong on every message: a diagnosis of the wrong account is worse than none. */
export function place(target: Target): string {
  return [apiTypes[target.apiType], target.apiId, whereabouts(target)].join(' · ');
}

/** In a thread, whose card has the rest. */
export function whereabouts({ region, accountId }: Pick<Target, 'region' | 'accountId'>): string {
  return [region, account(accountId)].join(' · ');
}

function account(accountId: string | null): string {
  return accountId === null ? 'account unknown' : `account ${accountId}`;
}

export function candidateWords(candidate: Candidate): string {
  // Where there are none, they were not read or there is none: the row cannot tell.
  const stages = candidate.stages.length === 0 ? [] : [stageWords(candidate.stages)];
  return [apiTypes[candidate.apiType], candidate.apiId, ...stages, candidate.region, account(candidate.accountId)].join(
    ' · ',
  );
}

function stageWords(stages: readonly string[]): string {
  return `${stages.length === 1 ? 'stage' : 'stages'} ${stages.join(', ')}`;
}

/** Where the API that was meant is there and only the stage is not: a sentence, and what to ask for instead. */
export function wrongStage(
  target: string,
  stage: string | null,
  candidates: readonly Candidate[],
): { sentence: string; api: string; stage: string | null } | null {
  const [candidate, ...others] = candidates;
  if (candidate === undefined || others.length > 0 || !isNamed(candidate, target)) return null;
  const { apiId: api, apiName, stages } = candidate;
  const [first] = stages;
  if (first === undefined) {
    return { sentence: `API ${apiName} has no stage; deploy it to one first.`, api, stage: null };
  }
  const missing = stage === null || stages.includes(stage) ? 'no such stage' : `no stage ${stage}`;
  return { sentence: `API ${apiName} has ${missing}; it has ${listed(stages)}.`, api, stage: first };
}

/** A URL or an ARN leads to one API; any other text is close to it at most, unless it is its name or id. */
function isNamed({ apiId, apiName }: Candidate, target: string): boolean {
  const typed = target.trim().toLowerCase();
  return typed === apiName.toLowerCase() || typed.includes(apiId.toLowerCase()) || typed.includes('://');
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** `1 problem, 2 warnings, 9 OK, 2 could not be checked`. */
export function tally(statuses: readonly FindingStatus[]): string {
  const of = (status: FindingStatus) => statuses.filter(item => item === status).length;
  const parts = [
    of('problem') > 0 ? count(of('problem'), 'problem') : '',
    of('warning') > 0 ? count(of('warning'), 'warning') : '',
    of('ok') > 0 ? `${of('ok')} OK` : '',
    of('unknown') > 0 ? `${of('unknown')} could not be checked` : '',
    of('not_applicable') > 0 ? `${of('not_applicable')} ${of('not_applicable') === 1 ? 'does' : 'do'} not apply` : '',
  ];
  return parts.filter(part => part !== '').join(', ') || 'none yet';
}

/** The API and its stage, each cut where there is no room for both; the stage is never lost behind a long name. */
export function named({ apiName, stage }: Pick<Target, 'apiName' | 'stage'>, max: number): string {
  const whole = `${apiName}, stage ${stage}`;
  if (whole.length <= max) return whole;
  const shortStage = cut(stage, Math.floor(max / 3));
  return `${cut(apiName, max - shortStage.length - ', stage '.length)}, stage ${shortStage}`;
}

/** What the verdict says, in one sentence. */
export function headline(report: Report): string {
  const { status, causes } = report.verdict;
  switch (status) {
    case 'cause_found':
      return causes.length > 1 ? `${causes.length} causes found` : 'Cause found';
    case 'no_errors':
      return 'No 5xx errors in the window';
    case 'inconclusive':
      return 'No cause could be shown';
    default:
      return assertNever(status);
  }
}

/** How many requests failed, and in which time: a share of a window that began before the errors makes them look fewer. */
export function impactWords(report: Pick<Report, 'impact' | 'window'>): string {
  const { figures, span } = impactParts(report);
  return span === null ? figures : `${figures} in ${span.words} ${utc(span.end)}`;
}

/** Whether the impact's own words name the whole window already. */
export function toldByImpact({ impact }: Pick<Report, 'impact'>): boolean {
  return impact.sinceOnset === undefined && impact.requests !== null;
}

/** The figures since the first error, or of the window where that is not known, and their time; its end apart. */
export function impactParts({ impact, window }: Pick<Report, 'impact' | 'window'>): {
  figures: string;
  span: { words: string; end: string } | null;
} {
  const { requests, errors, errorShare } = impact.sinceOnset ?? impact;
  if (requests === null) return { figures: 'unknown: the metrics could not be read', span: null };
  const share = errorShare === null || errors === 0 ? '' : ` (${percent(errorShare)})`;
  const figures =
    errors === null
      ? `unknown, of ${count(requests, 'request')}`
      : `${numbers.format(errors)} of ${count(requests, 'request')} failed${share}`;
  const since = impact.sinceOnset;
  if (since === undefined) return { figures, span: { words: spanWords(window), end: window.end } };
  const minutes = Math.round((Date.parse(since.end) - Date.parse(since.start)) / 60_000);
  return { figures, span: { words: `the ${lasting(minutes)} from the first error to`, end: since.end } };
}

/** How much of the failing requests a cause explains. */
export function shareWords(share: number): string {
  return share === 1 ? 'all failing requests' : `${percent(share)} of the failing requests`;
}

/** `GET /orders (90 errors), POST /orders (1 error)`. */
export function routeWords(routes: NonNullable<Impact['routes']>): string {
  return routes.map(({ method, path, errors }) => `${method} ${path} (${count(errors, 'error')})`).join(', ');
}

const trendMinutes = 5;

/** Errors of the last five minutes against the five before; null where the series cannot tell. */
export function trend(series: Series): string | null {
  const errors = series.points?.map(point => point.errors) ?? [];
  if (errors.length < 2 * trendMinutes) return null;
  const sum = (part: number[]) => part.reduce((total, value) => total + value, 0);
  const last = sum(errors.slice(-trendMinutes));
  const before = sum(errors.slice(-2 * trendMinutes, -trendMinutes));
  if (last === 0) return before === 0 ? null : `no errors in the last ${trendMinutes} minutes`;
  if (last > before * 1.5) return 'getting worse';
  return last * 1.5 < before ? 'getting better' : 'steady';
}

/** When a change took effect, against the first error; the time itself stands beside it. */
export function beforeOnset(change: Change): string {
  if (change.effectiveAt === null) return 'not in effect: it is not deployed';
  const carried = isCarried(change) ? 'carried by a deployment ' : '';
  const minutes = change.minutesBeforeOnset;
  // There is no first error to measure from.
  if (minutes === null) return carried === '' ? 'in effect since then' : carried.trim();
  return `${carried}${fromFirstError(minutes)}`;
}

/** It was made at one time and began to act at another. */
export function isCarried(change: Change): boolean {
  return change.effectiveAt !== null && change.effectiveAt !== change.at;
}

/** Nearest before the first error first; later changes, and those without an effect, last. */
export function byNearness(changes: readonly Change[]): Change[] {
  const distance = ({ minutesBeforeOnset: minutes }: Change) =>
    minutes === null ? Number.POSITIVE_INFINITY : minutes >= 0 ? minutes : 1e6 - minutes;
  return changes.toSorted((a, b) => distance(a) - distance(b) || b.at.localeCompare(a.at));
}

/** What AWS has not delivered yet is no source that could not be read. */
export function gapsOf(report: Report): { unread: Gap[]; late: Gap[] } {
  const { gaps } = report.verdict;
  const isLate = ({ reason }: Gap) => reason === 'delivery_lag';
  return { unread: gaps.filter(gap => !isLate(gap)), late: gaps.filter(isLate) };
}

/** Why the errors are not explained. */
export function whyInconclusive(report: Report): string {
  const { unread, late } = gapsOf(report);
  if (unread.length > 0) return `${count(unread.length, 'source')} could not be read: see below.`;
  return late.length > 0
    ? 'Everything that AWS has delivered so far was read, and nothing in it explains the errors. More is on its way: see below.'
    : 'Everything was read, and nothing in it explains the errors.';
}

/** What was not read, why, and what to do; the command that does it apart, where there is one. */
export function gapWords({ source, reason, permission, remedy }: Gap): { sentence: string; command: string | null } {
  const missing = permission === null ? '' : ` (missing permission: ${permission})`;
  const { sentence, command } = withCommand(remedy);
  // The title that these stand under has said it.
  const why = reason === 'delivery_lag' ? '' : ` ${reasonWords[reason]}${missing}.`;
  return { sentence: `${source}:${why} ${sentence}`, command };
}

/** What was not read and why, in a few words. */
export function gapName({ source, reason, permission }: Gap): string {
  return `${source} (${reasonWords[reason]}${permission === null ? '' : `; missing permission: ${permission}`})`;
}

/** How long was looked at, and when that ended. */
export function spanWords({ start, end, extendedTo }: Report['window']): string {
  const minutes = Math.round((Date.parse(end) - Date.parse(extendedTo ?? start)) / 60_000);
  return `the ${lasting(minutes)} to`;
}

/** The report's evidence by id. */
export function evidenceOf(report: Report): Map<string, Evidence> {
  const findings = [...report.steps, ...report.diagnoses, ...report.extended];
  return new Map(findings.flatMap(finding => finding.evidence).map(item => [item.id, item]));
}
