/** A person could not be told something now, and it may work later: Slack is busy, or does not answer. */
export class UntoldError extends Error {
  /** How long to wait at least; 0 where nobody said. */
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number, options?: ErrorOptions) {
    super('An answer did not reach the person who waits for it.', options);
    this.name = 'UntoldError';
    this.retryAfterMs = retryAfterMs;
  }
}
