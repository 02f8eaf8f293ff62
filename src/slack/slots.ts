/** What is known of each message: what it should show, and what Slack has of it. No network, no time. */
import { createHash } from 'node:crypto';
import type { LedgerEntry, MessagePurpose } from '../investigations/types.ts';
import type { Message } from '../render/blocks.ts';
import type { ChartData } from '../render/chart.ts';
import type { Posting, PostingMessage, Subject } from './postings.ts';

/** The messages of one record. */
export interface Thread {
  /** The newest record. */
  latest: Subject;
  /** What it should show; null: no messages could be made of it. */
  posting: Posting | null;
  slots: Map<MessagePurpose, Slot>;
  /** Version of the record that no messages could be made of. */
  brokenVersion: number | null;
}

/** One message. */
export interface Slot {
  purpose: MessagePurpose;
  place: PostingMessage['place'];
  broadcast: boolean;
  rank: number;
  /** null: there is nothing to show yet. */
  wanted: Wanted | null;
  /** Where it was posted, or is about to be; null: where its thread is. */
  channelId: string | null;
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
  /** What Slack takes of it: all blocks, only the older kinds, or none. */
  takes: 'all' | 'classic' | 'text';
  /** Where it was, and was deleted by somebody. */
  deletedTs: string | null;
  /** Of a picture: the file that its message shows; null while none is uploaded. */
  uploaded: { fileId: string; title: string; altText: string } | null;
}

export type Wanted = WantedMessage | WantedPicture;

export interface WantedPicture {
  picture: ChartData;
  /** Always the same: a picture that is there does not change. */
  hash: string;
}

export interface WantedMessage {
  message: Pick<Message, 'text' | 'blocks'>;
  /** It can be said in older kinds of blocks too. */
  hasClassic: boolean;
  hash: string;
}

export function newThread(latest: Subject): Thread {
  return { latest, posting: null, slots: new Map(), brokenVersion: null };
}

function newSlot(purpose: MessagePurpose): Slot {
  return {
    purpose,
    place: 'thread',
    broadcast: false,
    rank: 0,
    wanted: null,
    channelId: null,
    ts: null,
    sentHash: null,
    mayExist: false,
    sending: false,
    sentAt: Number.NEGATIVE_INFINITY,
    retryAt: 0,
    failures: 0,
    refusedHash: null,
    takes: 'all',
    deletedTs: null,
    uploaded: null,
  };
}

/** A message that an earlier process has posted, or meant to. */
export function slotOf({ purpose, channelId, ts, contentHash }: LedgerEntry): Slot {
  return { ...newSlot(purpose), channelId, ts, sentHash: contentHash, mayExist: ts === null };
}

/** Takes over what the messages should be. One that is wanted no more stays as it is. */
export function show(thread: Thread, posting: Posting): void {
  thread.posting = posting;
  for (const { purpose, place, broadcast = false, rank, message, picture } of posting.messages) {
    const slot = thread.slots.get(purpose) ?? newSlot(purpose);
    thread.slots.set(purpose, slot);
    Object.assign(slot, { place, broadcast, rank });
    if (picture === undefined) want(slot, message);
    else slot.wanted = { picture, hash: pictureHash };
  }
}

const pictureHash = 'picture';

function want(slot: Slot, message: Message | null): void {
  if (message === null) {
    slot.wanted = null;
    return;
  }
  const { text, blocks, classic } = message;
  const taken = { all: blocks, classic: classic ?? blocks, text: [] }[slot.takes];
  const shown = { text, blocks: taken };
  slot.wanted = { message: shown, hasClassic: classic !== undefined, hash: hashOf(shown) };
}

function hashOf(message: WantedMessage['message']): string {
  return createHash('sha256').update(JSON.stringify(message)).digest('base64url');
}

/** It differs from what Slack shows, and may be sent. */
export function isDue(thread: Thread, slot: Slot): boolean {
  const { wanted } = slot;
  if (wanted === null || slot.sending || wanted.hash === slot.sentHash || wanted.hash === slot.refusedHash)
    return false;
  // A channel that refused us is not asked again for mere progress.
  if (slot.refusedHash !== null && !isUrgent(thread)) return false;
  return slot.place !== 'thread' || threadOf(thread, slot) !== null;
}

/** A run under way is progress; everything else is what somebody waits for. */
export function isUrgent({ posting }: Thread): boolean {
  return posting?.urgent ?? true;
}

export function isAtRest(thread: Thread): boolean {
  return [...thread.slots.values()].every(slot => !slot.sending && !isDue(thread, slot));
}

/** The thread that a message stands in; null for a root in the channel, and before there is one. */
export function threadOf(thread: Thread, slot: Slot): string | null {
  if (typeof slot.place === 'object') return null;
  const own = thread.posting?.threadTs ?? null;
  if (own !== null || slot.place === 'root') return own;
  return rootOf(thread)?.ts ?? null;
}

/** The message that the others are the thread of. */
export function rootOf(thread: Thread): Slot | null {
  return [...thread.slots.values()].find(slot => slot.place === 'root') ?? null;
}
