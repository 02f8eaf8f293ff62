/** What the worker does with an accepted trigger: find its target, then open or join an investigation, or refuse. */
import { gapIn } from '../diagnosis/finding.ts';
import type { AlarmNotice, DiagnosisService, Gap, Location, Trigger } from '../diagnosis/types.ts';
import type { Log } from '../telemetry.ts';
import { alarmChanged, calmed, cooldownMs, firedAgain, isEcho, isStale, knowing, reopened } from './alarms.ts';
import { type NewAudit, whoOf } from './audit.ts';
import type { AuditAction } from './audit-types.ts';
import { inTime, whyFailed } from './deadline.ts';
import type { InboxStore, Joined } from './inbox-store.ts';
import type { Claimed, Leases } from './leases.ts';
import { askAgain, isOpen, openInvestigation } from './record.ts';
import { type AlarmRoute, channelFor, needsTags } from './routing.ts';
import type { Store } from './store.ts';
import type { Conversation, InboxItem, Investigation, Outlets, Refusal } from './types.ts';
import { UntoldError } from './untold.ts';
import type { Queue } from './worker.ts';

export interface AlarmRouting {
  routes: readonly AlarmRoute[];
  /** Channel id; null: no alarms are taken. */
  channel: string | null;
}

export interface InboxDependencies {
  inbox: InboxStore;
  store: Store;
  leases: Leases;
  service: Pick<DiagnosisService, 'locate' | 'alarmTags'>;
  outlets: Outlets;
  alarms: AlarmRouting;
  clock: () => Date;
  newId: () => string;
  log: Log;
  /** An investigation was opened or joined; its run is due. */
  onOpened(investigation: Investigation, location: Extract<Location, { kind: 'found' }>): Promise<void>;
  /** An investigation has changed, by an alarm. */
  onChanged(investigation: Investigation): Promise<void>;
}

/** A trigger that is taken up and never finished this often would stop the process each time: it is given up. */
export const maxCutOffs = 20;

/** Slack's response_url lives for 30 minutes; what was not told by then is given up. */
const tellForMs = 28 * 60_000;
const shortestPauseMs = 2_000;
const longestPauseMs = 2 * 60_000;

export function createInbox(dependencies: InboxDependencies): Queue {
  const { inbox, store, leases, service, outlets, alarms, clock, newId, log } = dependencies;
  const now = () => clock().toISOString();
  const cooldownStart = () => new Date(clock().getTime() - cooldownMs).toISOString();

  async function answer({ value: item, cutOff }: Claimed<InboxItem>, holder: string): Promise<void> {
    const { trigger } = item;
    const { target } = trigger.request;
    if (item.joined !== null) {
      await tellJoined(item, item.joined, holder);
      return;
    }
    // Somebody who chooses among an alarm's candidates has chosen, whatever the alarm is known for.
    if (trigger.by === null && trigger.alarm !== undefined && (await known(trigger, trigger.alarm, viaOf(item)))) {
      await inbox.finish(item.id, 'done', holder);
      return;
    }
    const unread: Gap[] = [];
    const conversation = item.conversation ?? (await route(item, holder, unread));
    if (conversation === null) {
      await inbox.finish(item.id, 'failed', holder);
      return;
    }
    if (cutOff >= maxCutOffs) {
      await refuse(item, conversation, holder, {
        kind: 'failed',
        inboxId: item.id,
        target,
        message: cutOffMessage(cutOff),
      });
      return;
    }
    let location: Location;
    try {
      location = await inTime(service.locate(trigger.request, trigger.alarm));
    } catch (error) {
      log.error({ err: error, inboxId: item.id }, 'A target could not be looked for.');
      const message = `${whyFailed('The search for the target', error)} Ask again, or give the id of the API.`;
      await refuse(item, conversation, holder, { kind: 'failed', inboxId: item.id, target, message });
      return;
    }
    // What was read for a location is known by the object, so it stays the same one.
    if (location.kind === 'found' && unread.length > 0) location.unseen = [...(location.unseen ?? []), ...unread];
    if (location.kind === 'found') await open(item, conversation, location, holder);
    else await refuse(item, conversation, holder, { ...location, inboxId: item.id, target });
  }

  /**
   * Whether there is nothing to look for: the alarm's investigation is open and takes the news, the news is old, or the
   * alarm is at rest, which opens nothing.
   */
  async function known(trigger: Trigger, notice: AlarmNotice, via: string): Promise<boolean> {
    const investigations = await store.ofAlarm(notice.arn, outlets.teamId(), cooldownStart());
    if (notice.state !== 'ALARM') {
      for (const { id } of investigations) await atRest(id, notice, via);
      return true;
    }
    if (investigations.some(one => isStale(one, notice))) return true;
    const current = investigations.find(isOpen);
    if (current === undefined) return false;
    const at = now();
    const audit = () => entry(trigger, 'alarm_fired', via, `The alarm ${notice.name} fired again.`);
    const changed = await store.change(
      current.id,
      before => (isOpen(before) && !isStale(before, notice) ? firedAgain(before, trigger, at) : before),
      { audit },
    );
    // It was closed at this moment: what fires now is looked for as a new one.
    if (changed === null || !isOpen(changed)) return false;
    await dependencies.onChanged(changed);
    return true;
  }

  async function atRest(id: string, notice: AlarmNotice, via: string): Promise<void> {
    const at = now();
    const changed = await store.change(id, before => alarmChanged(before, notice, at), {
      audit: (after, before) => ({
        who: 'alarm',
        action: isOpen(before) && after.state === 'recovered' ? 'recovered' : 'alarm_changed',
        via,
        detail: `The alarm ${notice.name} went to ${notice.state}.`,
      }),
    });
    if (changed !== null) await dependencies.onChanged(changed);
  }

  /** Where an alarm goes, stored, so that it stays so. An alarm that no route fits goes to the default, and to the log. */
  async function route(item: InboxItem, holder: string, unread: Gap[]): Promise<Conversation | null> {
    const notice = item.trigger.alarm;
    if (notice === undefined) return null;
    const tags = needsTags(alarms.routes, notice) ? await tagsOf(notice, unread) : {};
    const routed = channelFor(alarms.routes, notice, tags);
    const about = { inboxId: item.id, alarm: notice.arn };
    if (routed === null && alarms.routes.length > 0)
      log.warn(about, 'No route fits an alarm; it goes to ALARM_CHANNEL.');
    const channelId = routed ?? alarms.channel;
    if (channelId === null) {
      log.error(about, 'An alarm has nowhere to go: set ALARM_CHANNEL, or add a route to the configuration file.');
      return null;
    }
    const conversation = { teamId: outlets.teamId(), channelId, threadTs: null, responseUrl: null, userId: null };
    await inbox.keepConversation(item.id, conversation, holder);
    return conversation;
  }

  async function tagsOf(notice: AlarmNotice, unread: Gap[]): Promise<Record<string, string> | null> {
    try {
      return await service.alarmTags(notice.arn);
    } catch (error) {
      log.warn({ err: error, alarm: notice.arn }, 'The tags of an alarm could not be read; no route by tag is taken.');
      const gap = gapIn(error);
      if (gap !== null) unread.push({ ...gap, remedy: `The alarm took no route by its tags. ${gap.remedy}` });
      return null;
    }
  }

  async function open(
    item: InboxItem,
    conversation: Conversation,
    location: Extract<Location, { kind: 'found' }>,
    holder: string,
  ): Promise<void> {
    const { trigger } = item;
    const at = now();
    const machine = trigger.by === null;
    const alarm = trigger.alarm && (await newestOf(trigger.alarm));
    const { investigation, outcome } = await inbox.openOrJoin(
      item.id,
      {
        fresh: knowing(openInvestigation(newId(), trigger, conversation, location.target, at), alarm),
        join: current => {
          const known = knowing(current, alarm);
          if (machine && isEcho(current, trigger)) return { ...known, updatedAt: at };
          if (current.state === 'recovered') return reopened(known, trigger, at);
          // Its recovery may have come before it.
          return machine ? calmed(firedAgain(known, trigger, at), at) : askAgain(known, trigger, at);
        },
        recoveredSince: machine ? cooldownStart() : null,
        audit: (_, outcome) => entry(trigger, actionOf(outcome, machine), viaOf(item), detailOf(outcome, trigger)),
      },
      holder,
    );
    log.info({ investigationId: investigation.id, inboxId: item.id, outcome }, 'A trigger found its investigation.');
    await dependencies.onOpened(investigation, location);
    if (outcome !== 'opened') await tellJoined(item, investigation.id, holder);
  }

  /** The alarm's newest state: its recovery may have come before it. */
  async function newestOf(notice: AlarmNotice): Promise<AlarmNotice> {
    const newest = await inbox.newestNotice(notice.arn, cooldownStart());
    return newest !== null && newest.at > notice.at ? newest : notice;
  }

  async function tellJoined(item: InboxItem, id: string, holder: string): Promise<void> {
    const { conversation } = item;
    const investigation = await store.get(id);
    await tell(item, holder, 'done', async () => {
      // A machine waits for no answer.
      if (investigation !== null && conversation !== null) await outlets.joined(conversation, investigation);
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
        await inbox.postpone(item.id, new Date(at + pause).toISOString(), holder);
        return;
      }
      log.error({ err: error, inboxId: item.id }, 'An answer could not be told, and is given up.');
    }
    await inbox.finish(item.id, state, holder);
  }

  async function refuse(item: InboxItem, conversation: Conversation, holder: string, refusal: Refusal): Promise<void> {
    if (item.trigger.by === null && (await wasTold(item, conversation, refusal))) {
      log.info({ inboxId: item.id, kind: refusal.kind }, 'A trigger opened no investigation; the channel knows why.');
      await inbox.finish(item.id, 'done', holder);
      return;
    }
    if ('candidates' in refusal) await inbox.keepCandidates(item.id, refusal.candidates, holder);
    log.info({ inboxId: item.id, kind: refusal.kind }, 'A trigger opened no investigation.');
    await tell(item, holder, refusal.kind === 'failed' ? 'failed' : 'done', () =>
      outlets.refuse(conversation, refusal),
    );
  }

  /** A channel is asked once, however often an alarm fires; that one is about no API is said once and for all. */
  function wasTold(item: InboxItem, { channelId }: Conversation, { kind }: Refusal): Promise<boolean> {
    return inbox.wasTold(item, `question:${kind}`, { channelId, since: kind === 'unrelated' ? null : cooldownStart() });
  }

  return {
    name: 'inbox',
    async claim(lease) {
      const claimed = await inbox.claim(lease);
      return claimed === null ? null : () => answer(claimed, lease.holder);
    },
    renew: (holders, until) => leases.renew('inbox', holders, until),
    release: holders => leases.release('inbox', holders, false),
  };
}

function entry({ by }: Trigger, action: AuditAction, via: string, detail: string): NewAudit {
  return { who: whoOf(by), action, via, detail };
}

function actionOf(outcome: Joined['outcome'], machine: boolean): AuditAction {
  if (outcome !== 'joined') return outcome;
  return machine ? 'alarm_fired' : 'asked_again';
}

function detailOf(outcome: Joined['outcome'], { kind, alarm }: Trigger): string {
  const what = alarm === undefined ? `a ${kind}` : `the alarm ${alarm.name}`;
  return { opened: `Opened by ${what}.`, joined: `Asked for again by ${what}.`, reopened: `Opened again by ${what}.` }[
    outcome
  ];
}

/** The door that a trigger came through; keys of webhooks begin with it. */
function viaOf({ key }: InboxItem): string {
  return /^(sns|eventbridge):/.exec(key)?.[1] ?? 'slack';
}

function cutOffMessage(times: number): string {
  return `The diagnosis was begun ${times} times and cut off each time. The log of this program has the details; ask again when it runs steadily.`;
}
