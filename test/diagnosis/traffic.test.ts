import { describe, expect, it } from 'vitest';
import type { MetricSeries } from '../../src/aws/types.ts';
import { lookbackMinutes, measuredRoutes, metricQueries, trafficOf } from '../../src/diagnosis/traffic.ts';
import type { Target, Window } from '../../src/diagnosis/types.ts';
import { route } from './steps/fixtures.ts';
import { stage } from './steps/readings.ts';

const end = Date.parse('2026-03-01T12:00:00Z');
const window: Window = { start: iso(15), end: iso(0), onset: null, extendedTo: null };
const target: Target = {
  accountId: '111122223333',
  region: 'eu-west-1',
  apiId: 'a1b2c3d4e5',
  apiName: 'orders-api',
  apiType: 'REST',
  stage: 'prod',
};

function iso(minutesAgo: number): string {
  return new Date(end - minutesAgo * 60_000).toISOString();
}

/** One value a minute from `minutesAgo`, oldest first; undefined leaves the minute out. */
function series(id: string, value: (minutesAgo: number) => number | undefined): MetricSeries {
  const points: MetricSeries['points'] = [];
  for (let minutesAgo = 15 + lookbackMinutes; minutesAgo > 0; minutesAgo--) {
    const one = value(minutesAgo);
    if (one !== undefined) points.push({ at: iso(minutesAgo), value: one });
  }
  return { id, points };
}

function judge(
  errors: (minutesAgo: number) => number | undefined,
  requests: (minutesAgo: number) => number | undefined = () => 30,
) {
  return trafficOf([series('requests', requests), series('errors', errors)], [], window);
}

describe('onset', () => {
  it('is the first failing minute after a quiet time', () => {
    expect(judge(ago => (ago <= 12 ? 30 : 0)).onset).toBe(iso(12));
  });

  it('reaches back before the window', () => {
    expect(judge(ago => (ago <= 40 ? 5 : 0)).onset).toBe(iso(40));
  });

  it('belongs to the last episode, not to an earlier one', () => {
    expect(judge(ago => (ago <= 8 || (ago > 60 && ago < 75) ? 30 : 0)).onset).toBe(iso(8));
  });

  it('is where the rate jumps, against a background of errors', () => {
    expect(judge(ago => (ago <= 9 ? 25 : ago % 3 === 0 ? 1 : 0)).onset).toBe(iso(9));
  });

  it('is unknown where errors fill everything that was read', () => {
    expect(judge(() => 4).onset).toBeNull();
  });

  it('is null without errors, and when the errors ended before the window', () => {
    expect(judge(() => 0).onset).toBeNull();
    expect(judge(ago => (ago > 20 && ago < 30 ? 9 : 0)).onset).toBeNull();
  });
});

describe('pattern', () => {
  it('is constant where nine of ten minutes with requests have errors', () => {
    expect(judge(ago => (ago <= 10 ? 3 : 0)).pattern).toBe('constant');
  });

  it('is intermittent where fewer have', () => {
    expect(judge(ago => (ago <= 12 && ago % 3 === 0 ? 3 : 0)).pattern).toBe('intermittent');
  });

  it('does not count minutes without requests', () => {
    const requests = (ago: number) => (ago % 3 === 0 ? 10 : undefined);
    expect(judge(ago => (ago <= 12 && ago % 3 === 0 ? 10 : undefined), requests).pattern).toBe('constant');
  });

  it('is unknown with fewer than three minutes, and none without errors', () => {
    expect(judge(ago => (ago <= 2 ? 3 : 0)).pattern).toBe('unknown');
    expect(judge(() => 0).pattern).toBe('none');
  });
});

describe('impact and series', () => {
  it('shows missing minutes as zero, and compares with the time before the onset', () => {
    const { impact, series: shown } = judge(
      ago => (ago <= 10 ? 15 : undefined),
      ago => (ago === 5 ? undefined : 30),
    );
    expect(shown.points).toHaveLength(15);
    expect(shown.points?.find(point => point.at === iso(5))).toEqual({ at: iso(5), requests: 0, errors: 15 });
    expect(impact).toMatchObject({ requests: 14 * 30, errors: 150, baseline: { errorShare: 0 } });
  });

  it('is measured from the onset on where that is known, inside the window or before it', () => {
    const requests = () => 60;
    const late = judge(ago => (ago <= 4 ? 60 : 0), requests).impact;
    expect(late).toMatchObject({ requests: 15 * 60, errors: 240 });
    expect(late.sinceOnset).toEqual({ start: iso(4), end: iso(0), requests: 240, errors: 240, errorShare: 1 });
    const early = judge(ago => (ago <= 40 ? 30 : 0), requests).impact;
    expect(early.sinceOnset).toMatchObject({ start: iso(40), requests: 40 * 60, errorShare: 0.5 });
    expect(judge(() => 0, requests).impact.sinceOnset).toBeUndefined();
  });

  it('sums the functions’ metrics over the window only', () => {
    const totals = trafficOf(
      [series('f0_throttles', ago => (ago <= 20 ? 2 : 0)), series('f0_durationMax', ago => (ago === 3 ? 4_800 : 100))],
      ['orders-fn'],
      window,
    ).functions['orders-fn'];
    expect(totals).toEqual({ invocations: 0, errors: 0, throttles: 30, durationMaxMs: 4_800 });
  });
});

describe('metricQueries', () => {
  it('names a REST API without its non-ASCII characters, and by id where none is left', () => {
    expect(metricQueries({ ...target, apiName: 'bestellungen-ü' }, [])[0]?.dimensions.ApiName).toBe('bestellungen-');
    expect(metricQueries({ ...target, apiName: '注文' }, [])[0]?.dimensions.ApiName).toBe('a1b2c3d4e5');
  });

  it('names an HTTP API by id', () => {
    expect(metricQueries({ ...target, apiType: 'HTTP' }, [])[0]?.dimensions).toEqual({
      ApiId: 'a1b2c3d4e5',
      Stage: 'prod',
    });
  });
});

describe('metrics of single routes', () => {
  const routes = [route('GET /me'), route('POST /orders')];
  const detailed = { level: 'OFF', dataTrace: false, detailedMetrics: true } as const;
  const measured = (me: number, orders: number) =>
    trafficOf(
      [
        series('requests', () => 30),
        series('errors', ago => (ago <= 5 ? 3 : 0)),
        series('r0_errors0', ago => (ago <= 5 ? me : 0)),
        series('r1_errors0', ago => (ago <= 5 || ago > 15 ? orders : 0)),
      ],
      [],
      window,
      routes,
    );

  it('are asked for only where the settings of the stage or the route have them', () => {
    const all = stage({ logging: detailed });
    expect(measuredRoutes(target, all, routes)).toEqual(routes);
    expect(measuredRoutes(target, stage({ routeLogging: { 'GET /me': detailed } }), routes)).toEqual([routes[0]]);
    expect(measuredRoutes(target, stage(), routes)).toEqual([]);
    expect(measuredRoutes(target, null, routes)).toEqual([]);
    expect(measuredRoutes({ ...target, apiType: 'WEBSOCKET' }, all, routes)).toEqual([]);
  });

  it('go by method and resource, and for an HTTP API by the route too', () => {
    const [me] = routes;
    const asked = (apiType: 'REST' | 'HTTP') =>
      metricQueries({ ...target, apiType }, [], me ? [me] : [])
        .filter(one => one.id.startsWith('r0_'))
        .map(({ metric, dimensions }) => ({ metric, ...dimensions }));
    expect(asked('REST')).toEqual([
      { metric: '5XXError', ApiName: 'orders-api', Stage: 'prod', Method: 'GET', Resource: '/me' },
    ]);
    expect(asked('HTTP')).toEqual([
      { metric: '5xx', ApiId: 'a1b2c3d4e5', Stage: 'prod', Route: 'GET /me' },
      { metric: '5xx', ApiId: 'a1b2c3d4e5', Stage: 'prod', Method: 'GET', Resource: '/me' },
    ]);
  });

  it('tell the failing routes of the window, most errors first', () => {
    expect(measured(0, 3).routes).toEqual([{ key: 'POST /orders', errors: 15 }]);
    expect(measured(1, 2).routes?.map(one => one.key)).toEqual(['POST /orders', 'GET /me']);
    expect(measured(1, 2).stage.map(one => one.id)).toEqual(['requests', 'errors']);
  });

  it('tell nothing where they do not account for all errors, or none is measured', () => {
    expect(measured(0, 2).routes).toBeNull();
    expect(judge(() => 3).routes).toBeNull();
  });
});
