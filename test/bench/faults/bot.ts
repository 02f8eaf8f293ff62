/**
 * The whole bot in this process, as it runs: real Bolt, SQLite and SDK clients, against the strict workspace and the
 * embedded AWS, each of which can be told to fail. Time passes as fast as the machine allows.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, createApp } from '../../../src/app.ts';
import { type ConfiguredAccount, openAccess } from '../../../src/aws/access.ts';
import { type Config, parseConfig } from '../../../src/config.ts';
import { type AwsWire, createAwsWire } from '../../../src/sandbox/aws/server.ts';
import type { World } from '../../../src/sandbox/aws/world.ts';
import type { Scenario } from '../../../src/sandbox/scenario.ts';
import { httpTransport } from '../../../src/sandbox/slack/delivery.ts';
import type { Message } from '../../../src/sandbox/slack/state.ts';
import { createSlackWorkspace, type SlackWorkspace } from '../../../src/sandbox/slack/workspace.ts';
import { createLog } from '../../../src/telemetry.ts';
import { fastTime } from '../../support/fast-time.ts';
import { type SocketMode, serveSocketMode } from '../../support/slack-socket-mode.ts';

export interface BotOptions {
  scenario: Scenario;
  /** Other accounts at the same endpoint, and the roles that lead there. */
  others?: readonly World[];
  accounts?: readonly ConfiguredAccount[];
  mode?: 'http' | 'socket';
  /** Settings beside those that every bot here has. */
  config?: Partial<Config>;
}

export interface Bot {
  workspace: SlackWorkspace;
  wire: AwsWire;
  app: App;
  scenario: Scenario;
  /** Where its store is. */
  dataDir: string;
  /** Lines of the log, as JSON. */
  logged: string[];
  /** Starts it; rejects as `serve` would. */
  start(): Promise<void>;
  /** Lets time pass until `holds` does; false where it never does. */
  until(holds: () => boolean): Promise<boolean>;
  /** What an operator reads at one of its addresses. */
  get(path: string): Promise<{ status: number; body: string }>;
  /** What another system sends to one of its addresses; answers the status. */
  post(path: string, headers: Record<string, string>, body: unknown): Promise<number>;
  stop(): Promise<void>;
}

/** An answer that has not begun by then never comes. */
const timeouts = { connectMs: 2_000, requestMs: 2_500, totalMs: 3_500 };
const patienceMs = 40_000;

export async function openBot(options: BotOptions): Promise<Bot> {
  const { scenario, others = [], accounts = [], mode = 'http' } = options;
  const { clock, after, pass } = fastTime();
  const wire = createAwsWire({
    scenarios: new Map([[scenario.id, scenario]]),
    others: new Map([[scenario.id, others]]),
    clock,
  });
  const workspace = createSlackWorkspace({ clock, rateLimits: 'off' });
  const front = createServer((request, response) => {
    void wire
      .handle(request, response)
      .then(async handled => handled || (await workspace.handle(request, response)) || response.writeHead(404).end());
  });
  await new Promise<void>(resolve => front.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
  workspace.serveAt(origin);
  let socket: SocketMode | null = null;
  if (mode === 'socket') socket = await serveSocketMode(workspace);

  const dataDir = await mkdtemp(join(tmpdir(), 'apigw-500-faults-'));
  const logged: string[] = [];
  const log = createLog('info', { write: line => void logged.push(line) });
  const endpoint = `${origin}/aws/${scenario.id}`;
  const config = parseConfig(
    {
      SLACK_BOT_TOKEN: workspace.botToken,
      ...(mode === 'http'
        ? { SLACK_SIGNING_SECRET: workspace.signingSecret }
        : { SLACK_APP_TOKEN: workspace.appToken }),
      SLACK_API_URL: `${origin}/api/`,
      PORT: '0',
      DATA_DIR: dataDir,
      HEALTH_FEED_URL: `${endpoint}/health-feed`,
    },
    'serve',
  );
  const access = openAccess({
    region: scenario.world.region,
    endpoint,
    credentials: { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' },
    accounts,
    timeouts,
    clock,
    sleep: async ms => pass(ms),
  });
  const app = await createApp({ ...config, ...options.config }, { access, clock, after, log, host: '127.0.0.1' });
  let port = 0;

  return {
    workspace,
    wire,
    app,
    scenario,
    dataDir,
    logged,
    async start() {
      ({ port } = await app.start());
      if (mode === 'http') {
        const url = `http://127.0.0.1:${port}/slack/events`;
        workspace.connect(httpTransport(url, workspace.signingSecret, clock));
      }
    },
    async until(holds) {
      const deadline = performance.now() + patienceMs;
      while (performance.now() < deadline) {
        await app.idle();
        if (holds()) return true;
        // Nothing is under way: what is due later is due now.
        pass(5_000);
        await new Promise(resolve => setTimeout(resolve, 60));
      }
      return holds();
    },
    async get(path) {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`);
      return { status: answer.status, body: await answer.text() };
    },
    async post(path, headers, body) {
      const sent = { method: 'POST', headers, body: JSON.stringify(body) };
      return (await fetch(`http://127.0.0.1:${port}${path}`, sent)).status;
    },
    async stop() {
      await app.stop();
      await socket?.close();
      front.closeAllConnections();
      await new Promise(resolve => front.close(resolve));
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

const channel = 'incidents';

/** The card of the channel, once it says how it ended; null while there is none that does. */
export function finalCard({ workspace }: Bot): Message | null {
  const roots = workspace.messages('ben', channel).filter(one => one.threadTs === null && one.onlyFor === null);
  const ended = /^(Cause found|\d+ causes found|No 5xx|No cause|The diagnosis could not)/;
  return roots.find(one => ended.test(one.text)) ?? null;
}

/** What only one person was told. */
export function whispers({ workspace }: Bot, user: string): Message[] {
  return workspace.messages(user, channel).filter(one => one.onlyFor !== null);
}
