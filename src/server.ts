/** The one HTTP server: routes by method and path, with limits on headers, body and time. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Log } from './telemetry.ts';

export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void;

export interface HttpServer {
  /** Answers the port, which is another one where 0 was asked for. */
  listen(port: number, host?: string): Promise<number>;
  /** Takes no new requests; those under way have `graceMs` to end. */
  close(graceMs: number): Promise<void>;
}

const headerBytes = 16 * 1024;
const headersMs = 10_000;
const requestMs = 15_000;
// Longer than the 60 s of a load balancer, so that it never meets a connection that is just being closed.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html
const keepAliveMs = 65_000;

/** `routes`: handlers by `METHOD /path`. */
export function createHttpServer(routes: Readonly<Record<string, Handler>>, log: Log): HttpServer {
  const server = createServer(
    { maxHeaderSize: headerBytes, headersTimeout: headersMs, requestTimeout: requestMs, keepAliveTimeout: keepAliveMs },
    (request, response) => {
      void serve(request, response);
    },
  );

  let closing = false;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A connection that was busy when the server was closed would be kept open, idle, for its whole keep-alive time.
    response.on('close', () => closing && setImmediate(() => server.closeIdleConnections()));
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    try {
      const handler = routes[`${request.method} ${path}`];
      if (handler !== undefined) await handler(request, response);
      else refuse(request, response, path);
    } catch (error) {
      log.error({ err: error, path }, 'A request could not be answered.');
      if (!response.headersSent) answer(response, 500, 'Something went wrong here; the log of this program has it.');
      else response.destroy();
    }
  }

  function refuse(request: IncomingMessage, response: ServerResponse, path: string): void {
    const allowed = Object.keys(routes).flatMap(route =>
      route.endsWith(` ${path}`) ? [route.split(' ', 1)[0] ?? ''] : [],
    );
    request.resume();
    if (allowed.length === 0) answer(response, 404, 'There is nothing here.');
    else answer(response, 405, `Only ${allowed.join(', ')} is answered here.`, { allow: allowed.join(', ') });
  }

  return {
    async listen(port, host) {
      const listening = Promise.withResolvers<void>();
      server.once('error', listening.reject);
      server.listen({ port, ...(host === undefined ? {} : { host }) }, listening.resolve);
      await listening.promise;
      server.off('error', listening.reject);
      return (server.address() as AddressInfo).port;
    },
    async close(graceMs) {
      if (!server.listening) return;
      closing = true;
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed.promise;
      clearTimeout(timer);
    },
  };
}

/** A short plain answer. */
export function answer(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers });
  response.end(`${text}\n`);
}

/** A JSON answer that nobody keeps. */
export function answerJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}
