import { setImmediate as turn } from 'node:timers/promises';

/** About ten milliseconds of the work that a log line takes. */
const perTurn = 100;

/**
 * Works through many items without keeping the event loop from answering others: after each hundred of them it turns.
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
