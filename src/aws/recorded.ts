import { sourceOf } from './operations.ts';
import type { Send } from './send.ts';

/** What was asked, and how the calls waited for each other. */
export interface SendStats {
  awsCalls: { total: number; byOperation: Record<string, number> };
  /** Longest chain of calls in which each was asked after the one before had answered. */
  depth: number;
  /** Time of that chain; of the slowest, where several are as long. */
  criticalPathMs: number;
}

interface Chain {
  calls: number;
  ms: number;
}

/**
 * Counts the calls of one run. Wrap it in `memoised`, so that only what is really asked counts, and around `throttled`,
 * so that waiting for our own quota is not taken for one call depending on another.
 */
export function recorded(send: Send, clock: () => Date): { send: Send; stats(): SendStats } {
  const byOperation: Record<string, number> = {};
  let total = 0;
  // Of all calls that have answered: a call that is asked now comes after each of them.
  let longest: Chain = { calls: 0, ms: 0 };
  return {
    send: async (operation, input, options) => {
      const source = sourceOf(operation);
      byOperation[source] = (byOperation[source] ?? 0) + 1;
      total++;
      const before = longest;
      const asked = clock().getTime();
      try {
        return await send(operation, input, options);
      } finally {
        const chain = { calls: before.calls + 1, ms: before.ms + clock().getTime() - asked };
        if (chain.calls > longest.calls || (chain.calls === longest.calls && chain.ms > longest.ms)) longest = chain;
      }
    },
    stats: () => ({
      awsCalls: { total, byOperation: { ...byOperation } },
      depth: longest.calls,
      criticalPathMs: longest.ms,
    }),
  };
}

/** The same run with the calls that were made beside it: they count, but none of its own waited for them. */
export function withCallsOf(stats: SendStats, others: readonly SendStats[]): SendStats {
  const byOperation = { ...stats.awsCalls.byOperation };
  for (const { awsCalls } of others) {
    for (const [source, calls] of Object.entries(awsCalls.byOperation)) {
      byOperation[source] = (byOperation[source] ?? 0) + calls;
    }
  }
  const total = Object.values(byOperation).reduce((sum, calls) => sum + calls, 0);
  return { ...stats, awsCalls: { total, byOperation } };
}
