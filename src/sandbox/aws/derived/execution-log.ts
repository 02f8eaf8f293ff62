/**
 * Execution logs of REST and WebSocket APIs, at the level that the stage has
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html).
 */
import { type FlowTarget, invocationUri } from '../world/lookup.ts';
import type { World } from '../world.ts';
import { type ApiRequest, fillRequest, type Stream } from './requests.ts';

export interface Line {
  at: number;
  message: string;
}

/** Lines that an ERROR-level log keeps of a failing request. */
const failureLine =
  /Execution failed|(invocation|execution) failed with status|Authorizer error|AuthorizerConfigurationException|Gateway response type|throttle limit exceeded|is not authorized|Unauthorized/;

/** Lines that are written only where the stage logs full requests and responses (data trace). */
const dataTraceLine =
  /^(Method request (path|query string|headers|body)|Endpoint (request|response) (URI|headers|body)|Method response (body|headers)|Authorizer (request|result) body|Gateway response (body|headers))/;

interface Level {
  level: 'OFF' | 'ERROR' | 'INFO';
  dataTrace: boolean;
}

/** What a stage logs of one route. */
export function levelOf(target: FlowTarget, httpMethod: string, resource: string): Level {
  if (target.type === 'REST') {
    const { methodSettings } = target.stage;
    const own = Object.entries(methodSettings).find(([key]) => settingRoute(key) === `${resource}/${httpMethod}`)?.[1];
    const settings = own ?? methodSettings['*/*'];
    return { level: settings?.loggingLevel ?? 'OFF', dataTrace: settings?.dataTraceEnabled ?? false };
  }
  if (target.type === 'HTTP') return { level: 'OFF', dataTrace: false };
  const settings = { ...target.stage.defaultRouteSettings, ...target.stage.routeSettings[resource] };
  return { level: settings.loggingLevel ?? 'OFF', dataTrace: settings.dataTraceEnabled ?? false };
}

/** `orders/GET`, `/orders/GET` and `~1orders/GET` all mean GET of /orders. */
function settingRoute(key: string): string {
  const path = key.replaceAll('~1', '/');
  return path.startsWith('/') ? path : `/${path}`;
}

/** Name of the group that a stage's execution log goes to; null for HTTP APIs, which have none. */
export function executionLogGroup(target: FlowTarget, canary: boolean): string | null {
  if (target.type === 'HTTP') return null;
  if (target.type === 'WEBSOCKET') return `/aws/apigateway/${target.apiId}/${target.stageName}`;
  return `API-Gateway-Execution-Logs_${target.apiId}/${target.stageName}${canary ? '/Canary' : ''}`;
}

export function executionLines(world: World, request: ApiRequest): Line[] {
  const { stream } = request;
  const { level, dataTrace } = levelOf(stream.target, stream.httpMethod, stream.resource);
  if (level === 'OFF') return [];
  const lines = trace(world, request).filter(({ message }) => dataTrace || !dataTraceLine.test(message));
  const kept = level === 'INFO' ? lines : errorLines(stream, lines);
  const id = stream.target.type === 'REST' ? request.requestId : request.extendedRequestId;
  return kept.map(({ at, message }) => ({ at, message: `(${id}) ${message}` }));
}

function errorLines(stream: Stream, lines: Line[]): Line[] {
  if (stream.flow.execution === undefined) return [];
  return lines.filter(({ message }) => failureLine.test(message) || message.startsWith('Method completed with status'));
}

function trace(world: World, request: ApiRequest): Line[] {
  const { flow } = request.stream;
  const ended = request.at + request.latencyMs;
  const before = [...arrival(request), ...(flow.sent ? sending(world, request) : [])];
  const after = flow.execution?.map(line => fillRequest(line, request)) ?? answer(request);
  return [
    ...before.map((message, i) => ({ at: request.at + Math.min(i, 3), message })),
    ...[...after, `Method completed with status: ${flow.status}`].map(message => ({ at: ended, message })),
    ...(request.stream.answered && request.stream.integration.lambda !== null
      ? [{ at: ended, message: `AWS Integration Endpoint RequestId : ${request.lambdaRequestId}` }]
      : []),
  ];
}

function arrival(request: ApiRequest): string[] {
  const { httpMethod, path, resource, target, flow } = request.stream;
  const stage = `${target.apiId}/${target.stageName}`;
  if (target.type !== 'REST') {
    return [
      `Extended Request Id: ${request.extendedRequestId}`,
      `Verifying Usage Plan for request: ${request.requestId}. API Key:  API Stage: ${stage}`,
      `Starting execution for request: ${request.requestId}`,
      `WebSocket Request Route: [${resource}]`,
    ];
  }
  return [
    `Extended Request Id: ${request.extendedRequestId}`,
    `Verifying Usage Plan for request: ${request.requestId}. API Key:  API Stage: ${stage}`,
    `API Key  authorized because method '${httpMethod} ${resource}' does not require API Key. Request will not contribute to throttle or quota limits`,
    `Usage Plan check succeeded for API Key  and API Stage ${stage}`,
    `Starting execution for request: ${request.requestId}`,
    `HTTP Method: ${httpMethod}, Resource Path: ${path}`,
    'Method request path: {}',
    'Method request query string: {}',
    `Method request headers: {Accept=application/json, X-Forwarded-For=${flow.sourceIp}, X-Forwarded-Proto=https, Host=${target.apiId}.execute-api.amazonaws.com}`,
    'Method request body before transformations: ',
  ];
}

function sending(world: World, request: ApiRequest): string[] {
  const url = endpointUrl(world, request.stream);
  if (url === null) return [];
  return [
    `Endpoint request URI: ${url}`,
    `Endpoint request headers: {x-amzn-apigateway-api-id=${request.stream.target.apiId}, Accept=application/json, User-Agent=AmazonAPIGateway_${request.stream.target.apiId}, X-Amzn-Trace-Id=Root=1-${request.requestId.slice(0, 8)}}`,
    'Endpoint request body after transformations: {}',
    `Sending request to ${url}`,
  ];
}

function answer(request: ApiRequest): string[] {
  const { integration, flow } = request.stream;
  if (!flow.sent) return [];
  // Lambda's own service answers 200 whatever status the function puts into its response.
  const status = integration.lambda !== null || integration.type === 'MOCK' ? 200 : flow.status;
  const received =
    integration.type === 'MOCK'
      ? []
      : [
          `Received response. Status: ${status}, Integration latency: ${request.integrationLatencyMs ?? 0} ms`,
          'Endpoint response headers: {Content-Type=application/json, Connection=keep-alive}',
          'Endpoint response body before transformations: {}',
        ];
  return [
    ...received,
    'Method response body after transformations: {}',
    'Method response headers: {Content-Type=application/json}',
    'Successfully completed execution',
  ];
}

function endpointUrl(world: World, stream: Stream): string | null {
  const { lambda, uri, type } = stream.integration;
  if (type === 'MOCK' || uri === null) return null;
  if (lambda === null) return uri;
  const name = `${lambda.name}${lambda.qualifier === null ? '' : `:${lambda.qualifier}`}`;
  // The function may be of another account: what is sent is the URI's own ARN.
  const path = invocationUri(world, name).replace(/arn:[\w-]+:lambda:.*(?=\/invocations)/, lambda.arn);
  return `https://lambda.${world.region}.amazonaws.com/${path.slice(path.indexOf('2015-03-31'))}`;
}
