import { describe, expect, it } from 'vitest';
import type { AlarmNotice } from '../../src/diagnosis/types.ts';
import type { WorldDocument } from '../../src/sandbox/aws/world.ts';
import { accountId, locating, region } from './locating.ts';

type Alarms = NonNullable<WorldDocument['alarms']>;

const restApi = (name: string, stages: string[] = ['prod'], logging = true) => ({
  name,
  paths: { '/orders': { GET: { integration: { type: 'MOCK' as const } } } },
  deployments: { d1: { createdDate: '-9d' } },
  stages: Object.fromEntries(
    stages.map(stage => [
      stage,
      { deploymentId: 'd1', methodSettings: logging ? { '*/*': { loggingLevel: 'INFO' as const } } : {} },
    ]),
  ),
});
const httpApi = (name: string) => ({
  name,
  routes: { 'GET /orders': { target: 'integrations/i1' } },
  integrations: { i1: { integrationType: 'HTTP_PROXY' as const, integrationUri: 'https://orders.example.com' } },
  deployments: { d1: { createdDate: '-9d' } },
  stages: { $default: { deploymentId: 'd1' } },
});
const failing = (api: string, stage: string) => ({
  api,
  stage,
  route: 'GET /orders',
  perMinute: 6,
  from: '-20m',
  status: 500,
});

const world = {
  restApis: { a1b2c3d4e5: restApi('orders-api', ['prod', 'dev']), u1b2c3d4e5: restApi('users-api') },
  httpApis: { h1b2c3d4e5: httpApi('checkout-http') },
} satisfies Partial<WorldDocument>;

const rest = (ApiName: string, Stage?: string) => ({
  namespace: 'AWS/ApiGateway',
  metric: '5XXError',
  dimensions: { ApiName, ...(Stage && { Stage }) },
});
const http = (ApiId: string, Stage?: string) => ({
  namespace: 'AWS/ApiGateway',
  metric: '5xx',
  dimensions: { ApiId, ...(Stage && { Stage }) },
});
const queue = { namespace: 'AWS/SQS', metric: 'ApproximateAgeOfOldestMessage', dimensions: { QueueName: 'mails' } };

const withAlarms = (alarms: Alarms, more: Partial<WorldDocument> = {}) => locating({ ...world, ...more, alarms });

describe('an alarm on one metric', () => {
  it('of an HTTP API names it by its id', async () => {
    const { locate, asked } = await withAlarms({ a: { ...http('h1b2c3d4e5', '$default'), threshold: 4 } });

    expect(await locate('alarm:a')).toMatchObject({
      kind: 'found',
      target: { apiId: 'h1b2c3d4e5', apiType: 'HTTP', stage: '$default' },
      threshold: 4,
    });
    expect(asked().filter(one => !one.startsWith('apigatewayv2:'))).not.toContain('apigateway:GetRestApi');
  });

  it('of a REST API names it by its name, and the stage', async () => {
    const { locate, asked } = await withAlarms({ 'team:orders 5xx': { ...rest('orders-api', 'dev'), threshold: 5 } });

    const location = await locate(`arn:aws:cloudwatch:${region}:${accountId}:alarm:team:orders 5xx`);

    expect(location).toMatchObject({ kind: 'found', target: { apiId: 'a1b2c3d4e5', stage: 'dev' }, threshold: 5 });
    expect(asked().slice(0, 2)).toEqual(['cloudwatch:DescribeAlarms', 'apigateway:GetRestApis']);
  });

  it('without a stage means the one that fails', async () => {
    const { locate } = await withAlarms(
      { a: { ...rest('orders-api'), threshold: 5 } },
      { traffic: { f: failing('a1b2c3d4e5', 'dev') } },
    );

    // All stages together are compared, which the chart of one stage cannot show.
    expect(await locate('alarm:a')).toMatchObject({ kind: 'found', target: { stage: 'dev' }, threshold: null });
  });

  it('without a stage is not clear where no stage fails', async () => {
    const { locate } = await withAlarms({ a: rest('orders-api') });

    expect(await locate('alarm:a')).toMatchObject({ kind: 'ambiguous', candidates: [{ stages: ['prod', 'dev'] }] });
  });

  it('means the stage that the person names', async () => {
    const { locate } = await withAlarms({ a: { ...rest('orders-api', 'dev'), threshold: 5 } });

    expect(await locate('alarm:a', { stage: 'prod' })).toMatchObject({ target: { stage: 'prod' }, threshold: null });
  });

  it('whose API is gone is not found', async () => {
    const { locate } = await withAlarms({ a: rest('orders-ap1', 'prod'), b: http('gone2c3d4e') });

    expect(await locate('alarm:a')).toMatchObject({ kind: 'not_found', candidates: [{ apiName: 'orders-api' }] });
    expect(await locate('alarm:b')).toMatchObject({ kind: 'not_found' });
    expect(await locate('alarm:nobody')).toMatchObject({ kind: 'not_found', candidates: [] });
  });
});

describe('the threshold', () => {
  const stage = rest('orders-api', 'prod');
  it.each([
    ['is per minute', { ...stage, period: 300, threshold: 10 }, 2],
    ['is kept for the only stage', { ...rest('users-api'), threshold: 3 }, 3],
    ['of an average is a rate', { ...stage, stat: 'Average', threshold: 0.05 }, null],
    ['of another metric is another', { ...stage, metric: 'Latency', threshold: 900 }, null],
    ['below which an alarm fires is none', { ...stage, threshold: 1, comparison: 'LessThanThreshold' }, null],
    [
      'of one route is not that of the stage',
      { ...stage, dimensions: { ...stage.dimensions, Method: 'GET', Resource: '/orders' }, threshold: 3 },
      null,
    ],
    [
      'of metric math is of the expression',
      { metrics: { m1: stage, e1: { expression: 'm1 * 2' } }, threshold: 3 },
      null,
    ],
  ])('%s', async (_, alarm, threshold) => {
    const { locate } = await withAlarms({ a: alarm });

    expect(await locate('alarm:a')).toMatchObject({ kind: 'found', threshold });
  });
});

describe('an alarm on an expression', () => {
  it('of metrics of one API means that API', async () => {
    const metrics = {
      e1: { expression: 'errors / requests * 100' },
      errors: http('h1b2c3d4e5'),
      requests: { ...http('h1b2c3d4e5'), metric: 'Count' },
    };
    const { locate } = await withAlarms({ share: { metrics, threshold: 5 } });

    expect(await locate('alarm:share')).toMatchObject({
      kind: 'found',
      target: { apiId: 'h1b2c3d4e5' },
      threshold: null,
    });
  });

  it('with an anomaly band means the API of its metric', async () => {
    const metrics = { m1: rest('users-api', 'prod'), ad1: { expression: 'ANOMALY_DETECTION_BAND(m1, 2)' } };
    const { locate } = await withAlarms({ band: { metrics, comparison: 'GreaterThanUpperThreshold' } });

    expect(await locate('alarm:band')).toMatchObject({
      kind: 'found',
      target: { apiId: 'u1b2c3d4e5' },
      threshold: null,
    });
  });

  const several = {
    sum: { expression: 'm1 + m2' },
    m1: rest('users-api', 'prod'),
    m2: http('h1b2c3d4e5', '$default'),
  };

  it('of several APIs means the one that fails', async () => {
    const { locate } = await withAlarms({ a: { metrics: several } }, { traffic: { f: failing('u1b2c3d4e5', 'prod') } });

    expect(await locate('alarm:a')).toMatchObject({ kind: 'found', target: { apiId: 'u1b2c3d4e5', stage: 'prod' } });
  });

  it('of several APIs has a candidate for each where none fails, or all do', async () => {
    const quiet = await withAlarms({ a: { metrics: several } });
    const candidates = [
      { apiId: 'u1b2c3d4e5', stages: ['prod'] },
      { apiId: 'h1b2c3d4e5', stages: ['$default'] },
    ];
    expect(await quiet.locate('alarm:a')).toMatchObject({ kind: 'ambiguous', candidates });
    const traffic = { f: failing('u1b2c3d4e5', 'prod'), g: failing('h1b2c3d4e5', '$default') };
    const loud = await withAlarms({ a: { metrics: several } }, { traffic });
    expect(await loud.locate('alarm:a')).toMatchObject({ kind: 'ambiguous', candidates });
  });

  it('that is a query over all APIs means the one that fails', async () => {
    const expression = 'SELECT SUM("5XXError") FROM SCHEMA("AWS/ApiGateway", ApiName, Stage) GROUP BY ApiName';
    const { locate } = await withAlarms(
      { all: { metrics: { q1: { expression } } } },
      { traffic: { f: failing('u1b2c3d4e5', 'prod') } },
    );

    expect(await locate('alarm:all')).toMatchObject({ kind: 'found', target: { apiId: 'u1b2c3d4e5' } });
  });
});

it('an alarm on the metrics of another account says where to ask, and looks for no namesake here', async () => {
  const elsewhere = { ...rest('users-api', 'prod'), accountId: '999900001111' };
  const { locate, asked } = await withAlarms({
    a: { metrics: { m1: elsewhere } },
    b: { metrics: { m1: { ...elsewhere, accountId } } },
  });

  expect(await locate('alarm:a')).toEqual({
    kind: 'unreadable',
    message:
      'The alarm a watches 5XXError of AWS/ApiGateway (ApiName users-api, Stage prod) of account 999900001111, another account than its own.',
    remedy: 'Ask for the API in that account: its id or name, and --account 999900001111.',
  });
  expect(asked()).toEqual(['cloudwatch:DescribeAlarms']);
  expect(await locate('alarm:b')).toMatchObject({ kind: 'found', target: { apiId: 'u1b2c3d4e5' } });
});

describe('a REST name that several APIs have', () => {
  const twins = (first = true, second = true) => ({
    restApis: {
      a1b2c3d4e5: restApi('shop', ['prod'], first),
      b1b2c3d4e5: restApi('shop', ['prod'], second),
      c1b2c3d4e5: restApi('shop', ['beta']),
    },
    httpApis: {},
  });

  it('is told apart by the stage', async () => {
    const { locate, asked } = await withAlarms({ a: rest('shop', 'beta') }, twins());

    expect(await locate('alarm:a')).toMatchObject({ kind: 'found', target: { apiId: 'c1b2c3d4e5', stage: 'beta' } });
    expect(asked()).not.toContain('logs:FilterLogEvents');
  });

  it('with the same stage is told apart by whose log has failures: the metrics are one', async () => {
    const { locate, asked } = await withAlarms(
      { a: rest('shop', 'prod') },
      { ...twins(), traffic: { f: failing('b1b2c3d4e5', 'prod') } },
    );

    expect(await locate('alarm:a')).toMatchObject({ kind: 'found', target: { apiId: 'b1b2c3d4e5' } });
    expect(asked().filter(one => one === 'logs:FilterLogEvents')).toHaveLength(2);
  });

  it('is asked about where the failing one does not log', async () => {
    const { locate } = await withAlarms(
      { a: rest('shop', 'prod') },
      { ...twins(true, false), traffic: { f: failing('b1b2c3d4e5', 'prod') } },
    );

    expect(await locate('alarm:a')).toMatchObject({
      kind: 'ambiguous',
      candidates: [
        { apiId: 'a1b2c3d4e5', stages: ['prod'] },
        { apiId: 'b1b2c3d4e5', stages: ['prod'] },
      ],
    });
  });

  it('is asked about where nobody may read metrics and logs', async () => {
    const denied = ['cloudwatch:GetMetricData', 'logs:FilterLogEvents'];
    const { locate } = await withAlarms(
      { a: rest('shop', 'prod') },
      { ...twins(), traffic: { f: failing('b1b2c3d4e5', 'prod') }, faults: { denied } },
    );

    expect(await locate('alarm:a')).toMatchObject({ kind: 'ambiguous', candidates: [{}, {}] });
  });

  it('of more APIs than can be looked at is told apart among those that fail, and none is dropped', async () => {
    const ids = Array.from({ length: 12 }, (_, index) => `${'abcdefghijkl'[index]}1b2c3d4e5`);
    const restApis = Object.fromEntries(ids.map(id => [id, restApi('shop')]));
    const { locate, asked } = await withAlarms({ a: rest('shop', 'prod') }, { restApis, httpApis: {} });

    const location = await locate('alarm:a');

    expect(location).toMatchObject({ kind: 'ambiguous', candidates: ids.map(apiId => ({ apiId, stages: ['prod'] })) });
    expect(asked().filter(one => one === 'apigateway:GetStages')).toHaveLength(10);
  });

  it('is the same name where only characters beyond ASCII differ', async () => {
    const { locate } = await withAlarms(
      { a: rest('shop', 'prod') },
      {
        restApis: { a1b2c3d4e5: restApi('shop'), b1b2c3d4e5: restApi('shopé') },
        traffic: { f: failing('b1b2c3d4e5', 'prod') },
      },
    );

    expect(await locate('alarm:a')).toMatchObject({ kind: 'found', target: { apiId: 'b1b2c3d4e5', apiName: 'shopé' } });
  });

  it('is an id where the name has no ASCII character', async () => {
    const { locate } = await withAlarms(
      { a: rest('a1b2c3d4e5', 'prod') },
      { restApis: { a1b2c3d4e5: restApi('注文') } },
    );

    expect(await locate('alarm:a')).toMatchObject({ kind: 'found', target: { apiId: 'a1b2c3d4e5', apiName: '注文' } });
  });
});

describe('a composite alarm', () => {
  it('means the API of the alarm below it that fires', async () => {
    const { locate, asked } = await withAlarms({
      all: { rule: 'ALARM("orders") OR ALARM(users)' },
      orders: { ...rest('orders-api', 'prod'), state: 'OK' },
      users: rest('users-api', 'prod'),
    });

    expect(await locate('alarm:all')).toMatchObject({
      kind: 'found',
      target: { apiId: 'u1b2c3d4e5' },
      threshold: null,
    });
    expect(asked().filter(one => one === 'cloudwatch:DescribeAlarms')).toHaveLength(2);
  });

  it('means what is below it where nothing fires any more, or that is about no API', async () => {
    const alarms: Alarms = {
      all: { rule: 'ALARM(users) AND NOT ALARM(deploying)' },
      users: { ...rest('users-api', 'prod'), state: 'OK' },
      deploying: { ...queue, state: 'ALARM' },
    };
    const { locate } = await withAlarms(alarms);

    expect(await locate('alarm:all')).toMatchObject({ kind: 'found', target: { apiId: 'u1b2c3d4e5' } });
  });

  it('is followed through others, in a circle too', async () => {
    const { locate, asked } = await withAlarms({
      all: { rule: 'ALARM(inner)' },
      inner: { rule: 'ALARM(all) OR ALARM(innermost)' },
      innermost: { rule: 'ALARM(inner) OR ALARM(users) OR ALARM(deleted)' },
      users: rest('users-api', 'prod'),
    });

    expect(await locate('alarm:all')).toMatchObject({ kind: 'found', target: { apiId: 'u1b2c3d4e5' } });
    expect(asked().filter(one => one === 'cloudwatch:DescribeAlarms')).toHaveLength(4);
  });

  it('deeper than is followed says so, and is not called unrelated', async () => {
    const levels = Object.fromEntries([0, 1, 2, 3, 4, 5].map(level => [`l${level}`, { rule: `ALARM(l${level + 1})` }]));
    const { locate } = await withAlarms({ ...levels, l6: rest('users-api', 'prod') });

    expect(await locate('alarm:l0')).toMatchObject({
      kind: 'unreadable',
      message: expect.stringContaining('more than 200 alarms or 5 levels'),
    });
    expect(await locate('alarm:l1')).toMatchObject({ kind: 'found' });
  });

  it('about no API says what it stands on', async () => {
    const { locate } = await withAlarms({ all: { rule: 'ALARM(mails) OR ALARM(gone)' }, mails: queue });

    expect(await locate('alarm:all')).toEqual({
      kind: 'unrelated',
      alarm: 'all',
      watches: 'The alarm all stands on the alarm mails, and no API was found behind it.',
    });
  });
});

it('an alarm that is not about an API at all says what it watches, and nothing else is asked', async () => {
  const { locate, asked } = await withAlarms({ mails: queue });

  expect(await locate('alarm:mails')).toEqual({
    kind: 'unrelated',
    alarm: 'mails',
    watches:
      'The alarm mails watches ApproximateAgeOfOldestMessage of AWS/SQS (QueueName mails), and no API was found behind it.',
  });
  expect(asked()).toEqual(['cloudwatch:DescribeAlarms']);
});

describe('where CloudWatch does not tell', () => {
  const notice: AlarmNotice = {
    arn: `arn:aws:cloudwatch:${region}:${accountId}:alarm:a`,
    name: 'a',
    accountId,
    region,
    state: 'ALARM',
    at: '2026-11-22T12:00:00.000Z',
    reason: 'Threshold Crossed',
    metrics: [{ namespace: 'AWS/ApiGateway', name: '5XXError', dimensions: { ApiName: 'users-api', Stage: 'prod' } }],
  };
  const denied = { faults: { denied: ['cloudwatch:DescribeAlarms'] } };

  it.each([
    ['denied', denied],
    ['throttled', { faults: { throttled: { 'cloudwatch:DescribeAlarms': 'always' as const } } }],
  ])('%s: what the alarm said of itself stands in', async (_, faults) => {
    const { locate } = await withAlarms({ a: rest('users-api', 'prod') }, faults);

    expect(await locate(notice.arn, {}, notice)).toMatchObject({
      kind: 'found',
      target: { apiId: 'u1b2c3d4e5', stage: 'prod' },
      threshold: null,
    });
  });

  it('an alarm that was deleted meanwhile is known by what it said', async () => {
    const { locate } = await withAlarms({});

    expect(await locate(notice.arn, {}, notice)).toMatchObject({ kind: 'found', target: { apiId: 'u1b2c3d4e5' } });
  });

  it('and the alarm said nothing, or another one did, it is unreadable', async () => {
    const { locate } = await withAlarms({ a: rest('users-api', 'prod') }, denied);

    for (const other of [undefined, { ...notice, metrics: [] }, { ...notice, name: 'b' }]) {
      expect(await locate(notice.arn, {}, other)).toMatchObject({
        kind: 'unreadable',
        remedy: expect.stringContaining('cloudwatch:DescribeAlarms'),
      });
    }
  });
});

it('several alarms that a message may mean are asked for in one call', async () => {
  const { locate, asked } = await withAlarms({ mails: queue, 'users 5xx': rest('users-api', 'prod') });

  const location = await locate('alarm:the mails', { alternatives: ['alarm:mails', 'alarm:users 5xx'] });

  expect(location).toMatchObject({ kind: 'found', target: { apiId: 'u1b2c3d4e5' } });
  expect(asked().filter(one => one === 'cloudwatch:DescribeAlarms')).toHaveLength(1);
});
