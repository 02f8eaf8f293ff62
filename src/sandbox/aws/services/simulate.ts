/**
 * The evaluator behind SimulatePrincipalPolicy, for roles: identity policies and the permissions boundary
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html).
 */
import { awsManagedPolicy } from '../world/aws-policies.ts';
import type { Role } from '../world/backends.ts';
import type { PolicyText, StatementText } from '../world/documents.ts';
import type { World } from '../world.ts';

export interface Decision {
  decision: 'allowed' | 'explicitDeny' | 'implicitDeny';
  matched: { policyId: string; type: string }[];
  missingContextKeys: string[];
  /** null: the role has no boundary. */
  allowedByBoundary: boolean | null;
}

interface NamedPolicy {
  id: string;
  type: string;
  document: PolicyText;
}

type Context = Record<string, string[]>;

export function simulate(world: World, role: Role, action: string, resource: string, context: Context): Decision {
  const identity = evaluate(policiesOf(world, role), action, resource, context);
  const boundary = role.permissionsBoundary === undefined ? null : managedDocument(world, role.permissionsBoundary);
  const allowedByBoundary =
    boundary === null
      ? null
      : evaluate([{ id: 'boundary', type: 'IAM Policy', document: boundary }], action, resource, context).decision ===
        'allowed';
  const decision = identity.decision === 'allowed' && allowedByBoundary === false ? 'implicitDeny' : identity.decision;
  return { ...identity, decision, allowedByBoundary };
}

export function managedDocument(world: World, arn: string): PolicyText | null {
  return world.policies[arn]?.document ?? awsManagedPolicy(arn);
}

function policiesOf(world: World, role: Role): NamedPolicy[] {
  return [
    ...Object.entries(role.inlinePolicies).map(([id, document]) => ({ id, type: 'IAM Policy', document })),
    ...role.attachedPolicies.flatMap(arn => {
      const document = managedDocument(world, arn);
      return document === null ? [] : [{ id: arn.slice(arn.lastIndexOf('/') + 1), type: 'IAM Policy', document }];
    }),
  ];
}

function evaluate(
  policies: NamedPolicy[],
  action: string,
  resource: string,
  context: Context,
): Omit<Decision, 'allowedByBoundary'> {
  const missing = new Set<string>();
  const allows: Decision['matched'] = [];
  const denies: Decision['matched'] = [];
  for (const { id, type, document } of policies) {
    for (const statement of document.Statement) {
      if (!applies(statement, action, resource)) continue;
      const verdict = conditionsHold(statement, context);
      for (const key of verdict.missing) missing.add(key);
      if (verdict.holds) (statement.Effect === 'Deny' ? denies : allows).push({ policyId: id, type });
    }
  }
  const decision = denies.length > 0 ? 'explicitDeny' : allows.length > 0 ? 'allowed' : 'implicitDeny';
  return { decision, matched: denies.length > 0 ? denies : allows, missingContextKeys: [...missing] };
}

function applies(statement: StatementText, action: string, resource: string): boolean {
  const lower = action.toLowerCase();
  const matches = (patterns: string | string[] | undefined, value: string) =>
    list(patterns).some(pattern => wildcard(pattern, value));
  const lowered = (patterns: string | string[] | undefined) => list(patterns).map(pattern => pattern.toLowerCase());
  const action_ =
    statement.Action === undefined
      ? !matches(lowered(statement.NotAction), lower)
      : matches(lowered(statement.Action), lower);
  const resource_ =
    statement.Resource === undefined
      ? !matches(statement.NotResource, resource)
      : matches(statement.Resource, resource);
  return action_ && resource_;
}

export function list(value: string | string[] | undefined): string[] {
  return value === undefined ? [] : typeof value === 'string' ? [value] : value;
}

/** `*` any run of characters, `?` one. */
export function wildcard(pattern: string, value: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(value);
}

const operators: Record<string, (expected: string, actual: string) => boolean> = {
  StringEquals: (expected, actual) => expected === actual,
  StringEqualsIgnoreCase: (expected, actual) => expected.toLowerCase() === actual.toLowerCase(),
  StringLike: wildcard,
  ArnEquals: wildcard,
  ArnLike: wildcard,
  Bool: (expected, actual) => expected.toLowerCase() === actual.toLowerCase(),
};

/** All operators and keys must hold; a key that the simulation was not given is missing, and does not. */
export function conditionsHold(statement: StatementText, context: Context): { holds: boolean; missing: string[] } {
  const missing: string[] = [];
  let holds = true;
  for (const [name, keys] of Object.entries(statement.Condition ?? {})) {
    const ifExists = name.endsWith('IfExists');
    const base = name.replace(/IfExists$/, '');
    const negated = base.includes('Not');
    const compare = operators[base.replace('Not', '')];
    for (const [key, expected] of Object.entries(keys)) {
      const actual = context[key.toLowerCase()];
      if (actual === undefined) {
        missing.push(key);
        holds &&= ifExists || negated;
        continue;
      }
      const some = actual.some(one =>
        (Array.isArray(expected) ? expected : [String(expected)]).some(other => compare?.(other, one) ?? false),
      );
      holds &&= some !== negated;
    }
  }
  return { holds, missing };
}
