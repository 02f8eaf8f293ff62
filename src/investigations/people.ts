/** What people do with an investigation beside running it: hand it on, note, watch, answer. */
import { redact } from '../redact.ts';
import type { NewAudit } from './audit.ts';
import { accepted, answerable, declined, offered, taken } from './handoffs.ts';
import { isOpen, showing, withThread } from './record.ts';
import { watching } from './schedule.ts';
import type { Store } from './store.ts';
import type {
  Answerer,
  Feedback,
  HandoffAnswer,
  HandoffWords,
  Investigation,
  Investigations,
  Note,
  Receiver,
} from './types.ts';

export interface PeopleDependencies {
  store: Store;
  clock: () => Date;
  newId: () => string;
  /** An investigation has changed. */
  changed(): void;
}

type UseCases = Pick<
  Investigations,
  'show' | 'openThread' | 'note' | 'watch' | 'feedback' | 'offer' | 'accept' | 'decline'
>;

/** Longest text of a person that is kept. */
const longest = 3_000;
/** As many notes as a record keeps. */
const notesKept = 200;

export function createPeople({ store, clock, newId, changed }: PeopleDependencies): UseCases {
  const now = () => clock().toISOString();

  /** `gone`: there is none, or it may not be changed so any more. */
  async function change(
    id: string,
    update: (before: Investigation) => Investigation | null,
    audit: NewAudit | null,
  ): Promise<'ok' | 'gone'> {
    let result = 'gone' as 'ok' | 'gone';
    await store.change(
      id,
      before => {
        const after = update(before);
        result = after === null ? 'gone' : 'ok';
        return after ?? before;
      },
      { audit: () => audit },
    );
    if (result === 'ok') changed();
    return result;
  }

  async function answer(
    id: string,
    handoffId: string,
    by: Answerer,
    action: 'handoff_accepted' | 'handoff_declined',
    words: string,
  ): Promise<HandoffAnswer> {
    const said = masked(words);
    let result = { outcome: 'gone' } as HandoffAnswer;
    await store.change(
      id,
      before => {
        result = answerable(before, handoffId, by);
        if (result.outcome !== 'done') return before;
        const apply = action === 'handoff_accepted' ? accepted : declined;
        return apply(before, handoffId, by.userId, said, now());
      },
      { audit: () => ({ who: by.userId, action, via: 'slack', detail: said }) },
    );
    if (result.outcome === 'done') changed();
    return result;
  }

  return {
    async show(id, check) {
      await change(id, before => showing(before, check, now()), null);
    },

    openThread: (id, by) =>
      change(
        id,
        before => {
          const after = withThread(before);
          return after === before ? before : { ...after, updatedAt: now() };
        },
        { who: by, action: 'thread_opened', via: 'slack', detail: 'Opened from the storm message.' },
      ),

    note: (id, by, text, link) =>
      change(
        id,
        before => {
          const note: Note = { id: newId(), by, at: now(), text: masked(text), link };
          return { ...before, notes: [...before.notes, note].slice(-notesKept), updatedAt: note.at };
        },
        { who: by, action: 'note_added', via: 'slack', detail: masked(text).slice(0, 200) },
      ),

    watch: (id, by, on) =>
      change(id, before => (isOpen(before) ? watching(before, by, on, now()) : null), {
        who: by,
        action: on ? 'watch_started' : 'watch_stopped',
        via: 'slack',
        detail: '',
      }),

    feedback: (id, by, answer, words) =>
      change(
        id,
        before => {
          const cause = before.record?.report.verdict.causes[0]?.id ?? null;
          const feedback: Feedback = { by, at: now(), answer, cause, words: words === null ? null : masked(words) };
          const others = before.feedback.filter(one => one.by !== by);
          return { ...before, feedback: [...others, feedback], updatedAt: feedback.at };
        },
        { who: by, action: 'feedback', via: 'slack', detail: answer },
      ),

    async offer(id: string, by: string, to: Receiver, words: HandoffWords) {
      const own = to.kind === 'user' && to.id === by;
      const offer = { id: newId(), by, to, words: maskedWords(words) };
      const result = await change(
        id,
        before => {
          if (before.state === 'resolved') return null;
          return own ? taken(before, offer, now()) : offered(before, offer, now());
        },
        {
          who: by,
          action: own ? 'taken' : 'handoff_offered',
          via: 'slack',
          detail: own ? 'Took it over.' : `Offered to ${to.id}.`,
        },
      );
      return result === 'gone' ? 'gone' : own ? 'taken' : 'offered';
    },

    accept: (id, handoffId, by, words) => answer(id, handoffId, by, 'handoff_accepted', words),
    decline: (id, handoffId, by, words) => answer(id, handoffId, by, 'handoff_declined', words),
  };
}

function masked(text: string): string {
  return redact(text.slice(0, longest)).trim();
}

function maskedWords({ state, impact, tried, next, contingency }: HandoffWords): HandoffWords {
  return {
    state: masked(state),
    impact: masked(impact),
    tried: masked(tried),
    next: masked(next),
    contingency: masked(contingency),
  };
}
