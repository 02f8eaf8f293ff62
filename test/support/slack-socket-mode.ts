import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Reply, Transport } from '../../src/sandbox/slack/delivery.ts';
import type { SlackWorkspace } from '../../src/sandbox/slack/workspace.ts';

/** Slack allows an app this many connections: https://docs.slack.dev/apis/events-api/using-socket-mode/#multiple. */
const maxConnections = 10;

export interface SocketMode {
  /** Connections that are open now. */
  connections(): number;
  /** Asks every connection to come again, as Slack does every few hours. */
  refresh(): void;
  close(): Promise<void>;
}

/**
 * Serves Socket Mode for a workspace and connects it: envelopes go to one of the open connections, and count as
 * acknowledged when their id comes back. https://docs.slack.dev/apis/events-api/using-socket-mode
 */
export async function serveSocketMode(workspace: SlackWorkspace): Promise<SocketMode> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const open = new Set<WebSocket>();
  const waiting = new Map<string, (reply: Reply) => void>();
  let envelopes = 0;

  server.on('connection', socket => {
    if (open.size >= maxConnections) {
      socket.send(JSON.stringify({ type: 'disconnect', reason: 'too_many_websockets' }));
      socket.close();
      return;
    }
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('message', data => acknowledge(JSON.parse(String(data))));
    socket.send(
      JSON.stringify({
        type: 'hello',
        num_connections: open.size,
        connection_info: { app_id: workspace.state.seed.appId },
        debug_info: { host: 'sandbox', approximate_connection_time: 18_060 },
      }),
    );
  });

  function acknowledge(message: { envelope_id?: string; payload?: Record<string, unknown> }): void {
    const resolve = waiting.get(message.envelope_id ?? '');
    if (resolve === undefined) return;
    waiting.delete(message.envelope_id ?? '');
    const payload = message.payload ?? {};
    resolve({ acknowledged: true, body: Object.keys(payload).length === 0 ? null : payload, noRetry: false });
  }

  const transport: Transport = {
    deliver(parcel, late) {
      const socket = [...open].at(envelopes % Math.max(1, open.size));
      if (socket === undefined) return Promise.reject(new Error('No connection is open.'));
      envelopes += 1;
      const id = `envelope-${envelopes}`;
      return new Promise((resolve, reject) => {
        waiting.set(id, resolve);
        late.addEventListener('abort', () => {
          waiting.delete(id);
          reject(new Error('The acknowledgement came too late.'));
        });
        socket.send(
          JSON.stringify({
            envelope_id: id,
            type: parcel.kind,
            payload: parcel.body,
            accepts_response_payload: parcel.kind !== 'events_api',
            ...(parcel.retry && { retry_attempt: parcel.retry.number, retry_reason: parcel.retry.reason }),
          }),
        );
      });
    },
    socketUrl: () => `ws://127.0.0.1:${(server.address() as AddressInfo).port}/link?ticket=${envelopes}`,
  };
  workspace.connect(transport);

  return {
    connections: () => open.size,
    refresh() {
      for (const socket of open) socket.send(JSON.stringify({ type: 'disconnect', reason: 'refresh_requested' }));
    },
    async close() {
      workspace.connect(null);
      const ended = [...server.clients].map(socket => once(socket, 'close'));
      for (const socket of server.clients) socket.close();
      await Promise.all(ended);
      server.close();
      await once(server, 'close');
    },
  };
}
