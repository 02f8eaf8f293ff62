/** What Slack may not show yet: investigations and storms whose newest version was not published. */
import { type Kysely, type Selectable, sql } from 'kysely';
import { documentOf } from './store.ts';
import type { StormsTable, Tables } from './tables.ts';
import type { Investigation, Storm } from './types.ts';

export type OutboxStore = ReturnType<typeof createOutboxStore>;

export function createOutboxStore(db: Kysely<Tables>) {
  return {
    /**
     * The longest unpublished first.
     * @param perChannel as many of each channel at most, beside `underWay`: one that lags holds up no other
     * @param underWay ids that are looked at in any case
     */
    async unpublished(
      perChannel: number,
      underWay: readonly string[],
    ): Promise<{ id: string; version: number; channel: string }[]> {
      const rows = await db
        .selectFrom(query =>
          query
            .selectFrom('investigations')
            .select(['id', 'version', 'team_id', 'channel_id', 'updated_at'])
            .select(sql<number>`ROW_NUMBER() OVER (PARTITION BY team_id, channel_id ORDER BY updated_at)`.as('place'))
            .whereRef('published_version', '<', 'version')
            .as('waiting'),
        )
        .select(['id', 'version', 'team_id', 'channel_id'])
        .where(row => row.or([row('place', '<=', perChannel), row('id', 'in', underWay.length > 0 ? underWay : [''])]))
        .orderBy('updated_at')
        .execute();
      return rows.map(({ id, version, team_id, channel_id }) => ({ id, version, channel: `${team_id} ${channel_id}` }));
    },

    async unpublishedStorms(limit: number): Promise<Storm[]> {
      const rows = await db
        .selectFrom('storms')
        .selectAll('storms')
        .select(query => [
          query
            .selectFrom('investigations')
            .select(member => member.fn.countAll<number | string>().as('total'))
            .whereRef('storm_id', '=', 'storms.id')
            .as('total'),
          query
            .selectFrom('investigations')
            .select(member => member.fn.countAll<number | string>().as('investigating'))
            .whereRef('storm_id', '=', 'storms.id')
            .where('state', '=', 'investigating')
            .as('investigating'),
        ])
        .whereRef('published_version', '<', 'version')
        .orderBy('last_at')
        .limit(limit)
        .execute();
      return rows.map(stormOf);
    },

    /** What a storm's message lists: those that are open first, and the longest open of them. */
    async members(stormId: string, limit: number): Promise<Investigation[]> {
      const rows = await db
        .selectFrom('investigations')
        .select(['document', 'version'])
        .where('storm_id', '=', stormId)
        .orderBy(sql`CASE WHEN state IN ('recovered', 'resolved') THEN 1 ELSE 0 END`)
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

type StormRow = Selectable<StormsTable> & { total: number | string | null; investigating: number | string | null };

function stormOf(row: StormRow): Storm {
  return {
    id: row.id,
    version: row.version,
    teamId: row.team_id,
    channelId: row.channel_id,
    startedAt: row.started_at,
    // PostgreSQL counts in 64 bits, which come as text.
    total: Number(row.total),
    investigating: Number(row.investigating),
  };
}
