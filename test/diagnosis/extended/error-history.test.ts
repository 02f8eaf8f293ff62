import { describe, expect, test } from 'vitest';
import { errorHistory } from '../../../src/diagnosis/extended/error-history.ts';
import { awsOf, denied, runStep, sending, signalsOf, target } from '../steps/fixtures.ts';

const end = Date.parse('2026-11-22T10:15:00Z');
const periodMs = 300_000;

/** `errorsAt`: errors of 100 requests, by minutes before the end. */
async function run(errorsAt: (minutesAgo: number) => number, requests = 100, apiType: 'REST' | 'WEBSOCKET' = 'REST') {
  const { send, asked } = sending({
    'cloudwatch:GetMetricData': input => {
      const start = input.StartTime?.getTime() ?? 0;
      const times = Array.from(
        { length: Math.floor((end - start) / periodMs) },
        (_, index) => start + index * periodMs,
      );
      return {
        MetricDataResults: (input.MetricDataQueries ?? []).map(({ Id, MetricStat }) => ({
          Id,
          StatusCode: 'Complete',
          Timestamps: requests === 0 ? [] : times.map(at => new Date(at)),
          Values: times.map(at =>
            /error/i.test(MetricStat?.Metric?.MetricName ?? '') ? errorsAt((end - at) / 60_000) : requests,
          ),
        })),
      };
    },
  });
  const finding = await runStep(
    errorHistory,
    { aws: awsOf(send), signals: signalsOf({}), target: { ...target, apiType } },
    asked,
  );
  return { finding, asked };
}

describe('error-history', () => {
  test('errors that began in the window are new', async () => {
    const { finding, asked } = await run(minutes => (minutes <= 15 ? 20 : 0));
    expect(asked).toHaveLength(1);
    expect(finding).toMatchObject({ status: 'ok', claims: [] });
    expect(finding.summary).toContain('are new: since 2026-11-22 10:00:00 UTC');
    expect(finding.evidence[0]?.cli).toContain('--period 300');
  });

  test('a background of few errors is no episode', async () => {
    const { finding } = await run(minutes => (minutes <= 15 ? 50 : 2));
    expect(finding.summary).toContain('are new');
  });

  test('errors that come back every hour, and at the same time of the day before', async () => {
    const hourly = await run(minutes => (minutes % 60 <= 15 && minutes % 60 > 0 ? 20 : 0));
    expect(hourly.finding.status).toBe('warning');
    expect(hourly.finding.summary).toContain('always at the same minute of the hour');
    const daily = await run(minutes => (minutes <= 15 || (minutes > 1_440 && minutes <= 1_455) ? 20 : 0));
    expect(daily.finding.summary).toContain('before that 1 time in 25 hours');
    expect(daily.finding.summary).toContain('also at the same time of the day before');
  });

  test('errors of many hours are long-standing', async () => {
    const { finding } = await run(minutes => (minutes <= 600 ? 20 : 0), 100, 'WEBSOCKET');
    expect(finding.status).toBe('warning');
    expect(finding.summary).toContain('long-standing: they go on since 2026-11-22 00:15:00 UTC');
  });

  test('none in the window is ok', async () => {
    const { finding } = await run(minutes => (minutes > 60 && minutes < 90 ? 20 : 0));
    expect(finding).toMatchObject({ status: 'ok' });
    expect(finding.summary).toContain('no request with 5xx in the window');
  });

  test('metrics that cannot be read are unknown', async () => {
    const { send, asked } = sending({ 'cloudwatch:GetMetricData': () => denied('cloudwatch:GetMetricData') });
    expect(await runStep(errorHistory, { aws: awsOf(send) }, asked)).toMatchObject({
      status: 'unknown',
      gaps: [{ permission: 'cloudwatch:GetMetricData' }],
    });
  });

  test('a stage without requests has no history', async () => {
    expect((await run(() => 0, 0)).finding).toMatchObject({ status: 'not_applicable' });
  });
});
