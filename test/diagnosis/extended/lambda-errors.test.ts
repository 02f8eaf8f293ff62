import { describe, expect, test } from 'vitest';
import { lambdaErrors } from '../../../src/diagnosis/extended/lambda-errors.ts';
import {
  awsOf,
  denied,
  deployed,
  failures,
  functionArn,
  integration,
  route,
  runStep,
  sending,
  signalsOf,
} from '../steps/fixtures.ts';
import { functions, traffic } from '../steps/readings.ts';

type Readings = NonNullable<Parameters<typeof signalsOf>[0]>;
type Answers = Parameters<typeof sending>[0];

function run(over: Readings = {}, answers: Answers = {}) {
  const { send, asked } = sending(answers);
  const signals = signalsOf({
    deployed: deployed(),
    functions: functions(),
    traffic: traffic(),
    failures: failures(),
    ...over,
  });
  return runStep(lambdaErrors, { aws: awsOf(send), signals }, asked);
}

const log = (...messages: string[]): Answers => ({
  'logs:FilterLogEvents': () => ({
    events: messages.map(message => ({ timestamp: Date.parse('2026-11-22T10:05:00Z'), message })),
  }),
  'lambda:GetFunctionConcurrency': () => ({}),
});

describe('lambda-errors', () => {
  test('functions without an error or throttle are ok', async () => {
    const finding = await run();
    expect(finding).toMatchObject({ group: 'extended', number: null, status: 'ok', claims: [] });
    expect(finding.evidence[0]).toMatchObject({
      id: 'extended-lambda-errors.1',
      source: 'cloudwatch:GetMetricData',
      text: 'Function orders-fn: 100 invocations, the longest 120 ms; 0 errors, 0 throttles over the last 30 minutes.',
    });
  });

  test('errors are told with what the log of the function says', async () => {
    const finding = await run(
      { traffic: traffic({ errors: 3, function: { errors: 3 } }) },
      log(
        'RequestId: 6f1c1e2a-1111-4222-8333-444455556666 Error: Runtime exited with error: signal: killed',
        "Unable to import module 'app': No module named 'requests'",
      ),
    );
    expect(finding.status).toBe('warning');
    expect(finding.claims).toMatchObject([
      { cause: 'lambda-out-of-memory', basis: 'symptom', parameters: { functionName: 'orders-fn', memoryMb: 128 } },
      { cause: 'lambda-init-error', basis: 'symptom' },
    ]);
    expect(finding.evidence.some(one => one.text.startsWith('Function orders-fn: 100 invocations'))).toBe(true);
  });

  test('errors that no log explains stay errors of the function', async () => {
    const finding = await run({ traffic: traffic({ errors: 3, function: { errors: 3 } }) }, log());
    expect(finding).toMatchObject({
      status: 'warning',
      claims: [
        { cause: 'lambda-function-error', basis: 'symptom', parameters: { functionName: 'orders-fn', functionArn } },
      ],
    });
    expect(finding.summary).toBe(
      'Function orders-fn ended 3 invocations of 100 with an error over the last 30 minutes.',
    );
  });

  test('failing requests of the half hour carry their own signature', async () => {
    const finding = await run({
      failures: failures([
        { cause: 'lambda-malformed-response', status: 502, functionArn },
        { cause: 'waf-blocked', status: 403 },
      ]),
    });
    expect(finding).toMatchObject({
      status: 'problem',
      claims: [{ cause: 'lambda-malformed-response', basis: 'signature', requests: 1 }],
    });
  });

  test('throttles are told with the limit that they met', async () => {
    const finding = await run(
      { traffic: traffic({ errors: 3, function: { throttles: 3 } }) },
      {
        'lambda:GetFunctionConcurrency': () => ({ ReservedConcurrentExecutions: 2 }),
        'lambda:GetAccountSettings': () => denied('lambda:GetAccountSettings'),
      },
    );
    expect(finding).toMatchObject({
      status: 'warning',
      claims: [{ cause: 'lambda-throttled', basis: 'symptom', parameters: { reservedConcurrency: 2 } }],
      gaps: [{ permission: 'lambda:GetAccountSettings' }],
    });
  });

  test('what cannot be read is unknown', async () => {
    expect(await run({ functions: denied('lambda:GetFunctionConfiguration') })).toMatchObject({
      status: 'unknown',
      gaps: [{ permission: 'lambda:GetFunctionConfiguration' }],
    });
    const metrics = await run({ traffic: denied('cloudwatch:GetMetricData') }, log());
    expect(metrics).toMatchObject({ status: 'unknown', gaps: [{ source: 'cloudwatch:GetMetricData' }] });
    const logs = await run(
      { traffic: traffic({ errors: 3, function: { errors: 3 } }) },
      { ...log(), 'logs:FilterLogEvents': () => denied('logs:FilterLogEvents') },
    );
    expect(logs).toMatchObject({
      status: 'warning',
      claims: [{ cause: 'lambda-function-error' }],
      gaps: [{ permission: 'logs:FilterLogEvents' }],
    });
  });

  test('an API without functions has none that fail', async () => {
    const uri = 'https://example.com/';
    const http = deployed({ routes: [route('GET /', { integration: integration({ type: 'HTTP_PROXY', uri }) })] });
    expect(await run({ deployed: http, functions: { items: [], complete: true } })).toMatchObject({
      status: 'not_applicable',
    });
  });
});
