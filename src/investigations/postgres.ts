/** PostgreSQL, for several replicas: through a pool that outlives the database's restarts. */
import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient, sql } from 'kysely';
import { DatabaseError, Pool, type PoolClient } from 'pg';
import type { Log } from '../telemetry.ts';
import { type Database, never, StoreError, type StoreState } from './database.ts';
import { migrate, schemaState } from './migrations.ts';
import type { Tables } from './tables.ts';

/** Ten runs, the inbox and Slack's listeners share these. */
const connections = 10;
/** A database that is away is told within seconds; work is tried again later. */
const connectMs = 5_000;
/**
 * Every query is short; one that hangs must not hold its lease for ever. With the time to connect it is below the 15 s
 * that SNS waits for an answer. https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
 */
const statementMs = 8_000;
/** Where even the server does not answer any more. */
const answerMs = 9_500;

/** Opens the database, and brings the schema up to date: of several processes that start at once, one at a time. */
export async function openPostgres(url: string, log: Log): Promise<Database> {
  // A change to the schema may take its time, and so may waiting for the process that makes it.
  const patient = await connect(url, log, { patient: true });
  try {
    const { rows } = await sql<{ name: string | null }>`SELECT current_schema() AS name`.execute(patient.db);
    await migrate(patient.db, describe(url), rows[0]?.name ?? null);
  } catch (error) {
    throw isUnreachable(error) ? unusable(url, error) : error;
  } finally {
    await patient.close();
  }
  return connect(url, log);
}

/** The same, without a change to the schema. */
export async function readPostgres(url: string, log: Log): Promise<Database> {
  const database = await connect(url, log);
  try {
    await sql`SELECT 1 FROM investigations LIMIT 1`.execute(database.db);
  } catch (error) {
    await database.close();
    throw unusable(url, error);
  }
  return database;
}

/** How the tables stand, and whether the user may do what `serve` will do; nothing is made or changed. */
export async function inspectPostgres(url: string, log: Log): Promise<StoreState> {
  const database = await connect(url, log);
  const { db } = database;
  try {
    const state = await schemaState(db, describe(url));
    const { rows } =
      state.kind === 'current'
        ? await sql<{ may: boolean | null }>`
            SELECT bool_and(has_table_privilege('investigations', right_name)) AS may
            FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS right_name`.execute(db)
        : await sql<{ may: boolean | null }>`
            SELECT has_schema_privilege(current_schema(), 'CREATE') AS may`.execute(db);
    if (rows[0]?.may !== true) {
      throw new StoreError(
        `The user that DATABASE_URL names may not ${state.kind === 'current' ? 'change the tables' : 'make tables'} at ${describe(url)}. Let that user make and change tables in its database.`,
      );
    }
    return state;
  } catch (error) {
    throw isUnreachable(error) ? unusable(url, error) : error;
  } finally {
    await database.close();
  }
}

/** Rejects with StoreError where no connection can be made. */
async function connect(url: string, log: Log, { patient = false } = {}): Promise<Database> {
  const limits = {
    statement_timeout: statementMs,
    query_timeout: answerMs,
    idle_in_transaction_session_timeout: statementMs,
  };
  const pool = new Pool({
    connectionString: url,
    max: patient ? 2 : connections,
    connectionTimeoutMillis: connectMs,
    keepAlive: true,
    application_name: 'apigw-500',
    ...(patient ? {} : limits),
  });
  // An idle connection that breaks is replaced at the next query; unheard, this event would end the process.
  pool.on('error', error =>
    log.warn({ err: error }, 'A connection to the database broke; it is opened again when needed.'),
  );
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: discarding(pool) }) });
  try {
    await sql`SELECT 1`.execute(db);
  } catch (error) {
    await db.destroy();
    throw unusable(url, error);
  }
  return { db, kind: 'postgres', exclusive: false, ended: never, close: () => db.destroy() };
}

/**
 * A connection whose query ended in anything but an answer of the server's is not used again: a late answer to that
 * query would be taken for the answer to the next.
 */
function discarding(pool: Pool): PostgresPool {
  const broken = new WeakMap<PoolClient, Error>();
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      const client = await pool.connect();
      // The pool listens to idle ones only.
      const note = (error: Error) => broken.set(client, error);
      client.on('error', note);
      async function query(text: string, parameters: readonly unknown[] = []) {
        try {
          return await client.query(text, [...parameters]);
        } catch (error) {
          if (!(error instanceof DatabaseError)) note(error as Error);
          throw error;
        }
      }
      return {
        // Cursors are the other thing that kysely may ask for; no query here is read that way.
        query: query as unknown as PostgresPoolClient['query'],
        release() {
          client.off('error', note);
          client.release(broken.get(client));
        },
      };
    },
  };
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

/** Host and database, never user or password; also not where a character of the password has broken the URL apart. */
function describe(url: string): string {
  const unreadable = 'the address in DATABASE_URL';
  try {
    const { host, pathname, hash } = new URL(url);
    return hash !== '' || /[@/]/.test(pathname.slice(1)) ? unreadable : `${host}${pathname}`;
  } catch {
    return unreadable;
  }
}
