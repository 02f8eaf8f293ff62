/** The use cases: what a surface may do with an investigation. Each stores the wish and returns; the worker does the rest. */
import type { Candidate, DiagnosisRequest, DiagnosisService, Location, Trigger } from '../diagnosis/types.ts';
import type { Log } from '../telemetry.ts';
import type { Database } from './database.ts';
import { createInbox } from './inbox.ts';
import { createLedger } from './ledger.ts';
import { findingOf, isOpen, pressed, resolve, runAgain, waits } from './record.ts';
import { sweep } from './retention.ts';
import { createRuns } from './runs.ts';
import { createStore } from './store.ts';
import type { Conversation, InboxItem, Investigation, Investigations, Outlets } from './types.ts';
import { createWorker } from './worker.ts';

export interface InvestigationsDependencies {
  database: Database;
  service: DiagnosisService;
  outlets: Outlets;
  clock: () => Date;
  newId: () => string;
  log: Log;
  retentionDays: number;
}

/** The use cases with the work behind them. */
export interface RunningInvestigations extends Investigations {
  /** Begins to work, first on what a process that died has left behind. */
  start(): Promise<void>;
  /** Takes up nothing more; what does not end within `graceMs` is given back. */
  stop(graceMs: number): Promise<void>;
  /** Resolves when nothing runs and nothing more is due now. */
  idle(): Promise<void>;
  /** Rejects where the store does not answer. */
  ping(): Promise<void>;
}

const runsAtOnce = 10;
const runsPerPerson = 2;
const leaseMs = 60_000;
const pollMs = 5_000;
const sweepMs = 60 * 60_000;
/** After a start, what changed within this time is published again: its last state may not have reached Slack. */
const republishMs = 7 * 24 * 60 * 60_000;
const republishAtMost = 200;

export function createInvestigations(dependencies: InvestigationsDependencies): RunningInvestigations {
  const { database, service, outlets, clock, newId, log, retentionDays } = dependencies;
  const store = createStore(database.db, clock);
  const options = { clock, log, limit: runsAtOnce, leaseMs, pollMs };
  const runs = createRuns({ store, service, publish, clock, log, perPerson: runsPerPerson });
  const runWorker = createWorker(runs, options);
  const inbox = createInbox({ store, service, outlets, clock, newId, log, onOpened });
  const inboxWorker = createWorker(inbox, options);
  let sweeper: NodeJS.Timeout | undefined;

  const now = () => clock().toISOString();

  /** The outlet paces and coalesces; a run does not wait for Slack, and does not fail with it. */
  function publish(investigation: Investigation): void {
    outlets.publish(investigation).catch(error => {
      log.error({ err: error, investigationId: investigation.id }, 'An investigation could not be published.');
    });
  }

  async function onOpened(investigation: Investigation, location: Extract<Location, { kind: 'found' }>): Promise<void> {
    runs.remember(investigation.id, location);
    await due(investigation);
  }

  /** Publishes what is wanted now, and once more where it has to wait for a turn. */
  async function due(investigation: Investigation): Promise<void> {
    publish(investigation);
    await runWorker.nudge();
    const waiting = await store.change(investigation.id, (before, held) => (held ? before : waits(before, now())));
    if (waiting?.waitingSince !== undefined) publish(waiting);
  }

  async function choose(
    inboxId: string,
    index: number,
    by: string,
    conversation: Conversation,
  ): Promise<'ok' | 'gone'> {
    const item = await store.inboxItem(inboxId);
    const candidate = item?.candidates?.[index];
    if (item == null || candidate === undefined || item.conversation.teamId !== conversation.teamId) return 'gone';
    const trigger: Trigger = { kind: 'candidate', by, at: now(), request: requestFor(item, candidate) };
    await submit({ key: `${inboxId}:candidate:${index}`, trigger, conversation });
    return 'ok';
  }

  async function submit(submission: Parameters<Investigations['submit']>[0]) {
    const accepted = await store.accept(submission);
    void inboxWorker.nudge();
    return accepted;
  }

  async function rerun(id: string, by: string): Promise<'started' | 'running' | 'gone'> {
    let result: 'started' | 'running' | 'gone' = 'gone';
    const changed = await store.change(id, before => {
      result = !isOpen(before) ? 'gone' : before.state === 'investigating' ? 'running' : 'started';
      return result === 'started' ? runAgain(before, by, now()) : before;
    });
    return begin(changed, result);
  }

  async function press(id: string, check: string, by: string): Promise<'started' | 'running' | 'gone'> {
    let result: 'started' | 'running' | 'gone' = 'gone';
    const changed = await store.change(id, before => {
      // A whole run brings every check anew, so the check alone is not run, and its row does not say so.
      if (before.state === 'investigating') result = 'running';
      else if (!isOpen(before) || findingOf(before.record, check) === null) result = 'gone';
      else result = before.presses[check]?.state === 'running' ? 'running' : 'started';
      return result === 'started' ? pressed(before, check, by, now()) : before;
    });
    return begin(changed, result);
  }

  async function begin<R extends string>(changed: Investigation | null, result: R): Promise<R | 'gone'> {
    if (changed === null) return 'gone';
    if (result === 'started') await due(changed);
    return result;
  }

  async function resolveInvestigation(id: string, by: string): Promise<'ok' | 'gone'> {
    const resolved = await store.change(id, before =>
      before.state === 'resolved' ? before : resolve(before, by, now()),
    );
    if (resolved === null) return 'gone';
    log.info({ investigationId: id, by }, 'An investigation was resolved.');
    publish(resolved);
    return 'ok';
  }

  async function sweepNow(): Promise<void> {
    try {
      await sweep(store, clock(), retentionDays);
    } catch (error) {
      log.error({ err: error }, 'Old investigations could not be removed; it is tried again in an hour.');
    }
  }

  return {
    submit,
    choose,
    rerun,
    press,
    get: store.get,
    listOpen: store.listOpen,
    countOpen: store.countOpen,
    resolve: resolveInvestigation,
    ledger: createLedger(database.db, clock),
    ping: store.ping,
    async start() {
      if (database.exclusive) await store.releaseAll();
      await sweepNow();
      const since = new Date(clock().getTime() - republishMs).toISOString();
      for (const investigation of await store.changedSince(since, republishAtMost)) publish(investigation);
      sweeper = setInterval(sweepNow, sweepMs);
      inboxWorker.start();
      runWorker.start();
    },
    async stop(graceMs) {
      clearInterval(sweeper);
      await Promise.all([inboxWorker.stop(graceMs), runWorker.stop(graceMs)]);
    },
    async idle() {
      await inboxWorker.idle();
      await runWorker.idle();
    },
  };
}

/** The chosen API in place of what was typed; the stage only where it is one of its own. */
function requestFor(item: InboxItem, candidate: Candidate): DiagnosisRequest {
  const { alternatives: _, ...request } = item.trigger.request;
  const [only, ...others] = candidate.stages;
  const asked = request.stage !== null && candidate.stages.includes(request.stage) ? request.stage : null;
  return {
    ...request,
    target: candidate.apiId,
    stage: asked ?? (others.length === 0 ? (only ?? null) : null),
    region: candidate.region,
    accountId: candidate.accountId,
  };
}
