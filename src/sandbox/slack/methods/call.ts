import type { Tier } from '../limits.ts';
import type { createRateLimiter } from '../rate-limits.ts';
import { isObject, type Json } from '../schema.ts';
import type { Channel, State } from '../state.ts';
import type { Tickets } from '../tickets.ts';

/** An error as the Web API answers it: HTTP 200, `ok: false`. */
export class SlackError extends Error {
  readonly code: string;
  readonly detail: Json;

  constructor(code: string, detail: Json = {}) {
    super(code);
    this.code = code;
    this.detail = detail;
  }
}

/** HTTP 429. */
export class RateLimited extends Error {
  readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number) {
    super('ratelimited');
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** One call of a Web API method. */
export interface Call {
  state: State;
  tickets: Tickets;
  limiter: ReturnType<typeof createRateLimiter>;
  scopes: ReadonlySet<string>;
  /** Where this workspace is served, for the URLs that it hands out. */
  origin: string;
  /** As they came: strings from a form, values from JSON. */
  args: Json;
  /** Sends an event to the app, where it subscribed. */
  emit(event: Json, channelId: string | null): void;
  socketUrl: (() => string) | null;
  homeTab: boolean;
}

export interface Method {
  /** Scopes of which all are needed; those that depend on the conversation are asked for by the method itself. */
  scopes: readonly string[];
  tier: Tier;
  token?: 'app';
  run(call: Call): Json;
}

type Arguments = Pick<Call, 'args'>;

export function stringArg(call: Arguments, name: string): string | null {
  const value = call.args[name];
  return typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : null;
}

export function requiredArg(call: Arguments, name: string, error = 'invalid_arguments'): string {
  const value = stringArg(call, name);
  if (value === null) {
    throw new SlackError(error, { response_metadata: { messages: [`[ERROR] missing required field: ${name}`] } });
  }
  return value;
}

export function flagArg(call: Arguments, name: string): boolean {
  return call.args[name] === true || call.args[name] === 'true' || call.args[name] === '1';
}

/** A JSON argument, which a form carries as text; undefined where it is absent. */
export function jsonArg(call: Arguments, name: string, error: string): unknown {
  const value = call.args[name];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    throw new SlackError(error);
  }
}

/** Items of one page, by a cursor that is nothing but the place in the list. */
export function page<T>(call: Arguments, items: readonly T[], defaultLimit: number, maxLimit: number) {
  const asked = Number(stringArg(call, 'limit') ?? defaultLimit);
  if (!Number.isInteger(asked) || asked < 1) throw new SlackError('invalid_limit');
  const cursor = stringArg(call, 'cursor');
  const start = cursor === null ? 0 : Number(Buffer.from(cursor, 'base64url').toString().replace('at:', ''));
  if (!Number.isInteger(start)) throw new SlackError('invalid_cursor');
  const end = start + Math.min(asked, maxLimit);
  const more = end < items.length;
  return {
    items: items.slice(start, end),
    more,
    next: more ? Buffer.from(`at:${end}`).toString('base64url') : '',
  };
}

/** The conversation that is meant, if the app may know of it at all. */
export function channelOf(call: Call, given: string | null): Channel {
  const { channels, seed } = call.state;
  const name = given?.replace(/^#/, '');
  const channel =
    channels.get(given ?? '') ?? [...channels.values()].find(item => item.name === name && item.kind !== 'im');
  const hidden = channel?.kind !== 'public' && !channel?.members.has(seed.botUserId);
  if (channel === undefined || hidden) throw new SlackError('channel_not_found');
  return channel;
}

/** `channels:history`, `groups:history` or `im:history`, by the kind of the conversation. */
export function needScopeFor(call: Call, channel: Channel, right: 'history' | 'read'): void {
  const family = { public: 'channels', private: 'groups', im: 'im' }[channel.kind];
  needScopes(call.scopes, [`${family}:${right}`]);
}

export function needScopes(granted: ReadonlySet<string>, needed: readonly string[]): void {
  if (needed.every(scope => granted.has(scope))) return;
  throw new SlackError('missing_scope', { needed: needed.join(','), provided: [...granted].join(',') });
}

export function needMembership(call: Call, channel: Channel): void {
  if (!channel.members.has(call.state.seed.botUserId)) throw new SlackError('not_in_channel');
}

/** The root that `thread_ts` names; null where the message stands in the channel. */
export function threadOf(call: Call, channel: Channel): string | null {
  const ts = stringArg(call, 'thread_ts');
  if (ts === null) return null;
  const root = call.state.message(channel.id, ts);
  if (root === undefined) throw new SlackError('thread_not_found');
  if (root.onlyFor !== null || (root.threadTs !== null && root.threadTs !== root.ts)) {
    throw new SlackError('cannot_reply_to_message');
  }
  return ts;
}

export function objects(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
