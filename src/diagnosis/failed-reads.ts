/** Reads of a run that failed where something else stood in for them: no finding tells of those, and the report does. */
import type { Send } from '../aws/send.ts';
import { UnreadError } from '../aws/unread.ts';
import { gapOf } from './finding.ts';
import type { Gap } from './types.ts';

/** What AWS answers, and no failure to read: there is no such thing, or the support plan does not have it. */
const answers: readonly string[] = ['not_found', 'unsupported_plan'];

/** The same `send`; `failed` are the gaps of what it could not read so far, each once. */
export function notingFailures(send: Send): { send: Send; failed(): Gap[] } {
  const gaps = new Map<string, Gap>();
  return {
    async send(operation, input, options) {
      try {
        return await send(operation, input, options);
      } catch (error) {
        if (error instanceof UnreadError && !answers.includes(error.reason)) {
          const gap = gapOf(error);
          // One for each kind of read: a hundred APIs that may not be read lack one permission.
          if (!gaps.has(kindOf(gap))) gaps.set(kindOf(gap), gap);
        }
        throw error;
      }
    },
    failed: () => [...gaps.values()],
  };
}

/** Those of the failed reads that no other gap is about. */
export function unnamed(failed: readonly Gap[], named: readonly Gap[]): Gap[] {
  const known = new Set(named.map(gap => gap.source));
  return failed.filter(gap => !known.has(gap.source));
}

function kindOf({ source, reason, permission }: Gap): string {
  return [source, reason, permission].join(' ');
}
