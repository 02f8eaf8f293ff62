import type { Integration } from '../aws/types.ts';
import { lambdaReference } from './backends.ts';
import { routeServing, withoutStage } from './routes.ts';
import { backendServing, functionBehind, integrationTimeoutMs, metTimeout } from './serving.ts';
import type { Backend, Deployed, FailedRequest, FunctionFacts, LambdaReference } from './signals.ts';
import type { CauseId, Target } from './types.ts';
import { linkState, targetState, type VpcLinkReading } from './vpc-links.ts';

/** What runs behind the failing requests, as far as it could be read. */
export interface Setup {
  target: Target;
  backends: readonly Backend[];
  deployed: Deployed | null;
  functions: readonly FunctionFacts[];
  links: readonly VpcLinkReading[];
}

/** What the configuration says about a cause that a log line leaves possible. */
type Fit = 'confirmed' | 'possible' | 'excluded';

/**
 * Several log texts fit more than one cause, and often the configuration that the request met bears out one of them.
 * That one is taken; what the configuration rules out is dropped. Pure.
 */
export function narrowCause(request: FailedRequest, setup: Setup): FailedRequest {
  if (setup.deployed === null) return request;
  const backend = backendServing(setup.backends, request);
  if (request.cause !== null) return reworded(request.cause, request, backend !== null, setup);
  if (backend !== null && metTimeout(request, backend, setup.target.apiType)) {
    return { ...request, cause: 'integration-timeout', possible: [] };
  }
  const fits = request.possible.map(cause => ({ cause, fit: fitOf(cause, request, setup) }));
  const left = fits.filter(one => one.fit !== 'excluded');
  const [confirmed, ...others] = left.filter(one => one.fit === 'confirmed');
  if (confirmed !== undefined && others.length === 0) return { ...request, cause: confirmed.cause, possible: [] };
  const rejected: CauseId = 'aws-service-integration-rejected';
  const open = left.length === 0 || left.some(one => one.cause === rejected);
  if (open && backend !== null && rejectedByService(request, backend))
    return { ...request, cause: rejected, possible: [] };
  return left.length === 0 ? request : { ...request, possible: left.map(one => one.cause) };
}

/** A 4xx of the AWS service itself, which the integration made a 5xx of. */
function rejectedByService({ endpointStatus }: FailedRequest, { kind }: Backend): boolean {
  return kind === 'aws-service' && endpointStatus != null && endpointStatus >= 400 && endpointStatus < 500;
}

/**
 * What the words of a cause may stand for as well: API Gateway words a permission that is missing alike, whether the
 * function's policy or a role should give it, or the function is gone; an address that lacks its variable like any other
 * that is wrong; and a refusal that became a 5xx likewise, whether a gateway response or WAF's own rule made it one.
 */
const rivals: Partial<Record<CauseId, CauseId[]>> = {
  'lambda-invoke-permission-missing': [
    'stage-variable-undefined',
    'lambda-function-missing',
    'integration-role-lacks-permission',
  ],
  'lambda-function-missing': ['stage-variable-undefined'],
  'endpoint-address-invalid': ['stage-variable-undefined'],
};

/** The rival that the configuration bears out; with a request that cannot be placed, both stay possible. */
function reworded(cause: CauseId, request: FailedRequest, placed: boolean, setup: Setup): FailedRequest {
  if (cause === 'gateway-response-override') {
    const byWaf = request.possible.includes('waf-blocked') && fitOf(cause, request, setup) === 'excluded';
    return byWaf ? { ...request, cause: 'waf-blocked' } : request;
  }
  const rival = rivals[cause]?.find(other => fitOf(other, request, setup) === 'confirmed');
  if (rival === undefined) return request;
  // With a role of its own, an integration may still need the function's policy, across accounts.
  if (rival === 'integration-role-lacks-permission' && fitOf(cause, request, setup) !== 'excluded') return request;
  return placed ? { ...request, cause: rival } : { ...request, cause: null, possible: [cause, rival] };
}

function fitOf(cause: CauseId | null, request: FailedRequest, setup: Setup): Fit {
  if (cause === null) return 'excluded';
  if (cause.startsWith('authorizer-')) return authorizerFit(cause, request, setup);
  if (cause === 'api-not-deployed') return undeployedFit(request, setup);
  if (cause === 'gateway-response-override') return overrideFit(setup);
  const backend = backendServing(setup.backends, request);
  // A request that cannot be placed may have gone anywhere.
  const fits = (backend === null ? setup.backends : [backend]).map(one => integrationFit(cause, request, one, setup));
  if (fits.length === 0) return 'possible';
  return fits.includes('confirmed') ? 'confirmed' : fits.includes('possible') ? 'possible' : 'excluded';
}

function integrationFit(cause: CauseId, request: FailedRequest, backend: Backend, setup: Setup): Fit {
  const { integration, lambda, kind } = backend;
  const { credentials } = integration;
  const facts = functionBehind(backend, setup.functions);
  const unless = (excluded: boolean): Fit => (excluded ? 'excluded' : 'possible');
  switch (cause) {
    case 'integration-role-not-assumable':
    case 'integration-role-lacks-permission': {
      const named = roleIn(request);
      return credentials !== null && (named === null || named === credentials) ? 'confirmed' : 'excluded';
    }
    case 'stage-variable-undefined':
      return backend.undefinedVariables.length > 0 ? 'confirmed' : 'excluded';
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
    case 'mapping-status-override':
      return overridesStatus(integration)
        ? 'confirmed'
        : unless(integration.type.endsWith('_PROXY') && setup.target.apiType === 'REST');
    case 'integration-timeout':
      // A shorter latency is told where the call ended otherwise.
      return unless(request.integrationLatencyMs !== null && !metTimeout(request, backend, setup.target.apiType));
    case 'endpoint-network-error':
      if (kind !== 'http' && kind !== 'vpc-link') return 'excluded';
      return unanswered(request, backend, setup) ? 'confirmed' : 'possible';
    case 'endpoint-address-invalid':
    case 'backend-tls-failure':
      return unless(kind !== 'http' && kind !== 'vpc-link');
    case 'vpc-link-unavailable':
    case 'vpc-link-targets-unhealthy':
      return vpcLinkFit(cause, backend, setup.links);
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

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-override-request-response-parameters.html */
function overridesStatus({ responses, requestTemplates }: Integration): boolean {
  const templates = [requestTemplates, ...responses.map(response => response.templates)].flatMap(one =>
    Object.values(one),
  );
  const parameters = responses.flatMap(response => Object.keys(response.parameters));
  return templates.some(one => /responseOverride\.status/.test(one)) || parameters.some(one => /statuscode/i.test(one));
}

/** A route that only the draft has is refused until it is deployed. */
function undeployedFit({ route }: FailedRequest, { deployed, target }: Setup): Fit {
  if (route === null || deployed === null) return 'possible';
  const called = withoutStage(route, target.stage);
  if (routeServing(deployed.configuration.routes, called) !== null) return 'excluded';
  const waits = deployed.faithful && routeServing(deployed.draft?.routes ?? [], called) !== null;
  return waits ? 'confirmed' : 'possible';
}

/** Only what the stage's export tells is told whole. */
function overrideFit({ deployed }: Setup): Fit {
  if (deployed?.basis !== 'export') return 'possible';
  return deployed.configuration.gatewayResponses.some(one => one.statusCode?.startsWith('5')) ? 'possible' : 'excluded';
}

function vpcLinkFit(cause: CauseId, backend: Backend, links: readonly VpcLinkReading[]): Fit {
  if (backend.integration.connectionType !== 'VPC_LINK') return 'excluded';
  const reading = links.find(one => one.backends.includes(backend));
  const state =
    reading === undefined ? 'unknown' : cause === 'vpc-link-unavailable' ? linkState(reading) : targetState(reading);
  return state === 'fails' ? 'confirmed' : state === 'works' ? 'excluded' : 'possible';
}

/**
 * A 503 of API Gateway's own, without an answer and clearly before the timeout: the endpoint could not be reached. Behind
 * a VPC link that holds only where the link and the targets are known not to be why.
 */
function unanswered(request: FailedRequest, backend: Backend, { target, links }: Setup): boolean {
  const { status, integrationLatencyMs, endpointStatus } = request;
  const limit = integrationTimeoutMs(backend.integration, target.apiType);
  const soon = integrationLatencyMs !== null && integrationLatencyMs < 0.9 * limit;
  if (status !== 503 || (endpointStatus ?? null) !== null || !soon) return false;
  if (backend.kind === 'http') return true;
  const reading = links.find(one => one.backends.includes(backend));
  return reading !== undefined && linkState(reading) === 'works' && targetState(reading) !== 'fails';
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
