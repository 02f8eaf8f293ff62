import type { Route } from '../aws/types.ts';
import { type Aspect, claim } from './aspects.ts';
import type { Reading } from './finding.ts';
import { routeServing } from './routes.ts';
import type { Deployed, FailedRequest, Failures, Traffic } from './signals.ts';
import type { CauseId, CauseParameters, Claim } from './types.ts';

/** What decides how much a fault of the configuration means. */
export interface FaultContext {
  /** Whether the stage surely runs the configuration that was looked at. */
  faithful: boolean;
  /** Keys of the routes that fail; null where that cannot be told. */
  failing: Set<string> | null;
  /** Causes that failing requests carry, or may. */
  seen: Set<CauseId>;
  /** Keys of the routes that may fail unseen: all that have a backend, or none where failing requests were read. */
  served: Set<string>;
}

/** @param traffic tells which routes fail where the logs do not and the routes are measured one by one */
export function faultContext(
  { faithful, configuration: { routes } }: Deployed,
  { value }: Reading<Failures>,
  traffic: Traffic | null = null,
): FaultContext {
  const logged = value?.requests.some(isFailure) ?? false;
  return {
    faithful,
    failing: (value && failingRoutes(value, routes)) ?? measuredFailing(traffic),
    served: new Set(logged ? [] : keysOf(routes.filter(({ integration: to }) => to !== null && to.type !== 'MOCK'))),
    seen: new Set(value?.requests.flatMap(({ cause, possible }) => (cause === null ? possible : [cause]))),
  };
}

/**
 * null where no failing request was read, where one names no route (at level ERROR the execution log names none), and
 * where the logs were cut.
 */
export function failingRoutes(failures: Failures, routes: readonly Route[]): Set<string> | null {
  const failed = failures.requests.filter(isFailure);
  const cut = failures.sources.some(source => source.state === 'read' && !source.complete);
  if (failed.length === 0 || cut) return null;
  const served = failed.map(({ route }) => (route === null ? null : (routeServing(routes, route)?.key ?? null)));
  return served.includes(null) ? null : new Set(served.filter(key => key !== null));
}

function isFailure({ status }: FailedRequest): boolean {
  return status === null || status >= 500;
}

function measuredFailing(traffic: Traffic | null): FaultContext['failing'] {
  const failing = traffic?.routes ?? [];
  return failing.length === 0 ? null : new Set(failing.map(({ key }) => key));
}

/** Failing ones first, otherwise as they stand. */
export function failingRoutesFirst(routes: readonly Route[], failing: Set<string> | null): Route[] {
  return routes.toSorted((a, b) => Number(failing?.has(b.key) ?? false) - Number(failing?.has(a.key) ?? false));
}

/** An aspect and the cause that it looked for. */
export type Checked = Aspect & { about: CauseId };

export interface Fault {
  about: CauseId;
  routes: readonly Route[];
  sentence: string;
  evidence: string[];
  parameters: CauseParameters;
  /** `configuration`, unless something else may make up for it: then `symptom`. */
  basis?: Claim['basis'];
}

/**
 * A fault is a problem where the stage surely runs it, where requests may have met it, and where it must fail or
 * failing requests say so; a warning otherwise. Where nothing tells which routes fail, and others may, it is claimed as
 * no more than a symptom: it may sit on a route that nobody calls.
 */
export function fault(context: FaultContext, found: Fault): Checked {
  const { faithful, failing, seen } = context;
  const { about, routes, sentence, evidence, basis = 'configuration' } = found;
  const but = (reason: string): Checked => ({
    about,
    status: 'warning',
    sentence: `${sentence.replace(/\.$/, '')}; ${reason}.`,
  });
  if (!faithful) return but('this is the draft, and what the stage runs could not be read');
  const hit = failing === null ? routes : routes.filter(route => failing.has(route.key));
  if (hit.length === 0 && routes.length > 0) return but('no failing request went there');
  const claims = [
    claim(about, mayBeIdle(context, found) ? 'symptom' : basis, evidence, {
      ...found.parameters,
      ...routeParameters(hit),
    }),
  ];
  return { about, status: basis === 'configuration' || seen.has(about) ? 'problem' : 'warning', sentence, claims };
}

function mayBeIdle({ failing, seen, served }: FaultContext, { about, routes }: Fault): boolean {
  if (failing !== null || seen.has(about) || routes.length === 0) return false;
  return [...served].some(key => !routes.some(route => route.key === key));
}

export function unknown(about: CauseId, sentence: string): Checked {
  return { about, status: 'unknown', sentence };
}

export function routeParameters(routes: readonly Route[]): CauseParameters {
  const [only] = routes;
  const integrationId = only?.integration?.id ?? null;
  const shared = routes.every(route => route.integration?.id === integrationId);
  return {
    ...(integrationId !== null && shared ? { integrationId } : {}),
    ...(routes.length === 1 && only ? { route: only.key } : {}),
    ...(routes.length > 0 ? { routes: keysOf(routes) } : {}),
    ...(only?.resourceId === undefined ? {} : { resourceId: only.resourceId }),
  };
}

export function keysOf(routes: readonly Route[]): string[] {
  return routes.map(route => route.key);
}
