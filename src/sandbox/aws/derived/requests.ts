/** Requests of a world's flows: made on demand for a span of time, always the same for the same world and time zero. */
import { createHash } from 'node:crypto';
import {
  type FlowTarget,
  findRestMethod,
  findRouteKey,
  functionArn,
  invocationUri,
  lambdaOf,
  targetOf,
} from '../world/lookup.ts';
import type { Flow, Invocation, Spread } from '../world/traffic.ts';
import type { World } from '../world.ts';

/** A world whose time zero is known. Times are milliseconds since 1970. */
export interface Moment {
  world: World;
  zero: number;
  now: number;
}

/** One flow with everything that is the same for all its requests. */
export interface Stream {
  label: string;
  flow: Flow;
  target: FlowTarget;
  httpMethod: string;
  /** As declared: `/orders/{id}`; for HTTP and WebSocket APIs the route key. */
  resource: string;
  /** As the client sends it. */
  path: string;
  integration: {
    type: string;
    uri: string | null;
    lambda: { arn: string; name: string; qualifier: string | null } | null;
  };
  /** null: no function was invoked. */
  invocation: (Invocation & { name: string; qualifier: string | null }) | null;
  /** The integration answered, whatever the status was. */
  answered: boolean;
  /** Where in its interval (0 to 1) its requests come, so that flows do not all come at once. */
  phase: number;
}

export interface ApiRequest {
  stream: Stream;
  at: number;
  requestId: string;
  extendedRequestId: string;
  lambdaRequestId: string;
  latencyMs: number;
  /** null: the integration was not called. */
  integrationLatencyMs: number | null;
  durationMs: number;
}

const streamsOfWorld = new WeakMap<World, Stream[]>();

export function streamsOf(world: World): Stream[] {
  let streams = streamsOfWorld.get(world);
  if (streams === undefined) {
    streams = Object.entries(world.traffic).flatMap(([label, flow]) => streamOf(world, label, flow) ?? []);
    streamsOfWorld.set(world, streams);
  }
  return streams;
}

const unremarkable: Invocation = { memoryUsedMb: 74, throttled: false, lines: [] };

function streamOf(world: World, label: string, flow: Flow): Stream | null {
  const target = targetOf(world, flow);
  if (target === undefined) return null;
  const [httpMethod = '', sentPath = flow.route] = flow.route.split(' ');
  const { resource, integration } = routed(world, flow, target);
  const answered = flow.execution === undefined && flow.sent;
  const { lambda } = integration;
  // Not told: a function behind an integration that answered has run.
  const told = flow.function ?? (flow.function === undefined && lambda !== null && answered ? unremarkable : null);
  const named = told?.name?.split(':');
  const name = named?.[0] ?? lambda?.name;
  const qualifier = named === undefined ? (lambda?.qualifier ?? null) : (named[1] ?? null);
  const invocation = told === null || name === undefined ? null : { ...told, name, qualifier };
  const phase = hashOf(label).readUInt16BE(0) / 0x1_0000;
  const path = flow.path ?? sentPath;
  return { label, flow, target, httpMethod, resource, path, integration, invocation, answered, phase };
}

function routed(world: World, flow: Flow, target: FlowTarget): Pick<Stream, 'resource' | 'integration'> {
  if (target.type === 'REST') {
    const found = findRestMethod(target.configuration, flow.route);
    const { integration } = found?.method ?? {};
    const variables = flow.canary
      ? { ...target.stage.variables, ...target.stage.canarySettings?.stageVariableOverrides }
      : target.stage.variables;
    const uri = integration?.function === undefined ? integration?.uri : invocationUri(world, integration.function);
    return {
      resource: found?.path ?? flow.route.slice(flow.route.indexOf(' ') + 1),
      integration: integrationOf(integration?.type, uri, variables),
    };
  }
  const key = findRouteKey(target.configuration, flow.route);
  const integrationId = target.configuration.routes[key ?? '']?.target?.slice('integrations/'.length);
  const integration = target.configuration.integrations[integrationId ?? ''];
  const uri =
    integration?.function === undefined ? integration?.integrationUri : functionArn(world, integration.function);
  return {
    resource: key ?? flow.route,
    integration: integrationOf(integration?.integrationType, uri, target.stage.stageVariables),
  };
}

function integrationOf(type = 'MOCK', uri?: string, variables: Record<string, string> = {}): Stream['integration'] {
  const resolved = uri?.replace(/\$\{stageVariables\.(\w+)\}/g, (_, name: string) => variables[name] ?? '') ?? null;
  return { type, uri: resolved, lambda: lambdaOf(uri, variables) };
}

export function intervalMs(flow: Flow): number {
  return flow.every ?? 60_000 / (flow.perMinute ?? 1);
}

/** Numbers of the requests of a flow that arrive from `start` to before `end`. */
export function indicesBetween(
  stream: Stream,
  zero: number,
  start: number,
  end: number,
): { first: number; last: number } {
  const { flow } = stream;
  const interval = intervalMs(flow);
  const begin = zero + flow.from + stream.phase * interval;
  const until = Math.min(end, flow.to === undefined ? end : zero + flow.to);
  return { first: Math.max(0, Math.ceil((start - begin) / interval)), last: Math.ceil((until - begin) / interval) - 1 };
}

export function arrivalOf(stream: Stream, zero: number, index: number): number {
  const interval = intervalMs(stream.flow);
  return zero + stream.flow.from + (stream.phase + index) * interval;
}

/** All requests of a flow that arrive from `start` to before `end`. */
export function* requestsBetween(stream: Stream, zero: number, start: number, end: number): Generator<ApiRequest> {
  const { first, last } = indicesBetween(stream, zero, start, end);
  for (let index = first; index <= last; index++) yield requestAt(stream, zero, index);
}

function requestAt(stream: Stream, zero: number, index: number): ApiRequest {
  const { api } = stream.flow;
  const seed = `${api}/${stream.label}/${index}`;
  const extendedRequestId = `${hashOf(`${seed}/extended`).toString('base64url').slice(0, 15)}=`;
  return {
    stream,
    at: Math.round(arrivalOf(stream, zero, index)),
    // HTTP and WebSocket APIs have one id where REST has two.
    requestId: stream.target.type === 'REST' ? uuidOf(seed) : extendedRequestId,
    extendedRequestId,
    lambdaRequestId: uuidOf(`${seed}/lambda`),
    ...timings(stream, index),
  };
}

/** Durations of one request in milliseconds; cheap, because metrics ask it for every request. */
export function timings(
  stream: Stream,
  index: number,
): Pick<ApiRequest, 'latencyMs' | 'integrationLatencyMs' | 'durationMs'> {
  const { flow, invocation, answered } = stream;
  const duration = Math.round(
    pick(invocation?.durationMs ?? flow.integrationLatencyMs ?? flow.latencyMs ?? [18, 46], index),
  );
  const called = flow.sent && (answered || flow.integrationLatencyMs !== undefined || invocation !== null);
  const integration = called ? Math.round(pick(flow.integrationLatencyMs ?? duration + 6, index)) : null;
  const latency = Math.round(pick(flow.latencyMs ?? (integration ?? 8) + 4, index));
  return { latencyMs: latency, integrationLatencyMs: integration, durationMs: duration };
}

/** Spreads evenly: multiples of the golden ratio fill the span without clusters. */
function pick(spread: Spread, index: number): number {
  if (typeof spread === 'number') return spread;
  const [lowest, highest] = spread;
  return lowest + (highest - lowest) * ((index * 0.618_033_988_75) % 1);
}

export function hashOf(text: string): Buffer {
  return createHash('sha1').update(text).digest();
}

export function uuidOf(text: string): string {
  const hex = hashOf(text).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Puts a request's own values where a text says `{requestId}`, `{extendedRequestId}`, `{lambdaRequestId}`, … */
export function fillRequest(text: string, request: ApiRequest): string {
  const values: Record<string, string> = {
    requestId: request.requestId,
    extendedRequestId: request.extendedRequestId,
    lambdaRequestId: request.lambdaRequestId,
    time: new Date(request.at).toISOString(),
    integrationLatencyMs: String(request.integrationLatencyMs ?? 0),
    functionArn: request.stream.integration.lambda?.arn ?? '',
  };
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
}
