/**
 * `npm run bench:storm [-- --json]`: 1,000 signed notifications of 100 alarms on 50 APIs within 60 seconds.
 *
 * The bot, the embedded AWS (one account, an answer in 100 ms) and the strict workspace (Slack's rate limits on) run in
 * processes of their own; this one is SNS. Every notification is a firing of its own, so that each has to appear as one
 * occurrence of its API's one investigation; one in twenty is delivered twice, as SNS may. `lost`: firings that no
 * investigation has; `doubled`: investigations beside the first of an API, and occurrences beside the firings. Rates are
 * the most within any window of that length, of calls that were accepted. `lastCardMs`: from the first notification until
 * Slack shows the last verdict.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { alarmNotification } from '../../src/sandbox/alarm-message.ts';
import type { Alarm } from '../../src/sandbox/aws/world/telemetry.ts';
import { createSns } from '../../src/sandbox/sns.ts';
import { show } from './report.ts';
import type { StormRow } from './storm-bot.ts';

const count = 1_000;
const overMs = 60_000;
const apis = 50;
const latencyMs = 100;
const repeatEvery = 20;
const region = 'eu-west-1';
const accountId = '111122223333';
const teamId = 'T0SANDBOX1';
const topicArn = `arn:aws:sns:${region}:${accountId}:api-alarms`;

const clock = () => new Date();
const load = loadavg();
const sns = createSns({ clock });
const hosts = createServer(async (request, response) => {
  const asked = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').search.slice(1));
  const answer = await sns.fetch(asked);
  response.writeHead(answer.status).end(Buffer.from(await answer.arrayBuffer()));
});
await new Promise<void>(resolve => hosts.listen(0, '127.0.0.1', resolve));

const children: ChildProcess[] = [];
process.on('exit', () => {
  for (const child of children) child.kill();
});

const aws = started('storm-aws.ts', [String(latencyMs), String(apis)]);
const slack = started('storm-slack.ts', []);
const bot = started('storm-bot.ts', []);
const { endpoint, alarms } = await told<{ endpoint: string; alarms: Record<string, Alarm> }>(aws);
const { apiUrl, botToken, signingSecret, channel } = await told<Record<string, string>>(slack);
const settings = {
  SLACK_BOT_TOKEN: botToken,
  SLACK_SIGNING_SECRET: signingSecret,
  SLACK_API_URL: apiUrl,
  ALARM_CHANNEL: channel,
  SNS_TOPIC_ARNS: topicArn,
  AWS_REGION: region,
  PORT: '0',
};
const snsUrl = `http://127.0.0.1:${(hosts.address() as AddressInfo).port}/?`;
bot.send({ settings, endpoint, snsUrl, teamId });
const { port } = await told<{ port: number }>(bot);
const webhook = `http://127.0.0.1:${port}/webhooks/sns`;
await sns.post(webhook, await sns.confirmation(topicArn));

const firstAt = Date.now();
const names = Object.keys(alarms);
const deliveries: Promise<number>[] = [];
for (let index = 0; index < count; index++) {
  await delay(Math.max(0, firstAt + (index * overMs) / count - Date.now()));
  const name = names[index % names.length] ?? '';
  const message = await sns.notification(topicArn, alarmMessage(name), `ALARM: "${name}"`);
  deliveries.push(sns.post(webhook, message));
  if (index % repeatEvery === 0) void sns.post(webhook, message);
}
const statuses = await Promise.all(deliveries);
const sentMs = Date.now() - firstAt;

const { rows, ...botFigures } = await asked<{ rows: StormRow[]; rssMb: number; eventLoopMaxMs: number }>(bot);
const { calls } = await asked<{ calls: SlackCall[] }>(slack);
const { calls: awsCalls } = await asked<{ calls: { at: string; operation: string; error?: string }[] }>(aws);
for (const child of [aws, slack]) child.disconnect();
hosts.close();

interface SlackCall {
  method: string;
  channel: string;
  at: number;
  answer: string;
}

const accepted = calls.filter(({ answer }) => answer === 'ok');
const posts = accepted.filter(({ method }) => method === 'chat.postMessage');
const updates = accepted.filter(({ method }) => method === 'chat.update');
const lookups = awsCalls.filter(({ operation }) => operation === 'cloudtrail:LookupEvents');
const channels = [...new Set(posts.map(post => post.channel))];
const occurrences = rows.reduce((sum, row) => sum + row.occurrences, 0);
const distinct = new Set(rows.map(row => row.apiId)).size;
const result = {
  sent: count,
  accepted: statuses.filter(status => status === 200).length,
  investigations: rows.length,
  lost: Math.max(0, count - occurrences),
  doubled: rows.length - distinct + Math.max(0, occurrences - count),
  maxPostsPerSecondPerChannel: Math.max(
    ...channels.map(id =>
      most(
        posts.filter(post => post.channel === id).map(({ at }) => at),
        1_000,
      ),
    ),
  ),
  maxUpdatesPerMinute: most(
    updates.map(({ at }) => at),
    60_000,
  ),
  maxLookupEventsPerSecond: most(
    lookups.map(({ at }) => Date.parse(at)),
    1_000,
  ),
  lastCardMs: Math.max(...[...posts, ...updates].map(({ at }) => at)) - firstAt,
  sentMs,
  causeFound: rows.filter(
    ({ status, cause }) => status === 'cause_found' && cause === 'lambda-invoke-permission-missing',
  ).length,
  gaps: tallied(rows.flatMap(({ gaps }) => gaps)),
  posts: posts.length,
  updates: updates.length,
  slackRefusals: calls.filter(({ method, answer }) => method.startsWith('chat.') && answer !== 'ok').length,
  awsCalls: awsCalls.length,
  awsErrors: tallied(
    awsCalls.flatMap(({ operation, error }) => (error === undefined ? [] : [`${operation} ${error}`])),
  ),
  ...botFigures,
  loadBefore: load[0],
};
show(
  result,
  Object.entries(result).map(([figure, value]) => ({ figure, value })),
);

/** The most within any window of this length. */
function most(times: readonly number[], windowMs: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  let from = 0;
  let found = 0;
  sorted.forEach((at, index) => {
    while (at - (sorted[from] ?? at) >= windowMs) from++;
    found = Math.max(found, index - from + 1);
  });
  return found;
}

function tallied(items: readonly string[]): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(items, item => item)].map(([item, all]) => [item, all.length]));
}

function alarmMessage(name: string): string {
  const alarm = alarms[name];
  if (alarm === undefined) throw new Error(`There is no alarm ${name}.`);
  const at = clock();
  const arn = `arn:aws:cloudwatch:${region}:${accountId}:alarm:${name}`;
  const datapoint = { at: at.getTime() - 60_000, value: 36 };
  return alarmNotification({ name, alarm, arn, topicArn, state: 'ALARM', oldState: 'OK', at, datapoint }).message;
}

function started(script: string, args: string[]): ChildProcess {
  const child = fork(new URL(`./${script}`, import.meta.url), args);
  children.push(child);
  return child;
}

async function told<T>(child: ChildProcess): Promise<T> {
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`A process ended with code ${code}.`)));
  ended.catch(() => undefined);
  const [message] = await Promise.race([once(child, 'message'), ended]);
  return message as T;
}

function asked<T>(child: ChildProcess): Promise<T> {
  const answer = told<T>(child);
  child.send({});
  return answer;
}
