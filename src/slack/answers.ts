/** Private answers, over whatever way to the person is still open. */
import type { WebClient } from '@slack/web-api';
import { UntoldError } from '../investigations/untold.ts';
import type { Message } from '../render/blocks.ts';
import type { Log } from '../telemetry.ts';
import { failureOf } from './errors.ts';

export interface Address {
  /** Five uses within 30 minutes, and the only way where the bot is not a member. */
  responseUrl: string | null;
  channelId: string | null;
  threadTs: string | null;
  userId: string | null;
}

export interface Answers {
  /**
   * Tries a few times, and never rejects: an answer that reaches nobody is logged. `replace`: in place of the private
   * message acted on.
   */
  tell(address: Address, message: Message, options?: { replace?: boolean }): Promise<void>;
  /** Tries once. Rejects with UntoldError where a later try may succeed; what never will is logged. */
  tellOnce(address: Address, message: Message, options?: { replace?: boolean }): Promise<void>;
}

/** Runs a function later; answers how to call it off. */
export type After = (ms: number, run: () => void) => () => void;

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
const pausesMs = [1_000, 5_000, 20_000];

export function createAnswers(client: WebClient, log: Log, after: After): Answers {
  async function respond(url: string, threadTs: string | null, message: Message, replace: boolean): Promise<void> {
    if (!URL.canParse(url)) throw new Error('The response_url is not an address.');
    const thread = threadTs === null ? {} : { thread_ts: threadTs };
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify({ response_type: 'ephemeral', replace_original: replace, ...thread, ...message }),
      signal: AbortSignal.timeout(timeoutMs),
    }).catch((error: unknown) => {
      throw new UntoldError(0, { cause: error });
    });
    await response.body?.cancel();
    if (response.ok) return;
    const failure = new Error(`The response_url answered ${response.status}.`);
    if (response.status !== 429 && response.status < 500) throw failure;
    throw new UntoldError(1_000 * (Number(response.headers.get('retry-after')) || 0), { cause: failure });
  }

  async function whisper(channel: string, user: string, threadTs: string | null, message: Message): Promise<void> {
    const thread = threadTs === null ? {} : { thread_ts: threadTs };
    try {
      await client.chat.postEphemeral({ channel, user, ...thread, ...message });
    } catch (error) {
      const failure = failureOf(error);
      if (failure.kind === 'refused') throw error;
      throw new UntoldError(failure.kind === 'rate_limited' ? failure.retryAfterMs : 0, { cause: error });
    }
  }

  async function tellOnce(address: Address, message: Message, { replace = false } = {}): Promise<void> {
    let busy: UntoldError | null = null;
    if (address.responseUrl !== null) {
      try {
        return await respond(address.responseUrl, address.threadTs, message, replace);
      } catch (error) {
        log.warn({ err: error }, 'A response_url could not be used; the answer is sent as an ephemeral message.');
        if (error instanceof UntoldError) busy = error;
      }
    }
    // Nobody asked: an event, or an alarm.
    if (address.channelId === null || address.userId === null) {
      if (busy !== null) throw busy;
      return;
    }
    try {
      await whisper(address.channelId, address.userId, address.threadTs, message);
    } catch (error) {
      if (error instanceof UntoldError) throw error;
      // Where the bot is not a member, the response_url is the only way.
      if (busy !== null) throw busy;
      log.error({ err: error, channelId: address.channelId }, 'A private answer reached nobody.');
    }
  }

  return {
    tellOnce,
    async tell(address, message, options) {
      try {
        await persist(after, () => tellOnce(address, message, options));
      } catch (error) {
        log.error({ err: error, channelId: address.channelId }, 'A private answer reached nobody.');
      }
    },
  };
}

/** Tries a few times, for as long as a later try may succeed; rejects as the last try did. */
export async function persist(after: After, attempt: () => Promise<void>): Promise<void> {
  for (const pause of pausesMs) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof UntoldError)) throw error;
      const passed = Promise.withResolvers<void>();
      after(Math.max(pause, error.retryAfterMs), passed.resolve);
      await passed.promise;
    }
  }
  await attempt();
}
