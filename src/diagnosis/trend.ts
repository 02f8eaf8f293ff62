import type { MetricSeries } from '../aws/types.ts';
import { floorMinute, metricsStart } from './traffic.ts';
import type { Window } from './types.ts';

/** How a measure moved over hours: steadily up, up in one step, or not at all. */
export interface Trend {
  /** `unknown`: too few points to tell. What falls is `flat`: it explains no failure. */
  shape: 'rising' | 'step' | 'flat' | 'unknown';
  /** Since when it is up; null where it is not. */
  since: string | null;
  /** Mean of the first quarter, and of the last. */
  from: number;
  to: number;
}

export interface TrendPoint {
  at: string;
  value: number;
}

/** Fewer points than this make no trend. */
const fewest = 6;

/** Below this growth it is noise. */
const growth = 1.5;

/** Share of the movement that a line or a step must explain. */
const explained = 0.6;

/**
 * The line and the step that fit best are compared by how much of the movement each explains (least squares). Points are
 * evenly spaced and in order. Pure.
 */
export function trendOf(points: readonly TrendPoint[]): Trend {
  const values = points.map(point => point.value);
  const quarter = Math.max(1, Math.floor(values.length / 4));
  const from = mean(values.slice(0, quarter));
  const to = mean(values.slice(-quarter));
  const ends = { from, to };
  if (values.length < fewest) return { ...ends, shape: 'unknown', since: null };
  const whole = scatter(values);
  const step = bestStep(values);
  const line = Math.max(0, whole - lineScatter(values)) / (whole || 1);
  const risesInStep = step.gain / (whole || 1) >= explained && step.after > growth * step.before;
  const rises = line >= explained && to > growth * from;
  if (rises && (!risesInStep || line * whole > step.gain)) {
    return { ...ends, shape: 'rising', since: points[firstAbove(values, from + (to - from) / 4)]?.at ?? null };
  }
  if (!risesInStep) return { ...ends, shape: 'flat', since: null };
  return { shape: 'step', since: points[step.at]?.at ?? null, from: step.before, to: step.after };
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((all, value) => all + value, 0) / values.length;
}

/** Sum of the squared distances from the mean. */
function scatter(values: readonly number[]): number {
  const middle = mean(values);
  return values.reduce((all, value) => all + (value - middle) ** 2, 0);
}

/** The same, from the best straight line. */
function lineScatter(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const level = mean(values);
  const spread = values.reduce((all, _, index) => all + (index - middle) ** 2, 0);
  const slope = values.reduce((all, value, index) => all + (index - middle) * (value - level), 0) / spread;
  return values.reduce((all, value, index) => all + (value - level - slope * (index - middle)) ** 2, 0);
}

function bestStep(values: readonly number[]): { at: number; gain: number; before: number; after: number } {
  const whole = scatter(values);
  const steps = values.slice(1).map((_, index) => {
    const [head, tail] = [values.slice(0, index + 1), values.slice(index + 1)];
    return { at: index + 1, gain: whole - scatter(head) - scatter(tail), before: mean(head), after: mean(tail) };
  });
  return steps.reduce((best, one) => (one.gain > best.gain ? one : best), { at: 0, gain: -1, before: 0, after: 0 });
}

/** Index from which on every value is above the level. */
function firstAbove(values: readonly number[], level: number): number {
  return values.findLastIndex(value => value <= level) + 1;
}

const quarterMs = 15 * 60_000;

/** A quarter of an hour with requests; minutes are too noisy for a trend. Latencies in milliseconds. */
export interface Quarter {
  at: string;
  errorShare: number;
  /** null: not measured. */
  latencyP95: number | null;
  integrationLatencyP95: number | null;
}

/** Over all that traffic.ts reads, oldest first; quarters without requests are left out. */
export function quartersOf(series: readonly MetricSeries[], window: Window): Quarter[] {
  const byId = new Map(
    series.map(({ id, points }) => [id, new Map(points.map(({ at, value }) => [Date.parse(at), value]))]),
  );
  const total = (ids: string[], minute: number) => ids.reduce((all, id) => all + (byId.get(id)?.get(minute) ?? 0), 0);
  const end = floorMinute(window.end);
  const count = Math.ceil((end - floorMinute(metricsStart(window))) / quarterMs);
  return Array.from({ length: count }, (_, index) => end - (count - index) * quarterMs).flatMap(start => {
    const minutes = Array.from({ length: quarterMs / 60_000 }, (_, index) => start + index * 60_000).map(at => ({
      at,
      requests: total(['requests', 'connects', 'messages'], at),
      errors: total(['errors', 'executionErrors', 'integrationErrors'], at),
    }));
    const requests = minutes.reduce((all, minute) => all + minute.requests, 0);
    if (requests === 0) return [];
    const errors = minutes.reduce((all, minute) => all + minute.errors, 0);
    return {
      at: new Date(start).toISOString(),
      errorShare: Math.min(1, errors / requests),
      latencyP95: weighted(minutes, byId.get('latencyP95')),
      integrationLatencyP95: weighted(minutes, byId.get('integrationLatencyP95')),
    };
  });
}

/** By requests: CloudWatch has no percentile over uneven spans. */
function weighted(minutes: { at: number; requests: number }[], values: Map<number, number> | undefined): number | null {
  const measured = minutes.filter(({ at, requests }) => requests > 0 && values?.has(at));
  const requests = measured.reduce((all, minute) => all + minute.requests, 0);
  const total = measured.reduce((all, minute) => all + minute.requests * (values?.get(minute.at) ?? 0), 0);
  return requests === 0 ? null : total / requests;
}
