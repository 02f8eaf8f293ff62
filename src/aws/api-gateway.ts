import type {
  Method,
  MethodSetting,
  Resource,
  Deployment as SdkDeployment,
  Integration as SdkIntegration,
  Stage as SdkStage,
  VpcLink as SdkVpcLink,
} from '@aws-sdk/client-api-gateway';
import { redactConfiguration } from '../redact.ts';
import { parseJson, textIn } from './json.ts';
import { configurationIn } from './openapi.ts';
import { readPages } from './paging.ts';
import { policyIn } from './policy-document.ts';
import { variablesWithoutSecrets, withoutSecrets } from './secrets.ts';
import type { Send } from './send.ts';
import { inTurns } from './turns.ts';
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
import { orNull } from './unread.ts';

/** The most that one page may hold, and the most pages that are read. */
const pageSize = 500;
const pageCap = 20;

/** null: no REST API has this id. Source: GetRestApi. */
export async function readRestApi(send: Send, apiId: string): Promise<Api | null> {
  const input = { restApiId: apiId };
  const api = await orNull(send('apigateway:GetRestApi', input));
  if (api === null) return null;
  return {
    id: api.id ?? apiId,
    name: api.name ?? '',
    type: 'REST',
    createdAt: iso(api.createdDate),
    endpointTypes: api.endpointConfiguration?.types ?? [],
    vpcEndpointIds: api.endpointConfiguration?.vpcEndpointIds ?? [],
    executeApiEndpointDisabled: api.disableExecuteApiEndpoint ?? false,
    policy: api.policy ? policyIn(unescaped(api.policy), 'apigateway:GetRestApi', input) : null,
    binaryMediaTypes: api.binaryMediaTypes ?? [],
    routeSelectionExpression: null,
  };
}

/**
 * GetRestApi gives the policy's quotes and slashes escaped once more than JSON needs.
 * https://github.com/hashicorp/terraform-provider-aws/pull/4606
 */
function unescaped(policy: string): string {
  if (parseJson(policy) !== undefined) return policy;
  return textIn(parseJson(`"${policy}"`)) ?? policy;
}

/** Source: GetRestApis. */
export async function listRestApis(send: Send): Promise<Listed<ApiSummary>> {
  return await readPages(pageCap, async position => {
    const page = await send('apigateway:GetRestApis', { limit: pageSize, position });
    const items = page.items?.map(api => ({ id: api.id ?? '', name: api.name ?? '', type: 'REST' as const }));
    return { items, next: page.position };
  });
}

/** null: no such stage, or no such API. Source: GetStage. */
export async function readRestStage(send: Send, apiId: string, stage: string): Promise<Stage | null> {
  const answer = await orNull(send('apigateway:GetStage', { restApiId: apiId, stageName: stage }));
  return answer === null ? null : stageOf(answer);
}

/** AWS gives all in one answer. Rejects with `not_found` where there is no such API. Source: GetStages. */
export async function listRestStages(send: Send, apiId: string): Promise<Stage[]> {
  const answer = await send('apigateway:GetStages', { restApiId: apiId });
  return (answer.item ?? []).map(stageOf);
}

function stageOf(stage: SdkStage): Stage {
  const settings = Object.entries(stage.methodSettings ?? {});
  const logs = stage.accessLogSettings;
  const canary = stage.canarySettings;
  return {
    name: stage.stageName ?? '',
    deploymentId: stage.deploymentId ?? null,
    createdAt: iso(stage.createdDate),
    lastUpdatedAt: iso(stage.lastUpdatedDate),
    variables: variablesWithoutSecrets(stage.variables ?? {}),
    logging: logSettings(stage.methodSettings?.['*/*']),
    routeLogging: Object.fromEntries(
      settings.filter(([path]) => path !== '*/*').map(([path, setting]) => [settingRoute(path), logSettings(setting)]),
    ),
    accessLogs: logs?.destinationArn ? { destinationArn: logs.destinationArn, format: logs.format ?? '' } : null,
    canary: canary
      ? {
          deploymentId: canary.deploymentId ?? null,
          percentTraffic: canary.percentTraffic ?? 0,
          variables: variablesWithoutSecrets(canary.stageVariableOverrides ?? {}),
        }
      : null,
    webAclArn: stage.webAclArn || null,
    autoDeploy: false,
    lastDeploymentMessage: null,
    tracing: stage.tracingEnabled ?? false,
  };
}

function logSettings(setting: MethodSetting | undefined): LogSettings {
  const level = setting?.loggingLevel;
  return {
    level: level === 'ERROR' || level === 'INFO' ? level : 'OFF',
    dataTrace: setting?.dataTraceEnabled ?? false,
    detailedMetrics: setting?.metricsEnabled ?? false,
  };
}

/** `~1orders~1{id}/GET`, a path with its slashes escaped, becomes `GET /orders/{id}`. */
function settingRoute(key: string): string {
  const end = key.lastIndexOf('/');
  const method = key.slice(end + 1);
  const path = key.slice(0, end).replaceAll('~1', '/');
  return `${method === '*' ? 'ANY' : method} ${path.startsWith('/') ? path : `/${path}`}`;
}

/** Newest first. Rejects with `not_found` where there is no such API. Source: GetDeployments. */
export async function listRestDeployments(send: Send, apiId: string): Promise<Listed<Deployment>> {
  const listed = await readPages(pageCap, async position => {
    const page = await send('apigateway:GetDeployments', { restApiId: apiId, limit: pageSize, position });
    return { items: page.items?.map(deploymentOf), next: page.position };
  });
  return { ...listed, items: newestFirst(listed.items) };
}

function deploymentOf(deployment: SdkDeployment): Deployment {
  return {
    id: deployment.id ?? '',
    createdAt: iso(deployment.createdDate) ?? '',
    description: deployment.description ?? null,
    autoDeployed: false,
    status: 'DEPLOYED',
    statusMessage: null,
  };
}

export function newestFirst(deployments: Deployment[]): Deployment[] {
  return deployments.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt));
}

/**
 * What the stage runs: its own snapshot, not the draft. null: no such stage. Authorizers go by their names there,
 * because an export has no ids. Source: GetExport.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-export-api.html
 */
export async function readRestDeployed(send: Send, apiId: string, stage: string): Promise<Configuration | null> {
  const input = {
    restApiId: apiId,
    stageName: stage,
    exportType: 'oas30',
    parameters: { extensions: 'apigateway' },
    accepts: 'application/json',
  };
  const exported = await orNull(send('apigateway:GetExport', input));
  if (exported === null) return null;
  return await configurationIn(new TextDecoder().decode(exported.body), 'apigateway:GetExport', input);
}

export interface Draft {
  configuration: Configuration;
  /** False where an API has more resources than the cap. */
  complete: boolean;
}

/**
 * The routes of the API as it is edited; a stage runs them only from the next deployment on. Authorizers and gateway
 * responses stay empty: what a stage has of them is in its export. Rejects with `not_found` where there is no such API.
 * Source: GetResources. The policy is readRestApi's.
 */
export async function readRestDraft(send: Send, apiId: string): Promise<Draft> {
  const { items, complete } = await readPages(pageCap, async position => {
    const input = { restApiId: apiId, embed: ['methods'], limit: pageSize, position };
    const page = await send('apigateway:GetResources', input);
    return { items: page.items, next: page.position };
  });
  const routes = (await inTurns(items, routesOf)).flat();
  return { configuration: { routes, authorizers: [], gatewayResponses: [], binaryMediaTypes: [] }, complete };
}

/** With their ids, which exports lack. Source: GetAuthorizers. */
export async function listRestAuthorizers(send: Send, apiId: string): Promise<Listed<Authorizer>> {
  return await readPages(pageCap, async position => {
    const page = await send('apigateway:GetAuthorizers', { restApiId: apiId, limit: pageSize, position });
    const items = page.items?.map(
      (authorizer): Authorizer => ({
        id: authorizer.id ?? '',
        name: authorizer.name ?? '',
        type: authorizer.type ?? 'REQUEST',
        uri: redactConfiguration(authorizer.authorizerUri ?? null),
        credentials: authorizer.authorizerCredentials || null,
        resultTtlSeconds: authorizer.authorizerResultTtlInSeconds ?? null,
        payloadFormatVersion: null,
        simpleResponses: false,
        issuer: null,
      }),
    );
    return { items, next: page.position };
  });
}

function routesOf(resource: Resource): Route[] {
  const path = resource.path ?? '/';
  return Object.entries(resource.resourceMethods ?? {}).map(([method, settings]) => ({
    ...routeOf(method, path, settings),
    ...(resource.id !== undefined && { resourceId: resource.id }),
  }));
}

function routeOf(method: string, path: string, settings: Method): Route {
  return {
    key: `${method} ${path}`,
    method,
    path,
    authorization: authorizationOf(settings.authorizationType),
    authorizerId: settings.authorizerId ?? null,
    apiKeyRequired: settings.apiKeyRequired ?? false,
    integration: settings.methodIntegration ? integrationOf(settings.methodIntegration) : null,
    methodResponses: Object.keys(settings.methodResponses ?? {}),
  };
}

function authorizationOf(type: string | undefined): Route['authorization'] {
  return type === 'AWS_IAM' || type === 'CUSTOM' || type === 'COGNITO_USER_POOLS' ? type : 'NONE';
}

function integrationOf(integration: SdkIntegration): Integration {
  return withoutSecrets({
    id: null,
    type: integration.type ?? 'MOCK',
    subtype: null,
    httpMethod: integration.httpMethod ?? null,
    uri: integration.uri ?? null,
    connectionType: integration.connectionType === 'VPC_LINK' ? 'VPC_LINK' : 'INTERNET',
    connectionId: integration.connectionId ?? null,
    credentials: integration.credentials || null,
    timeoutMs: integration.timeoutInMillis ?? null,
    requestTemplates: integration.requestTemplates ?? {},
    requestParameters: integration.requestParameters ?? {},
    passthroughBehavior: integration.passthroughBehavior ?? null,
    contentHandling: integration.contentHandling ?? null,
    payloadFormatVersion: null,
    responseTransferMode: integration.responseTransferMode === 'STREAM' ? 'STREAM' : 'BUFFERED',
    insecureSkipVerification: integration.tlsConfig?.insecureSkipVerification ?? false,
    responses: Object.entries(integration.integrationResponses ?? {}).map(([statusCode, response]) => ({
      statusCode: response.statusCode ?? statusCode,
      selectionPattern: response.selectionPattern || null,
      templates: withoutNulls(response.responseTemplates),
      parameters: response.responseParameters ?? {},
      contentHandling: response.contentHandling ?? null,
    })),
  });
}

/** A template that passes everything on is stored as null. */
function withoutNulls(templates: Record<string, string | null> | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(templates ?? {}).map(([type, template]) => [type, template ?? '']));
}

/** Role with which API Gateway writes logs in this Region; null: none is set, so no logs are written. Source: GetAccount. */
export async function readCloudWatchRole(send: Send): Promise<string | null> {
  const account = await send('apigateway:GetAccount', {});
  return account.cloudwatchRoleArn || null;
}

/** null: no such VPC link of a REST API. Source: GetVpcLink. */
export async function readVpcLink(send: Send, id: string): Promise<VpcLink | null> {
  const link = await orNull(send('apigateway:GetVpcLink', { vpcLinkId: id }));
  return link === null ? null : vpcLinkOf({ ...link, id });
}

/** VPC links of REST APIs, with the load balancers that they lead to. Source: GetVpcLinks. */
export async function listVpcLinks(send: Send): Promise<Listed<VpcLink>> {
  return await readPages(pageCap, async position => {
    const page = await send('apigateway:GetVpcLinks', { limit: pageSize, position });
    return { items: page.items?.map(vpcLinkOf), next: page.position };
  });
}

function vpcLinkOf(link: SdkVpcLink): VpcLink {
  return {
    id: link.id ?? '',
    name: link.name ?? '',
    status: link.status ?? '',
    statusMessage: link.statusMessage || null,
    targetArns: link.targetArns ?? [],
    version: 1,
  };
}

/** REST APIs behind a custom domain; null: no such domain. Source: GetBasePathMappings. */
export async function readDomainMappings(send: Send, host: string): Promise<DomainMapping[] | null> {
  const domainName = host.toLowerCase();
  const listed = await orNull(
    readPages(pageCap, async position => {
      const page = await send('apigateway:GetBasePathMappings', { domainName, limit: pageSize, position });
      return { items: page.items, next: page.position };
    }),
  );
  return listed === null
    ? null
    : listed.items.map(({ basePath, restApiId, stage }) => ({
        path: basePath === undefined || basePath === '(none)' ? '' : basePath,
        apiId: restApiId ?? '',
        stage: stage === undefined || stage === '(none)' ? null : stage,
      }));
}

export function iso(date: Date | undefined): string | null {
  return date?.toISOString() ?? null;
}
