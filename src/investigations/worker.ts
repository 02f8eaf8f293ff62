/**
 * Takes up what is due, under a lease that it renews, with a limit on how much at once. What a dead process left
 * behind is taken up when its lease has ended. Knows nothing of what the work is.
 */
import { randomUUID } from 'node:crypto';
import type { Log } from '../telemetry.ts';
import type { Lease } from './leases.ts';

export interface Queue {
  name: string;
  /** Claims one piece of due work under the lease; null: nothing is due. */
  claim(lease: Lease): Promise<(() => Promise<void>) | null>;
  renew(holders: readonly string[], until: string): Promise<void>;
  /** Gives work back that was not finished. */
  release(holders: readonly string[]): Promise<void>;
}

export interface Worker {
  start(): void;
  /** Looks for due work now; resolves when everything that may begin has begun. */
  nudge(): Promise<void>;
  /** Resolves when nothing runs and nothing more is due. */
  idle(): Promise<void>;
  renew(): Promise<void>;
  /** Takes nothing up any more, waits for what runs, and gives back what has not ended in time. */
  stop(graceMs: number): Promise<void>;
}

export interface WorkerOptions {
  clock: () => Date;
  log: Log;
  /** How many pieces of work at once. */
  limit: number;
  leaseMs: number;
  /** How often due times and ended leases are looked for, beside the nudges. */
  pollMs: number;
}

export function createWorker(queue: Queue, { clock, log, limit, leaseMs, pollMs }: WorkerOptions): Worker {
  const running = new Map<string, Promise<void>>();
  let stopping = false;
  /** What is claimed from now on, by a query that was under way, nobody works on any more. */
  let stopped = false;
  let filling: Promise<void> | null = null;
  let lookAgain = false;
  let timers: NodeJS.Timeout[] = [];

  const leaseEnd = () => new Date(clock().getTime() + leaseMs).toISOString();

  function nudge(): Promise<void> {
    lookAgain = true;
    filling ??= Promise.resolve().then(fill);
    return filling;
  }

  async function fill(): Promise<void> {
    try {
      while (lookAgain) {
        lookAgain = false;
        while (!stopping && running.size < limit && (await takeOne()));
      }
    } catch (error) {
      log.error({ err: error, queue: queue.name }, 'Due work could not be claimed; it is tried again shortly.');
    } finally {
      filling = null;
    }
  }

  async function takeOne(): Promise<boolean> {
    const holder = randomUUID();
    const work = await queue.claim({ holder, until: leaseEnd() });
    if (work === null) return false;
    if (stopped) {
      await giveBack([holder]);
      return false;
    }
    running.set(holder, perform(holder, work));
    return true;
  }

  async function perform(holder: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      // The lease is left to end: the work is taken up again after it, and not at once in a tight circle.
      log.error({ err: error, queue: queue.name }, 'A piece of work was cut off; it is taken up again later.');
    } finally {
      running.delete(holder);
      if (!stopping) void nudge();
    }
  }

  async function giveBack(holders: readonly string[]): Promise<void> {
    try {
      await queue.release(holders);
    } catch (error) {
      log.warn({ err: error, queue: queue.name }, 'Work could not be given back; its leases end by themselves.');
    }
  }

  async function renew(): Promise<void> {
    if (running.size === 0) return;
    try {
      await queue.renew([...running.keys()], leaseEnd());
    } catch (error) {
      log.warn({ err: error, queue: queue.name }, 'Leases could not be renewed; it is tried again shortly.');
    }
  }

  return {
    nudge,
    renew,
    start() {
      timers = [setInterval(nudge, pollMs), setInterval(renew, leaseMs / 3)];
      void nudge();
    },
    async idle() {
      do {
        await nudge();
        await Promise.all(running.values());
      } while (running.size > 0 || filling !== null);
    },
    async stop(graceMs) {
      stopping = true;
      for (const timer of timers) clearInterval(timer);
      const grace = Promise.withResolvers<void>();
      const timer = setTimeout(grace.resolve, graceMs);
      // What was being claimed counts too; a store that is away must not hold up the stop.
      await Promise.race([Promise.resolve(filling).then(() => Promise.all(running.values())), grace.promise]);
      clearTimeout(timer);
      stopped = true;
      const unfinished = [...running.keys()];
      if (unfinished.length === 0) return;
      log.warn({ queue: queue.name, count: unfinished.length }, 'Work that did not end in time is given back.');
      await giveBack(unfinished);
    },
  };
}
