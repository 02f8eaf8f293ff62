/** What the judgements of permissions share: their readings, how a fault becomes an aspect, and how things are named. */
import { cliLine, functionLink, roleLink } from '../../aws/links.ts';
import type { PolicyDocument, Role, Route, Simulation } from '../../aws/types.ts';
import { type Aspect, claim } from '../aspects.ts';
import type { Notebook, Reading } from '../finding.ts';
import type { ApiAddress } from '../invocation.ts';
import type { LambdaReference } from '../signals.ts';
import type { CauseId, CauseParameters, Claim } from '../types.ts';
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
}

export interface JudgingContext {
  api: ApiAddress;
  /** Whether the stage surely runs the configuration that the calls were taken from. */
  faithful: boolean;
  /** Routes that fail; null where that cannot be told. */
  failing: Set<string> | null;
  notes: Notebook;
}

/** An aspect and the cause that it looked for. */
export type Checked = Aspect & { about: CauseId };

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

/**
 * Something that must fail. It is a problem where the stage surely runs it and requests may have met it; a right that
 * something else could still give is only a symptom.
 */
export function fault(
  { faithful, failing }: JudgingContext,
  found: {
    about: CauseId;
    routes: readonly Route[];
    sentence: string;
    evidence: string[];
    parameters: CauseParameters;
    basis?: Claim['basis'];
  },
): Checked {
  const { about, routes, sentence, evidence, basis = 'configuration' } = found;
  const but = (reason: string): Checked => ({
    about,
    status: 'warning',
    sentence: `${sentence.replace(/\.$/, '')}; ${reason}.`,
  });
  if (!faithful) return but('this is the draft, and what the stage runs could not be read');
  const hit = failing === null ? routes : routes.filter(route => failing.has(route.key));
  if (hit.length === 0 && routes.length > 0) return but('no failing request went there');
  const claims = [claim(about, basis, evidence, { ...found.parameters, ...routeParameters(hit) })];
  const shown = basis === 'configuration' || failing !== null;
  return { about, status: shown ? 'problem' : 'warning', sentence, claims };
}

export function unknown(about: CauseId, sentence: string): Checked {
  return { about, status: 'unknown', sentence };
}

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

function routeParameters(routes: readonly Route[]): CauseParameters {
  const [only] = routes;
  return {
    ...(routes.length === 1 && only ? { route: only.key } : {}),
    ...(routes.length > 0 ? { routes: keysOf(routes) } : {}),
  };
}

export function keysOf(routes: readonly Route[]): string[] {
  return routes.map(route => route.key);
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
