import { describe, expect, test } from 'vitest';
import type { MetricSeries } from '../../../src/aws/types.ts';
import { gradualDegradation } from '../../../src/diagnosis/extended/gradual-degradation.ts';
import { awsOf, denied, deployed, integration, route, runStep, sending, signalsOf } from '../steps/fixtures.ts';
import { traffic } from '../steps/readings.ts';

type Readings = NonNullable<Parameters<typeof signalsOf>[0]>;

/** A value a quarter of an hour over the three hours before 10:15, ten requests each. */
function hours(values: {
  latency?: (quarter: number) => number;
  integration?: (quarter: number) => number;
  errors?: (quarter: number) => number;
}): MetricSeries[] {
  const at = (quarter: number) => new Date(Date.UTC(2026, 10, 22, 7, quarter * 15 + 5)).toISOString();
  const series = (id: string, value: (quarter: number) => number) => ({
    id,
    points: Array.from({ length: 13 }, (_, quarter) => ({ at: at(quarter), value: value(quarter) })),
  });
  const { latency = () => 120, integration: behind = () => 100, errors = () => 0 } = values;
  return [
    series('requests', () => 10),
    series('errors', errors),
    series('latencyP95', latency),
    series('integrationLatencyP95', behind),
  ];
}

function run(stage: MetricSeries[], over: Readings = {}) {
  const signals = signalsOf({ deployed: deployed(), traffic: { ...traffic({ errors: 3 }), stage }, ...over });
  return runStep(gradualDegradation, { aws: awsOf(sending({}).send), signals });
}

describe('gradual-degradation', () => {
  test('latency that rises up to the timeout is told with its beginning', async () => {
    const slow = integration({ timeoutMs: 10_000 });
    const finding = await run(
      hours({
        integration: quarter => 400 + Math.max(0, quarter - 3) * 1_000,
        latency: quarter => 420 + Math.max(0, quarter - 3) * 1_000,
      }),
      { deployed: deployed({ routes: [route('GET /orders', { integration: slow })] }) },
    );
    expect(finding).toMatchObject({
      status: 'warning',
      claims: [
        { cause: 'integration-timeout', basis: 'symptom', parameters: { timeoutMs: 10_000, durationMs: 8_400 } },
      ],
    });
    expect(finding.summary).toContain('grew steadily from 400 ms to 8.4 s since about 2026-11-22 08:');
    expect(finding.evidence[0]?.excerpt?.split('\n')).toHaveLength(13);
  });

  test('latency that rises beside the integrations, and errors that grow', async () => {
    const before = await run(hours({ latency: quarter => (quarter < 8 ? 120 : 2_000) }));
    expect(before).toMatchObject({ status: 'warning', claims: [] });
    expect(before.summary).toContain('while the integrations did not');
    const errors = await run(hours({ errors: quarter => Math.min(10, quarter * 0.7) }));
    expect(errors).toMatchObject({ status: 'warning', claims: [] });
    expect(errors.summary).toContain('not to one change');
  });

  test('a step of errors alone is no gradual degradation', async () => {
    const finding = await run(hours({ errors: quarter => (quarter < 9 ? 0 : 5) }));
    expect(finding.status).toBe('ok');
    expect(finding.summary).toContain(
      'the errors went up in one step from 0 % to 50 % since about 2026-11-22 09:15:00 UTC',
    );
  });

  test('too little traffic, and metrics that cannot be read, are unknown', async () => {
    const few = hours({}).map(({ id, points }) => ({ id, points: points.slice(-2) }));
    expect(await run(few)).toMatchObject({ status: 'unknown', gaps: [] });
    expect(await run([], { traffic: denied('cloudwatch:GetMetricData') })).toMatchObject({
      status: 'unknown',
      gaps: [{ permission: 'cloudwatch:GetMetricData' }],
    });
  });

  test('without requests nothing could degrade', async () => {
    expect(await run([])).toMatchObject({ status: 'not_applicable' });
  });
});
