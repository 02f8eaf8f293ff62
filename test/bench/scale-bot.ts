/**
 * The bot's side of bench:scale in a process of its own, so that its memory is its own: diagnoses one large API and
 * tells its figures. Arguments: the endpoint of the fake AWS, and how often to run.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { openAws, openDiagnosis } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { parseRequest } from '../../src/diagnosis/request.ts';
import { createLog } from '../../src/telemetry.ts';
import { largeApiId } from './large-world.ts';

export interface ScaleRun {
  wallMs: number;
  awsCalls: number;
  eventLoopMaxMs: number;
  /** The largest that the process has been. */
  rssMb: number;
}

const [endpoint = '', runs = '1'] = process.argv.slice(2);
/** Between runs the shared quotas refill. */
const refillMs = 4_500;
const clock = () => new Date();
const region = 'eu-west-1';
const credentials = { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' };
const access = await openAws({ region, endpoint, credentials, clock });
const config = { ...readConfig('command'), awsRegion: region, healthFeedUrl: `${endpoint}/health-feed` };

async function measure(): Promise<ScaleRun> {
  await delay(refillMs);
  // A service of its own: change events are shared between the runs of one.
  const { service } = await openDiagnosis(config, { access, clock, log: createLog('error') });
  const parsed = parseRequest([largeApiId, 'prod'], clock());
  if ('problem' in parsed) throw new Error(parsed.problem);
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  const started = performance.now();
  const location = await service.locate(parsed.request);
  if (location.kind !== 'found') throw new Error(`The API was not found: ${JSON.stringify(location)}`);
  const trigger = { kind: 'cli', by: null, at: clock().toISOString(), request: parsed.request } as const;
  const { report } = await service.diagnose(trigger, location);
  const wallMs = Math.round(performance.now() - started);
  loop.disable();
  const [first] = report.verdict.causes;
  if (first?.id !== 'lambda-malformed-response') throw new Error(`The diagnosis named ${first?.id}.`);
  return {
    wallMs,
    awsCalls: report.stats.awsCalls.total,
    eventLoopMaxMs: Math.round(loop.max / 1e6),
    rssMb: Math.round(process.resourceUsage().maxRSS / 1024),
  };
}

await measure();
const measured: ScaleRun[] = [];
for (let run = 0; run < Number(runs); run += 1) measured.push(await measure());
access.close();
process.send?.(measured);
process.disconnect?.();
