import { describe, expect, test } from 'vitest';
import type { Stage } from '../../../src/aws/types.ts';
import { canary } from '../../../src/diagnosis/extended/canary.ts';
import { awsOf, denied, deployed, failures, runStep, sending, signalsOf, target } from '../steps/fixtures.ts';
import { loggingOff, source, stage, traffic } from '../steps/readings.ts';

type Readings = NonNullable<Parameters<typeof signalsOf>[0]>;
type Answers = Parameters<typeof sending>[0];

const group = 'API-Gateway-Execution-Logs_a1b2c3/prod/Canary';
const one = '6f1c1e2a-1111-4222-8333-444455556666';
const two = '6f1c1e2a-1111-4222-8333-444455557777';

const timedOut = (...ids: string[]): Answers => ({
  'logs:FilterLogEvents': input => {
    expect(input.logGroupName).toBe(group);
    const lines = [
      'Execution failed due to a timeout error',
      'Gateway response type: INTEGRATION_TIMEOUT with status code: 504',
    ];
    return {
      events: ids.flatMap(id =>
        lines.map((line, index) => ({
          timestamp: Date.parse('2026-11-22T10:05:00Z') + index,
          message: `(${id}) ${line}`,
        })),
      ),
    };
  },
});

const released: Stage['canary'] = { deploymentId: 'd2', percentTraffic: 10, variables: {} };

function run(answers: Answers, over: Readings = {}, apiType: 'REST' | 'HTTP' = 'REST') {
  const { send, asked } = sending(answers);
  const signals = signalsOf({
    stage: stage({ canary: released }),
    failures: failures(),
    traffic: traffic({ errors: 10 }),
    deployed: deployed(),
    ...over,
  });
  return runStep(canary, { aws: awsOf(send), signals, target: { ...target, apiType } }, asked);
}

describe('canary', () => {
  test('a canary that fails while the stage does not', async () => {
    // The access log holds the requests of both.
    const finding = await run(timedOut(one, two), {
      failures: failures([
        { requestId: one, status: 504 },
        { requestId: two, status: 504 },
      ]),
    });
    expect(finding.status).toBe('problem');
    expect(finding.claims).toMatchObject([
      { cause: 'canary-deployment-failing', basis: 'signature', requests: 2, parameters: { deploymentId: 'd2' } },
      { cause: 'integration-timeout', basis: 'symptom', requests: null },
    ]);
    expect(finding.evidence[0]?.text).toContain(
      'gets 10 % of the requests to stage prod and runs deployment d2; 10 % of all requests fail',
    );
  });

  test('a stage that fails beside its canary is no failing canary', async () => {
    const finding = await run(timedOut(one), {
      failures: failures([
        { requestId: one, status: 504 },
        { requestId: two, status: 504 },
      ]),
    });
    expect(finding.status).toBe('problem');
    expect(finding.claims).toMatchObject([{ cause: 'integration-timeout', basis: 'signature', requests: 1 }]);
  });

  test('where the log of the stage tells nothing, the canary is a symptom', async () => {
    const blind = { ...failures(), sources: [source('off', { gap: loggingOff })] };
    const finding = await run(timedOut(one), { failures: blind });
    expect(finding.claims[0]).toMatchObject({ cause: 'canary-deployment-failing', basis: 'symptom' });
    const more = await run(timedOut(one), { traffic: traffic({ errors: 60 }) });
    expect(more.claims[0]).toMatchObject({ cause: 'canary-deployment-failing', basis: 'symptom' });
    expect(more.evidence[0]?.text).toContain('60 % of all requests fail');
  });

  test('a canary whose log is silent is ruled out', async () => {
    expect(await run(timedOut())).toMatchObject({
      status: 'ok',
      claims: [],
      ruledOut: [{ id: 'canary-deployment-failing' }],
    });
  });

  test('a log that is off or cannot be read is unknown', async () => {
    const off = stage({ canary: released, logging: { level: 'OFF', dataTrace: false, detailedMetrics: false } });
    const silent = { ...failures(), sources: [source('off', { gap: loggingOff })] };
    expect(await run(timedOut(), { stage: off, failures: silent })).toMatchObject({
      status: 'unknown',
      ruledOut: [],
      gaps: [{ reason: 'logging_off' }],
    });
    expect(await run({ 'logs:FilterLogEvents': () => denied('logs:FilterLogEvents') })).toMatchObject({
      status: 'unknown',
      gaps: [{ permission: 'logs:FilterLogEvents' }],
    });
    expect(await run({}, { stage: denied('apigateway:GetStage') })).toMatchObject({ status: 'unknown' });
  });

  test('a stage without a canary, and an API that can have none', async () => {
    expect(await run({}, { stage: stage() })).toMatchObject({ status: 'not_applicable' });
    const idle = stage({ canary: { deploymentId: 'd2', percentTraffic: 0, variables: {} } });
    expect(await run({}, { stage: idle })).toMatchObject({ status: 'not_applicable' });
    expect(await run({}, {}, 'HTTP')).toMatchObject({ status: 'not_applicable' });
  });
});
