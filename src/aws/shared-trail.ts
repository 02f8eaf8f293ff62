import { readWriteEvents, type TrailQuery } from './cloudtrail.ts';
import { parseJson } from './json.ts';
import type { Aws, Listed, TrailEvent } from './types.ts';

/** Readings that replicas have in common for a while. What it rejects with is taken for "nothing there". */
export interface SharedReadings {
  /** What was written under the key and still holds; null: nothing. */
  read(key: string): Promise<string | null>;
  /** `untilMs`: epoch milliseconds up to which it holds. */
  write(key: string, value: string, untilMs: number): Promise<void>;
}

/** Management events that changed something, as `readWriteEvents` gives them. Rejects with UnreadError. */
export type ReadTrail = (aws: Pick<Aws, 'send' | 'accountId'>, query: TrailQuery) => Promise<Listed<TrailEvent>>;

export interface SharedTrailOptions {
  clock: () => Date;
  /** null: only this process shares. */
  shared: SharedReadings | null;
}

/**
 * The windows of a storm's diagnoses differ by seconds. Read are whole spans of this length, so that they are the same
 * reading; what lies beyond a window is taken out again.
 */
const spanMs = 5 * 60_000;
/** How long a reading holds. CloudTrail itself is minutes late. */
const holdsMs = 60_000;
/** Larger readings stay in this process: a store is no place for megabytes that live a minute. */
const sharedLimit = 1_000_000;

interface Held {
  events: Promise<Listed<TrailEvent>>;
  untilMs: number;
}

/**
 * Change events, fetched once for an account, a Region and a window: LookupEvents allows two calls a second to everybody
 * in the account. Who asks while a fetch is under way gets its answer, a failed one too; failures are not kept.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html
 */
export function sharedTrail({ clock, shared }: SharedTrailOptions): ReadTrail {
  const held = new Map<string, Held>();

  async function fetched(aws: Parameters<ReadTrail>[0], query: TrailQuery, key: string, untilMs: number) {
    const known = eventsIn(await shared?.read(key).catch(() => null));
    if (known !== null) return known;
    const events = await readWriteEvents(aws.send, query);
    const text = shared === null ? '' : JSON.stringify(events);
    if (text.length <= sharedLimit) await shared?.write(key, text, untilMs).catch(() => undefined);
    return events;
  }

  return async (aws, query) => {
    const start = new Date(Math.floor(Date.parse(query.start) / spanMs) * spanMs).toISOString();
    const end = new Date(Math.ceil(Date.parse(query.end) / spanMs) * spanMs).toISOString();
    const key = ['changes', aws.accountId ?? 'own', query.region, start, end, query.pages].join(' ');
    const now = clock().getTime();
    for (const [other, { untilMs }] of held) if (untilMs <= now) held.delete(other);
    let reading = held.get(key);
    if (reading === undefined) {
      const untilMs = now + holdsMs;
      reading = { events: fetched(aws, { ...query, start, end }, key, untilMs), untilMs };
      held.set(key, reading);
      reading.events.catch(() => held.delete(key));
    }
    return within(await reading.events, query);
  };
}

/** A list that was cut before the window began is complete for the window. */
function within({ items, complete }: Listed<TrailEvent>, { start, end }: TrailQuery): Listed<TrailEvent> {
  const [from, to] = [Date.parse(start), Date.parse(end)];
  const reachesBack = items.some(event => Date.parse(event.at) < from);
  return {
    items: items.filter(({ at }) => Date.parse(at) >= Math.floor(from / 1_000) * 1_000 && Date.parse(at) <= to),
    complete: complete || reachesBack,
  };
}

function eventsIn(text: string | null | undefined): Listed<TrailEvent> | null {
  return text == null ? null : ((parseJson(text) as Listed<TrailEvent> | undefined) ?? null);
}
