import { describe, expect, it } from 'vitest';
import { mergePatch } from '../../../src/sandbox/aws/world/merge-patch.ts';
import { offsetMs } from '../../../src/sandbox/aws/world/time.ts';
import { fillIn, type WorldDocument, worldSchema } from '../../../src/sandbox/aws/world.ts';
import { ordersWorld } from './support.ts';

/** `path: message` of everything that is wrong with a world. */
function problems(parts: Partial<WorldDocument> | Record<string, unknown>): string[] {
  const result = worldSchema.safeParse(fillIn({ accountId: '111122223333', region: 'eu-west-1', ...parts }));
  return result.success ? [] : result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

const flow = { api: 'a1b2c3d4e5', route: 'GET /orders', perMinute: 1 };
const trust = { Statement: [] };

describe('a world is refused', () => {
  it.each([
    ['with an unknown field', { cause: 'lambda-throttled' }, 'Unrecognized key: "cause"'],
    [
      'with a field misspelt deep inside',
      { functions: { f: { role: 'r', timeuot: 3 } } },
      'functions.f: Unrecognized key: "timeuot"',
    ],
    [
      'with a time that is not relative',
      { logGroups: { g: { events: [{ at: '2026-01-01', message: '' }] } } },
      'must be a time relative to the start',
    ],
    [
      'whose stage has a deployment that does not exist',
      { restApis: { x: { name: 'x', paths: {}, deployments: {}, stages: { prod: { deploymentId: 'd9' } } } } },
      'restApis.x.stages.prod: deployment d9 does not exist',
    ],
    [
      'whose deployment differs in a field that is none',
      {
        restApis: { x: { name: 'x', paths: {}, deployments: { d1: { createdDate: '0s', snapshot: { pahts: {} } } } } },
      },
      'restApis.x.deployments.d1.snapshot: Unrecognized key: "pahts"',
    ],
    [
      'whose method is deployed without an integration',
      { restApis: { x: { name: 'x', paths: { '/a': { GET: {} } }, deployments: { d1: { createdDate: '0s' } } } } },
      'is deployed without an integration',
    ],
    [
      'whose method names an authorizer that does not exist',
      {
        restApis: {
          x: {
            name: 'x',
            paths: { '/a': { GET: { authorizerId: 'au', integration: { type: 'MOCK' } } } },
            deployments: {},
          },
        },
      },
      'authorizer au does not exist',
    ],
    [
      'whose route targets an integration that does not exist',
      { httpApis: { h: { name: 'h', routes: { $default: { target: 'integrations/i9' } }, integrations: {} } } },
      'integration i9 does not exist',
    ],
    [
      'with traffic to an unknown API',
      { traffic: { t: { ...flow, api: 'zzz' } } },
      'traffic.t.api: no API has the id zzz',
    ],
    [
      'with traffic to an unknown route',
      { ...ordersWorld(), traffic: { t: { ...flow, route: 'GET /nothing' } } },
      'traffic.t.route: GET /nothing is not deployed to prod',
    ],
    [
      'with traffic to an unknown stage',
      { ...ordersWorld(), traffic: { t: { ...flow, stage: 'dev' } } },
      'traffic.t.stage: a1b2c3d4e5 has no such deployed stage',
    ],
    [
      'with traffic that ends before it begins',
      { ...ordersWorld(), traffic: { t: { ...flow, from: '-1m', to: '-2m' } } },
      'traffic.t.from: from must be before to',
    ],
    [
      'with traffic at no rate, or at two',
      { ...ordersWorld(), traffic: { t: { api: 'a1b2c3d4e5', route: 'GET /orders' } } },
      'traffic.t.every: give either every or perMinute',
    ],
    [
      'with traffic that invokes an unknown function',
      { ...ordersWorld(), traffic: { t: { ...flow, function: { name: 'gone' } } } },
      'traffic.t.function.name: no function is named gone',
    ],
    [
      'with a WAF decision and no web ACL',
      { ...ordersWorld(), traffic: { t: { ...flow, waf: { rule: 'bots' } } } },
      'traffic.t.waf: prod has no web ACL',
    ],
    [
      'whose role has a policy that nobody knows',
      { roles: { r: { trust, attachedPolicies: ['arn:aws:iam::aws:policy/Nope'] } } },
      'roles.r: policy arn:aws:iam::aws:policy/Nope is neither',
    ],
    [
      'whose alias leads to no version',
      { functions: { f: { role: 'r', aliases: { live: { functionVersion: '3' } } } } },
      'version 3 does not exist',
    ],
    ['whose alarm watches nothing', { alarms: { a: {} } }, 'alarms.a: give one of metric, metrics or rule'],
  ])('%s', (_, parts, problem) => {
    expect(problems(parts).join('\n')).toContain(problem);
  });
});

it('a world may have traffic to a route that is not deployed, as long as API Gateway refuses it', () => {
  expect(problems({ ...ordersWorld(), traffic: { t: { ...flow, route: 'GET /nothing', status: 403 } } })).toEqual([]);
});

it('texts and keys take the account and the Region of the world', () => {
  const arn = 'arn:aws:iam::<accountId>:policy/p';
  const world = worldSchema.parse(
    fillIn({
      accountId: '999988887777',
      region: 'us-east-2',
      policies: { [arn]: { document: trust } },
      roles: { r: { trust, attachedPolicies: [arn] } },
    }),
  );

  expect(Object.keys(world.policies)).toEqual(['arn:aws:iam::999988887777:policy/p']);
});

it.each([
  ['-12m', -720_000],
  ['0s', 0],
  ['+30s', 30_000],
  ['-1h30m', -5_400_000],
  ['2d', 172_800_000],
  ['250ms', 250],
])('%s is %i ms', (text, ms) => {
  expect(offsetMs(text)).toBe(ms);
});

// https://www.rfc-editor.org/rfc/rfc7386#appendix-A
it.each([
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [
    ['a', 'b'],
    ['c', 'd'],
    ['c', 'd'],
  ],
  [{ a: 'foo' }, 'bar', 'bar'],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
])('%j patched with %j is %j', (target, patch, result) => {
  expect(mergePatch(target, patch)).toEqual(result);
});
