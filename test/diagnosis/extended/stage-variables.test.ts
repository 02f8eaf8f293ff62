import { describe, expect, test } from 'vitest';
import type { Authorizer } from '../../../src/aws/types.ts';
import { stageVariables } from '../../../src/diagnosis/extended/stage-variables.ts';
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
import { stage } from '../steps/readings.ts';

type Readings = NonNullable<Parameters<typeof signalsOf>[0]>;

const authorizer: Authorizer = {
  id: 'tokens',
  name: 'tokens',
  type: 'TOKEN',
  uri: `arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:\${stageVariables.auth}/invocations`,
  credentials: null,
  resultTtlSeconds: 300,
  payloadFormatVersion: null,
  simpleResponses: false,
  issuer: null,
};

/** The host in the address, the token in a template, the function of the authorizer. */
function using() {
  const items = integration({
    type: 'HTTP',
    uri: `https://\${stageVariables.host}/items`,
    requestTemplates: { 'application/json': `{"token": "$stageVariables.token"}` },
  });
  const base = deployed({ routes: [route('GET /items', { integration: items, authorizerId: 'tokens' })] });
  return { ...base, configuration: { ...base.configuration, authorizers: [authorizer] } };
}

const all = { host: 'example.com', token: 'hunter2', auth: 'auth-fn' };

function changed(minutesBeforeOnset: number): Changes {
  const change: Changes['changes'][number] = {
    at: '2026-11-22T10:00:30.000Z',
    effectiveAt: '2026-11-22T10:00:30.000Z',
    who: 'alice',
    event: 'UpdateStage',
    resource: 'orders-api prod',
    detail: 'variables/host a.example.com -> example.com',
    minutesBeforeOnset,
    kind: 'stage',
    grants: false,
    touches: ['a1b2c3'],
    deploymentId: null,
    eventId: 'e1',
    also: [],
  };
  return {
    changes: [change],
    since: '2026-11-22T09:00:00.000Z',
    gaps: [],
    complete: true,
    regionUnread: null,
    globalUnread: null,
    effectUnread: null,
  };
}

const quiet: Changes = { ...changed(0), changes: [] };

function run(over: Readings = {}) {
  const signals = signalsOf({
    stage: stage({ variables: all }),
    deployed: using(),
    failures: failures(),
    changes: quiet,
    ...over,
  });
  return runStep(stageVariables, { aws: awsOf(sending({}).send), signals });
}

describe('stage-variables', () => {
  test('variables that all have a value are ok, and those of templates are shown by name only', async () => {
    const finding = await run();
    expect(finding).toMatchObject({ status: 'ok', claims: [], gaps: [] });
    expect(finding.evidence[0]?.excerpt).toBe('host = example.com\ntoken\nauth = auth-fn');
  });

  test('an authorizer whose function is undefined must fail', async () => {
    const finding = await run({ stage: stage({ variables: { ...all, auth: undefined } as never }) });
    expect(finding).toMatchObject({
      status: 'problem',
      claims: [
        {
          cause: 'stage-variable-undefined',
          basis: 'configuration',
          parameters: { variable: 'auth', route: 'GET /items' },
        },
      ],
    });
  });

  test('an address is told without the claim that step 7 makes, a template without any', async () => {
    const finding = await run({ stage: stage({ variables: { auth: 'auth-fn' } }) });
    expect(finding).toMatchObject({ status: 'warning', claims: [] });
    expect(finding.evidence.map(one => one.text).slice(1)).toEqual([
      'The integration of GET /items uses stage variable host, which stage prod of API orders-api does not define.',
      'The mapping of GET /items uses stage variable token, which stage prod of API orders-api does not define.',
    ]);
  });

  test('a canary that overrides a variable with nothing', async () => {
    const canary = { deploymentId: 'd2', percentTraffic: 10, variables: { host: '' } };
    const finding = await run({ stage: stage({ variables: all, canary }) });
    expect(finding.status).toBe('warning');
    expect(finding.summary).toContain('leaves empty for its canary');
  });

  test('a change of a variable shortly before the errors is a lead', async () => {
    const finding = await run({ changes: changed(1.5) });
    expect(finding).toMatchObject({ status: 'warning', claims: [] });
    expect(finding.summary).toContain('alice changed variables of stage prod');
    expect(await run({ changes: changed(-3) })).toMatchObject({ status: 'ok' });
  });

  test('what cannot be read is unknown', async () => {
    expect(await run({ stage: denied('apigateway:GetStage') })).toMatchObject({
      status: 'unknown',
      claims: [],
      gaps: [{ permission: 'apigateway:GetStage' }],
    });
    expect(await run({ changes: denied('cloudtrail:LookupEvents') })).toMatchObject({
      status: 'unknown',
      gaps: [{ permission: 'cloudtrail:LookupEvents' }],
    });
  });

  test('without variables there is nothing to define', async () => {
    expect(await run({ deployed: deployed(), stage: stage() })).toMatchObject({ status: 'not_applicable' });
  });
});
