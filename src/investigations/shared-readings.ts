/** What replicas read once for all of them, for about a minute; diagnosis takes it as it is, by its shape. */
import type { Kysely } from 'kysely';
import type { Tables } from './tables.ts';

export function createSharedReadings(db: Kysely<Tables>, clock: () => Date) {
  const now = () => clock().toISOString();
  return {
    /** What was written under the key and still holds; null: nothing. */
    async read(key: string): Promise<string | null> {
      const row = await db
        .selectFrom('shared_readings')
        .select('value')
        .where('key', '=', key)
        .where('expires_at', '>', now())
        .executeTakeFirst();
      return row?.value ?? null;
    },

    /** `untilMs`: epoch milliseconds up to which it holds. What holds no more is removed with it. */
    async write(key: string, value: string, untilMs: number): Promise<void> {
      const expires_at = new Date(untilMs).toISOString();
      await db
        .insertInto('shared_readings')
        .values({ key, value, expires_at })
        .onConflict(conflict => conflict.column('key').doUpdateSet({ value, expires_at }))
        .execute();
      await db.deleteFrom('shared_readings').where('expires_at', '<=', now()).execute();
    },
  };
}
