/** What Slack says of channels: who may know what is in them, and whether they still take messages. */
import type { WebClient } from '@slack/web-api';
import { createMemory, keptMs } from './members.ts';

export interface Channels {
  /** Whether this person may know what is in it: everybody of a public channel. False where that cannot be told. */
  mayRead(channelId: string, userId: string): Promise<boolean>;
  /** False where that cannot be told. */
  isArchived(channelId: string): Promise<boolean>;
}

interface Facts {
  isPrivate: boolean;
  isArchived: boolean;
}

/** Members of a private channel that are looked at, by pages of 1,000. */
const memberPages = 5;

export function createChannels(client: WebClient, clock: () => Date): Channels {
  const facts = createMemory<Facts>(clock);
  const members = createMemory<ReadonlySet<string>>(clock);

  async function askFacts(channelId: string): Promise<Facts> {
    const { channel } = await client.conversations.info({ channel: channelId });
    const { is_private = true, is_im = false, is_mpim = false, is_archived = false } = channel ?? {};
    return { isPrivate: is_private || is_im || is_mpim, isArchived: is_archived };
  }

  async function askMembers(channelId: string): Promise<ReadonlySet<string>> {
    const found = new Set<string>();
    let cursor: string | undefined;
    for (let page = 0; page < memberPages; page += 1) {
      const more = cursor === undefined ? {} : { cursor };
      const answer = await client.conversations.members({ channel: channelId, limit: 1_000, ...more });
      for (const member of answer.members ?? []) found.add(member);
      cursor = answer.response_metadata?.next_cursor;
      if (cursor === undefined || cursor === '') break;
    }
    return found;
  }

  return {
    async mayRead(channelId, userId) {
      try {
        const { isPrivate } = await facts.of(channelId, keptMs, () => askFacts(channelId));
        if (!isPrivate) return true;
        return (await members.of(channelId, keptMs, () => askMembers(channelId))).has(userId);
      } catch {
        return false;
      }
    },
    // Asked anew: somebody has just done something that ought to show there.
    isArchived: channelId =>
      facts
        .of(channelId, 0, () => askFacts(channelId))
        .then(
          ({ isArchived }) => isArchived,
          () => false,
        ),
  };
}
