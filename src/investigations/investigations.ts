/** The use cases: what a surface may do with an investigation. Each stores the wish and returns; the worker does the rest. */
import type { Candidate, DiagnosisRequest, DiagnosisService, Location, Trigger } from '../diagnosis/types.ts';
import type { Log } from '../telemetry.ts';
import { createAudit, type NewAudit } from './audit.ts';
import type { Database } from './database.ts';
import { createHomes } from './homes.ts';
import { type AlarmRouting, createInbox } from './inbox.ts';
import { createInboxStore } from './inbox-store.ts';
import { createLeases } from './leases.ts';
import { createLedger } from './ledger.ts';
import { createOutbox } from './outbox.ts';
import { createOutboxStore } from './outbox-store.ts';
import { createPeople } from './people.ts';
import { findingOf, isOpen, pressed, resolve, runAgain, waits } from './record.ts';
import { createReopen } from './reopen.ts';
import { sweep } from './retention.ts';
import { createRuns } from './runs.ts';
import { createStore, type OnAudit } from './store.ts';
import type { Conversation, InboxItem, Investigation, Investigations, Outlets } from './types.ts';
import { createWorker } from './worker.ts';

export interface InvestigationsDependencies {
  database: Database;
  service: DiagnosisService;
  outlets: Outlets;
  alarms: AlarmRouting;
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
  /**
   * After the last was published: another process may publish from now on. `sent` false: a message may still be on its
   * way, which nobody would find yet; the other process waits until the lease has ended.
   */
  handOver(sent?: boolean): Promise<void>;
  /** False where another process publishes: nothing may be sent to a channel then. */
  mayPublish(): boolean;
  /** Resolves when nothing runs and nothing more is due now. */
  idle(): Promise<void>;
  /** Rejects where the store does not answer, or takes no writes. */
  ping(): Promise<void>;
  /** Since when the longest waiting work waits for a turn, ISO 8601; null: nothing waits. */
  waitingSince(): Promise<string | null>;
}

const runsAtOnce = 10;
const runsPerPerson = 2;
const leaseMs = 30_000;
const pollMs = 5_000;
const sweepMs = 60 * 60_000;

export function createInvestigations(dependencies: InvestigationsDependencies): RunningInvestigations {
  const { database, service, outlets, alarms, clock, newId, log, retentionDays } = dependencies;
  const { db } = database;
  const onAudit: OnAudit = ({ who, action, via, detail }, { id }) =>
    log.info({ investigationId: id, who, action, via, detail }, 'Audit.');
  const store = createStore(database, clock, onAudit);
  const leases = createLeases(db, clock);
  const inboxStore = createInboxStore(database, clock, onAudit);
  const audit = createAudit(db, clock);
  const homes = createHomes(db, clock);
  const outbox = createOutbox({
    store,
    outbox: createOutboxStore(db),
    leases,
    outlets,
    viewers: () => homes.viewers(outlets.teamId()),
    clock,
    log,
  });
  const options = { clock, log, limit: runsAtOnce, leaseMs, pollMs };
  const changed = () => outbox.nudge();
  const runs = createRuns({ store, leases, service, publish: changed, clock, log, perPerson: runsPerPerson });
  const runWorker = createWorker(runs, options);
  const people = createPeople({ store, clock, newId, changed });
  const inbox = createInbox({
    inbox: inboxStore,
    store,
    leases,
    service,
    outlets,
    alarms,
    clock,
    newId,
    log,
    onOpened,
    onChanged: due,
  });
  const inboxWorker = createWorker(inbox, options);
  let sweeper: NodeJS.Timeout | undefined;

  const now = () => clock().toISOString();

  async function onOpened(investigation: Investigation, location: Extract<Location, { kind: 'found' }>): Promise<void> {
    runs.remember(investigation.id, location);
    await due(investigation);
  }

  /** Publishes what is wanted now, and once more where it has to wait for a turn. */
  async function due({ id }: Investigation): Promise<void> {
    changed();
    await runWorker.nudge();
    await store.change(id, (before, held) => (held ? before : waits(before, now())));
    changed();
  }

  async function choose(
    inboxId: string,
    index: number,
    by: string,
    conversation: Conversation,
  ): Promise<'ok' | 'gone'> {
    const item = await inboxStore.item(inboxId);
    const candidate = item?.candidates?.[index];
    if (
      item == null ||
      candidate === undefined ||
      item.conversation === null ||
      !isSamePlace(item.conversation, conversation)
    )
      return 'gone';
    const { alarm } = item.trigger;
    const trigger: Trigger = {
      kind: 'candidate',
      by,
      at: now(),
      request: requestFor(item, candidate),
      // So that its recovery finds what was chosen for it.
      ...(alarm === undefined ? {} : { alarm }),
    };
    // What was asked about in a thread is answered there, wherever the buttons stood.
    const threadTs = item.conversation.threadTs ?? conversation.threadTs;
    await submit({ key: `${inboxId}:candidate:${index}`, trigger, conversation: { ...conversation, threadTs } });
    return 'ok';
  }

  async function submit(submission: Parameters<Investigations['submit']>[0]) {
    const accepted = await inboxStore.accept(submission);
    void inboxWorker.nudge();
    return accepted;
  }

  async function rerun(id: string, by: string): Promise<'started' | 'running' | 'gone'> {
    let result: 'started' | 'running' | 'gone' = 'gone';
    const after = await store.change(
      id,
      before => {
        result = !isOpen(before) ? 'gone' : before.state === 'investigating' ? 'running' : 'started';
        return result === 'started' ? runAgain(before, by, now()) : before;
      },
      { audit: () => said(by, 'rerun', '') },
    );
    return begin(after, result);
  }

  async function press(id: string, check: string, by: string): Promise<'started' | 'running' | 'gone'> {
    let result: 'started' | 'running' | 'gone' = 'gone';
    const update = (before: Investigation) => {
      // A whole run brings every check anew, so the check alone is not run, and its row does not say so.
      if (before.state === 'investigating') result = 'running';
      else if (!isOpen(before) || findingOf(before.record, check) === null) result = 'gone';
      else result = before.presses[check]?.state === 'running' ? 'running' : 'started';
      return result === 'started' ? pressed(before, check, by, now()) : before;
    };
    const after = await store.change(id, update, { audit: () => said(by, 'check_pressed', check) });
    return begin(after, result);
  }

  async function begin<R extends string>(after: Investigation | null, result: R): Promise<R | 'gone'> {
    if (after === null) return 'gone';
    if (result === 'started') await due(after);
    return result;
  }

  async function resolveInvestigation(id: string, by: string): Promise<'ok' | 'gone'> {
    const resolved = await store.change(
      id,
      before => (before.state === 'resolved' ? before : resolve(before, by, now())),
      { audit: () => said(by, 'resolved', '') },
    );
    if (resolved === null) return 'gone';
    changed();
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
    ...people,
    submit,
    choose,
    rerun,
    press,
    get: store.get,
    listOpen: store.listOpen,
    countOpen: store.countOpen,
    listClosed: store.listClosed,
    resolve: resolveInvestigation,
    reopen: createReopen({ store, inbox: inboxStore, clock, onReopened: due }),
    audit: audit.of,
    async record(entry) {
      const { investigationId, who, action, via, detail } = entry;
      log.info({ investigationId, who, action, via, detail }, 'Audit.');
      await audit.write(entry);
    },
    homeOpened: homes.opened,
    ledger: createLedger(db, clock),
    ping: leases.tryWrite,
    waitingSince: store.waitingSince,
    mayPublish: outbox.mayPublish,
    async start() {
      if (database.exclusive) await leases.releaseAll();
      await sweepNow();
      sweeper = setInterval(sweepNow, sweepMs);
      await outbox.start();
      inboxWorker.start();
      runWorker.start();
    },
    async stop(graceMs) {
      clearInterval(sweeper);
      await Promise.all([inboxWorker.stop(graceMs), runWorker.stop(graceMs)]);
    },
    handOver: outbox.stop,
    async idle() {
      await inboxWorker.idle();
      await runWorker.idle();
      await outbox.idle();
    },
  };
}

function said(who: string, action: NewAudit['action'], detail: string): NewAudit {
  return { who, action, via: 'slack', detail };
}

/** The buttons of a question are pressed where it was asked. */
function isSamePlace(asked: Conversation, pressed: Conversation): boolean {
  return asked.teamId === pressed.teamId && asked.channelId === pressed.channelId;
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
