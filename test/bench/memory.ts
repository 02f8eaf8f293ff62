/**
 * `npm run bench:memory [-- --json] [--starts 5] [--investigations 2000]`: how fast the bot is ready, and how much
 * memory it holds idle and after many investigations.
 *
 * The bot runs as it is installed (`bin` and `dist`) with SQLite. `readyMs` is the median of some starts, from the start
 * of the process to its line "Ready."; `idleMb` the resident set a while later. Then 2,000 APIs in 20 accounts are asked
 * about, with no delay in the embedded AWS and the whole of its quotas, so that all of it takes minutes; the resident set
 * is read once the first 1,000 have their verdict, and once all have. Nothing collects garbage on purpose.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { install } from './bot.ts';
import { accountIds, apiIds } from './many-apis.ts';
import { show } from './report.ts';
import { openStage, type Stage } from './stage.ts';

const accounts = 20;
/** As fast as the quotas of so many accounts let them end. */
const perSecond = 15;
const settleMs = 5_000;
/** V8 gives back what starting has left over within ten seconds. */
const idleMs = 15_000;
const { values } = parseArgs({
  options: {
    starts: { type: 'string', default: '5' },
    investigations: { type: 'string', default: '2000' },
    json: { type: 'boolean', default: false },
  },
});
const [starts, investigations] = [Number(values.starts), Number(values.investigations)];
const apis = Math.ceil(investigations / accounts);
const options = { latencyMs: 0, accounts, apis, quotaShare: 1 };
const installed = install();

/** Account by account in turn, so that no quota is asked for more than the others. */
const targets = apiIds(apis).flatMap(api => accountIds(accounts).map(account => `${api} prod --account ${account}`));

async function reach({ bot, type }: Stage, count: number, from: number): Promise<number> {
  const { failed } = await type({ perSecond, commands: targets.slice(from, count) });
  if (failed.length > 0)
    throw new Error(`${failed.length} commands were not taken: ${[...new Set(failed)].join(', ')}`);
  while ((await bot.counted('apigw500_diagnoses_total')) < count) await delay(500);
  await delay(settleMs);
  const meter = await bot.meter();
  console.error(count, 'investigations:', JSON.stringify(meter));
  return meter.rssMb;
}

try {
  const readyMs: number[] = [];
  for (let start = 1; start < starts; start += 1) {
    const stage = await openStage({ ...options, apis: 1, accounts: 1 }, installed);
    readyMs.push(stage.bot.readyMs);
    await stage.end();
  }
  const stage = await openStage(options, installed);
  readyMs.push(stage.bot.readyMs);
  await delay(idleMs);
  const { rssMb: idleMb } = await stage.bot.meter();
  const began = performance.now();
  const half = investigations / 2;
  const after1000Mb = await reach(stage, half, 0);
  const after2000Mb = await reach(stage, investigations, half);
  const seconds = Math.round((performance.now() - began) / 1_000);
  await stage.end();
  const sorted = readyMs.toSorted((a, b) => a - b);
  const result = {
    readyMs: sorted[Math.floor((sorted.length - 1) / 2)],
    worstReadyMs: sorted.at(-1),
    idleMb,
    after1000Mb,
    after2000Mb,
    growth: Math.round((after2000Mb / after1000Mb) * 1_000) / 1_000,
    seconds,
  };
  show(
    result,
    Object.entries(result).map(([figure, value]) => ({ figure, value })),
  );
} finally {
  installed.remove();
}
