import type { FunctionConfiguration, Route } from '../aws/types.ts';
import { causeRecord } from './causes/catalogue.ts';
import { routeParameters } from './faults.ts';
import { functionParameters } from './function-state.ts';
import { lineParameters } from './line-parameters.ts';
import { calledFunction, type Setup } from './narrow-cause.ts';
import { routeServing } from './routes.ts';
import { backendServing, functionBehind, integrationTimeoutMs } from './serving.ts';
import type { FailedRequest, FunctionFacts, LambdaReference } from './signals.ts';
import type { CauseId, CauseParameters } from './types.ts';

/** Causes whose texts name the status that clients got. */
const clientStatus: readonly CauseId[] = [
  'backend-5xx',
  'mapping-status-override',
  'gateway-response-override',
  'waf-blocked',
  'resource-policy-denied',
  'throttled',
  'api-not-deployed',
];

/**
 * What the catalogue's texts may name of the requests that failed for one cause. They name one function and its routes:
 * the one that most of the requests called. Pure.
 */
export function requestParameters(cause: CauseId, requests: readonly FailedRequest[], setup: Setup): CauseParameters {
  const functions = requests.map(request => asText(calledFunction(request, setup)));
  const most = commonest(functions);
  const own = most === null ? requests : requests.filter((_, at) => functions[at] === most);
  const called = most === null || own[0] === undefined ? null : calledFunction(own[0], setup);
  const example = own.find(request => request.decisive !== null) ?? own[0];
  if (example === undefined) return {};
  const message = example.decisive?.message ?? '';
  const status = commonest(own.map(request => request.status));
  const line = lineParameters(message, cause, example.functionArn);
  return defined({
    ...line,
    ...(called === null ? {} : functionParameters(called)),
    ...routesOf(own, setup),
    ...byCause(cause, example, line, own, setup),
    ...(clientStatus.includes(cause) && status !== null ? { statusCode: String(status) } : {}),
  });
}

function asText(called: LambdaReference | null): string | null {
  return called === null ? null : JSON.stringify(called);
}

function commonest<T extends string | number>(values: readonly (T | null)[]): T | null {
  const groups = Map.groupBy(
    values.filter(value => value !== null),
    value => value,
  );
  const [first] = [...groups.values()].toSorted((a, b) => b.length - a.length);
  return first?.[0] ?? null;
}

/** By the keys of the configuration, the most failing first; as the logs name them where it is not known. */
function routesOf(requests: readonly FailedRequest[], { deployed }: Setup): CauseParameters {
  const counts = new Map<string, number>();
  for (const { route } of requests) if (route !== null) counts.set(route, (counts.get(route) ?? 0) + 1);
  const named = [...counts].toSorted(([, a], [, b]) => b - a).map(([route]) => route);
  const known = named.map(route => routeServing(deployed?.configuration.routes ?? [], route));
  if (known.every(route => route !== null)) return routeParameters([...new Set(known)] satisfies Route[]);
  return { ...(named.length === 1 ? { route: named[0] ?? '' } : {}), routes: named };
}

type Loose = { [Name in keyof CauseParameters]?: CauseParameters[Name] | null | undefined };

function byCause(
  cause: CauseId,
  example: FailedRequest,
  line: CauseParameters,
  requests: readonly FailedRequest[],
  setup: Setup,
): Loose {
  const backend = backendServing(setup.backends, example);
  const { configuration } = (backend && functionBehind(backend, setup.functions)) ?? {
    configuration: null,
  };
  const { family } = causeRecord(cause);
  if (cause.startsWith('lambda-execution-role-')) return executionRole(configuration, line);
  if (family === 'role') {
    const roleArn = line.roleArn ?? backend?.integration.credentials;
    return { roleArn, roleName: roleArn?.split('/').at(-1) ?? line.roleName };
  }
  if (family === 'authorizer') return authorizerParameters(example, line, setup);
  if (family === 'mapping' || cause === 'aws-service-integration-rejected') return { endpoint: backend?.uri };
  const longest = Math.max(...requests.map(one => one.integrationLatencyMs ?? 0));
  return {
    endpoint: backend !== null && backend.lambda === null ? backend.uri : null,
    vpcLinkId: backend?.integration.connectionType === 'VPC_LINK' ? backend.integration.connectionId : null,
    timeoutMs: backend === null ? null : integrationTimeoutMs(backend.integration, setup.target.apiType),
    functionTimeoutSeconds: configuration?.timeoutSeconds,
    memoryMb: configuration?.memoryMb,
    kmsKeyArn: configuration?.kmsKeyArn,
    durationMs: longest > 0 ? longest : null,
    variable: backend?.undefinedVariables[0],
  };
}

/** The function that failed is the authorizer's, not the one behind the route. */
function authorizerParameters(example: FailedRequest, line: CauseParameters, { deployed, functions }: Setup): Loose {
  const { routes, authorizers } = deployed?.configuration ?? { routes: [], authorizers: [] };
  const route = example.route === null ? null : routeServing(routes, example.route);
  const used = route === null && authorizers.length === 1 ? authorizers[0]?.id : route?.authorizerId;
  const authorizer = authorizers.find(one => one.id === used);
  // An export names its authorizers; only the draft has their ids.
  const id =
    deployed?.basis === 'export'
      ? deployed.draft?.authorizers.find(one => one.name === authorizer?.name)?.id
      : authorizer?.id;
  const facts = functions.find(one => one.usedBy === authorizer?.id);
  const roleArn = line.roleArn ?? authorizer?.credentials;
  return {
    functionName: facts?.reference.name,
    functionArn: facts?.reference.arn,
    qualifier: facts?.reference.qualifier,
    authorizerId: id,
    roleArn,
    roleName: roleArn?.split('/').at(-1) ?? line.roleName,
  };
}

/** What the texts may name of a function whose own log tells of a cause. Pure. */
export function faultParameters(cause: CauseId, message: string, facts: FunctionFacts): CauseParameters {
  const { configuration, reference } = facts;
  const line = lineParameters(message, cause, reference.arn);
  return defined({
    ...line,
    ...functionParameters(reference),
    ...routeParameters(facts.routes),
    ...(cause.startsWith('lambda-execution-role-') ? executionRole(configuration, line) : {}),
    functionTimeoutSeconds: configuration?.timeoutSeconds,
    memoryMb: configuration?.memoryMb,
    kmsKeyArn: configuration?.kmsKeyArn,
  });
}

/** The role that a function runs with, unless the line names the session that was refused. */
function executionRole(configuration: FunctionConfiguration | null, line: CauseParameters): Loose {
  const roleArn = configuration?.role;
  const roleName = line.roleName ?? roleArn?.split('/').at(-1);
  return { roleName, roleArn: roleName === undefined || roleArn?.endsWith(`/${roleName}`) ? roleArn : null };
}

function defined(loose: Loose): CauseParameters {
  return Object.fromEntries(Object.entries(loose).filter(([, value]) => value !== null && value !== undefined));
}
