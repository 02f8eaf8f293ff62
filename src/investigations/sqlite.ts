/**
 * The embedded store: one SQLite file in the data folder, through kysely, so that the queries stay portable.
 *
 * WAL with full sync: what was committed survives a power cut. `node:sqlite` is synchronous and waits for the disk with
 * every commit, so the store that is worked on has a thread of its own, and Slack is answered meanwhile. WAL needs a
 * local disk (https://www.sqlite.org/wal.html, section 1).
 */
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { type Driver, Kysely, SqliteAdapter, SqliteDialect } from 'kysely';
import { type Database, never, StoreError, type StoreState } from './database.ts';
import { migrate, NewerSchemaError, schemaState } from './migrations.ts';
import { ThreadDriver } from './sqlite-thread.ts';
import type { Tables } from './tables.ts';

/** Opens the store of a data folder, makes the folder where it is missing, and brings the schema up to date. */
export async function openSqlite(dataDir: string, clock: () => Date): Promise<Database> {
  const lock = lockFolder(dataDir, clock);
  try {
    const driver = await ThreadDriver.open({ file: join(dataDir, fileName), mode: ownerOnly, pragmas });
    const db = new Kysely<Tables>({ dialect: new ThreadDialect(driver) });
    const database: Database = {
      db,
      kind: 'sqlite',
      exclusive: true,
      ended: driver.ended,
      async close() {
        // Also where nothing was asked of it yet.
        await db.destroy();
        await driver.destroy();
        if (lock.isOpen) lock.close();
      },
    };
    try {
      await migrate(db, dataDir);
    } catch (error) {
      await database.close();
      throw error;
    }
    return database;
  } catch (error) {
    if (lock.isOpen) lock.close();
    throw error;
  }
}

const fileName = 'apigw-500.sqlite';
const lockName = 'lock.sqlite';
const holderName = 'lock-holder.json';
const pragmas = 'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 50;';

/**
 * Reads the store of a data folder beside the process that works on it: no lock, no migration, no write. Throws
 * StoreError where there is none, and NewerSchemaError is not checked for: columns are only ever added.
 */
export function readSqlite(dataDir: string): Database {
  try {
    return reading(join(dataDir, fileName));
  } catch (error) {
    throw new StoreError(
      `There is no store to read in the data folder ${dataDir}. Set DATA_DIR to the folder of the running bot, or DATABASE_URL to its database.`,
      { cause: error },
    );
  }
}

function reading(file: string | URL): Database {
  const sqlite = new DatabaseSync(file, { readOnly: true });
  sqlite.exec('PRAGMA busy_timeout = 2000');
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: kyselyDatabase(sqlite) }) });
  return { db, kind: 'sqlite', exclusive: false, ended: never, close: () => db.destroy() };
}

/** How the store of a data folder stands. Nothing is made or changed. */
export async function inspectSqlite(dataDir: string): Promise<StoreState> {
  const file = join(dataDir, fileName);
  try {
    refuseHeld(dataDir);
    const folder = existing(dataDir);
    accessSync(folder, constants.W_OK | constants.X_OK);
    if (!statSync(folder).isDirectory()) throw new Error(`${folder} is no folder`);
    if (!existsSync(file)) return { kind: 'absent' };
    accessSync(file, constants.R_OK | constants.W_OK);
  } catch (error) {
    throw error instanceof StoreError ? error : unusableFolder(dataDir, error);
  }
  // To read a store in WAL mode, SQLite makes two files beside it, unless it is told that nobody writes. Where one is
  // there, a process that has died has left it, and it holds the newest of the store. https://www.sqlite.org/uri.html
  const alone = pathToFileURL(file);
  alone.searchParams.set('immutable', '1');
  const database = reading(existsSync(`${file}-wal`) ? file : alone);
  try {
    return await schemaState(database.db, dataDir);
  } catch (error) {
    throw error instanceof NewerSchemaError ? error : unusableFolder(dataDir, error);
  } finally {
    await database.close();
  }
}

/** The folder, or the nearest one above it that is there. */
function existing(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : existing(dirname(folder));
}

/** Throws StoreError where a process holds the folder: what it locks cannot be read. */
function refuseHeld(dataDir: string): void {
  const file = join(dataDir, lockName);
  if (!existsSync(file)) return;
  const lock = new DatabaseSync(file, { readOnly: true });
  try {
    lock.exec('PRAGMA busy_timeout = 0; SELECT count(*) FROM sqlite_schema');
  } catch (error) {
    throw isBusy(error) ? inUse(dataDir, error) : error;
  } finally {
    lock.close();
  }
}

/** What was asked and found is nobody else's: the folder may be one that others can read. */
const ownerOnly = 0o600;

function openPrivately(file: string): DatabaseSync {
  const sqlite = new DatabaseSync(file);
  try {
    chmodSync(file, ownerOnly);
    return sqlite;
  } catch (error) {
    sqlite.close();
    throw error;
  }
}

/**
 * One process a folder: an exclusive transaction on a file beside the store, which the operating system ends when the
 * process dies, however it dies. Who holds it stands in a second file, because opening and closing the first one
 * would give up this process's own lock on it (https://www.sqlite.org/howtocorrupt.html, section 2.2).
 */
function lockFolder(dataDir: string, clock: () => Date): DatabaseSync {
  const holderFile = join(dataDir, holderName);
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const lock = openPrivately(join(dataDir, lockName));
    try {
      lock.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
    } catch (error) {
      lock.close();
      throw error;
    }
    writeFileSync(holderFile, JSON.stringify({ pid: process.pid, host: hostname(), since: clock().toISOString() }), {
      mode: ownerOnly,
    });
    return lock;
  } catch (error) {
    throw isBusy(error) ? inUse(dataDir, error) : unusableFolder(dataDir, error);
  }
}

function inUse(dataDir: string, cause: unknown): StoreError {
  const holder = describeHolder(join(dataDir, holderName));
  return new StoreError(
    `The data folder ${dataDir} is in use by ${holder}. Stop that process, or give this one a folder of its own with DATA_DIR.`,
    { cause },
  );
}

function unusableFolder(dataDir: string, cause: unknown): StoreError {
  return new StoreError(
    `The data folder ${dataDir} cannot be used (${cause instanceof Error ? cause.message : String(cause)}). Make it writable for this program, or set DATA_DIR to another folder on a local disk.`,
    { cause },
  );
}

const SQLITE_BUSY = 5;

function isBusy(error: unknown): boolean {
  return (error as { errcode?: number }).errcode === SQLITE_BUSY;
}

function describeHolder(holderFile: string): string {
  try {
    const { pid, host, since } = JSON.parse(readFileSync(holderFile, 'utf8'));
    return `process ${pid} on ${host} since ${since}`;
  } catch {
    return 'another process';
  }
}

/** SQLite's schema changes are transactional, so a migration that is cut off leaves nothing half done. */
class EmbeddedAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class ThreadDialect extends SqliteDialect {
  readonly #driver: ThreadDriver;

  constructor(driver: ThreadDriver) {
    // The connection of its own is never asked for.
    super({ database: () => Promise.reject(new Error('The store is worked on in its thread.')) });
    this.#driver = driver;
  }

  override createAdapter(): SqliteAdapter {
    return new EmbeddedAdapter();
  }

  override createDriver(): Driver {
    return this.#driver;
  }
}

/** What kysely's SQLite dialect asks of a driver, over `node:sqlite`. */
function kyselyDatabase(sqlite: DatabaseSync) {
  return {
    close: () => sqlite.close(),
    prepare(sql: string) {
      const statement = sqlite.prepare(sql);
      const values = (parameters: readonly unknown[]) => parameters as SQLInputValue[];
      return {
        reader: statement.columns().length > 0,
        all: (parameters: readonly unknown[]) => statement.all(...values(parameters)),
        run: (parameters: readonly unknown[]) => statement.run(...values(parameters)),
        iterate: (parameters: readonly unknown[]) => statement.iterate(...values(parameters)),
      };
    },
  };
}
