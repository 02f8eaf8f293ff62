/**
 * `npm run bench:scale [-- --json]`: how time and memory of one diagnosis grow with the API, from 100 routes to 1,000.
 *
 * One route in ten fails, and each failing request leaves three lines in the execution log (test/bench/large-world.ts).
 * Every AWS answer takes 100 ms; the bot keeps to its half of the AWS quotas, and has all of it when a run starts. The
 * embedded AWS and the bot run in processes of their own, new ones for each size, so that `rssMb` is the most that the
 * bot has needed for that size: the largest resident set of its process, over all its runs. One run beforehand loads
 * the SDK's modules. Three runs: the median is reported, the worst beside it.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { logEventsOf } from './large-world.ts';
import { medianAndWorst, show } from './report.ts';
import type { ScaleRun } from './scale-bot.ts';

const latencyMs = 100;
const runs = 3;
const sizes = [100, 300, 1_000];

async function measure(routes: number) {
  const aws = fork(new URL('./aws-process.ts', import.meta.url), [String(latencyMs), String(routes)]);
  const [{ url }] = (await once(aws, 'message')) as [{ url: string }];
  const bot = fork(new URL('./scale-bot.ts', import.meta.url), [`${url}/aws/routes-${routes}`, String(runs)]);
  const ended = once(bot, 'exit');
  const [measured] = (await Promise.race([
    once(bot, 'message'),
    ended.then(([code]) => Promise.reject(new Error(`The bot ended with code ${code} before it told its figures.`))),
  ])) as [ScaleRun[]];
  aws.disconnect();
  const { median, worst } = medianAndWorst(measured);
  return {
    routes,
    logEvents: logEventsOf(routes),
    wallMs: median.wallMs,
    rssMb: Math.max(...measured.map(one => one.rssMb)),
    awsCalls: median.awsCalls,
    worstWallMs: worst.wallMs,
    eventLoopMaxMs: Math.max(...measured.map(one => one.eventLoopMaxMs)),
  };
}

const rows = [];
for (const routes of sizes) rows.push(await measure(routes));
show({ rows }, rows);
