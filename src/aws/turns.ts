import { setImmediate } from 'node:timers/promises';

/** A few milliseconds of the work that a log line or a route takes. */
const perTurn = 10;

/**
 * Works through many items without keeping the event loop from answering others: after a few of them it turns.
 * Answers the results in the items' order.
 */
export async function inTurns<T, R>(items: readonly T[], work: (item: T) => R): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) {
    if (results.length % perTurn === 0 && results.length > 0) await turn();
    results.push(work(item));
  }
  return results;
}

/** Lets the event loop turn once: between long pieces of work that cannot be cut into items. */
export function turn(): Promise<void> {
  return setImmediate();
}
