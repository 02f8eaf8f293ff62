/** Two accounts, at the wire: real SDK clients, real sts:AssumeRole, the real diagnosis. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { openDiagnosis } from '../../src/app.ts';
import type { Access, Place } from '../../src/aws/types.ts';
import { parseConfig } from '../../src/config.ts';
import { type AskedPlace, placesFor } from '../../src/diagnosis/locate-everywhere.ts';
import type { DiagnosisRequest, Location } from '../../src/diagnosis/types.ts';
import { reportText } from '../../src/render/text.ts';
import type { WorldDocument } from '../../src/sandbox/aws/world.ts';
import { createLog } from '../../src/telemetry.ts';
import { failing, healthy, ordersWorld, serve, worldWith, zero } from '../sandbox/aws/support.ts';

const own = '111122223333';
const shop = '444455556666';
const bank = '777788889999';

const reader: WorldDocument['roles'] = {
  'apigw-500-read': {
    trust: {
      Statement: {
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${own}:root` },
        Action: 'sts:AssumeRole',
        Condition: { StringEquals: { 'sts:ExternalId': 'shared-word' } },
      },
    },
  },
};

/** The orders API under another id and name. */
function renamed(id: string, name: string): Partial<WorldDocument> {
  const { restApis, ...rest } = ordersWorld();
  return { ...rest, restApis: { [id]: { ...restApis?.a1b2c3d4e5, name } as never } };
}

const account = (id: string, regions = ['eu-west-1'], externalId = 'shared-word') => ({
  id,
  roleArn: `arn:aws:iam::${id}:role/apigw-500-read`,
  externalId,
  regions,
});

interface Setting {
  ownWorld?: Partial<WorldDocument>;
  shopWorld?: Partial<WorldDocument>;
  more?: (Partial<WorldDocument> & { accountId: string })[];
  accounts?: ReturnType<typeof account>[];
}

async function setting({ ownWorld = {}, shopWorld = {}, more = [], accounts = [account(shop)] }: Setting) {
  const others = [{ accountId: shop, ...shopWorld }, ...more].map(world =>
    worldWith({ ...world, roles: { ...reader, ...world.roles } }),
  );
  const { server, options } = await serve(ownWorld, others);
  const config = parseConfig({ AWS_REGION: 'eu-west-1', HEALTH_FEED_URL: '', CONFIG_FILE: 'x' }, 'command', () =>
    JSON.stringify({ accounts, quotaShare: 1 }),
  );
  const clock = () => zero;
  const log = createLog('silent');
  const { endpoint, credentials } = options;
  const { service, close } = await openDiagnosis(config, { clock, log, endpoint, credentials });
  onTestFinished(close);
  const request = (target: string, more: Partial<DiagnosisRequest> = {}): DiagnosisRequest => ({
    target,
    stage: null,
    region: null,
    accountId: null,
    span: { minutes: 15 },
    overrides: { functionName: null, roleName: null, policyArn: null, logGroup: null },
    ...more,
  });
  return {
    service,
    request,
    locate: (target: string, more: Partial<DiagnosisRequest> = {}) => service.locate(request(target, more)),
    operations: () => server.wire.calls('test').map(call => call.operation),
  };
}

const payments = renamed('p1a2y3m4e5', 'payments-api');

describe('a target that does not say where it is', () => {
  test.each(['payments-api', 'p1a2y3m4e5'])('is found in the other account: %s', async target => {
    const { locate } = await setting({ ownWorld: ordersWorld(), shopWorld: payments });

    const location = await locate(target);

    expect(location).toMatchObject({
      kind: 'found',
      target: { accountId: shop, region: 'eu-west-1', apiId: 'p1a2y3m4e5', stage: 'prod' },
    });
    expect(location).not.toHaveProperty('unseen');
  });

  test('is found in another Region of another account', async () => {
    const { locate } = await setting({
      more: [{ accountId: shop, region: 'us-east-1', ...payments }],
      accounts: [account(shop, ['eu-west-1', 'us-east-1'])],
    });

    expect(await locate('payments-api')).toMatchObject({
      kind: 'found',
      target: { accountId: shop, region: 'us-east-1' },
    });
  });

  test('is ambiguous where several accounts have it, the own one first', async () => {
    const { locate } = await setting({ ownWorld: ordersWorld(), shopWorld: renamed('s1h2o3p4x5', 'orders-api') });

    expect(await locate('orders-api')).toEqual({
      kind: 'ambiguous',
      candidates: [
        expect.objectContaining({ accountId: own, region: 'eu-west-1', apiId: 'a1b2c3d4e5', stages: ['prod'] }),
        expect.objectContaining({ accountId: shop, region: 'eu-west-1', apiId: 's1h2o3p4x5', stages: ['prod'] }),
      ],
    });
    expect(await locate('orders-api', { accountId: shop })).toMatchObject({
      kind: 'found',
      target: { accountId: shop, apiId: 's1h2o3p4x5' },
    });
  });

  test('is the API of that very name where another is only written alike', async () => {
    const { locate } = await setting({ ownWorld: renamed('o1r2d3e4r5', 'Orders-API'), shopWorld: ordersWorld() });

    expect(await locate('orders-api')).toMatchObject({ kind: 'found', target: { accountId: shop } });
  });

  test('that is nowhere is not found, with close names from everywhere', async () => {
    const { locate } = await setting({ ownWorld: ordersWorld(), shopWorld: renamed('s1h2o3p4x5', 'order-api') });

    expect(await locate('orders-apis')).toMatchObject({
      kind: 'not_found',
      region: `account ${own} (eu-west-1) and account ${shop} (eu-west-1)`,
      candidates: [
        { accountId: own, apiName: 'orders-api' },
        { accountId: shop, apiName: 'order-api' },
      ],
    });
  });

  test('leaves the reads of a diagnosis to the place where it is found', async () => {
    const { locate, operations } = await setting({ ownWorld: ordersWorld(), shopWorld: payments });

    await locate('p1a2y3m4e5', { stage: 'prod' });

    expect(operations()).not.toContain('cloudtrail:LookupEvents');
  });
});

describe('a target that says where it is', () => {
  test('is looked for in the Region of its URL alone, in every account that is looked at there', async () => {
    const { locate, operations } = await setting({
      more: [{ accountId: shop, region: 'us-east-1', ...payments }],
      accounts: [account(shop, ['us-east-1']), account(bank, ['eu-west-1'])],
    });

    expect(await locate('https://p1a2y3m4e5.execute-api.us-east-1.amazonaws.com/prod/orders')).toMatchObject({
      kind: 'found',
      target: { accountId: shop, region: 'us-east-1', stage: 'prod' },
    });
    expect(operations().filter(operation => operation === 'sts:AssumeRole')).toHaveLength(1);
  });

  test('is looked for in the account of its ARN alone', async () => {
    const { locate } = await setting({ ownWorld: ordersWorld(), shopWorld: ordersWorld() });

    expect(await locate(`arn:aws:execute-api:eu-west-1:${shop}:a1b2c3d4e5/prod/GET/orders`)).toMatchObject({
      kind: 'found',
      target: { accountId: shop },
    });
  });

  test('an alarm leads to the account that its ARN, or the webhook, names', async () => {
    const dimensions = { ApiName: 'orders-api', Stage: 'prod' };
    const alarm = { namespace: 'AWS/ApiGateway', metric: '5XXError', dimensions, threshold: 5 };
    const alarms: WorldDocument['alarms'] = { 'orders-5xx': alarm };
    const { locate } = await setting({ ownWorld: ordersWorld(), shopWorld: { ...ordersWorld(), alarms } });
    const there = { kind: 'found', target: { accountId: shop, apiId: 'a1b2c3d4e5', stage: 'prod' } };

    expect(await locate(`arn:aws:cloudwatch:eu-west-1:${shop}:alarm:orders-5xx`)).toMatchObject(there);
    expect(await locate('alarm:orders-5xx', { accountId: shop, region: 'eu-west-1' })).toMatchObject(there);
    expect(await locate('alarm:orders-5xx')).toMatchObject(there);
  });
});

describe('placesFor', () => {
  const places: Place[] = [
    { accountId: null, region: 'eu-west-1' },
    { accountId: own, region: 'eu-west-1' },
    { accountId: own, region: 'eu-north-1' },
    { accountId: shop, region: 'eu-west-1' },
    { accountId: bank, region: 'cn-north-1' },
  ];
  const access = (configured = places): Access => ({
    open: () => Promise.reject(new Error('Nothing is opened.')),
    ownAccountId: async () => own,
    places: () => configured,
    close: () => undefined,
  });
  const asked = (target: string, accountId: string | null = null, region: string | null = null) =>
    ({ target, accountId, region }) as DiagnosisRequest;
  const words = (found: readonly AskedPlace[]) => found.map(place => `${place.accountId} ${place.region}`);

  test.each([
    [
      'a name, everywhere, each place once',
      asked('orders'),
      places.slice(1).map(place => `${place.accountId} ${place.region}`),
    ],
    ['an account, in its Regions', asked('orders', own), [`${own} eu-west-1`, `${own} eu-north-1`]],
    [
      'a Region that is configured, there',
      asked('orders', null, 'eu-west-1'),
      [`${own} eu-west-1`, `${shop} eu-west-1`],
    ],
    ['a Region that is not, in the own account', asked('orders', null, 'us-east-1'), [`${own} us-east-1`]],
    ['another partition, in its accounts alone', asked('orders', null, 'cn-north-1'), [`${bank} cn-north-1`]],
    ['account and Region, there, configured or not', asked('orders', shop, 'us-east-1'), [`${shop} us-east-1`]],
    ['an account that is not configured, as it is said', asked('orders', '000000000000'), ['000000000000 null']],
  ])('%s', async (_, request, expected) => {
    expect(words(await placesFor(request, access()))).toEqual(expected);
  });

  test('where nothing else is configured, the own account is not asked for its id first', async () => {
    expect(await placesFor(asked('orders'), access(places.slice(0, 1)))).toEqual([{ accountId: null, region: null }]);
  });
});

describe('an account that cannot be read', () => {
  const accounts = [account(shop), account(bank, ['eu-west-1', 'us-east-1'], 'wrong-word')];
  const more = [{ accountId: bank, ...renamed('b1a2n3k4x5', 'bank-api') }];

  test('does not hide what is found in another, and stands in the report as a gap', async () => {
    const shopWorld = {
      ...payments,
      traffic: { get: { ...failing, api: 'p1a2y3m4e5' }, list: { ...healthy, api: 'p1a2y3m4e5' } },
    };
    const { service, request } = await setting({ ownWorld: ordersWorld(), shopWorld, more, accounts });
    const asked = request('payments-api');

    const location = (await service.locate(asked)) as Extract<Location, { kind: 'found' }>;
    const record = await service.diagnose({ kind: 'cli', by: null, at: zero.toISOString(), request: asked }, location);

    expect(location).toMatchObject({ kind: 'found', target: { accountId: shop } });
    const gap = {
      source: 'sts:AssumeRole',
      reason: 'access_denied',
      permission: 'sts:AssumeRole',
      remedy: expect.stringContaining(`payments-api was not looked for in account ${bank} (eu-west-1, us-east-1).`),
    };
    expect(record.report.target).toMatchObject({ accountId: shop, region: 'eu-west-1' });
    expect(record.report.verdict.gaps).toContainEqual(gap);
    expect(record.report.stats.awsCalls.byOperation['apigateway:GetRestApis']).toBe(2);
    const again = await service.rerun(record, 'step:2');
    expect(again.report.verdict.gaps).toContainEqual(gap);
    const shown = reportText(record.report, { width: 100, colour: false });
    for (const part of [`account ${shop}`, 'eu-west-1', `account ${bank}`]) expect(shown).toContain(part);
  });

  test('leaves open whether what is found nowhere else exists', async () => {
    const { locate } = await setting({ ownWorld: ordersWorld(), shopWorld: payments, more, accounts });

    const location = await locate('bank-api');

    expect(location.kind).toBe('unreadable');
    const { message, remedy } = location as Extract<Location, { kind: 'unreadable' }>;
    expect(message).toContain(`bank-api was not found in account ${own} (eu-west-1) and account ${shop} (eu-west-1).`);
    expect(message).toContain(
      `It could not be looked for in account ${bank} (eu-west-1, us-east-1): Account ${bank} cannot be read`,
    );
    expect(remedy).toContain('trust policy');
    expect(`${message} ${remedy}`).not.toContain('wrong-word');
  });

  test('does not keep another meaning of the message from being tried', async () => {
    const { locate } = await setting({ ownWorld: ordersWorld(), shopWorld: payments, more, accounts });

    expect(await locate('no-such-api', { alternatives: ['payments-api'] })).toMatchObject({
      kind: 'found',
      target: { apiName: 'payments-api' },
    });
  });

  test('that could be read when the target was found makes every later check unknown, and names the role', async () => {
    const shopWorld = { ...payments, traffic: { get: { ...failing, api: 'p1a2y3m4e5' } } };
    const found = await setting({ ownWorld: ordersWorld(), shopWorld });
    const asked = found.request('payments-api');
    const location = (await found.service.locate(asked)) as Extract<Location, { kind: 'found' }>;
    const trigger = { kind: 'cli' as const, by: null, at: zero.toISOString(), request: asked };
    const record = await found.service.diagnose(trigger, location);
    const locked = await setting({ shopWorld, accounts: [account(shop, ['eu-west-1'], 'wrong-word')] });

    const again = await locked.service.rerun(record, 'step:2');

    expect(again.report.steps.find(step => step.number === 2)).toMatchObject({ status: 'unknown' });
    expect(again.report.verdict.gaps).toContainEqual(
      expect.objectContaining({ source: 'sts:AssumeRole', reason: 'access_denied', permission: 'sts:AssumeRole' }),
    );
  });

  test('that is not configured is refused by name, and nothing else is read instead', async () => {
    const { locate, operations } = await setting({ ownWorld: ordersWorld() });

    expect(await locate('orders-api', { accountId: bank })).toMatchObject({
      kind: 'unreadable',
      message: `The bot has no access to account ${bank}: its own is ${own}.`,
    });
    expect(operations()).toEqual(['sts:GetCallerIdentity']);
  });
});
