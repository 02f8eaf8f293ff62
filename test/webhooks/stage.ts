/** A webhook over real HTTP, with its log, its counts and what it stored. */
import { connect } from 'node:net';
import { onTestFinished } from 'vitest';
import type { AlarmNotice } from '../../src/diagnosis/types.ts';
import { createHttpServer, type Handler } from '../../src/server.ts';
import { createLog } from '../../src/telemetry.ts';
import type { WebhookDependencies, WebhookOutcome } from '../../src/webhooks/inlet.ts';

export interface WebhookStage {
  dependencies: WebhookDependencies;
  stored: Map<string, AlarmNotice>;
  /** Set to make the store fail. */
  failure: Error | null;
  outcomes: WebhookOutcome[];
  /** Lines of the log, as text. */
  lines: string[];
  /** Serves until the test ends; answers the port. */
  serve(path: string, handler: Handler): Promise<number>;
}

export function createWebhookStage(): WebhookStage {
  const lines: string[] = [];
  const log = createLog('info', { write: (line: string) => void lines.push(line) });
  const stage: WebhookStage = {
    stored: new Map(),
    failure: null,
    outcomes: [],
    lines,
    dependencies: {
      log,
      onOutcome: outcome => void stage.outcomes.push(outcome),
      async submit(notice, key) {
        if (stage.failure !== null) throw stage.failure;
        const repeated = stage.stored.has(key);
        if (!repeated) stage.stored.set(key, notice);
        return { repeated };
      },
    },
    async serve(path, handler) {
      const server = createHttpServer({ [`POST ${path}`]: handler }, log);
      const port = await server.listen(0, '127.0.0.1');
      onTestFinished(() => server.close(0));
      return port;
    },
  };
  return stage;
}

/** Sends bytes as they are and answers the first that come back, while the connection is still open. */
export function sendRaw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.once('data', data => {
      resolve(data.toString());
      socket.destroy();
    });
    socket.once('error', reject);
    socket.once('close', () => resolve(''));
  });
}

/** Sends a body of a gigabyte until the connection is cut; answers how many bytes that took. */
export function sendForever(port: number, path: string): Promise<number> {
  return new Promise(resolve => {
    const more = () => {
      while (socket.write('x'.repeat(65_536)));
    };
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n`);
      more();
    });
    socket.on('drain', more);
    socket.on('error', () => {});
    socket.resume();
    socket.on('close', () => resolve(socket.bytesWritten));
  });
}
