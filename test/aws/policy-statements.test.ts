import { beforeAll, describe, expect, it, test } from 'vitest';
import { operationNames, permissionOf } from '../../src/aws/operations.ts';
import {
  managedPolicyCharacters,
  type PolicyScope,
  policyLength,
  readOnlyPolicy,
} from '../../src/aws/policy-statements.ts';
import { probeReads } from '../../src/aws/probes.ts';
import type { Access } from '../../src/aws/types.ts';
import { runScenarios } from '../../src/cli/bench.ts';
import { readConfig } from '../../src/config.ts';
import { loadScenarios, type Scenario } from '../../src/sandbox/scenario.ts';
import { type AuthorizedCall, overhearing, ownLogGroups } from '../support/policy-calls.ts';
import { refusedCalls } from '../support/policy-decisions.ts';

const anywhere: PolicyScope = { partition: 'aws', accountId: '*', regions: [], logGroups: [], roleArns: [] };
const partner = 'arn:aws:iam::222222222222:role/apigw-500';

/** As wide as somebody may make it. */
const wide: PolicyScope = {
  partition: 'aws-us-gov',
  accountId: '123456789012',
  regions: ['us-gov-east-1', 'us-gov-west-1'],
  logGroups: ['orders-access', 'shop/*'],
  roleArns: [partner],
};

describe('the policy', () => {
  const calls: AuthorizedCall[] = [];
  let scenario: Scenario;

  beforeAll(async () => {
    const overhear = overhearing(call => calls.push(call));
    const scenarios = await loadScenarios();
    scenario = scenarios.values().next().value as Scenario;
    await runScenarios(scenarios, { clock: () => new Date(), config: readConfig, overhear });
  }, 120_000);

  it('allows every call that a shipped scenario makes, and log groups of people’s own naming where they are told', () => {
    expect(calls.length).toBeGreaterThan(100);
    expect(refusedCalls(readOnlyPolicy({ ...anywhere, logGroups: ownLogGroups }), calls)).toEqual([]);
    const untold = refusedCalls(readOnlyPolicy(anywhere), calls);
    expect(untold.length).toBeGreaterThan(0);
    expect(untold.filter(line => !/^logs:FilterLogEvents on \S+:log-group:\/apigateway\//.test(line))).toEqual([]);
  });

  it('narrowed to a Region, allows them there, and global services where these are at home', () => {
    const narrow = { ...anywhere, logGroups: ownLogGroups, regions: ['eu-west-1'] };
    expect([...new Set(calls.map(call => call.region))].toSorted()).toEqual(['eu-west-1', 'us-east-1']);
    expect(refusedCalls(readOnlyPolicy(narrow), calls)).toEqual([]);
    const elsewhere = refusedCalls(readOnlyPolicy({ ...narrow, regions: ['ap-south-1'] }), calls);
    expect(elsewhere.some(line => line.startsWith('lambda:GetPolicy'))).toBe(true);
    expect(elsewhere.some(line => line.startsWith('cloudwatch:GetMetricData'))).toBe(true);
  });

  it('allows what doctor tries, so that no permission is told to lack that does not', async () => {
    const tried: AuthorizedCall[] = [];
    const nothing = { send: async () => ({ $metadata: {} }), accountId: '123456789012', region: 'eu-west-1' };
    const access = { open: async () => ({ ...nothing, partition: 'aws' }), ownAccountId: async () => null, close() {} };
    const world = { ...scenario.world, accountId: nothing.accountId };
    const heard = overhearing(call => tried.push(call))(access as unknown as Access, { ...scenario, world });
    await probeReads({ ...(await heard.open(null, null)), accountId: nothing.accountId }, new Date());
    expect(tried.length).toBeGreaterThan(30);
    expect(refusedCalls(readOnlyPolicy(anywhere), tried)).toEqual([]);
  });

  it.each([anywhere, wide])('has the declared reads for its actions, by name, and no more (%#)', scope => {
    const reads = readOnlyPolicy({ ...scope, roleArns: [] });
    const actions = reads.Statement.flatMap(statement => statement.Action).toSorted();
    const declared = operationNames.filter(operation => operation !== 'sts:AssumeRole').map(permissionOf);
    expect(actions).toEqual([...new Set(declared)].toSorted());
    expect(actions.filter(action => /[*?]/.test(action))).toEqual([]);
    // The verb of a read, in IAM's words; API Gateway's actions are HTTP methods, and a query of logs is a read, too.
    // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
    const writes = actions.filter(
      action => !/^(apigateway:GET|logs:StartQuery|\w+:(Get|List|Describe|Lookup|Filter|Simulate)\w+)$/.test(action),
    );
    expect(writes).toEqual([]);
  });

  it('holds no secret-bearing path of API Gateway', () => {
    const secrets = ['apikeys/k1', 'usageplans/u1/keys', 'clientcertificates/c1', 'usageplans/u1/keys/k1'].map(
      path => ({
        operation: 'apigateway:GetStage' as const,
        action: 'apigateway:GET',
        resources: [`arn:aws:apigateway:eu-west-1::/${path}`],
        region: 'eu-west-1',
      }),
    );
    expect(refusedCalls(readOnlyPolicy(anywhere), secrets)).toHaveLength(secrets.length);
  });

  it('lets the roles of other accounts be taken in a statement of its own, and only those', () => {
    const statements = readOnlyPolicy(wide).Statement;
    const taking = statements.filter(({ Action }) => Action.some(action => action.startsWith('sts:Assume')));
    expect(taking).toEqual([
      { Sid: 'TakeRolesOfOtherAccounts', Effect: 'Allow', Action: ['sts:AssumeRole'], Resource: [partner] },
    ]);
    expect(readOnlyPolicy(anywhere).Statement.map(({ Sid }) => Sid)).not.toContain('TakeRolesOfOtherAccounts');
  });

  it('covers log groups with names of their own, and their streams', () => {
    const read = (name: string) => ({
      operation: 'logs:FilterLogEvents' as const,
      action: 'logs:FilterLogEvents',
      resources: [`arn:aws-us-gov:logs:us-gov-east-1:123456789012:log-group:${name}:log-stream:`],
      region: 'us-gov-east-1',
    });
    const asked = ['orders-access', 'shop/api', 'orders-access-too', 'secrets'].map(read);
    expect(refusedCalls(readOnlyPolicy(wide), asked).map(line => line.match(/group:(.*):log/)?.[1])).toEqual([
      'orders-access-too',
      'secrets',
    ]);
  });
});

test.each([anywhere, wide])('a managed policy is long enough for it, and every Sid is one (%#)', scope => {
  const policy = readOnlyPolicy(scope);
  expect(policyLength(policy)).toBeLessThan(managedPolicyCharacters);
  const sids = policy.Statement.map(({ Sid }) => Sid);
  expect(new Set(sids).size).toBe(sids.length);
  expect(sids.filter(sid => !/^[A-Za-z0-9]+$/.test(sid))).toEqual([]);
  expect(JSON.stringify(policy)).not.toMatch(/[{}]partition|\{region|\{account/);
});
