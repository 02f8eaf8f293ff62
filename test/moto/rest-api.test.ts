import { describe, expect, test } from 'vitest';
import {
  listRestApis,
  listRestAuthorizers,
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
import { arn, buildersIn, expectUnread, present, readersIn } from './aws.ts';
import { createRestWorld, manyApis, requestTemplate } from './rest-world.ts';

const region = 'eu-west-2';
const aws = buildersIn(region);
const { send } = await readersIn(region);
const { apiId, role, orderUri, authorizerId, ordersResource, linkId, deploymentIds, accessLogs } =
  await createRestWorld(aws, region);

// moto keeps no binaryMediaTypes and no canary that are given at creation; those are held by the tests at the wire.
describe('the API', () => {
  test('is read with its resource policy, decoded', async () => {
    const api = await readRestApi(send, apiId);

    expect(api).toMatchObject({
      id: apiId,
      name: 'Shop (prod)',
      type: 'REST',
      endpointTypes: ['REGIONAL'],
      executeApiEndpointDisabled: true,
      routeSelectionExpression: null,
    });
    expect(api?.policy?.statements).toMatchObject([
      { effect: 'Allow', principal: '*', actions: ['execute-api:Invoke'], resources: ['execute-api:/*'] },
      {
        sid: 'Office',
        effect: 'Deny',
        principal: { AWS: ['*'] },
        resources: ['execute-api:/*/GET/orders', 'execute-api:/*/POST/orders'],
        conditions: { NotIpAddress: { 'aws:SourceIp': ['192.0.2.0/24', '2001:db8::/32'] } },
      },
    ]);
  });

  test('has no policy where none was attached, and is null where there is none', async () => {
    const { items } = await listRestApis(send);
    const tenant = items.find(api => api.name === 'tenant-7');

    await expect(readRestApi(send, present(tenant?.id))).resolves.toMatchObject({ name: 'tenant-7', policy: null });
    await expect(readRestApi(send, 'nonesuch00')).resolves.toBeNull();
  });

  test('is one of all that are listed', async () => {
    const { items, complete } = await listRestApis(send);

    expect(complete).toBe(true);
    expect(items.map(api => api.name).toSorted()).toEqual(['Shop (prod)', ...manyApis].toSorted());
    expect(items).toContainEqual({ id: apiId, name: 'Shop (prod)', type: 'REST' });
  });
});

describe('its stages', () => {
  test('carry variables, log settings of all routes and of single ones, and access logs', async () => {
    const stage = await readRestStage(send, apiId, 'prod');

    expect(stage).toMatchObject({
      name: 'prod',
      deploymentId: deploymentIds[1],
      variables: { alias: 'live', host: 'inside.example.com' },
      logging: { level: 'INFO', dataTrace: true, detailedMetrics: true },
      accessLogs: {
        destinationArn: accessLogs,
        format: '{"requestId":"$context.requestId","status":"$context.status"}',
      },
      canary: null,
      webAclArn: null,
      autoDeploy: false,
      tracing: true,
    });
    expect(stage?.routeLogging).toMatchObject({ 'GET /orders/{id}': { level: 'ERROR', dataTrace: false } });
  });

  test('are off where nothing is set, and null where there is none', async () => {
    await expect(readRestStage(send, apiId, 'test')).resolves.toMatchObject({
      deploymentId: deploymentIds[0],
      variables: {},
      logging: { level: 'OFF', dataTrace: false, detailedMetrics: false },
      routeLogging: {},
      accessLogs: null,
      tracing: false,
    });
    await expect(readRestStage(send, apiId, 'blue')).resolves.toBeNull();
    await expect(readRestStage(send, 'nonesuch00', 'prod')).resolves.toBeNull();
  });

  test('are all listed, and so are the deployments', async () => {
    const stages = await listRestStages(send, apiId);
    const deployments = await listRestDeployments(send, apiId);

    expect(stages.map(stage => stage.name).toSorted()).toEqual(['prod', 'test']);
    expect(deployments.complete).toBe(true);
    expect(deployments.items.map(({ id, description }) => [id, description]).toSorted()).toEqual(
      [
        [deploymentIds[0], 'first'],
        [deploymentIds[1], 'second'],
      ].toSorted(),
    );
    for (const { createdAt } of deployments.items) {
      expect(Date.now() - Date.parse(createdAt)).toBeLessThan(600_000);
    }
  });

  test('of an API that does not exist are not found, which is not none', async () => {
    await expect(listRestStages(send, 'nonesuch00')).rejects.toMatchObject({ reason: 'not_found' });
    await expect(listRestDeployments(send, 'nonesuch00')).rejects.toMatchObject({ reason: 'not_found' });
  });
});

describe('the draft', () => {
  test('holds every method with its integration', async () => {
    const { configuration, complete } = await readRestDraft(send, apiId);
    const route = (key: string) => configuration.routes.find(one => one.key === key);

    expect(complete).toBe(true);
    expect(configuration.routes.map(one => one.key).toSorted()).toEqual(
      ['ANY /orders/{id}', 'GET /health', 'GET /orders', 'POST /orders'].toSorted(),
    );
    expect(route('GET /orders')).toMatchObject({
      method: 'GET',
      path: '/orders',
      resourceId: ordersResource,
      authorization: 'CUSTOM',
      authorizerId,
      apiKeyRequired: false,
      integration: {
        type: 'AWS_PROXY',
        httpMethod: 'POST',
        uri: orderUri,
        timeoutMs: 4_500,
        credentials: null,
        connectionType: 'INTERNET',
        responseTransferMode: 'BUFFERED',
      },
    });
    expect(route('GET /health')?.integration).toMatchObject({
      type: 'MOCK',
      uri: null,
      requestTemplates: { 'application/json': '{"statusCode": 200}' },
    });
  });

  test('holds templates, parameters, credentials and responses of an integration without proxy', async () => {
    const { configuration } = await readRestDraft(send, apiId);
    const post = configuration.routes.find(one => one.key === 'POST /orders');

    expect(post).toMatchObject({ authorization: 'AWS_IAM', apiKeyRequired: true });
    expect(post?.methodResponses.toSorted()).toEqual(['200', '404']);
    expect(post?.integration).toMatchObject({
      type: 'AWS',
      credentials: role,
      requestTemplates: { 'application/json': requestTemplate },
      requestParameters: { 'integration.request.header.X-Source': "'shop'" },
      passthroughBehavior: 'NEVER',
      contentHandling: 'CONVERT_TO_TEXT',
    });
    expect(post?.integration?.responses.toSorted((a, b) => a.statusCode.localeCompare(b.statusCode))).toMatchObject([
      { statusCode: '200', selectionPattern: null, templates: {} },
      { statusCode: '404', selectionPattern: '.*not found.*', templates: { 'application/json': '{"gone": true}' } },
    ]);
  });

  // moto does not answer the connectionId of a REST integration.
  test('tells a private integration', async () => {
    const { configuration } = await readRestDraft(send, apiId);

    expect(configuration.routes.find(one => one.key === 'ANY /orders/{id}')?.integration).toMatchObject({
      type: 'HTTP_PROXY',
      httpMethod: 'ANY',
      uri: 'https://inside.example.com/orders/{id}',
      connectionType: 'VPC_LINK',
      insecureSkipVerification: true,
    });
    await expect(readVpcLink(send, linkId)).resolves.toMatchObject({
      id: linkId,
      name: 'inside',
      targetArns: [arn('elasticloadbalancing', region, 'loadbalancer/net/inside/1234567890abcdef')],
      version: 1,
    });
    await expect(readVpcLink(send, 'nolink')).resolves.toBeNull();
  });

  test('has authorizers by id', async () => {
    const { items } = await listRestAuthorizers(send, apiId);

    expect(items).toMatchObject([
      { id: authorizerId, name: 'tokens', type: 'TOKEN', uri: orderUri, credentials: role, resultTtlSeconds: 60 },
    ]);
  });

  test('of an API that does not exist is not found', async () => {
    await expect(readRestDraft(send, 'nonesuch00')).rejects.toMatchObject({ reason: 'not_found' });
  });
});

// Asked for OpenAPI 3 with extensions, moto answers Swagger 2 without integrations, and for any stage.
test('an export that is not the one that was asked for is unread, and never an API without routes', async () => {
  await expectUnread(readRestDeployed(send, apiId, 'prod'), 'apigateway:GetExport');
});

test('the role that writes logs', async () => {
  await expect(readCloudWatchRole(send)).resolves.toBe(role);
});

test('a custom domain leads to its API, with and without a base path', async () => {
  const mappings = await readDomainMappings(send, 'Shop.Example.com');

  expect(mappings?.toSorted((a, b) => a.path.localeCompare(b.path))).toEqual([
    { path: '', apiId, stage: null },
    { path: 'v1', apiId, stage: 'prod' },
  ]);
  await expect(readDomainMappings(send, 'nobody.example.com')).resolves.toBeNull();
});
