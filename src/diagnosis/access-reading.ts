import type { AccessFields } from './access-log.ts';
import { catalogue } from './causes/catalogue.ts';
import { blank, type LineReading } from './line-reading.ts';
import { straightened } from './log-event.ts';
import {
  asAuthorizer,
  atMostMedium,
  layerOf,
  type Match,
  matchText,
  nothing,
  rewritten,
  strongest,
} from './signature-match.ts';
import type { ApiType, CauseId } from './types.ts';

/** In the order in which a request meets them. */
const errorVariables = [
  'waf.error',
  'wafResponseCode',
  'authenticate.error',
  'authorize.error',
  'integration.error',
  'error.message',
  'error.messageString',
  'error.responseType',
];

/** What the judgement rests on. */
const judged = [
  ...errorVariables,
  'authorizer.error',
  'status',
  'integration.status',
  'integration.integrationStatus',
] as const;

/** What an access-log line says: its variables against each other, and the phrases that they carry. */
export function readAccess(fields: AccessFields, apiType: ApiType | null): LineReading {
  return accessReader(apiType)(fields);
}

/** For many lines of one stage: requests fail alike, and what says the same is judged once. */
export function accessReader(apiType: ApiType | null): (fields: AccessFields) => LineReading {
  const known = new Map<string, Match>();
  return fields => {
    const status = numberOf(said(fields, 'status'));
    if (status !== null && status < 400) return reading(fields, status, nothing);
    // A variable that the format does not have is another case than an empty one.
    const key = judged.map(name => fields[name] ?? '\0').join('\n');
    const match = known.get(key) ?? judge(fields, status, apiType);
    known.set(key, match);
    return reading(fields, status, match);
  };
}

function reading(fields: AccessFields, status: number | null, match: Match): LineReading {
  const requestId = said(fields, 'requestId');
  const method = said(fields, 'httpMethod');
  const path = said(fields, 'resourcePath') ?? said(fields, 'path');
  return {
    ...blank,
    ...match,
    kind: 'access',
    layer: match.cause === null ? null : layerOf(match.cause),
    // Written where a client sent an id that is no UUID: not the id of one request.
    requestId: requestId === 'UUID_REPLACED_INVALID_REQUEST_ID' ? null : requestId,
    extendedRequestId: said(fields, 'extendedRequestId'),
    lambdaRequestId: said(fields, 'integration.requestId'),
    status,
    route: said(fields, 'routeKey') ?? (method !== null && path !== null ? `${method} ${path}` : null),
    endpointStatus: endpointStatus(fields),
    integrationLatencyMs: numberOf(said(fields, 'integration.latency')),
  };
}

/** `-` and nothing mean that API Gateway had nothing to say. */
function said(fields: AccessFields, name: string): string | null {
  const value = fields[name];
  return value === undefined || value === '' || value === '-' ? null : value;
}

function numberOf(value: string | null): number | null {
  return value !== null && /^\d+$/.test(value) ? Number(value) : null;
}

/** What the backend itself answered; for Lambda what the function returned. */
function endpointStatus(fields: AccessFields): number | null {
  return numberOf(said(fields, 'integration.status')) ?? numberOf(said(fields, 'integration.integrationStatus'));
}

function judge(fields: AccessFields, status: number | null, apiType: ApiType | null): Match {
  const failed = status === null || status >= 500;
  const errors = errorVariables.flatMap(name => said(fields, name) ?? []);
  const byPhrase = errors.map(error => matchText(straightened(error)));
  const found = strongest([
    authorizerMatch(fields, failed),
    gatewayResponse(fields, status),
    ...byPhrase,
    refusedByLambda(fields),
  ]);
  if (found.cause !== null) return rewritten(found, status);
  if (!failed) return found;
  if (status !== null && errors.length === 0) {
    const passed = passedOn(fields, status, apiType);
    if (passed !== null) return passed;
  }
  const fitting = [...found.possible, ...fittingType(fields)];
  return { ...nothing, possible: [...new Set(fitting)] };
}

/** `$context.authorizer.error` belongs to the call of the authorizer, whatever its words are. */
function authorizerMatch(fields: AccessFields, failed: boolean): Match {
  const error = said(fields, 'authorizer.error');
  if (error === null || !failed) return nothing;
  const { cause, confidence } = matchText(straightened(error));
  const own = cause === null ? null : asAuthorizer(cause);
  return own === null
    ? { cause: 'authorizer-failure', confidence: 'medium', possible: [] }
    : { cause: own, confidence, possible: [] };
}

/** A 4xx type with a 5xx status, worded as WebSocket logs word it. */
function gatewayResponse(fields: AccessFields, status: number | null): Match {
  const type = said(fields, 'error.responseType');
  if (type === null || status === null) return nothing;
  const match = matchText(`Gateway response type: ${type} with status code: ${status}`);
  return rewritten(match, status);
}

/** Lambda's Invoke API answered with an error: its status, and another or none from the function. */
function refusedByLambda(fields: AccessFields): Match {
  const service = numberOf(said(fields, 'integration.integrationStatus'));
  const own = said(fields, 'integration.status');
  const refused = service !== null && service >= 400 && numberOf(own) !== service;
  if (!refused || errorVariables.every(name => said(fields, name) === null)) return nothing;
  const match = atMostMedium(matchText(`Lambda invocation failed with status: ${service}`));
  // The same variable holds the answer of any other AWS service that the integration calls.
  const rejected = service >= 400 && service < 500 && match.cause === null;
  return rejected ? { ...match, possible: [...match.possible, 'aws-service-integration-rejected'] } : match;
}

/** No error of API Gateway's own: what the client got is what the endpoint answered, or what a mapping made of it. */
function passedOn(fields: AccessFields, status: number, apiType: ApiType | null): Match | null {
  const answered = endpointStatus(fields);
  // Without an error variable in the format, silence proves less.
  const wouldSay = errorVariables.some(name => name in fields);
  if (answered === status) return { cause: 'backend-5xx', confidence: wouldSay ? 'high' : 'medium', possible: [] };
  if (answered === null || answered >= 400 || !wouldSay) return null;
  // HTTP APIs change a status only where a parameter mapping says so.
  if (apiType === 'HTTP') return { cause: 'mapping-status-override', confidence: 'medium', possible: [] };
  return { ...nothing, possible: ['mapping-status-override', 'lambda-function-error', 'backend-5xx'] };
}

/** Causes that show this response type, and this status of the endpoint where it was reached. */
function fittingType(fields: AccessFields): CauseId[] {
  const type = said(fields, 'error.responseType');
  if (type === null) return [];
  const answered = numberOf(said(fields, 'integration.integrationStatus'));
  return catalogue
    .filter(({ accessLog }) => accessLog.responseTypes.includes(type))
    .filter(({ accessLog }) => answered === null || accessLog.integrationStatuses.includes(answered))
    .map(({ id }) => id);
}
