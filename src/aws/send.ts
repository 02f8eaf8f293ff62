import type { InputOf, OperationName, OutputOf } from './operations.ts';

/** Asks AWS one declared read. Rejects with UnreadError (unread.ts) and nothing else. */
export type Send = <N extends OperationName>(
  operation: N,
  input: InputOf<N>,
  options?: { region?: string },
) => Promise<OutputOf<N>>;
