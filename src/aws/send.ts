import { type Clients, RefusedCommandError } from './clients.ts';
import { type InputOf, type OperationName, type OutputOf, serviceOf } from './operations.ts';
import { endpointRegion } from './regions.ts';
import { impossibleName, unreadErrorOf } from './unread.ts';

/** Asks AWS one declared read. Rejects with UnreadError (unread.ts) and nothing else. */
export type Send = <N extends OperationName>(
  operation: N,
  input: InputOf<N>,
  options?: SendOptions,
) => Promise<OutputOf<N>>;

export interface SendOptions {
  region?: string;
  /** Asked anew in the same run: the answer changes while it is waited for. */
  fresh?: boolean;
  /** Told before a call waits long for its share of an AWS quota. */
  onWait?: OnWait | undefined;
}

/** A call that waits for its turn. */
export interface Wait {
  /** As reports name it: `apigateway` for both APIs. */
  service: string;
  region: string;
  ms: number;
}

export type OnWait = (wait: Wait) => void;

/** Asks AWS itself. `region` is where to ask when a call does not say. */
export function sdkSend(clients: Clients, region: string): Send {
  return async <N extends OperationName>(operation: N, input: InputOf<N>, options?: SendOptions) => {
    const asked = { operation, input, region: endpointRegion(serviceOf(operation), options?.region ?? region) };
    const impossible = impossibleName(asked);
    if (impossible) throw impossible;
    try {
      return (await clients.ask(operation, input, asked.region)) as OutputOf<N>;
    } catch (error) {
      if (error instanceof RefusedCommandError) throw error;
      throw unreadErrorOf(error, asked);
    }
  };
}

/** Asks the same thing once: promises are kept, failures too. For one run; the answers are shared, never to be changed. */
export function memoised(send: Send): Send {
  const answers = new Map<string, Promise<unknown>>();
  return <N extends OperationName>(operation: N, input: InputOf<N>, options?: SendOptions) => {
    const key = JSON.stringify([operation, options?.region ?? null, canonical(input)]);
    const known = options?.fresh ? undefined : answers.get(key);
    if (known) return known as Promise<OutputOf<N>>;
    const answer = send(operation, input, options);
    answers.set(key, answer);
    return answer;
  };
}

/** Keys sorted, dates as text, nothing undefined: equal inputs become equal texts. */
function canonical(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(
    entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, canonical(inner)]),
  );
}
