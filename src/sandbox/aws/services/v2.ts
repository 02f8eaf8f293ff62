/** API Gateway, HTTP and WebSocket APIs (https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/). */
import type { Api, GetStageCommandOutput } from '@aws-sdk/client-apigatewayv2';
import { WireError } from '../wire/errors.ts';
import { deployedConfiguration, functionArn, invocationUri, roleArn } from '../world/lookup.ts';
import type { V2Api, V2Authorizer, V2Configuration, V2Integration, V2Stage } from '../world/v2-apis.ts';
import type { World } from '../world.ts';
import { type Ask, dateAt, given, type Handlers, page, pascalKeys } from './ask.ts';

type Protocol = 'HTTP' | 'WEBSOCKET';

export const v2Handlers: Handlers<'apigatewayv2'> = {
  'apigatewayv2:GetApi': (input, ask) => {
    const { api, protocol } = apiOf(ask, input.ApiId);
    return describeApi(ask, input.ApiId ?? '', api, protocol);
  },
  'apigatewayv2:GetApis': (input, ask) => {
    const http = Object.entries(ask.world.httpApis).map(([id, api]) => describeApi(ask, id, api, 'HTTP'));
    const webSocket = Object.entries(ask.world.webSocketApis).map(([id, api]) =>
      describeApi(ask, id, api, 'WEBSOCKET'),
    );
    return paged([...http, ...webSocket], input, ask);
  },
  'apigatewayv2:GetStage': (input, ask) => {
    const { api, protocol } = apiOf(ask, input.ApiId);
    const stage = api.stages[input.StageName ?? ''];
    if (stage === undefined) throw notFound(`Unable to find Stage by name ${input.StageName} within the provided API`);
    return describeStage(ask, input.StageName ?? '', stage, protocol);
  },
  'apigatewayv2:GetStages': (input, ask) => {
    const { api, protocol } = apiOf(ask, input.ApiId);
    return paged(
      Object.entries(api.stages).map(([name, stage]) => describeStage(ask, name, stage, protocol)),
      input,
      ask,
    );
  },
  'apigatewayv2:GetDeployments': (input, ask) => {
    const all = Object.entries(apiOf(ask, input.ApiId).api.deployments).map(([DeploymentId, one]) => ({
      DeploymentId,
      CreatedDate: dateAt(ask, one.createdDate),
      AutoDeployed: one.autoDeployed,
      DeploymentStatus: one.deploymentStatus,
      ...given('DeploymentStatusMessage', one.deploymentStatusMessage),
      ...given('Description', one.description),
    }));
    return paged(all, input, ask);
  },
  'apigatewayv2:GetRoutes': (input, ask) => {
    const all = Object.entries(apiOf(ask, input.ApiId).api.routes).map(([RouteKey, route]) => ({
      RouteKey,
      RouteId: shortId(`${input.ApiId}${RouteKey}`),
      ...pascalKeys(route),
    }));
    return paged(all, input, ask);
  },
  'apigatewayv2:GetIntegrations': (input, ask) => {
    const { api, protocol } = apiOf(ask, input.ApiId);
    const all = Object.entries(api.integrations).map(([IntegrationId, one]) => ({
      IntegrationId,
      ...describeIntegration(ask.world, one, protocol),
    }));
    return paged(all, input, ask);
  },
  'apigatewayv2:GetAuthorizers': (input, ask) => {
    const all = Object.entries(apiOf(ask, input.ApiId).api.authorizers).map(([AuthorizerId, one]) => ({
      AuthorizerId,
      Name: one.name,
      ...describeAuthorizer(ask.world, one),
    }));
    return paged(all, input, ask);
  },
  'apigatewayv2:ExportApi': (input, ask) => {
    const { api, protocol } = apiOf(ask, input.ApiId);
    if (protocol !== 'HTTP') throw new WireError('BadRequestException', 400, 'Export is only supported for HTTP APIs');
    const stage = input.StageName === undefined ? undefined : api.stages[input.StageName];
    if (input.StageName !== undefined && stage === undefined)
      throw notFound(`Unable to find Stage by name ${input.StageName}`);
    const configuration = stage === undefined ? api.draft : deployedConfiguration(api, stage);
    const document = exportHttpApi(ask.world, api, configuration, input.IncludeExtensions ?? true);
    return { body: Buffer.from(JSON.stringify(document)) as unknown as never };
  },
  'apigatewayv2:GetVpcLink': (input, ask) => {
    const link = ask.world.vpcLinks[input.VpcLinkId ?? ''];
    if (link?.version !== 2) throw notFound(`Unable to find VpcLink with id ${input.VpcLinkId}`);
    return {
      VpcLinkId: input.VpcLinkId,
      Name: link.name,
      VpcLinkStatus: link.status,
      ...given('VpcLinkStatusMessage', link.statusMessage),
      VpcLinkVersion: 'V2',
      SubnetIds: link.subnetIds,
      SecurityGroupIds: link.securityGroupIds,
    };
  },
  'apigatewayv2:GetApiMappings': (input, ask) => {
    const domain = ask.world.domainNames[input.DomainName ?? ''];
    if (domain === undefined) throw notFound(`Unable to find DomainName ${input.DomainName}`);
    const all = Object.entries(domain.mappings).map(([basePath, { apiId, stage }]) => ({
      ApiId: apiId,
      ApiMappingId: shortId(`${input.DomainName}${basePath}`),
      ApiMappingKey: basePath === '(none)' ? '' : basePath,
      Stage: stage,
    }));
    return paged(all, input, ask);
  },
};

function notFound(message: string): WireError {
  return new WireError('NotFoundException', 404, message);
}

function apiOf({ world }: Ask, id: string | undefined): { api: V2Api; protocol: Protocol } {
  const http = world.httpApis[id ?? ''];
  const api = http ?? world.webSocketApis[id ?? ''];
  if (api === undefined) throw notFound(`Invalid API identifier specified ${world.accountId}:${id}`);
  return { api, protocol: http === undefined ? 'WEBSOCKET' : 'HTTP' };
}

function paged<T>(
  all: T[],
  input: { NextToken?: string | undefined; MaxResults?: string | undefined },
  ask: Ask,
): { Items: T[]; NextToken?: string } {
  const badToken = new WireError('BadRequestException', 400, 'Invalid NextToken');
  const { items, next } = page(
    all,
    input.NextToken,
    Math.min(Number(input.MaxResults ?? 100), 500, ask.pageCap),
    badToken,
  );
  return { Items: items, ...given('NextToken', next) };
}

function shortId(text: string): string {
  let hash = 7;
  for (const character of text) hash = (hash * 31 + character.charCodeAt(0)) % 2_176_782_336;
  return hash.toString(36).padStart(7, 'x');
}

function describeApi(ask: Ask, ApiId: string, api: V2Api, protocol: Protocol): Api & { ApiId: string } {
  const scheme = protocol === 'HTTP' ? 'https' : 'wss';
  return {
    ApiId,
    Name: api.name,
    ProtocolType: protocol,
    ApiEndpoint: `${scheme}://${ApiId}.execute-api.${ask.world.region}.amazonaws.com`,
    CreatedDate: dateAt(ask, api.createdDate),
    DisableExecuteApiEndpoint: api.disableExecuteApiEndpoint,
    ApiKeySelectionExpression: '$request.header.x-api-key',
    RouteSelectionExpression:
      api.routeSelectionExpression ??
      (protocol === 'HTTP' ? '${request.method} ${request.path}' : '$request.body.action'),
    ...given('Tags', api.tags),
  };
}

function describeStage(
  ask: Ask,
  StageName: string,
  stage: V2Stage,
  protocol: Protocol,
): Omit<GetStageCommandOutput, '$metadata'> & { StageName: string } {
  // HTTP APIs have no execution logs, so their settings have no logging level.
  const settings = (one: V2Stage['defaultRouteSettings']) =>
    pascalKeys(
      protocol === 'HTTP'
        ? { ...one, loggingLevel: undefined, dataTraceEnabled: undefined }
        : { loggingLevel: 'OFF', dataTraceEnabled: false, ...one },
    );
  return {
    StageName,
    AutoDeploy: stage.autoDeploy,
    CreatedDate: dateAt(ask, stage.createdDate),
    LastUpdatedDate: dateAt(ask, stage.lastUpdatedDate ?? stage.createdDate),
    DefaultRouteSettings: settings(stage.defaultRouteSettings),
    RouteSettings: Object.fromEntries(Object.entries(stage.routeSettings).map(([key, one]) => [key, settings(one)])),
    StageVariables: stage.stageVariables ?? {},
    Tags: {},
    ...given('DeploymentId', stage.deploymentId),
    ...given('AccessLogSettings', stage.accessLogSettings === undefined ? null : pascalKeys(stage.accessLogSettings)),
    ...given('LastDeploymentStatusMessage', stage.lastDeploymentStatusMessage),
  };
}

function uriOf(world: World, integration: V2Integration, protocol: Protocol): string | undefined {
  if (integration.function === undefined) return integration.integrationUri;
  return protocol === 'HTTP' ? functionArn(world, integration.function) : invocationUri(world, integration.function);
}

function describeIntegration(world: World, integration: V2Integration, protocol: Protocol): Record<string, unknown> {
  const { function: named, integrationUri: _, credentialsArn, tlsConfig, ...rest } = integration;
  return {
    ...pascalKeys(rest),
    ...given('IntegrationUri', uriOf(world, integration, protocol)),
    ...given('IntegrationMethod', integration.integrationMethod ?? (named === undefined ? null : 'POST')),
    ...given('CredentialsArn', credentialsArn === undefined ? null : roleArn(world, credentialsArn)),
    ...given('TlsConfig', tlsConfig === undefined ? null : pascalKeys(tlsConfig)),
    TimeoutInMillis: integration.timeoutInMillis ?? (protocol === 'HTTP' ? 30_000 : 29_000),
    ...given(
      'PayloadFormatVersion',
      integration.payloadFormatVersion ?? (named === undefined ? null : protocol === 'HTTP' ? '2.0' : '1.0'),
    ),
  };
}

function describeAuthorizer(world: World, authorizer: V2Authorizer): Record<string, unknown> {
  const { function: named, authorizerUri, authorizerCredentialsArn, jwtConfiguration, ...rest } = authorizer;
  return {
    ...pascalKeys(rest),
    ...given('AuthorizerUri', named === undefined ? authorizerUri : invocationUri(world, named)),
    ...given(
      'AuthorizerCredentialsArn',
      authorizerCredentialsArn === undefined ? null : roleArn(world, authorizerCredentialsArn),
    ),
    ...given('JwtConfiguration', jwtConfiguration === undefined ? null : pascalKeys(jwtConfiguration)),
  };
}

function exportHttpApi(world: World, api: V2Api, configuration: V2Configuration, withExtensions: boolean): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const [key, route] of Object.entries(configuration.routes)) {
    const [method = '', path = '/$default'] = key === '$default' ? ['ANY', '/$default'] : key.split(' ');
    const integration = configuration.integrations[route.target?.slice('integrations/'.length) ?? ''];
    const name = method === 'ANY' ? 'x-amazon-apigateway-any-method' : method.toLowerCase();
    const operation = {
      responses: { default: { description: `Default response for ${key}` } },
      ...(key === '$default' ? { isDefaultRoute: true } : {}),
      ...exportSecurity(route, configuration),
      ...(withExtensions && integration !== undefined
        ? { 'x-amazon-apigateway-integration': exportIntegration(world, integration) }
        : {}),
    };
    paths[path] = { ...paths[path], [name]: operation };
  }
  const schemes = Object.values(configuration.authorizers).map(
    one => [one.name, exportAuthorizer(world, one)] as const,
  );
  const components =
    withExtensions && schemes.length > 0 ? { components: { securitySchemes: Object.fromEntries(schemes) } } : {};
  return { openapi: '3.0.1', info: { title: api.name, version: '2026-01-01 00:00:00UTC' }, paths, ...components };
}

function exportSecurity(
  { authorizationType, authorizerId, authorizationScopes }: V2Configuration['routes'][string],
  { authorizers }: V2Configuration,
): object {
  if (authorizationType === 'AWS_IAM') return { 'x-amazon-apigateway-auth': { type: 'AWS_IAM' } };
  const name = authorizers[authorizerId ?? '']?.name;
  return name === undefined ? {} : { security: [{ [name]: authorizationScopes ?? [] }] };
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authorizer.html */
function exportAuthorizer(world: World, authorizer: V2Authorizer): object {
  const { authorizerType, identitySource, jwtConfiguration, authorizerCredentialsArn, function: named } = authorizer;
  const uri = named === undefined ? authorizer.authorizerUri : invocationUri(world, named);
  if (authorizerType === 'JWT') {
    const extension = { type: 'jwt', identitySource: identitySource?.join(','), jwtConfiguration };
    return { type: 'oauth2', 'x-amazon-apigateway-authorizer': extension };
  }
  return {
    type: 'apiKey',
    name: 'Unused',
    in: 'header',
    'x-amazon-apigateway-authorizer': {
      type: 'request',
      identitySource: identitySource?.join(','),
      authorizerUri: uri,
      ...(authorizerCredentialsArn === undefined
        ? {}
        : { authorizerCredentials: roleArn(world, authorizerCredentialsArn) }),
      authorizerPayloadFormatVersion: authorizer.authorizerPayloadFormatVersion ?? '2.0',
      authorizerResultTtlInSeconds: authorizer.authorizerResultTtlInSeconds,
      enableSimpleResponses: authorizer.enableSimpleResponses ?? false,
    },
  };
}

function exportIntegration(world: World, integration: V2Integration): object {
  const uri = uriOf(world, integration, 'HTTP');
  const { credentialsArn, connectionId } = integration;
  return {
    type: integration.integrationType.toLowerCase(),
    httpMethod: integration.integrationMethod ?? (integration.function === undefined ? 'ANY' : 'POST'),
    ...(uri === undefined ? {} : { uri }),
    ...(credentialsArn === undefined ? {} : { credentials: roleArn(world, credentialsArn) }),
    ...(integration.integrationSubtype === undefined ? {} : { integrationSubtype: integration.integrationSubtype }),
    connectionType: integration.connectionType,
    ...(connectionId === undefined ? {} : { connectionId }),
    payloadFormatVersion: integration.payloadFormatVersion ?? (integration.function === undefined ? '1.0' : '2.0'),
    timeoutInMillis: integration.timeoutInMillis ?? 30_000,
    ...(integration.requestParameters === undefined ? {} : { requestParameters: integration.requestParameters }),
    ...(integration.responseParameters === undefined ? {} : { responseParameters: integration.responseParameters }),
  };
}
