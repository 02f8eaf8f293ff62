/**
 * Metrics of a world: raw series, and what API Gateway, Lambda and WAF would have counted of the traffic
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html).
 */
import type { World } from '../world.ts';
import { keptSpans } from './kept.ts';
import { arrivalOf, indicesBetween, intervalMs, type Moment, type Stream, streamsOf, timings } from './requests.ts';

export interface MetricName {
  namespace: string;
  metric: string;
  dimensions: Record<string, string>;
}

export interface Datapoint {
  at: number;
  value: number;
}

/** What one request adds to a metric; null where it adds no sample. */
type Sample = (stream: Stream, index: number) => number | null;

const minuteMs = 60_000;

/** Three hours of a metric in minutes are 36 spans. */
const kept = keptSpans<Datapoint>({ spanMs: 5 * 60_000, items: 200_000 });

/** Datapoints from `start` to before `end`, one for each period that has samples. Times are aligned to the period. */
export function datapoints(
  moment: Moment,
  name: MetricName,
  stat: string,
  periodMs: number,
  start: number,
  end: number,
): Datapoint[] {
  const first = Math.floor(start / periodMs) * periodMs;
  const until = Math.min(Math.ceil(end / periodMs) * periodMs, moment.now);
  if (periodMs !== minuteMs) return countedBetween(moment, name, stat, periodMs, first, until);
  const points = kept(moment, `${stat} ${JSON.stringify(name)}`, first, until, (from, to) =>
    countedBetween(moment, name, stat, periodMs, from, Math.min(to, moment.now)),
  );
  return points.filter(({ at }) => at >= first && at < until);
}

function countedBetween(
  moment: Moment,
  name: MetricName,
  stat: string,
  periodMs: number,
  start: number,
  end: number,
): Datapoint[] {
  const bins = new Map<number, number[]>();
  const put = (at: number, value: number) => {
    const bin = Math.floor(at / periodMs) * periodMs;
    const values = bins.get(bin);
    if (values === undefined) bins.set(bin, [value]);
    else values.push(value);
  };
  collectTraffic(moment, name, start, end, put);
  collectRaw(moment, name, start, end, put);
  return [...bins].sort(([a], [b]) => a - b).map(([at, values]) => ({ at, value: statistic(stat, values) }));
}

function collectTraffic(
  moment: Moment,
  name: MetricName,
  start: number,
  end: number,
  put: (at: number, value: number) => void,
): void {
  for (const stream of streamsOf(moment.world)) {
    const sample = sampleOf(moment.world, stream, name);
    if (sample === null) continue;
    const { first, last } = indicesBetween(stream, moment.zero, start, end);
    for (let index = first; index <= last; index++) {
      const value = sample(stream, index);
      if (value !== null) put(arrivalOf(stream, moment.zero, index), value);
    }
  }
}

function collectRaw(
  { world, zero }: Moment,
  name: MetricName,
  start: number,
  end: number,
  put: (at: number, value: number) => void,
): void {
  for (const series of Object.values(world.metrics)) {
    if (series.namespace !== name.namespace || series.metric !== name.metric) continue;
    if (!sameDimensions(series.dimensions, name.dimensions)) continue;
    for (const { at, value } of series.points) if (zero + at >= start && zero + at < end) put(zero + at, value);
    const { steady } = series;
    if (steady === undefined) continue;
    const until = Math.min(end, steady.to === undefined ? end : zero + steady.to);
    const from = Math.max(start, zero + steady.from);
    for (let at = Math.ceil(from / 60_000) * 60_000; at < until; at += 60_000) put(at, steady.value);
  }
}

function sameDimensions(a: Record<string, string>, b: Record<string, string>): boolean {
  return Object.keys(a).length === Object.keys(b).length && Object.entries(a).every(([key, value]) => b[key] === value);
}

function sampleOf(world: World, stream: Stream, name: MetricName): Sample | null {
  switch (name.namespace) {
    case 'AWS/ApiGateway':
      return isDimensionsOf(stream, name.dimensions) ? gatewaySample(stream, name.metric) : null;
    case 'AWS/Lambda':
      return lambdaSample(stream, name);
    case 'AWS/WAFV2':
      return wafSample(world, stream, name);
    default:
      return null;
  }
}

function isDimensionsOf(stream: Stream, dimensions: Record<string, string>): boolean {
  const { target, resource, httpMethod } = stream;
  const api: Record<string, string> =
    target.type === 'REST' ? { ApiName: metricApiName(target) } : { ApiId: target.apiId };
  const accepted: Record<string, string>[] = [api, { ...api, Stage: target.stageName }];
  if (detailedMetrics(stream)) {
    accepted.push({
      ...api,
      Stage: target.stageName,
      Method: httpMethod,
      Resource: resource.slice(resource.indexOf('/')),
    });
    if (target.type !== 'REST') accepted.push({ ...api, Stage: target.stageName, Route: resource });
  }
  return accepted.some(one => sameDimensions(one, dimensions));
}

/** Non-ASCII characters are stripped from ApiName; a name without any ASCII character gives way to the id. */
function metricApiName({ name, apiId }: { name: string; apiId: string }): string {
  return [...name].filter(character => character <= '~').join('') || apiId;
}

function detailedMetrics({ target, resource, httpMethod }: Stream): boolean {
  if (target.type === 'REST') {
    const { methodSettings } = target.stage;
    return (methodSettings[`${resource.slice(1)}/${httpMethod}`] ?? methodSettings['*/*'])?.metricsEnabled ?? false;
  }
  return { ...target.stage.defaultRouteSettings, ...target.stage.routeSettings[resource] }.detailedMetricsEnabled;
}

function gatewaySample({ target, flow }: Stream, metric: string): Sample | null {
  const flag =
    (holds: boolean): Sample =>
    () =>
      holds ? 1 : 0;
  const latency: Sample = (stream, index) => timings(stream, index).latencyMs;
  const integrationLatency: Sample = (stream, index) => timings(stream, index).integrationLatencyMs;
  const clientError = flow.status >= 400 && flow.status < 500;
  const serverError = flow.status >= 500;
  if (target.type === 'WEBSOCKET') {
    // ExecutionError: API Gateway could not call the integration; IntegrationError: the integration answered so.
    const answered = Number(flow.access['integration.status'] ?? 0) >= 400;
    const samples: Record<string, Sample> = {
      ConnectCount: flag(flow.webSocket === 'connect'),
      MessageCount: flag(flow.webSocket === 'message'),
      ClientError: flag(clientError && !answered),
      IntegrationError: flag(answered),
      ExecutionError: flag(serverError && !answered),
      IntegrationLatency: integrationLatency,
    };
    return samples[metric] ?? null;
  }
  const rest = target.type === 'REST';
  const samples: Record<string, Sample> = {
    Count: flag(true),
    [rest ? '4XXError' : '4xx']: flag(clientError),
    [rest ? '5XXError' : '5xx']: flag(serverError),
    Latency: latency,
    IntegrationLatency: integrationLatency,
    ...(rest ? {} : { DataProcessed: () => 482 }),
  };
  return samples[metric] ?? null;
}

function lambdaSample({ invocation, flow }: Stream, { metric, dimensions }: MetricName): Sample | null {
  if (invocation === null) return null;
  const { name, qualifier, throttled, error } = invocation;
  const byFunction = { FunctionName: name };
  const byAlias = { FunctionName: name, Resource: qualifier === null ? name : `${name}:${qualifier}` };
  if (![{}, byFunction, byAlias].some(accepted => sameDimensions(accepted, dimensions))) return null;
  const samples: Record<string, Sample> = {
    // A throttled request is no invocation.
    Invocations: () => (throttled ? null : 1),
    Errors: () => (throttled ? null : error === undefined ? 0 : 1),
    Throttles: () => (throttled ? 1 : 0),
    Duration: (stream, index) => (throttled ? null : timings(stream, index).durationMs),
    // By Little's law, from this flow's own requests.
    ConcurrentExecutions: (stream, index) =>
      throttled ? null : Math.ceil(timings(stream, index).durationMs / intervalMs(flow)),
  };
  return samples[metric] ?? null;
}

function wafSample(world: World, { flow, target }: Stream, { metric, dimensions }: MetricName): Sample | null {
  const aclArn = target.type === 'REST' ? target.stage.webAclArn : undefined;
  const acl = world.webAcls[aclArn ?? ''];
  if (flow.waf === undefined || acl === undefined) return null;
  const ruleMetric = acl.rules[flow.waf.rule]?.metricName ?? flow.waf.rule;
  if (
    dimensions.WebACL !== (acl.metricName ?? aclArn?.split('/')[2]) ||
    ![ruleMetric, 'ALL'].includes(dimensions.Rule ?? '')
  )
    return null;
  const counted: Record<string, string> = {
    BlockedRequests: 'BLOCK',
    AllowedRequests: 'ALLOW',
    CountedRequests: 'COUNT',
  };
  return counted[metric] === flow.waf.action ? () => 1 : null;
}

function statistic(stat: string, values: number[]): number {
  const sum = () => values.reduce((total, value) => total + value, 0);
  switch (stat) {
    case 'Sum':
      return sum();
    case 'SampleCount':
      return values.length;
    case 'Average':
      return sum() / values.length;
    case 'Minimum':
      return Math.min(...values);
    case 'Maximum':
      return Math.max(...values);
    default: {
      const sorted = values.sort((a, b) => a - b);
      const rank = Math.ceil((Number(stat.slice(1)) / 100) * sorted.length);
      return sorted[Math.max(0, rank - 1)] ?? 0;
    }
  }
}
