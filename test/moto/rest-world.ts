import {
  CreateAuthorizerCommand,
  CreateBasePathMappingCommand,
  CreateDeploymentCommand,
  CreateDomainNameCommand,
  CreateResourceCommand,
  CreateRestApiCommand,
  CreateStageCommand,
  CreateVpcLinkCommand,
  PutGatewayResponseCommand,
  PutIntegrationCommand,
  type PutIntegrationCommandInput,
  PutIntegrationResponseCommand,
  PutMethodCommand,
  PutMethodResponseCommand,
  UpdateAccountCommand,
  UpdateStageCommand,
} from '@aws-sdk/client-api-gateway';
import { arn, type Builders, present } from './aws.ts';
import { createFunction, createRole, invocationUri } from './functions.ts';

const policy = {
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Principal: '*', Action: 'execute-api:Invoke', Resource: 'execute-api:/*' },
    {
      Sid: 'Office',
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: 'execute-api:Invoke',
      Resource: ['execute-api:/*/GET/orders', 'execute-api:/*/POST/orders'],
      Condition: { NotIpAddress: { 'aws:SourceIp': ['192.0.2.0/24', '2001:db8::/32'] } },
    },
  ],
};
export const requestTemplate = '#set($body = $input.path(\'$\'))\n{"id": "$body.id"}';
export const manyApis = Array.from({ length: 60 }, (_, index) => `tenant-${index}`);

/** A REST API with every kind of integration, two deployments and stages, and what goes with it. */
export async function createRestWorld(aws: Builders, region: string) {
  const accessLogs = arn('logs', region, 'log-group:/shop/access');
  const { rest } = aws;
  const role = await createRole(aws, 'rest-gateway', 'apigateway.amazonaws.com');
  const orderUri = invocationUri(region, `${await createFunction(aws, 'orders', role)}:\${stageVariables.alias}`);
  const api = await rest.send(
    new CreateRestApiCommand({
      name: 'Shop (prod)',
      endpointConfiguration: { types: ['REGIONAL'] },
      disableExecuteApiEndpoint: true,
      policy: JSON.stringify(policy),
    }),
  );
  const apiId = present(api.id);
  const resource = async (parentId: string, pathPart: string) =>
    present((await rest.send(new CreateResourceCommand({ restApiId: apiId, parentId, pathPart }))).id);
  const root = present(api.rootResourceId);
  const ordersResource = await resource(root, 'orders');
  const order = await resource(ordersResource, '{id}');
  const health = await resource(root, 'health');

  const authorizer = await rest.send(
    new CreateAuthorizerCommand({
      restApiId: apiId,
      name: 'tokens',
      type: 'TOKEN',
      authorizerUri: orderUri,
      authorizerCredentials: role,
      identitySource: 'method.request.header.Authorization',
      authorizerResultTtlInSeconds: 60,
    }),
  );
  const authorizerId = present(authorizer.id);
  const link = await rest.send(
    new CreateVpcLinkCommand({
      name: 'inside',
      targetArns: [arn('elasticloadbalancing', region, 'loadbalancer/net/inside/1234567890abcdef')],
    }),
  );
  const linkId = present(link.id);

  const method = async (
    resourceId: string,
    httpMethod: string,
    settings: { authorizationType: string; authorizerId?: string; apiKeyRequired?: boolean },
    integration: Omit<PutIntegrationCommandInput, 'restApiId' | 'resourceId' | 'httpMethod'>,
  ) => {
    const where = { restApiId: apiId, resourceId, httpMethod };
    await rest.send(new PutMethodCommand({ ...where, ...settings }));
    await rest.send(new PutIntegrationCommand({ ...where, ...integration }));
    return where;
  };
  await method(
    ordersResource,
    'GET',
    { authorizationType: 'CUSTOM', authorizerId },
    { type: 'AWS_PROXY', integrationHttpMethod: 'POST', uri: orderUri, timeoutInMillis: 4_500 },
  );
  const post = await method(
    ordersResource,
    'POST',
    { authorizationType: 'AWS_IAM', apiKeyRequired: true },
    {
      type: 'AWS',
      integrationHttpMethod: 'POST',
      uri: orderUri,
      credentials: role,
      requestTemplates: { 'application/json': requestTemplate },
      requestParameters: { 'integration.request.header.X-Source': "'shop'" },
      passthroughBehavior: 'NEVER',
      contentHandling: 'CONVERT_TO_TEXT',
    },
  );
  for (const [statusCode, selectionPattern] of [
    ['200', undefined],
    ['404', '.*not found.*'],
  ] as const) {
    await rest.send(new PutMethodResponseCommand({ ...post, statusCode }));
    await rest.send(
      new PutIntegrationResponseCommand({
        ...post,
        statusCode,
        ...(selectionPattern && { selectionPattern, responseTemplates: { 'application/json': '{"gone": true}' } }),
      }),
    );
  }
  await method(
    order,
    'ANY',
    { authorizationType: 'NONE' },
    {
      type: 'HTTP_PROXY',
      integrationHttpMethod: 'ANY',
      uri: 'https://inside.example.com/orders/{id}',
      connectionType: 'VPC_LINK',
      connectionId: linkId,
      tlsConfig: { insecureSkipVerification: true },
    },
  );
  await method(
    health,
    'GET',
    { authorizationType: 'NONE' },
    { type: 'MOCK', requestTemplates: { 'application/json': '{"statusCode": 200}' } },
  );
  await rest.send(new PutGatewayResponseCommand({ restApiId: apiId, responseType: 'DEFAULT_5XX', statusCode: '503' }));

  const deploy = async (description: string) =>
    present((await rest.send(new CreateDeploymentCommand({ restApiId: apiId, description }))).id);
  const deploymentIds = [await deploy('first'), await deploy('second')];
  await rest.send(
    new CreateStageCommand({
      restApiId: apiId,
      stageName: 'prod',
      deploymentId: present(deploymentIds[1]),
      variables: { alias: 'live', host: 'inside.example.com' },
      tracingEnabled: true,
    }),
  );
  await rest.send(
    new CreateStageCommand({ restApiId: apiId, stageName: 'test', deploymentId: present(deploymentIds[0]) }),
  );
  const set = (path: string, value: string) => ({ op: 'replace' as const, path, value });
  await rest.send(
    new UpdateStageCommand({
      restApiId: apiId,
      stageName: 'prod',
      patchOperations: [
        set('/*/*/logging/loglevel', 'INFO'),
        set('/*/*/logging/dataTrace', 'true'),
        set('/*/*/metrics/enabled', 'true'),
        set('/~1orders~1{id}/GET/logging/loglevel', 'ERROR'),
        set('/accessLogSettings/destinationArn', accessLogs),
        set('/accessLogSettings/format', '{"requestId":"$context.requestId","status":"$context.status"}'),
      ],
    }),
  );
  await rest.send(new UpdateAccountCommand({ patchOperations: [set('/cloudwatchRoleArn', role)] }));
  await rest.send(
    new CreateDomainNameCommand({
      domainName: 'shop.example.com',
      regionalCertificateArn: arn('acm', region, 'certificate/11111111-2222-3333-4444-555555555555'),
      endpointConfiguration: { types: ['REGIONAL'] },
    }),
  );
  const mapping = { domainName: 'shop.example.com', restApiId: apiId };
  await rest.send(new CreateBasePathMappingCommand({ ...mapping, basePath: 'v1', stage: 'prod' }));
  await rest.send(new CreateBasePathMappingCommand(mapping));
  await Promise.all(manyApis.map(name => rest.send(new CreateRestApiCommand({ name }))));
  return { apiId, role, orderUri, authorizerId, ordersResource, linkId, deploymentIds, accessLogs };
}
