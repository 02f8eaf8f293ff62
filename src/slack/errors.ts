/** What Slack's client throws, as facts. */
import { WebAPIPlatformError, WebAPIRateLimitedError } from '@slack/web-api';

/**
 * `refused`: Slack has not done it, and says why; `needed`: the scope that is missing, where that is why. `rate_limited`: not done either, and may be asked again later.
 * `uncertain`: nobody knows; a message may have been posted.
 */
export type SlackFailure =
  | { kind: 'refused'; code: string; needed: string | null }
  | { kind: 'rate_limited'; retryAfterMs: number }
  | { kind: 'uncertain' };

// Slack's own word for these is that the call may have been carried out.
const uncertainCodes = ['internal_error', 'fatal_error', 'service_unavailable', 'request_timeout'];
const unnamedWaitMs = 30_000;

export function failureOf(error: unknown): SlackFailure {
  if (error instanceof WebAPIRateLimitedError) return { kind: 'rate_limited', retryAfterMs: error.retryAfter * 1_000 };
  if (!(error instanceof WebAPIPlatformError)) return { kind: 'uncertain' };
  const code = error.data.error;
  if (code === 'ratelimited') return { kind: 'rate_limited', retryAfterMs: unnamedWaitMs };
  if (uncertainCodes.includes(code)) return { kind: 'uncertain' };
  const { needed } = error.data as { needed?: unknown };
  return { kind: 'refused', code, needed: code === 'missing_scope' && typeof needed === 'string' ? needed : null };
}
