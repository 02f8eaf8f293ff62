/** Holds on rows, and on what one process does for all. Until a lease ends, or is renewed, nobody else does the work. */
import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.ts';

export interface Lease {
  holder: string;
  until: string;
}

/** Another process took the work over; what this one found out about it is dropped. */
export class LeaseLostError extends Error {
  constructor(what: string) {
    super(`The lease on ${what} has ended, and somebody else works on it.`);
    this.name = 'LeaseLostError';
  }
}

export interface Claimed<T> {
  value: T;
  /** How often it was taken up before and not finished. */
  cutOff: number;
}

export type LeasedTable = 'inbox' | 'investigations';

export type Leases = ReturnType<typeof createLeases>;

export function createLeases(db: Kysely<Tables>, clock: () => Date) {
  return {
    async renew(table: LeasedTable, holders: readonly string[], until: string): Promise<void> {
      await db.updateTable(table).set({ lease_until: until }).where('lease_holder', 'in', holders).execute();
    },

    /** Ends leases. `finished`: the work is done; otherwise it was given back, and that is no failed attempt. */
    async release(table: LeasedTable, holders: readonly string[], finished: boolean): Promise<void> {
      await db
        .updateTable(table)
        .set({ lease_holder: null, lease_until: null, attempts: finished ? 0 : sql`attempts - 1` })
        .where('lease_holder', 'in', holders)
        .execute();
    },

    /** Ends every lease: only where the processes that held them are known to be dead. */
    async releaseAll(): Promise<void> {
      for (const table of ['inbox', 'investigations'] as const) {
        await db.updateTable(table).set({ lease_holder: null, lease_until: null }).execute();
      }
      await db.deleteFrom('leases').execute();
    },

    /** Takes or renews what one process does for all; false where another one has it. */
    async hold(name: string, { holder, until }: Lease): Promise<boolean> {
      const held = await db
        .insertInto('leases')
        .values({ name, holder, lease_until: until })
        .onConflict(conflict =>
          conflict
            .column('name')
            .doUpdateSet({ holder, lease_until: until })
            .where(on =>
              on.or([on('leases.holder', '=', holder), on('leases.lease_until', '<=', clock().toISOString())]),
            ),
        )
        .returning('name')
        .executeTakeFirst();
      return held !== undefined;
    },

    /** Writes something that means nothing. Rejects where the store takes no writes: it is away, full or read-only. */
    async tryWrite(): Promise<void> {
      const value = { name: 'readiness', holder: '', lease_until: clock().toISOString() };
      await db
        .insertInto('leases')
        .values(value)
        .onConflict(conflict => conflict.column('name').doUpdateSet(value))
        .execute();
    },

    async letGo(name: string, holder: string): Promise<void> {
      await db.deleteFrom('leases').where('name', '=', name).where('holder', '=', holder).execute();
    },
  };
}
