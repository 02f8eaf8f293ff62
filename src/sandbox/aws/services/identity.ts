/** IAM and STS (https://docs.aws.amazon.com/IAM/latest/APIReference/, https://docs.aws.amazon.com/STS/latest/APIReference/). */
import { hashOf } from '../derived/requests.ts';
import { WireError } from '../wire/errors.ts';
import type { Role } from '../world/backends.ts';
import { callerArn, roleArn } from '../world/lookup.ts';
import type { World } from '../world.ts';
import { type Ask, dateAt, given, type Handlers, page } from './ask.ts';
import { assumeRole } from './assume-role.ts';
import { simulate } from './simulate.ts';

export const iamHandlers: Handlers<'iam'> = {
  'iam:GetRole': (input, ask) => {
    const name = input.RoleName ?? '';
    const role = roleOf(ask.world, name);
    return {
      Role: {
        Path: role.path,
        RoleName: name,
        RoleId: `AROA${hashOf(`${ask.world.accountId}/${name}`).toString('hex').slice(0, 17).toUpperCase()}`,
        Arn: roleArn(ask.world, name),
        CreateDate: dateAt(ask, role.createdDate),
        // IAM answers documents URL-encoded (RFC 3986).
        AssumeRolePolicyDocument: encodeURIComponent(JSON.stringify(role.trust)),
        MaxSessionDuration: 3600,
        ...given(
          'PermissionsBoundary',
          role.permissionsBoundary === undefined
            ? null
            : {
                PermissionsBoundaryType: 'PermissionsBoundaryPolicy' as const,
                PermissionsBoundaryArn: role.permissionsBoundary,
              },
        ),
        RoleLastUsed:
          role.lastUsed === undefined ? {} : { LastUsedDate: dateAt(ask, role.lastUsed), Region: ask.world.region },
      },
    };
  },
  'iam:ListAttachedRolePolicies': (input, ask) => {
    const { attachedPolicies } = roleOf(ask.world, input.RoleName ?? '');
    const all = attachedPolicies.map(PolicyArn => ({
      PolicyArn,
      PolicyName: PolicyArn.slice(PolicyArn.lastIndexOf('/') + 1),
    }));
    const { items, next } = markedPage(all, input, ask);
    return { AttachedPolicies: items, IsTruncated: next !== null, ...given('Marker', next) };
  },
  'iam:SimulatePrincipalPolicy': (input, ask) => {
    const [, name] = /:role\/(?:.*\/)?([^/]+)$/.exec(input.PolicySourceArn ?? '') ?? [];
    if (name === undefined)
      throw new WireError(
        'InvalidInput',
        400,
        `Invalid Entity Arn: ${input.PolicySourceArn} does not clearly define entity type and name.`,
      );
    const role = roleOf(ask.world, name);
    const context = Object.fromEntries(
      (input.ContextEntries ?? []).map(({ ContextKeyName = '', ContextKeyValues = [] }) => [
        ContextKeyName.toLowerCase(),
        ContextKeyValues,
      ]),
    );
    const all = (input.ActionNames ?? []).flatMap(action =>
      (input.ResourceArns ?? ['*']).map(resource => evaluation(ask.world, role, action, resource, context)),
    );
    const { items, next } = markedPage(all, input, ask);
    return { EvaluationResults: items, IsTruncated: next !== null, ...given('Marker', next) };
  },
};

export const stsHandlers: Handlers<'sts'> = {
  'sts:GetCallerIdentity': (_, { world }) => ({
    Account: world.accountId,
    Arn: callerArn(world),
    UserId: `AROA${hashOf(world.accountId).toString('hex').slice(0, 17).toUpperCase()}:sandbox`,
  }),
  'sts:AssumeRole': assumeRole,
};

function roleOf(world: World, name: string): Role {
  const role = world.roles[name];
  if (role === undefined) throw new WireError('NoSuchEntity', 404, `The role with name ${name} cannot be found.`);
  return role;
}

/** IAM's lists default to 100 items and hold at most 1000. */
function markedPage<T>(all: T[], input: { Marker?: string | undefined; MaxItems?: number | undefined }, ask: Ask) {
  const badToken = new WireError('InvalidInput', 400, 'Invalid Marker.');
  return page(all, input.Marker, Math.min(input.MaxItems ?? 100, 1000, ask.pageCap), badToken);
}

function evaluation(world: World, role: Role, action: string, resource: string, context: Record<string, string[]>) {
  const result = simulate(world, role, action, resource, context);
  return {
    EvalActionName: action,
    EvalResourceName: resource,
    EvalDecision: result.decision,
    MatchedStatements: result.matched.map(({ policyId, type }) => ({
      SourcePolicyId: policyId,
      SourcePolicyType: type as never,
    })),
    MissingContextValues: result.missingContextKeys,
    ...given(
      'PermissionsBoundaryDecisionDetail',
      result.allowedByBoundary === null ? null : { AllowedByPermissionsBoundary: result.allowedByBoundary },
    ),
  };
}
