/** The Web API over HTTP, with response URLs and uploads. https://docs.slack.dev/apis/web-api */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AppManifest } from './manifest.ts';
import { type Call, type Method, needScopes, RateLimited, SlackError } from './methods/call.ts';
import { chatMethods } from './methods/chat.ts';
import { conversationMethods } from './methods/conversations.ts';
import { fileMethods } from './methods/files.ts';
import { peopleMethods } from './methods/people.ts';
import { reactionMethods } from './methods/reactions.ts';
import { viewMethods } from './methods/views.ts';
import type { createRateLimiter } from './rate-limits.ts';
import { respond } from './responses.ts';
import { isObject, type Json } from './schema.ts';
import type { State } from './state.ts';
import type { Tickets } from './tickets.ts';

const methods: Record<string, Method> = {
  ...chatMethods,
  ...conversationMethods,
  ...fileMethods,
  ...peopleMethods,
  ...reactionMethods,
  ...viewMethods,
};

const maxBodyBytes = 20 * 1024 * 1024;
const keptCalls = 5000;
const jsonType = 'application/json; charset=utf-8';

/** One call that the app made, for tests to look at. */
export interface RecordedCall {
  method: string;
  args: Json;
  at: Date;
  /** `ok`, or the error. */
  answer: string;
}

/**
 * What goes wrong on purpose: an error, a status, a wait; `timeout`: no answer ever comes; `reset`: the connection
 * breaks before the work is done; `lost`: after it.
 */
export type Fault =
  | { error: string; detail?: Json }
  | { status: number }
  | { retryAfterSeconds: number }
  | 'timeout'
  | 'reset'
  | 'lost';

/** Calls that go wrong: of one method, or of all (`*`); `response_url` and `upload` stand for what is no method. */
export interface PlannedFault {
  method: string;
  fault: Fault;
  left: number;
}

export interface WebApiContext {
  state: State;
  tickets: Tickets;
  limiter: ReturnType<typeof createRateLimiter>;
  manifest: AppManifest;
  botToken: string;
  appToken: string;
  clock: () => Date;
  origin(): string;
  socketUrl(): (() => string) | null;
  emit: Call['emit'];
}

export function createWebApi(context: WebApiContext) {
  const { state, manifest } = context;
  const scopes = new Set(manifest.scopes);
  const calls: RecordedCall[] = [];
  const faults: PlannedFault[] = [];
  /** Set once the app lost its access; what every call is answered from then on. */
  let refusal: string | null = null;

  /** Answers a request to the Web API, a response URL or an upload; false where it is none of these. */
  async function handle(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const [, area = '', name = ''] = pathname.match(/^\/(api|response|upload)\/([\w.]+)$/) ?? [];
    if (area === '') return false;
    const body = await readBody(request);
    if (area === 'api') {
      callMethod(request, response, name, { ...Object.fromEntries(searchParams), ...argsOf(request, body) });
      return true;
    }
    const fault = takeFault(area === 'upload' ? 'upload' : 'response_url');
    if (fault !== null && !failsBefore(request, response, fault)) return true;
    const answer =
      area === 'upload'
        ? upload(name, await uploadedBytes(request, body))
        : answerResponseUrl(name, argsOf(request, body));
    if (fault === 'lost') request.socket.destroy();
    else response.writeHead(answer.status, { 'content-type': answer.type }).end(answer.body);
    return true;
  }

  function callMethod(request: IncomingMessage, response: ServerResponse, name: string, args: Json): void {
    const fault = takeFault(name);
    const { token: inBody, ...rest } = args;
    const token = request.headers.authorization?.replace(/^Bearer /, '') ?? inBody;
    const done = (answer: string) => {
      calls.push({ method: name, args: rest, at: context.clock(), answer });
      if (calls.length > keptCalls) calls.shift();
    };
    if (fault === 'timeout' || fault === 'reset') {
      done(fault);
      if (fault === 'reset') request.socket.destroy();
      return;
    }
    try {
      if (fault !== null && fault !== 'lost') raise(fault);
      const result = run(name, rest, token);
      done('ok');
      if (fault === 'lost') request.socket.destroy();
      else send(response, 200, { ok: true, ...result }, scopeHeaders(name));
    } catch (error) {
      if (error instanceof RateLimited) {
        done('ratelimited');
        send(response, 429, { ok: false, error: 'ratelimited' }, { 'retry-after': String(error.retryAfterSeconds) });
      } else if (error instanceof SlackError) {
        done(error.code);
        send(response, 200, { ok: false, error: error.code, ...error.detail }, scopeHeaders(name));
      } else if (error instanceof HttpFailure) {
        done(String(error.status));
        response.writeHead(error.status).end();
      } else throw error;
    }
  }

  function run(name: string, args: Json, token: unknown): Json {
    if (token === undefined || token === '') throw new SlackError('not_authed');
    if (token !== context.botToken && token !== context.appToken) throw new SlackError('invalid_auth');
    if (refusal !== null) throw new SlackError(refusal);
    const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
    if (method === undefined) throw new SlackError('unknown_method', { req_method: name });
    if (token !== (method.token === 'app' ? context.appToken : context.botToken)) {
      throw new SlackError('not_allowed_token_type');
    }
    const wait = context.limiter.method(name, method.tier);
    if (wait !== null) throw new RateLimited(wait);
    needScopes(scopes, method.scopes);
    return method.run({
      state,
      tickets: context.tickets,
      limiter: context.limiter,
      scopes,
      origin: context.origin(),
      args,
      emit: context.emit,
      socketUrl: context.socketUrl(),
      homeTab: manifest.homeTab,
    });
  }

  function answerResponseUrl(id: string, args: Json): Answer {
    const target = context.tickets.useResponseUrl(id);
    if ('error' in target) return jsonAnswer(404, { ok: false, error: target.error });
    try {
      respond(state, target, args);
      return plainAnswer(200, 'ok');
    } catch (error) {
      if (!(error instanceof SlackError)) throw error;
      return jsonAnswer(400, { ok: false, error: error.code, ...error.detail });
    }
  }

  function upload(fileId: string, bytes: Buffer): Answer {
    const file = state.files.get(fileId);
    if (file === undefined) return plainAnswer(404, 'There is no such upload.');
    if (bytes.length !== file.size) return plainAnswer(400, `${file.size} bytes were announced.`);
    file.data = bytes;
    return plainAnswer(200, `OK - ${bytes.length}`);
  }

  function takeFault(name: string): Fault | null {
    const index = faults.findIndex(({ method }) => method === name || method === '*');
    const planned = faults[index];
    if (planned === undefined) return null;
    planned.left -= 1;
    if (planned.left <= 0) faults.splice(index, 1);
    return planned.fault;
  }

  function scopeHeaders(name: string): Record<string, string> {
    const accepted = Object.hasOwn(methods, name) ? (methods[name]?.scopes ?? []) : [];
    return { 'x-oauth-scopes': [...scopes].join(','), 'x-accepted-oauth-scopes': accepted.join(',') };
  }

  return {
    handle,
    calls,
    faults,
    refuse(error: string): void {
      refusal = error;
    },
  };
}

interface Answer {
  status: number;
  type: string;
  body: string;
}

const plainAnswer = (status: number, body: string): Answer => ({ status, type: 'text/plain', body });
const jsonAnswer = (status: number, body: Json): Answer => ({ status, type: jsonType, body: JSON.stringify(body) });

class HttpFailure extends Error {
  readonly status: number;

  constructor(status: number) {
    super(String(status));
    this.status = status;
  }
}

/** For what is no method: does what the fault says; true where the work is done all the same. */
function failsBefore(request: IncomingMessage, response: ServerResponse, fault: Fault): boolean {
  if (fault === 'lost') return true;
  if (fault === 'reset') request.socket.destroy();
  else if (fault !== 'timeout') {
    if ('status' in fault) response.writeHead(fault.status).end();
    else if ('error' in fault) send(response, 404, { ok: false, error: fault.error });
    else send(response, 429, { ok: false, error: 'ratelimited' }, { 'retry-after': String(fault.retryAfterSeconds) });
  }
  return false;
}

function raise(fault: Exclude<Fault, string>): never {
  if ('error' in fault) throw new SlackError(fault.error, fault.detail);
  if ('status' in fault) throw new HttpFailure(fault.status);
  throw new RateLimited(fault.retryAfterSeconds);
}

function send(response: ServerResponse, status: number, body: Json, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': jsonType, ...headers }).end(JSON.stringify(body));
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > maxBodyBytes) throw new SlackError('request_too_large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function argsOf(request: IncomingMessage, body: Buffer): Json {
  const text = body.toString('utf8');
  if (request.headers['content-type']?.startsWith('application/json')) {
    try {
      const value: unknown = JSON.parse(text);
      return isObject(value) ? value : {};
    } catch {
      return {};
    }
  }
  return Object.fromEntries(new URLSearchParams(text));
}

/** Bytes of an upload: the plain body, or the one file of a form. */
async function uploadedBytes(request: IncomingMessage, body: Buffer): Promise<Buffer> {
  const type = request.headers['content-type'] ?? '';
  if (!type.startsWith('multipart/form-data')) return body;
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();
  for (const value of form.values()) {
    if (typeof value !== 'string') return Buffer.from(await value.arrayBuffer());
  }
  return Buffer.alloc(0);
}
