import { metricsLink } from '../../aws/links.ts';
import { readMetrics } from '../../aws/metrics.ts';
import type { MetricSeries } from '../../aws/types.ts';
import { metricCommand, stageMetrics } from '../api-source.ts';
import { defineStep, judge, notebook } from '../finding.ts';
import { lookbackMinutes } from '../traffic.ts';
import type { Run } from '../types.ts';
import { counted, listed, utc } from '../wording.ts';

/** A day, and the same hour of the day before. */
const historyHours = 25;

/** CloudWatch keeps five-minute values for 63 days; all of them come in one call. */
const periodSeconds = 300;
const periodMs = periodSeconds * 1_000;

/** Periods without failures that end an episode. */
const quietPeriods = 2;

const requestIds = ['requests', 'connects', 'messages'];
const errorIds = ['errors', 'executionErrors', 'integrationErrors'];

export const errorHistory = defineStep<MetricSeries[]>({
  group: 'extended',
  number: null,
  id: 'error-history',
  title: 'History of errors',
  question: 'Are the errors new, do they come back, or have they been there all day?',
  reads: ['cloudwatch:GetMetricData'],
  notApplicable: () => null,

  gather(run) {
    const queries = stageMetrics(run.target, [...requestIds, ...errorIds]).map(query => ({ ...query, periodSeconds }));
    const { start, end } = history(run);
    return readMetrics(run.aws.send, queries, start, end);
  },

  evaluate(series, run) {
    const { target, window } = run;
    const name = `stage ${target.stage} of API ${target.apiName}`;
    const periods = periodsOf(series, run);
    if (periods.length === 0) {
      return judge('not_applicable', `There was no request to ${name} in the last ${historyHours} hours.`);
    }
    const now = periods.filter(period => period.at + periodMs > Date.parse(window.start));
    const share = shareOf(now);
    const episodes = episodesOf(periods, share);
    const notes = notebook();
    notes.note({
      text: `${counted(sum(periods, 'errors'), 'error')} in ${counted(sum(periods, 'requests'), 'request')} to ${name} in the last ${historyHours} hours, in ${counted(episodes.length, 'episode')}.`,
      source: 'cloudwatch:GetMetricData',
      resource: `${target.apiName} ${target.stage}`,
      link: metricsLink(target.region, stageMetrics(target, errorIds), history(run)),
      ...command(run),
      excerpt: episodes.slice(-12).map(line).join('\n'),
    });
    const { evidence } = notes;
    const current = episodes.findLast(({ end }) => end > Date.parse(window.start));
    if (current === undefined) {
      return judge('ok', `${name} answered no request with 5xx in the window; the day before is in the evidence.`, {
        evidence,
      });
    }
    const earlier = episodes.slice(0, episodes.indexOf(current));
    const since = utc(new Date(current.start).toISOString());
    const old = current.start < Date.parse(window.start) - lookbackMinutes * 60_000;
    if (old) {
      const sentence = `The errors on ${name} are long-standing: they go on since ${since} at the latest, so a change of the last hours is not why.`;
      return judge('warning', sentence, { evidence });
    }
    if (earlier.length === 0) {
      const sentence = `The errors on ${name} are new: since ${since}, and none like them in the ${historyHours} hours before.`;
      return judge('ok', sentence, { evidence });
    }
    const before = listed(earlier.toReversed().map(({ start }) => utc(new Date(start).toISOString())));
    const sentence = `The errors on ${name} come back: since ${since}, and before that ${counted(earlier.length, 'time')} in ${historyHours} hours, at ${before}${rhythm([...earlier, current])}.`;
    return judge('warning', sentence, { evidence });
  },
});

function history({ window }: Run): { start: string; end: string } {
  const from = Date.parse(window.end) - historyHours * 3_600_000;
  return { start: new Date(Math.floor(from / periodMs) * periodMs).toISOString(), end: window.end };
}

function command(run: Run): { cli?: string } {
  const [metric] = stageMetrics(run.target, errorIds);
  if (metric === undefined) return {};
  return {
    cli: metricCommand(metric, history(run), run.target.region).replace('--period 60', `--period ${periodSeconds}`),
  };
}

interface Period {
  /** Milliseconds. */
  at: number;
  requests: number;
  errors: number;
}

/** Those with requests, oldest first. */
function periodsOf(series: readonly MetricSeries[], run: Run): Period[] {
  const periods = new Map<number, Period>();
  for (const { id, points } of series) {
    for (const point of points) {
      const at = Date.parse(point.at);
      const period = periods.get(at) ?? { at, requests: 0, errors: 0 };
      if (requestIds.includes(id)) period.requests += point.value;
      if (errorIds.includes(id)) period.errors += point.value;
      periods.set(at, period);
    }
  }
  return [...periods.values()]
    .filter(({ at, requests, errors }) => requests + errors > 0 && at < Date.parse(run.window.end))
    .toSorted((a, b) => a.at - b.at);
}

interface Episode {
  start: number;
  end: number;
  requests: number;
  errors: number;
}

/** A background of a few errors is no episode: only what fails at least a third as much as the window does. */
function episodesOf(periods: readonly Period[], share: number): Episode[] {
  const episodes: Episode[] = [];
  for (const period of periods.filter(one => one.errors > 0 && shareOf([one]) >= share / 3)) {
    const last = episodes.at(-1);
    const end = period.at + periodMs;
    if (last === undefined || period.at - last.end >= quietPeriods * periodMs) {
      episodes.push({ start: period.at, end, requests: period.requests, errors: period.errors });
    } else {
      last.end = end;
      last.requests += period.requests;
      last.errors += period.errors;
    }
  }
  return episodes;
}

function shareOf(periods: readonly Period[]): number {
  return sum(periods, 'errors') / Math.max(1, sum(periods, 'requests'));
}

function sum(periods: readonly Period[], field: 'requests' | 'errors'): number {
  return periods.reduce((all, period) => all + period[field], 0);
}

/** What a schedule looks like: three or more, always at the same minute of the hour, or a day apart. */
function rhythm(episodes: readonly Episode[]): string {
  const starts = episodes.map(one => one.start);
  const minutes = new Set(starts.map(start => new Date(start).getUTCMinutes()));
  if (starts.length >= 3 && minutes.size === 1) return ', always at the same minute of the hour, as a schedule would';
  const dayMs = 86_400_000;
  const [last = 0] = starts.slice(-1);
  const daily = starts.some(start => Math.abs(last - start - dayMs) <= 2 * periodMs);
  return daily ? ', also at the same time of the day before' : '';
}

function line({ start, end, errors, requests }: Episode): string {
  const time = (at: number) => new Date(at).toISOString().slice(5, 16).replace('T', ' ');
  return `${time(start)} to ${time(end)}: ${errors} of ${requests}`;
}
