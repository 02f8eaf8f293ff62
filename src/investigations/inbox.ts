/** What the worker does with an accepted trigger: find its target, then open or join an investigation, or refuse. */
import type { DiagnosisService, Location } from '../diagnosis/types.ts';
import type { Log } from '../telemetry.ts';
import { inTime, whyFailed } from './deadline.ts';
import { askAgain, openInvestigation } from './record.ts';
import type { Claimed, Store } from './store.ts';
import type { InboxItem, Investigation, Outlets, Refusal } from './types.ts';
import { UntoldError } from './untold.ts';
import type { Queue } from './worker.ts';

export interface InboxDependencies {
  store: Store;
  service: DiagnosisService;
  outlets: Outlets;
  clock: () => Date;
  newId: () => string;
  log: Log;
  /** An investigation was opened or joined; its run is due. */
  onOpened(investigation: Investigation, location: Extract<Location, { kind: 'found' }>): Promise<void>;
}

/** A trigger that is taken up and never finished this often would stop the process each time: it is given up. */
export const maxCutOffs = 20;

/** Slack's response_url lives for 30 minutes; what was not told by then is given up. */
const tellForMs = 28 * 60_000;
const shortestPauseMs = 2_000;
const longestPauseMs = 2 * 60_000;

export function createInbox(dependencies: InboxDependencies): Queue {
  const { store, service, outlets, clock, newId, log } = dependencies;

  async function answer({ value: item, cutOff }: Claimed<InboxItem>, holder: string): Promise<void> {
    const target = item.trigger.request.target;
    if (item.joined !== null) {
      await tellJoined(item, item.joined, holder);
      return;
    }
    if (cutOff >= maxCutOffs) {
      await refuse(item, holder, { kind: 'failed', inboxId: item.id, target, message: cutOffMessage(cutOff) });
      return;
    }
    let location: Location;
    try {
      location = await inTime(service.locate(item.trigger.request, item.trigger.alarm));
    } catch (error) {
      log.error({ err: error, inboxId: item.id }, 'A target could not be looked for.');
      const message = `${whyFailed('The search for the target', error)} Ask again, or give the id of the API.`;
      await refuse(item, holder, { kind: 'failed', inboxId: item.id, target, message });
      return;
    }
    if (location.kind === 'found') await open(item, location, holder);
    else await refuse(item, holder, { ...location, inboxId: item.id, target });
  }

  async function open(item: InboxItem, location: Extract<Location, { kind: 'found' }>, holder: string): Promise<void> {
    const at = clock().toISOString();
    const fresh = openInvestigation(newId(), item, location.target, at);
    const { investigation, joined } = await store.openOrJoin(
      item,
      fresh,
      current => askAgain(current, item.trigger, at),
      holder,
    );
    const about = { investigationId: investigation.id, inboxId: item.id };
    log.info(about, joined ? 'An open investigation was asked for again.' : 'An investigation was opened.');
    await dependencies.onOpened(investigation, location);
    if (joined) await tellJoined(item, investigation.id, holder);
  }

  async function tellJoined(item: InboxItem, id: string, holder: string): Promise<void> {
    const investigation = await store.get(id);
    await tell(item, holder, 'done', async () => {
      if (investigation !== null) await outlets.joined(item.conversation, investigation);
    });
  }

  /** Told before it is closed: after a crash in between it is told twice, never not at all. */
  async function tell(
    item: InboxItem,
    holder: string,
    state: 'done' | 'failed',
    say: () => Promise<void>,
  ): Promise<void> {
    try {
      await say();
    } catch (error) {
      const at = clock().getTime();
      const age = Math.max(0, at - Date.parse(item.receivedAt));
      if (error instanceof UntoldError && age < tellForMs) {
        // As long as it has taken so far: the pauses grow by themselves, also over a restart.
        const pause = Math.max(error.retryAfterMs, shortestPauseMs, Math.min(age, longestPauseMs));
        log.warn({ err: error, inboxId: item.id }, 'An answer could not be told now; it is tried again.');
        await store.postponeInbox(item.id, new Date(at + pause).toISOString(), holder);
        return;
      }
      log.error({ err: error, inboxId: item.id }, 'An answer could not be told, and is given up.');
    }
    await store.finishInbox(item.id, state, holder);
  }

  async function refuse(item: InboxItem, holder: string, refusal: Refusal): Promise<void> {
    if ('candidates' in refusal) await store.keepCandidates(item.id, refusal.candidates, holder);
    log.info({ inboxId: item.id, kind: refusal.kind }, 'A trigger opened no investigation.');
    await tell(item, holder, refusal.kind === 'failed' ? 'failed' : 'done', () =>
      outlets.refuse(item.conversation, refusal),
    );
  }

  return {
    name: 'inbox',
    async claim(lease) {
      const claimed = await store.claimInbox(lease);
      return claimed === null ? null : () => answer(claimed, lease.holder);
    },
    renew: (holders, until) => store.renew('inbox', holders, until),
    release: holders => store.release('inbox', holders, false),
  };
}

function cutOffMessage(times: number): string {
  return `The diagnosis was begun ${times} times and cut off each time. The log of this program has the details; ask again when it runs steadily.`;
}
