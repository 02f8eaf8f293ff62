import type { Integration, Route } from '../aws/types.ts';
import { lambdaReference } from './backends.ts';
import { routeServing } from './routes.ts';
import type { Backend, FailedRequest, FunctionFacts, LambdaReference } from './signals.ts';
import type { ApiType } from './types.ts';

/** The backend that a failing request went to: by the function it called, by its route, or the only one there is. */
export function backendServing(backends: readonly Backend[], request: FailedRequest): Backend | null {
  const index = indexOf(backends);
  const key = `${request.functionArn} ${request.route}`;
  const known = index.known.get(key);
  if (known !== undefined) return known;
  const backend = backendOf(backends, request, index);
  index.known.set(key, backend);
  return backend;
}

interface BackendIndex {
  /** By function and qualifier. */
  byFunction: Map<string, Backend[]>;
  routes: Route[];
  ofRoute: Map<Route, Backend>;
  /** What was answered before: requests are many, and alike. */
  known: Map<string, Backend | null>;
}

const indexes = new WeakMap<readonly Backend[], BackendIndex>();

function indexOf(backends: readonly Backend[]): BackendIndex {
  const known = indexes.get(backends);
  if (known !== undefined) return known;
  const index = {
    byFunction: Map.groupBy(backends, one => functionKey(one.lambda)),
    routes: backends.flatMap(one => one.routes),
    ofRoute: new Map(backends.flatMap(one => one.routes.map(route => [route, one] as const))),
    known: new Map<string, Backend | null>(),
  };
  indexes.set(backends, index);
  return index;
}

function functionKey(lambda: LambdaReference | null): string {
  return lambda === null ? '' : `${lambda.arn} ${lambda.qualifier}`;
}

function backendOf(
  backends: readonly Backend[],
  { functionArn, route }: FailedRequest,
  { byFunction, routes, ofRoute }: BackendIndex,
): Backend | null {
  const called = functionArn === null ? null : lambdaReference(functionArn);
  const same = called === null ? [] : (byFunction.get(functionKey(called)) ?? []);
  if (same.length > 0) return same.find(one => route !== null && servesRoute(one, route)) ?? same[0] ?? null;
  if (route !== null) {
    const serving = routeServing(routes, route);
    return serving === null ? null : (ofRoute.get(serving) ?? null);
  }
  return backends.length === 1 ? (backends[0] ?? null) : null;
}

function servesRoute(backend: Backend, route: string): boolean {
  return routeServing(backend.routes, route) !== null;
}

/** The facts of the function behind a backend. */
export function functionBehind({ lambda }: Backend, functions: readonly FunctionFacts[]): FunctionFacts | null {
  if (lambda === null) return null;
  const integrated = functions.filter(one => one.usedBy === 'integration');
  return (
    integrated.find(({ reference }) => reference.arn === lambda.arn && reference.qualifier === lambda.qualifier) ?? null
  );
}

/** Backends with failing requests first, the most first; the others as they stand. */
export function failingFirst(backends: readonly Backend[], requests: readonly FailedRequest[]): Backend[] {
  const counts = new Map<Backend, number>();
  for (const request of requests) {
    const backend = backendServing(backends, request);
    if (backend !== null) counts.set(backend, (counts.get(backend) ?? 0) + 1);
  }
  return backends.toSorted((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0));
}

/**
 * Where nothing else is set.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
 */
export function defaultTimeoutMs(apiType: ApiType): number {
  return apiType === 'HTTP' ? 30_000 : 29_000;
}

export function integrationTimeoutMs({ timeoutMs }: Integration, apiType: ApiType): number {
  return timeoutMs ?? defaultTimeoutMs(apiType);
}

/** Latency is measured around the call, so a request that met the limit may be logged a little below it. */
const metLimit = 0.98;

/** The status of a timeout, with a latency as long as API Gateway waits: it met the limit, whatever its lines say. */
export function metTimeout(
  { status, integrationLatencyMs }: FailedRequest,
  { integration }: Backend,
  apiType: ApiType,
): boolean {
  const timedOut = status === 504 || status === 503;
  return timedOut && (integrationLatencyMs ?? 0) >= metLimit * integrationTimeoutMs(integration, apiType);
}
