/** What the judgements of permissions share: their readings, how a fault becomes an aspect, and how things are named. */
import { cliLine, functionLink, roleLink } from '../../aws/links.ts';
import type { PolicyDocument, Role, Route, Simulation } from '../../aws/types.ts';
import { type FaultContext, keysOf, routeParameters } from '../faults.ts';
import type { Notebook, Reading } from '../finding.ts';
import type { ApiAddress } from '../invocation.ts';
import type { FailedRequest, LambdaReference } from '../signals.ts';
import type { CauseId, CauseParameters } from '../types.ts';
import { listed } from '../wording.ts';
import { type Call, qualifiedArn } from './calls.ts';

export interface RoleReading {
  arn: string;
  role: Reading<Role | null>;
  /** What IAM's policy simulator answers for the right that is asked about. */
  simulation: Reading<Simulation[] | null>;
}

/** A call with what tells whether it may be made. */
export interface CallReading {
  call: Call;
  /** The function's own policy; null where no function is called. */
  policy: Reading<PolicyDocument | null> | null;
  /** null where API Gateway assumes none. */
  role: RoleReading | null;
  /** null: not known. */
  functionExists: boolean | null;
}

export interface ExecutionRoleReading extends RoleReading {
  functions: LambdaReference[];
  routes: Route[];
  /** What failing requests say the role was refused; null: nothing. */
  refusal: Refusal | null;
}

/** A failing request in which a function's session was refused something, and what IAM says of the role. */
export interface Refusal {
  request: FailedRequest;
  action: string;
  resource: string;
  simulation: Reading<Simulation[] | null>;
}

export interface JudgingContext extends FaultContext {
  api: ApiAddress;
  notes: Notebook;
}

export const causesOf = {
  integration: {
    permission: 'lambda-invoke-permission-missing',
    trust: 'integration-role-not-assumable',
    right: 'integration-role-lacks-permission',
  },
  authorizer: {
    permission: 'authorizer-invoke-permission-missing',
    trust: 'authorizer-role-not-assumable',
    right: 'authorizer-invoke-permission-missing',
  },
} as const satisfies Record<Call['usedBy'], Record<string, CauseId>>;

export function parametersOf({ routes, lambda, roleArn, authorizer, action, resource }: Call): CauseParameters {
  return {
    ...routeParameters(routes),
    ...(lambda ? { functionName: lambda.name, functionArn: lambda.arn } : {}),
    ...(lambda?.qualifier ? { qualifier: lambda.qualifier } : {}),
    ...(roleArn ? { roleArn, roleName: roleName(roleArn) } : {}),
    ...(action ? { action } : {}),
    ...(resource ? { resource } : {}),
    ...(authorizer ? { authorizerId: authorizer.id ?? authorizer.name } : {}),
  };
}

/** `GET /orders and GET /items`, or `authorizer tokens`. */
export function users({ routes, authorizer }: Pick<Call, 'routes' | 'authorizer'>): string {
  return authorizer === null ? listed(keysOf(routes)) : `authorizer ${authorizer.name}`;
}

export function functionName({ name, qualifier }: LambdaReference): string {
  return qualifier === null ? name : `${name}:${qualifier}`;
}

export function roleName(arn: string): string {
  return arn.split('/').at(-1) ?? arn;
}

export function accountOf(arn: string): string | null {
  return arn.split(':')[4] || null;
}

export function functionPlace(lambda: LambdaReference, command: string, { api }: JudgingContext) {
  const { name, arn, qualifier, region, accountId } = lambda;
  const foreign = api.accountId !== null && accountId !== api.accountId;
  return {
    resource: qualifiedArn(lambda),
    link: functionLink(region, name, qualifier),
    cli: cliLine(`lambda ${command}`, {
      'function-name': foreign ? arn : name,
      ...(qualifier === null ? {} : { qualifier }),
      region,
    }),
  };
}

export function rolePlace(arn: string, { api }: JudgingContext) {
  return {
    resource: arn,
    link: roleLink(api.region, roleName(arn)),
    cli: cliLine('iam get-role', { 'role-name': roleName(arn), region: api.region }),
  };
}
