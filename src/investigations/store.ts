/** The queries on investigations. Writers of a leased row name their lease and fail without it. */
import { type Kysely, sql } from 'kysely';
import { auditRow, type NewAudit } from './audit.ts';
import type { Database } from './database.ts';
import { type Claimed, type Lease, LeaseLostError } from './leases.ts';
import { nothingYet, oldestExcerpt, requester } from './record.ts';
import { nextDue } from './schedule.ts';
import type { InvestigationsTable, Tables } from './tables.ts';
import type { Investigation, OpenFilter } from './types.ts';

export type Store = ReturnType<typeof createStore>;

export type OnAudit = (entry: NewAudit, after: Investigation) => void;

/** States in which an API and stage have one investigation only. */
export const openStates = ['investigating', 'diagnosed'] as const;

export interface ChangeOptions {
  /** The write fails with LeaseLostError where this lease is not held any more. */
  holder?: string;
  /** Written in the same transaction, where something changed. */
  audit?: (after: Investigation, before: Investigation) => NewAudit | null;
}

/** `onAudit`: told of what was written, once it is. */
export function createStore(
  { db, kind }: Pick<Database, 'db' | 'kind'>,
  clock: () => Date,
  onAudit: OnAudit = () => undefined,
) {
  const now = () => clock().toISOString();

  async function get(id: string): Promise<Investigation | null> {
    const row = await db
      .selectFrom('investigations')
      .select(['document', 'version'])
      .where('id', '=', id)
      .executeTakeFirst();
    return row === undefined ? null : documentOf(row);
  }

  function open({ teamId, channelId, owner }: OpenFilter) {
    let query = db.selectFrom('investigations').where('team_id', '=', teamId).where('state', 'in', openStates);
    if (channelId !== undefined) query = query.where('channel_id', '=', channelId);
    if (owner !== undefined)
      query = owner === null ? query.where('owner', 'is', null) : query.where('owner', '=', owner);
    return query;
  }

  async function listOpen(filter: OpenFilter, limit?: number): Promise<Investigation[]> {
    const query = open(filter).select(['document', 'version']).orderBy('updated_at', 'desc').orderBy('id');
    return (await (limit === undefined ? query : query.limit(limit)).execute()).map(documentOf);
  }

  async function countOpen(filter: OpenFilter): Promise<number> {
    const { count } = await open(filter)
      .select(row => row.fn.countAll<number | string>().as('count'))
      .executeTakeFirstOrThrow();
    // PostgreSQL counts in 64 bits, which come as text.
    return Number(count);
  }

  /** The one that is open for the same API and stage; null: there is none. */
  async function openFor({ conversation, target }: Investigation): Promise<Investigation | null> {
    const { accountId, region, apiId, stage } = target;
    const row = await open({ teamId: conversation.teamId })
      .select(['document', 'version'])
      .where(on => on.and({ account_id: accountId ?? '', region, api_id: apiId, stage }))
      .executeTakeFirst();
    return row === undefined ? null : documentOf(row);
  }

  async function listClosed(teamId: string, limit: number): Promise<Investigation[]> {
    const rows = await db
      .selectFrom('investigations')
      .select(['document', 'version'])
      .where('team_id', '=', teamId)
      .where('state', 'not in', openStates)
      .orderBy('updated_at', 'desc')
      .limit(limit)
      .execute();
    return rows.map(documentOf);
  }

  /** Every investigation that an alarm has fired for and that is open, or has recovered since `since`; newest first. */
  async function ofAlarm(arn: string, teamId: string, since: string): Promise<Investigation[]> {
    const rows = await db
      .selectFrom('investigations')
      .innerJoin('alarms', 'alarms.investigation_id', 'investigations.id')
      .select(['document', 'version'])
      .where('alarms.alarm_arn', '=', arn)
      .where('team_id', '=', teamId)
      .where(on =>
        on.or([
          on('state', 'in', openStates),
          on.and([on('state', '=', 'recovered'), on('recovered_at', '>=', since)]),
        ]),
      )
      .orderBy('created_at', 'desc')
      .execute();
    return rows.map(documentOf);
  }

  /**
   * Reads, changes and writes one investigation; where somebody else wrote in between, `update` is called again on
   * what they wrote. It answers the same object to leave all as it is, and is told whether somebody is at work on it.
   * null: there is none.
   */
  async function change(
    id: string,
    update: (investigation: Investigation, held: boolean) => Investigation,
    { holder, audit }: ChangeOptions = {},
  ): Promise<Investigation | null> {
    for (;;) {
      const row = await db
        .selectFrom('investigations')
        .select(['id', 'document', 'version', 'due_at', 'lease_holder', 'lease_until'])
        .where('id', '=', id)
        .executeTakeFirst();
      if (row === undefined) return null;
      if (holder !== undefined && row.lease_holder !== holder) throw new LeaseLostError(`investigation ${id}`);
      const before = documentOf(row);
      // A process that died has left its name behind.
      const changed = update(before, row.lease_until !== null && row.lease_until > now());
      if (changed === before) return before;
      const after = { ...changed, version: row.version + 1 };
      const entry = audit?.(after, before) ?? null;
      const written = await attempt(async tx => {
        let write = tx
          .updateTable('investigations')
          .set(columnsOf(after, row.due_at))
          .where('id', '=', id)
          .where('version', '=', row.version);
        if (holder !== undefined) write = write.where('lease_holder', '=', holder);
        if ((await write.returning('id').executeTakeFirst()) === undefined) return false;
        await follow(tx, after, entry);
        return true;
      });
      if (!written) continue;
      if (entry !== null) onAudit(entry, after);
      return after;
    }
  }

  /** False also where PostgreSQL has ended one of two transactions that waited for each other. */
  async function attempt(write: (tx: Kysely<Tables>) => Promise<boolean>): Promise<boolean> {
    try {
      return await db.transaction().execute(write);
    } catch (error) {
      if (isDeadlock(error)) return false;
      throw error;
    }
  }

  /**
   * The least often cut off, then longest due investigation that nobody holds, of a person who has fewer than
   * `perPerson` under way.
   */
  async function claimDue(lease: Lease, perPerson: number): Promise<Claimed<Investigation> | null> {
    if (kind === 'sqlite') return claimIn(db, lease, perPerson);
    // Otherwise two replicas that count at once both find room for one more run of a person.
    return db.transaction().execute(async tx => {
      await lockFor(tx, 'claim');
      return claimIn(tx, lease, perPerson);
    });
  }

  async function claimIn(tx: Kysely<Tables>, lease: Lease, perPerson: number): Promise<Claimed<Investigation> | null> {
    const row = await tx
      .updateTable('investigations')
      .set({
        lease_holder: lease.holder,
        lease_until: lease.until,
        attempts: sql`attempts + 1`,
        // Whoever read it before it was taken up, and writes that it waits, has to read it again.
        version: sql`version + 1`,
        // A lease is nothing to show: what was published still is.
        published_version: sql`CASE WHEN published_version = version THEN version + 1 ELSE published_version END`,
      })
      .where('id', '=', query =>
        query
          .selectFrom('investigations as due')
          .select('due.id')
          .where('due.due_at', '<=', now())
          .where(on => on.or([on('due.lease_until', 'is', null), on('due.lease_until', '<=', now())]))
          .where(on =>
            on.or([
              on('due.requested_by', 'is', null),
              on(
                on
                  .selectFrom('investigations as theirs')
                  .select(count => count.fn.countAll<number>().as('running'))
                  .whereRef('theirs.requested_by', '=', 'due.requested_by')
                  .where('theirs.lease_until', '>', now()),
                '<',
                perPerson,
              ),
            ]),
          )
          // What was cut off comes after what was not: work that ends the process each time holds up nothing else.
          .orderBy('due.attempts')
          .orderBy('due.due_at')
          .orderBy('due.id')
          .limit(1)
          .$if(kind === 'postgres', one => one.forUpdate().skipLocked()),
      )
      .returning(['id', 'document', 'version', 'attempts'])
      .executeTakeFirst();
    return row === undefined ? null : { value: documentOf(row), cutOff: row.attempts - 1 };
  }

  /** Since when the longest waiting trigger or piece of work waits for a turn; null: nothing waits. */
  async function waitingSince(): Promise<string | null> {
    const [accepted, due] = await Promise.all([
      db
        .selectFrom('inbox')
        .select(at => at.fn.min('received_at').as('at'))
        .where('state', '=', 'new')
        .where(on => on.or([on('lease_until', 'is', null), on('lease_until', '<=', now())]))
        .executeTakeFirst(),
      db
        .selectFrom('investigations')
        .select(at => at.fn.min('due_at').as('at'))
        .where('due_at', '<=', now())
        .where(on => on.or([on('lease_until', 'is', null), on('lease_until', '<=', now())]))
        .executeTakeFirst(),
    ]);
    const times = [accepted?.at, due?.at].filter(at => at != null);
    return times.length === 0 ? null : times.reduce((first, at) => (at < first ? at : first));
  }

  /** Removes investigations that nobody changed since, with their messages, alarms and audit. */
  async function deleteOlderThan(cutoff: string): Promise<void> {
    await db.transaction().execute(async tx => {
      // Two replicas that delete the same rows in another order would wait for each other.
      if (kind === 'postgres') await lockFor(tx, 'sweep');
      await tx
        .deleteFrom('investigations')
        .where('updated_at', '<', cutoff)
        .where(on => on.or([on('lease_until', 'is', null), on('lease_until', '<', now())]))
        .execute();
      await tx.deleteFrom('inbox').where('received_at', '<', cutoff).where('state', '!=', 'new').execute();
      await tx.deleteFrom('storms').where('last_at', '<', cutoff).execute();
      await tx
        .deleteFrom('messages')
        // The answer to a mention belongs to nothing that is stored.
        .where('intended_at', '<', cutoff)
        .where('investigation_id', 'not in', query => query.selectFrom('investigations').select('id'))
        .where('investigation_id', 'not in', query => query.selectFrom('inbox').select('id'))
        .where('investigation_id', 'not in', query => query.selectFrom('storms').select('id'))
        .execute();
      await tx
        .deleteFrom('alarms')
        .where('investigation_id', 'not in', query => query.selectFrom('investigations').select('id'))
        .execute();
      await tx.deleteFrom('audit').where('at', '<', cutoff).execute();
      await tx.deleteFrom('homes').where('opened_at', '<', cutoff).execute();
      await tx.deleteFrom('shared_readings').where('expires_at', '<', now()).execute();
    });
  }

  async function withExcerptsBefore(cutoff: string): Promise<string[]> {
    const rows = await db.selectFrom('investigations').select('id').where('excerpts_since', '<', cutoff).execute();
    return rows.map(row => row.id);
  }

  return {
    get,
    listOpen,
    countOpen,
    openFor,
    listClosed,
    ofAlarm,
    change,
    claimDue,
    waitingSince,
    deleteOlderThan,
    withExcerptsBefore,
  };
}

/** Until the transaction ends, no other process gets past this point; PostgreSQL only. */
export async function lockFor(tx: Kysely<Tables>, what: string): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtext(${`apigw-500 ${what}`}))`.execute(tx);
}

/** 40P01 of PostgreSQL: of two transactions that waited for each other this one was ended, and may be tried again. */
export function isDeadlock(error: unknown): boolean {
  return (error as { code?: unknown }).code === '40P01';
}

/** A unique index was about to be broken: 23505 of PostgreSQL, 2067 of SQLite. */
export function isTaken(error: unknown): boolean {
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  return code === '23505' || errcode === 2067;
}

/** What has to be written with an investigation: its alarms, its storm's new state, who did it. */
export async function follow(tx: Kysely<Tables>, after: Investigation, audit: NewAudit | null): Promise<void> {
  for (const { arn } of after.alarms) {
    await tx
      .insertInto('alarms')
      .values({ alarm_arn: arn, investigation_id: after.id })
      .onConflict(conflict => conflict.doNothing())
      .execute();
  }
  if (after.storm !== null) {
    await tx.updateTable('storms').set({ version: sql`version + 1` }).where('id', '=', after.storm.id).execute();
  }
  if (audit !== null) await tx.insertInto('audit').values(auditRow(audit, after)).execute();
}

export function documentOf(row: { document: string; version: number }): Investigation {
  const stored: Omit<Investigation, 'occurrenceCount'> & { occurrenceCount?: number } = JSON.parse(row.document);
  const { occurrenceCount = stored.occurrences.length } = stored;
  return { ...nothingYet(), ...stored, occurrenceCount, version: row.version };
}

/** The document and the copies of its fields that queries need. What was due already keeps its place in the queue. */
export function columnsOf(investigation: Investigation, dueAt: string | null) {
  const { id, state, conversation, target, updatedAt } = investigation;
  return {
    id,
    version: investigation.version,
    team_id: conversation.teamId,
    channel_id: conversation.channelId,
    account_id: target.accountId ?? '',
    region: target.region,
    api_id: target.apiId,
    stage: target.stage,
    state,
    owner: investigation.owner,
    storm_id: investigation.storm?.id ?? null,
    document: JSON.stringify(investigation),
    due_at: nextDue(investigation, dueAt),
    requested_by: requester(investigation),
    excerpts_since: oldestExcerpt(investigation),
    recovered_at: investigation.recovered?.at ?? null,
    created_at: investigation.createdAt,
    updated_at: updatedAt,
  } satisfies Partial<InvestigationsTable>;
}
