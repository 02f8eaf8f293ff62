/**
 * `npm run bench:crash [-- --store sqlite|postgres] [--seed N] [--json]`: 100 investigations while the bot is killed with
 * SIGKILL at random points, at least 30 times; on SQLite one bot, on PostgreSQL two replicas.
 *
 * AWS, Slack and PostgreSQL run in processes of their own and outlive the bot; Slack's limits hold. Half of the triggers
 * are slash commands of ten people, the other half alarms that SNS signs. An alarm is sent until it is taken (2xx). Who
 * gets an error for a command types it again; who was told nothing and sees no card after a while also does: Slack
 * does not repeat commands, and the bot acknowledges them before they are stored. `askedAgain` counts those.
 *
 * It ends when every card shows its verdict and the thread is written, and then counts what stands in the channels:
 * messages by the record and the purpose that are sent with them, cards by the API that they name.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { alarmNotification } from '../../src/sandbox/alarm-message.ts';
import { createSns } from '../../src/sandbox/sns.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import type { Posted, SlackQuestion } from './crash-slack.ts';
import { apiId, apiName, manyWorld } from './many-world.ts';
import { show } from './report.ts';

const investigations = 100;
const kills = 30;
const people = 10;
/** Four new alarms a channel are no storm; Slack takes one message a second in each. */
const perChannel = 4;
const channelCount = investigations / perChannel;
/** Triggers are spread over this time. */
const triggersMs = 60_000;
const retryMs = 1_000;
/** Who was told nothing types the command again. */
const patienceMs = 150_000;
const giveUpMs = 8 * 60_000;

const { values } = parseArgs({
  options: {
    store: { type: 'string', default: 'sqlite' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean' },
  },
});
const { store } = values;
if (store !== 'sqlite' && store !== 'postgres') throw new Error('--store takes sqlite or postgres.');
const random = seeded(Number(values.seed));
const folder = mkdtempSync(join(tmpdir(), 'apigw-500-crash-'));
const clock = () => new Date();
const started = performance.now();
const childOf = (script: string) => new URL(`./${script}`, import.meta.url);
const told = async <T>(child: ChildProcess) => (await once(child, 'message'))[0] as T;

/** Mulberry32: the same kills for the same seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const between = (from: number, to: number) => from + random() * (to - from);

/** SNS signs here; its host is asked by the bots, through a server of ours. */
async function startSns() {
  const sns = createSns({ clock });
  const server = createServer(async (request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const answer = await sns.fetch(searchParams.get('url') ?? '');
    response.writeHead(answer.status).end(await answer.text());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { sns, server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

async function startSlack() {
  const child = fork(childOf('crash-slack.ts'), [String(channelCount), String(people)]);
  const known = await told<{
    apiUrl: string;
    botToken: string;
    signingSecret: string;
    users: string[];
    channels: string[];
  }>(child);
  const waiting = new Map<number, (answer: unknown) => void>();
  let asked = 0;
  child.on('message', ({ number, answer }: { number: number; answer: unknown }) => waiting.get(number)?.(answer));
  type Asked = SlackQuestion extends infer Q ? (Q extends { number: number } ? Omit<Q, 'number'> : never) : never;
  function ask<T>(question: Asked): Promise<T> {
    const number = ++asked;
    return new Promise(resolve => {
      waiting.set(number, answer => {
        waiting.delete(number);
        resolve(answer as T);
      });
      child.send({ number, ...question });
    });
  }
  return { child, ...known, ask };
}

const postgres: PostgresServer | null = store === 'postgres' ? await startPostgres() : null;
const aws = fork(childOf('crash-aws.ts'), [String(investigations)]);
const [{ url: endpoint }, slack, { sns, server: snsServer, url: snsHost }] = await Promise.all([
  told<{ url: string }>(aws),
  startSlack(),
  startSns(),
]);
const world = manyWorld(investigations);
const topicArn = `arn:aws:sns:${world.region}:${world.accountId}:alarms`;
const channelOf = (index: number) => slack.channels[Math.floor(index / perChannel)] ?? '';
const isAlarm = (index: number) => Math.floor(index / perChannel) % 2 === 1;
writeFileSync(
  join(folder, 'config.yaml'),
  JSON.stringify({
    quotaShare: 1,
    alarmRoutes: Array.from({ length: investigations }, (_, index) => ({
      name: `${apiName(index)}-5xx`,
      channel: channelOf(index),
    })),
  }),
);

/** One bot after the other, each killed in its time, until all kills are done. */
interface Replica {
  url: string | null;
  child: ChildProcess | null;
}
const replicas: Replica[] = Array.from({ length: store === 'sqlite' ? 1 : 2 }, () => ({ url: null, child: null }));
let killed = 0;
const log = openSync(join(folder, 'bots.log'), 'a');

function startBot(replica: Replica): void {
  const environment = {
    PATH: process.env.PATH ?? '',
    AWS_REGION: world.region,
    SLACK_BOT_TOKEN: slack.botToken,
    SLACK_SIGNING_SECRET: slack.signingSecret,
    SLACK_API_URL: slack.apiUrl,
    PORT: '0',
    HEALTH_FEED_URL: '',
    ALARM_CHANNEL: channelOf(0),
    SNS_TOPIC_ARNS: topicArn,
    CONFIG_FILE: join(folder, 'config.yaml'),
    ...(postgres === null ? { DATA_DIR: join(folder, 'data') } : { DATABASE_URL: postgres.url }),
  };
  const child = fork(childOf('crash-bot.ts'), [endpoint, snsHost], {
    env: environment,
    stdio: ['ignore', log, log, 'ipc'],
  });
  replica.child = child;
  child.on('message', ({ port }: { port: number }) => {
    replica.url = `http://127.0.0.1:${port}`;
    void tellBots();
  });
}

function tellBots(): Promise<null> {
  return slack.ask({ bots: bots().map(url => `${url}/slack/events`) });
}

function bots(): string[] {
  return replicas.flatMap(({ url }) => (url === null ? [] : [url]));
}

/** Most kills strike a bot at work, some one that starts. */
async function killAtRandom(replica: Replica): Promise<void> {
  while (killed < kills) {
    startBot(replica);
    const { child } = replica;
    if (child === null) return;
    if (random() > 0.2) await told(child);
    await delay(between(50, 2_500));
    if (killed >= kills) return;
    killed += 1;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    replica.url = null;
    await ended;
    await tellBots();
  }
  startBot(replica);
}

let askedAgain = 0;
const shown = new Set<string>();

async function trigger(index: number): Promise<void> {
  await delay(between(0, triggersMs));
  if (isAlarm(index)) return fire(index);
  await type(index);
  for (let since = Date.now(); !shown.has(apiName(index)); await delay(retryMs)) {
    if (Date.now() - since < patienceMs) continue;
    askedAgain += 1;
    await type(index);
    since = Date.now();
  }
}

async function type(index: number): Promise<void> {
  const command = {
    user: slack.users[index % people] ?? '',
    channel: channelOf(index),
    line: `/apigw-500 ${apiId(index)} prod`,
  };
  while (!(await slack.ask<boolean>({ command }))) await delay(retryMs);
}

async function fire(index: number): Promise<void> {
  const name = `${apiName(index)}-5xx`;
  const alarm = world.alarms[name];
  if (alarm === undefined) throw new Error(`There is no alarm ${name}.`);
  const arn = `arn:aws:cloudwatch:${world.region}:${world.accountId}:alarm:${name}`;
  const change = { name, alarm, arn, topicArn, state: 'ALARM', oldState: 'OK', at: clock(), datapoint: null } as const;
  const { subject, message } = alarmNotification(change);
  const notification = await sns.notification(topicArn, message, subject);
  for (;;) {
    for (const url of bots()) {
      const status = await sns.post(`${url}/webhooks/sns`, notification);
      if (status >= 200 && status < 300) return;
      if (status >= 400 && status < 500) throw new Error(`The webhook answered ${status}.`);
    }
    await delay(retryMs);
  }
}

const nameOf = ({ text }: Posted) => /shop-\d{3}/.exec(text)?.[0] ?? text;
const cards = (messages: readonly Posted[]) => messages.filter(({ purpose }) => purpose === 'card');
const verdictsIn = (messages: readonly Posted[]) =>
  cards(messages).filter(({ text }) => text.startsWith('Cause found'));

/** Cards with their verdict and a thread below them. */
async function watchChannels(): Promise<Posted[]> {
  for (;;) {
    const messages = await slack.ask<Posted[]>({ messages: true });
    for (const card of cards(messages)) shown.add(nameOf(card));
    const threads = new Set(
      messages.flatMap(({ purpose, investigation }) => (purpose === 'diagnoses' ? [investigation] : [])),
    );
    const whole = new Set(
      verdictsIn(messages).flatMap(card => (threads.has(card.investigation) ? [nameOf(card)] : [])),
    );
    if (whole.size === investigations && killed >= kills) return messages;
    if (performance.now() - started > giveUpMs) return messages;
    await delay(retryMs);
  }
}

function repeated(messages: readonly Posted[]): number {
  const keys = messages.map(({ channelId, threadTs, investigation, purpose, text }) =>
    investigation === null ? `${channelId} ${threadTs} ${text}` : `${investigation} ${purpose}`,
  );
  return keys.length - new Set(keys).size;
}

async function stopBots(): Promise<void> {
  await Promise.all(
    replicas.map(async ({ child }) => {
      if (child === null || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }),
  );
}

const killing = Promise.all(replicas.map(killAtRandom));
const triggering = Promise.all(Array.from({ length: investigations }, (_, index) => trigger(index)));
await watchChannels();
await killing;
await stopBots();
const messages = await slack.ask<Posted[]>({ messages: true });
const byApi = Map.groupBy(cards(messages), nameOf);
const result = {
  store,
  investigations,
  kills: killed,
  verdicts: new Set(verdictsIn(messages).map(nameOf)).size,
  maxCardsPerInvestigation: Math.max(0, ...[...byApi.values()].map(({ length }) => length)),
  duplicateMessages: repeated(messages),
  messages: messages.length,
  askedAgain,
  seed: Number(values.seed),
  wallMs: Math.round(performance.now() - started),
};
show(
  result,
  Object.entries(result).map(([figure, value]) => ({ figure, value })),
);

const holds =
  result.verdicts === investigations && result.maxCardsPerInvestigation === 1 && result.duplicateMessages === 0;
if (holds) await triggering;
slack.child.disconnect();
aws.disconnect();
snsServer.close();
snsServer.closeAllConnections();
await postgres?.stop();
closeSync(log);
if (holds) rmSync(folder, { recursive: true, force: true });
else console.error(`It does not hold; the log of the bots is in ${folder}.`);
process.exit(holds ? 0 : 1);
