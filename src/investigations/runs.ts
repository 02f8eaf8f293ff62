/**
 * What the worker does with an investigation that is due: the whole playbook, then the checks that were pressed; and what
 * its schedule asks for (schedule.ts): watch, recheck, reminders.
 */
import type { DiagnosisRecord, DiagnosisService, Finding, Location } from '../diagnosis/types.ts';
import type { Log } from '../telemetry.ts';
import { calmed } from './alarms.ts';
import type { NewAudit } from './audit.ts';
import { inTime, whyFailed } from './deadline.ts';
import { fellBack, reminded } from './handoffs.ts';
import { maxCutOffs } from './inbox.ts';
import { type Claimed, LeaseLostError, type Leases } from './leases.ts';
import { checksStarted, exactRequest, gotOn, pendingChecks, pressEnded, runEnded, runStarted } from './record.ts';
import {
  closedQuiet,
  itself,
  keepingCause,
  observed,
  openOffer,
  rechecked,
  scheduled,
  type Task,
  taskOf,
} from './schedule.ts';
import type { Store } from './store.ts';
import type { Investigation } from './types.ts';
import { createWaiting, type Wait } from './waiting.ts';
import type { Queue } from './worker.ts';

export type Found = Extract<Location, { kind: 'found' }>;

export interface RunDependencies {
  store: Store;
  leases: Leases;
  service: DiagnosisService;
  /** Something was written that Slack has to show. */
  publish(): void;
  clock: () => Date;
  log: Log;
  /** How many runs one person may have under way. */
  perPerson: number;
}

export interface Runs extends Queue {
  /** Where an investigation's target was just found, so that its run need not look again. */
  remember(id: string, location: Found): void;
}

/** A record is large, and Slack shows progress every three seconds at most. */
const progressEveryMs = 300;
/** A window that was laid this long ago is laid anew. */
const locationMaxAgeMs = 15_000;

export function createRuns({ store, leases, service, publish, clock, log, perPerson }: RunDependencies): Runs {
  const located = new Map<string, { location: Found; at: number }>();
  const now = () => clock().toISOString();

  /** Works off everything that is wanted of one investigation, also what is asked for while it works. */
  async function work(claimed: Claimed<Investigation>, holder: string): Promise<void> {
    const { id } = claimed.value;
    const about = log.child({ investigationId: id });
    try {
      let current: Investigation | null = claimed.value;
      for (let task = taskOf(current, now()); current !== null && task !== null; ) {
        if (claimed.cutOff >= maxCutOffs && task === 'run') current = await giveUp(current, holder, claimed.cutOff);
        else current = await perform(task, current, holder, about);
        task = current === null ? null : taskOf(current, now());
      }
      located.delete(id);
      await leases.release('investigations', [holder], true);
    } catch (error) {
      if (!(error instanceof LeaseLostError)) throw error;
      about.warn({ err: error }, 'A run was dropped: somebody else has taken it over.');
    }
  }

  async function perform(task: Task, due: Investigation, holder: string, about: Log): Promise<Investigation | null> {
    switch (task) {
      case 'run':
        return due.state === 'investigating' ? runAll(due, holder, about) : runChecks(due, holder, about);
      case 'observe':
        return watch(due, holder, about);
      case 'recheck':
        return recheck(due, holder, about);
      case 'remind':
        return save(
          due.id,
          holder,
          before => reminded(before, now()),
          () => timed('handoff_reminded', due),
        );
      case 'fall_back':
        return save(
          due.id,
          holder,
          before => fellBack(before, now()),
          () => timed('handoff_fell_back', due),
        );
    }
  }

  async function watch(due: Investigation, holder: string, about: Log): Promise<Investigation | null> {
    const { record } = due;
    const seen =
      record === null ? null : await tried(() => service.observe(record), about, 'A watched API could not be read.');
    return save(due.id, holder, before => observed(before, seen, now()), recovery);
  }

  async function recheck(due: Investigation, holder: string, about: Log): Promise<Investigation | null> {
    const { record } = due;
    const seen =
      record === null ? null : await tried(() => service.recheck(record), about, 'Late changes could not be read.');
    return save(due.id, holder, before => {
      // What was found meanwhile by a run is newer than what was read here.
      const current = before.record?.report.generatedAt === record?.report.generatedAt;
      return rechecked(before, current ? seen : null, now());
    });
  }

  /** null: it failed, and the log has it; the schedule goes on. */
  async function tried<T>(work: () => Promise<T>, about: Log, words: string): Promise<T | null> {
    try {
      return await inTime(work());
    } catch (error) {
      about.warn({ err: error }, words);
      return null;
    }
  }

  async function giveUp(due: Investigation, holder: string, times: number): Promise<Investigation | null> {
    const failure = `The diagnosis was begun ${times} times and cut off each time; the log of this program has the details. Run it again when the program runs steadily.`;
    return save(due.id, holder, before => runEnded(before, before.trigger, { failure }, now()));
  }

  async function runAll(due: Investigation, holder: string, about: Log): Promise<Investigation | null> {
    const begun = await save(due.id, holder, before => runStarted(before, now()));
    if (begun === null) return null;
    const outcome = await diagnose(begun, holder, about);
    return save(
      due.id,
      holder,
      before => {
        const ended = keepingCause(before, runEnded(before, begun.trigger, outcome, now()), now());
        return closedQuiet(before, calmed(scheduled(ended, now()), now()), now());
      },
      (after, before) => recovery(after, before) ?? closing(after, before),
    );
  }

  async function diagnose(begun: Investigation, holder: string, about: Log): Promise<Outcome> {
    const progress = progressOf(begun.id, holder, about);
    try {
      const outcome = await inTime(locateAndDiagnose(begun, progress.add, progress.waits));
      about.info(
        { status: 'record' in outcome ? outcome.record.report.verdict.status : 'not_located' },
        'A run ended.',
      );
      return outcome;
    } catch (error) {
      about.error({ err: error }, 'A run failed.');
      const next = begun.record === null ? 'Run it again.' : 'Run it again, or check the steps one by one.';
      return { failure: `${whyFailed('The diagnosis', error)} ${next}` };
    } finally {
      await progress.written();
    }
  }

  async function locateAndDiagnose(
    begun: Investigation,
    onFinding: (finding: Finding) => void,
    onWait: (wait: Wait) => void,
  ): Promise<Outcome> {
    const location = recall(begun.id) ?? (await service.locate(exactRequest(begun)));
    if (location.kind !== 'found') return { failure: notFoundAnyMore(begun, location) };
    return { record: await service.diagnose(begun.trigger, location, onFinding, { onWait }) };
  }

  /** Stores and publishes findings as they come: the first at once, those that arrive meanwhile together in the next. */
  function progressOf(id: string, holder: string, about: Log) {
    /** By id: what the wider window brings anew takes the place of what was found before. */
    const found = new Map<string, Finding>();
    const waiting = createWaiting(clock);
    let arrived = 0;
    // A run that was given up goes on unseen, and what it still finds belongs to nobody.
    let closed = false;
    let writing: Promise<void> | null = null;
    let endPause = () => {};

    async function pause(): Promise<void> {
      const over = Promise.withResolvers<void>();
      endPause = over.resolve;
      const timer = setTimeout(over.resolve, progressEveryMs);
      await over.promise;
      clearTimeout(timer);
    }

    async function write(): Promise<void> {
      try {
        for (let stored = 0; stored < arrived; ) {
          stored = arrived;
          const progress = [...found.values()];
          await save(id, holder, before => gotOn(before, progress, waiting.current(), now()));
          if (!closed) await pause();
          // The end of the run writes all of them.
          if (closed) return;
        }
      } catch (error) {
        // The end of the run is written too, and fails for the same reason where it still holds.
        about.warn({ err: error }, 'The progress of a run could not be stored.');
      } finally {
        writing = null;
      }
    }

    function changed(): void {
      arrived += 1;
      writing ??= Promise.resolve().then(write);
    }

    return {
      add(finding: Finding): void {
        if (closed) return;
        found.set(finding.id, finding);
        changed();
      },
      waits(wait: Wait): void {
        if (closed) return;
        waiting.note(wait);
        changed();
      },
      async written(): Promise<void> {
        closed = true;
        endPause();
        await writing;
      },
    };
  }

  async function runChecks(due: Investigation, holder: string, about: Log): Promise<Investigation | null> {
    let current = await save(due.id, holder, before => checksStarted(before, now()));
    for (const check of pendingChecks(due)) {
      if (current === null) return null;
      const record = current.record === null ? null : await rerun(current.record, check, about);
      current = await save(due.id, holder, before => pressEnded(before, check, record, now()));
    }
    return current;
  }

  /** null: it could not be run; why is in the log. */
  async function rerun(record: DiagnosisRecord, check: string, about: Log): Promise<DiagnosisRecord | null> {
    try {
      return await inTime(service.rerun(record, check));
    } catch (error) {
      about.error({ err: error, check }, 'A check could not be run again.');
      return null;
    }
  }

  async function save(
    id: string,
    holder: string,
    update: (before: Investigation) => Investigation,
    audit: (after: Investigation, before: Investigation) => NewAudit | null = () => null,
  ): Promise<Investigation | null> {
    const saved = await store.change(id, update, { holder, audit });
    if (saved !== null) publish();
    return saved;
  }

  function recall(id: string): Found | null {
    const known = located.get(id);
    located.delete(id);
    return known !== undefined && clock().getTime() - known.at <= locationMaxAgeMs ? known.location : null;
  }

  return {
    name: 'runs',
    remember(id, location) {
      const at = clock().getTime();
      // Another replica may have taken the run.
      for (const [old, known] of located) if (at - known.at > locationMaxAgeMs) located.delete(old);
      located.set(id, { location, at });
    },
    async claim(lease) {
      const claimed = await store.claimDue(lease, perPerson);
      return claimed === null ? null : () => work(claimed, lease.holder);
    },
    renew: (holders, until) => leases.renew('investigations', holders, until),
    release: holders => leases.release('investigations', holders, false),
  };
}

/** Where a run or the watch has ended it. */
function recovery({ recovered, state }: Investigation, before: Investigation): NewAudit | null {
  if (state !== 'recovered' || before.state === 'recovered') return null;
  return recovered?.by === 'alarm'
    ? { who: 'alarm', action: 'recovered', via: 'timer', detail: 'Its alarms had recovered while it ran.' }
    : { who: itself, action: 'recovered', via: 'timer', detail: 'The metrics show no errors any more.' };
}

function closing({ state, resolved }: Investigation, before: Investigation): NewAudit | null {
  if (state !== 'resolved' || before.state === 'resolved' || resolved?.by !== itself) return null;
  return { who: itself, action: 'resolved', via: 'timer', detail: 'There was no error to investigate.' };
}

function timed(action: 'handoff_reminded' | 'handoff_fell_back', due: Investigation): NewAudit {
  const to = openOffer(due)?.to.id ?? '';
  const detail =
    action === 'handoff_reminded' ? `${to} was reminded of the handoff.` : `${to} did not answer the handoff.`;
  return { who: itself, action, via: 'timer', detail };
}

type Outcome = Parameters<typeof runEnded>[2];

function notFoundAnyMore({ target }: Investigation, location: Exclude<Location, Found>): string {
  if (location.kind === 'unreadable') return `${location.message} ${location.remedy}`;
  return `The API ${target.apiName} (${target.apiId}) with the stage ${target.stage} was not found in ${target.region} any more. If it was deleted, resolve this investigation; if it has a new id, ask for that.`;
}
