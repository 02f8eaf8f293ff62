/** The queries on accepted triggers, and the one that makes an investigation of them. */
import { randomUUID } from 'node:crypto';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { AlarmNotice, Candidate, Trigger } from '../diagnosis/types.ts';
import type { NewAudit } from './audit.ts';
import type { Database } from './database.ts';
import { type Claimed, type Lease, LeaseLostError } from './leases.ts';
import { columnsOf, documentOf, follow, isDeadlock, isTaken, lockFor, type OnAudit, openStates } from './store.ts';
import type { InboxTable, Tables } from './tables.ts';
import type { Accepted, Conversation, InboxItem, Investigation, MessagePurpose, Submission } from './types.ts';

export type InboxStore = ReturnType<typeof createInboxStore>;

/** What a trigger does to the investigation that is there already. */
export interface Joining {
  fresh: Investigation;
  join(known: Investigation): Investigation;
  /** One that has recovered since then is opened again; null: never. */
  recoveredSince: string | null;
  /** What is written of it, in the same transaction. */
  audit(investigation: Investigation, outcome: Joined['outcome']): NewAudit;
}

export interface Joined {
  investigation: Investigation;
  outcome: 'opened' | 'joined' | 'reopened';
}

/** What machines open in a channel after this many new investigations within a minute is a storm. */
const stormAfter = 5;
const stormWithinMs = 60_000;
/** A storm goes on for as long as new ones come at least this often. */
const stormGapMs = 10 * 60_000;

export function createInboxStore(
  { db, kind }: Pick<Database, 'db' | 'kind'>,
  clock: () => Date,
  onAudit: OnAudit = () => undefined,
) {
  const now = () => clock().toISOString();
  const before = (ms: number) => new Date(clock().getTime() - ms).toISOString();

  /** Stores a trigger once; a repeat answers the first one's id. */
  async function accept({ key, trigger, conversation }: Submission): Promise<Accepted> {
    const receivedAt = now();
    const inserted = await db
      .insertInto('inbox')
      .values({
        id: randomUUID(),
        key,
        state: 'new',
        trigger: JSON.stringify(trigger),
        conversation: conversation === null ? null : JSON.stringify(conversation),
        candidates: null,
        joined: null,
        alarm_arn: subjectOf(trigger),
        received_at: receivedAt,
        lease_holder: null,
        lease_until: null,
        attempts: 0,
      })
      .onConflict(conflict => conflict.column('key').doNothing())
      .returning('id')
      .executeTakeFirst();
    if (inserted !== undefined) return { inboxId: inserted.id, repeated: false, firstAt: receivedAt };
    const first = await db
      .selectFrom('inbox')
      .select(['id', 'received_at'])
      .where('key', '=', key)
      .executeTakeFirstOrThrow();
    return { inboxId: first.id, repeated: true, firstAt: first.received_at };
  }

  async function item(id: string): Promise<InboxItem | null> {
    const row = await db.selectFrom('inbox').selectAll().where('id', '=', id).executeTakeFirst();
    return row === undefined ? null : itemOf(row);
  }

  /** Whether another trigger of the same alarm has led to such a message in the channel, since `since`; null: ever. */
  async function wasTold(
    { id, trigger }: InboxItem,
    purpose: MessagePurpose,
    { channelId, since }: { channelId: string; since: string | null },
  ): Promise<boolean> {
    let query = db
      .selectFrom('inbox')
      .innerJoin('messages', 'messages.investigation_id', 'inbox.id')
      .select('inbox.id')
      .where('inbox.alarm_arn', '=', subjectOf(trigger))
      .where('inbox.id', '!=', id)
      .where('messages.purpose', '=', purpose)
      .where('messages.channel_id', '=', channelId)
      .where('messages.ts', 'is not', null);
    if (since !== null) query = query.where('inbox.received_at', '>=', since);
    return (await query.limit(1).executeTakeFirst()) !== undefined;
  }

  /** What an alarm has said last of those that were worked off, by its own clock: SNS keeps no order. null: nothing since. */
  async function newestNotice(arn: string, since: string): Promise<AlarmNotice | null> {
    const rows = await db
      .selectFrom('inbox')
      .select('trigger')
      .where('alarm_arn', '=', arn)
      .where('state', '!=', 'new')
      .where('received_at', '>=', since)
      .execute();
    return rows.reduce<AlarmNotice | null>((newest, row) => {
      const { alarm } = JSON.parse(row.trigger) as Trigger;
      return alarm !== undefined && (newest === null || alarm.at > newest.at) ? alarm : newest;
    }, null);
  }

  /**
   * The least often cut off, then longest waiting trigger that nobody holds; what one alarm says is taken in order, one
   * at a time.
   */
  async function claim(lease: Lease): Promise<Claimed<InboxItem> | null> {
    const row = await db
      .updateTable('inbox')
      .set({ lease_holder: lease.holder, lease_until: lease.until, attempts: sql`attempts + 1` })
      .where('id', '=', query =>
        query
          .selectFrom('inbox as waiting')
          .select('waiting.id')
          .where('waiting.state', '=', 'new')
          .where(on => on.or([on('waiting.lease_until', 'is', null), on('waiting.lease_until', '<=', now())]))
          .where(on =>
            on.or([
              on('waiting.alarm_arn', 'is', null),
              on.not(
                on.exists(
                  on
                    .selectFrom('inbox as earlier')
                    .select('earlier.id')
                    .whereRef('earlier.alarm_arn', '=', 'waiting.alarm_arn')
                    .where('earlier.state', '=', 'new')
                    .where(those =>
                      those.or([
                        those('earlier.received_at', '<', those.ref('waiting.received_at')),
                        those.and([
                          those('earlier.received_at', '=', those.ref('waiting.received_at')),
                          those('earlier.id', '<', those.ref('waiting.id')),
                        ]),
                      ]),
                    ),
                ),
              ),
            ]),
          )
          // What was cut off comes after what was not: work that ends the process each time holds up nothing else.
          .orderBy('waiting.attempts')
          .orderBy('waiting.received_at')
          .orderBy('waiting.id')
          .limit(1)
          .$if(kind === 'postgres', one => one.forUpdate().skipLocked()),
      )
      .returningAll()
      .executeTakeFirst();
    return row === undefined ? null : { value: itemOf(row), cutOff: row.attempts - 1 };
  }

  /** A route was found for an alarm: where it goes stays the same from then on. */
  async function keepConversation(id: string, conversation: Conversation, holder: string): Promise<void> {
    await held(id, holder, { conversation: JSON.stringify(conversation) });
  }

  /** What the buttons of a refusal stand for; stored before they are shown. */
  async function keepCandidates(id: string, candidates: Candidate[], holder: string): Promise<void> {
    await held(id, holder, { candidates: JSON.stringify(candidates) });
  }

  async function finish(id: string, state: 'done' | 'failed', holder: string): Promise<void> {
    await held(id, holder, { state, lease_holder: null, lease_until: null });
  }

  /** Whoever waits for its answer could not be told: it is taken up again at `at`, or at the next start. */
  async function postpone(id: string, at: string, holder: string): Promise<void> {
    await db
      .updateTable('inbox')
      .set({ lease_holder: null, lease_until: at, attempts: sql`attempts - 1` })
      .where('id', '=', id)
      .where('lease_holder', '=', holder)
      .execute();
  }

  async function held(id: string, holder: string, change: Partial<InboxTable>): Promise<void> {
    await db.updateTable('inbox').set(change).where('id', '=', id).where('lease_holder', '=', holder).execute();
  }

  /**
   * Opens an investigation and closes the inbox item; or joins the one that is open for the same API and stage, or has
   * just recovered, and leaves the item to be closed when its asker is told. One transaction: of two triggers at once,
   * one opens and the other joins.
   */
  async function openOrJoin(inboxId: string, joining: Joining, holder: string): Promise<Joined> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const joined = await db.transaction().execute(tx => tryOpenOrJoin(tx, inboxId, joining, holder));
        onAudit(joining.audit(joined.investigation, joined.outcome), joined.investigation);
        return joined;
      } catch (error) {
        if (!(error instanceof OutrunError || isTaken(error) || isDeadlock(error))) throw error;
        if (attempt === 10) throw new Error('An investigation could be neither opened nor joined.', { cause: error });
      }
    }
  }

  async function tryOpenOrJoin(
    tx: Kysely<Tables>,
    inboxId: string,
    { fresh, join, recoveredSince, audit }: Joining,
    holder: string,
  ): Promise<Joined> {
    async function mark(change: Partial<InboxTable>): Promise<void> {
      const marked = await tx
        .updateTable('inbox')
        .set(change)
        .where('id', '=', inboxId)
        .where('lease_holder', '=', holder)
        .returning('id')
        .executeTakeFirst();
      if (marked === undefined) throw new LeaseLostError(`inbox item ${inboxId}`);
    }

    const { team_id, account_id, region, api_id, stage } = columnsOf(fresh, null);
    const known = await tx
      .selectFrom('investigations')
      .select(['id', 'document', 'version', 'due_at', 'state'])
      .where(on => on.and({ team_id, account_id, region, api_id, stage }))
      .where(on =>
        on.or([
          on('state', 'in', openStates),
          on.and([on('state', '=', 'recovered'), on('recovered_at', '>=', recoveredSince ?? '9999')]),
        ]),
      )
      // An open one before one that has recovered: there is at most one of them.
      .orderBy('recovered_at', 'desc')
      .orderBy('created_at', 'desc')
      .$if(kind === 'postgres', one => one.forUpdate())
      .execute();
    const row = known.find(one => one.state !== 'recovered') ?? known[0];
    if (row === undefined) {
      const opened = await inStorm(tx, fresh);
      const inserted = await tx
        .insertInto('investigations')
        .values({
          ...columnsOf(opened, null),
          published_version: 0,
          lease_holder: null,
          lease_until: null,
          attempts: 0,
        })
        .onConflict(conflict => conflict.doNothing())
        .returning('id')
        .executeTakeFirst();
      if (inserted === undefined) throw new OutrunError();
      await mark({ state: 'done', lease_holder: null, lease_until: null });
      await follow(tx, opened, audit(opened, 'opened'));
      return { investigation: opened, outcome: 'opened' };
    }
    const before = documentOf(row);
    const investigation = { ...join(before), version: row.version + 1 };
    const outcome = before.state === 'recovered' ? 'reopened' : 'joined';
    const written = await tx
      .updateTable('investigations')
      .set(columnsOf(investigation, row.due_at))
      .where('id', '=', row.id)
      .where('version', '=', row.version)
      .returning('id')
      .executeTakeFirst();
    if (written === undefined) throw new OutrunError();
    await mark({ joined: row.id });
    await follow(tx, investigation, audit(investigation, outcome));
    return { investigation, outcome };
  }

  /** Whether a new investigation belongs to a storm in its channel; then it is listed there instead of shown. */
  async function inStorm(tx: Kysely<Tables>, fresh: Investigation): Promise<Investigation> {
    const { teamId, channelId, threadTs } = fresh.conversation;
    // A person who asked, or a post that was asked about, has an answer of its own.
    if (fresh.trigger.by !== null || threadTs !== null) return fresh;
    // Otherwise two replicas could each begin a storm in one channel.
    if (kind === 'postgres') await lockFor(tx, `storm ${channelId}`);
    const current = await tx
      .selectFrom('storms')
      .select('id')
      .where('team_id', '=', teamId)
      .where('channel_id', '=', channelId)
      .where('last_at', '>=', before(stormGapMs))
      .orderBy('last_at', 'desc')
      .executeTakeFirst();
    if (current !== undefined) {
      await tx.updateTable('storms').set({ last_at: now() }).where('id', '=', current.id).execute();
      return { ...fresh, storm: { id: current.id, opened: false } };
    }
    const recent = await tx
      .selectFrom('investigations')
      .select('id')
      .where('team_id', '=', teamId)
      .where('channel_id', '=', channelId)
      .where('created_at', '>', before(stormWithinMs))
      .limit(stormAfter)
      .execute();
    if (recent.length < stormAfter) return fresh;
    const id = randomUUID();
    await tx
      .insertInto('storms')
      .values({
        id,
        team_id: teamId,
        channel_id: channelId,
        started_at: now(),
        last_at: now(),
        version: 1,
        published_version: 0,
      })
      .execute();
    return { ...fresh, storm: { id, opened: false } };
  }

  return { accept, item, wasTold, newestNotice, claim, keepConversation, keepCandidates, finish, postpone, openOrJoin };
}

/** What a machine speaks of: its alarm, or what a post points to. What is said of one is taken in order. */
function subjectOf({ kind, alarm, request }: Trigger): string | null {
  return alarm?.arn ?? (kind === 'post' ? request.target : null);
}

/** It was opened, closed or changed by somebody else between two statements; nothing of the transaction is kept. */
class OutrunError extends Error {}

function itemOf(row: Selectable<InboxTable>): InboxItem {
  return {
    id: row.id,
    key: row.key,
    trigger: JSON.parse(row.trigger),
    conversation: row.conversation === null ? null : JSON.parse(row.conversation),
    candidates: row.candidates === null ? null : JSON.parse(row.candidates),
    joined: row.joined,
    state: row.state,
    receivedAt: row.received_at,
  };
}
