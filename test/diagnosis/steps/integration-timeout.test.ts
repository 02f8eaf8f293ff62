import { describe, expect, test } from 'vitest';
import { integrationTimeout } from '../../../src/diagnosis/steps/integration-timeout.ts';
import { denied, deployed, failures, functionArn, integration, route, runStep, signalsOf, target } from './fixtures.ts';
import { configuration, functionFacts, functions, line, traffic } from './readings.ts';

type Readings = NonNullable<Parameters<typeof signalsOf>[0]>;

const limited = (timeoutMs: number | null) =>
  deployed({ routes: [route('GET /orders', { integration: integration({ timeoutMs }) })] });

const lasting = (timeoutSeconds: number) =>
  functions(functionFacts({ configuration: configuration({ timeoutSeconds }) }));

const run = (over: Readings = {}, on: Partial<typeof target> = {}) =>
  runStep(integrationTimeout, {
    target: { ...target, ...on },
    signals: signalsOf({
      deployed: limited(null),
      functions: functions(),
      traffic: traffic(),
      failures: failures(),
      ...over,
    }),
  });

describe('integration-timeout', () => {
  test('calls well below the limit rule the timeout out', async () => {
    const finding = await run();
    expect(finding.status).toBe('ok');
    expect(finding.summary).toBe(
      'Function orders-fn took 120 ms at most; API Gateway waits 29 s before it answers 504, not 500.',
    );
    expect(finding.ruledOut).toMatchObject([{ id: 'integration-timeout' }]);
    expect(finding.evidence.map(one => one.source)).toEqual([
      'apigateway:GetExport',
      'lambda:GetFunctionConfiguration',
      'cloudwatch:GetMetricData',
    ]);
  });

  test('failing requests that say so are a problem with what was waited and needed', async () => {
    const finding = await run({
      deployed: limited(3_000),
      functions: lasting(30),
      traffic: traffic({ errors: 4, function: { durationMaxMs: 8_000 } }),
      failures: failures([
        {
          cause: 'integration-timeout',
          status: 504,
          functionArn,
          decisive: line('Execution failed due to a timeout error'),
        },
        { cause: null, status: 504, route: 'GET /orders', integrationLatencyMs: 2_990 },
        { cause: 'lambda-malformed-response', status: 502, functionArn },
      ]),
    });
    expect(finding.status).toBe('problem');
    expect(finding.summary).toContain('504, not 500');
    expect(finding.claims).toEqual([
      {
        cause: 'integration-timeout',
        basis: 'signature',
        requests: 2,
        evidence: expect.any(Array),
        parameters: {
          functionName: 'orders-fn',
          functionArn,
          route: 'GET /orders',
          routes: ['GET /orders'],
          timeoutMs: 3_000,
          functionTimeoutSeconds: 30,
          durationMs: 8_000,
        },
      },
    ]);
    const [decisive] = finding.claims[0]?.evidence ?? [];
    expect(finding.evidence.find(one => one.id === decisive)?.excerpt).toBe('Execution failed due to a timeout error');
  });

  test('measured durations beyond the limit are enough while requests fail and nothing else explains them', async () => {
    const measured = {
      deployed: limited(3_000),
      functions: lasting(30),
      traffic: traffic({ errors: 4, function: { durationMaxMs: 8_000 } }),
    };
    expect(await run(measured)).toMatchObject({
      status: 'problem',
      claims: [{ cause: 'integration-timeout', basis: 'configuration', requests: null }],
    });
    const otherwise = failures([{ cause: 'lambda-malformed-response', functionArn }]);
    expect(await run({ ...measured, failures: otherwise })).toMatchObject({ status: 'warning', claims: [] });
    const draft = { ...measured.deployed, basis: 'draft', faithful: false } as const;
    expect(await run({ ...measured, deployed: draft })).toMatchObject({ status: 'warning', claims: [] });
    expect(await run({ ...measured, traffic: traffic({ function: { durationMaxMs: 8_000 } }) })).toMatchObject({
      status: 'warning',
      claims: [],
    });
  });

  test('a draft that stands in for the export proves nothing, and rules nothing out', async () => {
    const unread = { source: 'apigateway:GetExport', reason: 'throttled', permission: null, remedy: 'Wait.' } as const;
    const quick = { functions: lasting(30), traffic: traffic({ function: { durationMaxMs: 80 } }) };
    const draft = { ...limited(29_000), basis: 'draft', faithful: false, unread } as const;
    expect(await run({ ...quick, deployed: limited(29_000) })).toMatchObject({ status: 'ok' });
    expect(await run({ ...quick, deployed: draft })).toMatchObject({ status: 'unknown', ruledOut: [], gaps: [unread] });
  });

  test("the function's own timeout, where it is the shorter one", async () => {
    const finding = await run({
      traffic: traffic({ errors: 2, function: { durationMaxMs: 3_000, errors: 2 } }),
      failures: failures([
        { cause: 'lambda-timeout', status: 502, functionArn, decisive: line('Task timed out after 3.00 seconds') },
      ]),
    });
    expect(finding).toMatchObject({
      status: 'problem',
      claims: [
        {
          cause: 'lambda-timeout',
          basis: 'signature',
          requests: 1,
          parameters: { functionTimeoutSeconds: 3, timeoutMs: 29_000, durationMs: 3_000 },
        },
      ],
    });
  });

  test('durations at the own timeout with errors, and no line that says so, are a symptom', async () => {
    const finding = await run({ traffic: traffic({ errors: 2, function: { durationMaxMs: 3_000, errors: 2 } }) });
    expect(finding).toMatchObject({ status: 'warning', claims: [{ cause: 'lambda-timeout', basis: 'symptom' }] });
  });

  test('a function that may run longer is a risk only where the integration timeout was lowered', async () => {
    expect(await run({ functions: lasting(30) })).toMatchObject({ status: 'ok', claims: [] });
    expect((await run({ functions: lasting(30) })).summary).toContain('though it may itself run 30 s');
    const lowered = await run({ functions: lasting(30), deployed: limited(5_000) });
    expect(lowered).toMatchObject({ status: 'warning', claims: [] });
    expect(lowered.summary).toContain('waits only 5 s');
  });

  test('an endpoint is measured by the latency of the stage', async () => {
    const http = deployed({
      routes: [
        route('GET /items', { integration: integration({ type: 'HTTP_PROXY', uri: 'https://example.com/items' }) }),
      ],
    });
    const close = await run({ deployed: http, traffic: traffic({ latencyMs: 25_000 }) });
    expect(close).toMatchObject({ status: 'warning', claims: [] });
    expect(close.summary).toContain('close to the 29 s');
    const claimed = await run({ deployed: http, traffic: traffic({ latencyMs: 29_000, errors: 3 }) });
    expect(claimed.claims).toMatchObject([
      { cause: 'integration-timeout', parameters: { endpoint: 'https://example.com/items', timeoutMs: 29_000 } },
    ]);
  });

  test('the limit and the answer follow the type of API', async () => {
    expect((await run({}, { apiType: 'HTTP' })).summary).toContain('waits 30 s before it answers 503 or 504, not 500');
    expect((await run({}, { apiType: 'WEBSOCKET' })).summary).toContain('an error frame');
  });

  test('what cannot be read is unknown with its gap, and what can be is still judged', async () => {
    expect(await run({ traffic: denied('cloudwatch:GetMetricData') })).toMatchObject({
      status: 'unknown',
      gaps: [{ source: 'cloudwatch:GetMetricData' }],
    });
    expect(await run({ functions: denied('lambda:GetFunctionConfiguration') })).toMatchObject({
      status: 'unknown',
      gaps: [{ permission: 'lambda:GetFunctionConfiguration' }],
    });
    const logged = await run({
      deployed: denied('apigateway:GetExport'),
      failures: failures([{ cause: 'integration-timeout', status: 504 }]),
    });
    expect(logged).toMatchObject({
      status: 'problem',
      claims: [{ cause: 'integration-timeout', requests: 1, parameters: {} }],
      gaps: [{ source: 'apigateway:GetExport' }],
    });
  });

  test('mock integrations wait for nothing', async () => {
    const mock = deployed({ routes: [route('GET /ping', { integration: integration({ type: 'MOCK', uri: null }) })] });
    expect(await run({ deployed: mock })).toMatchObject({ status: 'not_applicable' });
  });
});
