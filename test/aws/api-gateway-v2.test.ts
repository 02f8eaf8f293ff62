import { describe, expect, it } from 'vitest';
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
import { type Call, failure, wire } from './wire.ts';

const gone = (call: Call) => failure(call, 'NotFoundException', 'Invalid API identifier specified a1', 404);

describe('HTTP and WebSocket APIs', () => {
  it('are read into the shape of REST APIs', async () => {
    const { send, calls } = await wire(call =>
      call.path.endsWith('/gone')
        ? gone(call)
        : {
            body: {
              apiId: 'a1',
              name: 'orders',
              protocolType: 'WEBSOCKET',
              createdDate: '2026-11-20T10:00:00Z',
              routeSelectionExpression: '$request.body.action',
              disableExecuteApiEndpoint: true,
            },
          },
    );

    await expect(readApi(send, 'a1')).resolves.toEqual({
      id: 'a1',
      name: 'orders',
      type: 'WEBSOCKET',
      createdAt: '2026-11-20T10:00:00.000Z',
      endpointTypes: [],
      vpcEndpointIds: [],
      executeApiEndpointDisabled: true,
      policy: null,
      binaryMediaTypes: [],
      routeSelectionExpression: '$request.body.action',
    });
    await expect(readApi(send, 'gone')).resolves.toBeNull();
    expect(calls[0]?.path).toBe('/v2/apis/a1');
  });

  it('are listed page by page', async () => {
    const { send } = await wire(({ query }) =>
      query.get('nextToken') === null
        ? { body: { items: [{ apiId: 'a', name: 'one', protocolType: 'HTTP' }], nextToken: 't' } }
        : { body: { items: [{ apiId: 'b', name: 'two', protocolType: 'WEBSOCKET' }] } },
    );

    await expect(listApis(send)).resolves.toEqual({
      items: [
        { id: 'a', name: 'one', type: 'HTTP' },
        { id: 'b', name: 'two', type: 'WEBSOCKET' },
      ],
      complete: true,
    });
  });
});

describe('stages and deployments', () => {
  const stage = {
    stageName: '$default',
    autoDeploy: true,
    deploymentId: 'd1',
    createdDate: '2026-11-19T10:00:00Z',
    lastUpdatedDate: '2026-11-20T10:00:00Z',
    lastDeploymentStatusMessage: 'Deployment attempt failed: no route',
    stageVariables: { fn: 'orders' },
    accessLogSettings: { destinationArn: 'arn:aws:logs:eu-west-1:1:log-group:access', format: '{}' },
    defaultRouteSettings: { loggingLevel: 'INFO', dataTraceEnabled: true, detailedMetricsEnabled: false },
    routeSettings: { 'GET /orders': { detailedMetricsEnabled: true } },
  };

  it('are read', async () => {
    const { send, calls } = await wire(call =>
      call.path.endsWith('/stages') ? { body: { items: [stage] } } : { body: stage },
    );

    await expect(readStage(send, 'a1', '$default')).resolves.toEqual({
      name: '$default',
      deploymentId: 'd1',
      createdAt: '2026-11-19T10:00:00.000Z',
      lastUpdatedAt: '2026-11-20T10:00:00.000Z',
      variables: { fn: 'orders' },
      logging: { level: 'INFO', dataTrace: true, detailedMetrics: false },
      routeLogging: { 'GET /orders': { level: 'OFF', dataTrace: false, detailedMetrics: true } },
      accessLogs: { destinationArn: 'arn:aws:logs:eu-west-1:1:log-group:access', format: '{}' },
      canary: null,
      webAclArn: null,
      autoDeploy: true,
      lastDeploymentMessage: 'Deployment attempt failed: no route',
      tracing: false,
    });
    expect(calls[0]?.path).toBe('/v2/apis/a1/stages/%24default');
    expect((await listStages(send, 'a1')).map(one => one.name)).toEqual(['$default']);
  });

  it('come newest first, with what became of them', async () => {
    const { send } = await wire(() => ({
      body: {
        items: [
          { deploymentId: 'd1', createdDate: '2026-11-19T10:00:00Z', autoDeployed: true, deploymentStatus: 'DEPLOYED' },
          {
            deploymentId: 'd2',
            createdDate: '2026-11-20T10:00:00Z',
            deploymentStatus: 'FAILED',
            deploymentStatusMessage: 'no route',
          },
        ],
      },
    }));

    const { items } = await listDeployments(send, 'a1');

    expect(items).toEqual([
      {
        id: 'd2',
        createdAt: '2026-11-20T10:00:00.000Z',
        description: null,
        autoDeployed: false,
        status: 'FAILED',
        statusMessage: 'no route',
      },
      {
        id: 'd1',
        createdAt: '2026-11-19T10:00:00.000Z',
        description: null,
        autoDeployed: true,
        status: 'DEPLOYED',
        statusMessage: null,
      },
    ]);
  });
});

describe('readConfiguration', () => {
  it('joins routes, integrations and authorizers over all their pages', async () => {
    const { send } = await wire(({ path, query }) => {
      const second = query.get('nextToken') !== null;
      const page = (first: object, last: object) => ({
        body: second ? { items: [last] } : { items: [first], nextToken: 't' },
      });
      if (path.endsWith('/routes')) {
        return page(
          { routeKey: 'GET /orders', target: 'integrations/i2', authorizationType: 'JWT', authorizerId: 'auth1' },
          { routeKey: '$default', target: 'integrations/gone' },
        );
      }
      if (path.endsWith('/integrations')) {
        return page(
          { integrationId: 'i1', integrationType: 'HTTP_PROXY' },
          {
            integrationId: 'i2',
            integrationType: 'AWS_PROXY',
            integrationMethod: 'POST',
            integrationUri: 'arn:aws:lambda:eu-west-1:1:function:orders',
            payloadFormatVersion: '2.0',
            timeoutInMillis: 30_000,
            credentialsArn: 'arn:aws:iam::1:role/r',
            responseParameters: { '200': { 'overwrite:statuscode': '500' } },
          },
        );
      }
      return {
        body: {
          items: [
            { authorizerId: 'auth1', name: 'jwt', authorizerType: 'JWT', jwtConfiguration: { issuer: 'https://i' } },
          ],
        },
      };
    });

    const { routes, authorizers } = await readConfiguration(send, 'a1');

    expect(routes).toMatchObject([
      {
        key: 'GET /orders',
        method: 'GET',
        path: '/orders',
        authorization: 'JWT',
        authorizerId: 'auth1',
        integration: {
          id: 'i2',
          type: 'AWS_PROXY',
          uri: 'arn:aws:lambda:eu-west-1:1:function:orders',
          timeoutMs: 30_000,
          credentials: 'arn:aws:iam::1:role/r',
          payloadFormatVersion: '2.0',
          responses: [{ statusCode: '200', parameters: { 'overwrite:statuscode': '500' } }],
        },
      },
      { key: '$default', method: null, path: null, integration: null },
    ]);
    expect(authorizers).toMatchObject([{ id: 'auth1', type: 'JWT', issuer: 'https://i' }]);
  });

  it('asks for authorizers only where a route has one', async () => {
    const { send, calls } = await wire(({ path }) => ({
      body: { items: path.endsWith('/routes') ? [{ routeKey: '$default' }] : [] },
    }));

    await expect(readConfiguration(send, 'a1')).resolves.toMatchObject({ authorizers: [] });
    expect(calls.map(call => call.path)).not.toContain('/v2/apis/a1/authorizers');
  });

  it('rejects where there is no such API', async () => {
    const { send } = await wire(gone);

    await expect(readConfiguration(send, 'a1')).rejects.toMatchObject({ reason: 'not_found' });
  });

  it('rejects where it is larger than what is read, rather than judge a part', async () => {
    let page = 0;
    const { send } = await wire(() => ({ body: { items: [], nextToken: `t${++page}` } }));

    await expect(readConfiguration(send, 'a1')).rejects.toMatchObject({ reason: 'capped' });
  });
});

describe('readDeployedConfiguration', () => {
  const stage = (body: unknown) => wire(call => (call.path.endsWith('/exports/OAS30') ? { body } : gone(call)));

  it('reads the export of a stage, whose integrations may be shared', async () => {
    const { send, calls } = await stage({
      openapi: '3.0.1',
      paths: {
        '/orders': {
          get: { 'x-amazon-apigateway-integration': { $ref: '#/components/x-amazon-apigateway-integrations/web' } },
          'x-amazon-apigateway-any-method': { 'x-amazon-apigateway-auth': { type: 'AWS_IAM' } },
        },
        '/$default': { 'x-amazon-apigateway-any-method': { isDefaultRoute: true } },
      },
      components: {
        'x-amazon-apigateway-integrations': {
          web: {
            type: 'http_proxy',
            httpMethod: 'ANY',
            uri: 'https://example.com',
            responseParameters: { '200': { 'overwrite:statuscode': '500' } },
          },
        },
      },
    });

    const configuration = await readDeployedConfiguration(send, 'a1', 'live');

    expect(configuration?.routes).toMatchObject([
      {
        key: 'GET /orders',
        integration: {
          type: 'HTTP_PROXY',
          uri: 'https://example.com',
          timeoutMs: 30_000,
          responses: [{ statusCode: '200', parameters: { 'overwrite:statuscode': '500' } }],
        },
        methodResponses: [],
      },
      { key: 'ANY /orders', authorization: 'AWS_IAM', integration: null },
      { key: '$default', method: null, path: null },
    ]);
    expect(calls[0]?.query.get('stageName')).toBe('live');
  });

  it('tells authorizers apart', async () => {
    const authorizer = (type: string) => ({ 'x-amazon-apigateway-authorizer': { type, authorizerUri: 'arn:x' } });
    const { send } = await stage({
      openapi: '3.0.1',
      paths: { '/a': { get: { security: [{ login: [] }] }, put: { security: [{ session: [] }] } } },
      components: { securitySchemes: { login: authorizer('jwt'), session: authorizer('request') } },
    });

    await expect(readDeployedConfiguration(send, 'a1', 'live')).resolves.toMatchObject({
      routes: [
        { authorization: 'JWT', authorizerId: 'login' },
        { authorization: 'CUSTOM', authorizerId: 'session' },
      ],
      authorizers: [
        { id: 'login', type: 'JWT' },
        { id: 'session', type: 'REQUEST' },
      ],
    });
  });

  it('answers null without such a stage, and rejects what is no JSON', async () => {
    const { send } = await wire(gone);
    await expect(readDeployedConfiguration(send, 'a1', 'live')).resolves.toBeNull();

    const broken = await stage('openapi: 3.0.1');
    await expect(readDeployedConfiguration(broken.send, 'a1', 'live')).rejects.toMatchObject({
      source: 'apigateway:ExportApi',
    });
  });
});

describe('links and domains', () => {
  it('reads a VPC link', async () => {
    const { send } = await wire(call =>
      call.path.endsWith('/gone')
        ? gone(call)
        : { body: { vpcLinkId: 'l', name: 'vpc', vpcLinkStatus: 'INACTIVE', vpcLinkStatusMessage: 'idle' } },
    );

    await expect(readVpcLinkV2(send, 'l')).resolves.toEqual({
      id: 'l',
      name: 'vpc',
      status: 'INACTIVE',
      statusMessage: 'idle',
      targetArns: [],
      version: 2,
    });
    await expect(readVpcLinkV2(send, 'gone')).resolves.toBeNull();
  });

  it('reads where a custom domain leads', async () => {
    const { send } = await wire(() => ({
      body: { items: [{ apiId: 'a', apiMappingKey: 'shop/orders', stage: 'prod' }] },
    }));

    await expect(readApiMappings(send, 'api.example.com')).resolves.toEqual([
      { path: 'shop/orders', apiId: 'a', stage: 'prod' },
    ]);
  });
});
