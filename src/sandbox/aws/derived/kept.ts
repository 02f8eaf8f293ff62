/**
 * What has been derived of a world is kept, span by span: the past of a world with a known time zero does not change.
 * Without it every call would make up hours of requests anew. Bounded, and gone with the world.
 */

import type { World } from '../world.ts';
import type { Moment } from './requests.ts';

interface Limits {
  /** Length of a span in milliseconds; spans are aligned to it. */
  spanMs: number;
  /** Most items that are kept for one world; the spans that were used longest ago go first. */
  items: number;
}

interface Kept<T> {
  zero: number;
  spans: Map<string, readonly T[]>;
  items: number;
}

/**
 * Items of whole spans from the one with `start` to the one before `until`. `derive` makes up one span's items, in
 * order; spans that have not ended yet are made up each time.
 */
export function keptSpans<T>({ spanMs, items: limit }: Limits) {
  const worlds = new WeakMap<World, Kept<T>>();
  return ({ world, zero, now }: Moment, key: string, start: number, until: number, derive: Derive<T>): T[] => {
    let kept = worlds.get(world);
    if (kept?.zero !== zero) {
      kept = { zero, spans: new Map(), items: 0 };
      worlds.set(world, kept);
    }
    const found: T[] = [];
    for (let from = Math.floor(start / spanMs) * spanMs; from < until; from += spanMs) {
      const name = `${from} ${key}`;
      const known = kept.spans.get(name);
      const items = known ?? derive(from, from + spanMs);
      if (known !== undefined) kept.spans.delete(name);
      if (from + spanMs <= now) kept.spans.set(name, items);
      if (known === undefined && from + spanMs <= now) kept.items += items.length + 1;
      for (const item of items) found.push(item);
    }
    for (const [name, items] of kept.spans) {
      if (kept.items <= limit) break;
      kept.spans.delete(name);
      kept.items -= items.length + 1;
    }
    return found;
  };
}

type Derive<T> = (from: number, to: number) => readonly T[];
