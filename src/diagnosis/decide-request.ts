import { causeRecord } from './causes/catalogue.ts';
import type { LineReading } from './line-reading.ts';
import { asAuthorizer, type Layer, layerOf, type Match, nothing, rewritten } from './signature-match.ts';
import type { CauseId, Confidence } from './types.ts';

/** What the lines of one request say together. */
export interface RequestDecision extends Match {
  layer: Layer | null;
  /** Index of the line that decided; null where none did. */
  decisive: number | null;
  /** A line says that the request failed, or its status does. */
  failed: boolean;
  /** Status that the client got. */
  status: number | null;
  route: string | null;
  lambdaRequestId: string | null;
  /** Of the call that failed, the authorizer's or the integration's; qualified where the call was. */
  functionArn: string | null;
  integrationLatencyMs: number | null;
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

interface Vote {
  cause: CauseId;
  confidence: Confidence;
  /** Index of the line that gave it. */
  at: number;
}

/** A line in its request. */
interface Placed {
  reading: LineReading;
  at: number;
  /** Belongs to the call of the authorizer, not to that of the integration. */
  ofAuthorizer: boolean;
}

/**
 * Decides from all lines of one request, in their order. Never guesses: what only might be stays in `possible`.
 * Authorizers come before integrations, and their failure ends the request, so that the lines beside an
 * `Authorizer error` are the authorizer's however they are worded.
 */
export function decideRequest(readings: readonly LineReading[]): RequestDecision {
  const lines = place(readings);
  const status = statusOf(readings);
  const context = { lines, status, pastAuthorizer: isPastAuthorizer(lines), calledLambda: calledLambda(lines) };
  const votes = lines.flatMap(line => [...votesOf(line, context), ...promotedHint(line, context)]);
  if (votes.length === 0) votes.push(...passedOn(context));
  const best = votes.toSorted(firstIsBest)[0];
  const match = best === undefined ? undecided(context) : decided(best, votes, context);
  const authorizerFailed = lines.some(({ reading }) => reading.kind === 'authorizer-failed');
  const layer = match.cause === null ? (authorizerFailed ? 'authorizer' : null) : layerOf(match.cause);
  return {
    ...match,
    layer,
    decisive: best?.at ?? null,
    failed: (status !== null && status >= 500) || readings.some(tellsFailure),
    status,
    route: last(readings.map(reading => reading.route)),
    integrationLatencyMs: last(readings.map(reading => reading.integrationLatencyMs)),
    ...calledFunction(lines, layer),
  };
}

interface Context {
  lines: readonly Placed[];
  status: number | null;
  pastAuthorizer: boolean;
  /** null: the lines do not tell. */
  calledLambda: boolean | null;
}

function place(readings: readonly LineReading[]): Placed[] {
  const authorizerFailed = readings.some(({ kind }) => kind === 'authorizer-failed');
  let underWay = false;
  return readings.map((reading, at) => {
    if (reading.kind === 'authorizer-start') underWay = true;
    if (reading.kind === 'authorizer-end') underWay = false;
    return { reading, at, ofAuthorizer: authorizerFailed || underWay };
  });
}

/** The request got beyond its authorizer, or has none: what fails is the integration. */
function isPastAuthorizer(lines: readonly Placed[]): boolean {
  return lines.some(
    ({ reading: { kind }, ofAuthorizer }) =>
      !ofAuthorizer && (kind === 'completed' || kind === 'authorizer-end' || kind === 'sent'),
  );
}

function calledLambda(lines: readonly Placed[]): boolean | null {
  const sent = lines.filter(({ reading, ofAuthorizer }) => !ofAuthorizer && reading.endpoint !== null);
  return sent.length === 0 ? null : sent.some(({ reading }) => reading.functionArn !== null);
}

function statusOf(readings: readonly LineReading[]): number | null {
  const logged = readings.find(({ kind, status }) => kind === 'access' && status !== null);
  return logged?.status ?? last(readings.map(reading => reading.status));
}

function tellsFailure({ kind, cause, confidence }: LineReading): boolean {
  if (kind === 'failure' || kind === 'authorizer-failed') return true;
  return kind === 'other' && cause !== null && confidence !== 'low';
}

function votesOf({ reading, at, ofAuthorizer }: Placed, { calledLambda }: Context): Vote[] {
  const { cause, confidence, kind, possible } = reading;
  if (cause === null || confidence === null) return [];
  if (confidence === 'low') {
    // Why the function ended is a guess; that it did is not.
    const ended = kind === 'failure' && possible.includes('lambda-function-error');
    return ended
      ? [{ cause: ofAuthorizer ? 'authorizer-failure' : 'lambda-function-error', confidence: 'medium', at }]
      : [];
  }
  // An HTTP backend may say the words of Lambda in an answer of its own.
  if (kind === 'received' && calledLambda === false && causeRecord(cause).family === 'lambda') return [];
  const own = ofAuthorizer ? asAuthorizer(cause) : cause;
  return own === null ? [] : [{ cause: own, confidence, at }];
}

/** What the place in the request leaves of a line's possible causes. */
function narrowed({ reading: { possible }, ofAuthorizer }: Placed, { pastAuthorizer }: Context): CauseId[] {
  if (ofAuthorizer) return [...new Set(possible.flatMap(cause => asAuthorizer(cause) ?? []))];
  return pastAuthorizer ? possible.filter(cause => causeRecord(cause).family !== 'authorizer') : possible;
}

/** A line that does not decide alone may decide in its request. */
function promotedHint(line: Placed, context: Context): Vote[] {
  const { reading, at, ofAuthorizer } = line;
  if (reading.cause !== null) return [];
  const [cause, ...more] = narrowed(line, context);
  if (cause === undefined || more.length > 0) return [];
  const byPlace = reading.possible.length > 1;
  const throttled = cause === 'lambda-throttled' && answeredByLambda(context);
  const unreadable = cause === 'authorizer-invalid-response' && ofAuthorizer && authorizerFailed(context);
  return byPlace || throttled || unreadable ? [{ cause, confidence: 'medium', at }] : [];
}

/** The call went to Lambda, or a failure that only Lambda integrations have is logged beside. */
function answeredByLambda({ lines, calledLambda }: Context): boolean {
  return (
    calledLambda ?? lines.some(({ reading: { kind, cause } }) => kind === 'failure' && cause?.startsWith('lambda-'))
  );
}

function authorizerFailed({ lines }: Context): boolean {
  return lines.some(({ reading }) => reading.kind === 'authorizer-failed');
}

/** No line of a failure, and still 5xx: the endpoint answered it. For a Lambda proxy its statusCode is in the body. */
function passedOn({ lines, status }: Context): Vote[] {
  if (status === null || status < 500 || lines.some(({ reading }) => reading.kind === 'failure')) return [];
  const answer = lines.find(
    ({ reading, ofAuthorizer }) =>
      !ofAuthorizer &&
      reading.kind === 'received' &&
      Math.max(reading.endpointStatus ?? 0, reading.returnedStatus ?? 0) >= 500,
  );
  return answer === undefined ? [] : [{ cause: 'backend-5xx', confidence: 'high', at: answer.at }];
}

function firstIsBest(a: Vote, b: Vote): number {
  return (
    (nearness[b.cause] ?? root) - (nearness[a.cause] ?? root) ||
    firmness[b.confidence] - firmness[a.confidence] ||
    a.at - b.at
  );
}

function decided(best: Vote, votes: readonly Vote[], context: Context): Match {
  const line = context.lines[best.at];
  const others = [...votes.map(vote => vote.cause), ...(line === undefined ? [] : narrowed(line, context))];
  const match = { ...best, possible: [...new Set(others)].filter(cause => cause !== best.cause) };
  const { cause, confidence, possible } = wafAnswered(context) ? match : rewritten(match, context.status);
  return { cause, confidence, possible };
}

/** A custom response of a rule decides the status by itself; no gateway response rewrites it. */
function wafAnswered({ lines }: Context): boolean {
  return lines.some(({ reading }) => /"responseCodeSent": ?5\d\d/.test(reading.text));
}

function undecided(context: Context): Match {
  const possible = context.lines.flatMap(line => [
    ...narrowed(line, context),
    ...(line.reading.confidence === 'low' && line.reading.cause !== null ? [line.reading.cause] : []),
  ]);
  return { ...nothing, possible: [...new Set([...possible, ...unexplained(context)])] };
}

/** The endpoint succeeded, nothing failed, and the client got 5xx all the same. */
function unexplained({ lines, status }: Context): CauseId[] {
  const succeeded = lines.some(
    ({ reading, ofAuthorizer }) =>
      !ofAuthorizer && reading.kind === 'received' && (reading.endpointStatus ?? 500) < 400,
  );
  const quiet = lines.every(({ reading }) => !tellsFailure(reading));
  if (!succeeded || !quiet || status === null || status < 500) return [];
  return ['backend-5xx', 'lambda-function-error', 'mapping-status-override'];
}

function calledFunction(
  lines: readonly Placed[],
  layer: Layer | null,
): Pick<RequestDecision, 'functionArn' | 'lambdaRequestId'> {
  const own = lines.filter(line => line.ofAuthorizer === (layer === 'authorizer')).map(line => line.reading);
  const named = own.find(({ kind, lambdaRequestId }) => kind === 'failure' && lambdaRequestId !== null);
  return {
    functionArn: last(own.map(reading => reading.functionArn)),
    lambdaRequestId: named?.lambdaRequestId ?? last(own.map(reading => reading.lambdaRequestId)),
  };
}

function last<T>(values: readonly (T | null)[]): T | null {
  return values.findLast(value => value !== null) ?? null;
}
