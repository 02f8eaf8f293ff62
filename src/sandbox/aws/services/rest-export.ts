/**
 * The export of a REST stage: OpenAPI 3.0 of what is deployed, with API Gateway's extensions
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html).
 */
import { invocationUri, roleArn } from '../world/lookup.ts';
import type {
  RestApi,
  RestAuthorizer,
  RestConfiguration,
  RestDeployment,
  RestIntegration,
  RestMethod,
} from '../world/rest-apis.ts';
import type { World } from '../world.ts';

export function exportRestStage(
  world: World,
  apiId: string,
  api: RestApi,
  { configuration }: RestDeployment,
  stageName: string,
  extensions: string[],
): object {
  const all = extensions.includes('apigateway');
  const withIntegrations = all || extensions.includes('integrations');
  const withAuthorizers = all || extensions.includes('authorizers');
  return {
    openapi: '3.0.1',
    info: {
      title: api.name,
      version: '2026-01-01T00:00:00Z',
      ...(api.description ? { description: api.description } : {}),
    },
    servers: [
      {
        url: `https://${apiId}.execute-api.${world.region}.amazonaws.com/{basePath}`,
        variables: { basePath: { default: stageName } },
      },
    ],
    paths: Object.fromEntries(
      Object.entries(configuration.paths).map(([path, methods]) => [
        path,
        Object.fromEntries(
          Object.entries(methods).map(([name, method]) => [
            name === 'ANY' ? 'x-amazon-apigateway-any-method' : name.toLowerCase(),
            exportMethod(world, configuration.authorizers, name, method, withIntegrations),
          ]),
        ),
      ]),
    ),
    components: withAuthorizers ? { securitySchemes: securitySchemes(world, configuration) } : {},
    ...(all && configuration.policy !== null ? { 'x-amazon-apigateway-policy': configuration.policy } : {}),
    ...(all && configuration.binaryMediaTypes.length > 0
      ? { 'x-amazon-apigateway-binary-media-types': configuration.binaryMediaTypes }
      : {}),
    ...(all && Object.keys(configuration.gatewayResponses).length > 0
      ? {
          'x-amazon-apigateway-gateway-responses': Object.fromEntries(
            Object.entries(configuration.gatewayResponses).map(([type, { statusCode, ...rest }]) => [
              type,
              { ...(statusCode === undefined ? {} : { statusCode: Number(statusCode) }), ...rest },
            ]),
          ),
        }
      : {}),
  };
}

/** Authorizers under their names, and what methods with an API key or IAM authorization refer to. */
function securitySchemes(world: World, configuration: RestConfiguration): object {
  const methods = Object.values(configuration.paths).flatMap(path => Object.values(path));
  const header = (name: string) => ({ type: 'apiKey', name, in: 'header' });
  return {
    ...Object.fromEntries(
      Object.values(configuration.authorizers).map(one => [one.name, exportAuthorizer(world, one)]),
    ),
    ...(methods.some(({ apiKeyRequired }) => apiKeyRequired) ? { api_key: header('x-api-key') } : {}),
    ...(methods.some(({ authorization }) => authorization === 'AWS_IAM')
      ? { sigv4: { ...header('Authorization'), 'x-amazon-apigateway-authtype': 'awsSigv4' } }
      : {}),
  };
}

function exportMethod(
  world: World,
  authorizers: Record<string, RestAuthorizer>,
  httpMethod: string,
  method: RestMethod,
  withIntegrations: boolean,
): object {
  const codes = Object.keys(method.methodResponses);
  const authorizer = authorizers[method.authorizerId ?? ''];
  return {
    ...(codes.length === 0
      ? {}
      : { responses: Object.fromEntries(codes.map(code => [code, { description: `${code} response`, content: {} }])) }),
    ...security(method, authorizer),
    ...(withIntegrations && method.integration !== undefined
      ? { 'x-amazon-apigateway-integration': exportIntegration(world, httpMethod, method.integration) }
      : {}),
  };
}

function security(method: RestMethod, authorizer: RestAuthorizer | undefined): object {
  const schemes = [
    ...(authorizer === undefined ? [] : [{ [authorizer.name]: [] }]),
    ...(method.apiKeyRequired ? [{ api_key: [] }] : []),
    ...(method.authorization === 'AWS_IAM' ? [{ sigv4: [] }] : []),
  ];
  return schemes.length === 0 ? {} : { security: schemes };
}

function exportIntegration(world: World, method: string, integration: RestIntegration): object {
  const {
    type,
    function: named,
    uri,
    httpMethod,
    credentials,
    integrationResponses,
    passthroughBehavior,
    ...rest
  } = integration;
  const responses = Object.entries(integrationResponses).map(([statusCode, { selectionPattern, ...response }]) => [
    // The extension keys responses by their pattern; an empty one is the default.
    selectionPattern || 'default',
    { statusCode, ...response },
  ]);
  const target = named === undefined ? uri : invocationUri(world, named);
  return {
    type: type.toLowerCase(),
    ...(type === 'MOCK' ? {} : { httpMethod: httpMethod ?? (named === undefined ? method : 'POST') }),
    ...(target === undefined ? {} : { uri: target }),
    ...(credentials === undefined ? {} : { credentials: roleArn(world, credentials) }),
    ...(responses.length === 0 ? {} : { responses: Object.fromEntries(responses) }),
    ...rest,
    passthroughBehavior: (passthroughBehavior ?? 'WHEN_NO_MATCH').toLowerCase(),
  };
}

function exportAuthorizer(world: World, authorizer: RestAuthorizer): object {
  const {
    type,
    function: named,
    authorizerUri,
    authorizerCredentials,
    providerARNs,
    identitySource,
    ...rest
  } = authorizer;
  const uri = named === undefined ? authorizerUri : invocationUri(world, named);
  const header = identitySource?.match(/^method\.request\.header\.([\w-]+)$/)?.[1];
  return {
    type: 'apiKey',
    name: type === 'REQUEST' ? 'Unused' : (header ?? 'Authorization'),
    in: 'header',
    'x-amazon-apigateway-authtype': type === 'COGNITO_USER_POOLS' ? 'cognito_user_pools' : 'custom',
    'x-amazon-apigateway-authorizer': {
      type: type.toLowerCase(),
      ...(uri === undefined ? {} : { authorizerUri: uri }),
      ...(authorizerCredentials === undefined ? {} : { authorizerCredentials: roleArn(world, authorizerCredentials) }),
      ...(providerARNs === undefined ? {} : { providerARNs }),
      ...(type === 'REQUEST' && identitySource !== undefined ? { identitySource } : {}),
      ...(rest.authorizerResultTtlInSeconds === undefined
        ? {}
        : { authorizerResultTtlInSeconds: rest.authorizerResultTtlInSeconds }),
      ...(rest.identityValidationExpression === undefined
        ? {}
        : { identityValidationExpression: rest.identityValidationExpression }),
    },
  };
}
