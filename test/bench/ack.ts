/**
 * `npm run bench:ack [-- --json] [--seconds 60] [--runs 3]`: how soon the bot acknowledges commands under load.
 *
 * Twenty commands a second: half of them `help` and `status`, half diagnoses of the same 50 APIs, typed by 20 people in
 * 10 channels. The bot runs alone in its process, as it is installed (`bin` and `dist`), with SQLite and half of the AWS
 * quotas; the strict workspace that types and the embedded AWS, each answer after 100 ms, run in two others. Latency is
 * taken at the sender, from sending a signed command to the HTTP 200. The event loop's delay is measured inside the
 * bot's process, in steps of 1 ms. A new bot with an empty store for each run; the run with the median p99 is reported,
 * the worst beside it.
 */
import { parseArgs } from 'node:util';
import { install } from './bot.ts';
import { apiIds } from './many-apis.ts';
import { show } from './report.ts';
import { openStage } from './stage.ts';

const perSecond = 20;
const apis = 50;
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    runs: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
  },
});
const [seconds, runs] = [Number(values.seconds), Number(values.runs)];

function commands(): string[] {
  const targets = apiIds(apis);
  return Array.from({ length: seconds * perSecond }, (_, index) => {
    const pair = Math.floor(index / 2);
    if (index % 2 === 1) return `${targets[pair % apis]} prod`;
    return pair % 2 === 0 ? 'help' : 'status';
  });
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

const rounded = (ms: number) => Math.round(ms * 10) / 10;
const installed = install();

async function measure() {
  const stage = await openStage({ latencyMs: 100, accounts: 1, apis, quotaShare: 0.5 }, installed);
  await stage.bot.meter('begin');
  const { ms, failed } = await stage.type({ perSecond, commands: commands() });
  const { eventLoopP999Ms, eventLoopMaxMs, rssMb } = await stage.bot.meter();
  const diagnosed = await stage.bot.counted('apigw500_diagnoses_total');
  await stage.end();
  if (failed.length > 0)
    throw new Error(`${failed.length} commands were not taken: ${[...new Set(failed)].join(', ')}`);
  const sorted = ms.toSorted((a, b) => a - b);
  return {
    count: sorted.length,
    failed: failed.length,
    p50Ms: rounded(percentile(sorted, 0.5)),
    p99Ms: rounded(percentile(sorted, 0.99)),
    maxMs: rounded(sorted.at(-1) ?? Number.NaN),
    eventLoopP999Ms,
    eventLoopMaxMs,
    diagnosed,
    rssMb,
  };
}

const measured = [];
try {
  for (let run = 0; run < runs; run += 1) measured.push(await measure());
} finally {
  installed.remove();
}
const sorted = measured.toSorted((a, b) => a.p99Ms - b.p99Ms);
const [median, worst] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted.at(-1)];
const result = { ...median, worst };
show(result, [
  { run: 'median', ...median },
  { run: 'worst', ...worst },
]);
