/** API Gateway, REST APIs (https://docs.aws.amazon.com/apigateway/latest/api/API_Operations.html). */
import type {
  Authorizer,
  Integration,
  Method,
  Resource,
  RestApi as RestApiOutput,
  Stage,
} from '@aws-sdk/client-api-gateway';
import { cloudwatchRole } from '../derived/log-groups.ts';
import { hashOf } from '../derived/requests.ts';
import { WireError } from '../wire/errors.ts';
import { invocationUri, roleArn } from '../world/lookup.ts';
import type { RestApi, RestAuthorizer, RestIntegration, RestMethod, RestStage } from '../world/rest-apis.ts';
import type { VpcLink } from '../world/v2-apis.ts';
import type { World } from '../world.ts';
import { type Ask, dateAt, given, type Handlers, type Page, page } from './ask.ts';
import { exportRestStage } from './rest-export.ts';

export const restHandlers: Handlers<'apigateway'> = {
  'apigateway:GetRestApi': (input, ask) => describeApi(ask, input.restApiId ?? '', apiOf(ask, input.restApiId)),
  'apigateway:GetRestApis': (input, ask) => {
    const all = Object.entries(ask.world.restApis).map(([id, api]) => describeApi(ask, id, api));
    return positioned(paged(all, input, ask));
  },
  'apigateway:GetStage': (input, ask) => {
    const name = input.stageName ?? '';
    const stage = apiOf(ask, input.restApiId).stages[name];
    if (stage === undefined) throw notFound('Invalid stage identifier specified');
    return describeStage(ask, name, stage);
  },
  'apigateway:GetStages': (input, ask) => ({
    item: Object.entries(apiOf(ask, input.restApiId).stages)
      .filter(([, stage]) => input.deploymentId === undefined || stage.deploymentId === input.deploymentId)
      .map(([name, stage]) => describeStage(ask, name, stage)),
  }),
  'apigateway:GetDeployments': (input, ask) => {
    const all = Object.entries(apiOf(ask, input.restApiId).deployments).map(([id, { createdDate, description }]) => ({
      id,
      createdDate: dateAt(ask, createdDate),
      ...given('description', description),
    }));
    return positioned(paged(all, input, ask));
  },
  'apigateway:GetResources': (input, ask) => {
    const api = apiOf(ask, input.restApiId);
    const all = describeResources(ask.world, input.restApiId ?? '', api, input.embed?.includes('methods') ?? false);
    return positioned(paged(all, input, ask));
  },
  'apigateway:GetExport': (input, ask) => {
    const id = input.restApiId ?? '';
    const api = apiOf(ask, id);
    const stage = api.stages[input.stageName ?? ''];
    const deployment = stage && api.deployments[stage.deploymentId];
    if (deployment === undefined) throw notFound('Invalid stage identifier specified');
    if (input.exportType !== 'oas30') {
      throw new WireError('BadRequestException', 400, 'The sandbox exports oas30 only');
    }
    const extensions = (input.parameters?.extensions ?? '').split(',');
    const document = exportRestStage(ask.world, id, api, deployment, input.stageName ?? '', extensions);
    return {
      contentType: 'application/json',
      contentDisposition: 'attachment; filename="oas30_2026-01-01T00-00-00Z.json"',
      body: Buffer.from(JSON.stringify(document, null, 2)) as unknown as never,
    };
  },
  'apigateway:GetAuthorizers': (input, ask) => {
    const { authorizers } = apiOf(ask, input.restApiId);
    const all = Object.entries(authorizers).map(([id, authorizer]) => describeAuthorizer(ask.world, id, authorizer));
    return positioned(paged(all, input, ask));
  },
  'apigateway:GetAccount': (_, ask) => ({
    ...given('cloudwatchRoleArn', cloudwatchRole(ask.world)),
    throttleSettings: { rateLimit: 10_000, burstLimit: 5000 },
    features: ['UsagePlans'],
    apiKeyVersion: '4',
  }),
  'apigateway:GetVpcLink': (input, ask) => {
    const link = ask.world.vpcLinks[input.vpcLinkId ?? ''];
    if (link?.version !== 1) throw notFound('Invalid VPC Link identifier specified');
    return describeLink(input.vpcLinkId ?? '', link);
  },
  'apigateway:GetVpcLinks': (input, ask) => {
    const all = Object.entries(ask.world.vpcLinks).filter(([, link]) => link.version === 1);
    return positioned(
      paged(
        all.map(([id, link]) => describeLink(id, link)),
        input,
        ask,
      ),
    );
  },
  'apigateway:GetBasePathMappings': (input, ask) => {
    const domain = ask.world.domainNames[input.domainName ?? ''];
    if (domain === undefined) throw notFound('Invalid domain name identifier specified');
    const all = Object.entries(domain.mappings)
      // Mappings to HTTP and WebSocket APIs are seen through the other API only.
      .filter(([, { apiId }]) => ask.world.restApis[apiId] !== undefined)
      .map(([basePath, { apiId, stage }]) => ({ basePath, restApiId: apiId, stage }));
    return positioned(paged(all, input, ask));
  },
};

function describeLink(id: string, { name, status, statusMessage, targetArns }: VpcLink) {
  return { id, name, status: status as never, targetArns, ...given('statusMessage', statusMessage) };
}

function notFound(message: string): WireError {
  return new WireError('NotFoundException', 404, message);
}

function apiOf(ask: Ask, id: string | undefined): RestApi {
  const api = ask.world.restApis[id ?? ''];
  if (api === undefined) throw notFound(`Invalid API identifier specified ${ask.world.accountId}:${id}`);
  return api;
}

/** Lists default to 25 items and hold at most 500. */
function paged<T>(all: T[], input: { position?: string | undefined; limit?: number | undefined }, ask: Ask): Page<T> {
  const badToken = new WireError('BadRequestException', 400, 'Invalid position specified');
  return page(all, input.position, Math.min(input.limit ?? 25, 500, ask.pageCap), badToken);
}

function positioned<T>({ items, next }: Page<T>): { items: T[]; position?: string } {
  return { items, ...given('position', next) };
}

function describeApi(ask: Ask, id: string, api: RestApi): RestApiOutput {
  return {
    id,
    name: api.name,
    ...given('description', api.description),
    createdDate: dateAt(ask, api.createdDate),
    endpointConfiguration: { types: api.endpointTypes, ...given('vpcEndpointIds', api.vpcEndpointIds) },
    apiKeySource: 'HEADER',
    disableExecuteApiEndpoint: api.disableExecuteApiEndpoint,
    rootResourceId: resourceId(api, id, '/'),
    ...given('binaryMediaTypes', api.binaryMediaTypes.length === 0 ? null : api.binaryMediaTypes),
    ...given('minimumCompressionSize', api.minimumCompressionSize),
    // API Gateway escapes the document once more than JSON does, slashes included.
    ...given('policy', api.policy === null ? null : escapeTwice(JSON.stringify(api.policy))),
    ...given('tags', api.tags),
    apiStatus: 'AVAILABLE',
  };
}

function escapeTwice(json: string): string {
  return JSON.stringify(json).slice(1, -1).replaceAll('/', '\\/');
}

function describeStage(ask: Ask, stageName: string, stage: RestStage): Stage {
  return {
    stageName,
    deploymentId: stage.deploymentId,
    ...given('description', stage.description),
    createdDate: dateAt(ask, stage.createdDate),
    lastUpdatedDate: dateAt(ask, stage.lastUpdatedDate ?? stage.createdDate),
    cacheClusterEnabled: false,
    cacheClusterStatus: 'NOT_AVAILABLE',
    methodSettings: stage.methodSettings,
    tracingEnabled: stage.tracingEnabled,
    ...given('variables', stage.variables),
    ...given('accessLogSettings', stage.accessLogSettings),
    ...given('canarySettings', stage.canarySettings),
    ...given('webAclArn', stage.webAclArn),
    ...given('clientCertificateId', stage.clientCertificateId),
  };
}

/** Every path of the draft and the paths above it, as the console's tree shows them. */
function describeResources(world: World, id: string, api: RestApi, withMethods: boolean): Resource[] {
  const paths = new Set(['/']);
  for (const path of Object.keys(api.paths)) {
    const parts = path.split('/').filter(part => part !== '');
    parts.forEach((_, i) => {
      paths.add(`/${parts.slice(0, i + 1).join('/')}`);
    });
  }
  return [...paths].map(path => {
    const cut = path.lastIndexOf('/');
    const methods = Object.entries(api.paths[path] ?? {});
    const parent = { parentId: resourceId(api, id, path.slice(0, cut) || '/'), pathPart: path.slice(cut + 1) };
    return {
      id: resourceId(api, id, path),
      path,
      ...(path === '/' ? {} : parent),
      ...(methods.length === 0
        ? {}
        : {
            resourceMethods: Object.fromEntries(
              methods.map(([name, method]) => [name, withMethods ? describeMethod(world, id, name, method) : {}]),
            ),
          }),
    };
  });
}

/** As a scenario names it, else made up: six letters, ten for the root. */
export function resourceId(api: RestApi, apiId: string, path: string): string {
  const number = hashOf(`${apiId}${path}`).readBigUInt64BE(0).toString(36);
  return api.resourceIds[path] ?? number.slice(0, path === '/' ? 10 : 6);
}

function describeMethod(world: World, apiId: string, httpMethod: string, method: RestMethod): Method {
  const responses = Object.entries(method.methodResponses);
  return {
    httpMethod,
    authorizationType: method.authorization,
    apiKeyRequired: method.apiKeyRequired,
    ...given('authorizerId', method.authorizerId),
    ...given('requestParameters', method.requestParameters),
    ...(responses.length === 0
      ? {}
      : {
          methodResponses: Object.fromEntries(
            responses.map(([statusCode, rest]) => [statusCode, { statusCode, ...rest } as never]),
          ),
        }),
    ...(method.integration === undefined
      ? {}
      : { methodIntegration: describeIntegration(world, apiId, method.integration, httpMethod) }),
  };
}

function describeIntegration(world: World, apiId: string, integration: RestIntegration, method: string): Integration {
  const { function: named, uri, credentials, integrationResponses, httpMethod, ...rest } = integration;
  const responses = Object.entries(integrationResponses);
  const isMock = integration.type === 'MOCK';
  return {
    ...(rest as Partial<Integration>),
    ...given('uri', named === undefined ? uri : invocationUri(world, named)),
    ...given('httpMethod', httpMethod ?? (isMock ? null : named === undefined ? method : 'POST')),
    ...given('credentials', credentials === undefined ? null : roleArn(world, credentials)),
    passthroughBehavior: integration.passthroughBehavior ?? 'WHEN_NO_MATCH',
    timeoutInMillis: integration.timeoutInMillis ?? 29_000,
    cacheNamespace: hashOf(apiId).toString('hex').slice(0, 6),
    cacheKeyParameters: [],
    ...(responses.length === 0
      ? {}
      : {
          integrationResponses: Object.fromEntries(
            responses.map(([statusCode, one]) => [statusCode, { statusCode, ...one } as never]),
          ),
        }),
  };
}

function describeAuthorizer(world: World, id: string, authorizer: RestAuthorizer): Authorizer {
  const { function: named, authorizerUri, authorizerCredentials, ...rest } = authorizer;
  return {
    id,
    ...(rest as Partial<Authorizer>),
    authType: rest.type === 'COGNITO_USER_POOLS' ? 'cognito_user_pools' : 'custom',
    ...given('authorizerUri', named === undefined ? authorizerUri : invocationUri(world, named)),
    ...given(
      'authorizerCredentials',
      authorizerCredentials === undefined ? null : roleArn(world, authorizerCredentials),
    ),
  };
}
