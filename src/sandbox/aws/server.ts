/**
 * The embedded AWS: serves worlds to unmodified SDK clients that have only AWS_ENDPOINT_URL set to
 * `http://…/aws/<scenario>`. What it answers comes from the world; how it answers, from the SDK's own schemas.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import type { OperationName } from '../../aws/operations.ts';
import type { Scenario } from '../scenario.ts';
import { type Accounts, createAccounts } from './accounts.ts';
import { accessDenied, expiredCredentials, failed, missing, throttled, unsigned } from './denials.ts';
import type { Moment } from './derived/requests.ts';
import { healthFeed } from './health-feed.ts';
import type { Ask } from './services/ask.ts';
import { cloudtrailHandlers } from './services/cloudtrail.ts';
import { cloudwatchHandlers } from './services/cloudwatch.ts';
import { elbHandlers, healthHandlers, wafHandlers } from './services/edge.ts';
import { iamHandlers, stsHandlers } from './services/identity.ts';
import { lambdaHandlers } from './services/lambda.ts';
import { logsHandlers } from './services/logs.ts';
import { restHandlers } from './services/rest.ts';
import { v2Handlers } from './services/v2.ts';
import { WireError } from './wire/errors.ts';
import {
  type Asked,
  readRequest,
  type WireAnswer,
  type WireRequest,
  writeError,
  writeOutput,
} from './wire/protocols.ts';
import type { World } from './world.ts';

export interface RecordedCall {
  at: string;
  /** `service:Operation` as in aws/operations.ts; `health:feed` for the public feed; the request line where unknown. */
  operation: string;
  durationMs: number;
  /** 0: never answered. */
  status: number;
  error?: string;
}

export interface AwsWire {
  /** Answers a request under `/aws/`; false where it is somebody else's. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<boolean>;
  /** Calls to one scenario, oldest first; the newest ten thousand are kept. */
  calls(scenarioId: string): RecordedCall[];
  /** Tells of every call as it is answered; answers how to stop that. */
  onCall(listener: (scenarioId: string, call: RecordedCall) => void): () => void;
  /** A world as it is now. */
  moment(scenarioId: string): Moment;
  /** Makes a moment (now, where not told) a world's time zero. */
  anchor(scenarioId: string, at?: Date): void;
}

interface Session {
  zero: number;
  lastCallAt: number;
  calls: RecordedCall[];
  /** Throttled answers given so far, by rule. */
  throttles: Map<string, number>;
  accounts: Accounts;
}

/** A world that nobody asked for so long starts anew: an incident is always minutes old when somebody looks. */
const idleMs = 5 * 60_000;
const keptCalls = 10_000;
const maxBodyBytes = 1_048_576;

type AnyHandler = (input: Record<string, unknown>, ask: Ask) => Record<string, unknown>;

const handlers = {
  ...restHandlers,
  ...v2Handlers,
  ...lambdaHandlers,
  ...iamHandlers,
  ...stsHandlers,
  ...logsHandlers,
  ...cloudwatchHandlers,
  ...cloudtrailHandlers,
  ...wafHandlers,
  ...elbHandlers,
  ...healthHandlers,
} satisfies Record<OperationName, unknown> as unknown as Record<string, AnyHandler | undefined>;

export interface WireOptions {
  scenarios: ReadonlyMap<string, Scenario>;
  /** Other accounts and Regions at the endpoint of a scenario, by its id. */
  others?: ReadonlyMap<string, readonly World[]> | undefined;
  clock: () => Date;
}

export function createAwsWire({ scenarios, others, clock }: WireOptions): AwsWire {
  const sessions = new Map<string, Session>();
  const listeners = new Set<(scenarioId: string, call: RecordedCall) => void>();

  function newSession({ id, world }: Scenario, zero: number): Session {
    const before = sessions.get(id);
    // Credentials outlive a world that starts anew.
    const accounts = before?.accounts ?? createAccounts([world, ...(others?.get(id) ?? [])]);
    return { zero, lastCallAt: clock().getTime(), calls: before?.calls ?? [], throttles: new Map(), accounts };
  }

  function sessionOf(scenario: Scenario): Session {
    const { id } = scenario;
    const now = clock().getTime();
    const known = sessions.get(id);
    if (known !== undefined && now - known.lastCallAt <= idleMs) {
      known.lastCallAt = now;
      return known;
    }
    const session = newSession(scenario, now);
    sessions.set(id, session);
    return session;
  }

  function record(id: string, session: Session, call: RecordedCall): void {
    session.calls.push(call);
    if (session.calls.length > keptCalls) session.calls.shift();
    for (const listener of listeners) listener(id, call);
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const [, id, rest] = /^\/aws\/([^/]+)(\/.*)?$/.exec(url.pathname) ?? [];
    if (id === undefined) return false;
    const scenario = scenarios.get(id);
    if (scenario === undefined) {
      send(response, plain(404, `There is no scenario ${id}. Known: ${[...scenarios.keys()].join(', ')}.`));
      return true;
    }
    const session = sessionOf(scenario);
    const started = clock();
    const moment = { world: scenario.world, zero: session.zero, now: started.getTime() };
    const outcome = await outcomeOf(request, rest ?? '/', url.searchParams, moment, session);
    const { latencyMs } = scenario.world.faults;
    // An answer takes so long in all: what the worlds cost to make up is no part of AWS.
    const left = latencyMs - (clock().getTime() - started.getTime());
    if (left > 0) await wait(left);
    record(id, session, {
      at: started.toISOString(),
      operation: outcome.operation,
      durationMs: clock().getTime() - started.getTime(),
      status: outcome.answer?.status ?? 0,
      ...(outcome.error === undefined ? {} : { error: outcome.error }),
    });
    if (outcome.answer !== null) send(response, outcome.answer);
    return true;
  }

  return {
    handle,
    calls: id => [...(sessions.get(id)?.calls ?? [])],
    moment(id) {
      const scenario = scenarios.get(id);
      if (scenario === undefined) throw new Error(`There is no scenario ${id}.`);
      return { world: scenario.world, zero: sessionOf(scenario).zero, now: clock().getTime() };
    },
    onCall(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    anchor(id, at = clock()) {
      const scenario = scenarios.get(id);
      if (scenario !== undefined) sessions.set(id, newSession(scenario, at.getTime()));
    },
  };
}

interface Outcome {
  operation: string;
  /** null: the request hangs. */
  answer: WireAnswer | null;
  error?: string;
}

async function outcomeOf(
  request: IncomingMessage,
  path: string,
  query: URLSearchParams,
  moment: Moment,
  session: Session,
): Promise<Outcome> {
  if (path === '/health-feed') return { operation: 'health:feed', answer: healthFeed(moment) };
  const method = request.method ?? 'GET';
  const operation = `${method} ${path}`;
  const body = await readBody(request);
  // The asker is gone: there is nobody to answer.
  if (body === 'lost') return { operation, answer: null, error: 'ConnectionLost' };
  if (body === 'too large') return { operation, answer: plain(413, 'Request too large'), error: 'RequestTooLarge' };
  return answerTo({ method, path, query, headers: request.headers, body }, moment, session);
}

async function answerTo(request: WireRequest, moment: Moment, session: Session): Promise<Outcome> {
  let asked: Asked | string;
  try {
    asked = await readRequest({ ...request, body: unzipped(request) });
  } catch (error) {
    return {
      operation: `${request.method} ${request.path}`,
      answer: plain(400, `Malformed request: ${(error as Error).message}`),
      error: 'SerializationException',
    };
  }
  if (typeof asked === 'string') {
    const operation = `${request.method} ${request.path}`;
    return { operation, answer: plain(501, `The sandbox does not serve this: ${asked}.`), error: 'NotServed' };
  }
  const operation = `${asked.wire.prefix}:${asked.name}`;
  try {
    if (!asked.signed) throw unsigned(asked);
    const world = session.accounts.worldOf(asked, moment.now);
    if (isNamed(world.faults.hanging, asked)) return { operation, answer: null, error: 'NeverAnswered' };
    if (isNamed(world.faults.malformed, asked)) return { operation, answer: proxyPage(), error: 'Malformed' };
    const output = perform(asked, request.path, { ...moment, world }, session);
    return { operation, answer: writeOutput(asked, output) };
  } catch (error) {
    if (error instanceof WireError) return { operation, answer: writeError(asked, error), error: error.code };
    // A defect of the sandbox must not look like anything that AWS says.
    return { operation, answer: plain(500, `The sandbox failed: ${(error as Error).stack}`), error: 'Defect' };
  }
}

/** Throttling, permissions, then the question itself: the order in which AWS refuses. */
function perform(asked: Asked, path: string, moment: Moment, session: Session): Record<string, unknown> {
  const { world } = moment;
  const { faults } = world;
  if (faults.expiredCredentials) throw expiredCredentials(asked);
  const rule = Object.keys(faults.throttled).find(name => isNamed([name], asked));
  if (rule !== undefined) {
    const given = session.throttles.get(rule) ?? 0;
    const limit = faults.throttled[rule];
    if (limit === 'always' || given < (limit ?? 0)) {
      session.throttles.set(rule, given + 1);
      throw throttled(asked);
    }
  }
  if (isNamed(faults.denied, asked)) throw accessDenied(world, asked, path);
  if (isNamed(faults.failing, asked)) throw failed(asked);
  const operation = `${asked.wire.prefix}:${asked.name}`;
  const absence = isNamed(faults.missing, asked) ? missing(operation) : null;
  if (absence !== null) throw absence;
  const handler = handlers[operation];
  if (handler === undefined)
    throw new WireError('NotImplementedException', 501, `The sandbox does not serve ${operation}.`);
  const pageCap = world.pageSize[operation] ?? Number.POSITIVE_INFINITY;
  const { accounts } = session;
  return handler(asked.input, { ...moment, world: seenFrom(world, asked), region: asked.region, pageCap, accounts });
}

function isNamed(names: string[], { wire, name }: Asked): boolean {
  return names.some(one => one === '*' || one === `${wire.prefix}:*` || one === `${wire.prefix}:${name}`);
}

/** In another Region than its own a world is empty, but for what is global. CloudTrail keeps its events by Region. */
function seenFrom(world: World, { wire, region }: Asked): World {
  if (wire.global || wire.prefix === 'cloudtrail' || region === world.region) return world;
  return {
    ...world,
    region,
    restApis: {},
    httpApis: {},
    webSocketApis: {},
    domainNames: {},
    vpcLinks: {},
    functions: {},
    loadBalancers: {},
    logGroups: {},
    metrics: {},
    webAcls: {},
    alarms: {},
    traffic: {},
  };
}

async function readBody(request: IncomingMessage): Promise<Buffer | 'too large' | 'lost'> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request) {
      size += (chunk as Buffer).length;
      if (size > maxBodyBytes) return 'too large';
      chunks.push(chunk as Buffer);
    }
  } catch {
    return 'lost';
  }
  return Buffer.concat(chunks);
}

function unzipped({ headers, body }: WireRequest): Buffer {
  return headers['content-encoding'] === 'gzip' ? gunzipSync(body, { maxOutputLength: maxBodyBytes }) : body;
}

/** What a captive network says to everything. */
function proxyPage(): WireAnswer {
  const body = Buffer.from('<!doctype html><html><body>Please sign in to this network.</body></html>');
  return { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body };
}

function plain(status: number, text: string): WireAnswer {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: Buffer.from(text) };
}

function send(response: ServerResponse, { status, headers, body }: WireAnswer): void {
  response.writeHead(status, { ...headers, 'content-length': String(body.length) });
  response.end(body);
}

export interface AwsServer {
  wire: AwsWire;
  /** `http://127.0.0.1:PORT` */
  url: string;
  /** What AWS_ENDPOINT_URL must be for one scenario. */
  endpoint(scenarioId: string): string;
  stop(): Promise<void>;
}

/** The wire alone on a server of its own, on loopback; port 0 takes a free one. */
export async function startAwsServer(options: WireOptions & { port?: number }): Promise<AwsServer> {
  const wire = createAwsWire(options);
  const server = createServer((request, response) => {
    wire.handle(request, response).then(handled => {
      if (!handled) send(response, plain(404, 'Only /aws/<scenario>/ is served here.'));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    wire,
    url,
    endpoint: scenarioId => `${url}/aws/${scenarioId}`,
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
