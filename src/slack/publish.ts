/**
 * Brings the record to the channel: one card for each investigation, edited in place, and its thread. Every message is
 * rendered from the newest record, and only those whose content has changed are sent, as fast as Slack allows.
 */
import type { Conversation, Investigation, MessagePurpose, Outlets } from '../investigations/types.ts';
import type { Message } from '../render/blocks.ts';
import { card } from '../render/card.ts';
import { evidenceMessage } from '../render/evidence.ts';
import { type Check, playbookMessage } from '../render/playbook.ts';
import { refusalMessage } from '../render/refusals.ts';
import { joinedReply } from '../render/replies.ts';
import { createDelivery, type DeliveryDependencies } from './deliver.ts';
import { createPace } from './pace.ts';
import {
  isAtRest,
  isDue,
  isUrgent,
  newSlot,
  newThread,
  rankOf,
  type Slot,
  slotOf,
  type Thread,
  want,
} from './slots.ts';

/** Runs a function later; answers how to call it off. */
export type After = (ms: number, run: () => void) => () => void;

export interface PublisherDependencies extends DeliveryDependencies {
  /** The nine steps and five diagnoses, in order. */
  checks: readonly Check[];
  bot(): { id: string; name: string; workspaceUrl: string };
  after: After;
}

export interface Publisher extends Outlets {
  /** Opens the evidence of `step:4` as a message of the thread; it is kept up to date from then on. */
  showEvidence(investigation: Investigation, check: string): Promise<void>;
  /** The bot was let into a channel: what Slack refused there is tried again. */
  retry(investigations: readonly Investigation[]): Promise<void>;
  /** Where the card is; null while it is not posted. */
  permalink(investigationId: string): Promise<string | null>;
  /** Resolves when everything that can be sent was sent. */
  settled(): Promise<void>;
  /** Sends what is left within `graceMs`, and nothing after it. */
  stop(graceMs: number): Promise<void>;
}

/** A thread, while it is held in memory; the ledger knows everything that one at rest does. */
interface Held {
  thread: Thread;
  loaded: Promise<void>;
  users: number;
}

const progressGapMs = 3_000;

export function createPublisher(dependencies: PublisherDependencies): Publisher {
  const { ledger, checks, answers, bot, clock, after } = dependencies;
  const pace = createPace();
  const deliver = createDelivery(dependencies, pace);
  const held = new Map<string, Held>();
  let cancelWake = () => {};
  let stopped = false;
  const waiting: (() => void)[] = [];

  const now = () => clock().getTime();

  /** Applies the newest record and hands over what is to be sent. */
  async function update(
    investigation: Investigation,
    change: (thread: Thread) => Promise<void> | void = () => {},
  ): Promise<void> {
    const entry = held.get(investigation.id) ?? hold(investigation);
    entry.thread.latest = investigation;
    entry.users += 1;
    try {
      await entry.loaded;
      await change(entry.thread);
    } finally {
      entry.users -= 1;
    }
    render(entry.thread);
    pump();
  }

  function hold(investigation: Investigation): Held {
    const { id } = investigation;
    const thread = newThread(investigation);
    const loaded = ledger.all(id).then(
      entries => {
        for (const entry of entries) thread.slots.set(entry.purpose, slotOf(entry));
      },
      error => {
        held.delete(id);
        throw error;
      },
    );
    const entry = { thread, loaded, users: 0 };
    held.set(id, entry);
    return entry;
  }

  function render(thread: Thread): void {
    for (const slot of thread.slots.values()) want(slot, messageFor(thread.latest, slot.purpose, checks));
  }

  /** Sends what may be sent now, and comes back when more may. */
  function pump(): void {
    cancelWake();
    if (stopped) return;
    let wake = Number.POSITIVE_INFINITY;
    for (const { thread, slot } of due()) {
      const at = sendAt(thread, slot);
      if (at <= now()) void send(thread, slot);
      else wake = Math.min(wake, at);
    }
    if (Number.isFinite(wake)) cancelWake = after(Math.max(1, wake - now()), pump);
    forget();
    if (!isQuiet()) return;
    for (const resolve of waiting.splice(0)) resolve();
  }

  async function send(thread: Thread, slot: Slot): Promise<void> {
    await deliver(thread, slot);
    render(thread);
    pump();
  }

  function due(): { thread: Thread; slot: Slot }[] {
    return [...held.values()]
      .flatMap(({ thread }) => [...thread.slots.values()].map(slot => ({ thread, slot })))
      .filter(({ thread, slot }) => isDue(thread, slot))
      .sort((a, b) => rankOf(a.thread, a.slot) - rankOf(b.thread, b.slot));
  }

  function sendAt(thread: Thread, slot: Slot): number {
    if (slot.ts === null) return Math.max(pace.postAt(thread.latest.conversation.channelId, now()), slot.retryAt);
    const urgent = isUrgent(thread);
    return Math.max(pace.editAt(urgent, now()), slot.retryAt, urgent ? 0 : slot.sentAt + progressGapMs);
  }

  function isQuiet(): boolean {
    return [...held.values()].every(({ thread }) => isAtRest(thread));
  }

  function quiet(): Promise<void> {
    return isQuiet() ? Promise.resolve() : new Promise(resolve => waiting.push(resolve));
  }

  function forget(): void {
    for (const [id, { thread, users }] of held) {
      if (users === 0 && isUrgent(thread) && isAtRest(thread)) held.delete(id);
    }
  }

  async function permalink(investigationId: string): Promise<string | null> {
    const entry = await ledger.find(investigationId, 'card');
    if (entry?.ts == null) return null;
    return `${bot().workspaceUrl}archives/${entry.channelId}/p${entry.ts.replace('.', '')}`;
  }

  return {
    publish: investigation => update(investigation),
    async refuse(conversation, refusal) {
      await answers.tell(conversation, refusalMessage(refusal));
    },
    async joined(conversation: Conversation, investigation) {
      await answers.tell(conversation, joinedReply(investigation, await permalink(investigation.id)));
    },
    showEvidence: (investigation, check) =>
      update(investigation, async ({ slots }) => {
        const purpose: MessagePurpose = `evidence:${check}`;
        if (slots.has(purpose)) return;
        slots.set(purpose, newSlot(purpose));
        await ledger.intend(investigation.id, purpose, investigation.conversation.channelId);
      }),
    async retry(investigations) {
      for (const investigation of investigations) {
        await update(investigation, ({ slots }) => {
          for (const slot of slots.values()) slot.refusedHash = null;
        });
      }
    },
    permalink,
    settled: quiet,
    async stop(graceMs) {
      const grace = Promise.withResolvers<void>();
      const cancel = after(graceMs, grace.resolve);
      await Promise.race([quiet(), grace.promise]);
      cancel();
      stopped = true;
      cancelWake();
    },
  };
}

function messageFor(investigation: Investigation, purpose: MessagePurpose, checks: readonly Check[]): Message | null {
  switch (purpose) {
    case 'card':
      return card(investigation, checks);
    case 'playbook':
      return playbookMessage(investigation, checks, 'step');
    case 'diagnoses':
      return playbookMessage(investigation, checks, 'diagnosis');
    default:
      return evidenceMessage(investigation, checks, purpose.slice('evidence:'.length));
  }
}
