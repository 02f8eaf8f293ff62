import type {
  RouteSettings,
  Authorizer as SdkAuthorizer,
  Integration as SdkIntegration,
  Route as SdkRoute,
  Stage as SdkStage,
} from '@aws-sdk/client-apigatewayv2';
import { redactConfiguration } from '../redact.ts';
import { iso, newestFirst } from './api-gateway.ts';
import { httpConfigurationIn } from './openapi.ts';
import { readPages } from './paging.ts';
import { variablesWithoutSecrets, withoutSecrets } from './secrets.ts';
import type { Send } from './send.ts';
import type {
  Api,
  ApiSummary,
  Authorizer,
  Configuration,
  Deployment,
  DomainMapping,
  Integration,
  Listed,
  LogSettings,
  Route,
  Stage,
  VpcLink,
} from './types.ts';
import { orNull, UnreadError } from './unread.ts';

const pageSize = '100';
const pageCap = 100;

/** An HTTP or WebSocket API; null: none has this id. Source: GetApi. */
export async function readApi(send: Send, apiId: string): Promise<Api | null> {
  const api = await orNull(send('apigatewayv2:GetApi', { ApiId: apiId }));
  if (api === null) return null;
  return {
    id: api.ApiId ?? apiId,
    name: api.Name ?? '',
    type: api.ProtocolType ?? 'HTTP',
    createdAt: iso(api.CreatedDate),
    endpointTypes: [],
    vpcEndpointIds: [],
    executeApiEndpointDisabled: api.DisableExecuteApiEndpoint ?? false,
    policy: null,
    binaryMediaTypes: [],
    routeSelectionExpression: api.ProtocolType === 'WEBSOCKET' ? (api.RouteSelectionExpression ?? null) : null,
  };
}

/** Source: GetApis. */
export async function listApis(send: Send): Promise<Listed<ApiSummary>> {
  return await readPages(pageCap, async NextToken => {
    const page = await send('apigatewayv2:GetApis', { MaxResults: pageSize, NextToken });
    const items = page.Items?.map(api => ({
      id: api.ApiId ?? '',
      name: api.Name ?? '',
      type: api.ProtocolType ?? 'HTTP',
    }));
    return { items, next: page.NextToken };
  });
}

/** null: no such stage, or no such API. Source: GetStage. */
export async function readStage(send: Send, apiId: string, stage: string): Promise<Stage | null> {
  const answer = await orNull(send('apigatewayv2:GetStage', { ApiId: apiId, StageName: stage }));
  return answer === null ? null : stageOf({ ...answer, StageName: answer.StageName ?? stage });
}

/** Rejects with `not_found` where there is no such API. Source: GetStages. */
export async function listStages(send: Send, apiId: string): Promise<Stage[]> {
  const read = await readPages(pageCap, async NextToken => {
    const page = await send('apigatewayv2:GetStages', { ApiId: apiId, MaxResults: pageSize, NextToken });
    return { items: page.Items, next: page.NextToken };
  });
  return read.items.map(stageOf);
}

function stageOf(stage: SdkStage): Stage {
  const logs = stage.AccessLogSettings;
  return {
    name: stage.StageName ?? '',
    deploymentId: stage.DeploymentId ?? null,
    createdAt: iso(stage.CreatedDate),
    lastUpdatedAt: iso(stage.LastUpdatedDate),
    variables: variablesWithoutSecrets(stage.StageVariables ?? {}),
    logging: logSettings(stage.DefaultRouteSettings),
    routeLogging: Object.fromEntries(
      Object.entries(stage.RouteSettings ?? {}).map(([route, settings]) => [route, logSettings(settings)]),
    ),
    accessLogs: logs?.DestinationArn ? { destinationArn: logs.DestinationArn, format: logs.Format ?? '' } : null,
    canary: null,
    webAclArn: null,
    autoDeploy: stage.AutoDeploy ?? false,
    lastDeploymentMessage: stage.LastDeploymentStatusMessage || null,
    tracing: false,
  };
}

function logSettings(settings: RouteSettings | undefined): LogSettings {
  return {
    level: settings?.LoggingLevel ?? 'OFF',
    dataTrace: settings?.DataTraceEnabled ?? false,
    detailedMetrics: settings?.DetailedMetricsEnabled ?? false,
  };
}

/** Newest first. Rejects with `not_found` where there is no such API. Source: GetDeployments. */
export async function listDeployments(send: Send, apiId: string): Promise<Listed<Deployment>> {
  const listed = await readPages(pageCap, async NextToken => {
    const page = await send('apigatewayv2:GetDeployments', { ApiId: apiId, MaxResults: pageSize, NextToken });
    const items = page.Items?.map(
      (one): Deployment => ({
        id: one.DeploymentId ?? '',
        createdAt: iso(one.CreatedDate) ?? '',
        description: one.Description ?? null,
        autoDeployed: one.AutoDeployed ?? false,
        status: one.DeploymentStatus ?? 'DEPLOYED',
        statusMessage: one.DeploymentStatusMessage || null,
      }),
    );
    return { items, next: page.NextToken };
  });
  return { ...listed, items: newestFirst(listed.items) };
}

/** What an API's routes can lead to. Rejects with `not_found` where there is no such API. Source: GetIntegrations. */
export async function listIntegrations(send: Send, apiId: string): Promise<Listed<Integration>> {
  const listed = await readPages(pageCap, async NextToken => {
    const page = await send('apigatewayv2:GetIntegrations', { ApiId: apiId, MaxResults: pageSize, NextToken });
    return { items: page.Items, next: page.NextToken };
  });
  return { ...listed, items: listed.items.map(integrationOf) };
}

/**
 * The API as it is configured: what runs where the stage deploys by itself. Rejects with `not_found` where there is no
 * such API, and with `capped` where it is larger than what is read. Authorizers are asked for only where a route has one.
 * Source: GetRoutes, GetIntegrations, GetAuthorizers.
 */
export async function readConfiguration(send: Send, apiId: string): Promise<Configuration> {
  const input = { ApiId: apiId, MaxResults: pageSize };
  const [routes, integrations] = await Promise.all([
    readPages(pageCap, async NextToken => {
      const page = await send('apigatewayv2:GetRoutes', { ...input, NextToken });
      return { items: page.Items, next: page.NextToken };
    }),
    readPages(pageCap, async NextToken => {
      const page = await send('apigatewayv2:GetIntegrations', { ...input, NextToken });
      return { items: page.Items, next: page.NextToken };
    }),
  ]);
  const authorizers = routes.items.some(route => route.AuthorizerId)
    ? await readPages(pageCap, async NextToken => {
        const page = await send('apigatewayv2:GetAuthorizers', { ...input, NextToken });
        return { items: page.Items, next: page.NextToken };
      })
    : { items: [], complete: true };
  if (!(routes.complete && integrations.complete && authorizers.complete)) throw capped(apiId);
  const byTarget = new Map(integrations.items.map(one => [`integrations/${one.IntegrationId}`, integrationOf(one)]));
  return {
    routes: routes.items.map(route => routeOf(route, byTarget.get(route.Target ?? '') ?? null)),
    authorizers: authorizers.items.map(authorizerOf),
    gatewayResponses: [],
    binaryMediaTypes: [],
  };
}

/**
 * What a stage of an HTTP API runs; WebSocket APIs have no export. null: no such stage, or no such API.
 * Source: ExportApi. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-export.html
 */
export async function readDeployedConfiguration(
  send: Send,
  apiId: string,
  stage: string,
): Promise<Configuration | null> {
  const input = {
    ApiId: apiId,
    Specification: 'OAS30',
    OutputType: 'JSON',
    StageName: stage,
    IncludeExtensions: true,
  };
  const exported = await orNull(send('apigatewayv2:ExportApi', input));
  if (exported === null) return null;
  return httpConfigurationIn(new TextDecoder().decode(exported.body), 'apigatewayv2:ExportApi', input);
}

function capped(apiId: string): UnreadError {
  return new UnreadError(
    'apigateway:GetRoutes',
    'capped',
    `API ${apiId} has more than ${pageCap * Number(pageSize)} routes or integrations, which is more than this program reads.`,
    'Look at the failing route in the API Gateway console.',
  );
}

function routeOf(route: SdkRoute, integration: Integration | null): Route {
  const key = route.RouteKey ?? '';
  const [, method = null, path = null] = /^([A-Z]+) (\/.*)$/.exec(key) ?? [];
  return {
    key,
    method,
    path,
    authorization: route.AuthorizationType ?? 'NONE',
    authorizerId: route.AuthorizerId ?? null,
    apiKeyRequired: route.ApiKeyRequired ?? false,
    integration,
    methodResponses: [],
  };
}

function integrationOf(integration: SdkIntegration): Integration {
  return withoutSecrets({
    id: integration.IntegrationId ?? null,
    type: integration.IntegrationType ?? 'MOCK',
    subtype: integration.IntegrationSubtype ?? null,
    httpMethod: integration.IntegrationMethod ?? null,
    uri: integration.IntegrationUri ?? null,
    connectionType: integration.ConnectionType ?? 'INTERNET',
    connectionId: integration.ConnectionId ?? null,
    credentials: integration.CredentialsArn || null,
    timeoutMs: integration.TimeoutInMillis ?? null,
    requestTemplates: integration.RequestTemplates ?? {},
    requestParameters: integration.RequestParameters ?? {},
    passthroughBehavior: integration.PassthroughBehavior ?? null,
    contentHandling: integration.ContentHandlingStrategy ?? null,
    payloadFormatVersion: integration.PayloadFormatVersion ?? null,
    responseTransferMode: 'BUFFERED',
    insecureSkipVerification: false,
    // HTTP APIs rewrite responses by status code; they have no templates.
    responses: Object.entries(integration.ResponseParameters ?? {}).map(([statusCode, parameters]) => ({
      statusCode,
      selectionPattern: null,
      templates: {},
      parameters,
      contentHandling: null,
    })),
  });
}

function authorizerOf(authorizer: SdkAuthorizer): Authorizer {
  return {
    id: authorizer.AuthorizerId ?? '',
    name: authorizer.Name ?? '',
    type: authorizer.AuthorizerType ?? 'REQUEST',
    uri: redactConfiguration(authorizer.AuthorizerUri ?? null),
    credentials: authorizer.AuthorizerCredentialsArn || null,
    resultTtlSeconds: authorizer.AuthorizerResultTtlInSeconds ?? null,
    payloadFormatVersion: authorizer.AuthorizerPayloadFormatVersion ?? null,
    simpleResponses: authorizer.EnableSimpleResponses ?? false,
    issuer: authorizer.JwtConfiguration?.Issuer ?? null,
  };
}

/** null: no such VPC link of an HTTP API. Its targets stand in the integrations. Source: GetVpcLink. */
export async function readVpcLinkV2(send: Send, id: string): Promise<VpcLink | null> {
  const link = await orNull(send('apigatewayv2:GetVpcLink', { VpcLinkId: id }));
  if (link === null) return null;
  return {
    id,
    name: link.Name ?? '',
    status: link.VpcLinkStatus ?? '',
    statusMessage: link.VpcLinkStatusMessage || null,
    targetArns: [],
    version: 2,
  };
}

/** APIs of every kind behind a custom domain; null: no such domain. Source: GetApiMappings. */
export async function readApiMappings(send: Send, host: string): Promise<DomainMapping[] | null> {
  const DomainName = host.toLowerCase();
  const listed = await orNull(
    readPages(pageCap, async NextToken => {
      const page = await send('apigatewayv2:GetApiMappings', { DomainName, MaxResults: pageSize, NextToken });
      return { items: page.Items, next: page.NextToken };
    }),
  );
  if (listed === null) return null;
  return listed.items.map(({ ApiMappingKey, ApiId, Stage }) => ({
    path: ApiMappingKey ?? '',
    apiId: ApiId ?? '',
    stage: Stage ?? null,
  }));
}
