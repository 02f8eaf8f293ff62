/** The store's database: SQLite in the data folder, or PostgreSQL where a URL is set. The queries are the same. */
import type { Log } from '../telemetry.ts';
import type { Database, DatabaseSettings } from './database.ts';

/** Opens the store and brings its schema up to date. Rejects with StoreError or NewerSchemaError. */
export async function openDatabase(settings: DatabaseSettings, clock: () => Date, log: Log): Promise<Database> {
  if (settings.databaseUrl === null) return (await import('./sqlite.ts')).openSqlite(settings.dataDir, clock);
  return (await import('./postgres.ts')).openPostgres(settings.databaseUrl, log);
}

/** Opens the store beside the processes that work on it, to read only. Rejects with StoreError. */
export async function readDatabase(settings: DatabaseSettings, log: Log): Promise<Database> {
  if (settings.databaseUrl === null) return (await import('./sqlite.ts')).readSqlite(settings.dataDir);
  return (await import('./postgres.ts')).readPostgres(settings.databaseUrl, log);
}
