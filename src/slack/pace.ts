/**
 * How fast we may send: one message a second in a channel, and all edits of the workspace together within Slack's
 * tier 3 (50 a minute), of which we take 45. https://docs.slack.dev/apis/web-api/rate-limits
 */
export interface Pace {
  /** The earliest time, in milliseconds since 1970, at which a message may be posted in the channel. */
  postAt(channelId: string, now: number): number;
  /** A post is on its way; the next waits for its answer, so that delays on the way cannot bring two close together. */
  posting(channelId: string): void;
  posted(channelId: string, now: number): void;
  /** Likewise for an edit; progress leaves room for what people wait for. */
  editAt(urgent: boolean, now: number): number;
  edited(now: number): void;
  /** Slack has answered 429: nothing of this kind before `until`. */
  hold(kind: 'post' | 'edit', channelId: string, until: number): void;
}

const postGapMs = 1_000;
/** A minute, and as much as a call may be faster on its way than one before it. */
const windowMs = 62_000;
const editsAMinute = 45;
const progressEditsAMinute = 30;

export function createPace(): Pace {
  const nextPost = new Map<string, number>();
  let edits: number[] = [];
  let editsHeldUntil = 0;

  return {
    postAt: (channelId, now) => Math.max(now, nextPost.get(channelId) ?? 0),
    posting(channelId) {
      nextPost.set(channelId, Number.POSITIVE_INFINITY);
    },
    posted(channelId, now) {
      nextPost.set(channelId, now + postGapMs);
    },
    editAt(urgent, now) {
      edits = edits.filter(at => at > now - windowMs);
      const limit = urgent ? editsAMinute : progressEditsAMinute;
      const oldest = edits.at(-limit);
      return Math.max(now, editsHeldUntil, oldest === undefined ? 0 : oldest + windowMs);
    },
    edited(now) {
      edits.push(now);
    },
    hold(kind, channelId, until) {
      if (kind === 'edit') editsHeldUntil = Math.max(editsHeldUntil, until);
      else nextPost.set(channelId, Math.max(until, nextPost.get(channelId) ?? 0));
    },
  };
}
