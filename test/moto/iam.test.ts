import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { beforeAll, expect, test } from 'vitest';
import { listAttachedPolicyArns, readRole, simulate } from '../../src/aws/iam.ts';
import { arn, buildersIn, expectUnread, present, readersIn } from './aws.ts';

const aws = buildersIn('eu-west-1');
const { send } = await readersIn('eu-west-1');
const RoleName = 'iam-orders-execution';
const boundary = arn('iam', '', 'policy/iam-boundary');
const basicExecution = 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole';
const managed = Array.from({ length: 8 }, (_, index) => `iam-managed-${index}`);

const trust = {
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'Services',
      Effect: 'Allow',
      Principal: { Service: ['lambda.amazonaws.com', 'apigateway.amazonaws.com'] },
      Action: 'sts:AssumeRole',
    },
    {
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::999988887777:root' },
      Action: ['sts:AssumeRole', 'sts:TagSession'],
      Condition: { StringEquals: { 'sts:ExternalId': 'a b/c+d%' } },
    },
  ],
};

function allowing(action: string): string {
  const statement = { Effect: 'Allow', Action: action, Resource: '*' };
  return JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
}

beforeAll(async () => {
  const createPolicy = async (PolicyName: string, action: string) => {
    const { Policy } = await aws.iam.send(new CreatePolicyCommand({ PolicyName, PolicyDocument: allowing(action) }));
    return present(Policy?.Arn);
  };
  await createPolicy('iam-boundary', 'dynamodb:*');
  await aws.iam.send(
    new CreateRoleCommand({
      RoleName,
      Path: '/service-role/orders/',
      AssumeRolePolicyDocument: JSON.stringify(trust),
      PermissionsBoundary: boundary,
    }),
  );
  const inline = { RoleName, PolicyName: 'table', PolicyDocument: allowing('dynamodb:GetItem') };
  await aws.iam.send(new PutRolePolicyCommand(inline));
  const own = await Promise.all(managed.map(name => createPolicy(name, 'logs:PutLogEvents')));
  for (const PolicyArn of [basicExecution, ...own]) {
    await aws.iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
  }
});

const roleArn = arn('iam', '', `role/service-role/orders/${RoleName}`);

test.each([RoleName, roleArn])('%s is read with its trust, its path and its boundary', async role => {
  const read = await readRole(send, role);

  expect(read).toMatchObject({ name: RoleName, arn: roleArn, permissionsBoundaryArn: boundary });
  expect(read?.trust.version).toBe('2012-10-17');
  expect(read?.trust.statements).toMatchObject([
    {
      sid: 'Services',
      effect: 'Allow',
      principal: { Service: ['lambda.amazonaws.com', 'apigateway.amazonaws.com'] },
      actions: ['sts:AssumeRole'],
      conditions: {},
    },
    {
      sid: null,
      principal: { AWS: ['arn:aws:iam::999988887777:root'] },
      actions: ['sts:AssumeRole', 'sts:TagSession'],
      conditions: { StringEquals: { 'sts:ExternalId': ['a b/c+d%'] } },
    },
  ]);
});

test('the managed policies of a role are read, and its inline one is not among them', async () => {
  const attached = await listAttachedPolicyArns(send, roleArn);

  const expected = [basicExecution, ...managed.map(name => arn('iam', '', `policy/${name}`))];
  expect(attached?.toSorted()).toEqual(expected.toSorted());
});

test('a role that does not exist is null', async () => {
  await expect(readRole(send, 'iam-nobody')).resolves.toBeNull();
  await expect(listAttachedPolicyArns(send, 'iam-nobody')).resolves.toBeNull();
});

test("IAM's simulator, which moto does not have, is unread, and no decision is made up", async () => {
  await expectUnread(simulate(send, roleArn, ['dynamodb:GetItem'], ['*']), 'iam:SimulatePrincipalPolicy');
});
