/** Numbered, append-only: a released migration is never edited, a change is a new one. */
import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import type { StoreState } from './database.ts';
import type { Tables } from './tables.ts';

const migrations: Record<string, Migration> = {
  '0001-investigations': {
    async up(db) {
      await sql`
        CREATE TABLE inbox (
          id TEXT PRIMARY KEY,
          key TEXT NOT NULL UNIQUE,
          state TEXT NOT NULL,
          trigger TEXT NOT NULL,
          conversation TEXT NOT NULL,
          candidates TEXT,
          received_at TEXT NOT NULL,
          lease_holder TEXT,
          lease_until TEXT,
          attempts INTEGER NOT NULL DEFAULT 0
        )`.execute(db);
      await sql`CREATE INDEX inbox_new ON inbox (received_at) WHERE state = 'new'`.execute(db);
      await sql`
        CREATE TABLE investigations (
          id TEXT PRIMARY KEY,
          team_id TEXT NOT NULL,
          channel_id TEXT NOT NULL,
          account_id TEXT NOT NULL,
          region TEXT NOT NULL,
          api_id TEXT NOT NULL,
          stage TEXT NOT NULL,
          state TEXT NOT NULL,
          document TEXT NOT NULL,
          version INTEGER NOT NULL,
          due_at TEXT,
          requested_by TEXT,
          excerpts_since TEXT,
          updated_at TEXT NOT NULL,
          lease_holder TEXT,
          lease_until TEXT,
          attempts INTEGER NOT NULL DEFAULT 0
        )`.execute(db);
      await sql`
        CREATE UNIQUE INDEX investigations_open ON investigations (team_id, account_id, region, api_id, stage)
        WHERE state IN ('investigating', 'diagnosed')`.execute(db);
      await sql`CREATE INDEX investigations_due ON investigations (due_at) WHERE due_at IS NOT NULL`.execute(db);
      await sql`CREATE INDEX investigations_updated ON investigations (updated_at)`.execute(db);
      await sql`
        CREATE TABLE messages (
          investigation_id TEXT NOT NULL,
          purpose TEXT NOT NULL,
          channel_id TEXT NOT NULL,
          ts TEXT,
          intended_at TEXT NOT NULL,
          content_hash TEXT,
          PRIMARY KEY (investigation_id, purpose)
        )`.execute(db);
    },
  },
  '0002-joined': {
    async up(db) {
      await sql`ALTER TABLE inbox ADD COLUMN joined TEXT`.execute(db);
    },
  },
  '0003-alarms-and-people': {
    async up(db) {
      // SQLite cannot make a column nullable, so the table is laid anew. https://www.sqlite.org/lang_altertable.html
      await sql`
        CREATE TABLE inbox_anew (
          id TEXT PRIMARY KEY,
          key TEXT NOT NULL UNIQUE,
          state TEXT NOT NULL,
          trigger TEXT NOT NULL,
          conversation TEXT,
          candidates TEXT,
          joined TEXT,
          alarm_arn TEXT,
          received_at TEXT NOT NULL,
          lease_holder TEXT,
          lease_until TEXT,
          attempts INTEGER NOT NULL DEFAULT 0
        )`.execute(db);
      await sql`
        INSERT INTO inbox_anew
          (id, key, state, trigger, conversation, candidates, joined, received_at, lease_holder, lease_until, attempts)
        SELECT id, key, state, trigger, conversation, candidates, joined, received_at, lease_holder, lease_until, attempts
        FROM inbox`.execute(db);
      await sql`DROP TABLE inbox`.execute(db);
      await sql`ALTER TABLE inbox_anew RENAME TO inbox`.execute(db);
      await sql`CREATE INDEX inbox_new ON inbox (received_at) WHERE state = 'new'`.execute(db);
      await sql`CREATE INDEX inbox_alarm ON inbox (alarm_arn, received_at) WHERE alarm_arn IS NOT NULL`.execute(db);

      await sql`ALTER TABLE investigations ADD COLUMN owner TEXT`.execute(db);
      await sql`ALTER TABLE investigations ADD COLUMN storm_id TEXT`.execute(db);
      await sql`ALTER TABLE investigations ADD COLUMN recovered_at TEXT`.execute(db);
      await sql`ALTER TABLE investigations ADD COLUMN created_at TEXT NOT NULL DEFAULT ''`.execute(db);
      await sql`ALTER TABLE investigations ADD COLUMN published_version INTEGER NOT NULL DEFAULT 0`.execute(db);
      await sql`UPDATE investigations SET created_at = updated_at`.execute(db);
      await sql`CREATE INDEX investigations_channel ON investigations (channel_id, created_at)`.execute(db);
      await sql`CREATE INDEX investigations_storm ON investigations (storm_id) WHERE storm_id IS NOT NULL`.execute(db);
      await sql`
        CREATE INDEX investigations_outbox ON investigations (updated_at)
        WHERE published_version < version`.execute(db);

      await sql`
        CREATE TABLE alarms (
          alarm_arn TEXT NOT NULL,
          investigation_id TEXT NOT NULL,
          PRIMARY KEY (alarm_arn, investigation_id)
        )`.execute(db);
      await sql`
        CREATE TABLE storms (
          id TEXT PRIMARY KEY,
          team_id TEXT NOT NULL,
          channel_id TEXT NOT NULL,
          started_at TEXT NOT NULL,
          last_at TEXT NOT NULL,
          version INTEGER NOT NULL,
          published_version INTEGER NOT NULL DEFAULT 0
        )`.execute(db);
      await sql`CREATE INDEX storms_channel ON storms (channel_id, last_at)`.execute(db);
      await sql`
        CREATE TABLE audit (
          id TEXT PRIMARY KEY,
          at TEXT NOT NULL,
          team_id TEXT NOT NULL,
          investigation_id TEXT,
          who TEXT NOT NULL,
          action TEXT NOT NULL,
          via TEXT NOT NULL,
          detail TEXT NOT NULL
        )`.execute(db);
      await sql`CREATE INDEX audit_investigation ON audit (investigation_id, at)`.execute(db);
      await sql`CREATE INDEX audit_at ON audit (at)`.execute(db);
      await sql`
        CREATE TABLE homes (
          team_id TEXT NOT NULL,
          user_id TEXT NOT NULL,
          opened_at TEXT NOT NULL,
          PRIMARY KEY (team_id, user_id)
        )`.execute(db);
      await sql`
        CREATE TABLE leases (
          name TEXT PRIMARY KEY,
          holder TEXT NOT NULL,
          lease_until TEXT NOT NULL
        )`.execute(db);
      await sql`
        CREATE TABLE shared_readings (
          key TEXT PRIMARY KEY,
          value TEXT NOT NULL,
          expires_at TEXT NOT NULL
        )`.execute(db);
    },
  },
};

/** The store was written by a newer version of this program. */
export class NewerSchemaError extends Error {
  constructor(where: string, unknown: readonly string[]) {
    super(
      `The store in ${where} was written by a newer version of this program (it has the schema change ${unknown.join(', ')}). Start that version, or restore a copy of the store from before the update.`,
    );
    this.name = 'NewerSchemaError';
  }
}

/**
 * Brings the tables up to date. `schema`: PostgreSQL's, where they are. Rejects with NewerSchemaError, and then has
 * changed nothing.
 */
export async function migrate(db: Kysely<Tables>, where: string, schema: string | null = null): Promise<void> {
  await refuseNewer(db, where);
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => migrations },
    // Kysely would take a table of this name in any schema for its own.
    ...(schema === null ? {} : { migrationTableSchema: schema }),
  });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  // A newer version may have been first, between the look and the lock.
  await refuseNewer(db, where);
  throw error;
}

/** How the tables stand; nothing is changed. Rejects with NewerSchemaError. */
export async function schemaState(db: Kysely<Tables>, where: string): Promise<StoreState> {
  const applied = await refuseNewer(db, where);
  if (applied.length === 0) return { kind: 'absent' };
  const changes = Object.keys(migrations).length - applied.length;
  return changes === 0 ? { kind: 'current' } : { kind: 'behind', changes };
}

async function refuseNewer(db: Kysely<Tables>, where: string): Promise<string[]> {
  const applied = await appliedMigrations(db);
  const unknown = applied.filter(name => !(name in migrations));
  if (unknown.length > 0) throw new NewerSchemaError(where, unknown);
  return applied;
}

/** Of this store: another program may have tables of the same names in another schema of the database. */
async function appliedMigrations(db: Kysely<Tables>): Promise<string[]> {
  try {
    const { rows } = await sql<{ name: string }>`SELECT name FROM kysely_migration ORDER BY name`.execute(db);
    return rows.map(row => row.name);
  } catch (error) {
    if (isMissingTable(error)) return [];
    throw error;
  }
}

/** 42P01 of PostgreSQL; SQLite has a sentence only. */
function isMissingTable(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: string };
  return code === '42P01' || /^no such table/.test(message ?? '');
}
