/** Log groups of a world and their events: raw ones, and what the traffic makes the stages, functions and WAF write. */
import { functionArn, logGroupOf, roleArn, targetOf } from '../world/lookup.ts';
import type { World } from '../world.ts';
import { renderAccessLog } from './access-log.ts';
import { executionLines, executionLogGroup, type Line, levelOf } from './execution-log.ts';
import { functionLines, functionLogGroup } from './function-log.ts';
import { keptSpans } from './kept.ts';
import { type ApiRequest, hashOf, type Moment, requestsBetween, type Stream, streamsOf } from './requests.ts';
import { wafLogLine } from './waf-records.ts';

export interface LogRecord extends Line {
  stream: string;
  /** Tells this event from all others. */
  key: string;
}

/** CloudWatch's event id: 56 digits. */
export function eventIdOf(record: LogRecord): string {
  return hashOf(record.key).readBigUInt64BE(0).toString().padStart(56, '3');
}

type Writer = (request: ApiRequest) => Line[];

interface Writing {
  stream: Stream;
  write: Writer;
}

/** Longest time between a request's arrival and its last line. */
const slackMs = 2000;

/** Names of the groups that exist, in the order of CloudWatch (by name). */
export function logGroupNames(world: World): string[] {
  const names = new Set([...written(world).keys(), ...ownGroups(world), ...Object.keys(world.logGroups)]);
  return [...names].filter(name => world.logGroups[name]?.absent !== true).sort();
}

/** Groups that are there before anything was written: of stages that log, and of functions. */
function ownGroups(world: World): string[] {
  const stages = [world.restApis, world.httpApis, world.webSocketApis].flatMap(apis =>
    Object.entries(apis).flatMap(([api, { stages: own }]) => Object.keys(own).map(stage => ({ api, stage }))),
  );
  return stages.flatMap(({ api, stage }) => {
    const target = targetOf(world, { api, stage, canary: false });
    if (target === undefined) return [];
    const execution = logsExecution(world) && anyRouteLogs(target) ? executionLogGroup(target, false) : null;
    const access = logGroupOf(target.stage.accessLogSettings?.destinationArn ?? '');
    return [execution, access].filter(name => name !== null);
  });
}

function anyRouteLogs(target: NonNullable<ReturnType<typeof targetOf>>): boolean {
  if (target.type === 'REST')
    return Object.values(target.stage.methodSettings).some(({ loggingLevel }) => loggingLevel !== 'OFF');
  return levelOf(target, '', '').level !== 'OFF';
}

/** Without the account's CloudWatch role API Gateway writes no execution log. */
function logsExecution(world: World): boolean {
  return world.account.cloudwatchRoleArn !== null;
}

export function cloudwatchRole(world: World): string | null {
  const { cloudwatchRoleArn } = world.account;
  return cloudwatchRoleArn === undefined ? roleArn(world, 'apigateway-cloudwatch') : cloudwatchRoleArn;
}

const kept = keptSpans<LogRecord>({ spanMs: 60_000, items: 200_000 });

/** Events from `start` to before `end`, none later than now, oldest first; null where the group does not exist. */
export function logEvents(moment: Moment, group: string, start: number, end: number): LogRecord[] | null {
  const { world, now } = moment;
  const writers = written(world).get(group) ?? [];
  if (world.logGroups[group]?.absent || (writers.length === 0 && !logGroupNames(world).includes(group))) return null;
  const until = Math.min(end, now + 1);
  // Nothing was logged before the first request came or after the last: a long span costs no more than it holds.
  const [first, last] = loggedSpan(moment, group, writers);
  const records = kept(moment, group, Math.max(start, first), Math.min(until, last), (from, to) =>
    recordsBetween(moment, group, writers, from, Math.min(to, now + 1)),
  );
  return records.filter(({ at }) => at >= start && at < until);
}

function loggedSpan({ world, zero, now }: Moment, group: string, writers: Writing[]): [first: number, last: number] {
  const raw = world.logGroups[group]?.events ?? [];
  const begins = [...writers.map(({ stream }) => stream.flow.from), ...raw.map(event => event.at)];
  const ends = [...writers.map(({ stream }) => endOf(stream)), ...raw.map(event => event.at + 1)];
  return [zero + begins.reduce((a, b) => Math.min(a, b), now - zero), zero + ends.reduce((a, b) => Math.max(a, b), 0)];
}

function endOf(stream: Stream): number {
  return (stream.flow.to ?? Number.POSITIVE_INFINITY) + longestMs(stream) + slackMs;
}

function recordsBetween(moment: Moment, group: string, writers: Writing[], start: number, end: number): LogRecord[] {
  const { world, zero } = moment;
  const records: LogRecord[] = [];
  const add = (line: Line, stream: string, key: string) => {
    if (line.at >= start && line.at < end) records.push({ ...line, stream, key });
  };
  for (const [index, event] of (world.logGroups[group]?.events ?? []).entries()) {
    add({ at: zero + event.at, message: event.message }, event.stream ?? 'raw', `${group}/${index}`);
  }
  for (const { stream, write } of writers) {
    const longest = longestMs(stream) + slackMs;
    for (const request of requestsBetween(stream, zero, start - longest, end)) {
      const name = streamName(group, stream, request);
      write(request).forEach((line, i) => {
        add(line, name, `${request.requestId}/${i}`);
      });
    }
  }
  return records.sort((a, b) => a.at - b.at);
}

function longestMs(stream: Stream): number {
  const { flow, invocation } = stream;
  const spreads = [flow.latencyMs, flow.integrationLatencyMs, invocation?.durationMs];
  return Math.max(100, ...spreads.map(spread => (typeof spread === 'number' ? spread : (spread?.[1] ?? 0))));
}

/** Lambda's streams are named by day, version and container; the others by a hash. */
function streamName(group: string, stream: Stream, request: ApiRequest): string {
  const hex = hashOf(`${group}/${stream.label}`).toString('hex').slice(0, 32);
  if (!group.startsWith('/aws/lambda/')) return hex;
  const day = new Date(request.at).toISOString().slice(0, 10).replaceAll('-', '/');
  return `${day}/[${stream.invocation?.qualifier ?? '$LATEST'}]${hex}`;
}

const writersOfWorld = new WeakMap<World, Map<string, Writing[]>>();

/** By log group: the flows that write there, and what they write. */
function written(world: World): Map<string, Writing[]> {
  const known = writersOfWorld.get(world);
  if (known !== undefined) return known;
  const groups = new Map<string, Writing[]>();
  for (const stream of streamsOf(world)) {
    for (const [group, write] of writersOf(world, stream)) {
      const known = groups.get(group);
      if (known === undefined) groups.set(group, [{ stream, write }]);
      else known.push({ stream, write });
    }
  }
  writersOfWorld.set(world, groups);
  return groups;
}

function* writersOf(world: World, stream: Stream): Generator<[string, Writer]> {
  const { target, flow, invocation, httpMethod, resource } = stream;
  const execution = executionLogGroup(target, flow.canary);
  if (execution !== null && logsExecution(world) && levelOf(target, httpMethod, resource).level !== 'OFF') {
    yield [execution, request => executionLines(world, request)];
  }
  const { accessLogSettings } = target.stage;
  const access = logGroupOf(accessLogSettings?.destinationArn ?? '');
  if (access !== null && accessLogSettings !== undefined) {
    yield [access, request => [accessLine(accessLogSettings.format, request, world)]];
  }
  const lambda = world.functions[invocation?.name ?? ''];
  if (invocation !== null && lambda !== undefined) {
    yield [functionLogGroup(invocation.name, lambda), request => functionLines(lambda, request)];
  }
  const acl = flow.waf === undefined || target.type !== 'REST' ? undefined : target.stage.webAclArn;
  for (const arn of (acl === undefined ? null : world.webAcls[acl]?.logging?.destinationArns) ?? []) {
    const group = logGroupOf(arn);
    if (group !== null && acl !== undefined) yield [group, request => wafLogLine(world, acl, request)];
  }
}

function accessLine(format: string, request: ApiRequest, world: World): Line {
  return { at: request.at + request.latencyMs, message: renderAccessLog(format, request, world.accountId) };
}

export function logGroupArn(world: World, name: string): string {
  return functionArn(world, '')
    .replace(':lambda:', ':logs:')
    .replace(/:function:$/, `:log-group:${name}`);
}
