/** Private answers, over whatever way to the person is still open. */
import type { WebClient } from '@slack/web-api';
import type { Message } from '../render/blocks.ts';
import type { Log } from '../telemetry.ts';

export interface Address {
  /** Five uses within 30 minutes, and the only way where the bot is not a member. */
  responseUrl: string | null;
  channelId: string | null;
  threadTs: string | null;
  userId: string | null;
}

export interface Answers {
  /** Never rejects: an answer that reaches nobody is logged. `replace`: in place of the private message acted on. */
  tell(address: Address, message: Message, options?: { replace?: boolean }): Promise<void>;
}

/** What a handler throws when the person is to be told why nothing is done; not a defect. */
export class Refused extends Error {
  readonly reply: Message;

  constructor(reply: Message) {
    super(reply.text);
    this.name = 'Refused';
    this.reply = reply;
  }
}

const timeoutMs = 10_000;

export function createAnswers(client: WebClient, log: Log): Answers {
  async function respond(url: string, threadTs: string | null, message: Message, replace: boolean): Promise<void> {
    const thread = threadTs === null ? {} : { thread_ts: threadTs };
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify({ response_type: 'ephemeral', replace_original: replace, ...thread, ...message }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (!response.ok) throw new Error(`The response_url answered ${response.status}.`);
  }

  async function whisper(channel: string, user: string, threadTs: string | null, message: Message): Promise<void> {
    const thread = threadTs === null ? {} : { thread_ts: threadTs };
    await client.chat.postEphemeral({ channel, user, ...thread, ...message });
  }

  return {
    async tell(address, message, { replace = false } = {}) {
      if (address.responseUrl !== null) {
        try {
          return await respond(address.responseUrl, address.threadTs, message, replace);
        } catch (error) {
          log.warn({ err: error }, 'A response_url could not be used; the answer is sent as an ephemeral message.');
        }
      }
      // Nobody asked: an event, or an alarm.
      if (address.channelId === null || address.userId === null) return;
      try {
        await whisper(address.channelId, address.userId, address.threadTs, message);
      } catch (error) {
        log.error({ err: error, channelId: address.channelId }, 'A private answer reached nobody.');
      }
    },
  };
}
