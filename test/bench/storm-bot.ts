/**
 * The bot of bench:storm in a process of its own: the app as `serve` runs it. Told `{ settings, endpoint, snsUrl }`, it
 * starts; told again, it answers with its investigations once nothing is under way any more.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createApp } from '../../src/app.ts';
import { type Environment, parseConfig } from '../../src/config.ts';
import { createLog } from '../../src/telemetry.ts';

export interface StormBotOptions {
  settings: Environment;
  /** Of the fake AWS. */
  endpoint: string;
  /** Answers for the hosts of SNS: the address that is asked for comes behind it. */
  snsUrl: string;
  teamId: string;
}

/** An investigation, as the figures need it. */
export interface StormRow {
  apiId: string;
  occurrences: number;
  status: string;
  cause: string | null;
  /** Why something could not be read, and where. */
  gaps: string[];
}

const [{ settings, endpoint, snsUrl, teamId }] = (await next()) as [StormBotOptions];
const dataDir = mkdtempSync(join(tmpdir(), 'apigw-500-bench-'));
process.on('exit', () => rmSync(dataDir, { recursive: true, force: true }));
const config = parseConfig({ ...settings, DATA_DIR: dataDir, HEALTH_FEED_URL: `${endpoint}/health-feed` }, 'serve');
const app = await createApp(config, {
  endpoint,
  credentials: { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' },
  log: createLog('error'),
  host: '127.0.0.1',
  fetch: (input, init) => {
    const asked = new URL(input instanceof Request ? input.url : input);
    if (!/^sns\./.test(asked.hostname)) return fetch(input, init);
    return fetch(`${snsUrl}${encodeURIComponent(asked.href)}`);
  },
});
const loop = monitorEventLoopDelay({ resolution: 10 });
loop.enable();
process.send?.(await app.start());
await next();
await app.idle();
const open = await app.investigations.listOpen({ teamId });
const closed = await app.investigations.listClosed(teamId, 1_000);
const rows = [...open, ...closed].map(({ target, occurrenceCount, record }): StormRow => {
  const verdict = record?.report.verdict;
  const [first] = verdict?.causes ?? [];
  return {
    apiId: target.apiId,
    occurrences: occurrenceCount,
    status: verdict?.status ?? 'none',
    cause: first?.id ?? null,
    gaps: verdict?.gaps.map(({ source, reason }) => `${source} ${reason}`) ?? [],
  };
});
loop.disable();
const rssMb = Math.round(process.resourceUsage().maxRSS / 1024);
process.send?.({ rows, rssMb, eventLoopMaxMs: Math.round(loop.max / 1e6) });
await app.stop();
process.disconnect?.();

function next(): Promise<unknown[]> {
  return new Promise(resolve => process.once('message', message => resolve([message])));
}
