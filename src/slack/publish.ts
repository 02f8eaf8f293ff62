/**
 * Brings records to Slack: one card for each investigation, edited in place, and its thread; one message for a storm.
 * Every message is rendered from the newest record, and only those whose content has changed are sent, as fast as
 * Slack allows.
 */
import type { Conversation, Investigation, Outlets } from '../investigations/types.ts';
import { UntoldError } from '../investigations/untold.ts';
import type { Message } from '../render/blocks.ts';
import { alarmRefusalMessage, refusalMessage } from '../render/refusals.ts';
import { joinedReply } from '../render/replies.ts';
import type { After } from './answers.ts';
import { channelOf, createDelivery, type DeliveryDependencies } from './deliver.ts';
import { createPace } from './pace.ts';
import {
  answerSubject,
  type PostingOptions,
  questionSubject,
  type Subject,
  stormSubject,
  subjectOf,
} from './postings.ts';
import { isAtRest, isDue, isUrgent, newThread, rootOf, type Slot, show, slotOf, type Thread } from './slots.ts';

export interface PublisherDependencies extends DeliveryDependencies, PostingOptions {
  bot(): { id: string; name: string; workspaceUrl: string };
  after: After;
  /** False where another process publishes: nothing is sent to a channel then. */
  mayPublish(): boolean;
}

export interface Publisher extends Pick<Outlets, 'publish' | 'publishStorm' | 'refuse' | 'joined'> {
  /** The bot was let into a channel: what Slack refused there is tried again. */
  retry(investigations: readonly Investigation[]): Promise<void>;
  /** Where the card is; null while it is not posted. */
  permalink(investigationId: string): Promise<string | null>;
  /** Posts the answer to a mention in its thread, once; rejects with UntoldError where a later try may succeed. */
  answer(conversation: Conversation, message: Message): Promise<void>;
  /** Resolves when everything that can be sent was sent. */
  settled(): Promise<void>;
  /** Sends what is left within `graceMs`, and nothing after it. False where Slack has not answered a message yet. */
  stop(graceMs: number): Promise<boolean>;
}

/** A thread, while it is held in memory; the ledger knows everything that one at rest does. */
interface Held {
  thread: Thread;
  loaded: Promise<void>;
  users: number;
  /** Who waits until it is at rest. */
  waiting: PromiseWithResolvers<void>[];
  /** Another process publishes since. */
  dropped: boolean;
}

/** What was to be sent is sent by another process. */
class NotPublishingError extends Error {
  constructor() {
    super('Another process publishes now.');
  }
}

const progressGapMs = 3_000;

export function createPublisher(dependencies: PublisherDependencies): Publisher {
  const { ledger, answers, bot, clock, after, log, mayPublish } = dependencies;
  const pace = createPace();
  const deliver = createDelivery(dependencies, pace);
  const held = new Map<string, Held>();
  let cancelWake = () => {};
  let stopped = false;

  const now = () => clock().getTime();

  /** Resolves when Slack shows the record, or a newer one, or never will. */
  async function publish(subject: Subject): Promise<void> {
    await atRest(await update(subject));
  }

  /** Takes over the newest record and hands over what is to be sent. */
  async function update(subject: Subject, change: (thread: Thread) => void = () => {}): Promise<Held> {
    if (stopped) throw new Error('Nothing is published any more.');
    const entry = held.get(subject.id) ?? hold(subject);
    // Whoever read it longer ago must not undo what was written since.
    if (subject.version >= entry.thread.latest.version) entry.thread.latest = subject;
    entry.users += 1;
    try {
      await entry.loaded;
      change(entry.thread);
    } finally {
      entry.users -= 1;
    }
    render(entry.thread);
    pump();
    return entry;
  }

  function atRest({ thread, waiting, dropped }: Held): Promise<void> {
    if (isAtRest(thread)) return Promise.resolve();
    if (dropped) return Promise.reject(new NotPublishingError());
    const rest = Promise.withResolvers<void>();
    waiting.push(rest);
    return rest.promise;
  }

  function hold(subject: Subject): Held {
    const { id } = subject;
    const thread = newThread(subject);
    const loaded = ledger.all(id).then(
      entries => {
        for (const entry of entries) thread.slots.set(entry.purpose, slotOf(entry));
      },
      error => {
        held.delete(id);
        throw error;
      },
    );
    const entry: Held = { thread, loaded, users: 0, waiting: [], dropped: false };
    held.set(id, entry);
    return entry;
  }

  /** A record that cannot be shown is a defect: it is logged once, and what Slack shows stays as it is. */
  function render(thread: Thread): void {
    const { latest } = thread;
    try {
      const link = () => {
        const root = rootOf(thread);
        return root === null ? null : addressOf(channelOf(thread, root), root.ts);
      };
      const before = link();
      show(thread, latest.render(before));
      // Which message is the root, a thread that was read from the ledger learns by this.
      if (link() !== before) show(thread, latest.render(link()));
    } catch (error) {
      if (thread.brokenVersion === latest.version) return;
      thread.brokenVersion = latest.version;
      log.error({ err: error, investigationId: latest.id }, 'No messages could be made of a record, so none is sent.');
    }
  }

  /** Sends what may be sent now, and comes back when more may. */
  function pump(): void {
    cancelWake();
    if (stopped) return;
    if (!mayPublish()) {
      drop();
      return;
    }
    let wake = Number.POSITIVE_INFINITY;
    for (const { thread, slot } of due()) {
      const at = sendAt(thread, slot);
      if (at <= now()) void send(thread, slot);
      else wake = Math.min(wake, at);
    }
    if (Number.isFinite(wake)) cancelWake = after(Math.max(1, wake - now()), pump);
    forget();
  }

  /** Another process publishes: what is known here grows old, and the outbox brings what is newest when it is our turn. */
  function drop(): void {
    // What is on its way keeps its channel's turn until Slack has answered (pace.ts), and is found there by its metadata.
    for (const [id, entry] of held) {
      entry.dropped = true;
      held.delete(id);
      for (const { reject } of entry.waiting.splice(0)) reject(new NotPublishingError());
    }
  }

  async function send(thread: Thread, slot: Slot): Promise<void> {
    try {
      await deliver(thread, slot, mayPublish);
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
      .sort((a, b) => a.slot.rank - b.slot.rank);
  }

  function sendAt(thread: Thread, slot: Slot): number {
    if (slot.ts === null) return Math.max(pace.postAt(channelOf(thread, slot), now()), slot.retryAt);
    const urgent = isUrgent(thread);
    return Math.max(pace.editAt(urgent, now()), slot.retryAt, urgent ? 0 : slot.sentAt + progressGapMs);
  }

  /** Tells those who wait, and lets go of what is done with; while a run is under way, more comes soon. */
  function forget(): void {
    for (const [id, { thread, users, waiting }] of held) {
      if (!isAtRest(thread)) continue;
      for (const { resolve } of waiting.splice(0)) resolve();
      if (users === 0 && isUrgent(thread)) held.delete(id);
    }
  }

  async function settled(): Promise<void> {
    const moving = () => [...held.values()].filter(({ thread, users }) => users > 0 || !isAtRest(thread));
    for (let rest = moving(); rest.length > 0; rest = moving()) {
      await Promise.allSettled(rest.map(entry => entry.loaded.then(() => atRest(entry))));
    }
  }

  /** Posts a question by itself: whoever works off the inbox asks it, at the channel's pace. */
  async function ask(subject: Subject): Promise<void> {
    const thread = newThread(subject);
    for (const entry of await ledger.all(subject.id)) thread.slots.set(entry.purpose, slotOf(entry));
    render(thread);
    for (const slot of thread.slots.values()) {
      if (!isDue(thread, slot)) continue;
      await turnIn(channelOf(thread, slot));
      await deliver(thread, slot, () => true);
      if (slot.ts === null && slot.refusedHash === null) throw new UntoldError(Math.max(0, slot.retryAt - now()));
    }
  }

  /** Resolves when a message may be posted in the channel, and takes that turn. */
  async function turnIn(channelId: string): Promise<void> {
    for (;;) {
      const waitMs = pace.postAt(channelId, now()) - now();
      if (waitMs <= 0) return;
      const passed = Promise.withResolvers<void>();
      after(Math.min(waitMs, 1_000), passed.resolve);
      await passed.promise;
    }
  }

  function addressOf(channelId: string, ts: string | null): string | null {
    return ts === null ? null : `${bot().workspaceUrl}archives/${channelId}/p${ts.replace('.', '')}`;
  }

  async function permalink(investigationId: string): Promise<string | null> {
    const entry = await ledger.find(investigationId, 'card');
    return entry === null ? null : addressOf(entry.channelId, entry.ts);
  }

  return {
    publish: investigation => publish(subjectOf(investigation, dependencies)),
    publishStorm: (storm, members) => publish(stormSubject(storm, members)),
    async refuse(conversation, refusal) {
      const asked = conversation.userId !== null;
      const message = asked ? refusalMessage(refusal) : alarmRefusalMessage(refusal);
      if (conversation.mention !== undefined) await ask(answerSubject(conversation, message));
      else if (asked) await answers.tellOnce({ ...conversation, threadTs: null }, message);
      else await ask(questionSubject(refusal, conversation, message));
    },
    async joined(conversation: Conversation, investigation) {
      if (conversation.userId === null) return;
      // Where else it was asked for may be a private channel.
      const here = conversation.channelId === investigation.conversation.channelId;
      const url = here ? await permalink(investigation.id) : null;
      const you = conversation.mention === undefined ? conversation.userId : null;
      const message = joinedReply(investigation, url, here, you);
      if (conversation.mention !== undefined) await ask(answerSubject(conversation, message));
      else await answers.tellOnce({ ...conversation, threadTs: null }, message);
    },
    answer: (conversation, message) => ask(answerSubject(conversation, message)),
    async retry(investigations) {
      for (const investigation of investigations) {
        await update(subjectOf(investigation, dependencies), ({ slots }) => {
          for (const slot of slots.values()) slot.refusedHash = null;
        });
      }
    },
    permalink,
    settled,
    async stop(graceMs) {
      const grace = Promise.withResolvers<void>();
      const cancel = after(graceMs, grace.resolve);
      await Promise.race([settled(), grace.promise]);
      cancel();
      stopped = true;
      cancelWake();
      return ![...held.values()].some(({ thread }) => [...thread.slots.values()].some(slot => slot.sending));
    },
  };
}
