import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { type Clients, type Credentials, openClients, type Timeouts } from '../../src/aws/clients.ts';
import { type Send, sdkSend } from '../../src/aws/send.ts';

/** One request as it came over the wire. */
export interface Call {
  /** Signing name: `apigateway`, `lambda`, `logs`, `monitoring`, … */
  service: string;
  region: string;
  /** Operation of the RPC protocols; empty for REST paths. */
  operation: string;
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  /** JSON body, or form fields. */
  body: Record<string, unknown>;
}

export interface Answer {
  status?: number;
  headers?: Record<string, string>;
  /** JSON, or text as it is (XML). */
  body?: unknown;
}

export interface Wire {
  url: string;
  calls: Call[];
  clients: Clients;
  send: Send;
}

type Handler = (call: Call, response: ServerResponse) => Answer | undefined | Promise<Answer | undefined>;

/** A server that answers as AWS does at the wire, for the SDK's real clients. Ends with the test. */
export async function wire(
  handler: Handler,
  options: { timeouts?: Partial<Timeouts>; onThrottle?: (operation: string) => void; credentials?: Credentials } = {},
): Promise<Wire> {
  const calls: Call[] = [];
  const server = createServer(async (request, response) => {
    const call = callOf(request, await text(request));
    calls.push(call);
    const answer = await handler(call, response);
    if (answer === undefined) return;
    const { status = 200, headers = {}, body = {} } = answer;
    response.writeHead(status, headers);
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clients = openClients({
    endpoint: url,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    ...options,
  });
  onTestFinished(() => {
    clients.close();
    server.closeAllConnections();
    server.close();
  });
  return { url, calls, clients, send: sdkSend(clients, 'eu-west-1') };
}

function callOf(request: IncomingMessage, body: string): Call {
  const url = new URL(request.url ?? '/', 'http://wire');
  const [, region = '', service = ''] =
    /Credential=[^/]+\/\d+\/([^/]+)\/([^/]+)/.exec(request.headers.authorization ?? '') ?? [];
  const form = (request.headers['content-type'] ?? '').includes('x-www-form-urlencoded');
  const fields = form ? Object.fromEntries(new URLSearchParams(body)) : body === '' ? {} : JSON.parse(body);
  const target = request.headers['x-amz-target'];
  return {
    service,
    region,
    operation: typeof target === 'string' ? (target.split('.').at(-1) ?? '') : String(fields.Action ?? ''),
    method: request.method ?? '',
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
    body: fields,
  };
}

/** An error as the protocol of the call's service writes it. */
export function failure(call: Call, code: string, message: string, status = 400): Answer {
  if (call.operation === '') return { status, headers: { 'x-amzn-errortype': code }, body: { message } };
  if ('Action' in call.body) return { status, body: xmlError(code, message) };
  return { status, body: { __type: `com.amazonaws.service#${code}`, message } };
}

function xmlError(code: string, message: string): string {
  return `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>r</RequestId></ErrorResponse>`;
}
