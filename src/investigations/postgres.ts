/** PostgreSQL, for several replicas: through a pool that outlives the database's restarts. */
import { Kysely, PostgresDialect, sql } from 'kysely';
import { DatabaseError, Pool } from 'pg';
import type { Log } from '../telemetry.ts';
import { type Database, StoreError } from './database.ts';
import { migrate } from './migrations.ts';
import type { Tables } from './tables.ts';

/** Ten runs, the inbox and Slack's listeners share these. */
const connections = 10;
/** A database that is away is told within seconds; work is tried again later. */
const connectMs = 5_000;
/** Every query is short; one that hangs must not hold its lease for ever. */
const statementMs = 15_000;

/** Opens the database, and brings the schema up to date: of several processes that start at once, one at a time. */
export async function openPostgres(url: string, log: Log): Promise<Database> {
  const database = connect(url, log);
  try {
    await migrate(database.db, describe(url));
  } catch (error) {
    await database.close();
    throw isUnreachable(error) ? unusable(url, error) : error;
  }
  return database;
}

/** The same, without a change to the schema. */
export async function readPostgres(url: string, log: Log): Promise<Database> {
  const database = connect(url, log);
  try {
    await sql`SELECT 1 FROM investigations LIMIT 1`.execute(database.db);
  } catch (error) {
    await database.close();
    throw unusable(url, error);
  }
  return database;
}

function connect(url: string, log: Log): Database {
  const pool = new Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: connectMs,
    statement_timeout: statementMs,
    query_timeout: statementMs + 5_000,
    idle_in_transaction_session_timeout: statementMs,
    keepAlive: true,
    application_name: 'apigw-500',
  });
  // An idle connection that breaks is replaced at the next query; unheard, this event would end the process.
  pool.on('error', error =>
    log.warn({ err: error }, 'A connection to the database broke; it is opened again when needed.'),
  );
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  return { db, kind: 'postgres', exclusive: false, close: () => db.destroy() };
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html: connections, authorisation, no such database, resources. */
const refused = /^(08|28|3D|53|57P)/;

function isUnreachable(error: unknown): boolean {
  if (error instanceof DatabaseError) return refused.test(error.code ?? '');
  return (
    error instanceof Error &&
    (/^E[A-Z_]+$/.test(String((error as NodeJS.ErrnoException).code)) || /timeout|terminated/i.test(error.message))
  );
}

function unusable(url: string, error: unknown): StoreError {
  const code = (error as NodeJS.ErrnoException).code ?? 'no answer';
  return new StoreError(
    `The database at ${describe(url)} cannot be used (${code}). Check that it runs, that this machine reaches it, and the user, password and database name in DATABASE_URL.`,
    { cause: error },
  );
}

/** Host and database, never user or password. */
function describe(url: string): string {
  try {
    const { host, pathname } = new URL(url);
    return `${host}${pathname}`;
  } catch {
    return 'the address in DATABASE_URL';
  }
}
