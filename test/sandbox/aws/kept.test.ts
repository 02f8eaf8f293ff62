import { expect, it } from 'vitest';
import { keptSpans } from '../../../src/sandbox/aws/derived/kept.ts';
import { logEvents } from '../../../src/sandbox/aws/derived/log-groups.ts';
import { datapoints } from '../../../src/sandbox/aws/derived/metrics.ts';
import { loadScenarios, type Scenario } from '../../../src/sandbox/scenario.ts';

const minuteMs = 60_000;
const zero = Date.parse('2026-11-20T10:00:20.000Z');
const scenario = (await loadScenarios()).get('lambda-permission-removed') as Scenario;

it('answers a world that has been asked before as one that has not', () => {
  const group = 'API-Gateway-Execution-Logs_a1b2c3d4e5/prod';
  const errors = {
    namespace: 'AWS/ApiGateway',
    metric: '5XXError',
    dimensions: { ApiName: 'orders-api', Stage: 'prod' },
  };
  const asked = structuredClone(scenario.world);
  for (const laterMs of [0, 20_000, 95_000, 4 * minuteMs]) {
    const now = zero + laterMs;
    const [start, end] = [now - 15 * minuteMs, now];
    const answers = [asked, structuredClone(scenario.world)].map(world => ({
      points: datapoints({ world, zero, now }, errors, 'Sum', minuteMs, start, end),
      events: logEvents({ world, zero, now }, group, start + 1_234, end),
    }));
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]?.points.length).toBeGreaterThan(10);
    expect(answers[0]?.events?.length).toBeGreaterThan(1_000);
  }
});

function counted(limits: { spanMs: number; items: number }) {
  const derived: number[] = [];
  const kept = keptSpans<number>(limits);
  const ask = (now: number, start: number, until: number, from = 0) =>
    kept({ world: scenario.world, zero: from, now }, 'a', start, until, at => {
      derived.push(at);
      return [at];
    });
  return { derived, ask };
}

it('makes up the past once, and what has not ended each time', () => {
  const { derived, ask } = counted({ spanMs: 10, items: 100 });
  expect(ask(35, 5, 35)).toEqual([0, 10, 20, 30]);
  expect(ask(36, 5, 36)).toEqual([0, 10, 20, 30]);
  expect(derived).toEqual([0, 10, 20, 30, 30]);
});

it('forgets what was made up for another time zero, and what was used longest ago beyond the limit', () => {
  const { derived, ask } = counted({ spanMs: 10, items: 6 });
  ask(100, 0, 30);
  ask(100, 0, 10);
  ask(100, 30, 40);
  derived.length = 0;
  ask(100, 0, 10);
  ask(100, 10, 20);
  ask(100, 0, 10, 7);
  expect(derived).toEqual([10, 0]);
});
