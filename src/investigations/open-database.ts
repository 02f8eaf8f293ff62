/** The store's database: SQLite in the data folder, or PostgreSQL where a URL is set. The queries are the same. */
import type { Log } from '../telemetry.ts';
import type { Database, DatabaseSettings, StoreState } from './database.ts';

/** Opens the store and brings its schema up to date. Rejects with StoreError or NewerSchemaError. */
export async function openDatabase(settings: DatabaseSettings, clock: () => Date, log: Log): Promise<Database> {
  if (settings.databaseUrl === null) return (await import('./sqlite.ts')).openSqlite(settings.dataDir, clock);
  return (await import('./postgres.ts')).openPostgres(settings.databaseUrl, log);
}

/**
 * How the store stands, without making or changing anything. Rejects with StoreError or NewerSchemaError where `openDatabase`
 * would.
 */
export async function inspectDatabase(settings: DatabaseSettings, log: Log): Promise<StoreState> {
  if (settings.databaseUrl === null) return (await import('./sqlite.ts')).inspectSqlite(settings.dataDir);
  return (await import('./postgres.ts')).inspectPostgres(settings.databaseUrl, log);
}

/** Opens the store beside the processes that work on it, to read only. Rejects with StoreError. */
export async function readDatabase(settings: DatabaseSettings, log: Log): Promise<Database> {
  if (settings.databaseUrl === null) return (await import('./sqlite.ts')).readSqlite(settings.dataDir);
  return (await import('./postgres.ts')).readPostgres(settings.databaseUrl, log);
}
