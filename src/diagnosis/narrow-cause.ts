import { lambdaReference } from './backends.ts';
import { routeServing } from './routes.ts';
import { backendServing, functionBehind, metTimeout } from './serving.ts';
import type { Backend, Deployed, FailedRequest, FunctionFacts, LambdaReference } from './signals.ts';
import type { CauseId, Overrides, Target } from './types.ts';

/** What runs behind the failing requests, as far as it could be read. */
export interface Setup {
  target: Target;
  overrides: Overrides;
  backends: readonly Backend[];
  deployed: Deployed | null;
  functions: readonly FunctionFacts[];
}

/** What the configuration says about a cause that a log line leaves possible. */
type Fit = 'confirmed' | 'possible' | 'excluded';

/**
 * Several log texts fit more than one cause, and often the configuration that the request met bears out one of them.
 * That one is taken; what the configuration rules out is dropped. Pure.
 */
export function narrowCause(request: FailedRequest, setup: Setup): FailedRequest {
  if (setup.deployed === null) return request;
  if (request.cause !== null) return relabelled(request, setup);
  const backend = backendServing(setup.backends, request);
  if (backend !== null && metTimeout(request, backend, setup.target.apiType)) {
    return { ...request, cause: 'integration-timeout', possible: [] };
  }
  const fits = request.possible.map(cause => ({ cause, fit: fitOf(cause, request, setup) }));
  const left = fits.filter(one => one.fit !== 'excluded');
  const [confirmed, ...others] = left.filter(one => one.fit === 'confirmed');
  if (confirmed !== undefined && others.length === 0) return { ...request, cause: confirmed.cause, possible: [] };
  return left.length === 0 ? request : { ...request, possible: left.map(one => one.cause) };
}

/** API Gateway words a missing permission alike, whether the function's policy or a role should give it. */
function relabelled(request: FailedRequest, setup: Setup): FailedRequest {
  const role: CauseId = 'integration-role-lacks-permission';
  const byPolicy = request.cause === 'lambda-invoke-permission-missing';
  if (!byPolicy || fitOf(request.cause, request, setup) !== 'excluded') return request;
  return fitOf(role, request, setup) === 'confirmed' ? { ...request, cause: role } : request;
}

function fitOf(cause: CauseId | null, request: FailedRequest, setup: Setup): Fit {
  if (cause === null) return 'excluded';
  if (cause.startsWith('authorizer-')) return authorizerFit(cause, request, setup);
  const backend = backendServing(setup.backends, request);
  // A request that cannot be placed may have gone anywhere.
  const fits = (backend === null ? setup.backends : [backend]).map(one => integrationFit(cause, request, one, setup));
  if (fits.length === 0) return 'possible';
  return fits.includes('confirmed') ? 'confirmed' : fits.includes('possible') ? 'possible' : 'excluded';
}

function integrationFit(cause: CauseId, request: FailedRequest, backend: Backend, setup: Setup): Fit {
  const { integration, lambda, kind } = backend;
  const { credentials } = integration;
  const facts = functionBehind(backend, setup.functions, setup.overrides);
  const unless = (excluded: boolean): Fit => (excluded ? 'excluded' : 'possible');
  switch (cause) {
    case 'integration-role-not-assumable':
    case 'integration-role-lacks-permission': {
      const named = roleIn(request);
      return credentials !== null && (named === null || named === credentials) ? 'confirmed' : 'excluded';
    }
    case 'lambda-invoke-permission-missing':
      // With a role of its own, the function's policy matters only across accounts.
      return unless(lambda === null || (credentials !== null && lambda.accountId === setup.target.accountId));
    case 'lambda-integration-method-not-post':
      if (lambda === null || integration.httpMethod === 'POST') return 'excluded';
      return integration.httpMethod === null ? 'possible' : 'confirmed';
    case 'lambda-function-missing':
      if (lambda === null) return 'excluded';
      return facts === null ? 'possible' : facts.configuration === null ? 'confirmed' : 'excluded';
    case 'lambda-not-ready': {
      if (lambda === null) return 'excluded';
      const state = facts?.configuration?.state ?? null;
      return state === null ? 'possible' : state === 'Active' ? 'excluded' : 'confirmed';
    }
    case 'endpoint-network-error':
    case 'endpoint-address-invalid':
    case 'backend-tls-failure':
      return unless(kind !== 'http' && kind !== 'vpc-link');
    case 'vpc-link-unavailable':
    case 'vpc-link-targets-unhealthy':
      return unless(integration.connectionType !== 'VPC_LINK');
    case 'aws-service-integration-rejected':
      return unless(kind !== 'aws-service');
    case 'mock-statuscode-invalid':
      return unless(kind !== 'mock');
    case 'request-mapping-failed':
    case 'response-mapping-failed':
    case 'output-mapping-invalid':
    case 'no-integration-response-match':
      return unless(integration.type.endsWith('_PROXY'));
    default:
      return unless(cause.startsWith('lambda-') && lambda === null);
  }
}

function authorizerFit(cause: CauseId, request: FailedRequest, { deployed }: Setup): Fit {
  const { routes, authorizers } = deployed?.configuration ?? { routes: [], authorizers: [] };
  const route = request.route === null ? null : routeServing(routes, request.route);
  const own = route === null ? authorizers : authorizers.filter(one => one.id === route.authorizerId);
  if (cause !== 'authorizer-role-not-assumable') return own.length === 0 ? 'excluded' : 'possible';
  const named = roleIn(request);
  const uses = own.some(one => one.credentials !== null && (named === null || one.credentials === named));
  return uses ? 'confirmed' : 'excluded';
}

/** The role that the decisive line names. */
function roleIn({ decisive }: Pick<FailedRequest, 'decisive'>): string | null {
  return /arn:[\w-]+:iam::\d{12}:role\/[\w+=,.@/-]*[\w+=@-]/.exec(decisive?.message ?? '')?.[0] ?? null;
}

/** The function that a request called, qualified as it was called. */
export function calledFunction(request: FailedRequest, setup: Setup): LambdaReference | null {
  const called = request.functionArn === null ? null : lambdaReference(request.functionArn);
  return called ?? backendServing(setup.backends, request)?.lambda ?? null;
}
