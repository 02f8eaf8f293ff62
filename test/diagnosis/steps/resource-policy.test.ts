import { describe, expect, test } from 'vitest';
import type { Api, PolicyDocument, PolicyStatement } from '../../../src/aws/types.ts';
import type { UnreadError } from '../../../src/aws/unread.ts';
import { resourcePolicy } from '../../../src/diagnosis/steps/resource-policy.ts';
import { denied, deployed, route, runOf, runStep, signalsOf, statement, target } from './fixtures.ts';

function policy(...statements: Partial<PolicyStatement>[]): PolicyDocument {
  return { version: '2012-10-17', statements: statements.map(statement) };
}

function api(over: Partial<Api> = {}): Api {
  return {
    id: target.apiId,
    name: target.apiName,
    type: 'REST',
    createdAt: null,
    endpointTypes: ['REGIONAL'],
    vpcEndpointIds: [],
    executeApiEndpointDisabled: false,
    policy: null,
    binaryMediaTypes: [],
    routeSelectionExpression: null,
    ...over,
  };
}

type Stage = Parameters<typeof deployed>[0] & {
  policy?: PolicyDocument | null;
  gatewayResponses?: { responseType: string; statusCode: string | null }[];
};

/** What the stage runs, and the draft; by default they agree. */
function check(stage: Stage, draft: Partial<Api> | UnreadError = {}) {
  const base = deployed(stage);
  const { policy: running, gatewayResponses = [] } = stage;
  const configuration = {
    ...base.configuration,
    gatewayResponses,
    ...(running === undefined ? {} : { policy: running }),
  };
  const signals = signalsOf({
    api: draft instanceof Error ? draft : api({ policy: running ?? null, ...draft }),
    deployed: { ...base, configuration },
  });
  return runStep(resourcePolicy, { signals });
}

const routes = [route('GET /orders'), route('POST /orders')];
const everybody = policy({});
const office = policy({ conditions: { IpAddress: { 'aws:SourceIp': ['192.0.2.0/24'] } } });

describe('resource-policy', () => {
  test('a policy that lets everybody in is ok, and its refusals would be 403', async () => {
    const finding = await check({ routes, policy: everybody });
    expect(finding).toMatchObject({ number: 2, id: 'resource-policy', status: 'ok', claims: [], gaps: [] });
    expect(finding.ruledOut).toEqual([
      { id: 'resource-policy-denied', because: expect.stringContaining('403, not 5xx') },
    ]);
    expect(finding.evidence[0]).toMatchObject({ source: 'apigateway:GetExport', id: 'step-2.1' });
    expect(finding.evidence[0]?.excerpt).toContain('execute-api:Invoke');
  });

  test('no policy at all is ok', async () => {
    expect(await check({ routes })).toMatchObject({ status: 'ok', claims: [] });
    expect(await check({ routes, policy: null })).toMatchObject({ status: 'ok' });
  });

  test('a policy that refuses everybody is a problem of 403s', async () => {
    const finding = await check({ routes, policy: policy({}, { sid: 'lock', effect: 'Deny' }) });
    expect(finding.status).toBe('problem');
    expect(finding.summary).toBe(
      'The resource policy of API orders-api refuses everybody on stage prod: clients get 403, not 500.',
    );
    expect(finding.claims).toMatchObject([
      { cause: 'resource-policy-denied', basis: 'configuration', parameters: { statusCode: '403' } },
    ]);
    expect(finding.evidence.find(one => one.id === finding.claims[0]?.evidence[0])?.excerpt).toContain('"Sid": "lock"');
  });

  test('an empty policy refuses everybody, too', async () => {
    expect((await check({ routes, policy: policy() })).status).toBe('problem');
  });

  test('a gateway response that makes 500 of a refusal is in the claim', async () => {
    const gatewayResponses = [{ responseType: 'DEFAULT_4XX', statusCode: '500' }];
    const finding = await check({ routes, policy: policy(), gatewayResponses });
    expect(finding.summary).toMatch(/clients get 500\.$/);
    expect(finding.claims[0]?.parameters.statusCode).toBe('500');
    expect(finding.ruledOut).toEqual([]);
  });

  test('a policy that refuses one route only is a warning, because it may be meant', async () => {
    const finding = await check({
      routes,
      policy: policy({}, { effect: 'Deny', resources: ['execute-api:/prod/POST/*'] }),
    });
    expect(finding).toMatchObject({ status: 'warning', claims: [] });
    expect(finding.summary).toContain('POST /orders');
  });

  test('a policy for another stage refuses this one', async () => {
    const finding = await check({ routes, policy: policy({ resources: ['execute-api:/test/*'] }) });
    expect(finding.status).toBe('problem');
    expect(finding.evidence[0]?.text).toContain('is for execute-api:/test/*');
  });

  test('where callers come from cannot be told, and is not guessed', async () => {
    const finding = await check({ routes, policy: office });
    expect(finding.status).toBe('unknown');
    expect(finding.summary).toContain('depends on aws:SourceIp');
    expect(finding.summary).toContain('A refusal is 403, not 500.');
    expect(finding.claims).toEqual([]);
  });

  test('a public API has no VPC endpoint, so a Deny of all others refuses everybody', async () => {
    const onlyEndpoint = policy(
      {},
      { effect: 'Deny', conditions: { StringNotEquals: { 'aws:SourceVpce': ['vpce-1'] } } },
    );
    expect((await check({ routes, policy: onlyEndpoint })).status).toBe('problem');
    expect((await check({ routes, policy: onlyEndpoint }, { endpointTypes: ['PRIVATE'] })).status).toBe('unknown');
  });

  test('a private API without a policy refuses everybody', async () => {
    const finding = await check({ routes }, { endpointTypes: ['PRIVATE'] });
    expect(finding.status).toBe('problem');
    expect(finding.summary).toContain('a private API without one refuses everybody with 403');
  });

  test('a silent policy leaves the decision to IAM and to Lambda authorizers, but not to user pools', async () => {
    const silent = policy({ resources: ['execute-api:/other/*'] });
    const guarded = (authorization: 'CUSTOM' | 'AWS_IAM' | 'COGNITO_USER_POOLS') =>
      check({ routes: [route('GET /orders', { authorization })], policy: silent });
    expect((await guarded('CUSTOM')).status).toBe('ok');
    expect((await guarded('AWS_IAM')).status).toBe('ok');
    expect((await guarded('COGNITO_USER_POOLS')).status).toBe('problem');
  });

  test('signed callers of an account cannot be told apart', async () => {
    const partner = policy({ principal: { AWS: ['arn:aws:iam::999999999999:root'] } });
    expect(
      (await check({ routes: [route('GET /orders', { authorization: 'AWS_IAM' })], policy: partner })).status,
    ).toBe('unknown');
  });

  test('a draft that differs is a warning that it is not deployed', async () => {
    const finding = await check({ routes, policy: everybody }, { policy: policy({ effect: 'Deny' }) });
    expect(finding.status).toBe('warning');
    expect(finding.summary).toContain('was changed and is not deployed to stage prod');
    expect(finding.claims).toEqual([]);
  });

  test('the long and the short form of the same policy do not differ', async () => {
    const short = policy({ resources: ['execute-api:/prod/*', 'execute-api:/test/*'] });
    const arn = 'arn:aws:execute-api:eu-west-1:123456789012:a1b2c3';
    const long = policy({ resources: [`${arn}/test/*`, `${arn}/prod/*`] });
    expect((await check({ routes, policy: short }, { policy: long })).status).toBe('ok');
  });

  test('a draft that the stage may not run makes no problem', async () => {
    const finding = await check({ routes }, { policy: policy() });
    expect(finding).toMatchObject({ status: 'warning', claims: [] });
    expect(finding.summary).toContain('draft');
  });

  test('unreadable: neither source can be read', async () => {
    const signals = signalsOf({ api: denied('apigateway:GetRestApi'), deployed: denied('apigateway:GetExport') });
    const finding = await runStep(resourcePolicy, { signals });
    expect(finding.status).toBe('unknown');
    expect(finding.gaps.map(gap => gap.permission)).toEqual(['apigateway:GetRestApi', 'apigateway:GetExport']);
  });

  test('unreadable: a draft that lets everybody in says nothing about the stage', async () => {
    const readable = signalsOf({ api: api({ policy: everybody }), deployed: denied('apigateway:GetExport') });
    expect(await runStep(resourcePolicy, { signals: readable })).toMatchObject({
      status: 'unknown',
      gaps: [{ reason: 'access_denied' }],
    });
    const unread = { source: 'apigateway:GetExport', reason: 'throttled', permission: null, remedy: 'Wait.' } as const;
    const draft = { routes, basis: 'draft', faithful: false, unread } as const;
    expect(await check(draft, { policy: everybody })).toMatchObject({
      status: 'unknown',
      gaps: [unread],
      ruledOut: [],
    });
  });

  test('one unreadable source does not hide the other', async () => {
    const finding = await check({ routes, policy: policy() }, denied('apigateway:GetRestApi'));
    expect(finding.status).toBe('problem');
    expect(finding.gaps).toHaveLength(1);
  });

  test.each(['HTTP', 'WEBSOCKET'] as const)('does not apply to %s APIs', apiType => {
    expect(resourcePolicy.notApplicable({ ...target, apiType })).toMatch(/only REST APIs have resource policies\.$/);
    expect(resourcePolicy.notApplicable(runOf().target)).toBeNull();
  });
});
