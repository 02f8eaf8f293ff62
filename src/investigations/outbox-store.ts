/** What Slack may not show yet: investigations and storms whose newest version was not published. */
import type { Kysely, Selectable } from 'kysely';
import { documentOf } from './store.ts';
import type { StormsTable, Tables } from './tables.ts';
import type { Investigation, Storm } from './types.ts';

export type OutboxStore = ReturnType<typeof createOutboxStore>;

export function createOutboxStore(db: Kysely<Tables>) {
  return {
    /** The longest unpublished first. */
    async unpublished(limit: number): Promise<{ id: string; version: number }[]> {
      return db
        .selectFrom('investigations')
        .select(['id', 'version'])
        .whereRef('published_version', '<', 'version')
        .orderBy('updated_at')
        .limit(limit)
        .execute();
    },

    async unpublishedStorms(limit: number): Promise<Storm[]> {
      const rows = await db
        .selectFrom('storms')
        .selectAll()
        .whereRef('published_version', '<', 'version')
        .orderBy('last_at')
        .limit(limit)
        .execute();
      return rows.map(stormOf);
    },

    /** What a storm's message lists, oldest first. */
    async members(stormId: string, limit: number): Promise<Investigation[]> {
      const rows = await db
        .selectFrom('investigations')
        .select(['document', 'version'])
        .where('storm_id', '=', stormId)
        .orderBy('created_at')
        .orderBy('id')
        .limit(limit)
        .execute();
      return rows.map(documentOf);
    },

    /** Slack shows this version, or one that is newer. */
    async published(table: 'investigations' | 'storms', id: string, version: number): Promise<void> {
      await db
        .updateTable(table)
        .set({ published_version: version })
        .where('id', '=', id)
        .where('published_version', '<', version)
        .execute();
    },
  };
}

export function stormOf(row: Selectable<StormsTable>): Storm {
  return {
    id: row.id,
    version: row.version,
    teamId: row.team_id,
    channelId: row.channel_id,
    startedAt: row.started_at,
  };
}
