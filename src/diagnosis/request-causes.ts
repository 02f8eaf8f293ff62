import type { Listed } from '../aws/types.ts';
import { type Aspect, claim } from './aspects.ts';
import { causeRecord } from './causes/catalogue.ts';
import type { Notebook, Reading } from './finding.ts';
import { type FunctionLog, isServerError, refined } from './function-logs.ts';
import { narrowCause, type Setup } from './narrow-cause.ts';
import { requestFact } from './request-fact.ts';
import { requestParameters } from './request-parameters.ts';
import { backendServing } from './serving.ts';
import type { Backend, Deployed, FailedRequest, FunctionFacts } from './signals.ts';
import type { CauseId, Run } from './types.ts';
import type { VpcLinkReading } from './vpc-links.ts';
import { counted, listed, utc } from './wording.ts';

/** What could be read of the setup that requests meet; the rest is left out. */
export function setupOf(
  { target }: Pick<Run, 'target'>,
  readings: {
    backends: Reading<Backend[]>;
    deployed: Reading<Deployed>;
    functions: Reading<Listed<FunctionFacts>>;
    links?: readonly VpcLinkReading[];
  },
): Setup {
  return {
    target,
    backends: readings.backends.value ?? [],
    deployed: readings.deployed.value,
    functions: readings.functions.value?.items ?? [],
    links: readings.links ?? [],
  };
}

/** Each failing request with the cause that all logs and the configuration together give it. Pure. */
export function classified(
  requests: readonly FailedRequest[],
  functionLogs: readonly FunctionLog[],
  setup: Setup,
): FailedRequest[] {
  return spokenFor(refined(requests, functionLogs).map(request => narrowCause(request, setup)));
}

/** Causes that tell where a request failed and not why. */
const shallow: readonly (CauseId | null)[] = [
  null,
  'aws-service-integration-rejected',
  'no-integration-response-match',
];

/** Lines that are only read for a few requests, which are looked up one by one. */
const contextLine = /Endpoint response (?:body|headers)|Received response\.|Endpoint request|Authorizer result body/;

/**
 * A few of the requests that no failure line explains are looked up line by line; where all of those on a route and
 * with a status say the same, they speak for the others, which failed alike and have no decisive line of their own.
 */
function spokenFor(requests: readonly FailedRequest[]): FailedRequest[] {
  const kindOf = ({ route, status }: FailedRequest) => `${route} ${status}`;
  const lookedUp = requests.filter(
    ({ cause, decisive }) => cause !== null && contextLine.test(decisive?.message ?? ''),
  );
  const spokesmen = Map.groupBy(lookedUp, kindOf);
  return requests.map(request => {
    const [first, ...others] = spokesmen.get(kindOf(request)) ?? [];
    const unanimous = first !== undefined && others.length > 0 && others.every(one => one.cause === first.cause);
    if (!unanimous || !shallow.includes(request.cause) || request.route === null) return request;
    return { ...request, cause: first.cause, possible: [], decisive: null };
  });
}

/**
 * One aspect for each cause that the logs of failing requests name, the most frequent first, with a claim that counts
 * them. `about` leaves out the causes that are somebody else's to tell. Pure.
 */
export function causeAspects(
  requests: readonly FailedRequest[],
  setup: Setup,
  notes: Notebook,
  about: (cause: CauseId) => boolean = () => true,
): Aspect[] {
  const total = requests.filter(isServerError).length;
  const groups = new Map<CauseId, FailedRequest[]>();
  for (const request of requests) {
    const { cause } = request;
    if (cause === null || cause === 'unclassified' || !about(cause)) continue;
    const group = groups.get(cause);
    if (group === undefined) groups.set(cause, [request]);
    else group.push(request);
  }
  return [...groups]
    .flatMap(([cause, group]) => byFunction(group, setup).map(part => [cause, part] as const))
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([cause, group]) => causeAspect(cause, group, total, setup, notes));
}

/** One cause behind two functions needs two repairs. Requests whose function is not known go with the most frequent. */
function byFunction(group: FailedRequest[], { backends }: Setup): FailedRequest[][] {
  const parts = Map.groupBy(group, request => backendServing(backends, request)?.lambda?.arn ?? null);
  const unknown = parts.get(null) ?? [];
  parts.delete(null);
  const [first, ...others] = [...parts.values()].toSorted((a, b) => b.length - a.length);
  return first === undefined ? [unknown] : [[...first, ...unknown], ...others];
}

function causeAspect(cause: CauseId, group: FailedRequest[], total: number, setup: Setup, notes: Notebook): Aspect {
  const { title } = causeRecord(cause);
  const { target } = setup;
  const routes = [...new Set(group.flatMap(request => request.route ?? []))];
  const where = routes.length === 0 ? `of API ${target.apiName}` : `of ${listed(routes)}`;
  const shown = group.find(request => request.decisive !== null) ?? group[0];
  if (shown === undefined) throw new RangeError(`No request carries ${cause}.`);
  const told = group.filter(request => request.decisive !== null).length;
  const sample = told === 0 || told === group.length ? '' : ` (${told} of them were looked up line by line)`;
  const what =
    group.length === 1
      ? `The log of 1 request ${where} says: ${title}, this one`
      : `The logs of ${group.length} requests ${where} ${period(group)} say: ${title}${sample}; one of them`;
  const evidence = notes.note(requestFact(shown, what, target));
  const parameters = requestParameters(cause, group, setup);
  // A refusal with a 4xx explains no 5xx.
  const failing = group.filter(isServerError).length;
  const claims = [claim(cause, 'signature', [evidence], parameters, failing)];
  if (cause === 'gateway-response-override') {
    // What was refused in the first place, and would be a 4xx.
    const refusals = new Set(group.flatMap(request => request.possible));
    for (const one of refusals) claims.push(claim(one, 'symptom', [evidence], parameters));
  }
  if (failing === 0) {
    const sentence = `${counted(group.length, 'request')} ${where} ended with ${shown.status}, not 5xx: ${title}.`;
    return { status: 'warning', sentence, claims };
  }
  const share = failing === total ? counted(total, 'failing request') : `${failing} of ${total} failing requests`;
  return { status: 'problem', sentence: `Logs of ${share} ${where} say: ${title}.`, claims };
}

function period(requests: readonly FailedRequest[]): string {
  const times = requests.map(request => request.at).toSorted();
  const [first = ''] = times;
  const last = times.at(-1) ?? first;
  return first === last ? `at ${utc(first)}` : `from ${utc(first)} to ${utc(last)}`;
}
