import { cliLine, logGroupLink } from '../aws/links.ts';
import { readLogEvents } from '../aws/logs.ts';
import type { Listed, LogEvent } from '../aws/types.ts';
import { type Aspect, claim } from './aspects.ts';
import { causeRecord } from './causes/catalogue.ts';
import { attempt, gapOf, type Notebook, type Reading } from './finding.ts';
import { assembleRequests } from './log-lines.ts';
import { faultParameters } from './request-parameters.ts';
import { backendServing, functionBehind } from './serving.ts';
import type { Backend, FailedRequest, Failures, FunctionFacts } from './signals.ts';
import { asAuthorizer } from './signature-match.ts';
import type { CauseId, Run } from './types.ts';
import { counted, excerpt } from './wording.ts';

/** One invocation that went wrong, by the function's own log. */
export interface FunctionFault {
  cause: CauseId;
  /** Joins it to the request that API Gateway logged. */
  lambdaRequestId: string | null;
  /** The event that says so. */
  event: LogEvent;
}

export interface FunctionLog {
  facts: FunctionFacts;
  logGroup: string;
  /** null: no such log group. */
  log: Reading<Listed<LogEvent> | null>;
  faults: FunctionFault[];
}

/** At most this many events are read from the log of one function. */
const eventCap = 500;

/**
 * Lines in which a function, its runtime or Lambda tells of an invocation that failed; terms are alternatives and match
 * upper and lower case as they stand.
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-view.html
 */
const faultPattern = [
  'Task timed out',
  'Status: timeout',
  'Status: error',
  'Runtime exited',
  'Process exited',
  'signal: killed',
  'Runtime.',
  'Invoke Error',
  'Uncaught Exception',
  'ERROR',
  'errorMessage',
  'errorType',
  'Unable to import module',
  'Cannot find module',
  'AccessDenied',
  'not authorized to perform',
  'KMS',
]
  .map(term => `?"${term}"`)
  .join(' ');

/** Reads what the functions logged about failed invocations in the window; the same reading, asked twice, is one. */
export function readFunctionLogs(
  { aws, window }: Pick<Run, 'aws' | 'window'>,
  functions: readonly FunctionFacts[],
): Promise<FunctionLog[]> {
  return Promise.all(
    functions.map(async facts => {
      const logGroup = facts.configuration?.logGroup ?? `/aws/lambda/${facts.reference.name}`;
      const { start, end } = window;
      const log = await attempt(
        readLogEvents(aws.send, logGroup, { start, end, pattern: faultPattern, limit: eventCap }),
      );
      return { facts, logGroup, log, faults: faultsIn(log.value?.items ?? []) };
    }),
  );
}

/** One for each invocation; an event that decides nothing is left out. Pure. */
export function faultsIn(events: readonly LogEvent[]): FunctionFault[] {
  const faults = assembleRequests(events).flatMap(({ cause, decisive, members, lambdaRequestId }): FunctionFault[] => {
    const event = members[decisive ?? 0]?.event;
    if (cause === null || event === undefined) return [];
    return [{ cause, lambdaRequestId: lambdaRequestId ?? idIn(event.message), event }];
  });
  const byInvocation = new Map<string, FunctionFault>();
  for (const [at, fault] of faults.entries()) {
    const key = fault.lambdaRequestId ?? `event ${at}`;
    const known = byInvocation.get(key);
    // The closest word wins: "error of the function" is said of every one.
    if (known === undefined || known.cause === 'lambda-function-error') byInvocation.set(key, fault);
  }
  return [...byInvocation.values()];
}

/** Runtimes and loggers put the id of the invocation where they like; it is the first that stands in a line. */
function idIn(message: string): string | null {
  return /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/.exec(message)?.[0] ?? null;
}

/** What API Gateway can only tell as an error of the function, and the function's log may tell more closely. */
const vague: readonly (CauseId | null)[] = [null, 'lambda-function-error', 'backend-5xx'];

/**
 * Functions whose own log may tell more than API Gateway's: those behind requests that failed with an error of the
 * function. Where no log of API Gateway was read, the first ones.
 */
export function functionsToRead(
  functions: readonly FunctionFacts[],
  backends: readonly Backend[],
  failures: Failures | null,
): FunctionFacts[] {
  const integrated = functions.filter(one => one.usedBy === 'integration' && one.configuration !== null);
  const told = failures?.sources.some(source => source.state === 'read') ?? false;
  if (!told) return integrated;
  const unclear = (failures?.requests ?? [])
    .filter(isServerError)
    .filter(({ cause, lambdaRequestId }) => vague.includes(cause) && (cause !== null || lambdaRequestId !== null));
  const behind = unclear.map(request => {
    const backend = backendServing(backends, request);
    return backend === null ? null : functionBehind(backend, functions);
  });
  return integrated.filter(one => behind.includes(one));
}

/**
 * The requests with what the function's log adds, joined by the Lambda request id. A cause that API Gateway names
 * itself stays; an application's own 5xx is only replaced by something closer than "error of the function". Pure.
 */
export function refined(requests: readonly FailedRequest[], logs: readonly FunctionLog[]): FailedRequest[] {
  const known = new Map<string, { fault: FunctionFault; logGroup: string }>();
  for (const { faults, logGroup } of logs) {
    for (const fault of faults)
      if (fault.lambdaRequestId !== null) known.set(fault.lambdaRequestId, { fault, logGroup });
  }
  return requests.map(request => {
    const found = request.lambdaRequestId === null ? undefined : known.get(request.lambdaRequestId);
    if (found === undefined || !vague.includes(request.cause)) return request;
    if (request.cause !== null && found.fault.cause === 'lambda-function-error') return request;
    return { ...request, cause: found.fault.cause, decisive: found.fault.event, logGroup: found.logGroup };
  });
}

/** A request that clients got as 5xx, as far as the logs tell. */
export function isServerError({ status }: FailedRequest): boolean {
  return status === null || status >= 500;
}

/** What the functions logged that no failing request could be joined to: it fits, and proves nothing. Pure. */
export function functionLogAspects(
  logs: readonly FunctionLog[],
  requests: readonly FailedRequest[],
  { window }: Pick<Run, 'window'>,
  notes: Notebook,
): Aspect[] {
  const joined = new Set(requests.map(request => request.lambdaRequestId));
  return logs.flatMap(({ facts, logGroup, log, faults }): Aspect[] => {
    const { name, region } = facts.reference;
    if (log.unread !== null) {
      const sentence = `The log of function ${name} could not be read.`;
      return [{ status: 'unknown', sentence, gaps: [gapOf(log.unread)] }];
    }
    const place = {
      source: 'logs:FilterLogEvents',
      resource: logGroup,
      link: logGroupLink(region, logGroup, window),
      cli: cliLine('logs filter-log-events', {
        'log-group-name': logGroup,
        'start-time': Date.parse(window.start),
        'end-time': Date.parse(window.end),
        region,
      }),
    } as const;
    if (faults.length === 0) {
      const state = log.value === null ? 'does not exist' : 'tells of no failed invocation in the window';
      notes.note({ ...place, text: `Log group ${logGroup} of function ${name} ${state}.` });
    }
    const loose = faults.filter(fault => fault.lambdaRequestId === null || !joined.has(fault.lambdaRequestId));
    const named = (cause: CauseId) =>
      facts.usedBy === 'integration' ? cause : (asAuthorizer(cause) ?? 'authorizer-failure');
    return [...Map.groupBy(loose, fault => named(fault.cause))].map(([cause, [first, ...others]]) => {
      const sentence = `The log of function ${name} tells of ${counted(others.length + 1, 'failed invocation')}: ${causeRecord(cause).title}.`;
      const message = first?.event.message ?? '';
      const evidence = notes.note({ ...place, text: sentence, at: first?.event.at ?? null, excerpt: excerpt(message) });
      const claims = [claim(cause, 'symptom', [evidence], faultParameters(cause, message, facts))];
      return { status: 'warning', sentence, claims };
    });
  });
}
