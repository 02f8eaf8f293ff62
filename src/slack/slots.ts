/** What is known of each message: what it should show, and what Slack has of it. No network, no time. */
import { createHash } from 'node:crypto';
import type { Investigation, LedgerEntry, MessagePurpose } from '../investigations/types.ts';
import type { Message } from '../render/blocks.ts';

/** The messages of one investigation. */
export interface Thread {
  /** The newest record. */
  latest: Investigation;
  slots: Map<MessagePurpose, Slot>;
  /** What the asker was told in private already. */
  told: Set<string>;
}

/** One message. */
export interface Slot {
  purpose: MessagePurpose;
  /** null: there is nothing to show yet. */
  wanted: Wanted | null;
  /** null: not posted, as far as is known. */
  ts: string | null;
  sentHash: string | null;
  /** Nobody knows whether it was posted. */
  mayExist: boolean;
  sending: boolean;
  /** Milliseconds since 1970, here and below. */
  sentAt: number;
  retryAt: number;
  failures: number;
  /** Content that Slack refused. */
  refusedHash: string | null;
  /** Slack did not take its blocks: text only. */
  plain: boolean;
  /** Where it was, and was deleted by somebody. */
  deletedTs: string | null;
  /** Version of the record that no message could be made of. */
  brokenVersion: number | null;
}

export interface Wanted {
  message: Message;
  hash: string;
}

const fixedPurposes: readonly MessagePurpose[] = ['card', 'playbook', 'diagnoses'];

export function newThread(latest: Investigation): Thread {
  return { latest, slots: new Map(fixedPurposes.map(purpose => [purpose, newSlot(purpose)])), told: new Set() };
}

export function newSlot(purpose: MessagePurpose): Slot {
  return {
    purpose,
    wanted: null,
    ts: null,
    sentHash: null,
    mayExist: false,
    sending: false,
    sentAt: Number.NEGATIVE_INFINITY,
    retryAt: 0,
    failures: 0,
    refusedHash: null,
    plain: false,
    deletedTs: null,
    brokenVersion: null,
  };
}

/** A message that an earlier process has posted, or meant to. */
export function slotOf({ purpose, ts, contentHash }: LedgerEntry): Slot {
  return { ...newSlot(purpose), ts, sentHash: contentHash, mayExist: ts === null };
}

export function want(slot: Slot, message: Message | null): void {
  // The last resort for blocks that Slack does not take.
  const shown = message !== null && slot.plain ? { text: message.text, blocks: [] } : message;
  slot.wanted = shown === null ? null : { message: shown, hash: hashOf(shown) };
}

function hashOf(message: Message): string {
  return createHash('sha256').update(JSON.stringify(message)).digest('base64url');
}

/** A run under way is progress; everything else is what somebody waits for. */
export function isUrgent(thread: Thread): boolean {
  return thread.latest.state !== 'investigating';
}

/** It differs from what Slack shows, and may be sent. */
export function isDue(thread: Thread, slot: Slot): boolean {
  const { wanted } = slot;
  if (wanted === null || slot.sending || wanted.hash === slot.sentHash || wanted.hash === slot.refusedHash)
    return false;
  // A channel that refused us is not asked again for mere progress.
  if (slot.refusedHash !== null && !isUrgent(thread)) return false;
  return slot.purpose === 'card' || rootOf(thread, slot) !== null;
}

export function isAtRest(thread: Thread): boolean {
  return [...thread.slots.values()].every(slot => !slot.sending && !isDue(thread, slot));
}

/** The message whose thread this one belongs to; null for a card that stands in the channel, and before there is one. */
export function rootOf(thread: Thread, slot: Slot): string | null {
  const { threadTs } = thread.latest.conversation;
  if (threadTs !== null || slot.purpose === 'card') return threadTs;
  return thread.slots.get('card')?.ts ?? null;
}

/** The most awaited first: a verdict before progress, the card before its thread. */
export function rankOf(thread: Thread, slot: Slot): number {
  return (isUrgent(thread) ? 0 : 10) + rankOfPurpose(slot.purpose);
}

function rankOfPurpose(purpose: MessagePurpose): number {
  if (purpose === 'card') return 0;
  if (purpose === 'playbook') return 2;
  return purpose === 'diagnoses' ? 3 : 1;
}
