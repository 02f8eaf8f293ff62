/** Every query on the store, each visible here. Writers of a leased row name their lease and fail without it. */
import { randomUUID } from 'node:crypto';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { Candidate } from '../diagnosis/types.ts';
import { isPending, oldestExcerpt, requester } from './record.ts';
import type { InboxTable, InvestigationsTable, Tables } from './tables.ts';
import type { InboxItem, Investigation, OpenFilter, Submission } from './types.ts';

/** A hold on a row: until it ends, or is renewed, nobody else works on it. */
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

export type Store = ReturnType<typeof createStore>;

export function createStore(db: Kysely<Tables>, clock: () => Date) {
  const now = () => clock().toISOString();

  /** Stores a trigger once; a repeat answers the first one's id. */
  async function accept({ key, trigger, conversation }: Submission): Promise<{ inboxId: string; repeated: boolean }> {
    const inserted = await db
      .insertInto('inbox')
      .values({
        id: randomUUID(),
        key,
        state: 'new',
        trigger: JSON.stringify(trigger),
        conversation: JSON.stringify(conversation),
        candidates: null,
        joined: null,
        received_at: now(),
        lease_holder: null,
        lease_until: null,
        attempts: 0,
      })
      .onConflict(conflict => conflict.column('key').doNothing())
      .returning('id')
      .executeTakeFirst();
    if (inserted !== undefined) return { inboxId: inserted.id, repeated: false };
    const first = await db.selectFrom('inbox').select('id').where('key', '=', key).executeTakeFirstOrThrow();
    return { inboxId: first.id, repeated: true };
  }

  async function inboxItem(id: string): Promise<InboxItem | null> {
    const row = await db.selectFrom('inbox').selectAll().where('id', '=', id).executeTakeFirst();
    return row === undefined ? null : toInboxItem(row);
  }

  async function claimInbox(lease: Lease): Promise<Claimed<InboxItem> | null> {
    const row = await db
      .updateTable('inbox')
      .set({ lease_holder: lease.holder, lease_until: lease.until, attempts: sql`attempts + 1` })
      .where('id', '=', query =>
        query
          .selectFrom('inbox as waiting')
          .select('waiting.id')
          .where('waiting.state', '=', 'new')
          .where(on => on.or([on('waiting.lease_until', 'is', null), on('waiting.lease_until', '<=', now())]))
          .orderBy('waiting.received_at')
          .orderBy('waiting.id')
          .limit(1),
      )
      .returningAll()
      .executeTakeFirst();
    return row === undefined ? null : { value: toInboxItem(row), cutOff: row.attempts - 1 };
  }

  /** What the buttons of a refusal stand for; stored before they are shown. */
  async function keepCandidates(id: string, candidates: Candidate[], holder: string): Promise<void> {
    await db
      .updateTable('inbox')
      .set({ candidates: JSON.stringify(candidates) })
      .where('id', '=', id)
      .where('lease_holder', '=', holder)
      .execute();
  }

  async function finishInbox(id: string, state: 'done' | 'failed', holder: string): Promise<void> {
    await db
      .updateTable('inbox')
      .set({ state, lease_holder: null, lease_until: null })
      .where('id', '=', id)
      .where('lease_holder', '=', holder)
      .execute();
  }

  /** Whoever waits for its answer could not be told: it is taken up again at `at`, or at the next start. */
  async function postponeInbox(id: string, at: string, holder: string): Promise<void> {
    await db
      .updateTable('inbox')
      .set({ lease_holder: null, lease_until: at, attempts: sql`attempts - 1` })
      .where('id', '=', id)
      .where('lease_holder', '=', holder)
      .execute();
  }

  /**
   * Opens an investigation and closes the inbox item; or joins the one that is open for the same API and stage, and
   * leaves the item to be closed when its asker is told. One transaction: of two triggers at once, one opens and the
   * other joins.
   */
  async function openOrJoin(
    item: InboxItem,
    fresh: Investigation,
    join: (open: Investigation) => Investigation,
    holder: string,
  ): Promise<{ investigation: Investigation; joined: boolean }> {
    return db.transaction().execute(async tx => {
      async function mark(change: Partial<InboxTable>): Promise<void> {
        const marked = await tx
          .updateTable('inbox')
          .set(change)
          .where('id', '=', item.id)
          .where('lease_holder', '=', holder)
          .returning('id')
          .executeTakeFirst();
        if (marked === undefined) throw new LeaseLostError(`inbox item ${item.id}`);
      }
      const inserted = await tx
        .insertInto('investigations')
        .values({ ...columnsOf(fresh, null), lease_holder: null, lease_until: null, attempts: 0 })
        .onConflict(conflict => conflict.doNothing())
        .returning('id')
        .executeTakeFirst();
      if (inserted !== undefined) {
        await mark({ state: 'done', lease_holder: null, lease_until: null });
        return { investigation: fresh, joined: false };
      }
      const { team_id, account_id, region, api_id, stage } = columnsOf(fresh, null);
      const row = await tx
        .selectFrom('investigations')
        .select(['id', 'document', 'version', 'due_at'])
        .where(on => on.and({ team_id, account_id, region, api_id, stage }))
        .where('state', 'in', ['investigating', 'diagnosed'])
        .executeTakeFirstOrThrow();
      const investigation = { ...join(documentOf(row)), version: row.version + 1 };
      await mark({ joined: row.id });
      await tx
        .updateTable('investigations')
        .set(columnsOf(investigation, row.due_at))
        .where('id', '=', row.id)
        .where('version', '=', row.version)
        .returning('id')
        .executeTakeFirstOrThrow();
      return { investigation, joined: true };
    });
  }

  async function get(id: string): Promise<Investigation | null> {
    const row = await db
      .selectFrom('investigations')
      .select(['document', 'version'])
      .where('id', '=', id)
      .executeTakeFirst();
    return row === undefined ? null : documentOf(row);
  }

  function open({ teamId, channelId }: OpenFilter) {
    const query = db
      .selectFrom('investigations')
      .where('team_id', '=', teamId)
      .where('state', 'in', ['investigating', 'diagnosed']);
    return channelId === undefined ? query : query.where('channel_id', '=', channelId);
  }

  async function listOpen(filter: OpenFilter, limit?: number): Promise<Investigation[]> {
    const query = open(filter).select(['document', 'version']).orderBy('updated_at', 'desc');
    return (await (limit === undefined ? query : query.limit(limit)).execute()).map(documentOf);
  }

  async function countOpen(filter: OpenFilter): Promise<number> {
    const { count } = await open(filter)
      .select(row => row.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    return count;
  }

  /** Whatever changed since `since`, newest first. */
  async function changedSince(since: string, limit: number): Promise<Investigation[]> {
    const rows = await db
      .selectFrom('investigations')
      .select(['document', 'version'])
      .where('updated_at', '>=', since)
      .orderBy('updated_at', 'desc')
      .limit(limit)
      .execute();
    return rows.map(documentOf);
  }

  /**
   * Reads, changes and writes one investigation; where somebody else wrote in between, `update` is called again on
   * what they wrote. It answers the same object to leave all as it is, and is told whether somebody is at work on it.
   * null: there is none. With a holder, rejects with LeaseLostError where the lease is not held any more.
   */
  async function change(
    id: string,
    update: (investigation: Investigation, held: boolean) => Investigation,
    holder?: string,
  ): Promise<Investigation | null> {
    for (;;) {
      const row = await db
        .selectFrom('investigations')
        .select(['id', 'document', 'version', 'due_at', 'lease_holder'])
        .where('id', '=', id)
        .executeTakeFirst();
      if (row === undefined) return null;
      if (holder !== undefined && row.lease_holder !== holder) throw new LeaseLostError(`investigation ${id}`);
      const before = documentOf(row);
      const changed = update(before, row.lease_holder !== null);
      if (changed === before) return before;
      const after = { ...changed, version: row.version + 1 };
      let write = db
        .updateTable('investigations')
        .set(columnsOf(after, row.due_at))
        .where('id', '=', id)
        .where('version', '=', row.version);
      if (holder !== undefined) write = write.where('lease_holder', '=', holder);
      if ((await write.returning('id').executeTakeFirst()) !== undefined) return after;
    }
  }

  /** The longest due investigation that nobody holds, of a person who has fewer than `perPerson` under way. */
  async function claimDue(lease: Lease, perPerson: number): Promise<Claimed<Investigation> | null> {
    const row = await db
      .updateTable('investigations')
      .set({
        lease_holder: lease.holder,
        lease_until: lease.until,
        attempts: sql`attempts + 1`,
        // Whoever read it before it was taken up, and writes that it waits, has to read it again.
        version: sql`version + 1`,
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
          .orderBy('due.due_at')
          .orderBy('due.id')
          .limit(1),
      )
      .returning(['id', 'document', 'version', 'attempts'])
      .executeTakeFirst();
    return row === undefined ? null : { value: documentOf(row), cutOff: row.attempts - 1 };
  }

  async function renew(table: LeasedTable, holders: readonly string[], until: string): Promise<void> {
    await db.updateTable(table).set({ lease_until: until }).where('lease_holder', 'in', holders).execute();
  }

  /** Ends leases. `finished`: the work is done; otherwise it was given back, and that is no failed attempt. */
  async function release(table: LeasedTable, holders: readonly string[], finished: boolean): Promise<void> {
    await db
      .updateTable(table)
      .set({ lease_holder: null, lease_until: null, attempts: finished ? 0 : sql`attempts - 1` })
      .where('lease_holder', 'in', holders)
      .execute();
  }

  /** Ends every lease: only where the processes that held them are known to be dead. */
  async function releaseAll(): Promise<void> {
    for (const table of ['inbox', 'investigations'] as const) {
      await db.updateTable(table).set({ lease_holder: null, lease_until: null }).execute();
    }
  }

  async function deleteOlderThan(cutoff: string): Promise<void> {
    await db.transaction().execute(async tx => {
      await tx
        .deleteFrom('investigations')
        .where('updated_at', '<', cutoff)
        .where('lease_holder', 'is', null)
        .execute();
      await tx
        .deleteFrom('messages')
        .where('investigation_id', 'not in', query => query.selectFrom('investigations').select('id'))
        .execute();
      await tx.deleteFrom('inbox').where('received_at', '<', cutoff).where('state', '!=', 'new').execute();
    });
  }

  async function withExcerptsBefore(cutoff: string): Promise<string[]> {
    const rows = await db.selectFrom('investigations').select('id').where('excerpts_since', '<', cutoff).execute();
    return rows.map(row => row.id);
  }

  /** Rejects where the store does not answer. */
  async function ping(): Promise<void> {
    await sql`SELECT 1`.execute(db);
  }

  return {
    accept,
    inboxItem,
    claimInbox,
    keepCandidates,
    finishInbox,
    postponeInbox,
    openOrJoin,
    get,
    listOpen,
    countOpen,
    changedSince,
    change,
    claimDue,
    renew,
    release,
    releaseAll,
    deleteOlderThan,
    withExcerptsBefore,
    ping,
  };
}

function documentOf(row: { document: string; version: number }): Investigation {
  return { ...JSON.parse(row.document), version: row.version };
}

/** The document and the copies of its fields that queries need. What was due already keeps its place in the queue. */
function columnsOf(investigation: Investigation, dueAt: string | null) {
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
    document: JSON.stringify(investigation),
    due_at: isPending(investigation) ? (dueAt ?? updatedAt) : null,
    requested_by: requester(investigation),
    excerpts_since: oldestExcerpt(investigation),
    updated_at: updatedAt,
  } satisfies Partial<InvestigationsTable>;
}

function toInboxItem(row: Selectable<InboxTable>): InboxItem {
  return {
    id: row.id,
    key: row.key,
    trigger: JSON.parse(row.trigger),
    conversation: JSON.parse(row.conversation),
    candidates: row.candidates === null ? null : JSON.parse(row.candidates),
    joined: row.joined,
    state: row.state,
    receivedAt: row.received_at,
  };
}
