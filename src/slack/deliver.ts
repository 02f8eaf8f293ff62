/**
 * Sends one message. The intent to post is stored before the post. Where it is open whether a message was posted (a
 * crash, a timeout), it is looked for by its metadata before it is posted again.
 */
import type { WebClient } from '@slack/web-api';
import type { Ledger } from '../investigations/types.ts';
import { chartMessage } from '../render/chart-message.ts';
import { invitable, slackErrorWords } from '../render/replies.ts';
import type { Log } from '../telemetry.ts';
import type { Answers } from './answers.ts';
import { failureOf, type SlackFailure } from './errors.ts';
import { findMessage, type Lost, metadataOf } from './find.ts';
import type { Pace } from './pace.ts';
import { createPictures, type DrawChart } from './pictures.ts';
import { rootOf, type Slot, type Thread, threadOf, type Wanted, type WantedMessage } from './slots.ts';

export interface DeliveryDependencies {
  /** Without retries of its own: a repeated post would be a second message. */
  client: WebClient;
  ledger: Ledger;
  answers: Answers;
  /** The bot as the workspace knows it; read when it is needed, because it is known only after the start. */
  bot(): { id: string; name: string };
  /** null: no charts are posted. */
  draw: DrawChart | null;
  clock: () => Date;
  log: Log;
}

/** What went wrong is written to the slot, which says when to try again; rejects for a defect only. */
export type Deliver = (thread: Thread, slot: Slot, mayPost: () => boolean) => Promise<void>;

/** It took so long to get here that another process may be posting the same. */
class TurnLostError extends Error {}

type Refusal = Extract<SlackFailure, { kind: 'refused' }>;

const longestRetryMs = 60_000;
const tooRich = ['invalid_blocks', 'invalid_blocks_format', 'msg_blocks_too_long', 'msg_too_long'];

export function createDelivery(dependencies: DeliveryDependencies, pace: Pace): Deliver {
  const { client, ledger, answers, bot, clock, log } = dependencies;
  const pictures = createPictures(dependencies);
  const now = () => clock().getTime();

  async function deliver(thread: Thread, slot: Slot, mayPost: () => boolean): Promise<void> {
    const { wanted, ts } = slot;
    if (wanted === null) return;
    if ('picture' in wanted && slot.uploaded === null && !slot.mayExist) {
      if (pictures.areOff()) {
        slot.refusedHash = wanted.hash;
        return;
      }
      // Before its turn in the channel, which others need meanwhile.
      slot.sending = true;
      await pictures.upload(slot, wanted);
      slot.sending = false;
      return;
    }
    const kind = ts === null ? 'post' : 'edit';
    const paced = channelOf(thread, slot);
    slot.sending = true;
    // Said before anything is awaited, so that no other message takes the same turn.
    if (ts === null) pace.posting(paced);
    const failure = await (ts === null ? post(thread, slot, wanted, mayPost) : edit(thread, slot, ts, wanted)).then(
      () => null,
      (error: unknown) => ({ error }),
    );
    if (ts === null) pace.posted(paced, now());
    if (failure === null) slot.failures = 0;
    else await failed(thread, slot, wanted, kind, failure.error);
    slot.sending = false;
  }

  async function post(thread: Thread, slot: Slot, wanted: Wanted, mayPost: () => boolean): Promise<void> {
    const { id } = thread.latest;
    const { channelId: destination } = slot;
    const channelId = destination ?? (await destinationOf(thread, slot));
    const entry = await ledger.intend(id, slot.purpose, channelId);
    slot.channelId = entry.channelId;
    if (entry.ts !== null && entry.ts !== slot.deletedTs) {
      // Somebody else has posted it meanwhile.
      Object.assign(slot, { ts: entry.ts, sentHash: entry.contentHash, mayExist: false });
      return;
    }
    if (slot.mayExist) {
      slot.ts = await lookFor(thread, slot, entry);
      slot.mayExist = false;
      if (slot.ts !== null) {
        // What a message shows may be older than the record; a picture is never edited.
        slot.sentHash = 'picture' in wanted ? wanted.hash : '';
        return ledger.posted(id, slot.purpose, slot.ts, slot.sentHash);
      }
    }
    if (!mayPost()) throw new TurnLostError('Another process publishes now.');
    const shown = shownOf(slot, wanted);
    // A picture that was not found is drawn first.
    if (shown === null) return;
    const ts = await postOnce(thread, slot, entry.channelId, shown);
    Object.assign(slot, { ts, sentAt: now() });
    await ledger.posted(id, slot.purpose, ts, wanted.hash);
    slot.sentHash = wanted.hash;
  }

  /** A direct message has a channel of its own, which Slack makes when it is asked for. */
  async function destinationOf(thread: Thread, slot: Slot): Promise<string> {
    if (typeof slot.place !== 'object') return channelOf(thread, slot);
    const { channel } = await client.conversations.open({ users: slot.place.userId });
    if (channel?.id === undefined) throw new Error(`Slack named no direct message to ${slot.place.userId}.`);
    return channel.id;
  }

  async function postOnce(
    thread: Thread,
    slot: Slot,
    channelId: string,
    shown: WantedMessage['message'],
  ): Promise<string> {
    const threadTs = threadOf(thread, slot);
    slot.mayExist = true;
    try {
      const { ts } = await client.chat.postMessage({
        channel: channelId,
        ...shown,
        ...placed(threadTs, slot.broadcast),
        metadata: metadataOf(thread.latest.id, slot.purpose),
        unfurl_links: false,
        unfurl_media: false,
      });
      if (ts === undefined) throw new Error('Slack did not say which message it posted.');
      slot.mayExist = false;
      return ts;
    } catch (error) {
      slot.mayExist = failureOf(error).kind === 'uncertain';
      throw error;
    }
  }

  /** Without the right to read the channel, a message that may stand there twice is better than none. */
  async function lookFor(
    thread: Thread,
    slot: Slot,
    { channelId, intendedAt }: { channelId: string; intendedAt: string },
  ): Promise<string | null> {
    const lost: Lost = {
      botId: bot().id,
      channelId,
      threadTs: threadOf(thread, slot),
      investigationId: thread.latest.id,
      purpose: slot.purpose,
      intendedAt,
    };
    try {
      return await findMessage(client, lost);
    } catch (error) {
      const failure = failureOf(error);
      if (failure.kind !== 'refused' || failure.code !== 'missing_scope') throw error;
      log.warn(
        { err: error },
        'A message cannot be looked for without the scope channels:history; it is posted again.',
      );
      return null;
    }
  }

  async function edit(thread: Thread, slot: Slot, ts: string, wanted: Wanted): Promise<void> {
    const { id } = thread.latest;
    if ('picture' in wanted) return;
    pace.edited(now());
    slot.sentAt = now();
    const metadata = metadataOf(id, slot.purpose);
    await client.chat.update({ channel: channelOf(thread, slot), ts, ...wanted.message, metadata });
    await ledger.posted(id, slot.purpose, ts, wanted.hash);
    slot.sentHash = wanted.hash;
  }

  async function failed(
    thread: Thread,
    slot: Slot,
    wanted: Wanted,
    kind: 'post' | 'edit',
    error: unknown,
  ): Promise<void> {
    const failure = failureOf(error);
    const about = { err: error, investigationId: thread.latest.id, purpose: slot.purpose };
    switch (failure.kind) {
      case 'rate_limited':
        slot.retryAt = now() + failure.retryAfterMs;
        pace.hold(kind, channelOf(thread, slot), slot.retryAt);
        log.warn({ ...about, retryAfterMs: failure.retryAfterMs }, 'Slack asks to slow down; the message follows.');
        return;
      case 'uncertain':
        slot.failures += 1;
        slot.retryAt = now() + Math.min(longestRetryMs, 1_000 * 2 ** slot.failures);
        log.warn(about, 'It is not known whether a message reached Slack; it is tried again.');
        return;
      case 'refused':
        if ('picture' in wanted) return pictures.refused(slot, wanted, failure.code);
        log.warn({ ...about, code: failure.code }, 'Slack refused a message.');
        await refused(thread, slot, wanted, failure);
    }
  }

  async function refused(thread: Thread, slot: Slot, wanted: WantedMessage, refusal: Refusal): Promise<void> {
    const { code } = refusal;
    if (code === 'message_not_found' && slot.ts !== null) {
      // Somebody deleted it. What has to be said is posted anew.
      slot.deletedTs = slot.ts;
      slot.ts = null;
      slot.sentHash = null;
      return;
    }
    if (tooRich.includes(code) && slot.takes !== 'text') {
      // Newer kinds of blocks come to workspaces one after the other; text alone is the last resort.
      slot.takes = slot.takes === 'all' && wanted.hasClassic ? 'classic' : 'text';
      return;
    }
    slot.refusedHash = wanted.hash;
    // Somebody who takes no direct messages reads the thread.
    if (typeof slot.place !== 'object') await tellUnposted(thread, refusal);
  }

  /** Once for each reason, and once more when there is a verdict. */
  async function tellUnposted({ posting, latest }: Thread, refusal: Refusal): Promise<void> {
    const { code } = refusal;
    if (posting?.unposted == null) return;
    const { to, topic, message } = posting.unposted;
    const purpose = `told:${code}, ${topic}` as const;
    // Also by a process before this one.
    const entry = await ledger.intend(latest.id, purpose, to.channelId);
    if (entry.ts !== null) return;
    // Nobody can be invited to a conversation between two people.
    const canInvite = invitable.includes(code) && /^[CG]/.test(to.channelId);
    const invite = canInvite ? `/invite @${bot().name}` : null;
    if (to.userId === null && to.responseUrl === null) {
      const next = invite === null ? '' : ` Type ${invite} there, or send its alarms elsewhere.`;
      const about = { channelId: to.channelId, code };
      log.error(about, `What an alarm has started cannot be shown in its channel. ${slackErrorWords(refusal)}${next}`);
    } else {
      await answers.tell(to, message(slackErrorWords(refusal), invite));
    }
    await ledger.posted(latest.id, purpose, 'told', '');
  }

  return deliver;
}

/** null: a picture that is not uploaded yet. */
function shownOf({ uploaded }: Slot, wanted: Wanted): WantedMessage['message'] | null {
  if ('message' in wanted) return wanted.message;
  return uploaded === null ? null : chartMessage(uploaded.fileId, uploaded);
}

/** Two shapes, because a message that is no reply cannot be broadcast. */
function placed(threadTs: string | null, broadcast: boolean) {
  if (threadTs === null) return {};
  return broadcast ? { thread_ts: threadTs, reply_broadcast: true as const } : { thread_ts: threadTs };
}

/** The channel of a message; for a direct message that is not open yet, who it is for stands in for it. */
export function channelOf(thread: Thread, slot: Slot): string {
  if (slot.channelId !== null) return slot.channelId;
  if (typeof slot.place === 'object') return slot.place.userId;
  return (slot.place === 'thread' ? rootOf(thread)?.channelId : null) ?? thread.posting?.channelId ?? '';
}
