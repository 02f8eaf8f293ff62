import type { Source } from './operations.ts';

/** Why something could not be read; the contract's reasons of a gap. */
export type UnreadReason =
  | 'access_denied'
  | 'logging_off'
  | 'throttled'
  | 'timeout'
  | 'not_found'
  | 'unsupported_plan'
  | 'delivery_lag'
  | 'not_deployed'
  | 'capped';

/** A read that did not succeed. Never means "empty": callers turn it into `unknown` and a gap. */
export class UnreadError extends Error {
  /** `service:Operation` that was asked. */
  readonly source: Source;
  readonly reason: UnreadReason;
  /** The IAM action that is missing, where the reason is `access_denied` and one can be named. */
  readonly permission: Source | null;
  /** What the reader (the person) does next, one sentence. */
  readonly remedy: string;

  constructor(source: Source, reason: UnreadReason, message: string, remedy: string, permission: Source | null = null) {
    super(message);
    this.name = 'UnreadError';
    this.source = source;
    this.reason = reason;
    this.permission = permission;
    this.remedy = remedy;
  }
}
