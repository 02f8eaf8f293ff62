import type { MetricQuery, MetricSeries, Route, Stage } from '../aws/types.ts';
import type { Traffic } from './signals.ts';
import type { Measured, Pattern, Target, Window } from './types.ts';

/** How far back of the window's start metrics are read: for the baseline, and to find an onset before the window. */
export const lookbackMinutes = 180;

/** Minutes without an error that end an episode. */
const quietMinutes = 10;

const minuteMs = 60_000;

/** At most this many routes are measured one by one. */
export const routeCap = 50;

/** Routes whose errors CloudWatch counts by themselves, because the stage's settings say so. */
export function measuredRoutes({ apiType }: Target, stage: Stage | null, routes: readonly Route[]): Route[] {
  if (stage === null || apiType === 'WEBSOCKET') return [];
  return routes.filter(({ key }) => (stage.routeLogging[key] ?? stage.logging).detailedMetrics);
}

/**
 * The name that a REST API's metrics carry: without its non-ASCII characters; the id where nothing is left.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
 */
export function metricName({ id, name }: { id: string; name: string }): string {
  return name.replace(/[^\x20-\x7e]/g, '') || id;
}

/**
 * Metrics of the stage, its measured routes and the functions behind it, all in one GetMetricData call.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
 */
export function metricQueries(target: Target, functionNames: string[], routes: readonly Route[] = []): MetricQuery[] {
  const dimensions: Record<string, string> =
    target.apiType === 'REST'
      ? { ApiName: metricName({ id: target.apiId, name: target.apiName }), Stage: target.stage }
      : { ApiId: target.apiId, Stage: target.stage };
  const stage = stageMetrics[target.apiType].map(([id, metric, stat]) => ({
    id,
    namespace: 'AWS/ApiGateway',
    metric,
    dimensions,
    stat,
    periodSeconds: 60,
  }));
  const functions = functionNames.flatMap((name, index) =>
    functionMetrics.map(([id, metric, stat]) => ({
      id: `f${index}_${id}`,
      namespace: 'AWS/Lambda',
      metric,
      dimensions: { FunctionName: name },
      stat,
      periodSeconds: 60,
    })),
  );
  return [...stage, ...routes.flatMap((route, index) => routeQueries(route, index, target, dimensions)), ...functions];
}

/**
 * HTTP APIs are documented with a route dimension and with method and resource; both are asked for.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
 */
function routeQueries(
  { key, method, path }: Route,
  index: number,
  { apiType }: Target,
  stage: Record<string, string>,
): MetricQuery[] {
  const byPath = method === null || path === null ? [] : [{ ...stage, Method: method, Resource: path }];
  const dimensions = apiType === 'HTTP' ? [{ ...stage, Route: key }, ...byPath] : byPath;
  return dimensions.map((each, form) => ({
    id: `r${index}_errors${form}`,
    namespace: 'AWS/ApiGateway',
    metric: apiType === 'HTTP' ? '5xx' : '5XXError',
    dimensions: each,
    stat: 'Sum',
    periodSeconds: 60,
  }));
}

type MetricRow = readonly [id: string, metric: string, stat: MetricQuery['stat']];

const stageMetrics: Record<Target['apiType'], readonly MetricRow[]> = {
  REST: [
    ['requests', 'Count', 'Sum'],
    ['errors', '5XXError', 'Sum'],
    ['clientErrors', '4XXError', 'Sum'],
    ['latencyP95', 'Latency', 'p95'],
    ['integrationLatencyP95', 'IntegrationLatency', 'p95'],
  ],
  HTTP: [
    ['requests', 'Count', 'Sum'],
    ['errors', '5xx', 'Sum'],
    ['clientErrors', '4xx', 'Sum'],
    ['latencyP95', 'Latency', 'p95'],
    ['integrationLatencyP95', 'IntegrationLatency', 'p95'],
  ],
  // https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-logging.html
  WEBSOCKET: [
    ['connects', 'ConnectCount', 'Sum'],
    ['messages', 'MessageCount', 'Sum'],
    ['executionErrors', 'ExecutionError', 'Sum'],
    ['integrationErrors', 'IntegrationError', 'Sum'],
    ['clientErrors', 'ClientError', 'Sum'],
    ['integrationLatencyP95', 'IntegrationLatency', 'p95'],
  ],
};

const functionMetrics: readonly MetricRow[] = [
  ['invocations', 'Invocations', 'Sum'],
  ['errors', 'Errors', 'Sum'],
  ['throttles', 'Throttles', 'Sum'],
  ['durationMax', 'Duration', 'Maximum'],
];

/** Start of the range that metricQueries are asked for. */
export function metricsStart(window: Window): string {
  return new Date(Date.parse(window.start) - lookbackMinutes * minuteMs).toISOString();
}

interface Minute {
  at: number;
  requests: number;
  errors: number;
}

/** Turns the metric series into what steps and verdict ask: impact, onset, pattern. Pure. */
export function trafficOf(
  series: MetricSeries[],
  functionNames: string[],
  window: Window,
  routes: readonly Route[] = [],
): Traffic {
  const minutes = minutesOf(series, window);
  const inWindow = minutes.filter(minute => minute.at >= floorMinute(window.start));
  const onset = onsetOf(minutes, floorMinute(window.start));
  const before = minutes.filter(minute => minute.at < (onset ?? floorMinute(window.start)));
  const requests = sum(inWindow, 'requests');
  const errors = sum(inWindow, 'errors');
  const latency = series.find(one => one.id === 'latencyP95') ?? series.find(one => one.id === 'integrationLatencyP95');
  return {
    series: {
      periodSeconds: 60,
      points: inWindow.map(({ at, ...rest }) => ({ at: new Date(at).toISOString(), ...rest })),
      threshold: null,
    },
    impact: {
      requests,
      errors,
      errorShare: share(errors, requests),
      routes: null,
      latencyP95Ms: weightedMean(latency, inWindow),
      baseline: {
        errorShare: share(sum(before, 'errors'), sum(before, 'requests')),
        latencyP95Ms: weightedMean(latency, before),
      },
      ...(onset === null ? {} : { sinceOnset: measured(minutes.filter(({ at }) => at >= onset)) }),
    },
    onset: onset === null ? null : new Date(onset).toISOString(),
    pattern: patternOf(inWindow, onset),
    routes: routeErrors(series, routes, errors, window),
    stage: series.filter(one => !/^[fr]\d+_/.test(one.id)),
    functions: Object.fromEntries(functionNames.map((name, index) => [name, functionTotals(series, index, window)])),
  };
}

function minutesOf(series: MetricSeries[], window: Window): Minute[] {
  const value = (id: string) =>
    new Map(series.find(one => one.id === id)?.points.map(p => [Date.parse(p.at), p.value]));
  const requests = [value('requests'), value('connects'), value('messages')];
  const errors = [value('errors'), value('executionErrors'), value('integrationErrors')];
  const total = (maps: Map<number, number>[], at: number) => maps.reduce((all, map) => all + (map.get(at) ?? 0), 0);
  const minutes: Minute[] = [];
  for (let at = floorMinute(metricsStart(window)); at < Date.parse(window.end); at += minuteMs) {
    minutes.push({ at, requests: total(requests, at), errors: total(errors, at) });
  }
  return minutes;
}

/**
 * The first minute of the failing episode. The episode ends with the last failing minute of the window and reaches
 * back to a quiet spell; against a background of earlier errors, the minute that best splits the time into a lower
 * and a clearly higher error rate (two binomials) is taken. null where errors fill all that was read, or none are.
 */
function onsetOf(minutes: Minute[], windowStart: number): number | null {
  const last = minutes.findLastIndex(minute => minute.errors > 0);
  if (last < 0 || (minutes[last]?.at ?? 0) < windowStart) return null;
  const until = minutes.slice(0, last + 1);
  let first = last;
  for (let i = last; i >= 0 && first - i <= quietMinutes; i--) if ((minutes[i]?.errors ?? 0) > 0) first = i;
  const background = sum(until.slice(0, first), 'errors') > 0 || first <= quietMinutes;
  const split = background ? sharpestRise(until) : null;
  if (split !== null && split > first) return until[split]?.at ?? null;
  return first <= quietMinutes ? null : (until[first]?.at ?? null);
}

/** Index that splits the minutes into a lower and a clearly higher error rate, or null. */
function sharpestRise(minutes: Minute[]): number | null {
  const all = { requests: sum(minutes, 'requests'), errors: sum(minutes, 'errors') };
  const whole = likelihood(all.errors, all.requests);
  let best: { index: number; gain: number } | null = null;
  const before = { requests: 0, errors: 0 };
  for (const [index, minute] of minutes.entries()) {
    const after = { requests: all.requests - before.requests, errors: all.errors - before.errors };
    const rises = (share(after.errors, after.requests) ?? 0) > 3 * (share(before.errors, before.requests) ?? 0);
    const gain = likelihood(before.errors, before.requests) + likelihood(after.errors, after.requests) - whole;
    // A gain of 6 nats: the split is about 400 times likelier than a steady rate.
    if (rises && minute.errors > 0 && gain > 6 && (best === null || gain > best.gain)) best = { index, gain };
    before.requests += minute.requests;
    before.errors += minute.errors;
  }
  return best?.index ?? null;
}

/** Log-likelihood of the errors at their own rate. */
function likelihood(errors: number, requests: number): number {
  const ok = Math.max(0, requests - errors);
  const term = (n: number) => (n === 0 ? 0 : n * Math.log(n / Math.max(requests, errors)));
  return term(errors) + term(ok);
}

/** From the onset to the end: constant where at least 90 % of the minutes with requests have errors. */
function patternOf(minutes: Minute[], onset: number | null): Pattern {
  if (sum(minutes, 'errors') === 0) return 'none';
  const used = minutes.filter(minute => minute.requests > 0 && (onset === null || minute.at >= onset));
  if (used.length < 3) return 'unknown';
  return used.filter(minute => minute.errors > 0).length / used.length >= 0.9 ? 'constant' : 'intermittent';
}

/** null where the routes do not account for all errors of the stage: then others fail too. */
function routeErrors(
  series: MetricSeries[],
  routes: readonly Route[],
  errors: number,
  window: Window,
): Traffic['routes'] {
  const counted = routes.map(({ key }, index) => ({
    key,
    // Where both forms of the dimensions are published, they count the same requests.
    errors: Math.max(
      0,
      ...series.filter(one => one.id.startsWith(`r${index}_`)).map(one => totalOf(pointsIn(one, window))),
    ),
  }));
  const failing = counted.filter(one => one.errors > 0);
  return routes.length === 0 || totalOf(failing.map(one => one.errors)) < errors
    ? null
    : failing.toSorted((a, b) => b.errors - a.errors);
}

function pointsIn(series: MetricSeries | undefined, window: Window): number[] {
  const start = floorMinute(window.start);
  return series?.points.filter(point => Date.parse(point.at) >= start).map(point => point.value) ?? [];
}

function totalOf(values: number[]): number {
  return values.reduce((all, value) => all + value, 0);
}

function functionTotals(series: MetricSeries[], index: number, window: Window): Traffic['functions'][string] {
  const values = (id: string) =>
    pointsIn(
      series.find(one => one.id === `f${index}_${id}`),
      window,
    );
  const total = (id: string) => totalOf(values(id));
  const durations = values('durationMax');
  return {
    invocations: total('invocations'),
    errors: total('errors'),
    throttles: total('throttles'),
    durationMaxMs: durations.length === 0 ? null : Math.max(...durations),
  };
}

/** Mean of the minutes' 95th percentiles, weighted by requests: CloudWatch has no percentile over uneven spans. */
function weightedMean(series: MetricSeries | undefined, minutes: Minute[]): number | null {
  const values = new Map(series?.points.map(point => [Date.parse(point.at), point.value]));
  let weight = 0;
  let total = 0;
  for (const minute of minutes) {
    const value = values.get(minute.at);
    if (value === undefined || minute.requests === 0) continue;
    weight += minute.requests;
    total += value * minute.requests;
  }
  return weight === 0 ? null : Math.round(total / weight);
}

function sum(minutes: readonly Pick<Minute, 'requests' | 'errors'>[], field: 'requests' | 'errors'): number {
  return minutes.reduce((all, minute) => all + minute[field], 0);
}

/** Of minutes that follow each other, one at least. */
export function measured(minutes: readonly { at: string | number; requests: number; errors: number }[]): Measured {
  const times = minutes.map(({ at }) => new Date(at).getTime());
  const [requests, errors] = [sum(minutes, 'requests'), sum(minutes, 'errors')];
  return {
    start: new Date(Math.min(...times)).toISOString(),
    end: new Date(Math.max(...times) + minuteMs).toISOString(),
    requests,
    errors,
    errorShare: share(errors, requests),
  };
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : Math.min(1, part / whole);
}

export function floorMinute(time: string | number): number {
  const ms = typeof time === 'string' ? Date.parse(time) : time;
  return Math.floor(ms / minuteMs) * minuteMs;
}
