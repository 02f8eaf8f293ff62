import { describe, expect, it } from 'vitest';
import {
  listRestApis,
  listRestDeployments,
  listRestStages,
  readCloudWatchRole,
  readDomainMappings,
  readRestApi,
  readRestDeployed,
  readRestDraft,
  readRestStage,
  readVpcLink,
} from '../../src/aws/api-gateway.ts';
import { type Call, failure, wire } from './wire.ts';

const gone = (call: Call) => failure(call, 'NotFoundException', 'Invalid API identifier specified', 404);
const lambdaUri =
  'arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:orders/invocations';

const policy = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: '*', Action: 'execute-api:Invoke', Resource: 'execute-api:/*' }],
};
const policyDocument = {
  version: '2012-10-17',
  statements: [
    {
      sid: null,
      effect: 'Allow',
      principal: '*',
      notPrincipal: null,
      actions: ['execute-api:Invoke'],
      notActions: [],
      resources: ['execute-api:/*'],
      notResources: [],
      conditions: {},
    },
  ],
};

describe('readRestApi', () => {
  it('reads the API and its doubly escaped policy', async () => {
    const { send } = await wire(() => ({
      body: {
        id: 'a1b2c3',
        name: 'orders-api',
        createdDate: 1_763_600_000,
        endpointConfiguration: { types: ['PRIVATE'], vpcEndpointIds: ['vpce-1'] },
        disableExecuteApiEndpoint: true,
        binaryMediaTypes: ['image/png'],
        policy: JSON.stringify(policy).replaceAll('"', '\\"').replaceAll('/', '\\/'),
      },
    }));

    await expect(readRestApi(send, 'a1b2c3')).resolves.toEqual({
      id: 'a1b2c3',
      name: 'orders-api',
      type: 'REST',
      createdAt: '2025-11-20T00:53:20.000Z',
      endpointTypes: ['PRIVATE'],
      vpcEndpointIds: ['vpce-1'],
      executeApiEndpointDisabled: true,
      policy: policyDocument,
      binaryMediaTypes: ['image/png'],
      routeSelectionExpression: null,
    });
  });

  it('reads a policy that is escaped once only', async () => {
    const { send } = await wire(() => ({ body: { id: 'a', policy: JSON.stringify(policy) } }));

    await expect(readRestApi(send, 'a')).resolves.toMatchObject({ policy: policyDocument });
  });

  it('does not take a policy that it cannot read for none', async () => {
    const { send } = await wire(() => ({ body: { id: 'a', policy: 'not a policy' } }));

    await expect(readRestApi(send, 'a')).rejects.toMatchObject({
      reason: 'timeout',
      message:
        'apigateway:GetRestApi on API a answered something that cannot be read: the policy is not a JSON object.',
    });
  });

  it('answers null where there is none', async () => {
    const { send } = await wire(gone);

    await expect(readRestApi(send, 'a1b2c3')).resolves.toBeNull();
  });
});

describe('lists', () => {
  it('read page by page', async () => {
    const { send, calls } = await wire(({ query }) =>
      query.get('position') === null
        ? { body: { item: [{ id: 'a', name: 'one' }], position: 'next' } }
        : { body: { item: [{ id: 'b', name: 'two' }] } },
    );

    await expect(listRestApis(send)).resolves.toEqual({
      items: [
        { id: 'a', name: 'one', type: 'REST' },
        { id: 'b', name: 'two', type: 'REST' },
      ],
      complete: true,
    });
    expect(calls.map(call => call.query.toString())).toEqual(['limit=500', 'limit=500&position=next']);
  });

  it('tell when the cap cut them', async () => {
    let page = 0;
    const { send, calls } = await wire(() => ({ body: { item: [{ id: `a${page}` }], position: `p${++page}` } }));

    const listed = await listRestApis(send);

    expect(listed.complete).toBe(false);
    expect(listed.items).toHaveLength(20);
    expect(calls).toHaveLength(20);
  });

  it('give the newest deployment first', async () => {
    const { send } = await wire(() => ({
      body: {
        item: [
          { id: 'old', createdDate: 1_763_500_000 },
          { id: 'new', createdDate: 1_763_600_000, description: 'v2' },
        ],
      },
    }));

    const { items } = await listRestDeployments(send, 'a');

    expect(items.map(one => one.id)).toEqual(['new', 'old']);
    expect(items[0]).toEqual({
      id: 'new',
      createdAt: '2025-11-20T00:53:20.000Z',
      description: 'v2',
      autoDeployed: false,
      status: 'DEPLOYED',
      statusMessage: null,
    });
  });

  it('reject where there is no such API', async () => {
    const { send } = await wire(gone);

    await expect(listRestDeployments(send, 'a')).rejects.toMatchObject({ reason: 'not_found' });
    await expect(listRestStages(send, 'a')).rejects.toMatchObject({ reason: 'not_found' });
  });
});

describe('readRestStage', () => {
  const stage = {
    stageName: 'prod',
    deploymentId: 'd1',
    createdDate: 1_763_500_000,
    lastUpdatedDate: 1_763_600_000,
    variables: { fn: 'orders' },
    methodSettings: {
      '*/*': { loggingLevel: 'ERROR', dataTraceEnabled: false, metricsEnabled: true },
      '~1orders~1{id}/GET': { loggingLevel: 'INFO', dataTraceEnabled: true },
      '~1/*': { loggingLevel: 'OFF' },
    },
    accessLogSettings: {
      destinationArn: 'arn:aws:logs:eu-west-1:111122223333:log-group:access',
      format: '$context.status',
    },
    canarySettings: { deploymentId: 'd2', percentTraffic: 10.5, stageVariableOverrides: { fn: 'orders-next' } },
    webAclArn: 'arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/edge/id',
    tracingEnabled: true,
  };

  it('reads what the stage is set to', async () => {
    const { send } = await wire(() => ({ body: stage }));

    await expect(readRestStage(send, 'a', 'prod')).resolves.toEqual({
      name: 'prod',
      deploymentId: 'd1',
      createdAt: '2025-11-18T21:06:40.000Z',
      lastUpdatedAt: '2025-11-20T00:53:20.000Z',
      variables: { fn: 'orders' },
      logging: { level: 'ERROR', dataTrace: false, detailedMetrics: true },
      routeLogging: {
        'GET /orders/{id}': { level: 'INFO', dataTrace: true, detailedMetrics: false },
        'ANY /': { level: 'OFF', dataTrace: false, detailedMetrics: false },
      },
      accessLogs: { destinationArn: stage.accessLogSettings.destinationArn, format: '$context.status' },
      canary: { deploymentId: 'd2', percentTraffic: 10.5, variables: { fn: 'orders-next' } },
      webAclArn: stage.webAclArn,
      autoDeploy: false,
      lastDeploymentMessage: null,
      tracing: true,
    });
  });

  it('takes what is not set as off', async () => {
    const { send } = await wire(() => ({ body: { stageName: 'prod' } }));

    await expect(readRestStage(send, 'a', 'prod')).resolves.toMatchObject({
      logging: { level: 'OFF', dataTrace: false, detailedMetrics: false },
      accessLogs: null,
      canary: null,
      webAclArn: null,
      deploymentId: null,
    });
  });

  it('lists all stages, and answers null for one that does not exist', async () => {
    const { send } = await wire(call => (call.path.endsWith('/stages') ? { body: { item: [stage] } } : gone(call)));

    expect((await listRestStages(send, 'a')).map(one => one.name)).toEqual(['prod']);
    await expect(readRestStage(send, 'a', 'dev')).resolves.toBeNull();
  });
});

describe('readRestDraft', () => {
  const orders = {
    id: 'r1',
    path: '/orders',
    resourceMethods: {
      POST: {
        httpMethod: 'POST',
        authorizationType: 'CUSTOM',
        authorizerId: 'auth1',
        apiKeyRequired: true,
        methodResponses: { '200': { statusCode: '200' } },
        methodIntegration: {
          type: 'AWS',
          httpMethod: 'POST',
          uri: lambdaUri,
          credentials: 'arn:aws:iam::111122223333:role/invoke',
          timeoutInMillis: 29_000,
          passthroughBehavior: 'WHEN_NO_MATCH',
          contentHandling: 'CONVERT_TO_TEXT',
          requestTemplates: { 'application/json': '{}' },
          requestParameters: { 'integration.request.header.X': "'1'" },
          tlsConfig: { insecureSkipVerification: true },
          integrationResponses: {
            '200': { statusCode: '200', selectionPattern: '', responseTemplates: { 'application/json': null } },
            '500': { statusCode: '500', selectionPattern: '.*error.*' },
          },
        },
      },
    },
  };

  it('reads routes with their methods', async () => {
    const { send, calls } = await wire(() => ({ body: { item: [{ id: 'root', path: '/' }, orders] } }));

    const { configuration, complete } = await readRestDraft(send, 'a');

    expect(complete).toBe(true);
    expect(configuration.routes).toEqual([
      {
        key: 'POST /orders',
        method: 'POST',
        path: '/orders',
        resourceId: 'r1',
        authorization: 'CUSTOM',
        authorizerId: 'auth1',
        apiKeyRequired: true,
        methodResponses: ['200'],
        integration: {
          id: null,
          type: 'AWS',
          subtype: null,
          httpMethod: 'POST',
          uri: lambdaUri,
          connectionType: 'INTERNET',
          connectionId: null,
          credentials: 'arn:aws:iam::111122223333:role/invoke',
          timeoutMs: 29_000,
          requestTemplates: { 'application/json': '{}' },
          requestParameters: { 'integration.request.header.X': "'1'" },
          passthroughBehavior: 'WHEN_NO_MATCH',
          contentHandling: 'CONVERT_TO_TEXT',
          payloadFormatVersion: null,
          responseTransferMode: 'BUFFERED',
          insecureSkipVerification: true,
          responses: [
            {
              statusCode: '200',
              selectionPattern: null,
              templates: { 'application/json': '' },
              parameters: {},
              contentHandling: null,
            },
            { statusCode: '500', selectionPattern: '.*error.*', templates: {}, parameters: {}, contentHandling: null },
          ],
        },
      },
    ]);
    expect(calls.find(call => call.path.endsWith('/resources'))?.query.toString()).toBe('embed=methods&limit=500');
  });

  it('reads all pages of many resources, in one kind of call', async () => {
    const { send, calls } = await wire(({ query }) => {
      const page = Number(query.get('position') ?? 0);
      const item = Array.from({ length: 500 }, (_, i) => ({
        id: `${page}-${i}`,
        path: `/p${page}-${i}`,
        resourceMethods: { GET: {} },
      }));
      return { body: { item, ...(page < 9 && { position: String(page + 1) }) } };
    });

    const draft = await readRestDraft(send, 'a');

    expect(draft.complete).toBe(true);
    expect(draft.configuration.routes).toHaveLength(5_000);
    expect(new Set(calls.map(call => call.path))).toEqual(new Set(['/restapis/a/resources']));
  });

  it('tells when the cap cut it', async () => {
    let page = 0;
    const { send } = await wire(() => ({ body: { item: [{ id: `r${page}`, path: '/' }], position: `p${++page}` } }));

    await expect(readRestDraft(send, 'a')).resolves.toMatchObject({ complete: false });
  });
});

describe('readRestDeployed', () => {
  const exported = {
    openapi: '3.0.1',
    paths: {
      '/orders': {
        parameters: [],
        get: {
          responses: { '200': { description: '200 response' } },
          security: [{ jwt: [] }, { api_key: [] }],
          'x-amazon-apigateway-integration': {
            type: 'aws_proxy',
            httpMethod: 'POST',
            uri: lambdaUri,
            timeoutInMillis: 3_000,
            passthroughBehavior: 'when_no_match',
            contentHandling: 'CONVERT_TO_TEXT',
            responses: {
              default: { statusCode: '200' },
              '4\\d{2}': { statusCode: '400', responseTemplates: { 'application/json': '$input.body' } },
            },
          },
        },
        options: {
          'x-amazon-apigateway-integration': {
            type: 'mock',
            requestTemplates: { 'application/json': '{"statusCode":200}' },
          },
        },
      },
      '/{proxy+}': {
        'x-amazon-apigateway-any-method': {
          security: [{ sigv4: [] }],
          'x-amazon-apigateway-integration': {
            type: 'http_proxy',
            httpMethod: 'ANY',
            uri: 'http://${stageVariables.host}/{proxy}',
            connectionType: 'VPC_LINK',
            connectionId: 'link1',
            tlsConfig: { insecureSkipVerification: true },
            responseTransferMode: 'STREAM',
          },
        },
      },
    },
    components: {
      securitySchemes: {
        jwt: {
          type: 'apiKey',
          name: 'Authorization',
          in: 'header',
          'x-amazon-apigateway-authtype': 'custom',
          'x-amazon-apigateway-authorizer': {
            type: 'token',
            authorizerUri: lambdaUri,
            authorizerCredentials: 'arn:aws:iam::111122223333:role/auth',
            authorizerResultTtlInSeconds: 300,
          },
        },
        api_key: { type: 'apiKey', name: 'x-api-key', in: 'header' },
        sigv4: { type: 'apiKey', name: 'Authorization', in: 'header', 'x-amazon-apigateway-authtype': 'awsSigv4' },
      },
    },
    'x-amazon-apigateway-gateway-responses': { DEFAULT_4XX: { statusCode: 500 }, ACCESS_DENIED: {} },
    'x-amazon-apigateway-policy': policy,
    'x-amazon-apigateway-binary-media-types': ['*/*'],
  };

  it('reads the stage as it runs', async () => {
    const { send, calls } = await wire(() => ({ headers: { 'content-type': 'application/json' }, body: exported }));

    const deployed = await readRestDeployed(send, 'a', 'prod');

    expect(calls[0]?.path).toBe('/restapis/a/stages/prod/exports/oas30');
    expect(calls[0]?.query.toString()).toBe('extensions=apigateway');
    expect(calls[0]?.headers.accept).toBe('application/json');
    expect(deployed?.routes).toMatchObject([
      {
        key: 'GET /orders',
        authorization: 'CUSTOM',
        authorizerId: 'jwt',
        apiKeyRequired: true,
        methodResponses: ['200'],
        integration: {
          type: 'AWS_PROXY',
          httpMethod: 'POST',
          uri: lambdaUri,
          timeoutMs: 3_000,
          passthroughBehavior: 'WHEN_NO_MATCH',
          responses: [
            { statusCode: '200', selectionPattern: null },
            { statusCode: '400', selectionPattern: '4\\d{2}', templates: { 'application/json': '$input.body' } },
          ],
        },
      },
      { key: 'OPTIONS /orders', authorization: 'NONE', integration: { type: 'MOCK', uri: null, timeoutMs: null } },
      {
        key: 'ANY /{proxy+}',
        method: 'ANY',
        path: '/{proxy+}',
        authorization: 'AWS_IAM',
        apiKeyRequired: false,
        integration: {
          type: 'HTTP_PROXY',
          connectionType: 'VPC_LINK',
          connectionId: 'link1',
          insecureSkipVerification: true,
          responseTransferMode: 'STREAM',
        },
      },
    ]);
    expect(deployed?.authorizers).toMatchObject([
      {
        id: 'jwt',
        name: 'jwt',
        type: 'TOKEN',
        uri: lambdaUri,
        credentials: 'arn:aws:iam::111122223333:role/auth',
        resultTtlSeconds: 300,
      },
    ]);
    expect(deployed?.gatewayResponses).toEqual([
      { responseType: 'DEFAULT_4XX', statusCode: '500' },
      { responseType: 'ACCESS_DENIED', statusCode: null },
    ]);
    expect(deployed?.policy).toEqual(policyDocument);
    expect(deployed?.binaryMediaTypes).toEqual(['*/*']);
  });

  it('leaves the policy open where the export does not carry one', async () => {
    const { send } = await wire(() => ({ body: { openapi: '3.0.1', paths: {} } }));

    const deployed = await readRestDeployed(send, 'a', 'prod');

    expect(deployed).toEqual({ routes: [], authorizers: [], gatewayResponses: [], binaryMediaTypes: [] });
    expect(deployed).not.toHaveProperty('policy');
  });

  it('answers null without the stage, but rejects where the export fails or is not JSON', async () => {
    const missing = await wire(call => failure(call, 'NotFoundException', 'Invalid stage identifier specified', 404));
    const failing = await wire(call => failure(call, 'BadRequestException', 'Unable to build the model', 400));
    const broken = await wire(() => ({ body: 'openapi: 3.0.1' }));

    await expect(readRestDeployed(missing.send, 'a', 'prod')).resolves.toBeNull();
    await expect(readRestDeployed(failing.send, 'a', 'prod')).rejects.toMatchObject({ reason: 'timeout' });
    await expect(readRestDeployed(broken.send, 'a', 'prod')).rejects.toMatchObject({
      message:
        'apigateway:GetExport on stage prod of API a answered something that cannot be read: the export is not JSON.',
    });
  });

  it.each([
    ['an older Swagger document', { swagger: '2.0', info: { title: 'shop' }, paths: { '/orders': { get: {} } } }],
    ['an empty document', {}],
    ['a list', []],
  ])('does not take %s for an API without routes', async (_, body) => {
    const { send } = await wire(() => ({ body }));

    await expect(readRestDeployed(send, 'a', 'prod')).rejects.toMatchObject({
      reason: 'timeout',
      message:
        'apigateway:GetExport on stage prod of API a answered something that cannot be read: the export is not an OpenAPI 3 document.',
    });
  });
});

describe('the rest of an API', () => {
  it('reads the role that writes logs, or its lack', async () => {
    const set = await wire(() => ({ body: { cloudwatchRoleArn: 'arn:aws:iam::111122223333:role/logs' } }));
    const unset = await wire(() => ({ body: {} }));

    await expect(readCloudWatchRole(set.send)).resolves.toBe('arn:aws:iam::111122223333:role/logs');
    await expect(readCloudWatchRole(unset.send)).resolves.toBeNull();
  });

  it('reads a VPC link', async () => {
    const { send } = await wire(call =>
      call.path === '/vpclinks/gone'
        ? gone(call)
        : { body: { id: 'link1', name: 'nlb', status: 'FAILED', statusMessage: 'NLB is gone', targetArns: ['arn:x'] } },
    );

    await expect(readVpcLink(send, 'link1')).resolves.toEqual({
      id: 'link1',
      name: 'nlb',
      status: 'FAILED',
      statusMessage: 'NLB is gone',
      targetArns: ['arn:x'],
      version: 1,
    });
    await expect(readVpcLink(send, 'gone')).resolves.toBeNull();
  });

  it('reads where a custom domain leads', async () => {
    const { send, calls } = await wire(call =>
      call.path.includes('gone')
        ? gone(call)
        : {
            body: {
              item: [
                { basePath: '(none)', restApiId: 'a', stage: 'prod' },
                { basePath: 'v2', restApiId: 'b' },
              ],
            },
          },
    );

    await expect(readDomainMappings(send, 'API.Example.com')).resolves.toEqual([
      { path: '', apiId: 'a', stage: 'prod' },
      { path: 'v2', apiId: 'b', stage: null },
    ]);
    expect(calls[0]?.path).toBe('/domainnames/api.example.com/basepathmappings');
    await expect(readDomainMappings(send, 'gone.example.com')).resolves.toBeNull();
  });
});
