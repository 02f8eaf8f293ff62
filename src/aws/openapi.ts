import { redactConfiguration } from '../redact.ts';
import { entriesIn, type Json, listIn, numberIn, objectIn, parseJson, textIn, textsIn } from './json.ts';
import type { OperationName } from './operations.ts';
import { policyIn } from './policy-document.ts';
import { withoutSecrets } from './secrets.ts';
import { inTurns } from './turns.ts';
import type { Authorizer, Configuration, GatewayResponse, Integration, IntegrationResponse, Route } from './types.ts';
import { unreadable } from './unread.ts';

const methods = ['get', 'put', 'post', 'delete', 'patch', 'head', 'options'];
const anyMethod = 'x-amazon-apigateway-any-method';

/**
 * Reads an OpenAPI 3 export with API Gateway's extensions. Rejects with UnreadError where it is something else.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
 */
export async function configurationIn(text: string, operation: OperationName, input: object): Promise<Configuration> {
  const document = documentIn(text, operation, input);
  const schemes = entriesIn(objectIn(document.components).securitySchemes);
  const policy = document['x-amazon-apigateway-policy'];
  return {
    routes: (await inTurns(entriesIn(document.paths), ([path, item]) => routesOf(path, item, schemes))).flat(),
    authorizers: schemes.flatMap(([name, scheme]) => authorizerOf(name, scheme) ?? []),
    gatewayResponses: entriesIn(document['x-amazon-apigateway-gateway-responses']).map(gatewayResponseOf),
    ...(policy !== undefined && { policy: policyIn(JSON.stringify(policy), operation, input) }),
    binaryMediaTypes: listIn(document['x-amazon-apigateway-binary-media-types']).map(String),
  };
}

/**
 * Reads the export of an HTTP API. Integrations that several routes share may stand in the components, `$default` is
 * written as a path, and response parameters stand by status code. Throws UnreadError where it is something else.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-open-api.html
 */
export function httpConfigurationIn(text: string, operation: OperationName, input: object): Configuration {
  const document = documentIn(text, operation, input);
  const components = objectIn(document.components);
  const shared = objectIn(components['x-amazon-apigateway-integrations']);
  const schemes = entriesIn(components.securitySchemes);
  const authorizers = schemes.flatMap(([name, scheme]) => authorizerOf(name, scheme) ?? []);
  const jwt = new Set(authorizers.filter(one => one.type === 'JWT').map(one => one.id));
  const routes = entriesIn(document.paths).flatMap(([path, item]) =>
    routesOf(path, item, schemes).map((route): Route => {
      const method = objectIn(item[route.method === 'ANY' ? anyMethod : (route.method ?? '').toLowerCase()]);
      const isDefault = method.isDefaultRoute === true;
      return {
        ...route,
        ...(isDefault ? { key: '$default', method: null, path: null } : {}),
        authorization: route.authorizerId !== null && jwt.has(route.authorizerId) ? 'JWT' : route.authorization,
        integration: httpIntegrationOf(method['x-amazon-apigateway-integration'], shared),
        methodResponses: [],
      };
    }),
  );
  return { routes, authorizers, gatewayResponses: [], binaryMediaTypes: [] };
}

/** Anything but what was asked for, an older Swagger document say, would look like an API without routes. */
function documentIn(text: string, operation: OperationName, input: object): Json {
  const value = parseJson(text);
  if (value === undefined) throw unreadable(operation, input, 'the export is not JSON');
  const document = objectIn(value);
  if (textIn(document.openapi)?.startsWith('3.')) return document;
  throw unreadable(operation, input, 'the export is not an OpenAPI 3 document');
}

/** HTTP APIs wait 30 s where an export tells nothing else. */
const httpTimeoutMs = 30_000;

function httpIntegrationOf(value: unknown, shared: Json): Integration | null {
  if (value === undefined) return null;
  const reference = textIn(objectIn(value).$ref)?.split('/').at(-1);
  const integration = reference === undefined ? objectIn(value) : objectIn(shared[reference]);
  const { responses: _, ...described } = integration;
  const base = integrationOf(described);
  return withoutSecrets({
    ...base,
    timeoutMs: base.timeoutMs ?? httpTimeoutMs,
    responses: entriesIn(integration.responseParameters).map(([statusCode, parameters]) => ({
      statusCode,
      selectionPattern: null,
      templates: {},
      parameters: textsIn(parameters),
      contentHandling: null,
    })),
  });
}

function routesOf(path: string, item: Json, schemes: [string, Json][]): Route[] {
  return entriesIn(item)
    .filter(([key]) => key === anyMethod || methods.includes(key))
    .map(([key, method]) => {
      const verb = key === anyMethod ? 'ANY' : key.toUpperCase();
      const required = listIn(method.security).flatMap(one => Object.keys(objectIn(one)));
      const used = schemes.filter(([name]) => required.includes(name));
      const authorizer = used.find(([, scheme]) => scheme['x-amazon-apigateway-authorizer'] !== undefined);
      const integration = method['x-amazon-apigateway-integration'];
      return {
        key: `${verb} ${path}`,
        method: verb,
        path,
        authorization: authorizationOf(method, used, authorizer?.[1]),
        authorizerId: authorizer?.[0] ?? null,
        apiKeyRequired: used.some(([, scheme]) => textIn(scheme.name)?.toLowerCase() === 'x-api-key'),
        integration: integration === undefined ? null : integrationOf(objectIn(integration)),
        methodResponses: Object.keys(objectIn(method.responses)),
      };
    });
}

function authorizationOf(method: Json, used: [string, Json][], authorizer: Json | undefined): Route['authorization'] {
  if (authorizer !== undefined) {
    return objectIn(authorizer['x-amazon-apigateway-authorizer']).type === 'cognito_user_pools'
      ? 'COGNITO_USER_POOLS'
      : 'CUSTOM';
  }
  const signed = used.some(([, scheme]) => scheme['x-amazon-apigateway-authtype'] === 'awsSigv4');
  return signed || objectIn(method['x-amazon-apigateway-auth']).type === 'AWS_IAM' ? 'AWS_IAM' : 'NONE';
}

function authorizerOf(name: string, scheme: Json): Authorizer | null {
  if (scheme['x-amazon-apigateway-authorizer'] === undefined) return null;
  const authorizer = objectIn(scheme['x-amazon-apigateway-authorizer']);
  const type = textIn(authorizer.type)?.toUpperCase();
  return {
    id: name,
    name,
    type: type === 'TOKEN' || type === 'COGNITO_USER_POOLS' || type === 'JWT' ? type : 'REQUEST',
    uri: redactConfiguration(textIn(authorizer.authorizerUri)),
    credentials: textIn(authorizer.authorizerCredentials),
    resultTtlSeconds: numberIn(authorizer.authorizerResultTtlInSeconds),
    payloadFormatVersion: textIn(authorizer.authorizerPayloadFormatVersion),
    simpleResponses: authorizer.enableSimpleResponses === true,
    issuer: textIn(objectIn(authorizer.jwtConfiguration).issuer),
  };
}

function gatewayResponseOf([responseType, response]: [string, Json]): GatewayResponse {
  const statusCode = response.statusCode;
  return { responseType, statusCode: statusCode === undefined || statusCode === null ? null : String(statusCode) };
}

/** Exports write types in lower case, where the other reads have them in upper case. */
function integrationOf(integration: Json): Integration {
  const type = textIn(integration.type)?.toUpperCase();
  return withoutSecrets({
    id: null,
    type: type === 'AWS' || type === 'AWS_PROXY' || type === 'HTTP' || type === 'HTTP_PROXY' ? type : 'MOCK',
    subtype: textIn(integration.integrationSubtype),
    httpMethod: textIn(integration.httpMethod),
    uri: textIn(integration.uri),
    connectionType: integration.connectionType === 'VPC_LINK' ? 'VPC_LINK' : 'INTERNET',
    connectionId: textIn(integration.connectionId),
    credentials: textIn(integration.credentials),
    timeoutMs: numberIn(integration.timeoutInMillis),
    requestTemplates: textsIn(integration.requestTemplates),
    requestParameters: textsIn(integration.requestParameters),
    passthroughBehavior: textIn(integration.passthroughBehavior)?.toUpperCase() ?? null,
    contentHandling: textIn(integration.contentHandling)?.toUpperCase() ?? null,
    payloadFormatVersion: textIn(integration.payloadFormatVersion),
    responseTransferMode: textIn(integration.responseTransferMode)?.toUpperCase() === 'STREAM' ? 'STREAM' : 'BUFFERED',
    insecureSkipVerification: objectIn(integration.tlsConfig).insecureSkipVerification === true,
    responses: entriesIn(integration.responses).map(integrationResponseOf),
  });
}

/** Keyed by the selection pattern; `default` has none. */
function integrationResponseOf([pattern, response]: [string, Json]): IntegrationResponse {
  return {
    statusCode: String(response.statusCode ?? ''),
    selectionPattern: pattern === 'default' ? null : pattern,
    templates: textsIn(response.responseTemplates),
    parameters: textsIn(response.responseParameters),
    contentHandling: textIn(response.contentHandling)?.toUpperCase() ?? null,
  };
}
