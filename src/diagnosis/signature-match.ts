import { catalogue, causeRecord } from './causes/catalogue.ts';
import type { Signature } from './causes/record.ts';
import type { CauseId, Confidence } from './types.ts';

/** What the phrases of one text say. */
export interface Match {
  /** null: nothing decides. */
  cause: CauseId | null;
  confidence: Confidence | null;
  /** What else fits; where nothing decides, all that does. */
  possible: CauseId[];
}

export type Layer = 'integration' | 'authorizer';

export const nothing: Match = { cause: null, confidence: null, possible: [] };

interface Candidate extends Signature {
  cause: CauseId;
}

const candidates: readonly Candidate[] = catalogue.flatMap(record =>
  record.signatures.map(signature => ({ ...signature, cause: record.id })),
);
const strength: Record<Confidence, number> = { high: 3, medium: 2, low: 1 };

/** Phrases that may stand anywhere: all but those that only mean something inside a function's own error. */
const anywhere = scope(({ log }) => log !== 'function-error');
/** What a function reports about itself. */
const insideFunctions = scope(({ log }) => log === 'function' || log === 'function-error');
/** What only API Gateway says; in an endpoint's answer it is another gateway that says it. */
const saidByGateway: readonly CauseId[] = ['lambda-malformed-response', 'lambda-invoke-permission-missing'];
/** Answers of AWS services, as execution logs show them. */
export const inEndpointAnswers = scope(({ log, cause }) => {
  const ofService =
    cause === 'aws-service-integration-rejected' || ['lambda', 'role'].includes(causeRecord(cause).family);
  return log === 'execution' && ofService && !saidByGateway.includes(cause);
});

/** The phrases of some causes alone. */
export function phrasesOf(...causes: CauseId[]): readonly Candidate[] {
  return scope(({ cause }) => causes.includes(cause));
}

function scope(belongs: (candidate: Candidate) => boolean): readonly Candidate[] {
  return candidates.filter(belongs);
}

/**
 * Names the cause whose phrase decides most firmly; the catalogue's order settles ties.
 * @param text as `straightened` leaves it
 */
export function matchSignatures(text: string, within: readonly Candidate[]): Match {
  let best: Candidate | null = null;
  const fitting = new Set<CauseId>();
  for (const candidate of within) {
    if (!candidate.phrase.test(text)) continue;
    fitting.add(candidate.cause);
    if (strengthOf(candidate) > strengthOf(best)) best = candidate;
  }
  if (best !== null) fitting.delete(best.cause);
  return { cause: best?.cause ?? null, confidence: best?.confidence ?? null, possible: [...fitting] };
}

/** The words of a log line that say the cause, as they stand in it; null where it is told by something else. */
export function decisiveWords(message: string, cause: CauseId): string | null {
  const phrases = [...causeRecord(cause).signatures.map(({ phrase }) => phrase), quotedError];
  const said = phrases.flatMap(phrase => phrase.exec(message)?.[0].slice(0, longestWords) ?? []);
  return said.toSorted((a, b) => b.length - a.length)[0] ?? null;
}

const longestWords = 200;

function strengthOf(candidate: Candidate | null): number {
  return candidate?.confidence ? strength[candidate.confidence] : 0;
}

/** API Gateway quotes what the function reported. */
const quotedError =
  /(?:due to customer function error|Lambda Customer Function Error|The Lambda function returned the following error):(.*)$/i;
/** A line of the function's own log that reports an error. */
const functionReports =
  /^\[ERROR\]|^(?:[0-9a-f-]{36} )?ERROR\b|\bInvoke Error\b|^(?!Execution failed|Authorizer ).*"errorType": ?"|RequestId: [0-9a-f-]{36} Error: /i;

/** What API Gateway says itself: a text without what it quotes from a function, nothing of a function's own report. */
export function ownWords(text: string): string {
  if (functionReports.test(text)) return '';
  const quoted = quotedError.exec(text)?.[1] ?? '';
  return text.slice(0, text.length - quoted.length);
}

/** Chatter of an application below error level: what it mentions has not happened to this request. */
const chatter = /^(?:[0-9a-f-]{36} )?\[?(?:INFO|DEBUG|TRACE)\]?\s|^\{.{0,200}"level": ?"(?:INFO|DEBUG|TRACE)"/i;

const quoting = { cause: 'lambda-function-error', confidence: 'medium' } as const;

/** Failing requests repeat the same few sentences. */
const matched = new Map<string, Match>();
const matchedCap = 1_000;
const longestKept = 500;

/** Reads a text of unknown origin, or one that API Gateway wrote about a failure. */
export function matchText(text: string): Match {
  const known = matched.get(text);
  if (known !== undefined) return known;
  const match = matchAnew(text);
  if (matched.size < matchedCap && text.length <= longestKept) matched.set(text, match);
  return match;
}

function matchAnew(text: string): Match {
  if (text === '' || chatter.test(text)) return nothing;
  const quoted = quotedError.exec(text)?.[1];
  if (quoted !== undefined) {
    const inside = matchSignatures(quoted.trim(), insideFunctions);
    // A function that ended with an error is certain; why is not always.
    if (inside.confidence === 'high' || inside.confidence === 'medium') {
      return { ...inside, possible: without(inside.possible, 'lambda-function-error') };
    }
    if (inside.cause !== null) return { ...inside, possible: [...new Set([...inside.possible, quoting.cause])] };
    return { ...quoting, possible: without(inside.possible, quoting.cause) };
  }
  // Whatever a function reports, it is no witness of what API Gateway does.
  return matchSignatures(text, functionReports.test(text) ? insideFunctions : anywhere);
}

function without<T>(items: readonly T[], item: T): T[] {
  return items.filter(one => one !== item);
}

/** An endpoint's answer is evidence, but what API Gateway says about it comes first. */
export function atMostMedium(match: Match): Match {
  return match.confidence === 'high' ? { ...match, confidence: 'medium' } : match;
}

/**
 * A cause that only makes 4xx, in a request that ended with 5xx: a customised gateway response has rewritten it.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
 */
export function rewritten(match: Match, status: number | null): Match {
  if (match.cause === null || status === null || status < 500) return match;
  const own = Object.values(causeRecord(match.cause).statuses).flatMap(statuses => statuses ?? []);
  if (own.some(one => one >= 500)) return match;
  const others = match.possible.filter(one => one !== 'gateway-response-override');
  return { cause: 'gateway-response-override', confidence: match.confidence, possible: [match.cause, ...others] };
}

export function strongest(matches: readonly Match[]): Match {
  const best = matches.reduce((one, other) => (weight(other) > weight(one) ? other : one), nothing);
  const causes = matches.flatMap(({ cause, possible }) => [...(cause === null ? [] : [cause]), ...possible]);
  return { ...best, possible: [...new Set(causes)].filter(one => one !== best.cause) };
}

function weight({ confidence }: Match): number {
  return confidence === null ? 0 : strength[confidence];
}

/** Which call of API Gateway fails: the one to the authorizer or the one to the integration; null at its edge. */
export function layerOf(cause: CauseId): Layer | null {
  const { family } = causeRecord(cause);
  if (family === 'edge') return null;
  return family === 'authorizer' ? 'authorizer' : 'integration';
}

/** The cause that the same words mean when the call to an authorizer fails; null where it cannot be one. */
export function asAuthorizer(cause: CauseId): CauseId | null {
  const { family } = causeRecord(cause);
  if (family === 'edge' || family === 'authorizer') return cause;
  switch (cause) {
    case 'lambda-invoke-permission-missing':
    case 'integration-role-lacks-permission':
      return 'authorizer-invoke-permission-missing';
    case 'integration-role-not-assumable':
      return 'authorizer-role-not-assumable';
    case 'lambda-malformed-response':
      return 'authorizer-invalid-response';
    case 'lambda-integration-method-not-post':
      return null;
    default:
      return 'authorizer-failure';
  }
}
