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
import type { After } from './answers.ts';
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

export interface PublisherDependencies extends DeliveryDependencies {
  /** The nine steps and five diagnoses, in order. */
  checks: readonly Check[];
  bot(): { id: string; name: string; workspaceUrl: string };
  after: After;
  /** The newest record. */
  read(id: string): Promise<Investigation | null>;
}

export interface Publisher extends Outlets {
  /** Opens the evidence of `step:4` as a message of the thread; it is kept up to date from then on. */
  showEvidence(investigation: Investigation, check: string): Promise<void>;
  /** The bot was let into a channel: what Slack refused there is tried again. */
  retry(ids: readonly string[]): Promise<void>;
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
/** How often a record that could not be published is tried again, and how long after. */
const retries = 5;
const retryMs = 5_000;

export function createPublisher(dependencies: PublisherDependencies): Publisher {
  const { ledger, checks, answers, bot, clock, after, log, read } = dependencies;
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
    if (stopped) return;
    const entry = held.get(investigation.id) ?? hold(investigation);
    // Whoever read it longer ago must not undo what was written since.
    if (investigation.version >= entry.thread.latest.version) entry.thread.latest = investigation;
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

  /** A record that cannot be shown is a defect: it is logged once, and the other messages go out all the same. */
  function render(thread: Thread): void {
    for (const slot of thread.slots.values()) {
      try {
        want(slot, messageFor(thread.latest, slot.purpose, checks));
      } catch (error) {
        want(slot, null);
        if (slot.brokenVersion === thread.latest.version) continue;
        slot.brokenVersion = thread.latest.version;
        log.error(
          { err: error, investigationId: thread.latest.id, purpose: slot.purpose },
          'A message could not be made of an investigation, so it is not sent.',
        );
      }
    }
  }

  /** Publishes, and where the store does not answer tries again with what is newest then. */
  async function publish(investigation: Investigation, triesLeft = retries): Promise<void> {
    try {
      await update(investigation);
    } catch (error) {
      const about = { err: error, investigationId: investigation.id };
      if (triesLeft === 0) {
        log.error(about, 'An investigation could not be published, and is given up until it changes.');
        return;
      }
      log.warn(about, 'An investigation could not be published; it is tried again shortly.');
      after(retryMs, () => {
        if (stopped) return;
        read(investigation.id).then(
          newest => publish(newest ?? investigation, triesLeft - 1),
          () => publish(investigation, triesLeft - 1),
        );
      });
    }
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
    try {
      await deliver(thread, slot);
    } catch (error) {
      slot.sending = false;
      slot.refusedHash = slot.wanted?.hash ?? null;
      log.error({ err: error, investigationId: thread.latest.id, purpose: slot.purpose }, 'A message was given up.');
    }
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
    publish: investigation => publish(investigation),
    async refuse(conversation, refusal) {
      await answers.tellOnce(conversation, refusalMessage(refusal));
    },
    async joined(conversation: Conversation, investigation) {
      // Where else it was asked for may be a private channel.
      const here = conversation.channelId === investigation.conversation.channelId;
      const url = here ? await permalink(investigation.id) : null;
      await answers.tellOnce(conversation, joinedReply(investigation, url, here));
    },
    showEvidence: (investigation, check) =>
      update(investigation, async ({ slots }) => {
        const purpose: MessagePurpose = `evidence:${check}`;
        if (slots.has(purpose)) return;
        const slot = newSlot(purpose);
        slots.set(purpose, slot);
        try {
          const entry = await ledger.intend(investigation.id, purpose, investigation.conversation.channelId);
          if (entry.ts !== null) slots.set(purpose, slotOf(entry));
        } catch (error) {
          slots.delete(purpose);
          throw error;
        }
      }),
    async retry(ids) {
      for (const id of ids) {
        const investigation = await read(id);
        if (investigation === null) continue;
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
