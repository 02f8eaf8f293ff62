/** How an API stands after its diagnosis, and what CloudTrail has delivered since. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { openDiagnosis } from '../../src/app.ts';
import type { MetricSeries } from '../../src/aws/types.ts';
import { parseConfig } from '../../src/config.ts';
import { observationOf } from '../../src/diagnosis/observe.ts';
import { noOverrides } from '../../src/diagnosis/request.ts';
import type { DiagnosisRecord, DiagnosisService, Trigger } from '../../src/diagnosis/types.ts';
import { startAwsServer } from '../../src/sandbox/aws/server.ts';
import { loadScenarios } from '../../src/sandbox/scenario.ts';
import { createLog } from '../../src/telemetry.ts';

const end = Date.parse('2026-11-22T12:15:00.000Z');
const minuteMs = 60_000;
const window = {
  start: new Date(end - 15 * minuteMs).toISOString(),
  end: new Date(end).toISOString(),
  onset: null,
  extendedTo: null,
};

/** One figure for each of the 15 minutes, the oldest first. */
function seen(requests: number[], errors: number[]) {
  const series = (id: string, values: number[]): MetricSeries => ({
    id,
    points: values.map((value, index) => ({ at: new Date(end - (15 - index) * minuteMs).toISOString(), value })),
  });
  return observationOf([series('requests', requests), series('errors', errors)], window, new Date(end));
}

const busy = Array.from({ length: 15 }, () => 100);
const errors = (before: number, after: number) => busy.map((_, minute) => (minute < 8 ? before : after));

describe('the direction', () => {
  test.each([
    ['steady', errors(30, 30)],
    ['worse', errors(10, 60)],
    ['better', errors(60, 10)],
    // The last two minutes may not be whole yet.
    ['steady', busy.map((_, minute) => (minute < 13 ? 30 : 0))],
  ] as const)('%s', (direction, failed) => {
    expect(seen(busy, [...failed])).toMatchObject({ direction, requests: 1_500 });
  });

  test('comes with the last five whole minutes by themselves', () => {
    const failed = busy.map((_, minute) => (minute < 8 ? 0 : 97));
    expect(seen(busy, failed).recent).toEqual({
      start: new Date(end - 7 * minuteMs).toISOString(),
      end: new Date(end - 2 * minuteMs).toISOString(),
      requests: 500,
      errors: 485,
      errorShare: 0.97,
    });
  });

  test('is a recovery after ten whole minutes without an error, and not before', () => {
    const failing = (minutes: number) => busy.map((_, minute) => (minute < minutes ? 30 : 0));
    expect(seen(busy, failing(3))).toMatchObject({ direction: 'recovered', lastErrorAt: '2026-11-22T12:02:00.000Z' });
    expect(seen(busy, failing(4)).direction).toBe('better');
    expect(seen(busy, failing(0))).toMatchObject({ direction: 'recovered', lastErrorAt: null });
  });

  test('is unknown where nothing was asked since, so that nothing shows that requests succeed', () => {
    const asked = busy.map((_, minute) => (minute < 3 ? 100 : 0));
    expect(
      seen(
        asked,
        asked.map(count => count / 2),
      ).direction,
    ).toBe('unknown');
  });
});

describe('at the wire', () => {
  async function services() {
    const scenarios = await loadScenarios();
    const server = await startAwsServer({ scenarios, clock: () => new Date() });
    onTestFinished(() => server.stop());
    const incident = 'lambda-permission-removed';
    const region = scenarios.get(incident)?.world.region ?? '';
    const config = parseConfig({ AWS_REGION: region, HEALTH_FEED_URL: '' }, 'command');
    const credentials = { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' };
    const open = async (id: string) => {
      const seams = { endpoint: server.endpoint(id), credentials, log: createLog('silent') };
      const { service, close } = await openDiagnosis({ ...config, quotaShare: 1 }, seams);
      onTestFinished(close);
      return service;
    };
    return { failing: await open(incident), mended: await open(`${incident}-mended`) };
  }

  async function diagnose(service: DiagnosisService): Promise<DiagnosisRecord> {
    const request = {
      target: 'a1b2c3d4e5',
      stage: 'prod',
      region: null,
      accountId: null,
      span: { minutes: 15 },
      overrides: noOverrides,
    };
    const trigger: Trigger = { kind: 'cli', by: null, at: new Date().toISOString(), request };
    const location = await service.locate(request);
    if (location.kind !== 'found') throw new Error(`The API was ${location.kind}.`);
    return service.diagnose(trigger, location);
  }

  test('a failing API is seen to fail, and its mended twin to have recovered', async () => {
    const { failing, mended } = await services();
    const record = await diagnose(failing);
    const now = await failing.observe(record);
    expect(now.direction).not.toBe('recovered');
    expect(now.errors).toBeGreaterThan(0);
    // The twin is a world of its own, in an account of its own.
    const target = { ...record.report.target, accountId: null };
    const there = { ...record, report: { ...record.report, target } };
    expect(await mended.observe(there)).toMatchObject({ direction: 'recovered', errors: 0 });
  });

  test('a change that the report does not have is late; the diagnosis of it is judged anew', async () => {
    const { failing } = await services();
    const record = await diagnose(failing);
    const removed = expect.objectContaining({ event: expect.stringMatching(/^RemovePermission/) });
    expect(record.report.changes).toContainEqual(removed);
    expect((await failing.recheck(record)).late).toEqual([]);

    const unaware: DiagnosisRecord = {
      ...record,
      findings: record.findings.map(one =>
        one.id === 'lambda-role-change' ? { ...one, status: 'ok', summary: 'Nothing was changed.', claims: [] } : one,
      ),
      report: { ...record.report, changes: [] },
    };
    const { record: aware, late } = await failing.recheck(unaware);
    expect(late).toContainEqual(removed);
    expect(aware.report.changes).toEqual(record.report.changes);
    expect(aware.report.diagnoses.find(one => one.id === 'lambda-role-change')?.status).toBe('problem');
  });
});
