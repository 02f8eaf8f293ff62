import {
  CreateApiCommand,
  CreateApiMappingCommand,
  CreateAuthorizerCommand,
  CreateDomainNameCommand,
  CreateIntegrationCommand,
  type CreateIntegrationCommandInput,
  CreateRouteCommand,
  CreateStageCommand,
  CreateVpcLinkCommand,
  GetAuthorizerCommand,
} from '@aws-sdk/client-apigatewayv2';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  listApis,
  listDeployments,
  listStages,
  readApi,
  readApiMappings,
  readConfiguration,
  readDeployedConfiguration,
  readStage,
  readVpcLinkV2,
} from '../../src/aws/api-gateway-v2.ts';
import type { Send } from '../../src/aws/send.ts';
import { arn, buildersIn, expectUnread, present, readersIn } from './aws.ts';
import { createFunction, createRole } from './functions.ts';

const region = 'eu-west-3';
const aws = buildersIn(region);
const { send } = await readersIn(region);
const accessLogs = arn('logs', region, 'log-group:/shop/access');
const listener = arn('elasticloadbalancing', region, 'listener/app/inside/1234567890abcdef/fedcba0987654321');
const manyApis = Array.from({ length: 120 }, (_, index) => `tenant-${index}`);

let httpId = '';
let guardedId = '';
let socketId = '';
let role = '';
let functionArn = '';
let linkId = '';
let authorizerId = '';

/** moto lists no authorizers; it has each by its id. */
const listingAuthorizers: Send = async (operation, input, options) => {
  if (operation !== 'apigatewayv2:GetAuthorizers') return await send(operation, input, options);
  const own = await aws.v2.send(new GetAuthorizerCommand({ ApiId: guardedId, AuthorizerId: authorizerId }));
  return { $metadata: {}, Items: [own] } as never;
};

async function createApi(
  Name: string,
  settings: { ProtocolType: 'HTTP' | 'WEBSOCKET'; RouteSelectionExpression?: string },
) {
  return present((await aws.v2.send(new CreateApiCommand({ Name, ...settings }))).ApiId);
}

async function createRoute(
  ApiId: string,
  RouteKey: string,
  integration: Omit<CreateIntegrationCommandInput, 'ApiId'>,
  guard: { AuthorizationType?: 'JWT' | 'AWS_IAM'; AuthorizerId?: string } = {},
) {
  const { IntegrationId } = await aws.v2.send(new CreateIntegrationCommand({ ApiId, ...integration }));
  await aws.v2.send(new CreateRouteCommand({ ApiId, RouteKey, Target: `integrations/${IntegrationId}`, ...guard }));
}

beforeAll(async () => {
  role = await createRole(aws, 'http-gateway', 'apigateway.amazonaws.com');
  functionArn = await createFunction(aws, 'orders', role);
  const proxy = { IntegrationType: 'AWS_PROXY', IntegrationUri: functionArn, PayloadFormatVersion: '2.0' } as const;

  httpId = await createApi('Shop', { ProtocolType: 'HTTP' });
  const link = await aws.v2.send(
    new CreateVpcLinkCommand({ Name: 'inside', SubnetIds: ['subnet-1'], SecurityGroupIds: ['sg-1'] }),
  );
  linkId = present(link.VpcLinkId);
  await createRoute(httpId, 'GET /orders/{id}', { ...proxy, TimeoutInMillis: 5_000, CredentialsArn: role });
  await createRoute(
    httpId,
    '$default',
    {
      IntegrationType: 'HTTP_PROXY',
      IntegrationMethod: 'ANY',
      IntegrationUri: listener,
      ConnectionType: 'VPC_LINK',
      ConnectionId: linkId,
      PayloadFormatVersion: '1.0',
      RequestParameters: { 'append:header.x-source': 'shop' },
      ResponseParameters: { '500': { 'overwrite:statuscode': '503' } },
    },
    { AuthorizationType: 'AWS_IAM' },
  );
  await aws.v2.send(
    new CreateStageCommand({
      ApiId: httpId,
      StageName: '$default',
      AutoDeploy: true,
      StageVariables: { alias: 'live' },
      AccessLogSettings: { DestinationArn: accessLogs, Format: '$context.requestId $context.status' },
      DefaultRouteSettings: { DetailedMetricsEnabled: true },
      RouteSettings: { 'GET /orders/{id}': { DetailedMetricsEnabled: false } },
    }),
  );
  await aws.v2.send(new CreateStageCommand({ ApiId: httpId, StageName: 'test' }));

  guardedId = await createApi('Guarded', { ProtocolType: 'HTTP' });
  const authorizer = await aws.v2.send(
    new CreateAuthorizerCommand({
      ApiId: guardedId,
      Name: 'people',
      AuthorizerType: 'JWT',
      IdentitySource: ['$request.header.Authorization'],
      JwtConfiguration: { Issuer: 'https://issuer.example.com', Audience: ['shop'] },
    }),
  );
  authorizerId = present(authorizer.AuthorizerId);
  await createRoute(guardedId, 'POST /orders', proxy, { AuthorizationType: 'JWT', AuthorizerId: authorizerId });

  socketId = await createApi('Chat', { ProtocolType: 'WEBSOCKET', RouteSelectionExpression: '$request.body.action' });
  await createRoute(socketId, '$connect', { ...proxy, PayloadFormatVersion: '1.0' });
  await createRoute(socketId, 'sendMessage', {
    IntegrationType: 'MOCK',
    RequestTemplates: { '200': '{"statusCode": 200}' },
  });
  await aws.v2.send(
    new CreateStageCommand({
      ApiId: socketId,
      StageName: 'prod',
      DefaultRouteSettings: { LoggingLevel: 'INFO', DataTraceEnabled: true },
    }),
  );

  await aws.v2.send(
    new CreateDomainNameCommand({
      DomainName: 'api.example.com',
      DomainNameConfigurations: [
        {
          EndpointType: 'REGIONAL',
          CertificateArn: arn('acm', region, 'certificate/11111111-2222-3333-4444-555555555555'),
        },
      ],
    }),
  );
  const mapping = { DomainName: 'api.example.com', ApiId: httpId, Stage: '$default', ApiMappingKey: 'v1/shop' };
  await aws.v2.send(new CreateApiMappingCommand(mapping));
  await Promise.all(manyApis.map(Name => aws.v2.send(new CreateApiCommand({ Name, ProtocolType: 'HTTP' }))));
});

describe('APIs', () => {
  test('an HTTP and a WebSocket API are told apart', async () => {
    const [http, socket] = await Promise.all([readApi(send, httpId), readApi(send, socketId)]);

    expect(http).toMatchObject({
      id: httpId,
      name: 'Shop',
      type: 'HTTP',
      policy: null,
      routeSelectionExpression: null,
    });
    expect(socket).toMatchObject({ name: 'Chat', type: 'WEBSOCKET', routeSelectionExpression: '$request.body.action' });
    await expect(readApi(send, 'nonesuch00')).resolves.toBeNull();
  });

  test('all are listed', async () => {
    const { items, complete } = await listApis(send);

    expect(complete).toBe(true);
    expect(items.map(api => api.name).toSorted()).toEqual(['Chat', 'Guarded', 'Shop', ...manyApis].toSorted());
    expect(items).toContainEqual({ id: socketId, name: 'Chat', type: 'WEBSOCKET' });
  });
});

describe('stages', () => {
  test('carry variables, automatic deployment, settings of routes, and access logs', async () => {
    await expect(readStage(send, httpId, '$default')).resolves.toMatchObject({
      name: '$default',
      autoDeploy: true,
      variables: { alias: 'live' },
      logging: { level: 'OFF', dataTrace: false, detailedMetrics: true },
      routeLogging: { 'GET /orders/{id}': { detailedMetrics: false } },
      accessLogs: { destinationArn: accessLogs, format: '$context.requestId $context.status' },
      canary: null,
      webAclArn: null,
    });
    await expect(readStage(send, socketId, 'prod')).resolves.toMatchObject({
      autoDeploy: false,
      logging: { level: 'INFO', dataTrace: true },
      accessLogs: null,
    });
  });

  test('are all listed, and null where there is none', async () => {
    const stages = await listStages(send, httpId);

    expect(stages.map(stage => stage.name).toSorted()).toEqual(['$default', 'test']);
    await expect(readStage(send, httpId, 'blue')).resolves.toBeNull();
    await expect(listStages(send, 'nonesuch00')).rejects.toMatchObject({ reason: 'not_found' });
  });

  test('their deployments and their export, which moto does not have, are unread', async () => {
    await expectUnread(listDeployments(send, httpId), 'apigateway:GetDeployments');
    await expectUnread(readDeployedConfiguration(send, httpId, 'test'), 'apigateway:ExportApi');
  });
});

describe('the configuration', () => {
  test('joins routes and integrations of an HTTP API', async () => {
    const { routes } = await readConfiguration(send, httpId);
    const route = (key: string) => routes.find(one => one.key === key);

    expect(routes).toHaveLength(2);
    expect(route('GET /orders/{id}')).toMatchObject({
      method: 'GET',
      path: '/orders/{id}',
      authorization: 'NONE',
      authorizerId: null,
      integration: {
        type: 'AWS_PROXY',
        uri: functionArn,
        timeoutMs: 5_000,
        credentials: role,
        payloadFormatVersion: '2.0',
        connectionType: 'INTERNET',
      },
    });
    expect(route('$default')).toMatchObject({
      method: null,
      path: null,
      authorization: 'AWS_IAM',
      integration: {
        type: 'HTTP_PROXY',
        httpMethod: 'ANY',
        uri: listener,
        connectionType: 'VPC_LINK',
        connectionId: linkId,
        requestParameters: { 'append:header.x-source': 'shop' },
        responses: [{ statusCode: '500', parameters: { 'overwrite:statuscode': '503' } }],
      },
    });
  });

  test('joins those of a WebSocket API', async () => {
    const { routes } = await readConfiguration(send, socketId);

    expect(routes.toSorted((a, b) => a.key.localeCompare(b.key))).toMatchObject([
      { key: '$connect', method: null, path: null, integration: { type: 'AWS_PROXY', uri: functionArn } },
      {
        key: 'sendMessage',
        method: null,
        integration: { type: 'MOCK', requestTemplates: { '200': '{"statusCode": 200}' } },
      },
    ]);
  });

  test('names the authorizer of a route', async () => {
    const { routes, authorizers } = await readConfiguration(listingAuthorizers, guardedId);

    expect(routes).toMatchObject([{ key: 'POST /orders', authorization: 'JWT', authorizerId }]);
    expect(authorizers).toMatchObject([
      { id: authorizerId, name: 'people', type: 'JWT', uri: null, issuer: 'https://issuer.example.com' },
    ]);
  });

  test('is unread where its authorizers, which moto does not list, are; and not found without its API', async () => {
    await expectUnread(readConfiguration(send, guardedId), 'apigateway:GetAuthorizers');
    await expect(readConfiguration(send, 'nonesuch00')).rejects.toMatchObject({ reason: 'not_found' });
  });
});

test('a VPC link', async () => {
  await expect(readVpcLinkV2(send, linkId)).resolves.toMatchObject({ id: linkId, name: 'inside', version: 2 });
  await expect(readVpcLinkV2(send, 'nolink')).resolves.toBeNull();
});

test('a custom domain leads to its API by several path segments', async () => {
  await expect(readApiMappings(send, 'API.example.com')).resolves.toEqual([
    { path: 'v1/shop', apiId: httpId, stage: '$default' },
  ]);
});
