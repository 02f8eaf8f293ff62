import { describe, expect, it } from 'vitest';
import { listAttachedPolicyArns, readRole, roleName, simulate } from '../../src/aws/iam.ts';
import { type Call, failure, wire } from './wire.ts';

const gone = (call: Call) => failure(call, 'NoSuchEntity', 'The role with name r cannot be found.', 404);
const arn = 'arn:aws:iam::111122223333:role/service-role/orders';
const trust = {
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
};

function roleXml(document: string): string {
  return `<GetRoleResponse><GetRoleResult><Role><Path>/service-role/</Path><RoleName>orders</RoleName><RoleId>AROA1</RoleId>
    <Arn>${arn}</Arn><CreateDate>2026-11-20T10:00:00Z</CreateDate>
    <AssumeRolePolicyDocument>${document}</AssumeRolePolicyDocument>
    <PermissionsBoundary><PermissionsBoundaryArn>arn:aws:iam::111122223333:policy/edge</PermissionsBoundaryArn></PermissionsBoundary>
    </Role></GetRoleResult></GetRoleResponse>`;
}

describe('readRole', () => {
  it('reads a role by its ARN, its trust decoded', async () => {
    const { send, calls } = await wire(() => ({ body: roleXml(encodeURIComponent(JSON.stringify(trust))) }));

    await expect(readRole(send, arn)).resolves.toMatchObject({
      name: 'orders',
      arn,
      createdAt: '2026-11-20T10:00:00.000Z',
      trust: {
        version: '2012-10-17',
        statements: [
          { effect: 'Allow', principal: { Service: ['lambda.amazonaws.com'] }, actions: ['sts:AssumeRole'] },
        ],
      },
      permissionsBoundaryArn: 'arn:aws:iam::111122223333:policy/edge',
    });
    expect(calls[0]?.body.RoleName).toBe('orders');
  });

  it('answers null where there is none', async () => {
    const { send } = await wire(gone);

    await expect(readRole(send, 'orders')).resolves.toBeNull();
  });

  it('does not answer with a namesake for a role of another account', async () => {
    const foreign = 'arn:aws:iam::999900009999:role/orders';
    const { send, calls } = await wire(() => ({ body: roleXml(encodeURIComponent(JSON.stringify(trust))) }));
    const denied = { reason: 'access_denied', message: expect.stringContaining('account 999900009999') };

    await expect(readRole(send, foreign)).rejects.toMatchObject(denied);
    expect(calls).toHaveLength(1);
    await expect(readRole(send, foreign, '111122223333')).rejects.toMatchObject(denied);
    expect(calls).toHaveLength(1);
  });

  it('does not take a trust policy that it cannot read for none', async () => {
    const { send } = await wire(() => ({ body: roleXml('%7Bbroken') }));

    await expect(readRole(send, arn)).rejects.toMatchObject({ reason: 'timeout' });
  });

  it.each([
    ['orders', 'orders'],
    [arn, 'orders'],
  ])('knows the name in %s', (role, name) => {
    expect(roleName(role)).toBe(name);
  });
});

describe('simulate', () => {
  const result = (action: string, inner: string) =>
    `<member><EvalActionName>${action}</EvalActionName>${inner}</member>`;
  const page = (results: string, marker = '') =>
    `<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult><EvaluationResults>${results}</EvaluationResults>
      <IsTruncated>${marker !== ''}</IsTruncated>${marker === '' ? '' : `<Marker>${marker}</Marker>`}
      </SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>`;

  it('reads one decision for each action and resource, over all pages', async () => {
    const { send, calls } = await wire(({ body }) =>
      body.Marker === undefined
        ? {
            body: page(
              result(
                'lambda:InvokeFunction',
                `<EvalResourceName>arn:f</EvalResourceName><EvalDecision>explicitDeny</EvalDecision>
                 <MatchedStatements><member><SourcePolicyId>deny-all</SourcePolicyId></member></MatchedStatements>
                 <MissingContextValues><member>aws:SourceIp</member></MissingContextValues>
                 <OrganizationsDecisionDetail><AllowedByOrganizations>false</AllowedByOrganizations></OrganizationsDecisionDetail>
                 <PermissionsBoundaryDecisionDetail><AllowedByPermissionsBoundary>true</AllowedByPermissionsBoundary></PermissionsBoundaryDecisionDetail>`,
              ),
              'm',
            ),
          }
        : {
            body: page(
              result(
                'sqs:SendMessage',
                `<EvalResourceName>*</EvalResourceName><EvalDecision>implicitDeny</EvalDecision><ResourceSpecificResults>
                 <member><EvalResourceName>arn:q1</EvalResourceName><EvalResourceDecision>allowed</EvalResourceDecision></member>
                 <member><EvalResourceName>arn:q2</EvalResourceName><EvalResourceDecision>implicitDeny</EvalResourceDecision></member>
                 </ResourceSpecificResults>`,
              ),
            ),
          },
    );

    const simulations = await simulate(send, arn, ['lambda:InvokeFunction', 'sqs:SendMessage'], ['arn:f']);

    expect(simulations).toEqual([
      {
        action: 'lambda:InvokeFunction',
        resource: 'arn:f',
        decision: 'explicitDeny',
        matchedStatements: ['deny-all'],
        missingContextKeys: ['aws:SourceIp'],
        allowedByBoundary: true,
        allowedByOrganization: false,
      },
      expect.objectContaining({ action: 'sqs:SendMessage', resource: 'arn:q1', decision: 'allowed' }),
      expect.objectContaining({ action: 'sqs:SendMessage', resource: 'arn:q2', decision: 'implicitDeny' }),
    ]);
    expect(calls[0]?.body).toMatchObject({ PolicySourceArn: arn, 'ActionNames.member.2': 'sqs:SendMessage' });
    expect(calls).toHaveLength(2);
  });

  it('answers null without the role, but rejects what IAM will not simulate', async () => {
    const missing = await wire(gone);
    const refused = await wire(call => failure(call, 'InvalidInput', 'Invalid Input Action: nonsense'));

    await expect(simulate(missing.send, arn, ['a:B'], ['*'])).resolves.toBeNull();
    await expect(simulate(refused.send, arn, ['nonsense'], ['*'])).rejects.toMatchObject({ reason: 'timeout' });
  });
});

describe('listAttachedPolicyArns', () => {
  it('reads all pages', async () => {
    const attached = (name: string, more: string) =>
      `<ListAttachedRolePoliciesResponse><ListAttachedRolePoliciesResult><AttachedPolicies><member><PolicyName>${name}</PolicyName>
        <PolicyArn>arn:aws:iam::aws:policy/${name}</PolicyArn></member></AttachedPolicies>${more}
        </ListAttachedRolePoliciesResult></ListAttachedRolePoliciesResponse>`;
    const { send } = await wire(({ body }) => ({
      body: body.Marker
        ? attached('two', '<IsTruncated>false</IsTruncated>')
        : attached('one', '<IsTruncated>true</IsTruncated><Marker>m</Marker>'),
    }));

    await expect(listAttachedPolicyArns(send, arn)).resolves.toEqual([
      'arn:aws:iam::aws:policy/one',
      'arn:aws:iam::aws:policy/two',
    ]);
  });

  it('answers null where there is no such role', async () => {
    const { send } = await wire(gone);

    await expect(listAttachedPolicyArns(send, 'orders')).resolves.toBeNull();
  });
});
