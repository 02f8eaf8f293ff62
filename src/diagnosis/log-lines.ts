import { inTurns, turn } from '../aws/turns.ts';
import type { LogEvent } from '../aws/types.ts';
import { type AccessFields, accessLogParser } from './access-log.ts';
import { accessReader } from './access-reading.ts';
import { classifyLine } from './classify-line.ts';
import { decideRequest, type RequestDecision } from './decide-request.ts';
import type { LineReading } from './line-reading.ts';
import type { FailedRequest } from './signals.ts';
import type { ApiType } from './types.ts';

/** One event and what it says by itself. */
export interface ReadEvent<Event> {
  event: Event;
  reading: LineReading;
}

/** The events of one request, in the order in which they came. */
export interface AssembledRequest<Event> extends RequestDecision {
  /** null: the events name no request, and there is one of them. */
  requestId: string | null;
  /** `decisive` counts them. */
  members: ReadEvent<Event>[];
}

/**
 * Groups events by request and decides each request's cause from all its lines. Events of several requests may be
 * interleaved. Joined are: request id and extended request id, the Lambda request id that execution lines name, traces
 * of TestInvokeMethod (whose lines carry no id), and the further lines of a body that was pasted line by line.
 * Linear in the number of events.
 */
export function assembleRequests<Event extends { message: string }>(
  events: readonly Event[],
  read: (event: Event) => LineReading = event => classifyLine(event.message),
): AssembledRequest<Event>[] {
  return grouped(events.map(event => ({ event, reading: read(event) }))).map(decidedOf);
}

/** A group and the name that its lines share; `line 7` for a line that names no request. */
type Group<Event> = readonly [key: string, members: ReadEvent<Event>[]];

function grouped<Event extends { message: string }>(read: readonly ReadEvent<Event>[]): Group<Event>[] {
  const entries = inTrace(read);
  const nameOf = requestNames(entries.map(entry => entry.reading));
  const groups = new Map<string, ReadEvent<Event>[]>();
  for (const [at, entry] of entries.entries()) {
    const name = nameOf(entry.reading);
    // A space cannot be part of an id.
    const key = name ?? `line ${at}`;
    const group = groups.get(key);
    if (group) group.push(entry);
    else groups.set(key, [entry]);
  }
  return [...groups];
}

function decidedOf<Event>([key, members]: Group<Event>): AssembledRequest<Event> {
  return {
    ...decideRequest(members.map(member => member.reading)),
    requestId: key.includes(' ') ? null : key,
    members,
  };
}

/** Gives lines without an id the id of the trace, or of the unfinished body, that they continue. */
function inTrace<Event extends { message: string }>(entries: readonly ReadEvent<Event>[]): ReadEvent<Event>[] {
  let trace: string | null = null;
  let previous: LineReading | null = null;
  return entries.map(({ event, reading }) => {
    if (reading.requestId !== null && /^(?:Execution log|Starting (?:execution|authorizer))/i.test(reading.text)) {
      trace = reading.requestId;
    }
    const inherited: string | null =
      reading.requestId === null && reading.dated
        ? trace
        : reading.requestId === null && reading.lambdaRequestId === null && continues(event.message, previous)
          ? (previous?.requestId ?? null)
          : null;
    const continued = inherited !== null && !reading.dated;
    const joined = inherited === null ? reading : { ...reading, requestId: inherited, continued };
    if (reading.kind === 'completed') trace = null;
    previous = joined;
    return { event, reading: joined };
  });
}

/** Bodies and stack traces are pasted over several lines, of which only the first carries the id. */
function continues(message: string, previous: LineReading | null): boolean {
  if (previous === null) return false;
  const open = previous.continued || unfinishedBody(previous.text) || /customer function error/i.test(previous.text);
  return open && /^(?:\s|["{}[\],]|- \/|at |Require stack|Traceback)/.test(message);
}

function unfinishedBody(text: string): boolean {
  return /\bbody\b/i.test(text) && text.split(/[{[]/).length > text.split(/[}\]]/).length;
}

/** One name for all ids of a request. The request id wins over the extended one, that over Lambda's. */
function requestNames(readings: readonly LineReading[]): (reading: LineReading) => string | null {
  const byExtended = new Map<string, string>();
  const byLambda = new Map<string, string>();
  for (const { requestId, extendedRequestId } of readings) {
    if (requestId !== null && extendedRequestId !== null) byExtended.set(extendedRequestId, requestId);
  }
  const own = ({ requestId, extendedRequestId }: LineReading) => {
    const id = requestId ?? extendedRequestId;
    return id === null ? null : (byExtended.get(id) ?? id);
  };
  for (const reading of readings) {
    const name = own(reading);
    if (name !== null && reading.lambdaRequestId !== null) byLambda.set(reading.lambdaRequestId, name);
  }
  return reading => {
    const lambda = reading.lambdaRequestId;
    return own(reading) ?? (lambda === null ? null : (byLambda.get(lambda) ?? lambda));
  };
}

/** The access log of a stage as it was read. */
export interface AccessEvents {
  /** The stage's format; null where it is not known. */
  format: string | null;
  events: readonly LogEvent[];
  /** Lines that name another API are left out: APIs may share a log group. */
  apiId?: string;
}

/** Log groups that the events were read from, for the record. */
export interface LogGroups {
  execution: string | null;
  access: string | null;
}

/** Events of one log, in any order, and what each says by itself. */
export type ReadLog = ReadonlyMap<LogEvent, LineReading>;

/** Reads the lines of an execution log. Lets the event loop turn between them. */
export async function readExecutionLines(events: readonly LogEvent[]): Promise<ReadLog> {
  const read = lineReader();
  return new Map(await inTurns(events, event => [event, read(event.message)] as const));
}

/** Requests repeat the same sentences: behind the request's id, each is read once. */
function lineReader(): (message: string) => LineReading {
  const known = new Map<string, LineReading>();
  return message => {
    const [bracketed, id] = /^\(([0-9a-f]{8}-[0-9a-f-]{27})\) (?!\()/.exec(message) ?? [];
    if (bracketed === undefined || id === undefined) return classifyLine(message);
    const sentence = message.slice(bracketed.length);
    const reading = known.get(sentence) ?? classifyLine(message);
    known.set(sentence, reading);
    return { ...reading, requestId: id };
  };
}

/**
 * Reads the lines of an access log, without those that name another API or stage. Lets the event loop turn between them.
 * @param stage stages may share a log group
 */
export async function readAccessLines(access: AccessEvents, apiType: ApiType, stage: string): Promise<ReadLog> {
  const parse = access.format === null ? null : accessLogParser(access.format);
  const read = accessReader(apiType);
  const readings = await inTurns(distinct(access.events), event => {
    const fields = parse?.(event.message) ?? null;
    if (fields !== null && isForeign(fields, access, stage)) return null;
    return [event, fields === null ? classifyLine(event.message) : read(fields)] as const;
  });
  return new Map(readings.filter(one => one !== null));
}

/**
 * The requests that ended with 5xx or carry a failure line, and those that were refused with 403 or 429 (callers tell
 * them apart by `status`). Linear in the number of events, and lets the event loop turn between requests.
 */
export async function assembleFailures(
  execution: ReadLog,
  access: ReadLog,
  names: LogGroups = { execution: null, access: null },
): Promise<FailedRequest[]> {
  const executed = distinct([...execution.keys()]);
  await turn();
  const events = inOrder([...executed, ...access.keys()]);
  const read = (event: LogEvent) => access.get(event) ?? execution.get(event) ?? classifyLine(event.message);
  await turn();
  const groups = grouped(events.map(event => ({ event, reading: read(event) })));
  await turn();
  const requests = await inTurns(groups, decidedOf);
  return requests.filter(isFailure).map(request => toFailedRequest(request, access, names));
}

/**
 * Overlapping reads bring the same event twice: failing lines first, whole requests later. The later place is kept,
 * because within one millisecond only a whole request shows the order of its lines.
 */
function distinct(events: readonly LogEvent[]): LogEvent[] {
  const found = new Map<string, LogEvent>();
  for (const event of events) {
    const key = `${event.at} ${event.stream} ${event.message}`;
    found.delete(key);
    found.set(key, event);
  }
  return [...found.values()];
}

function inOrder(events: readonly LogEvent[]): LogEvent[] {
  return events.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

function isForeign(fields: AccessFields, { apiId }: AccessEvents, stage: string): boolean {
  const named = (name: string) => (fields[name] === '-' ? undefined : fields[name]);
  const api = named('apiId') ?? /^([a-z0-9]{10})\.execute-api\./.exec(named('domainName') ?? '')?.[1] ?? apiId;
  return (named('stage') ?? stage) !== stage || (apiId !== undefined && api !== apiId);
}

const refused = [403, 429];

function isFailure({ status, failed }: RequestDecision): boolean {
  return failed || (status !== null && (status >= 500 || refused.includes(status)));
}

function toFailedRequest(request: AssembledRequest<LogEvent>, access: ReadLog, groups: LogGroups): FailedRequest {
  const { members, decisive } = request;
  const shown = members[decisive ?? members.length - 1]?.event ?? null;
  const group = shown !== null && access.has(shown) ? groups.access : groups.execution;
  return {
    requestId: request.requestId,
    at: members.reduce((earliest, { event }) => (event.at < earliest ? event.at : earliest), shown?.at ?? ''),
    status: request.status,
    route: request.route,
    cause: request.cause,
    possible: request.possible,
    layer: request.layer,
    decisive: shown,
    logGroup: group ?? '',
    lambdaRequestId: request.lambdaRequestId,
    functionArn: request.functionArn,
    integrationLatencyMs: request.integrationLatencyMs,
    endpointStatus: members.findLast(({ reading }) => reading.endpointStatus !== null)?.reading.endpointStatus ?? null,
  };
}
