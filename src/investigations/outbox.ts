/**
 * Brings to Slack what it may not show yet. One process at a time does this for all replicas, under a lease, so that
 * Slack's limits are kept and an older state never follows a newer one; when it dies, another takes over.
 */
import { randomUUID } from 'node:crypto';
import type { Log } from '../telemetry.ts';
import type { Leases } from './leases.ts';
import type { OutboxStore } from './outbox-store.ts';
import type { Store } from './store.ts';
import type { Outlets } from './types.ts';

export interface OutboxDependencies {
  store: Store;
  outbox: OutboxStore;
  leases: Leases;
  outlets: Outlets;
  /** Whose App Home is to be kept up to date. */
  viewers(): Promise<string[]>;
  clock: () => Date;
  log: Log;
}

export interface Outbox {
  start(): Promise<void>;
  /** Something has changed. */
  nudge(): void;
  /** False where another process publishes, or may soon: nothing may be sent to a channel then. */
  mayPublish(): boolean;
  /** Resolves when this process has nothing left to publish, or does not publish. */
  idle(): Promise<void>;
  /** Publishes nothing any more, and lets another process do it: at once, or where `sent` is false, when the lease ends. */
  stop(sent?: boolean): Promise<void>;
}

const leaseName = 'publisher';
const leaseMs = 20_000;
const renewMs = 3_000;
/** Longer than any call to Slack takes: what was begun under the lease ends under it. */
const marginMs = 12_000;
/** How soon what another replica has written is seen. */
const pollMs = 1_000;
/** Documents in memory at once, of all channels and of each: Slack takes about one message a second in a channel. */
const atOnce = 300;
const perChannel = 40;
const retryMs = 5_000;
const homesEveryMs = 5_000;
/** As many as a message can name; it counts the others. */
const membersShown = 100;

type Kind = 'investigations' | 'storms';

export function createOutbox({ store, outbox, leases, outlets, viewers, clock, log }: OutboxDependencies): Outbox {
  const holder = randomUUID();
  /** What is under way, by record. */
  const underWay = new Map<string, { id: string; version: number; channel: string }>();
  const retryAt = new Map<string, number>();
  const running = new Set<Promise<void>>();
  let heldUntil = 0;
  let leading: Promise<void> | null = null;
  let stopped = false;
  let looking: Promise<void> | null = null;
  let lookAgain = false;
  let homesAt = 0;
  let homesDue = false;
  let timers: NodeJS.Timeout[] = [];

  const now = () => clock().getTime();
  const holds = () => !stopped && now() < heldUntil - marginMs;

  /** A lease that has run out because this process was held up is asked for again at once. */
  function mayPublish(): boolean {
    if (holds()) return true;
    if (heldUntil > 0) void lead();
    return false;
  }

  /** Takes or renews the lease; several at once are one. */
  function lead(): Promise<void> {
    leading ??= renew().finally(() => {
      leading = null;
    });
    return leading;
  }

  async function renew(): Promise<void> {
    if (stopped) return;
    const until = now() + leaseMs;
    try {
      const held = await leases.hold(leaseName, { holder, until: new Date(until).toISOString() });
      const began = held && !holds();
      heldUntil = held ? until : 0;
      if (began) nudge();
    } catch (error) {
      log.warn({ err: error }, 'The lease on publishing could not be renewed; it is tried again shortly.');
    }
  }

  function nudge(): void {
    lookAgain = true;
    looking ??= Promise.resolve().then(look);
  }

  async function look(): Promise<void> {
    try {
      while (lookAgain) {
        if (heldUntil > 0 && !holds()) await lead();
        if (!holds()) return;
        lookAgain = false;
        await takeInvestigations();
        await takeStorms();
        await refreshHomes();
      }
    } catch (error) {
      log.error({ err: error }, 'What is to be published could not be read; it is tried again shortly.');
    } finally {
      looking = null;
    }
  }

  async function takeInvestigations(): Promise<void> {
    const held = [...underWay.values()].map(({ id }) => id);
    for (const { id, version, channel } of await outbox.unpublished(perChannel, held)) {
      if (!wanted('investigations', id, version, channel)) continue;
      const investigation = await store.get(id);
      if (investigation === null) continue;
      homesDue = true;
      take('investigations', id, investigation.version, channel, () => outlets.publish(investigation));
    }
  }

  async function takeStorms(): Promise<void> {
    for (const storm of await outbox.unpublishedStorms(atOnce)) {
      // A storm changes with each of its members: one state of it is held at a time, and the next is read after it.
      const channel = `${storm.teamId} ${storm.channelId}`;
      if (underWay.has(`storms ${storm.id}`) || !wanted('storms', storm.id, storm.version, channel)) continue;
      const members = await outbox.members(storm.id, membersShown);
      take('storms', storm.id, storm.version, channel, () => outlets.publishStorm(storm, members));
    }
  }

  function wanted(kind: Kind, id: string, version: number, channel: string): boolean {
    const key = `${kind} ${id}`;
    if ((underWay.get(key)?.version ?? 0) >= version || (retryAt.get(key) ?? 0) > now()) return false;
    if (underWay.has(key)) return true;
    const ofChannel = [...underWay.values()].filter(one => one.channel === channel);
    return underWay.size < atOnce && ofChannel.length < perChannel;
  }

  function take(kind: Kind, id: string, version: number, channel: string, publish: () => Promise<void>): void {
    const key = `${kind} ${id}`;
    underWay.set(key, { id, version, channel });
    const work = publish()
      .then(() => outbox.published(kind, id, version))
      .then(
        () => void retryAt.delete(key),
        error => {
          // Another process publishes now, and reads it anew; or this one does, when it has the lease again.
          if (!holds()) return;
          retryAt.set(key, now() + retryMs);
          log.error({ err: error, id }, 'A record could not be published; it is tried again shortly.');
        },
      )
      .finally(() => {
        running.delete(work);
        // A newer version may be under way already, and ends by itself.
        if (underWay.get(key)?.version !== version) return;
        underWay.delete(key);
        if (!stopped) nudge();
      });
    running.add(work);
  }

  async function refreshHomes(): Promise<void> {
    if (!homesDue || now() < homesAt) return;
    homesDue = false;
    homesAt = now() + homesEveryMs;
    const users = await viewers();
    if (users.length > 0) await outlets.refreshHomes(users);
  }

  return {
    mayPublish,
    nudge,
    async start() {
      await lead();
      timers = [setInterval(lead, renewMs), setInterval(nudge, pollMs)];
      nudge();
    },
    async idle() {
      do {
        await looking;
        await Promise.all(running);
      } while (looking !== null || running.size > 0);
    },
    async stop(sent = true) {
      stopped = true;
      for (const timer of timers) clearInterval(timer);
      await looking;
      // A renewal under way would take the lease anew after it was given back.
      await leading;
      if (!sent) return;
      await leases.letGo(leaseName, holder).catch(error => {
        log.warn({ err: error }, 'The lease on publishing could not be given back; it ends by itself.');
      });
    },
  };
}
