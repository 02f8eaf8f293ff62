import { parseAccessLog } from './access-log.ts';
import { readAccess } from './access-reading.ts';
import { blank, type LineKind, type LineReading } from './line-reading.ts';
import { parseEvent, straightened, withoutTime } from './log-event.ts';
import {
  atMostMedium,
  inEndpointAnswers,
  type Layer,
  layerOf,
  type Match,
  matchSignatures,
  matchText,
  nothing,
  ownWords,
  phrasesOf,
  rewritten,
} from './signature-match.ts';

/** The kinds that are known by how the line begins. Their order matters: the first that fits holds. */
const beginnings: readonly [RegExp, LineKind][] = [
  [/^Starting authorizer\b/i, 'authorizer-start'],
  [/^(?:Successfully completed authorizer execution|Using valid authorizer policy)/i, 'authorizer-end'],
  [/^(?:Starting execution for request|Verifying Usage Plan|HTTP Method: )/i, 'authorizer-end'],
  [/^Method request (?:path|query|headers|body|model|validation)/i, 'client'],
  [/^(?:Incoming identity|Endpoint request (?:URI|headers|body)|Sending request to)\b/i, 'sent'],
  [/^(?:Endpoint response (?:headers|body)|Received response\.|Authorizer result body)/i, 'received'],
  [/^Method completed with status/i, 'completed'],
  [
    /^(?:Method response (?:headers|body)|Successfully completed execution|Extended Request Id|X-ray Tracing ID)/i,
    'progress',
  ],
  [/^(?:API Key\b.*authorized|Usage Plan check|Execution log for request|Unauthorized\b)/i, 'progress'],
];

const authorizerFailed =
  /\bAuthorizer (?:error\b|function failed with)|AuthorizerConfigurationException|Gateway response type: AUTHORIZER_/i;
const failure = /Execution failed|Lambda (?:invocation|execution) failed|limit exceeded for /i;
const gatewayResponse = /^Gateway response type: /i;

/**
 * Reads one log event of any of the logs: execution, access, WAF or the function's. Pure, linear in its length,
 * and never throws. A line that does not decide has no cause.
 */
export function classifyLine(message: string): LineReading {
  const fields = parseAccessLog(null, withoutTime(message));
  if (fields !== null) return guessedAccess(readAccess(fields, null), message);
  const { text, requestId, dated } = parseEvent(message);
  const kind = kindOf(text);
  const facts = factsOf(text, kind, message);
  const match = rewritten(matchOf(text, kind), facts.status ?? null);
  return {
    ...blank,
    ...match,
    ...facts,
    kind,
    text,
    layer: layerOfLine(match, kind),
    requestId: requestId ?? mentionedId(text),
    dated,
  };
}

/** Where the format is not known, the telling field may have a name that is not known either. */
function guessedAccess(reading: LineReading, message: string): LineReading {
  const silent = reading.cause === null && reading.possible.length === 0;
  if (!silent || (reading.status !== null && reading.status < 400)) return reading;
  const match = rewritten(atMostMedium(matchText(straightened(message))), reading.status);
  return { ...reading, ...match, layer: layerOfLine(match, 'access') };
}

function kindOf(text: string): LineKind {
  const known = beginnings.find(([beginning]) => beginning.test(text));
  if (known) return known[1];
  const own = ownWords(text);
  if (authorizerFailed.test(own)) return 'authorizer-failed';
  if (gatewayResponse.test(own)) return 'completed';
  return failure.test(own) ? 'failure' : 'other';
}

const binaryBody = phrasesOf('request-mapping-failed');
const brokenUri = phrasesOf('stage-variable-undefined');
const unreadablePolicy = phrasesOf('authorizer-invalid-response', 'authorizer-failure');
const backendAnswer = phrasesOf('backend-5xx');
/** A proxy function's own answer: its content is the application's and proves nothing about API Gateway. */
const proxyAnswer = /^Endpoint response body before transformations: ?\{.*"statusCode": ?"?\d/i;

function matchOf(text: string, kind: LineKind): Match {
  switch (kind) {
    case 'client':
      return matchSignatures(text, binaryBody);
    case 'sent':
      return matchSignatures(text, brokenUri);
    case 'received':
      if (/^Authorizer result body/i.test(text)) return matchSignatures(text, unreadablePolicy);
      if (/^Received response/i.test(text)) return matchSignatures(text, backendAnswer);
      return proxyAnswer.test(text) || failure.test(text)
        ? nothing
        : atMostMedium(matchSignatures(text, inEndpointAnswers));
    case 'authorizer-start':
    case 'authorizer-end':
    case 'progress':
      return nothing;
    case 'completed':
      return gatewayResponse.test(text) ? matchText(text) : nothing;
    default:
      return matchText(text);
  }
}

function layerOfLine({ cause, possible }: Match, kind: LineKind): Layer | null {
  if (kind === 'authorizer-failed' || kind === 'authorizer-start') return 'authorizer';
  const layers = new Set((cause === null ? possible : [cause]).map(layerOf));
  const [only] = layers;
  return layers.size === 1 ? (only ?? null) : null;
}

/** What the line tells beside the cause. */
function factsOf(text: string, kind: LineKind, message: string): Partial<LineReading> {
  const facts: Partial<LineReading> = {};
  const status = /^Method completed with status: ?(\d{3})|Gateway response type: \w+ with status code: ?(\d{3})/i.exec(
    text,
  );
  if (status) facts.status = Number(status[1] ?? status[2]);
  const route = /^HTTP Method: (\w+), Resource Path: (\S+)/i.exec(text);
  if (route) facts.route = `${route[1]} ${route[2]}`;
  const extended = /^Extended Request Id: ?([\w-]+=*)/i.exec(text);
  if (extended?.[1]) facts.extendedRequestId = extended[1];
  if (kind === 'sent') Object.assign(facts, destination(text));
  if (kind === 'received') Object.assign(facts, answer(text, message));
  const lambda = /Lambda request id: ?([0-9a-f-]{36})/i.exec(text) ?? /\bRequestId: ?([0-9a-f-]{36})/i.exec(text);
  const inFront = /^([0-9a-f]{8}-[0-9a-f-]{27}) (?:\[?[A-Z]+\]?\s|Task timed out)/.exec(text);
  const structured =
    text.startsWith('{"') && /"(?:level|type)": ?"/.test(text) ? /"requestId": ?"([0-9a-f-]{36})"/.exec(text) : null;
  const lambdaId = lambda?.[1] ?? inFront?.[1] ?? structured?.[1];
  if (lambdaId !== undefined && kind !== 'client' && kind !== 'sent') facts.lambdaRequestId = lambdaId;
  if (isWafRecord(text)) facts.extendedRequestId = /"requestId": ?"([\w-]+=*)"/i.exec(text)?.[1] ?? null;
  return facts;
}

function isWafRecord(text: string): boolean {
  return text.startsWith('{') && /"webaclId": ?"|"terminatingRuleId": ?"/i.test(text);
}

function destination(text: string): Partial<LineReading> {
  const url = /^(?:Sending request to|Endpoint request URI:) (\S+)/i.exec(text)?.[1];
  if (url === undefined) return {};
  const functionArn = /\/functions\/(arn:[^/\s]+)\/invocations/.exec(url)?.[1];
  return functionArn === undefined ? { endpoint: url } : { endpoint: url, functionArn };
}

function answer(text: string, message: string): Partial<LineReading> {
  const received = /^Received response\. Status: ?(\d{3}), Integration latency: ?(\d+)/i.exec(text);
  if (received) return { endpointStatus: Number(received[1]), integrationLatencyMs: Number(received[2]) };
  const returned = proxyAnswer.test(text) ? (topLevelStatus(message) ?? topLevelStatus(text)) : null;
  const invocation = /^Endpoint response headers:.*\bx-amzn-RequestId=([0-9a-f-]{36})/i.exec(text)?.[1];
  return { returnedStatus: returned, ...(invocation === undefined ? {} : { lambdaRequestId: invocation }) };
}

/** The function's own statusCode, not one inside the body that it returns; long lines are cut, so no JSON parsing. */
function topLevelStatus(text: string): number | null {
  let level = 0;
  let inString = false;
  for (let at = text.indexOf('{'); at < text.length; at += 1) {
    const character = text[at];
    if (character === '\\') at += 1;
    else if (character === '"') {
      const key = !inString && level === 1 ? /^"statusCode": ?"?(\d{3})/.exec(text.slice(at, at + 24)) : null;
      if (key) return Number(key[1]);
      inString = !inString;
    } else if (!inString && character === '{') level += 1;
    else if (!inString && character === '}') level -= 1;
  }
  return null;
}

/** Lines that name their request without brackets: the heads of TestInvokeMethod's trace. */
function mentionedId(text: string): string | null {
  return (
    /^(?:Execution log for request|Starting execution for request:) ?([\w-]+)/i.exec(text)?.[1] ??
    /^Starting authorizer: \S+ for request: ?([\w-]+)/i.exec(text)?.[1] ??
    null
  );
}
