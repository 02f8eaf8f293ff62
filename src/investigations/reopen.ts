/** Taking a closing back. */
import { calmed, knowing } from './alarms.ts';
import type { InboxStore } from './inbox-store.ts';
import { unresolve } from './record.ts';
import { isTaken, type Store } from './store.ts';
import type { Investigation, Investigations } from './types.ts';

export interface ReopenDependencies {
  store: Store;
  inbox: Pick<InboxStore, 'newestNotice'>;
  clock: () => Date;
  /** It is open again, and a run of it may be due. */
  onReopened(investigation: Investigation): Promise<void>;
}

/** The one that was open at the same place may end at this moment. */
const attempts = 3;

export function createReopen({ store, inbox, clock, onReopened }: ReopenDependencies): Investigations['reopen'] {
  return async (id, by) => {
    const closed = await store.get(id);
    if (closed === null) return { outcome: 'gone' };
    // What its alarms said while it was closed changed nothing then.
    const notices = await Promise.all(closed.alarms.map(({ arn, at }) => inbox.newestNotice(arn, at)));
    const heard = notices.filter((notice, index) => notice !== null && notice.at > (closed.alarms[index]?.at ?? ''));

    function update(before: Investigation): Investigation {
      const at = clock().toISOString();
      const open = unresolve(before, by, at);
      if (open === before) return before;
      const known = heard.reduce((current, notice) => knowing(current, notice ?? undefined), open);
      return heard.length > 0 ? calmed(known, at) : known;
    }

    for (let attempt = 1; ; attempt += 1) {
      try {
        const audit = () => ({ who: by, action: 'reopened' as const, via: 'slack', detail: 'It was resolved.' });
        const after = await store.change(id, update, { audit });
        if (after === null) return { outcome: 'gone' };
        await onReopened(after);
        return { outcome: 'ok' };
      } catch (error) {
        if (!isTaken(error)) throw error;
        const other = await store.openFor(closed);
        if (other !== null) return { outcome: 'other', investigation: other };
        if (attempt === attempts) throw error;
      }
    }
  };
}
