import type { LineReading } from './line-reading.ts';
import { asAuthorizer, type Layer, layerOf, type Match, nothing, rewritten } from './signature-match.ts';
import type { CauseId, Confidence } from './types.ts';
import { causeRecord } from './causes/catalogue.ts';

/** What the lines of one request say together. */
export interface RequestDecision extends Match {
  layer: Layer | null;
  /** Index of the line that decided. */
  decisive: number | null;
  /** A line says that it failed, or its status does. */
  failed: boolean;
  /** Status that the client got. */
  status: number | null;
  route: string | null;
  lambdaRequestId: string | null;
  /** Of the call that failed: the authorizer's or the integration's. */
  functionArn: string | null;
  integrationLatencyMs: number | null;
}

/** One line's word for a cause, with the layer that the whole request gives it. */
interface Vote {
  cause: CauseId;
  confidence: Confidence;
  at: number;
}

/** A line in its request: which call it belongs to. */
interface Placed {
  reading: LineReading;
  layer: Layer | null;
  at: number;
}

/**
 * How near a cause is to the root. What API Gateway says last is often the consequence: a throttled function also
 * answers in a wrong shape, a rejected AWS call also matches no response, and a passed-on status explains nothing.
 */
const nearness: Partial<Record<CauseId, number>> = {
  'backend-5xx': 0,
  'mapping-status-override': 0,
  'authorizer-failure': 1,
  'lambda-function-error': 1,
  'lambda-malformed-response': 1,
  'no-integration-response-match': 1,
  'api-gateway-internal-error': 1,
};
const root = 2;
const firmness: Record<Confidence, number> = { high: 2, medium: 1, low: 0 };

/** Decides from all lines of one request, in their order. Never guesses: what only might be is left in `possible`. */
export function decideRequest(readings: readonly LineReading[]): RequestDecision {
  const placed = place(readings);
  const status = statusOf(readings);
  const failed =
    readings.some(({ kind, cause }) => failureKinds.has(kind) || (kind === 'other' && cause !== null)) ||
    (status !== null && status >= 500);
  const votes = placed.flatMap(line => votesOf(line, readings));
  const hints = placed.filter(({ reading }) => reading.cause === null && reading.possible.length > 0);
  const layer: Layer | null = placed.some(line => line.reading.kind === 'authorizer-failed') ? 'authorizer' : null;
  for (const hint of hints) votes.push(...promoted(hint, placed, status));
  votes.push(...passedOn(readings, status, votes));

  const best = votes.toSorted(
    (a, b) => nearnessOf(b.cause) - nearnessOf(a.cause) || firmness[b.confidence] - firmness[a.confidence] || a.at - b.at,
  )[0];
  const others = [
    ...votes.map(vote => vote.cause),
    ...placed.flatMap(line => narrowed(line, placed)),
  ];
  const match = matchOf(best, [...new Set(others)], readings, status);
  return {
    ...match,
    layer: match.cause === null ? layer : layerOf(match.cause),
    decisive: match.cause === null ? null : (best?.at ?? null),
    failed,
    status,
    ...factsOf(placed, match.cause === null ? layer : layerOf(match.cause)),
  };
}
