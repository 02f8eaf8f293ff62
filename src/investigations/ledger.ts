/** Which Slack messages exist for an investigation; an intent is written before a message is posted. */
import type { Kysely, Selectable } from 'kysely';
import type { MessagesTable, Tables } from './tables.ts';
import type { Ledger, LedgerEntry, MessagePurpose } from './types.ts';

export function createLedger(db: Kysely<Tables>, clock: () => Date): Ledger {
  async function find(investigationId: string, purpose: MessagePurpose): Promise<LedgerEntry | null> {
    const row = await db
      .selectFrom('messages')
      .selectAll()
      .where('investigation_id', '=', investigationId)
      .where('purpose', '=', purpose)
      .executeTakeFirst();
    return row === undefined ? null : toEntry(row);
  }

  return {
    find,
    async intend(investigationId, purpose, channelId) {
      const intended = await db
        .insertInto('messages')
        .values({
          investigation_id: investigationId,
          purpose,
          channel_id: channelId,
          ts: null,
          intended_at: clock().toISOString(),
          content_hash: null,
        })
        .onConflict(conflict => conflict.columns(['investigation_id', 'purpose']).doNothing())
        .returningAll()
        .executeTakeFirst();
      if (intended !== undefined) return toEntry(intended);
      const existing = await find(investigationId, purpose);
      if (existing === null) throw new Error(`The message ${purpose} of ${investigationId} was removed meanwhile.`);
      return existing;
    },
    async posted(investigationId, purpose, ts, contentHash) {
      await db
        .updateTable('messages')
        .set({ ts, content_hash: contentHash })
        .where('investigation_id', '=', investigationId)
        .where('purpose', '=', purpose)
        .execute();
    },
    async all(investigationId) {
      const rows = await db
        .selectFrom('messages')
        .selectAll()
        .where('investigation_id', '=', investigationId)
        .orderBy('intended_at')
        .orderBy('purpose')
        .execute();
      return rows.map(toEntry);
    },
  };
}

function toEntry(row: Selectable<MessagesTable>): LedgerEntry {
  return {
    investigationId: row.investigation_id,
    purpose: row.purpose as MessagePurpose,
    channelId: row.channel_id,
    ts: row.ts,
    intendedAt: row.intended_at,
    contentHash: row.content_hash,
  };
}
