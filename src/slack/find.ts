/** Finds a message of ours again by its metadata, where a crash or a timeout left it open whether it was posted. */
import type { WebClient } from '@slack/web-api';
import type { MessagePurpose } from '../investigations/types.ts';
import { metadataType } from '../render/ids.ts';

export interface Lost {
  /** Ours: others may send metadata that looks the same. */
  botId: string;
  channelId: string;
  /** The thread to look in; null: the channel itself. */
  threadTs: string | null;
  investigationId: string;
  purpose: MessagePurpose;
  /** When the intent to post it was stored. */
  intendedAt: string;
}

/** Our clock and Slack's may differ by this much. */
const marginMs = 60_000;
const pageSize = 200;
const pages = 10;

/** The time stamp of the message; null where it was not posted. Rejects where Slack does not let us look. */
export async function findMessage(client: WebClient, lost: Lost): Promise<string | null> {
  const since = (Date.parse(lost.intendedAt) - marginMs) / 1_000;
  const query = {
    channel: lost.channelId,
    oldest: since.toFixed(6),
    inclusive: true,
    limit: pageSize,
    include_all_metadata: true,
  };
  let cursor: string | undefined;
  for (let page = 0; page < pages; page += 1) {
    const more = cursor === undefined ? {} : { cursor };
    const answer =
      lost.threadTs === null
        ? await client.conversations.history({ ...query, ...more })
        : await client.conversations.replies({ ...query, ...more, ts: lost.threadTs });
    const found = (answer.messages ?? []).find(message => isOurs(message, lost));
    if (found?.ts !== undefined) return found.ts;
    cursor = answer.response_metadata?.next_cursor;
    if (cursor === undefined || cursor === '') return null;
  }
  return null;
}

/** What is sent with every message, for `findMessage`. */
export function metadataOf(investigationId: string, purpose: MessagePurpose) {
  return { event_type: metadataType, event_payload: { investigation: investigationId, purpose } };
}

function isOurs(message: { metadata?: unknown; bot_id?: string }, lost: Lost): boolean {
  const metadata = message.metadata as Partial<ReturnType<typeof metadataOf>> | undefined;
  return (
    message.bot_id === lost.botId &&
    metadata?.event_type === metadataType &&
    metadata.event_payload?.investigation === lost.investigationId &&
    metadata.event_payload.purpose === lost.purpose
  );
}
