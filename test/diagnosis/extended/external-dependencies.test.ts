import { describe, expect, test } from 'vitest';
import { externalDependencies } from '../../../src/diagnosis/extended/external-dependencies.ts';
import type { Changes } from '../../../src/diagnosis/signals.ts';
import {
  awsOf,
  denied,
  deployed,
  failures,
  integration,
  route,
  runStep,
  sending,
  signalsOf,
} from '../steps/fixtures.ts';
import { configuration, functionFacts, functions } from '../steps/readings.ts';

type Readings = NonNullable<Parameters<typeof signalsOf>[0]>;
type Answers = Parameters<typeof sending>[0];

const quiet: Changes = {
  changes: [],
  since: '2026-11-22T09:00:00.000Z',
  gaps: [],
  complete: true,
  regionUnread: null,
  globalUnread: null,
  effectUnread: null,
};

const account = (used: number): Answers => ({
  'lambda:GetAccountSettings': () => ({
    AccountLimit: { ConcurrentExecutions: 1_000, UnreservedConcurrentExecutions: 900 },
  }),
  'cloudwatch:GetMetricData': () => ({
    MetricDataResults: [
      { Id: 'm0', StatusCode: 'Complete', Timestamps: [new Date('2026-11-22T10:05:00Z')], Values: [used] },
    ],
  }),
});

function run(over: Readings = {}, answers: Answers = account(40)) {
  const { send, asked } = sending(answers);
  const signals = signalsOf({
    deployed: deployed(),
    functions: functions(),
    failures: failures(),
    changes: quiet,
    ...over,
  });
  return runStep(externalDependencies, { aws: awsOf(send), signals }, asked);
}

const key = 'arn:aws:kms:eu-west-1:123456789012:key/k1';

describe('external-dependencies', () => {
  test('functions that are active, with what they need, are ok', async () => {
    const vpc = { subnetIds: ['subnet-1', 'subnet-2'], securityGroupIds: ['sg-1'] };
    const finding = await run({
      functions: functions(functionFacts({ configuration: configuration({ vpc, kmsKeyArn: key }) })),
    });
    expect(finding).toMatchObject({ status: 'ok', claims: [], gaps: [] });
    expect(finding.evidence.map(one => one.text)).toEqual([
      `Function orders-fn is Active, with key ${key}, subnets subnet-1 and subnet-2 and security groups sg-1.`,
      'The account used up to 40 of its 1000 concurrent executions of Lambda in eu-west-1.',
      'Lambda allows the account 1000 concurrent executions in eu-west-1.',
    ]);
  });

  test('the function of an authorizer that cannot be invoked must fail', async () => {
    const broken = configuration({
      name: 'auth-fn',
      state: 'Inactive',
      stateReasonCode: 'SubnetOutOfIPAddresses',
      stateReason: 'No free address.',
    });
    const finding = await run({ functions: functions(functionFacts({ usedBy: 'tokens', configuration: broken })) });
    expect(finding).toMatchObject({
      status: 'problem',
      claims: [
        {
          cause: 'authorizer-failure',
          basis: 'configuration',
          parameters: { message: 'SubnetOutOfIPAddresses: No free address.' },
        },
      ],
    });
  });

  test('the function of a route is step 7 to claim', async () => {
    const broken = configuration({ state: 'Failed', stateReasonCode: 'KMSKeyAccessDenied' });
    const finding = await run({ functions: functions(functionFacts({ configuration: broken })) });
    expect(finding).toMatchObject({ status: 'warning', claims: [], summary: 'Function orders-fn is Failed.' });
    expect(finding.evidence[0]?.excerpt).toBe('KMSKeyAccessDenied');
  });

  test('concurrency that others use up, and a key that was disabled before, are leads', async () => {
    expect(await run({}, account(990))).toMatchObject({ status: 'warning', claims: [] });
    const disabled: Changes['changes'][number] = {
      at: '2026-11-22T10:00:00.000Z',
      effectiveAt: '2026-11-22T10:00:00.000Z',
      who: 'alice',
      event: 'DisableKey',
      resource: 'k1',
      detail: 'keyId set to k1',
      minutesBeforeOnset: 2,
      kind: 'kms',
      grants: false,
      touches: ['k1'],
      deploymentId: null,
      eventId: 'e1',
      also: [],
    };
    const finding = await run({ changes: { ...quiet, changes: [disabled] } });
    expect(finding).toMatchObject({ status: 'warning', claims: [] });
    expect(finding.summary).toContain('alice did DisableKey on k1');
  });

  test('a VPC link that does not work', async () => {
    const stock = integration({
      type: 'HTTP_PROXY',
      uri: 'http://stock/',
      connectionType: 'VPC_LINK',
      connectionId: 'v1',
    });
    const over = {
      deployed: deployed({ routes: [route('GET /stock', { integration: stock })] }),
      functions: { items: [], complete: true },
    };
    const link = (status: 'FAILED' | 'AVAILABLE'): Answers => ({
      'apigateway:GetVpcLink': () => ({ id: 'v1', status, targetArns: [] }),
    });
    expect(await run(over, link('FAILED'))).toMatchObject({
      status: 'warning',
      claims: [],
      summary: 'VPC link v1 is FAILED.',
    });
    expect(await run(over, link('AVAILABLE'))).toMatchObject({ status: 'ok' });
    expect(await run(over, { 'apigateway:GetVpcLink': () => denied('apigateway:GetVpcLink') })).toMatchObject({
      status: 'unknown',
      gaps: [{ permission: 'apigateway:GetVpcLink' }],
    });
  });

  test('what cannot be read is unknown', async () => {
    expect(await run({ functions: denied('lambda:GetFunctionConfiguration') }, {})).toMatchObject({
      status: 'unknown',
      gaps: [{ permission: 'lambda:GetFunctionConfiguration' }],
    });
    const settings = { ...account(40), 'lambda:GetAccountSettings': () => denied('lambda:GetAccountSettings') };
    expect(await run({}, settings)).toMatchObject({
      status: 'unknown',
      gaps: [{ permission: 'lambda:GetAccountSettings' }],
    });
    expect(await run({ deployed: denied('apigateway:GetExport') })).toMatchObject({ status: 'unknown' });
  });

  test('an API that calls nothing whose state AWS tells', async () => {
    const http = deployed({
      routes: [route('GET /', { integration: integration({ type: 'HTTP_PROXY', uri: 'https://example.com/' }) })],
    });
    expect(await run({ deployed: http, functions: { items: [], complete: true } }, {})).toMatchObject({
      status: 'not_applicable',
    });
  });
});
