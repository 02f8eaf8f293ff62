import { describe, expect, test } from 'vitest';
import type { Failures } from '../../../src/diagnosis/signals.ts';
import { apiLogs } from '../../../src/diagnosis/steps/api-logs.ts';
import type { Overrides } from '../../../src/diagnosis/types.ts';
import {
  accountId,
  awsOf,
  denied,
  deployed,
  failures,
  functionArn,
  integration,
  notFound,
  region,
  route,
  runStep,
  sending,
  signalsOf,
  target,
} from './fixtures.ts';
import { configuration, functionFacts, functions, line, loggingOff, source, stage, traffic } from './readings.ts';

type Readings = NonNullable<Parameters<typeof signalsOf>[0]>;
type Answers = Parameters<typeof sending>[0];

const lambdaId = '6f1c1e2a-1111-4222-8333-444455556666';

function run(
  over: Readings = {},
  answers: Answers = {},
  on: Partial<typeof target> = {},
  overrides: Partial<Overrides> = {},
) {
  const { send, asked } = sending(answers);
  const signals = signalsOf({
    failures: failures(),
    traffic: traffic(),
    functions: functions(),
    deployed: deployed(),
    stage: stage(),
    ...over,
  });
  const given = { functionName: null, roleName: null, policyArn: null, logGroup: null, ...overrides };
  const finding = runStep(
    apiLogs,
    { aws: awsOf(send), target: { ...target, ...on }, overrides: given, signals },
    asked,
  );
  return finding.then(one => ({ ...one, asked }));
}

const withSources = (sources: Failures['sources'], requests: Parameters<typeof failures>[0] = []): Failures => ({
  ...failures(requests),
  sources,
});

const functionLog = (...messages: string[]): Answers => ({
  'logs:FilterLogEvents': () => ({
    events: messages.map((message, at) => ({
      timestamp: Date.parse('2026-11-22T10:05:00Z') + at,
      message,
      logStreamName: 's',
    })),
  }),
});

describe('api-logs', () => {
  test('logs without a failing request, and no errors by the metrics, are ok', async () => {
    const finding = await run({
      failures: withSources([source('empty'), source('off', { kind: 'access', logGroup: null })]),
    });
    expect(finding).toMatchObject({ status: 'ok', claims: [], gaps: [], asked: [] });
    expect(finding.evidence[0]).toMatchObject({
      source: 'logs:FilterLogEvents',
      link: expect.stringContaining('logsV2'),
    });
  });

  describe('where the execution log is larger than what is read of it', () => {
    const cut = withSources(
      [source('read', { events: 5_000, complete: false })],
      [{ cause: 'lambda-malformed-response', status: 502, decisive: line('Malformed Lambda proxy response') }],
    );
    const sentences = [
      ['Execution failed due to configuration error: Malformed Lambda proxy response', '21000'],
      ['Execution failed due to a timeout error', '300'],
    ];
    const counting: Answers = {
      'logs:StartQuery': () => ({ queryId: 'q1' }),
      'logs:GetQueryResults': () => ({
        status: 'Complete',
        results: sentences.map(([sentence, lines]) => [
          { field: 'sentence', value: sentence },
          { field: 'lines', value: lines },
        ]),
        statistics: { bytesScanned: 2_400_000_000 },
      }),
    };

    test('all of it is counted, with the price, and what was not read is a lead', async () => {
      const finding = await run({ failures: cut, traffic: traffic({ errors: 21_300 }) }, counting);
      const counted = finding.evidence.find(one => one.source === 'logs:StartQuery');
      expect(counted?.text).toContain('21300 lines');
      expect(counted?.text).toContain('2.4 GB, which costs an estimated $0.0120 at $0.005 a GB');
      expect(finding.claims.filter(one => one.cause === 'integration-timeout')).toMatchObject([{ basis: 'symptom' }]);
    });

    test('that it could not be counted is a gap', async () => {
      const finding = await run({ failures: cut }, { 'logs:StartQuery': () => denied('logs:StartQuery') });
      expect(finding.gaps).toContainEqual(
        expect.objectContaining({ reason: 'access_denied', permission: 'logs:StartQuery' }),
      );
    });
  });

  test('counts failing requests by cause, with the decisive line and what the texts may name', async () => {
    const said = line('(id) Execution failed due to configuration error: Invalid permissions on Lambda function');
    const finding = await run({
      traffic: traffic({ errors: 4 }),
      failures: failures([
        {
          cause: 'lambda-invoke-permission-missing',
          at: '2026-11-22T10:02:00.000Z',
          functionArn: `${functionArn}:live`,
          route: 'GET /orders',
          decisive: said,
        },
        {
          cause: 'lambda-invoke-permission-missing',
          at: '2026-11-22T10:09:00.000Z',
          functionArn: `${functionArn}:live`,
          route: 'GET /orders',
          decisive: said,
        },
        {
          cause: 'lambda-invoke-permission-missing',
          at: '2026-11-22T10:04:00.000Z',
          functionArn: `${functionArn}:live`,
          decisive: said,
        },
        {
          cause: 'lambda-malformed-response',
          status: 502,
          functionArn,
          decisive: line('Malformed Lambda proxy response'),
        },
      ]),
    });
    expect(finding.status).toBe('problem');
    expect(finding.claims).toMatchObject([
      {
        cause: 'lambda-invoke-permission-missing',
        basis: 'signature',
        requests: 3,
        parameters: { functionName: 'orders-fn', functionArn, qualifier: 'live', route: 'GET /orders' },
      },
      { cause: 'lambda-malformed-response', basis: 'signature', requests: 1 },
    ]);
    const [decisive] = finding.claims[0]?.evidence ?? [];
    expect(finding.evidence.find(one => one.id === decisive)).toMatchObject({
      excerpt: said.message,
      text: expect.stringContaining(
        '3 requests of GET /orders from 2026-11-22 10:02:00 UTC to 2026-11-22 10:09:00 UTC',
      ),
    });
    expect(finding.summary).toContain('3 of 4 failing requests');
    expect(finding.asked).toEqual([]);
  });

  test('refusals with a 4xx are told, and are no problem', async () => {
    const finding = await run({ failures: failures([{ cause: 'waf-blocked', status: 403, route: 'GET /orders' }]) });
    expect(finding).toMatchObject({
      status: 'warning',
      claims: [{ cause: 'waf-blocked', requests: 0, parameters: { statusCode: '403' } }],
    });
    expect(finding.summary).toContain('403, not 5xx');
  });

  test('the backend’s own status goes with the claim', async () => {
    const finding = await run({
      traffic: traffic({ errors: 1 }),
      deployed: deployed({
        routes: [
          route('GET /items', { integration: integration({ type: 'HTTP_PROXY', uri: 'https://example.com/' }) }),
        ],
      }),
      failures: failures([
        { cause: 'backend-5xx', status: 503, route: 'GET /items', decisive: line('Received response. Status: 503') },
      ]),
    });
    expect(finding.claims[0]?.parameters).toMatchObject({
      statusCode: '503',
      endpoint: 'https://example.com/',
      route: 'GET /items',
    });
  });

  test('requests that no line explains are counted, with their commonest line', async () => {
    const finding = await run({
      traffic: traffic({ errors: 3 }),
      failures: failures([
        { decisive: line('Method completed with status: 500') },
        { decisive: line('Something new 123') },
        { decisive: line('Something new 456') },
        { status: 403 },
      ]),
    });
    expect(finding.status).toBe('warning');
    expect(finding.claims).toMatchObject([
      { cause: 'unclassified', basis: 'signature', requests: 3, parameters: { message: 'Something new 123' } },
    ]);
  });

  test('causes that a line leaves possible are leads', async () => {
    const finding = await run({
      failures: failures([
        { possible: ['lambda-kms-access-denied', 'lambda-service-error', 'endpoint-network-error'] },
      ]),
    });
    expect(finding.claims.map(one => [one.cause, one.basis])).toEqual([
      ['unclassified', 'signature'],
      ['lambda-kms-access-denied', 'symptom'],
      ['lambda-service-error', 'symptom'],
    ]);
  });

  test('the configuration tells whose role a line speaks of', async () => {
    const roleArn = `arn:aws:iam::${accountId}:role/apigw-invoke`;
    const finding = await run({
      deployed: deployed({ routes: [route('GET /orders', { integration: integration({ credentials: roleArn }) })] }),
      failures: failures([
        {
          possible: ['authorizer-role-not-assumable', 'integration-role-not-assumable'],
          decisive: line(`API Gateway does not have permission to assume the provided role ${roleArn}`),
        },
      ]),
    });
    expect(finding).toMatchObject({
      status: 'problem',
      claims: [
        { cause: 'integration-role-not-assumable', requests: 1, parameters: { roleArn, roleName: 'apigw-invoke' } },
      ],
    });
  });

  describe("the functions' own logs", () => {
    const failed = {
      cause: 'lambda-function-error',
      status: 502,
      functionArn,
      lambdaRequestId: lambdaId,
      decisive: line('due to customer function error: boom. Lambda request id: x'),
    } as const;
    const errors = traffic({ errors: 1, function: { errors: 1 } });

    test('tell an error of the function more closely', async () => {
      const finding = await run(
        { traffic: errors, failures: failures([failed]) },
        functionLog(`2026-11-22T10:05:00.000Z ${lambdaId} Task timed out after 3.00 seconds`),
      );
      expect(finding).toMatchObject({
        status: 'problem',
        claims: [
          {
            cause: 'lambda-timeout',
            basis: 'signature',
            requests: 1,
            parameters: { functionName: 'orders-fn', functionTimeoutSeconds: 3, timeoutMs: 29_000 },
          },
        ],
      });
      const [decisive] = finding.claims[0]?.evidence ?? [];
      expect(finding.evidence.find(one => one.id === decisive)).toMatchObject({ resource: '/aws/lambda/orders-fn' });
      expect(finding.asked[0]?.input).toMatchObject({ logGroupName: '/aws/lambda/orders-fn' });
    });

    test('tell which action the execution role lacks', async () => {
      const table = `arn:aws:dynamodb:${region}:${accountId}:table/orders`;
      const finding = await run(
        { traffic: errors, failures: failures([failed]) },
        functionLog(
          `2026-11-22T10:05:00.000Z\t${lambdaId}\tERROR\tInvoke Error\t{"errorType":"AccessDeniedException","errorMessage":"User: arn:aws:sts::${accountId}:assumed-role/orders-role/orders-fn is not authorized to perform: dynamodb:GetItem on resource: ${table} because no identity-based policy allows the dynamodb:GetItem action"}`,
        ),
      );
      expect(finding.claims).toMatchObject([
        {
          cause: 'lambda-execution-role-lacks-permission',
          basis: 'signature',
          parameters: { roleName: 'orders-role', action: 'dynamodb:GetItem', resource: table },
        },
      ]);
    });

    test('leave the error of the function where they tell no more', async () => {
      const finding = await run({ traffic: errors, failures: failures([failed]) }, functionLog());
      expect(finding.claims).toMatchObject([
        { cause: 'lambda-function-error', parameters: { message: 'boom', functionName: 'orders-fn' } },
      ]);
    });

    test('stand in for logs of API Gateway that are off, as symptoms', async () => {
      const finding = await run(
        { traffic: errors, failures: withSources([source('off', { gap: loggingOff })]) },
        functionLog(`RequestId: ${lambdaId} Error: Runtime exited with error: signal: killed`),
      );
      expect(finding).toMatchObject({
        status: 'warning',
        claims: [{ cause: 'lambda-out-of-memory', basis: 'symptom', requests: null, parameters: { memoryMb: 128 } }],
        gaps: [loggingOff],
      });
    });

    test('that cannot be read leave a gap', async () => {
      const finding = await run(
        { traffic: errors, failures: failures([failed]) },
        { 'logs:FilterLogEvents': () => denied('logs:FilterLogEvents') },
      );
      expect(finding).toMatchObject({
        status: 'problem',
        claims: [{ cause: 'lambda-function-error' }],
        gaps: [{ permission: 'logs:FilterLogEvents' }],
      });
    });

    test('are read from where the function writes them, and told where there are none', async () => {
      const facts = functionFacts({ configuration: configuration({ logGroup: '/team/orders' }) });
      const finding = await run(
        { traffic: errors, functions: functions(facts), failures: failures([failed]) },
        { 'logs:FilterLogEvents': () => notFound('logs:FilterLogEvents') },
      );
      expect(finding.asked[0]?.input).toMatchObject({ logGroupName: '/team/orders' });
      expect(
        finding.evidence.some(one => one.text === 'Log group /team/orders of function orders-fn does not exist.'),
      ).toBe(true);
    });
  });

  describe('what cannot be read', () => {
    test('logs that are off or absent are unknown, with how to turn them on', async () => {
      const finding = await run({
        failures: withSources([
          source('off', { gap: loggingOff }),
          source('off', { kind: 'access', logGroup: null, gap: loggingOff }),
        ]),
      });
      expect(finding).toMatchObject({ status: 'unknown', claims: [], gaps: [loggingOff, loggingOff] });
      expect(finding.summary).toBe(
        'No log of stage prod could tell of failing requests: the execution log is off, the access log is off.',
      );
    });

    test('logging that is on and writes nothing is looked for in the account', async () => {
      const absent = { failures: withSources([source('absent', { gap: loggingOff })]) };
      const finding = await run(absent, { 'apigateway:GetAccount': () => ({}) });
      expect(finding.status).toBe('unknown');
      expect(finding.gaps).toHaveLength(1);
      expect(finding.gaps[0]?.remedy).toContain('aws apigateway update-account');
      const set = await run(absent, {
        'apigateway:GetAccount': () => ({ cloudwatchRoleArn: 'arn:aws:iam::1:role/logs' }),
      });
      expect(set.gaps).toEqual([loggingOff]);
      const unread = await run(absent, { 'apigateway:GetAccount': () => denied('apigateway:GetAccount') });
      expect(unread.gaps).toMatchObject([loggingOff, { source: 'apigateway:GetAccount' }]);
      expect(
        (
          await run({
            ...absent,
            stage: stage({ logging: { level: 'OFF', dataTrace: false, detailedMetrics: false } }),
          })
        ).asked,
      ).toEqual([]);
    });

    test('a denied log is never ok, though the other one is', async () => {
      const gap = {
        source: 'logs:FilterLogEvents',
        reason: 'access_denied',
        permission: 'logs:FilterLogEvents',
        remedy: 'Grant it.',
      } as const;
      const finding = await run({
        failures: withSources([source('unread', { gap }), source('empty', { kind: 'access' })]),
      });
      expect(finding).toMatchObject({ status: 'unknown', gaps: [gap] });
    });

    test('logs that know nothing of the errors that metrics count', async () => {
      const finding = await run(
        { traffic: traffic({ errors: 12 }), failures: withSources([source('empty')]) },
        { ...functionLog(), 'apigateway:GetAccount': () => ({ cloudwatchRoleArn: 'arn:aws:iam::1:role/logs' }) },
      );
      expect(finding).toMatchObject({ status: 'warning', claims: [], gaps: [{ reason: 'delivery_lag' }] });
      expect(finding.summary).toContain('Metrics count 12 errors');
    });

    test('logs that were cut are told, and not ok', async () => {
      const gap = {
        source: 'logs:FilterLogEvents',
        reason: 'capped',
        permission: null,
        remedy: 'Narrow the time.',
      } as const;
      const cut = source('read', { complete: false, events: 5_000, gap });
      const uncounted: Answers = {
        'logs:StartQuery': () => ({ queryId: 'q1' }),
        'logs:GetQueryResults': () => ({ status: 'Complete', results: [] }),
      };
      const finding = await run({ failures: withSources([cut]) }, uncounted);
      expect(finding).toMatchObject({ status: 'unknown', gaps: [gap] });
      const failing = await run(
        { failures: withSources([cut], [{ cause: 'lambda-malformed-response', functionArn }]) },
        uncounted,
      );
      expect(failing).toMatchObject({ status: 'problem', gaps: [gap] });
      expect(failing.evidence.some(one => one.text.includes('and there are more'))).toBe(true);
    });

    test('nothing at all', async () => {
      expect(await run({ failures: denied('logs:FilterLogEvents') })).toMatchObject({
        status: 'unknown',
        gaps: [{ permission: 'logs:FilterLogEvents' }],
      });
    });
  });

  test('an HTTP API has no execution log to miss', async () => {
    const finding = await run(
      {
        failures: withSources([
          source('not_applicable', { logGroup: null }),
          source('empty', { kind: 'access', logGroup: '/access' }),
        ]),
      },
      {},
      { apiType: 'HTTP' },
    );
    expect(finding).toMatchObject({ status: 'ok', gaps: [] });
    expect(finding.evidence[0]?.text).toBe('There is no execution log for an API of type HTTP.');
  });
});
