/** `@apigw-500 orders prod` in a channel: what the command does, answered in the thread of the message, for all to see. */
import type { App } from '@slack/bolt';
import { redact } from '../redact.ts';
import { obey } from './orders.ts';
import type { Here, Surface } from './surface.ts';

/** What is needed of the event: https://docs.slack.dev/reference/events/app_mention */
export interface Mention {
  channel: string;
  ts: string;
  text: string;
  thread_ts?: string | undefined;
  user?: string | undefined;
  bot_id?: string | undefined;
  subtype?: string | undefined;
  edited?: unknown;
}

/** Slack repeats an event for about six minutes: https://docs.slack.dev/apis/events-api/#retries */
const repeatedForMs = 15 * 60_000;

export function registerMentions(app: App, surface: Surface): readonly string[] {
  const { identity, clock } = surface;
  /** When each was heard, by its key. */
  const heard = new Map<string, number>();

  /** Another process, or one after a crash, finds its answer in the ledger. */
  function isRepeated(key: string): boolean {
    const now = clock().getTime();
    for (const [old, at] of heard) if (now - at > repeatedForMs) heard.delete(old);
    if (heard.has(key)) return true;
    heard.set(key, now);
    return false;
  }

  app.event('app_mention', async ({ event }) => {
    const mention: Mention = event;
    const { channel: channelId, ts, user: userId } = mention;
    const { teamId, botUserId } = identity();
    const text = orderIn(mention, botUserId);
    if (text === null || userId === undefined) return;
    const key = `mention:${channelId}:${ts}`;
    if (isRepeated(key)) return;
    const here: Here = {
      teamId,
      channelId,
      threadTs: mention.thread_ts ?? ts,
      responseUrl: null,
      userId,
      mention: ts,
    };
    await obey(surface, here, { kind: 'mention', key, text: redact(text), triggerId: null });
  });
  return ['app_mention'];
}

/**
 * What a person asks the bot by mentioning it first, perhaps after a greeting; one line. null: they speak of it, not to
 * it, or it is an app's post, or an edit of what was answered before.
 */
export function orderIn({ text, bot_id, subtype, edited }: Mention, botUserId: string): string | null {
  if (bot_id !== undefined || edited !== undefined || (subtype !== undefined && subtype !== 'file_share')) return null;
  const [, mentioned, rest = ''] = /^\s*(?:[\p{L}’']{1,12}[,!]?\s+)?<@(\w+)(?:\|[^>]*)?>(.*)$/su.exec(text) ?? [];
  if (mentioned !== botUserId) return null;
  const [line = ''] = rest.replace(/^[\s:,]+/, '').split('\n');
  return unescaped(line.replaceAll('`', ' ')).trim();
}

/** Slack escapes what is typed, so that a mention can be told from its look. */
export function unescaped(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
