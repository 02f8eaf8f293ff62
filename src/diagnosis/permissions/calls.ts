import type { Route } from '../../aws/types.ts';
import { lambdaReference, resolveVariables } from '../backends.ts';
import type { Backend, Deployed, LambdaReference } from '../signals.ts';
import type { Target } from '../types.ts';
import { serviceAction } from './service-action.ts';

/** Something that API Gateway calls with a right that can be missing: a function, or an AWS service through a role. */
export interface Call {
  usedBy: 'integration' | 'authorizer';
  /** null for integrations. A null id could not be read: exports name authorizers, policies need their ids. */
  authorizer: { id: string | null; name: string } | null;
  routes: Route[];
  lambda: LambdaReference | null;
  /** Role that API Gateway assumes for the call; null: it calls as itself. */
  roleArn: string | null;
  /** The caller's own credentials are passed on, so their rights decide. */
  passesCredentials: boolean;
  /** IAM action; null where the URI does not tell it. */
  action: string | null;
  /** ARN that the action is needed on; null where only the request tells it. */
  resource: string | null;
}

const callerCredentials = /^arn:[^:]+:iam::\*:user\/\*$/;

/**
 * Calls to the same thing with the same credentials are one. Backends whose variables are undefined are left out.
 * `authorizerIds` are by name; one that is missing stays null.
 */
export function callsOf(
  backends: readonly Backend[],
  deployed: Deployed,
  authorizerIds: ReadonlyMap<string, string>,
  target: Target,
): Call[] {
  const calls = new Map<string, Call>();
  const add = (call: Call) => {
    const key = JSON.stringify([call.authorizer?.name, call.lambda, call.roleArn, call.action, call.resource]);
    const known = calls.get(key);
    if (known) known.routes.push(...call.routes);
    else calls.set(key, call);
  };
  for (const backend of backends) {
    const { integration, lambda, routes } = backend;
    if (backend.undefinedVariables.length > 0 || !(lambda !== null || backend.kind === 'aws-service')) continue;
    if (lambda === null && integration.credentials === null) continue;
    const needed = lambda === null ? serviceAction(backend, target.accountId) : invokeOf(lambda);
    add({
      usedBy: 'integration',
      authorizer: null,
      routes: [...routes],
      lambda,
      ...caller(integration.credentials),
      ...needed,
    });
  }
  for (const authorizer of deployed.configuration.authorizers) {
    const lambda = lambdaReference(resolveVariables(authorizer.uri, deployed.stageVariables).uri ?? '');
    const routes = deployed.configuration.routes.filter(route => route.authorizerId === authorizer.id);
    if (lambda === null || routes.length === 0) continue;
    const named = { id: authorizerIds.get(authorizer.name) ?? null, name: authorizer.name };
    add({
      usedBy: 'authorizer',
      authorizer: named,
      routes,
      lambda,
      ...caller(authorizer.credentials),
      ...invokeOf(lambda),
    });
  }
  return [...calls.values()];
}

function caller(credentials: string | null): Pick<Call, 'roleArn' | 'passesCredentials'> {
  const passesCredentials = credentials !== null && callerCredentials.test(credentials);
  return { roleArn: passesCredentials ? null : credentials, passesCredentials };
}

function invokeOf(lambda: LambdaReference): Pick<Call, 'action' | 'resource'> {
  return { action: 'lambda:InvokeFunction', resource: qualifiedArn(lambda) };
}

export function qualifiedArn({ arn, qualifier }: LambdaReference): string {
  return qualifier === null ? arn : `${arn}:${qualifier}`;
}
