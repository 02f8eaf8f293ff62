import {
  type ContextEntry,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  paginateSimulatePrincipalPolicy,
  SimulatePrincipalPolicyCommand,
} from '@aws-sdk/client-iam';
import { describe, expect, it } from 'vitest';
import type { WorldDocument } from '../../../src/sandbox/aws/world.ts';
import { refusal, serve } from './support.ts';

const trust = {
  Statement: { Effect: 'Allow' as const, Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
};
const table = 'arn:aws:dynamodb:eu-west-1:111122223333:table/orders';
const PolicySourceArn = 'arn:aws:iam::111122223333:role/team/worker';
type RoleDocument = Omit<NonNullable<WorldDocument['roles']>[string], 'trust'>;

const allow = (
  Action: string | string[],
  Resource: string | string[] = '*',
  Condition?: Record<string, Record<string, string>>,
) => ({
  Statement: { Effect: 'Allow' as const, Action, Resource, ...(Condition && { Condition }) },
});

async function decision(role: RoleDocument, action: string, ContextEntries?: ContextEntry[]) {
  const { options } = await serve({
    roles: { worker: { path: '/team/', trust, ...role } },
    policies: { 'arn:aws:iam::<accountId>:policy/edge': { document: allow('dynamodb:*') } },
  });
  const { EvaluationResults } = await new IAMClient(options).send(
    new SimulatePrincipalPolicyCommand({
      PolicySourceArn,
      ActionNames: [action],
      ResourceArns: [table],
      ContextEntries,
    }),
  );
  return EvaluationResults?.[0];
}

describe('SimulatePrincipalPolicy', () => {
  it.each([
    [
      'an action that is allowed',
      { inlinePolicies: { p: allow('dynamodb:GetItem', table) } },
      'dynamodb:GetItem',
      'allowed',
    ],
    [
      'wildcards and any case',
      { inlinePolicies: { p: allow('DynamoDB:Get*', 'arn:aws:dynamodb:*:*:table/ord?rs') } },
      'dynamodb:GetItem',
      'allowed',
    ],
    [
      'an AWS managed policy',
      { attachedPolicies: ['arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess'] },
      'dynamodb:Query',
      'allowed',
    ],
    [
      'nothing that fits',
      { inlinePolicies: { p: allow('dynamodb:GetItem', `${table}-old`) } },
      'dynamodb:GetItem',
      'implicitDeny',
    ],
    [
      'a boundary that stops it',
      { inlinePolicies: { p: allow('s3:*') }, permissionsBoundary: 'arn:aws:iam::111122223333:policy/edge' },
      's3:GetObject',
      'implicitDeny',
    ],
    [
      'a boundary that lets it',
      { inlinePolicies: { p: allow('*') }, permissionsBoundary: 'arn:aws:iam::111122223333:policy/edge' },
      'dynamodb:GetItem',
      'allowed',
    ],
  ] satisfies [string, RoleDocument, string, string][])('decides %s', async (_, role, action, expected) => {
    expect(await decision(role, action)).toMatchObject({
      EvalActionName: action,
      EvalResourceName: table,
      EvalDecision: expected,
    });
  });

  it('lets a Deny win, and names the policy that decided', async () => {
    const denied = { Statement: [{ Effect: 'Deny' as const, NotAction: 's3:*', Resource: '*' }] };

    expect(await decision({ inlinePolicies: { all: allow('*'), brake: denied } }, 'dynamodb:GetItem')).toMatchObject({
      EvalDecision: 'explicitDeny',
      MatchedStatements: [{ SourcePolicyId: 'brake' }],
    });
  });

  it('tells which context keys it was not given, and uses those that it was', async () => {
    const role = { inlinePolicies: { p: allow('*', '*', { StringEquals: { 'aws:PrincipalTag/team': 'orders' } }) } };
    const tag = {
      ContextKeyName: 'aws:PrincipalTag/team',
      ContextKeyValues: ['orders'],
      ContextKeyType: 'string' as const,
    };

    expect(await decision(role, 'dynamodb:GetItem')).toMatchObject({
      EvalDecision: 'implicitDeny',
      MissingContextValues: ['aws:PrincipalTag/team'],
    });
    expect(await decision(role, 'dynamodb:GetItem', [tag])).toMatchObject({
      EvalDecision: 'allowed',
      MissingContextValues: [],
    });
  });

  it('pages, and knows no role that is not there', async () => {
    const { options } = await serve({
      roles: {
        worker: {
          path: '/team/',
          trust,
          attachedPolicies: [
            'arn:aws:iam::aws:policy/AdministratorAccess',
            'arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess',
          ],
        },
      },
      pageSize: { 'iam:SimulatePrincipalPolicy': 2, 'iam:ListAttachedRolePolicies': 1 },
    });
    const client = new IAMClient(options);
    const pages: number[] = [];

    for await (const { EvaluationResults } of paginateSimulatePrincipalPolicy(
      { client },
      { PolicySourceArn, ActionNames: ['a:A', 'a:B', 'a:C'], ResourceArns: ['x'] },
    ))
      pages.push(EvaluationResults?.length ?? 0);
    const attached = await client.send(new ListAttachedRolePoliciesCommand({ RoleName: 'worker' }));
    const missing = await refusal(
      client.send(
        new SimulatePrincipalPolicyCommand({
          PolicySourceArn: 'arn:aws:iam::111122223333:role/gone',
          ActionNames: ['a:A'],
        }),
      ),
    );

    expect(pages).toEqual([2, 1]);
    expect(attached).toMatchObject({ IsTruncated: true, AttachedPolicies: [{ PolicyName: 'AdministratorAccess' }] });
    expect(missing).toMatchObject({ name: 'NoSuchEntityException', status: 404 });
  });
});
