/** Nothing is kept longer than it is said to be: log excerpts 14 days, investigations as configured. */
import { withoutExcerptsBefore } from './record.ts';
import type { Store } from './store.ts';

const excerptDays = 14;

/** Removes what is too old; `retentionDays` counts from an investigation's last change. */
export async function sweep(store: Store, now: Date, retentionDays: number): Promise<void> {
  await store.deleteOlderThan(daysBefore(now, retentionDays));
  const cutoff = daysBefore(now, Math.min(excerptDays, retentionDays));
  for (const id of await store.withExcerptsBefore(cutoff)) {
    await store.change(id, investigation => withoutExcerptsBefore(investigation, cutoff));
  }
}

function daysBefore(now: Date, days: number): string {
  return new Date(now.getTime() - days * 24 * 60 * 60_000).toISOString();
}
