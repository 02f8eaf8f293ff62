import {
  APIGatewayClient,
  GetAccountCommand,
  GetBasePathMappingsCommand,
  GetExportCommand,
  GetResourcesCommand,
  GetRestApiCommand,
  GetRestApisCommand,
  GetStageCommand,
  GetVpcLinkCommand,
  paginateGetResources,
} from '@aws-sdk/client-api-gateway';
import {
  ApiGatewayV2Client,
  ExportApiCommand,
  GetApiMappingsCommand,
  GetAuthorizersCommand,
  GetIntegrationsCommand,
  GetRoutesCommand,
  GetStageCommand as GetV2StageCommand,
} from '@aws-sdk/client-apigatewayv2';
import { GetFunctionConfigurationCommand, GetPolicyCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { describe, expect, it } from 'vitest';
import { ordersWorld, refusal, serve } from './support.ts';

const restApiId = 'a1b2c3d4e5';

describe('REST APIs', () => {
  it('export what is deployed, and list what is drafted', async () => {
    const { options } = await serve({
      restApis: {
        [restApiId]: {
          name: 'orders-api',
          policy: {
            Statement: { Effect: 'Allow', Principal: '*', Action: 'execute-api:Invoke', Resource: 'execute-api:/*' },
          },
          binaryMediaTypes: ['image/png'],
          gatewayResponses: { DEFAULT_4XX: { statusCode: '500' } },
          authorizers: {
            au1: { name: 'tokens', type: 'TOKEN', function: 'guard', identitySource: 'method.request.header.X-Token' },
          },
          paths: {
            '/orders': {
              GET: {
                authorization: 'CUSTOM',
                authorizerId: 'au1',
                integration: {
                  type: 'AWS',
                  function: 'orders:live',
                  timeoutInMillis: 3000,
                  credentials: 'invoker',
                  integrationResponses: { '200': {}, '502': { selectionPattern: '.*Error.*' } },
                },
                methodResponses: { '200': {} },
              },
              ANY: { integration: { type: 'MOCK', requestTemplates: { 'application/json': '{"statusCode": 200}' } } },
            },
          },
          deployments: {
            d1: {
              createdDate: '-2d',
              snapshot: { policy: null, paths: { '/orders': { GET: { integration: { timeoutInMillis: null } } } } },
            },
          },
          stages: { prod: { deploymentId: 'd1' } },
        },
      },
    });
    const client = new APIGatewayClient(options);

    const exported = await client.send(
      new GetExportCommand({
        restApiId,
        stageName: 'prod',
        exportType: 'oas30',
        parameters: { extensions: 'apigateway' },
        accepts: 'application/json',
      }),
    );
    const bare = await client.send(new GetExportCommand({ restApiId, stageName: 'prod', exportType: 'oas30' }));
    const drafted = await client.send(new GetResourcesCommand({ restApiId, embed: ['methods'] }));
    const listed = await client.send(new GetResourcesCommand({ restApiId }));

    const document = JSON.parse(Buffer.from(exported.body ?? []).toString());
    const integration = document.paths['/orders'].get['x-amazon-apigateway-integration'];
    expect(integration).toEqual({
      type: 'aws',
      httpMethod: 'POST',
      uri: 'arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:orders:live/invocations',
      credentials: 'arn:aws:iam::111122223333:role/invoker',
      responses: { default: { statusCode: '200' }, '.*Error.*': { statusCode: '502' } },
      passthroughBehavior: 'when_no_match',
    });
    expect(document.paths['/orders'].get.security).toEqual([{ tokens: [] }]);
    expect(document.components.securitySchemes.tokens).toMatchObject({
      name: 'X-Token',
      'x-amazon-apigateway-authorizer': { type: 'token' },
    });
    expect(document.paths['/orders']).toHaveProperty('x-amazon-apigateway-any-method');
    expect(document['x-amazon-apigateway-gateway-responses']).toEqual({ DEFAULT_4XX: { statusCode: 500 } });
    expect(document['x-amazon-apigateway-binary-media-types']).toEqual(['image/png']);
    expect(document).not.toHaveProperty('x-amazon-apigateway-policy');
    expect(Buffer.from(bare.body ?? []).toString()).not.toContain('x-amazon-apigateway-integration');
    const orders = drafted.items?.find(({ path }) => path === '/orders');
    expect(orders?.resourceMethods?.GET?.methodIntegration).toMatchObject({
      timeoutInMillis: 3000,
      type: 'AWS',
      integrationResponses: { '502': { selectionPattern: '.*Error.*' } },
    });
    expect(orders?.resourceMethods?.ANY?.methodIntegration).toMatchObject({
      timeoutInMillis: 29_000,
      passthroughBehavior: 'WHEN_NO_MATCH',
    });
    expect(listed.items?.find(({ path }) => path === '/orders')?.resourceMethods).toEqual({ GET: {}, ANY: {} });
  });

  it('escape the resource policy once more than JSON does', async () => {
    const policy = {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Deny', Principal: '*', Action: 'execute-api:Invoke', Resource: 'execute-api:/*' }],
    };
    const { options } = await serve({
      restApis: { [restApiId]: { name: 'x', policy: policy as never, paths: {}, deployments: {} } },
    });

    const { policy: text = '' } = await new APIGatewayClient(options).send(new GetRestApiCommand({ restApiId }));

    expect(text).toContain('{\\"Version\\":');
    expect(text).toContain('execute-api:\\/*');
    expect(JSON.parse(JSON.parse(`"${text}"`))).toEqual(policy);
  });

  it('page their lists, and cap them as the world says', async () => {
    const paths = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`/r${i}`, {}]));
    const world = {
      restApis: {
        [restApiId]: { name: 'x', paths, deployments: {} },
        other: { name: 'y', paths: {}, deployments: {} },
      },
    };
    const { options } = await serve({ ...world, pageSize: { 'apigateway:GetRestApis': 1 } });
    const client = new APIGatewayClient(options);

    const found: string[] = [];
    let pages = 0;
    for await (const page of paginateGetResources({ client }, { restApiId })) {
      pages++;
      found.push(...(page.items ?? []).map(({ path = '' }) => path));
    }
    const first = await client.send(new GetRestApisCommand({ limit: 500 }));
    const second = await client.send(new GetRestApisCommand({ limit: 500, position: first.position }));
    const bad = await refusal(client.send(new GetRestApisCommand({ position: 'nonsense' })));

    expect([pages, new Set(found).size]).toEqual([3, 61]);
    expect([first.items?.length, second.items?.length, second.position]).toEqual([1, 1, undefined]);
    expect(bad).toMatchObject({ name: 'BadRequestException', status: 400 });
  });

  it('say what does not exist', async () => {
    const { options } = await serve(ordersWorld());
    const client = new APIGatewayClient(options);

    expect(await refusal(client.send(new GetRestApiCommand({ restApiId: 'zzz' })))).toMatchObject({
      name: 'NotFoundException',
      status: 404,
    });
    expect(await refusal(client.send(new GetStageCommand({ restApiId, stageName: 'dev' })))).toMatchObject({
      name: 'NotFoundException',
      message: 'Invalid stage identifier specified',
    });
    expect(await refusal(client.send(new GetVpcLinkCommand({ vpcLinkId: 'v1' })))).toMatchObject({
      name: 'NotFoundException',
    });
  });

  it('tell whether logs can be written', async () => {
    const world = ordersWorld();
    const { options } = await serve({ ...world, account: { cloudwatchRoleArn: null } });
    const client = new APIGatewayClient(options);

    const account = await client.send(new GetAccountCommand());

    expect(account.cloudwatchRoleArn).toBeUndefined();
  });
});

describe('HTTP and WebSocket APIs', () => {
  const httpApis = {
    h1: {
      name: 'shop',
      routes: { 'GET /carts': { target: 'integrations/i1' }, $default: { target: 'integrations/i2' } },
      integrations: {
        i1: { integrationType: 'AWS_PROXY', function: 'carts', timeoutInMillis: 5000 },
        i2: { integrationType: 'HTTP_PROXY', integrationUri: 'https://shop.example/{proxy}', integrationMethod: 'ANY' },
      },
      authorizers: {
        j1: { name: 'jwt', authorizerType: 'JWT', jwtConfiguration: { issuer: 'https://issuer.example' } },
      },
      deployments: {
        d1: { createdDate: '-1d', autoDeployed: true, snapshot: { integrations: { i1: { timeoutInMillis: 30_000 } } } },
      },
      stages: {
        $default: {
          autoDeploy: true,
          deploymentId: 'd1',
          accessLogSettings: {
            destinationArn: 'arn:aws:logs:<region>:<accountId>:log-group:shop',
            format: '$context.requestId',
          },
        },
      },
    },
  } as const;

  it('answer in their own shapes', async () => {
    const { options } = await serve({
      httpApis,
      webSocketApis: {
        w1: {
          name: 'chat',
          routes: {},
          integrations: { i1: { integrationType: 'AWS_PROXY', function: 'chat' } },
          stages: { live: { defaultRouteSettings: { loggingLevel: 'ERROR' } } },
        },
      },
      domainNames: { 'api.example.com': { mappings: { '(none)': { apiId: 'h1', stage: '$default' } } } },
    });
    const client = new ApiGatewayV2Client(options);

    const routes = await client.send(new GetRoutesCommand({ ApiId: 'h1' }));
    const integrations = await client.send(new GetIntegrationsCommand({ ApiId: 'h1', MaxResults: '1' }));
    const more = await client.send(new GetIntegrationsCommand({ ApiId: 'h1', NextToken: integrations.NextToken }));
    const authorizers = await client.send(new GetAuthorizersCommand({ ApiId: 'h1' }));
    const http = await client.send(new GetV2StageCommand({ ApiId: 'h1', StageName: '$default' }));
    const webSocket = await client.send(new GetV2StageCommand({ ApiId: 'w1', StageName: 'live' }));
    const chat = await client.send(new GetIntegrationsCommand({ ApiId: 'w1' }));
    const mappings = await client.send(new GetApiMappingsCommand({ DomainName: 'api.example.com' }));
    const restMappings = await new APIGatewayClient(options).send(
      new GetBasePathMappingsCommand({ domainName: 'api.example.com' }),
    );

    expect(routes.Items?.map(({ RouteKey, Target }) => [RouteKey, Target])).toEqual([
      ['GET /carts', 'integrations/i1'],
      ['$default', 'integrations/i2'],
    ]);
    expect(integrations.Items).toMatchObject([
      {
        IntegrationId: 'i1',
        IntegrationUri: 'arn:aws:lambda:eu-west-1:111122223333:function:carts',
        PayloadFormatVersion: '2.0',
        TimeoutInMillis: 5000,
      },
    ]);
    expect(more.Items?.map(({ IntegrationId }) => IntegrationId)).toEqual(['i2']);
    expect(authorizers.Items).toMatchObject([{ Name: 'jwt', JwtConfiguration: { Issuer: 'https://issuer.example' } }]);
    expect(http).toMatchObject({ AutoDeploy: true, AccessLogSettings: { Format: '$context.requestId' } });
    expect(http.DefaultRouteSettings).toEqual({ DetailedMetricsEnabled: false });
    expect(webSocket.DefaultRouteSettings).toMatchObject({ LoggingLevel: 'ERROR', DataTraceEnabled: false });
    expect(chat.Items?.[0]?.IntegrationUri).toContain(':lambda:path/2015-03-31/functions/');
    expect(mappings.Items).toMatchObject([{ ApiId: 'h1', ApiMappingKey: '' }]);
    expect(restMappings.items).toEqual([]);
  });

  it('export a stage as deployed, and without a stage as it is now', async () => {
    const { options } = await serve({ httpApis });
    const client = new ApiGatewayV2Client(options);
    const timeout = async (StageName?: string) => {
      const { body } = await client.send(
        new ExportApiCommand({
          ApiId: 'h1',
          Specification: 'OAS30',
          OutputType: 'JSON',
          StageName,
          IncludeExtensions: true,
        }),
      );
      return JSON.parse(Buffer.from(body ?? []).toString()).paths['/carts'].get['x-amazon-apigateway-integration']
        .timeoutInMillis;
    };

    expect([await timeout('$default'), await timeout()]).toEqual([30_000, 5000]);
  });

  it('export authorizers by name, with the routes that they guard', async () => {
    const guarded = {
      ...httpApis.h1,
      routes: {
        'GET /carts': { target: 'integrations/i1', authorizationType: 'JWT', authorizerId: 'j1' },
        'PUT /carts': { target: 'integrations/i1', authorizationType: 'CUSTOM', authorizerId: 'r1' },
        'DELETE /carts': { target: 'integrations/i1', authorizationType: 'AWS_IAM' },
      },
      authorizers: {
        ...httpApis.h1.authorizers,
        r1: { name: 'session', authorizerType: 'REQUEST', function: 'guard', authorizerCredentialsArn: 'caller' },
      },
    } as const;
    const { options } = await serve({ httpApis: { h1: guarded } });
    const { body } = await new ApiGatewayV2Client(options).send(
      new ExportApiCommand({ ApiId: 'h1', Specification: 'OAS30', OutputType: 'JSON', StageName: '$default' }),
    );
    const { paths, components } = JSON.parse(Buffer.from(body ?? []).toString());

    expect(paths['/carts']).toMatchObject({
      get: { security: [{ jwt: [] }] },
      put: { security: [{ session: [] }] },
      delete: { 'x-amazon-apigateway-auth': { type: 'AWS_IAM' } },
    });
    expect(components.securitySchemes).toMatchObject({
      jwt: {
        'x-amazon-apigateway-authorizer': { type: 'jwt', jwtConfiguration: { issuer: 'https://issuer.example' } },
      },
      session: {
        'x-amazon-apigateway-authorizer': {
          type: 'request',
          authorizerUri: expect.stringContaining(':function:guard/invocations'),
          authorizerCredentials: expect.stringMatching(/role\/caller$/),
        },
      },
    });
  });
});

describe('functions', () => {
  const world = {
    functions: {
      orders: {
        role: 'r',
        timeout: 20,
        permissions: { plain: { sourceArn: 'arn:aws:execute-api:<region>:<accountId>:x/*' } },
        versions: { '7': { timeout: 5 } },
        aliases: {
          live: {
            functionVersion: '7',
            permissions: { live: { sourceAccount: '<accountId>' }, partner: { principal: '999988887777' } },
          },
          bare: { functionVersion: '7' },
        },
      },
    },
  };

  it('have a policy for each qualifier', async () => {
    const { options } = await serve(world);
    const client = new LambdaClient(options);
    const statements = async (FunctionName: string, Qualifier?: string) =>
      JSON.parse((await client.send(new GetPolicyCommand({ FunctionName, Qualifier }))).Policy ?? '').Statement;

    expect(await statements('orders')).toEqual([
      {
        Sid: 'plain',
        Effect: 'Allow',
        Principal: { Service: 'apigateway.amazonaws.com' },
        Action: 'lambda:InvokeFunction',
        Resource: 'arn:aws:lambda:eu-west-1:111122223333:function:orders',
        Condition: { ArnLike: { 'AWS:SourceArn': 'arn:aws:execute-api:eu-west-1:111122223333:x/*' } },
      },
    ]);
    expect(await statements('arn:aws:lambda:eu-west-1:111122223333:function:orders', 'live')).toMatchObject([
      {
        Resource: 'arn:aws:lambda:eu-west-1:111122223333:function:orders:live',
        Condition: { StringEquals: { 'AWS:SourceAccount': '111122223333' } },
      },
      { Principal: { AWS: 'arn:aws:iam::999988887777:root' } },
    ]);
    for (const lacking of [
      { FunctionName: 'orders:bare' },
      { FunctionName: 'orders', Qualifier: 'gone' },
      { FunctionName: 'gone' },
    ]) {
      expect(await refusal(client.send(new GetPolicyCommand(lacking)))).toMatchObject({
        name: 'ResourceNotFoundException',
        status: 404,
      });
    }
  });

  it('are read through alias and version, and not across accounts', async () => {
    const { options } = await serve(world);
    const client = new LambdaClient(options);
    const read = (FunctionName: string) => client.send(new GetFunctionConfigurationCommand({ FunctionName }));

    expect(await read('orders')).toMatchObject({ Timeout: 20, Version: '$LATEST' });
    expect(await read('orders:live')).toMatchObject({
      Timeout: 5,
      Version: '7',
      FunctionArn: expect.stringMatching(/:orders:live$/),
    });
    expect(await refusal(read('arn:aws:lambda:eu-west-1:999988887777:function:orders'))).toMatchObject({
      name: 'AccessDeniedException',
      status: 403,
    });
  });
});
