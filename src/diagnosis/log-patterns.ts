/**
 * Where API Gateway logs, and the filter patterns that find failing requests there. Terms with `?` are alternatives.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
import type { Target } from './types.ts';

export const serverErrors = ['500', '501', '502', '503', '504', '505'];
const failedStatuses = serverErrors.map(status => `Method completed with status: ${status}`);

/**
 * Lines of an execution log that tell of a failure; context lines are read afterwards, for single requests, where
 * these do not decide.
 */
export const failureTerms = [
  'Execution failed',
  'Lambda invocation failed',
  'Lambda execution failed',
  'Authorizer error',
  'AuthorizerConfigurationException',
  'Gateway response type',
  'Received response. Status: 5',
  'throttle limit exceeded',
  ...failedStatuses,
];
/** Requests that were refused explain no 5xx, but are worth a look where they do not crowd out the failing ones. */
export const refusalTerms = ['Method completed with status: 403', 'Method completed with status: 429'];

export const anyOf = (terms: readonly string[]) => terms.map(term => `?"${term}"`).join(' ');

/** For execution logs; also of a canary, which has a group of its own. */
export const failurePattern = anyOf(failureTerms);

/** For execution logs of REST APIs: only requests that were answered with 5xx. */
export const failedStatusPattern = anyOf(failedStatuses);

/** For access logs, in any format. */
export const serverErrorPattern = anyOf(serverErrors);

/**
 * Groups that a stage's execution log may have, the likeliest first. HTTP APIs write none. For WebSocket APIs AWS says
 * only that API Gateway names the group; both forms are met.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-logging.html
 */
export function executionGroups({ apiId, apiType, stage }: Target): string[] {
  if (apiType === 'HTTP') return [];
  const rest = `API-Gateway-Execution-Logs_${apiId}/${stage}`;
  return apiType === 'REST' ? [rest] : [`/aws/apigateway/${apiId}/${stage}`, rest];
}

/** The API and stage whose execution log a group is; null for any other group. */
export function executionLogOf(group: string): { apiId: string; stage: string } | null {
  const match = /^(?:API-Gateway-Execution-Logs_|\/aws\/apigateway\/)([a-z0-9]+)\/([\w$-]+)(?:\/Canary)?$/.exec(group);
  return match === null ? null : { apiId: match[1] ?? '', stage: match[2] ?? '' };
}
