/** What the worker does with an investigation that is due: the whole playbook, then the checks that were pressed. */
import type { DiagnosisRecord, DiagnosisService, Finding, Location } from '../diagnosis/types.ts';
import type { Log } from '../telemetry.ts';
import { inTime, whyFailed } from './deadline.ts';
import { maxCutOffs } from './inbox.ts';
import { checksStarted, exactRequest, isPending, pendingChecks, pressEnded, runEnded, runStarted } from './record.ts';
import { type Claimed, LeaseLostError, type Store } from './store.ts';
import type { Investigation } from './types.ts';
import type { Queue } from './worker.ts';

export type Found = Extract<Location, { kind: 'found' }>;

export interface RunDependencies {
  store: Store;
  service: DiagnosisService;
  publish(investigation: Investigation): void;
  clock: () => Date;
  log: Log;
  /** How many runs one person may have under way. */
  perPerson: number;
}

export interface Runs extends Queue {
  /** Where an investigation's target was just found, so that its run need not look again. */
  remember(id: string, location: Found): void;
}

/** A window that was laid this long ago is laid anew. */
const locationMaxAgeMs = 15_000;

export function createRuns({ store, service, publish, clock, log, perPerson }: RunDependencies): Runs {
  const located = new Map<string, { location: Found; at: number }>();
  const now = () => clock().toISOString();

  /** Works off everything that is wanted of one investigation, also what is asked for while it works. */
  async function work(claimed: Claimed<Investigation>, holder: string): Promise<void> {
    const { id } = claimed.value;
    const about = log.child({ investigationId: id });
    try {
      let current: Investigation | null = claimed.value;
      while (current !== null && isPending(current)) {
        if (claimed.cutOff >= maxCutOffs) current = await giveUp(current, holder, claimed.cutOff);
        else if (current.state === 'investigating') current = await runAll(current, holder, about);
        else current = await runChecks(current, holder, about);
      }
      located.delete(id);
      await store.release('investigations', [holder], true);
    } catch (error) {
      if (!(error instanceof LeaseLostError)) throw error;
      about.warn({ err: error }, 'A run was dropped: somebody else has taken it over.');
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
    return save(due.id, holder, before => runEnded(before, begun.trigger, outcome, now()));
  }

  async function diagnose(begun: Investigation, holder: string, about: Log): Promise<Outcome> {
    const progress = progressOf(begun.id, holder, about);
    try {
      const outcome = await inTime(locateAndDiagnose(begun, progress.add));
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

  async function locateAndDiagnose(begun: Investigation, onFinding: (finding: Finding) => void): Promise<Outcome> {
    const location = recall(begun.id) ?? (await service.locate(exactRequest(begun)));
    if (location.kind !== 'found') return { failure: notFoundAnyMore(begun, location) };
    return { record: await service.diagnose(begun.trigger, location, onFinding) };
  }

  /** Stores and publishes findings as they come, the ones that arrive during a write together in the next. */
  function progressOf(id: string, holder: string, about: Log) {
    /** By id: what the wider window brings anew takes the place of what was found before. */
    const found = new Map<string, Finding>();
    let arrived = 0;
    // A run that was given up goes on unseen, and what it still finds belongs to nobody.
    let closed = false;
    let writing: Promise<void> | null = null;

    async function write(): Promise<void> {
      try {
        for (let stored = 0; stored < arrived; ) {
          stored = arrived;
          const progress = [...found.values()];
          await save(id, holder, before => ({ ...before, progress, updatedAt: now() }));
        }
      } catch (error) {
        // The end of the run is written too, and fails for the same reason where it still holds.
        about.warn({ err: error }, 'The progress of a run could not be stored.');
      } finally {
        writing = null;
      }
    }

    return {
      add(finding: Finding): void {
        if (closed) return;
        found.set(finding.id, finding);
        arrived += 1;
        writing ??= Promise.resolve().then(write);
      },
      async written(): Promise<void> {
        closed = true;
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
  ): Promise<Investigation | null> {
    const saved = await store.change(id, update, holder);
    if (saved !== null) publish(saved);
    return saved;
  }

  function recall(id: string): Found | null {
    const known = located.get(id);
    located.delete(id);
    return known !== undefined && clock().getTime() - known.at <= locationMaxAgeMs ? known.location : null;
  }

  return {
    name: 'runs',
    remember: (id, location) => located.set(id, { location, at: clock().getTime() }),
    async claim(lease) {
      const claimed = await store.claimDue(lease, perPerson);
      return claimed === null ? null : () => work(claimed, lease.holder);
    },
    renew: (holders, until) => store.renew('investigations', holders, until),
    release: holders => store.release('investigations', holders, false),
  };
}

type Outcome = Parameters<typeof runEnded>[2];

function notFoundAnyMore({ target }: Investigation, location: Exclude<Location, Found>): string {
  if (location.kind === 'unreadable') return `${location.message} ${location.remedy}`;
  return `The API ${target.apiName} (${target.apiId}) with the stage ${target.stage} was not found in ${target.region} any more. If it was deleted, resolve this investigation; if it has a new id, ask for that.`;
}
