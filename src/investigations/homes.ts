/** Whose App Home is open, or was lately: it is kept up to date for them. */
import type { Kysely } from 'kysely';
import type { Tables } from './tables.ts';

const keptForMs = 24 * 60 * 60_000;
/** The newest ones: `views.publish` allows about 100 calls a minute. https://docs.slack.dev/reference/methods/views.publish */
const mostViewers = 50;

export function createHomes(db: Kysely<Tables>, clock: () => Date) {
  return {
    async opened(teamId: string, userId: string): Promise<void> {
      const openedAt = clock().toISOString();
      await db
        .insertInto('homes')
        .values({ team_id: teamId, user_id: userId, opened_at: openedAt })
        .onConflict(conflict => conflict.columns(['team_id', 'user_id']).doUpdateSet({ opened_at: openedAt }))
        .execute();
    },
    async viewers(teamId: string): Promise<string[]> {
      const since = new Date(clock().getTime() - keptForMs).toISOString();
      const rows = await db
        .selectFrom('homes')
        .select('user_id')
        .where('team_id', '=', teamId)
        .where('opened_at', '>=', since)
        .orderBy('opened_at', 'desc')
        .limit(mostViewers)
        .execute();
      return rows.map(row => row.user_id);
    },
  };
}
