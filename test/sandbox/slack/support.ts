/** A workspace on loopback, a real Bolt app that talks to it, and time that tests turn by hand. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { App, HTTPReceiver, LogLevel } from '@slack/bolt';
import { WebClient } from '@slack/web-api';
import type { Timer } from '../../../src/sandbox/slack/delivery.ts';
import { httpTransport } from '../../../src/sandbox/slack/delivery.ts';
import { isFromHere } from '../../../src/sandbox/slack/guard.ts';
import type { AppManifest } from '../../../src/sandbox/slack/manifest.ts';
import { createPage, type Desk } from '../../../src/sandbox/slack/page-server.ts';
import {
  createSlackWorkspace,
  type SlackWorkspace,
  type WorkspaceOptions,
} from '../../../src/sandbox/slack/workspace.ts';

/** A manifest with everything that the fake knows, so that a test can take one thing away. */
export const fullManifest: AppManifest = {
  name: 'demo',
  botName: 'demo',
  homeTab: true,
  interactive: true,
  commands: [{ command: '/demo', description: 'Shows things.', usageHint: '', shouldEscape: false }],
  shortcuts: [
    { name: 'Look at this', type: 'message', callbackId: 'look' },
    { name: 'Begin', type: 'global', callbackId: 'begin' },
  ],
  scopes: [
    'commands',
    'chat:write',
    'channels:history',
    'groups:history',
    'im:history',
    'channels:read',
    'groups:read',
    'im:read',
    'im:write',
    'channels:join',
    'users:read',
    'usergroups:read',
    'reactions:read',
    'reactions:write',
    'files:write',
  ],
  events: [
    'message.channels',
    'message.groups',
    'message.im',
    'reaction_added',
    'app_home_opened',
    'member_joined_channel',
  ],
};

export interface ManualTime {
  clock: () => Date;
  timer: Timer;
  /** Moves time on and runs what was due in between. */
  advance(ms: number): void;
}

export function manualTime(): ManualTime {
  // Bolt compares signatures with the real time.
  let now = Date.now();
  let due: { at: number; run: () => void }[] = [];
  return {
    clock: () => new Date(now),
    timer(ms, run) {
      const entry = { at: now + ms, run };
      due.push(entry);
      return () => {
        due = due.filter(item => item !== entry);
      };
    },
    advance(ms) {
      now += ms;
      const ready = due.filter(item => item.at <= now);
      due = due.filter(item => item.at > now);
      for (const { run } of ready) run();
    },
  };
}

export interface Stage {
  slack: SlackWorkspace;
  client: WebClient;
  apiUrl: string;
  close(): Promise<void>;
}

/** A workspace that is served, and a client that asks it without retries. */
export async function openStage(options: WorkspaceOptions = {}): Promise<Stage> {
  const slack = createSlackWorkspace({ manifest: fullManifest, rateLimits: 'off', ...options });
  const served = await slack.listen();
  return { slack, client: clientOf(served.apiUrl, slack.botToken), apiUrl: served.apiUrl, close: () => served.close() };
}

export function clientOf(slackApiUrl: string, token: string): WebClient {
  return new WebClient(token, {
    slackApiUrl,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: 5000,
    logLevel: LogLevel.ERROR,
  });
}

/** Serves the page of a stage on loopback, beside a desk that has one incident and nothing to ask. */
export async function servePage(
  stage: Stage,
  desk: Partial<Desk> = {},
): Promise<{ url: string; close(): Promise<void> }> {
  const page = createPage(stage.slack, { ...emptyDesk, ...desk });
  const server = createServer(async (request, response) => {
    const { port } = server.address() as AddressInfo;
    if (!isFromHere(request, port)) response.writeHead(403).end();
    else if (!(await page.handle(request, response))) response.writeHead(404).end();
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

const emptyDesk: Desk = {
  picker: () => ({
    incidents: [
      {
        id: 'orders',
        title: 'Orders are down',
        story: 'Somebody removed a permission.',
        command: '/demo orders-api',
        mendable: true,
        mended: false,
        healthy: false,
        alarm: 'orders-5xx',
      },
    ],
    picked: 'orders',
    tryLine: 'npm run …',
  }),
  calls: () => [],
  pick() {},
  onPick: () => () => {},
  onCall: () => () => {},
  alarm: async () => {},
  alarmPost: () => ({ app: 'Amazon Q Developer', post: { text: 'The alarm orders-5xx changed state to ALARM' } }),
};

/** Starts a Bolt app behind its HTTP receiver, registers listeners, and connects the workspace to it. */
export async function startBolt(stage: Stage, register: (app: App) => void): Promise<{ stop(): Promise<void> }> {
  const receiver = new HTTPReceiver({ signingSecret: stage.slack.signingSecret, logLevel: LogLevel.ERROR });
  const app = new App({
    receiver,
    token: stage.slack.botToken,
    clientOptions: { slackApiUrl: stage.apiUrl, retryConfig: { retries: 0 } },
    logLevel: LogLevel.ERROR,
    deferInitialization: true,
  });
  await app.init();
  register(app);
  const server = await receiver.start(0);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The receiver has no port.');
  const url = `http://127.0.0.1:${address.port}/slack/events`;
  stage.slack.connect(httpTransport(url, stage.slack.signingSecret, stage.slack.clock));
  return {
    async stop() {
      stage.slack.connect(null);
      server.closeAllConnections();
      await receiver.stop();
    },
  };
}
