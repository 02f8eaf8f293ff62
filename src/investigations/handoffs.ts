/** Who has an investigation, and how it passes from one to another. Pure. */
import { withThread } from './record.ts';
import { openOffer } from './schedule.ts';
import type { Answerer, Handoff, HandoffAnswer, HandoffWords, Investigation, Receiver } from './types.ts';

const minuteMs = 60_000;
/** An offer that nobody has answered is called to mind once, and then goes to the fallback. */
const remindAfterMs = 10 * minuteMs;
const fallBackAfterMs = 20 * minuteMs;

export interface Offer {
  id: string;
  by: string;
  to: Receiver;
  words: HandoffWords;
}

/** Until it is accepted, whoever has it keeps it. An offer that was open gives way. */
export function offered(investigation: Investigation, { id, by, to, words }: Offer, at: string): Investigation {
  const open = openOffer(investigation);
  // A form that is delivered twice is one offer.
  if (open !== null && open.from === by && isSame(open.to, to) && isSame(open.words, words)) return investigation;
  const handoff: Handoff = {
    id,
    from: by,
    owner: investigation.owner,
    to,
    words,
    offeredAt: at,
    state: 'offered',
    remindAt: later(at, remindAfterMs),
    fallbackAt: later(at, fallBackAfterMs),
    reminded: false,
    fellBack: false,
    answer: null,
  };
  return { ...withThread(investigation), handoffs: [...closed(investigation, at, by), handoff], updatedAt: at };
}

function isSame<T extends object>(one: T, other: T): boolean {
  return Object.entries(one).every(([name, value]) => other[name as keyof T] === value);
}

/** Somebody takes it over themselves: nobody else has to agree, and everybody sees it. */
export function taken(investigation: Investigation, { id, by, to, words }: Offer, at: string): Investigation {
  if (investigation.owner === by) return investigation;
  const handoff: Handoff = {
    id,
    from: investigation.owner ?? by,
    owner: investigation.owner,
    to,
    words,
    offeredAt: at,
    state: 'taken',
    remindAt: null,
    fallbackAt: null,
    reminded: false,
    fellBack: false,
    answer: { by, at, words: '' },
  };
  return {
    ...withThread(investigation),
    owner: by,
    handoffs: [...closed(investigation, at, by), handoff],
    updatedAt: at,
  };
}

/** The earlier handoffs, with none left open. */
function closed(investigation: Investigation, at: string, by: string): Handoff[] {
  const open = openOffer(investigation);
  return investigation.handoffs.map(one => (one === open ? answered(one, 'superseded', { by, at, words: '' }) : one));
}

/** Whether this person may answer this offer, and whether somebody has. */
export function answerable(investigation: Investigation, handoffId: string, by: Answerer): HandoffAnswer {
  const handoff = investigation.handoffs.find(one => one.id === handoffId);
  if (handoff === undefined || investigation.state === 'resolved') return { outcome: 'gone' };
  if (!isReceiver(handoff.to, by)) return { outcome: 'not_yours', to: handoff.to };
  return handoff.state === 'offered' ? { outcome: 'done' } : { outcome: 'answered', handoff };
}

function isReceiver(to: Receiver, { userId, groups }: Answerer): boolean {
  return to.kind === 'user' ? to.id === userId : groups.includes(to.id);
}

export function accepted(investigation: Investigation, handoffId: string, by: string, words: string, at: string) {
  const handoffs = answerOf(investigation, handoffId, 'accepted', { by, at, words });
  return { ...investigation, owner: by, handoffs, updatedAt: at };
}

export function declined(investigation: Investigation, handoffId: string, by: string, words: string, at: string) {
  return {
    ...investigation,
    handoffs: answerOf(investigation, handoffId, 'declined', { by, at, words }),
    updatedAt: at,
  };
}

function answerOf(
  { handoffs }: Investigation,
  handoffId: string,
  state: 'accepted' | 'declined',
  answer: NonNullable<Handoff['answer']>,
): Handoff[] {
  return handoffs.map(one => (one.id === handoffId ? answered(one, state, answer) : one));
}

function answered(handoff: Handoff, state: Handoff['state'], answer: NonNullable<Handoff['answer']>): Handoff {
  return { ...handoff, state, answer, remindAt: null, fallbackAt: null };
}

/** The reminder, or the word to the fallback, is in the thread from now on. */
export function reminded(investigation: Investigation, at: string): Investigation {
  return withOpenOffer(investigation, at, { reminded: true, remindAt: null });
}

export function fellBack(investigation: Investigation, at: string): Investigation {
  return withOpenOffer(investigation, at, { fellBack: true, fallbackAt: null, remindAt: null });
}

function withOpenOffer(investigation: Investigation, at: string, change: Partial<Handoff>): Investigation {
  const open = openOffer(investigation);
  if (open === null) return investigation;
  const handoffs = investigation.handoffs.map(one => (one === open ? { ...one, ...change } : one));
  return { ...investigation, handoffs, updatedAt: at };
}

function later(at: string, ms: number): string {
  return new Date(Date.parse(at) + ms).toISOString();
}
