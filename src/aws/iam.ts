import type { EvaluationResult, ResourceSpecificResult, Statement } from '@aws-sdk/client-iam';
import { readPages } from './paging.ts';
import { policyIn } from './policy-document.ts';
import type { Send } from './send.ts';
import type { Role, Simulation } from './types.ts';
import { orNull, UnreadError } from './unread.ts';

const pageSize = 100;
const pageCap = 20;

/**
 * null: no such role in the account that is asked. IAM knows roles by name, in that account alone: where the ARN of
 * another account's role was given and `accountId` tells so, it rejects instead of answering for a namesake.
 * Source: GetRole.
 */
export async function readRole(send: Send, role: string, accountId: string | null = null): Promise<Role | null> {
  const owner = accountOf(role);
  if (owner !== null && accountId !== null && owner !== accountId) throw elsewhere(role, owner);
  const input = { RoleName: roleName(role) };
  const answer = (await orNull(send('iam:GetRole', input)))?.Role;
  if (!answer) return null;
  const found = accountOf(answer.Arn ?? '');
  if (owner !== null && found !== null && owner !== found) throw elsewhere(role, owner);
  const trust = decoded(answer.AssumeRolePolicyDocument ?? '');
  return {
    name: answer.RoleName ?? input.RoleName,
    arn: answer.Arn ?? role,
    createdAt: answer.CreateDate?.toISOString() ?? null,
    trust: trust === '' ? { version: null, statements: [] } : policyIn(trust, 'iam:GetRole', input),
    permissionsBoundaryArn: answer.PermissionsBoundary?.PermissionsBoundaryArn ?? null,
  };
}

/** The name in `arn:…:role/service-role/name`; a name stays as it is. */
export function roleName(role: string): string {
  return role.slice(role.lastIndexOf('/') + 1);
}

function accountOf(arn: string): string | null {
  return /^arn:[\w-]+:iam::(\d{12}):/.exec(arn)?.[1] ?? null;
}

function elsewhere(role: string, owner: string): UnreadError {
  return new UnreadError(
    'iam:GetRole',
    'access_denied',
    `Role ${role} belongs to account ${owner}, which this diagnosis does not read.`,
    `Look at the role in account ${owner}.`,
  );
}

/** Policies come URL-encoded. https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html */
function decoded(document: string): string {
  try {
    return decodeURIComponent(document);
  } catch {
    return document;
  }
}

/**
 * IAM's own decisions on a role's policies, boundary and service control policies; one for each action and resource.
 * Resource policies are not part of it. null: no such role. Source: SimulatePrincipalPolicy.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html
 */
export async function simulate(
  send: Send,
  roleArn: string,
  actions: string[],
  resources: string[],
): Promise<Simulation[] | null> {
  const listed = await orNull(
    readPages(pageCap, async Marker => {
      const page = await send('iam:SimulatePrincipalPolicy', {
        PolicySourceArn: roleArn,
        ActionNames: actions,
        ResourceArns: resources,
        MaxItems: pageSize,
        Marker,
      });
      return { items: page.EvaluationResults, next: page.IsTruncated ? page.Marker : undefined };
    }),
  );
  if (listed === null) return null;
  if (!listed.complete) throw tooMany(roleArn);
  return listed.items.flatMap(simulationsOf);
}

function tooMany(roleArn: string): UnreadError {
  return new UnreadError(
    'iam:SimulatePrincipalPolicy',
    'capped',
    `The simulation of role ${roleArn} has more than ${pageCap} pages of results, which is more than this program reads.`,
    'Try the failing action alone in the IAM policy simulator.',
  );
}

/** With several resources IAM may answer for each of them within the result of an action. */
function simulationsOf(result: EvaluationResult): Simulation[] {
  const details = result.ResourceSpecificResults ?? [];
  if (details.length === 0) return [simulationOf(result, result.EvalResourceName ?? '*', result.EvalDecision, result)];
  return details.map(detail =>
    simulationOf(result, detail.EvalResourceName ?? '*', detail.EvalResourceDecision, detail),
  );
}

function simulationOf(
  result: EvaluationResult,
  resource: string,
  decision: EvaluationResult['EvalDecision'],
  detail: EvaluationResult | ResourceSpecificResult,
): Simulation {
  const boundary = detail.PermissionsBoundaryDecisionDetail ?? result.PermissionsBoundaryDecisionDetail;
  return {
    action: result.EvalActionName ?? '',
    resource,
    decision: decision ?? 'implicitDeny',
    matchedStatements: (detail.MatchedStatements ?? []).map(policyName),
    missingContextKeys: detail.MissingContextValues ?? result.MissingContextValues ?? [],
    allowedByBoundary: boundary?.AllowedByPermissionsBoundary ?? null,
    allowedByOrganization: result.OrganizationsDecisionDetail?.AllowedByOrganizations ?? null,
  };
}

function policyName({ SourcePolicyId, SourcePolicyType }: Statement): string {
  return SourcePolicyId ?? SourcePolicyType ?? 'unnamed policy';
}

/** ARNs of the role's managed policies; null: no such role. Source: ListAttachedRolePolicies. */
export async function listAttachedPolicyArns(send: Send, role: string): Promise<string[] | null> {
  const listed = await orNull(
    readPages(pageCap, async Marker => {
      const input = { RoleName: roleName(role), MaxItems: pageSize, Marker };
      const page = await send('iam:ListAttachedRolePolicies', input);
      return { items: page.AttachedPolicies, next: page.IsTruncated ? page.Marker : undefined };
    }),
  );
  return listed?.items.flatMap(policy => policy.PolicyArn ?? []) ?? null;
}
