import { describe, expect, test } from 'vitest';
import type { Authorizer } from '../../../src/aws/types.ts';
import { authorizers } from '../../../src/diagnosis/extended/authorizers.ts';
import {
  accountId,
  awsOf,
  denied,
  deployed,
  failures,
  lambdaUri,
  region,
  route,
  runStep,
  sending,
  signalsOf,
} from '../steps/fixtures.ts';
import { configuration, functionFacts, functions, line } from '../steps/readings.ts';

type Readings = NonNullable<Parameters<typeof signalsOf>[0]>;
type Answers = Parameters<typeof sending>[0];

const arn = `arn:aws:lambda:${region}:${accountId}:function:auth-fn`;

const authorizer: Authorizer = {
  id: 'tokens',
  name: 'tokens',
  type: 'TOKEN',
  uri: lambdaUri(arn),
  credentials: null,
  resultTtlSeconds: 300,
  payloadFormatVersion: null,
  simpleResponses: false,
  issuer: null,
};

function guarded(over: Partial<Authorizer> = {}) {
  const base = deployed({ routes: [route('GET /orders', { authorization: 'CUSTOM', authorizerId: 'tokens' })] });
  return { ...base, configuration: { ...base.configuration, authorizers: [{ ...authorizer, ...over }] } };
}

const authFunction = functionFacts({
  reference: { name: 'auth-fn', qualifier: null, accountId, region, arn },
  usedBy: 'tokens',
  configuration: configuration({ name: 'auth-fn', logGroup: '/aws/lambda/auth-fn' }),
});

const policy = (sourceArn: string) => ({
  Policy: JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'apigateway',
        Effect: 'Allow',
        Principal: { Service: 'apigateway.amazonaws.com' },
        Action: 'lambda:InvokeFunction',
        Resource: arn,
        Condition: { ArnLike: { 'AWS:SourceArn': sourceArn } },
      },
    ],
  }),
});

const own = `arn:aws:execute-api:${region}:${accountId}:a1b2c3/authorizers/abc123`;

/** Invocations, errors, throttles and the longest duration, in the order in which they are asked for. */
const world = (metrics: number[] = [50, 0, 0, 80], sourceArn = own, ...messages: string[]): Answers => ({
  'apigateway:GetAuthorizers': () => ({ items: [{ id: 'abc123', name: 'tokens', type: 'TOKEN' }] }),
  'lambda:GetPolicy': () => policy(sourceArn),
  'logs:FilterLogEvents': () => ({
    events: messages.map(message => ({ timestamp: Date.parse('2026-11-22T10:05:00Z'), message })),
  }),
  'cloudwatch:GetMetricData': () => ({
    MetricDataResults: metrics.map((value, at) => ({
      Id: `m${at}`,
      StatusCode: 'Complete',
      Timestamps: [new Date('2026-11-22T10:05:00Z')],
      Values: [value],
    })),
  }),
});

function run(over: Readings = {}, answers: Answers = world()) {
  const { send, asked } = sending(answers);
  const signals = signalsOf({ deployed: guarded(), functions: functions(authFunction), failures: failures(), ...over });
  return runStep(authorizers, { aws: awsOf(send), signals }, asked);
}

describe('authorizers', () => {
  test('an authorizer that may be called and does not fail is ok', async () => {
    const finding = await run();
    expect(finding).toMatchObject({ status: 'ok', claims: [], gaps: [] });
    expect(finding.summary).toBe('Nothing shows a failure of authorizer tokens over the last 30 minutes.');
  });

  test('a policy that names another authorizer', async () => {
    const other = `arn:aws:execute-api:${region}:${accountId}:a1b2c3/authorizers/zzz`;
    const finding = await run({}, world([0, 0, 0, 0], other));
    expect(finding).toMatchObject({
      status: 'problem',
      claims: [
        {
          cause: 'authorizer-invoke-permission-missing',
          basis: 'configuration',
          parameters: { functionName: 'auth-fn' },
        },
      ],
    });
  });

  test('errors of its function are told as its own, with the log', async () => {
    const timedOut = '2026-11-22T10:05:00.000Z 6f1c1e2a-1111-4222-8333-444455556666 Task timed out after 3.00 seconds';
    const finding = await run({}, world([50, 4, 0, 3_000], own, timedOut));
    expect(finding.status).toBe('warning');
    expect(finding.claims).toMatchObject([
      { cause: 'authorizer-failure', basis: 'symptom', parameters: { functionName: 'auth-fn', durationMs: 3_000 } },
    ]);
    expect(finding.evidence.some(one => one.excerpt === timedOut)).toBe(true);
  });

  test('failing requests that say so are counted', async () => {
    const finding = await run({
      failures: failures([
        { cause: 'authorizer-failure', route: 'GET /orders', layer: 'authorizer', decisive: line('Authorizer error') },
        { cause: 'lambda-function-error' },
      ]),
    });
    expect(finding).toMatchObject({
      status: 'problem',
      claims: [
        { cause: 'authorizer-failure', basis: 'signature', requests: 1, parameters: { functionName: 'auth-fn' } },
      ],
    });
  });

  test('what cannot be read is unknown with its gap', async () => {
    expect(await run({ deployed: denied('apigateway:GetExport') })).toMatchObject({ status: 'unknown' });
    expect(await run({ functions: denied('lambda:GetFunctionConfiguration') })).toMatchObject({
      status: 'unknown',
      gaps: [{ permission: 'lambda:GetFunctionConfiguration' }],
    });
    const parts = await run(
      {},
      {
        ...world(),
        'cloudwatch:GetMetricData': () => denied('cloudwatch:GetMetricData'),
        'lambda:GetPolicy': () => denied('lambda:GetPolicy'),
      },
    );
    expect(parts.status).toBe('unknown');
    expect(parts.gaps.map(gap => gap.permission)).toEqual(['cloudwatch:GetMetricData', 'lambda:GetPolicy']);
  });

  test('a draft that stands in for the export, and is read without its authorizers', async () => {
    const unread = { source: 'apigateway:GetExport', reason: 'throttled', permission: null, remedy: 'Wait.' } as const;
    const { configuration } = guarded();
    const draft = { ...configuration, authorizers: [] };
    const finding = await run({
      deployed: { ...guarded(), configuration: draft, basis: 'draft', faithful: false, unread },
    });
    expect(finding).toMatchObject({ status: 'unknown', claims: [], gaps: [unread] });
    expect(finding.summary).toMatch(/^The authorizers of .+ could not be read\.$/);
  });

  test('an API without authorizers, or with one that no route uses', async () => {
    expect(await run({ deployed: deployed() })).toMatchObject({ status: 'not_applicable' });
    const unused = guarded();
    unused.configuration.routes = [route('GET /orders')];
    expect(await run({ deployed: unused })).toMatchObject({ status: 'not_applicable' });
  });
});
