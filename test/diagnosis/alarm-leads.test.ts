import { describe, expect, it } from 'vitest';
import type { WorldDocument } from '../../src/sandbox/aws/world.ts';
import { accountId, locating, region } from './locating.ts';

type World = Partial<WorldDocument>;
type Integration = { type: 'AWS_PROXY' | 'HTTP_PROXY' | 'MOCK' } & Record<string, unknown>;

const restApi = (name: string, integration: Integration, stage: Record<string, unknown> = {}) => ({
  name,
  paths: { '/orders': { GET: { integration } } },
  deployments: { d1: { createdDate: '-9d' } },
  stages: { prod: { deploymentId: 'd1', ...stage } },
});
const httpApi = (name: string, integration: Record<string, unknown>) => ({
  name,
  routes: { 'GET /orders': { target: 'integrations/i1' } },
  integrations: { i1: { integrationType: 'HTTP_PROXY' as const, ...integration } },
  deployments: { d1: { createdDate: '-9d' } },
  stages: { $default: { deploymentId: 'd1' } },
});
const mock: Integration = { type: 'MOCK' };
const invokes = (name: string): Integration => ({ type: 'AWS_PROXY', function: name, httpMethod: 'POST' });
const allowing = (...sourceArns: string[]) => ({
  role: 'orders-role',
  permissions: Object.fromEntries(sourceArns.map((sourceArn, index) => [`s${index}`, { sourceArn }])),
});
const executeApi = (path: string) => `arn:aws:execute-api:${region}:${accountId}:${path}`;
const failing = (api: string, stage = 'prod') => ({
  api,
  stage,
  route: 'GET /orders',
  perMinute: 6,
  from: '-20m',
  status: 500,
});
const found = (apiId: string, stage = 'prod') => ({ kind: 'found', target: { apiId, stage }, threshold: null });

/** Both lists of APIs are asked for at once, and either may arrive first; all else is in the order of its arrival. */
function listsInOrder(asked: string[]): string[] {
  const at = asked.indexOf('apigatewayv2:GetApis');
  return asked[at + 1] === 'apigateway:GetRestApis'
    ? asked.toSpliced(at, 2, 'apigateway:GetRestApis', 'apigatewayv2:GetApis')
    : asked;
}

describe('an alarm on a function', () => {
  const alarm = (dimensions: Record<string, string>) => ({ namespace: 'AWS/Lambda', metric: 'Errors', dimensions });
  const fn = (more: World) =>
    locating({
      restApis: { a1b2c3d4e5: restApi('orders-api', invokes('orders-fn')), b1b2c3d4e5: restApi('users-api', mock) },
      alarms: { a: { ...alarm({ FunctionName: 'orders-fn' }), threshold: 1 } },
      ...more,
    });

  it('means the API that its policy lets invoke it', async () => {
    const { locate, asked } = await fn({
      functions: {
        'orders-fn': allowing(executeApi('a1b2c3d4e5/*/GET/orders'), executeApi('a1b2c3d4e5/*/POST/orders')),
      },
    });

    expect(await locate('alarm:a')).toMatchObject(found('a1b2c3d4e5'));
    expect(listsInOrder(asked())).toEqual([
      'cloudwatch:DescribeAlarms',
      'lambda:GetPolicy',
      'apigateway:GetRestApis',
      'apigatewayv2:GetApis',
      'apigateway:GetStages',
    ]);
  });

  it('with an alias means the API that may invoke the alias', async () => {
    const live = { functionVersion: '$LATEST', permissions: { s: { sourceArn: executeApi('b1b2c3d4e5/prod/*/*') } } };
    const { locate } = await fn({
      functions: { 'orders-fn': { ...allowing(executeApi('a1b2c3d4e5/*/*/*')), aliases: { live } } },
      alarms: { a: alarm({ FunctionName: 'orders-fn', Resource: 'orders-fn:live' }) },
    });

    expect(await locate('alarm:a')).toMatchObject(found('b1b2c3d4e5'));
  });

  it('that several APIs may invoke means the one that fails', async () => {
    const functions = { 'orders-fn': allowing(executeApi('a1b2c3d4e5/*'), executeApi('b1b2c3d4e5/authorizers/x1')) };
    const loud = await fn({ functions, traffic: { f: failing('b1b2c3d4e5') } });
    expect(await loud.locate('alarm:a')).toMatchObject(found('b1b2c3d4e5'));
    const quiet = await fn({ functions });
    expect(await quiet.locate('alarm:a')).toMatchObject({ kind: 'ambiguous', candidates: [{}, {}] });
  });

  it.each([
    ['names every API', { 'orders-fn': allowing(executeApi('*')) }],
    ['names an API that is gone', { 'orders-fn': allowing(executeApi('gone2c3d4e/*')) }],
    [
      'names an API of another Region',
      { 'orders-fn': allowing(`arn:aws:execute-api:us-east-1:${accountId}:b1b2c3d4e5/*`) },
    ],
    ['is none', { 'orders-fn': { role: 'orders-role' } }],
    ['went with the function', {}],
  ])('whose policy %s means the API with an integration that invokes it', async (_, functions) => {
    const { locate } = await fn({ functions });

    expect(await locate('alarm:a')).toMatchObject(found('a1b2c3d4e5'));
  });

  it('is looked for in the APIs that fail first, and in no others where one of them has it', async () => {
    const { locate, asked } = await fn({ traffic: { f: failing('a1b2c3d4e5') } });

    expect(await locate('alarm:a')).toMatchObject(found('a1b2c3d4e5'));
    expect(asked().filter(one => one === 'apigateway:GetResources')).toHaveLength(1);
    expect(asked()).not.toContain('apigatewayv2:GetIntegrations');
  });

  it('behind a stage variable means the stage whose variable names it', async () => {
    const uri = `arn:aws:apigateway:${region}:lambda:path/2015-03-31/functions/arn:aws:lambda:${region}:${accountId}:function:\${stageVariables.fn}/invocations`;
    const api = restApi('shop', { type: 'AWS_PROXY', uri, httpMethod: 'POST' }, { variables: { fn: 'orders-fn' } });
    const dev = { deploymentId: 'd1', variables: { fn: 'other-fn' } };
    const { locate } = await fn({ restApis: { c1b2c3d4e5: { ...api, stages: { ...api.stages, dev } } } });

    expect(await locate('alarm:a')).toMatchObject(found('c1b2c3d4e5', 'prod'));
  });

  it('of an HTTP API is found by its integration', async () => {
    const checkout = httpApi('checkout', { integrationType: 'AWS_PROXY', function: 'orders-fn' });
    const { locate } = await fn({ restApis: {}, httpApis: { h1b2c3d4e5: checkout } });

    expect(await locate('alarm:a')).toMatchObject(found('h1b2c3d4e5', '$default'));
  });

  it('that no API invokes is about none', async () => {
    const { locate } = await fn({ alarms: { a: alarm({ FunctionName: 'nightly' }), all: alarm({}) } });

    expect(await locate('alarm:a')).toEqual({
      kind: 'unrelated',
      alarm: 'a',
      watches: 'The alarm a watches Errors of AWS/Lambda (FunctionName nightly), and no API was found behind it.',
    });
    expect(await locate('alarm:all')).toMatchObject({ kind: 'unrelated' });
  });

  it('whose policy and integrations may not be read is unreadable, not unrelated', async () => {
    const denied = { faults: { denied: ['lambda:GetPolicy', 'apigateway:GetResources'] } };
    expect(await (await fn(denied)).locate('alarm:a')).toMatchObject({ kind: 'unreadable' });
    const { locate } = await fn({ restApis: {}, faults: { denied: ['lambda:GetPolicy'] } });
    expect(await locate('alarm:a')).toMatchObject({
      kind: 'unreadable',
      remedy: expect.stringContaining('lambda:GetPolicy'),
    });
  });

  it('in an account with more APIs than are looked through is not called unrelated', async () => {
    const many = Array.from({ length: 11 }, (_, index) => [
      `z${index}b2c3d4e5`.slice(0, 10),
      restApi(`api ${index}`, mock),
    ]);
    const { locate, asked } = await fn({ restApis: Object.fromEntries(many) });

    expect(await locate('alarm:a')).toMatchObject({
      kind: 'unreadable',
      message:
        'Which API leads to the function orders-fn is not known: 10 APIs were looked through, and there are more.',
    });
    expect(asked().filter(one => one === 'apigateway:GetResources')).toHaveLength(10);
  });
});

describe('an alarm on a web ACL', () => {
  const arn = `arn:aws:wafv2:${region}:${accountId}:regional/webacl/edge/11112222-3333-4444-5555-666677778888`;
  const other = arn.replace('/edge/', '/other/');
  const waf = (WebACL: string, more: World = {}, Region: string | null = region) =>
    locating({
      restApis: {
        a1b2c3d4e5: restApi('orders-api', mock, { webAclArn: arn }),
        b1b2c3d4e5: restApi('users-api', mock),
      },
      webAcls: { [arn]: { metricName: 'edge-metrics' }, [other]: {} },
      alarms: {
        a: {
          namespace: 'AWS/WAFV2',
          metric: 'BlockedRequests',
          dimensions: { WebACL, Rule: 'ALL', ...(Region && { Region }) },
        },
      },
      ...more,
    });

  it('means the stage that it protects', async () => {
    const { locate, asked } = await waf('edge');

    expect(await locate('alarm:a')).toMatchObject(found('a1b2c3d4e5'));
    expect(listsInOrder(asked().slice(0, 5))).toEqual([
      'cloudwatch:DescribeAlarms',
      'wafv2:ListWebACLs',
      'wafv2:ListResourcesForWebACL',
      'apigateway:GetRestApis',
      'apigatewayv2:GetApis',
    ]);
  });

  it('is found by the name of its metrics where that is another', async () => {
    expect(await (await waf('edge-metrics')).locate('alarm:a')).toMatchObject(found('a1b2c3d4e5'));
  });

  it.each([
    ['that protects no stage', 'other', region],
    ['that does not exist', 'gone', region],
    ['of CloudFront', 'edge', null],
  ])('%s is about no API', async (_, name, where) => {
    const { locate } = await waf(name, {}, where);

    expect(await locate('alarm:a')).toMatchObject({ kind: 'unrelated' });
  });

  it('is not about no API where there are more web ACLs than are compared', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 11 }, (_, index) => [arn.replace('/edge/', `/acl-${index}/`), {}]),
    );
    const { locate } = await waf('gone', { webAcls: { [arn]: {}, ...many } });

    expect(await locate('alarm:a')).toMatchObject({
      kind: 'unreadable',
      remedy: expect.stringMatching(/10 of 1\d web ACLs/),
    });
  });

  it('that may not be read is unreadable', async () => {
    const { locate } = await waf('edge', { faults: { denied: ['wafv2:ListResourcesForWebACL'] } });

    expect(await locate('alarm:a')).toMatchObject({
      kind: 'unreadable',
      remedy: expect.stringContaining('wafv2:ListResourcesForWebACL'),
    });
  });
});

describe('an alarm on a load balancer', () => {
  const arn = (dimension: string) => `arn:aws:elasticloadbalancing:${region}:${accountId}:loadbalancer/${dimension}`;
  const net = 'net/orders-nlb/50dc6c495c0c9188';
  const app = 'app/orders-alb/60dc6c495c0c9189';
  const listener = `${arn(app).replace(':loadbalancer/', ':listener/')}/70dc6c495c0c9190`;
  const balancer = (LoadBalancer: string, more: World) =>
    locating({
      loadBalancers: { [arn(net)]: {}, [arn(app)]: { dnsName: 'Orders-Alb-1.eu-west-1.elb.amazonaws.com' } },
      vpcLinks: { link01: { name: 'orders', targetArns: [arn(net)] }, link02: { name: 'in vpc', version: 2 } },
      alarms: {
        a: {
          namespace: LoadBalancer.startsWith('net/') ? 'AWS/NetworkELB' : 'AWS/ApplicationELB',
          metric: 'UnHealthyHostCount',
          dimensions: { LoadBalancer, TargetGroup: 'targetgroup/orders/1111' },
        },
      },
      ...more,
    });
  const overLink = (connectionId: string): Integration => ({
    type: 'HTTP_PROXY',
    uri: 'http://orders.internal/orders',
    httpMethod: 'GET',
    connectionType: 'VPC_LINK',
    connectionId,
  });

  it('behind a VPC link means the API that uses the link', async () => {
    const { locate } = await balancer(net, {
      restApis: { a1b2c3d4e5: restApi('one', overLink('link01')), b1b2c3d4e5: restApi('two', overLink('link09')) },
    });

    expect(await locate('alarm:a')).toMatchObject(found('a1b2c3d4e5'));
  });

  it('behind the listener of an HTTP API means that API', async () => {
    const integration = { integrationUri: listener, connectionType: 'VPC_LINK' as const, connectionId: 'link02' };
    const { locate, asked } = await balancer(app, { httpApis: { h1b2c3d4e5: httpApi('checkout', integration) } });

    expect(await locate('alarm:a')).toMatchObject(found('h1b2c3d4e5', '$default'));
    expect(asked()).not.toContain('apigateway:GetVpcLinks');
  });

  it('that is called by its host name means the API that calls it', async () => {
    const uri = 'https://orders-alb-1.eu-west-1.elb.amazonaws.com/orders';
    const { locate } = await balancer(app, {
      restApis: { a1b2c3d4e5: restApi('one', { type: 'HTTP_PROXY', uri, httpMethod: 'GET' }) },
    });

    expect(await locate('alarm:a')).toMatchObject(found('a1b2c3d4e5'));
  });

  it('that no API leads to is about none; where its links may not be read it is unreadable', async () => {
    const restApis = { a1b2c3d4e5: restApi('one', mock) };
    expect(await (await balancer(net, { restApis })).locate('alarm:a')).toMatchObject({ kind: 'unrelated' });
    const { locate } = await balancer(net, { restApis, faults: { denied: ['apigateway:GetVpcLinks'] } });
    expect(await locate('alarm:a')).toMatchObject({ kind: 'unreadable' });
  });
});

describe('an alarm on a log metric filter', () => {
  const counted = { namespace: 'Shop', metric: 'ServerErrors' };
  const filtered = (group: string, more: World = {}) =>
    locating({
      restApis: {
        a1b2c3d4e5: restApi('orders-api', mock, {
          accessLogSettings: {
            destinationArn: `arn:aws:logs:${region}:${accountId}:log-group:/access/shop`,
            format: '$context.requestId $context.status',
          },
        }),
        b1b2c3d4e5: restApi('users-api', mock),
      },
      logGroups: { [group]: { metricFilters: { errors: { pattern: 'ERROR', ...counted } } } },
      alarms: { a: { ...counted, threshold: 1 } },
      ...more,
    });

  it('of an execution log means its API and stage', async () => {
    const { locate, asked } = await filtered('API-Gateway-Execution-Logs_b1b2c3d4e5/prod');

    expect(await locate('alarm:a')).toMatchObject(found('b1b2c3d4e5'));
    expect(asked().slice(0, 2)).toEqual(['cloudwatch:DescribeAlarms', 'logs:DescribeMetricFilters']);
  });

  it('of an access log means the stage that writes it', async () => {
    expect(await (await filtered('/access/shop')).locate('alarm:a')).toMatchObject(found('a1b2c3d4e5'));
  });

  it('of more logs than are followed says so, and is not about no API', async () => {
    const fed = { metricFilters: { errors: { pattern: 'ERROR', ...counted } } };
    const others = Object.fromEntries([1, 2, 3, 4, 5].map(number => [`zz/${number}`, fed]));
    const some = await filtered('API-Gateway-Execution-Logs_b1b2c3d4e5/prod', {
      logGroups: { 'API-Gateway-Execution-Logs_b1b2c3d4e5/prod': fed, ...others },
    });
    const gap = {
      source: 'logs:DescribeMetricFilters',
      reason: 'capped',
      remedy: expect.stringContaining('5 of the 6 log groups'),
    };
    expect(await some.locate('alarm:a')).toMatchObject({ ...found('b1b2c3d4e5'), unseen: [gap] });
    const none = await filtered('zz/6', { logGroups: { ...others, 'zz/6': fed } });
    expect(await none.locate('alarm:a')).toMatchObject({ kind: 'unreadable', remedy: gap.remedy });
    const all = await filtered('API-Gateway-Execution-Logs_b1b2c3d4e5/prod');
    expect(await all.locate('alarm:a')).not.toHaveProperty('unseen');
  });

  it("of a function's log means the API that invokes the function", async () => {
    const functions = { 'orders-fn': allowing(executeApi('b1b2c3d4e5/prod/GET/orders')) };
    const { locate } = await filtered('/aws/lambda/orders-fn', { functions });

    expect(await locate('alarm:a')).toMatchObject(found('b1b2c3d4e5'));
  });

  it('of any other log, or on a metric that no filter feeds, is about no API', async () => {
    expect(await (await filtered('/ecs/worker')).locate('alarm:a')).toMatchObject({
      kind: 'unrelated',
      watches: 'The alarm a watches ServerErrors of Shop, and no API was found behind it.',
    });
    const { locate } = await filtered('/access/shop', { alarms: { a: { namespace: 'Shop', metric: 'Baskets' } } });
    expect(await locate('alarm:a')).toMatchObject({ kind: 'unrelated' });
  });

  it('that may not be looked for is unreadable', async () => {
    const { locate } = await filtered('/access/shop', { faults: { denied: ['logs:DescribeMetricFilters'] } });

    expect(await locate('alarm:a')).toMatchObject({
      kind: 'unreadable',
      remedy: expect.stringContaining('logs:DescribeMetricFilters'),
    });
  });
});

it('a composite alarm that fires for something that cannot be followed still leads to the API below it', async () => {
  const { locate } = await locating({
    restApis: { a1b2c3d4e5: restApi('orders-api', mock) },
    alarms: {
      all: { rule: 'ALARM(custom) OR ALARM(api)' },
      custom: { namespace: 'Shop', metric: 'ServerErrors' },
      api: {
        namespace: 'AWS/ApiGateway',
        metric: '5XXError',
        dimensions: { ApiName: 'orders-api', Stage: 'prod' },
        state: 'OK',
      },
    },
    faults: { denied: ['logs:DescribeMetricFilters'] },
  });

  expect(await locate('alarm:all')).toMatchObject(found('a1b2c3d4e5'));
});
