/**
 * `npm run bench:diagnosis [-- --json]`: how long one diagnosis takes when every AWS answer takes 100 ms.
 *
 * A REST API behind one Lambda function, from its id and stage, one page a list. The embedded AWS runs in a process of
 * its own. One run beforehand loads the SDK's modules and opens its connections, as in a bot that is running; nothing
 * else is kept from run to run, and between runs the shared quotas (one LookupEvents a second) are given time to refill.
 * The critical path is the injected latency times the longest chain of the call plan in docs/architecture.md, not derived
 * from the run. `sequentialMs` is what the same calls take one after the other. Three runs: the median is reported, the
 * worst beside it.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { openAws, openDiagnosis } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { parseRequest } from '../../src/diagnosis/request.ts';
import type { Report } from '../../src/diagnosis/types.ts';
import type { RecordedCall } from '../../src/sandbox/aws/server.ts';
import { createLog } from '../../src/telemetry.ts';
import { medianAndWorst, show } from './report.ts';

const latencyMs = 100;
/** Longest chain of the call plan in docs/architecture.md. */
const plannedWaves = 3;
const scenario = 'lambda-permission-removed';
const runs = 3;
const refillMs = 3_000;

interface Measurement {
  wallMs: number;
  /** The same calls one after the other. */
  sequentialMs: number;
  awsCalls: number;
  depth: number;
}

const clock = () => new Date();

async function measure(aws: ChildProcess): Promise<Measurement> {
  await delay(refillMs);
  // A service of its own: change events are shared between the runs of one.
  const { service } = await openDiagnosis(config, { access, clock, log: createLog('error') });
  const before = (await callsOf(aws)).length;
  const parsed = parseRequest(['a1b2c3d4e5', 'prod'], clock());
  if ('problem' in parsed) throw new Error(parsed.problem);
  const started = performance.now();
  const location = await service.locate(parsed.request);
  if (location.kind !== 'found') throw new Error(`The API was not found: ${JSON.stringify(location)}`);
  const trigger = { kind: 'cli', by: null, at: clock().toISOString(), request: parsed.request } as const;
  const { report } = await service.diagnose(trigger, location);
  const wallMs = performance.now() - started;
  expectCause(report);
  const calls = (await callsOf(aws)).slice(before).filter(call => call.operation !== 'health:feed');
  const sequentialMs = calls.reduce((all, call) => all + call.durationMs, 0);
  return { wallMs, sequentialMs, awsCalls: calls.length, depth: report.stats.depth };
}

/** A fast wrong answer is no result. */
function expectCause({ verdict }: Report): void {
  const [first] = verdict.causes;
  if (first?.id !== 'lambda-invoke-permission-missing') throw new Error(`The diagnosis named ${first?.id}.`);
}

async function callsOf(aws: ChildProcess): Promise<RecordedCall[]> {
  aws.send({ calls: scenario });
  const [{ calls }] = (await once(aws, 'message')) as [{ calls: RecordedCall[] }];
  return calls;
}

const aws = fork(new URL('./aws-process.ts', import.meta.url), [String(latencyMs)]);
const [{ url }] = (await once(aws, 'message')) as [{ url: string }];
const endpoint = `${url}/aws/${scenario}`;
const region = 'eu-west-1';
const credentials = { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' };
const access = await openAws({ region, endpoint, credentials, clock });
const config = { ...readConfig('command'), awsRegion: region, healthFeedUrl: `${endpoint}/health-feed` };
await measure(aws);
const measured: Measurement[] = [];
for (let run = 0; run < runs; run++) measured.push(await measure(aws));
access.close();
aws.disconnect();

const { median, worst } = medianAndWorst(measured);
const criticalPathMs = latencyMs * plannedWaves;
const rounded = (value: number) => Math.round(value * 100) / 100;
const result = {
  criticalPathMs,
  wallMs: Math.round(median.wallMs),
  ratio: rounded(median.wallMs / criticalPathMs),
  sequentialMs: Math.round(median.sequentialMs),
  speedup: rounded(median.sequentialMs / median.wallMs),
  awsCalls: median.awsCalls,
  depth: median.depth,
  worstWallMs: Math.round(worst.wallMs),
};
show(
  result,
  Object.entries(result).map(([figure, value]) => ({ figure, value })),
);
