import { cliLine } from '../aws/links.ts';
import { logGroupOfArn, readLogEvents } from '../aws/logs.ts';
import type { Listed, LogEvent, Stage } from '../aws/types.ts';
import { attempt, gapOf } from './finding.ts';
import { assembleFailures, type ReadLog, readAccessLines, readExecutionLines } from './log-lines.ts';
import {
  anyOf,
  executionGroups,
  failurePattern,
  failureTerms,
  refusalTerms,
  serverErrorPattern,
  serverErrors,
} from './log-patterns.ts';
import type { FailedRequest, Failures, SignalSources, Signals } from './signals.ts';
import type { Gap, Target } from './types.ts';

/** At most this many log events are read from one group. */
const logEventCap = 5_000;

interface Patterns {
  all: string;
  /** Without the refusals: asked for where these fill the cap. */
  failures: string;
}

const executionPatterns: Patterns = { all: anyOf([...failureTerms, ...refusalTerms]), failures: failurePattern };
const accessPatterns: Patterns = { all: anyOf([...serverErrors, '403', '429']), failures: serverErrorPattern };

export async function readFailures(sources: SignalSources, stage: Signals['stage']): Promise<Failures> {
  const { target } = sources;
  // Each log is read through as it comes, while the other is still on its way.
  const [
    { group: execution, log: executionLog, read },
    { settings, access, group: accessGroup, log: accessLog, lines },
  ] = await Promise.all([readExecutionLog(sources), readAccessLog(sources, stage)]);
  const assemble = (extra: ReadLog) =>
    assembleFailures(new Map([...read, ...extra]), lines, { execution, access: accessGroup });
  let requests = await assemble(new Map());
  const undecided = requests.filter(one => isShallow(one) && one.requestId !== null);
  if (undecided.length > 0 && execution !== null && executionLog?.value) {
    const ids = undecided.flatMap(one => one.requestId ?? []);
    requests = await assemble(await contextOf(sources, execution, ids));
  }

  const offBySettings = settings.value !== null && loggingOff(settings.value);
  const executionSource = sourceState('execution', execution, executionLog, offBySettings, target);
  const accessSource = sourceState(
    'access',
    accessGroup,
    accessLog,
    settings.value !== null && access === null,
    target,
  );
  if (settings.unread !== null) {
    accessSource.state = 'unread';
    accessSource.gap = gapOf(settings.unread);
  }
  if (access !== null && accessGroup === null) {
    accessSource.state = 'unread';
    accessSource.gap = elsewhere(access.destinationArn, target);
  }
  // One readable log is enough where it tells every cause: the other being off is then no gap.
  if (executionSource.state === 'read' && accessSource.state === 'off') accessSource.gap = null;
  const told = requests.every(one => one.cause !== null);
  if (accessSource.state === 'read' && executionSource.gap?.reason === 'logging_off' && told)
    executionSource.gap = null;
  return { requests, sources: [executionSource, accessSource] };
}

/** That no integration response matches is mostly the consequence of what the endpoint answered. */
function isShallow({ cause }: FailedRequest): boolean {
  return cause === null || cause === 'no-integration-response-match';
}

/** How many undecided requests are looked up line by line. */
const contextRequests = 5;

/** All lines of some requests: at INFO level the route, the endpoint's answer and the authorizer are among them. */
async function contextOf(sources: SignalSources, group: string, requestIds: string[]): Promise<ReadLog> {
  const pattern = [...new Set(requestIds)]
    .slice(0, contextRequests)
    .map(id => `?"${id}"`)
    .join(' ');
  const read = await attempt(readLogEvents(sources.aws.send, group, span(sources, pattern)));
  return readExecutionLines(read.value?.items ?? []);
}

async function readFailing(
  sources: SignalSources,
  group: string,
  patterns: Patterns,
): Promise<Listed<LogEvent> | null> {
  const { send } = sources.aws;
  const all = await readLogEvents(send, group, span(sources, patterns.all));
  return all === null || all.complete ? all : readLogEvents(send, group, span(sources, patterns.failures));
}

function span({ window }: SignalSources, pattern: string) {
  return { start: window.start, end: window.end, pattern, limit: logEventCap };
}

interface ExecutionLog {
  group: string | null;
  log: LogReading | null;
  read: ReadLog;
}

async function readExecutionLog(sources: SignalSources): Promise<ExecutionLog> {
  const { group, log } = await firstExecutionLog(sources);
  return { group, log, read: await readExecutionLines(log?.value?.items ?? []) };
}

/** From the first group that exists; the first candidate stands for all where none does. */
async function firstExecutionLog(sources: SignalSources): Promise<Omit<ExecutionLog, 'read'>> {
  const [first, ...others] = groupsOf(sources);
  if (first === undefined) return { group: null, log: null };
  const read = (group: string) => attempt(readFailing(sources, group, executionPatterns));
  const log = await read(first);
  if (log.value !== null || log.unread !== null) return { group: first, log };
  for (const group of others) {
    const other = await read(group);
    if (other.value !== null) return { group, log: other };
  }
  return { group: first, log };
}

function groupsOf({ target, overrides }: SignalSources): string[] {
  return overrides.logGroup === null ? executionGroups(target) : [overrides.logGroup];
}

/** The access log that the stage's settings name, as soon as these are there. */
async function readAccessLog(sources: SignalSources, stage: Signals['stage']) {
  const { apiId, apiType, stage: name } = sources.target;
  const settings = await attempt(stage());
  const access = settings.value?.accessLogs ?? null;
  const group = access === null ? null : logGroupOfArn(access.destinationArn);
  const log = group === null ? null : await attempt(readFailing(sources, group, accessPatterns));
  const lines: ReadLog =
    access !== null && log?.value
      ? await readAccessLines({ format: access.format, events: log.value.items, apiId }, apiType, name)
      : new Map();
  return { settings, access, group, log, lines };
}

function loggingOff({ logging, routeLogging }: Stage): boolean {
  return logging.level === 'OFF' && Object.values(routeLogging).every(route => route.level === 'OFF');
}

type Source = Failures['sources'][number];
type LogReading = Awaited<ReturnType<typeof attempt<Listed<LogEvent> | null>>>;

function sourceState(
  kind: Source['kind'],
  logGroup: string | null,
  read: LogReading | null,
  off: boolean,
  target: Target,
): Source {
  const base = {
    kind,
    logGroup,
    events: read?.value?.items.length ?? 0,
    complete: read?.value?.complete ?? false,
    gap: null,
  };
  if (read !== null && read.unread !== null) return { ...base, state: 'unread', gap: gapOf(read.unread) };
  const found = (read?.value?.items.length ?? 0) > 0;
  const capped = read?.value?.complete === false ? cut(base.logGroup, base.events) : null;
  if (found) return { ...base, state: 'read', gap: capped };
  if (kind === 'execution' && logGroup === null) return { ...base, state: 'not_applicable' };
  if (off) return { ...base, state: 'off', gap: loggingOffGap(kind, target) };
  if (logGroup === null) return { ...base, state: 'not_applicable' };
  if (read?.value === null) return { ...base, state: 'absent', gap: loggingOffGap(kind, target) };
  return { ...base, state: 'empty', gap: capped };
}

function cut(logGroup: string | null, events: number): Gap {
  return {
    source: 'logs:FilterLogEvents',
    reason: 'capped',
    permission: null,
    remedy: `Only the first ${events} events of ${logGroup ?? 'the log'} that tell of a failure were read; narrow the time with --from and --to to see the rest.`,
  };
}

function loggingOffGap(kind: Source['kind'], { apiId, stage, region, apiType }: Target): Gap {
  const rest = apiType === 'REST';
  const settings = kind === 'access' ? turnOnAccessLog : turnOnExecutionLog;
  const how = rest
    ? cliLine('apigateway update-stage', { 'rest-api-id': apiId, 'stage-name': stage, ...settings.rest, region })
    : cliLine('apigatewayv2 update-stage', { 'api-id': apiId, 'stage-name': stage, ...settings.v2, region });
  return {
    source: 'logs:FilterLogEvents',
    reason: 'logging_off',
    permission: null,
    remedy: `Turn ${kind} logging of stage ${stage} on: ${how}`,
  };
}

const turnOnExecutionLog = {
  rest: { 'patch-operations': 'op=replace,path=/*/*/logging/loglevel,value=ERROR' },
  v2: { 'default-route-settings': 'LoggingLevel=ERROR' },
};
const destination = '<log-group-arn>';
const lineFormat = (route: string) =>
  `$context.requestId $context.status ${route} $context.authorizer.error $context.integrationErrorMessage`;
const turnOnAccessLog = {
  rest: {
    'patch-operations': [
      `op=replace,path=/accessLogSettings/destinationArn,value=${destination}`,
      `op=replace,path=/accessLogSettings/format,value=${lineFormat('$context.httpMethod $context.resourcePath')}`,
    ],
  },
  v2: {
    'access-log-settings': JSON.stringify({ DestinationArn: destination, Format: lineFormat('$context.routeKey') }),
  },
};

function elsewhere(destinationArn: string, target: Target): Gap {
  return {
    source: 'logs:FilterLogEvents',
    reason: 'not_found',
    permission: null,
    remedy: `Access logs of stage ${target.stage} go to ${destinationArn}, which cannot be read here; look there, or send them to a CloudWatch log group.`,
  };
}
