/** The whole program on one machine: the same bot, a chat workspace with a page, and an AWS, all of it on loopback. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp, type Seams } from '../app.ts';
import type { Config } from '../config.ts';
import type { Log } from '../telemetry.ts';
import { createAlarms, topicArnOf } from './alarms.ts';
import { createAwsWire } from './aws/server.ts';
import { asOneAccount, createDesk, worldAccess } from './desk.ts';
import { loadScenarios } from './scenario.ts';
import { httpTransport } from './slack/delivery.ts';
import { isFromHere } from './slack/guard.ts';
import { createPage } from './slack/page-server.ts';
import { createSlackWorkspace, type SlackWorkspace } from './slack/workspace.ts';
import { createSns } from './sns.ts';

export interface SandboxOptions {
  /** 0: any that is free. */
  port: number;
  /** An incident, or a mended twin; left out: the first. */
  scenario?: string | undefined;
  clock: () => Date;
  /** How the bot's pacing waits. */
  after?: Seams['after'];
  log: Log;
}

export interface Sandbox {
  /** Of the page. */
  url: string;
  /** One complete line to try in a terminal. */
  tryLine: string;
  /** For tests that look behind the page. */
  slack: SlackWorkspace;
  /** Resolves when nothing is under way any more. */
  idle(): Promise<void>;
  stop(): Promise<void>;
}

/** What a person can mend; the message says how. */
export class SandboxError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SandboxError';
  }
}

const loopback = '127.0.0.1';
const feedPath = '/sandbox/health-feed';

/** Rejects with SandboxError where the port is taken or there is no such scenario. */
export async function startSandbox({ port, scenario, clock, after, log }: SandboxOptions): Promise<Sandbox> {
  const scenarios = asOneAccount(await loadScenarios());
  if (scenario !== undefined && !scenarios.has(scenario)) {
    throw new SandboxError(`There is no scenario "${scenario}". There are:\n  ${[...scenarios.keys()].join('\n  ')}`);
  }
  const started: (() => Promise<unknown>)[] = [];
  async function stop(): Promise<void> {
    for (const end of started.splice(0).reverse()) await end();
  }

  const wire = createAwsWire({ scenarios, clock });
  const slack = createSlackWorkspace({ clock });
  try {
    const front = await openFront(port, log);
    started.push(front.close);
    const { origin } = front;
    slack.serveAt(origin);
    const desk = createDesk({ scenarios, wire, scenarioId: scenario, origin });
    const sns = createSns({ clock });
    let webhook: string | null = null;
    const page = createPage(slack, { ...desk, ...createAlarms(desk, wire, sns, () => webhook) });
    front.answer(async (request, response) => {
      // The bot has one address for the public status feed; whose feed it is follows from what is picked.
      if (request.url === feedPath) request.url = `/aws/${desk.current().id}/health-feed`;
      for (const handle of [page.handle, slack.handle, wire.handle]) {
        if (await handle(request, response)) return;
      }
      plain(response, 404, 'There is nothing here.');
    });

    const dataDir = await mkdtemp(join(tmpdir(), 'apigw-500-sandbox-'));
    started.push(() => rm(dataDir, { recursive: true, force: true }));
    const access = await worldAccess(desk, scenarios, id => `${origin}/aws/${id}`, clock);
    const topicArns = [...new Set([...scenarios.values()].map(one => topicArnOf(one.world)))];
    const config = configOf(slack, origin, dataDir, topicArns);
    const waits = after === undefined ? {} : { after };
    const app = await createApp(config, { access, clock, log, host: loopback, fetch: sns.fetch, ...waits });
    started.push(app.stop);
    const bot = await app.start();
    webhook = `http://${loopback}:${bot.port}/webhooks/sns`;
    slack.connect(httpTransport(`http://${loopback}:${bot.port}/slack/events`, slack.signingSecret, clock));
    started.push(async () => slack.connect(null));
    return { url: `${origin}/`, tryLine: desk.picker().tryLine, slack, idle: app.idle, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Front {
  origin: string;
  /** Until it is told how to answer, it asks to come again. */
  answer(handler: Handler): void;
  close(): Promise<unknown>;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** The one server that people and the bot speak to. */
async function openFront(port: number, log: Log): Promise<Front> {
  let handler: Handler = async (_request, response) => {
    plain(response, 503, 'The sandbox is starting.');
  };
  const server = createServer((request, response) => {
    if (!isFromHere(request, portOf())) {
      plain(response, 403, 'The sandbox answers this machine only.');
      return;
    }
    handler(request, response).catch(error => {
      log.error({ err: error, path: request.url }, 'The sandbox could not answer a request.');
      if (response.headersSent) response.destroy();
      else plain(response, 500, 'Something went wrong here; the log of the sandbox has it.');
    });
  });
  const portOf = () => (server.address() as AddressInfo).port;
  await listen(server, port);
  return {
    origin: `http://${loopback}:${portOf()}`,
    answer(next) {
      handler = next;
    },
    close: () =>
      new Promise(resolve => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

function plain(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(text);
}

/** Nothing of the person's own settings is used: no token, no account, no data folder. */
function configOf(
  { botToken, signingSecret, state }: SlackWorkspace,
  origin: string,
  dataDir: string,
  topicArns: string[],
): Config {
  return {
    slack: { botToken, signingSecret, appToken: null, apiUrl: `${origin}/api/` },
    port: 0,
    databaseUrl: null,
    dataDir,
    awsRegion: null,
    accounts: [],
    quotaShare: 1,
    healthFeedUrl: `${origin}${feedPath}`,
    allow: { channels: null, userGroups: null, guests: false },
    alarms: {
      channel: state.seed.channels[0]?.id ?? null,
      topicArns,
      eventBridgeKey: null,
      reaction: 'mag',
      routes: [],
    },
    retentionDays: 1,
    logLevel: null,
    alarmPostChannels: [],
    handoffFallbackGroup: null,
  };
}

async function listen(server: ReturnType<typeof createServer>, port: number): Promise<void> {
  const listening = Promise.withResolvers<void>();
  server.once('error', listening.reject);
  server.listen(port, loopback, listening.resolve);
  try {
    await listening.promise;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const taken = `Port ${port} is taken by another program, perhaps by another sandbox.`;
    if (code === 'EADDRINUSE') {
      throw new SandboxError(`${taken} Give another one with --port, or 0 for any that is free.`, { cause: error });
    }
    if (code === 'EACCES') {
      throw new SandboxError(`Port ${port} may not be used by this user. Give another one with --port.`, {
        cause: error,
      });
    }
    throw error;
  } finally {
    server.off('error', listening.reject);
  }
}
