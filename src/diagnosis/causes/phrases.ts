/** Phrases that fit several causes, each written once; the records say what they decide. */

/** API Gateway's call to a role, in REST and WebSocket logs; the same words for integrations and authorizers. */
export const cannotAssumeRole = /does not have permission to assume the provided role/i;

/** HTTP APIs, for a function's policy and for an integration's role alike. */
export const cannotCallIntegration = /permissions? to call the integration/i;

export const refusedWith400 = invocationStatus(400);
export const refusedWith403 = invocationStatus(403);
export const refusedWith502 = invocationStatus(502);

/** https://repost.aws/knowledge-center/api-gateway-500-error-vpc */
export const internalErrorExecuting = /internal error while executing your request/i;

export const vpcLinkError = /due to an? vpc link error/i;

/** A process that ended by itself; Lambda does not say why. */
export const processExited =
  /Process exited before completing request|Runtime exited (?:without providing a reason|with error: exit status)|Runtime\.ExitError/i;

/** A role's session was refused by IAM, as AWS services word it; execute-api is what callers of the API lack. */
export const notAuthorized = /is not authorized to perform: ?(?!execute-api:Invoke)[\w-]+:\w+/i;

/** An AWS service refuses the call, without saying whom. */
export const awsAccessDenied = /<Code>AccessDenied<|"__type": ?"[^"]{0,80}AccessDenied/i;

/** N is the HTTP status of Lambda's Invoke API. https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
export function invocationStatus(...statuses: number[]): RegExp {
  return new RegExp(`Lambda invocation failed with status(?: code)?:? ?(?:${statuses.join('|')})\\b`, 'i');
}

/** All that an HTTP API's client sees of a private integration that cannot be reached. */
export const serviceUnavailable = /^\{? ?"?(?:message"?: ?"?)?Service Unavailable"? ?\}?$/i;
