/** What a store's database is, whichever it is. */
import type { Kysely } from 'kysely';
import type { Tables } from './tables.ts';

export interface Database {
  db: Kysely<Tables>;
  kind: 'sqlite' | 'postgres';
  /** True where no other process can be at work on it: leases left behind are then known to be dead. */
  exclusive: boolean;
  /** Resolves where it can never be used again by this process; what may come back by itself does not count. */
  ended: Promise<Error>;
  close(): Promise<void>;
}

export interface DatabaseSettings {
  /** `postgres://…`; null: SQLite in `dataDir`. */
  databaseUrl: string | null;
  /** Absolute. */
  dataDir: string;
}

/** What `serve` would find. `behind`: this many changes to the schema are to be made. */
export type StoreState = { kind: 'absent' } | { kind: 'current' } | { kind: 'behind'; changes: number };

/** Of a database that opens its connections anew. */
export const never: Promise<Error> = new Promise(() => {});

/** The store cannot be used; the message says why and what to do, without a password. */
export class StoreError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreError';
  }
}
