/** How an API stands after its diagnosis, from the last minutes of its metrics. */
import { readMetrics } from '../aws/metrics.ts';
import type { Aws, MetricSeries } from '../aws/types.ts';
import { floorMinute, measured, metricQueries, trafficOf } from './traffic.ts';
import type { Observation, Target, Window } from './types.ts';

const windowMinutes = 15;
/** The last minutes are compared with those before them. */
const recentMinutes = 5;
/** This many full minutes without an error are a recovery; fewer may be a pause between retries. */
const quietMinutes = 10;
/**
 * CloudWatch has a minute's metrics shortly after it has ended; the newest minutes may not be whole yet.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
 */
const settleMinutes = 2;
const minuteMs = 60_000;

/** Rejects with UnreadError. */
export async function observe(aws: Aws, target: Target, now: Date): Promise<Observation> {
  const end = floorMinute(now.getTime());
  const start = new Date(end - windowMinutes * minuteMs).toISOString();
  const window: Window = { start, end: new Date(end).toISOString(), onset: null, extendedTo: null };
  const series = await readMetrics(aws.send, metricQueries(target, []), start, window.end);
  return observationOf(series, window, now);
}

/** Pure. */
export function observationOf(series: MetricSeries[], window: Window, now: Date): Observation {
  const { series: seen, impact } = trafficOf(series, [], window);
  const points = seen.points ?? [];
  const lastErrorAt = points.findLast(point => point.errors > 0)?.at ?? null;
  const settled = Date.parse(window.end) - settleMinutes * minuteMs;
  const whole = points.filter(point => Date.parse(point.at) < settled);
  return {
    at: now.toISOString(),
    direction: directionOf(whole, lastErrorAt, settled),
    requests: impact.requests,
    errors: impact.errors,
    lastErrorAt,
    points: seen.points,
    ...(whole.length === 0 ? {} : { recent: measured(whole.slice(-recentMinutes)) }),
  };
}

type Points = NonNullable<Observation['points']>;

function directionOf(points: Points, lastErrorAt: string | null, settled: number): Observation['direction'] {
  const quietSince = lastErrorAt === null ? Number.NEGATIVE_INFINITY : Date.parse(lastErrorAt) + minuteMs;
  const quiet = points.filter(point => Date.parse(point.at) >= quietSince);
  if (settled - quietSince >= quietMinutes * minuteMs) {
    // Without a single request nothing has shown that they succeed again.
    return quiet.some(point => point.requests > 0) ? 'recovered' : 'unknown';
  }
  const recent = points.slice(-recentMinutes);
  const [now, before] = [shareOf(recent), shareOf(points.slice(0, -recentMinutes))];
  if (now === null || before === null) return 'unknown';
  // A fifth up or down is what errors do anyway while their reason stays the same.
  if (now > before * 1.2 + 0.01) return 'worse';
  return now < before * 0.8 - 0.01 ? 'better' : 'steady';
}

/** Share of failing requests; null without requests. */
function shareOf(points: Points): number | null {
  const total = (field: 'requests' | 'errors') => points.reduce((all, point) => all + point[field], 0);
  const requests = total('requests');
  return requests === 0 ? null : Math.min(1, total('errors') / requests);
}
