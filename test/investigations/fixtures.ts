import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import type {
  Change,
  DiagnosisRecord,
  DiagnosisRequest,
  DiagnosisService,
  Finding,
  Location,
  Observation,
  Trigger,
} from '../../src/diagnosis/types.ts';
import type { Database } from '../../src/investigations/database.ts';
import type { AlarmRouting } from '../../src/investigations/inbox.ts';
import { createInvestigations, type RunningInvestigations } from '../../src/investigations/investigations.ts';
import { openDatabase } from '../../src/investigations/open-database.ts';
import type { Conversation, Investigation, Outlets, Refusal, Storm } from '../../src/investigations/types.ts';
import type { Wait } from '../../src/investigations/waiting.ts';
import { createLog, type Log } from '../../src/telemetry.ts';
import { storeIn } from '../support/stores.ts';
import { finding, found, record, start, submission } from './data.ts';

export const silent = createLog('silent');

export interface Clock {
  (): Date;
  advance(ms: number): void;
}

export function testClock(from: Date = start): Clock {
  let at = from.getTime();
  return Object.assign(() => new Date(at), {
    advance(ms: number) {
      at += ms;
    },
  });
}

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'apigw-500-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Opens the store that belongs to a folder: on PostgreSQL, in `npm run test:postgres`, a database with its name. */
export async function openStore(folder: string, clock: () => Date): Promise<Database> {
  return openDatabase(await storeIn(folder), clock, silent);
}

/** A second process at work on the folder's store, in the middle of a run. */
export async function otherProcess(folder: string) {
  const script = new URL('./crash-child.ts', import.meta.url).pathname;
  const settings = JSON.stringify(await storeIn(folder));
  const child = spawn(process.execPath, [script, settings], { stdio: ['ignore', 'pipe', 'inherit'] });
  async function kill() {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  onTestFinished(kill);
  const said = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
  expect(String(said[0])).toContain('running');
  return { pid: child.pid, kill };
}

export interface ScriptedService extends DiagnosisService {
  located: DiagnosisRequest[];
  diagnosed: Trigger[];
  checked: string[];
  rechecked: DiagnosisRecord[];
  /** Set by tests: what is answered. */
  late: () => Change[];
  observation: () => Observation;
  location: (request: DiagnosisRequest) => Location;
  findings: () => Finding[];
  waits: () => Wait[];
  /** Set to a promise to hold runs and re-runs until it resolves. */
  gate: Promise<unknown>;
}

/** A diagnosis service that answers what the test says, and remembers what it was asked. */
export function scriptedService(): ScriptedService {
  const service: ScriptedService = {
    located: [],
    diagnosed: [],
    checked: [],
    rechecked: [],
    late: () => [],
    observation: () => observation('steady'),
    location: () => found(),
    findings: () => [finding(1), finding(4)],
    waits: () => [],
    gate: Promise.resolve(),
    async locate(asked) {
      service.located.push(asked);
      return service.location(asked);
    },
    alarmTags: async () => ({}),
    async diagnose(trigger, location, onFinding, options) {
      service.diagnosed.push(trigger);
      for (const wait of service.waits()) options?.onWait?.(wait);
      const findings = service.findings();
      for (const one of findings) onFinding?.(one);
      await service.gate;
      return record(`report-${service.diagnosed.length}`, trigger, location.target, findings);
    },
    async rerun(before, check) {
      service.checked.push(check);
      await service.gate;
      const findings = before.findings.map(one =>
        check === `${one.group}:${one.number}` ? { ...one, summary: `Checked again ${service.checked.length}.` } : one,
      );
      return { ...before, findings };
    },
    async recheck(before) {
      service.rechecked.push(before);
      await service.gate;
      return { record: before, late: service.late() };
    },
    async observe() {
      return service.observation();
    },
  };
  return service;
}

export function observation(direction: Observation['direction']): Observation {
  return { at: start.toISOString(), direction, requests: 100, errors: 50, lastErrorAt: null, points: null };
}

export interface RecordingOutlets extends Outlets {
  published: Investigation[];
  refused: { conversation: Conversation; refusal: Refusal }[];
  pointed: { conversation: Conversation; investigation: Investigation }[];
  storms: { storm: Storm; members: readonly Investigation[] }[];
  homes: string[];
}

export function recordingOutlets(): RecordingOutlets {
  const outlets: RecordingOutlets = {
    published: [],
    refused: [],
    pointed: [],
    storms: [],
    homes: [],
    teamId: () => 'T1',
    async publishStorm(storm, members) {
      outlets.storms.push({ storm, members });
    },
    async refreshHomes(users) {
      outlets.homes.push(...users);
    },
    async publish(investigation) {
      outlets.published.push(investigation);
    },
    async refuse(to, refusal) {
      outlets.refused.push({ conversation: to, refusal });
    },
    async joined(to, investigation) {
      outlets.pointed.push({ conversation: to, investigation });
    },
  };
  return outlets;
}

export interface Bench {
  folder: string;
  database: Database;
  clock: Clock;
  service: ScriptedService;
  outlets: RecordingOutlets;
  investigations: RunningInvestigations;
  /** Closes everything, as a stop does. */
  close(): Promise<void>;
}

export interface BenchOptions {
  folder?: string;
  clock?: Clock;
  retentionDays?: number;
  alarms?: Partial<AlarmRouting>;
  log?: Log;
}

/** Investigations on a real store in a folder of its own, with a scripted diagnosis. */
export async function openBench(over: BenchOptions = {}): Promise<Bench> {
  const { folder = temporaryFolder(), clock = testClock(), retentionDays = 90, alarms = {}, log = silent } = over;
  const service = scriptedService();
  const outlets = recordingOutlets();
  const database = await openStore(folder, clock);
  let next = 0;
  const newId = () => `${clock().getTime()}-${++next}`;
  const investigations = createInvestigations({
    database,
    service,
    outlets,
    clock,
    newId,
    log,
    retentionDays,
    alarms: { routes: [], channel: 'C0SBXINC01', ...alarms },
  });
  let closed = false;
  async function close() {
    if (closed) return;
    closed = true;
    await investigations.stop(0);
    await investigations.handOver();
    await database.close();
  }
  onTestFinished(close);
  await investigations.start();
  return { folder, database, clock, service, outlets, investigations, close };
}

/** The one open investigation of the workspace. */
export async function onlyOpen(bench: Bench): Promise<Investigation> {
  const open = await bench.investigations.listOpen({ teamId: 'T1' });
  expect(open).toHaveLength(1);
  return open[0] as Investigation;
}

/** A bench with one investigation that was diagnosed. */
export async function diagnosed() {
  const bench = await openBench();
  await bench.investigations.submit(submission('one'));
  await bench.investigations.idle();
  return { ...bench, id: (await onlyOpen(bench)).id };
}
