import { lambdaReference } from './backends.ts';
import { straightened } from './log-event.ts';
import type { CauseId, CauseParameters } from './types.ts';

/** Longest error text that is quoted in a sentence. */
const longestMessage = 160;

/**
 * What a log line tells about a cause's resources, for the catalogue's sentences.
 * @param cause as the line or its request was read; some words mean different things for different causes
 * @param functionArn of the call, where other lines of the request named it
 */
export function lineParameters(message: string, cause: CauseId, functionArn: string | null = null): CauseParameters {
  const text = straightened(message);
  const found: Record<string, string | number | undefined> = {
    ...functionNames(functionArn ?? text),
    ...roleNames(text),
    statusCode: text.match(/(?:invalid method response|Endpoint Response Status Code): ?(\d{3})/i)?.[1],
    functionTimeoutSeconds: numberIn(text, /Task timed out after ([\d.]+)/i),
    memoryMb: numberIn(text, /Memory Size: (\d+) MB/i),
    endpoint: text.match(/Host name '([^']{1,255})'/i)?.[1],
    rule: text.match(/"terminatingRuleId": ?"([^"]{1,255})"/)?.[1],
    webAclArn: text.match(/"webaclId": ?"(arn:[^"]{1,500})"/i)?.[1],
    message: cause === 'lambda-function-error' || cause === 'lambda-init-error' ? errorText(text) : undefined,
    ...(cause === 'gateway-response-override' ? rewrittenResponse(text) : {}),
    ...(cause === 'backend-5xx' ? { statusCode: text.match(/(?:Status: ?|"statusCode": ?"?)(5\d\d)/)?.[1] } : {}),
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined)) as CauseParameters;
}

function functionNames(text: string): Record<string, string | undefined> {
  const reference = lambdaReference(text);
  if (reference === null) return {};
  return { functionName: reference.name, functionArn: reference.arn, qualifier: reference.qualifier ?? undefined };
}

/** The role that could not be assumed, or whose session was refused. */
function roleNames(text: string): Record<string, string | undefined> {
  const assumed = text.match(/assume the provided role (arn:[\w:/+=,.@-]+)/i)?.[1];
  if (assumed !== undefined) return { roleArn: assumed, roleName: assumed.split('/').at(-1) };
  const refused = text.match(/:assumed-role\/([\w+=,.@-]+)\/\S{1,200} is not authorized to perform: ?([\w-]+:\w+)/i);
  const resource = text.match(/on resource: ?(arn:[^\s"']{1,500}?)[.,]?(?=[\s"']|$)/i)?.[1];
  return { roleName: refused?.[1], action: refused?.[2], resource: refused ? resource : undefined };
}

function numberIn(text: string, pattern: RegExp): number | undefined {
  const value = text.match(pattern)?.[1];
  return value === undefined ? undefined : Math.round(Number(value) * 100) / 100;
}

/** What the function reported, without the ids around it. */
function errorText(text: string): string | undefined {
  const error = text
    .match(/(?:customer function error|Customer Function Error|returned the following error): ?(.*)$/i)?.[1]
    ?.replace(/\.? ?(?:Lambda request id: .*|Check your Lambda function code.*)$/i, '')
    .replace(/^RequestId: [0-9a-f-]{36} (?:Error: )?/i, '')
    .trim();
  if (error === undefined || error === '') return undefined;
  return error.length > longestMessage ? `${error.slice(0, longestMessage - 1)}…` : error;
}

function rewrittenResponse(text: string): Record<string, string | undefined> {
  const [, resource, statusCode] = text.match(/Gateway response type: (\w+) with status code: ?(\d{3})/i) ?? [];
  return { resource, statusCode };
}
