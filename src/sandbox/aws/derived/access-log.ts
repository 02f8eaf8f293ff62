/**
 * Access log lines, rendered from the stage's own format
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html).
 */
import { type ApiRequest, fillRequest } from './requests.ts';

/** `$context.x.y` filled in; what a request does not have is `-`. */
export function renderAccessLog(format: string, request: ApiRequest, accountId: string): string {
  const values = contextOf(request, accountId);
  return format.replace(/\$context\.([A-Za-z][\w-]*(?:\.[A-Za-z][\w-]*)*)/g, (_, name: string) => values[name] ?? '-');
}

function contextOf(request: ApiRequest, accountId: string): Record<string, string> {
  const { stream, at, latencyMs, integrationLatencyMs } = request;
  const { flow, target, answered } = stream;
  const values: Record<string, string> = {
    accountId,
    apiId: target.apiId,
    requestId: request.requestId,
    extendedRequestId: request.extendedRequestId,
    requestTime: commonLogTime(at),
    requestTimeEpoch: String(at),
    httpMethod: stream.httpMethod,
    resourcePath: stream.resource,
    routeKey: stream.resource,
    path: target.stageName === '$default' ? stream.path : `/${target.stageName}${stream.path}`,
    protocol: 'HTTP/1.1',
    status: String(flow.status),
    stage: target.stageName,
    domainName: `${target.apiId}.execute-api.amazonaws.com`,
    domainPrefix: target.apiId,
    responseLength: flow.status >= 400 ? '36' : '482',
    responseLatency: String(latencyMs),
    'identity.sourceIp': flow.sourceIp,
    'identity.userAgent': 'orders-web/4.2',
    xrayTraceId: `Root=1-${request.requestId.slice(0, 8)}-${request.requestId.slice(-12)}`,
  };
  if (integrationLatencyMs !== null) {
    values.integrationLatency = String(integrationLatencyMs);
    values['integration.latency'] = String(integrationLatencyMs);
  }
  if (answered && stream.integration.type !== 'MOCK') {
    const { lambda } = stream.integration;
    const service = lambda === null ? flow.status : 200;
    values.integrationStatus = String(service);
    values['integration.integrationStatus'] = String(service);
    values['integration.status'] = String(flow.status);
    if (lambda !== null) {
      values['integration.requestId'] = request.lambdaRequestId;
      values.awsEndpointRequestId = request.lambdaRequestId;
    }
  }
  for (const [name, value] of Object.entries(flow.access)) values[name] = fillRequest(String(value), request);
  return withAliases(values);
}

/** Variables that API Gateway knows under two names, and the one that comes quoted. */
function withAliases(values: Record<string, string>): Record<string, string> {
  const error = values['integration.error'] ?? values.integrationErrorMessage;
  if (error !== undefined) {
    values['integration.error'] = error;
    values.integrationErrorMessage = error;
  }
  if (values['error.message'] !== undefined) values['error.messageString'] ??= `"${values['error.message']}"`;
  return values;
}

/** `22/Nov/2026:15:04:05 +0000` */
function commonLogTime(at: number): string {
  const [, , day, month, year, time] = new Date(at).toUTCString().match(/(\w+), (\d+) (\w+) (\d+) ([\d:]+)/) ?? [];
  return `${day}/${month}/${year}:${time} +0000`;
}
