/** The timeline of an incident as data: what is drawn, and what a screen reader says of it. Pure. */
import type { Change, Report, Series } from '../diagnosis/types.ts';
import { beforeOnset, byNearness, count, cut, oneLine, whole } from './words.ts';

/** What the chart shows. Times are ISO 8601; what lies outside of `start` to `end` is told at its edges. */
export interface ChartData {
  apiName: string;
  stage: string;
  start: string;
  end: string;
  /** One for each minute that was read; a minute that is not there is drawn as a gap, never as zero. */
  points: readonly ChartPoint[];
  onset: string | null;
  /** Of the alarm, in 5xx a minute; one over five minutes may be below 1. */
  threshold: number | null;
  /** The most telling first. */
  changes: readonly ChartChange[];
  recoveredAt: string | null;
}

export interface ChartPoint {
  at: string;
  requests: number;
  errors: number;
}

export interface ChartChange {
  /** When it took effect, or was made where it did not. */
  at: string;
  kind: 'deployment' | 'change';
  what: string;
  /** Who, and how long before the first error. */
  who: string;
  when: string;
}

/** What has become known since the report was made. */
export interface ChartExtra {
  recoveredAt?: string;
  series?: Series;
}

export const minuteMs = 60_000;

/** A recovery later than this after the last point read is told at the edge, and does not stretch the chart. */
const longestGapMinutes = 60;

/** null where there is nothing to draw: the metrics could not be read, or hold no minute. */
export function chartOf(report: Report, extra: ChartExtra = {}): ChartData | null {
  const { points } = extra.series ?? report.series;
  const minutes = (points ?? []).filter(point => Number.isFinite(Date.parse(point.at)));
  if (minutes.length === 0) return null;
  const times = minutes.map(point => Date.parse(point.at));
  const first = times.reduce((a, b) => Math.min(a, b));
  const last = times.reduce((a, b) => Math.max(a, b)) + minuteMs;
  const recovered = Date.parse(extra.recoveredAt ?? '');
  const reaches = recovered > last && recovered - last <= longestGapMinutes * minuteMs;
  const end = reaches ? Math.ceil((recovered + 1) / minuteMs) * minuteMs : last;
  return {
    apiName: report.target.apiName,
    stage: report.target.stage,
    start: new Date(first).toISOString(),
    end: new Date(end).toISOString(),
    points: minutes,
    onset: report.window.onset,
    threshold: extra.series?.threshold ?? report.series.threshold,
    changes: byNearness(report.changes).map(chartChange),
    recoveredAt: extra.recoveredAt ?? null,
  };
}

function chartChange(change: Change): ChartChange {
  return {
    at: change.effectiveAt ?? change.at,
    kind: /deployment/i.test(change.event) ? 'deployment' : 'change',
    what: `${change.event} on ${change.resource}`,
    who: nameOf(change.who),
    when: beforeOnset(change),
  };
}

/** Of an ARN only the name; the account is the API's, or stands in the thread. */
function nameOf(who: string | null): string {
  return who?.replace(/^arn:[^:]*:(?:iam|sts)::\d*:(?:assumed-role|user|role)\//, '') ?? 'somebody unknown';
}

const altLength = 1_000;
const altChanges = 6;

/** The whole chart in words: what a screen reader says, and what is read where pictures are off. */
export function chartAltText(data: ChartData): string {
  const { points, onset, threshold, changes, recoveredAt } = data;
  const peak = points.reduce<ChartPoint | null>((a, b) => (a === null || b.errors > a.errors ? b : a), null);
  const { errors, requests } = totals(points);
  const sentences = [
    `Bar chart of the 5xx errors each minute of ${oneLine(data.apiName)}, stage ${oneLine(data.stage)}, ${spanWords(data)}.`,
    errors === 0 || peak === null
      ? `No 5xx in ${whole(requests)} requests.`
      : `${whole(errors)} of ${whole(requests)} requests ended with a 5xx, at most ${whole(peak.errors)} in a minute, at ${clock(peak.at)}.`,
    ...(onset === null ? [] : [`First error ${clockIn(onset, data)}.`]),
    ...(recoveredAt === null ? [] : [`Recovered ${clockIn(recoveredAt, data)}.`]),
    ...(threshold === null || threshold <= 0 ? [] : [`Alarm threshold ${decimals(threshold)} a minute.`]),
    ...(missingMinutes(data) === 0 ? [] : [`No data for ${count(missingMinutes(data), 'minute')}.`]),
    ...changes
      .slice(0, altChanges)
      .map(({ what, who, when }) => `${oneLine(what)} by ${oneLine(who)}, ${oneLine(when)}.`),
    ...(changes.length > altChanges ? [`${count(changes.length - altChanges, 'more change')}.`] : []),
  ];
  return cut(sentences.join(' '), altLength);
}

export function totals(points: readonly ChartPoint[]): { errors: number; requests: number } {
  const sum = (key: 'errors' | 'requests') => points.reduce((all, point) => all + point[key], 0);
  return { errors: sum('errors'), requests: sum('requests') };
}

/** Minutes of the chart that no point tells of. */
export function missingMinutes({ start, end, points }: ChartData): number {
  const told = new Set(points.map(point => Math.floor(Date.parse(point.at) / minuteMs)));
  return Math.max(0, Math.round((Date.parse(end) - Date.parse(start)) / minuteMs) - told.size);
}

const day = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', day: 'numeric', month: 'short' });
const dayAndYear = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'UTC',
  day: 'numeric',
  month: 'short',
  year: 'numeric',
});
const decimalNumbers = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 });

export function decimals(value: number): string {
  return decimalNumbers.format(value);
}

/** `14:05`, in UTC. */
export function clock(iso: string): string {
  return new Date(iso).toISOString().slice(11, 16);
}

/** `22 Nov`, in UTC. */
export function dayOf(iso: string): string {
  return day.format(new Date(iso));
}

/** The time, with its day where the chart's own first day is another. */
export function clockIn(iso: string, { start, end }: Pick<ChartData, 'start' | 'end'>): string {
  const isPlain = dayOf(iso) === dayOf(start) && dayOf(start) === dayOf(end);
  return isPlain ? clock(iso) : `${dayOf(iso)} ${clock(iso)}`;
}

/** `22 Nov 2026, 14:00 to 14:15 UTC`. */
export function spanWords({ start, end }: Pick<ChartData, 'start' | 'end'>): string {
  const until = dayOf(start) === dayOf(end) ? clock(end) : `${dayOf(end)} ${clock(end)}`;
  return `${dayAndYear.format(new Date(start))}, ${clock(start)} to ${until} UTC`;
}
