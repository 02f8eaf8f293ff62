import { gzipSync } from 'node:zlib';
import {
  APIGatewayClient,
  GetRestApiCommand,
  GetRestApisCommand,
  UpdateRestApiCommand,
} from '@aws-sdk/client-api-gateway';
import { ApiGatewayV2Client, GetApiCommand } from '@aws-sdk/client-apigatewayv2';
import { CloudTrailClient, LookupEventsCommand } from '@aws-sdk/client-cloudtrail';
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeTargetHealthCommand, ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { DescribeEventsCommand, HealthClient } from '@aws-sdk/client-health';
import { GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { GetWebACLCommand, WAFV2Client } from '@aws-sdk/client-wafv2';
import { describe, expect, it, vi } from 'vitest';
import { decodeCbor, encodeCbor } from '../../../src/sandbox/aws/wire/cbor.ts';
import { minute, ordersWorld, refusal, serve, zero } from './support.ts';

const aclArn = 'arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/front/0f0f';

describe('unmodified SDK clients', () => {
  it('need only AWS_ENDPOINT_URL, and keep its path', async () => {
    const { server } = await serve(ordersWorld());
    vi.stubEnv('AWS_ENDPOINT_URL', server.endpoint('test'));
    vi.stubEnv('AWS_REGION', 'eu-west-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'sandbox');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'sandbox');

    const rest = await new APIGatewayClient().send(new GetRestApiCommand({ restApiId: 'a1b2c3d4e5' }));
    const caller = await new STSClient().send(new GetCallerIdentityCommand());

    vi.unstubAllEnvs();
    expect(rest.name).toBe('orders-api');
    expect(caller.Account).toBe('111122223333');
    expect(server.wire.calls('test').map(({ operation, status }) => [operation, status])).toEqual([
      ['apigateway:GetRestApi', 200],
      ['sts:GetCallerIdentity', 200],
    ]);
  });

  it('are answered by every service in its own protocol', async () => {
    const { options } = await serve({
      ...ordersWorld(),
      httpApis: {
        h1: {
          name: 'shop',
          routes: { $default: { target: 'integrations/i1' } },
          integrations: { i1: { integrationType: 'HTTP_PROXY', integrationUri: 'https://shop.example' } },
        },
      },
      webAcls: { [aclArn]: { rules: { 'bad-bots': { priority: 1 } } } },
      loadBalancers: {
        lb: { targetGroups: { tg: { targets: { '10.0.0.7': { state: 'unhealthy', reason: 'Target.Timeout' } } } } },
      },
      health: {
        supportPlan: 'business',
        events: { one: { service: 'LAMBDA', eventTypeCode: 'AWS_LAMBDA_OPERATIONAL_ISSUE', startTime: '-5m' } },
      },
    });

    const http = await new ApiGatewayV2Client(options).send(new GetApiCommand({ ApiId: 'h1' }));
    const lambda = await new LambdaClient(options).send(
      new GetFunctionConfigurationCommand({ FunctionName: 'orders-handler' }),
    );
    const role = await new IAMClient(options).send(new GetRoleCommand({ RoleName: 'orders-role' }));
    const targets = await new ElasticLoadBalancingV2Client(options).send(
      new DescribeTargetHealthCommand({ TargetGroupArn: 'tg' }),
    );
    const alarms = await new CloudWatchClient(options).send(new DescribeAlarmsCommand({}));
    const trail = await new CloudTrailClient(options).send(new LookupEventsCommand({}));
    const acl = await new WAFV2Client(options).send(new GetWebACLCommand({ ARN: aclArn }));
    const health = await new HealthClient({ ...options, region: 'us-east-1' }).send(new DescribeEventsCommand({}));

    expect(http).toMatchObject({ Name: 'shop', ProtocolType: 'HTTP' });
    expect(http.CreatedDate).toBeInstanceOf(Date);
    expect(lambda).toMatchObject({ Timeout: 3, Role: 'arn:aws:iam::111122223333:role/orders-role' });
    expect(decodeURIComponent(role.Role?.AssumeRolePolicyDocument ?? '')).toContain('"Service":"lambda.amazonaws.com"');
    expect(role.Role?.AssumeRolePolicyDocument).toMatch(/^%7B/);
    expect(targets.TargetHealthDescriptions?.[0]?.TargetHealth).toEqual({
      State: 'unhealthy',
      Reason: 'Target.Timeout',
    });
    expect(alarms.MetricAlarms).toEqual([]);
    expect(trail.Events).toEqual([]);
    expect(acl.WebACL?.Rules?.[0]).toMatchObject({ Name: 'bad-bots', Action: { Block: {} } });
    expect(health.events?.[0]?.startTime).toEqual(new Date(zero.getTime() - 5 * minute));
  });

  it('see another Region as empty, but what is global', async () => {
    const { options } = await serve(ordersWorld());
    const elsewhere = { ...options, region: 'us-east-1' };

    const missing = await refusal(
      new APIGatewayClient(elsewhere).send(new GetRestApiCommand({ restApiId: 'a1b2c3d4e5' })),
    );
    const apis = await new APIGatewayClient(elsewhere).send(new GetRestApisCommand({}));
    const role = await new IAMClient(elsewhere).send(new GetRoleCommand({ RoleName: 'orders-role' }));

    expect(missing).toMatchObject({ name: 'NotFoundException', status: 404 });
    expect(apis.items).toEqual([]);
    expect(role.Role?.RoleName).toBe('orders-role');
  });

  it('get a clear error for what is not served, and it is recorded', async () => {
    const { options, server } = await serve(ordersWorld());

    const update = await refusal(
      new APIGatewayClient(options).send(new UpdateRestApiCommand({ restApiId: 'a1b2c3d4e5' })),
    );

    expect(update).toMatchObject({ status: 501, message: 'The sandbox does not serve apigateway:UpdateRestApi.' });
    expect(server.wire.calls('test')).toMatchObject([
      { operation: 'apigateway:UpdateRestApi', status: 501, error: 'NotImplementedException' },
    ]);
  });
});

describe('the wire', () => {
  const signed = { authorization: 'AWS4-HMAC-SHA256 Credential=AKID/20261122/eu-west-1/monitoring/aws4_request' };
  const path = '/service/GraniteServiceVersion20100801/operation/DescribeAlarms';

  it('speaks CBOR, zipped or not', async () => {
    const { options } = await serve({
      alarms: {
        one: { namespace: 'AWS/ApiGateway', metric: '5XXError', threshold: 5 },
        two: { namespace: 'AWS/ApiGateway', metric: '5XXError' },
      },
    });
    const body = encodeCbor({ AlarmNames: ['one'] });
    const headers = { ...signed, 'smithy-protocol': 'rpc-v2-cbor', 'content-type': 'application/cbor' };

    const plain = await fetch(`${options.endpoint}${path}`, { method: 'POST', headers, body: new Uint8Array(body) });
    const zipped = await fetch(`${options.endpoint}${path}`, {
      method: 'POST',
      headers: { ...headers, 'content-encoding': 'gzip' },
      body: new Uint8Array(gzipSync(body)),
    });

    const answers = await Promise.all(
      [plain, zipped].map(async answer => decodeCbor(Buffer.from(await answer.arrayBuffer()))),
    );
    for (const answer of answers) {
      expect(answer).toMatchObject({ MetricAlarms: [{ AlarmName: 'one', Threshold: 5, StateUpdatedTimestamp: zero }] });
    }
    expect(plain.headers.get('smithy-protocol')).toBe('rpc-v2-cbor');
  });

  it('refuses a request without a signature as AWS does', async () => {
    const { options } = await serve({});

    const answer = await fetch(`${options.endpoint}/`, {
      method: 'POST',
      headers: { 'x-amz-target': 'CloudTrail_20131101.LookupEvents' },
      body: '{}',
    });

    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ __type: 'MissingAuthenticationTokenException' });
  });

  it('tells malformed bodies, unknown operations and unknown scenarios apart', async () => {
    const { options, server } = await serve({});
    const target = { ...signed, 'x-amz-target': 'CloudTrail_20131101.LookupEvents' };

    const malformed = await fetch(`${options.endpoint}/`, { method: 'POST', headers: target, body: '{' });
    const notZipped = await fetch(`${options.endpoint}/`, {
      method: 'POST',
      headers: { ...target, 'content-encoding': 'gzip' },
      body: '{}',
    });
    const unknown = await fetch(`${options.endpoint}/`, {
      method: 'POST',
      headers: { ...signed, 'x-amz-target': 'Nothing.At' },
      body: '{}',
    });
    const nowhere = await fetch(`${server.url}/aws/nowhere/`);
    const outside = await fetch(`${server.url}/elsewhere`);

    expect([malformed.status, notZipped.status, unknown.status, nowhere.status, outside.status]).toEqual([
      400, 400, 501, 404, 404,
    ]);
    expect(await nowhere.text()).toContain('There is no scenario nowhere. Known: test.');
  });

  it('serves the public feed in UTF-16 with a byte order mark', async () => {
    const { options } = await serve({
      health: {
        feed: {
          outage: { service: 'apigateway-eu-west-1', summary: 'Increased error rates', at: '-20m' },
          over: { service: 'lambda-eu-west-1', summary: 'Over', at: '-3h', endedAt: '-1h' },
        },
      },
    });

    const bytes = Buffer.from(await (await fetch(`${options.endpoint}/health-feed`)).arrayBuffer());

    expect([bytes[0], bytes[1]]).toEqual([0xfe, 0xff]);
    expect(JSON.parse(new TextDecoder('utf-16be').decode(bytes))).toMatchObject([
      { service: 'apigateway-eu-west-1', region_name: 'eu-west-1', summary: 'Increased error rates' },
    ]);
  });

  it('anchors a world anew after five idle minutes, not before', async () => {
    const { options, at } = await serve(ordersWorld());
    const created = async () =>
      (
        await new APIGatewayClient(options).send(new GetRestApiCommand({ restApiId: 'a1b2c3d4e5' }))
      ).createdDate?.getTime();
    const first = await created();

    at(4 * minute);
    const soon = await created();
    at(10 * minute);
    const later = await created();

    expect(soon).toBe(first);
    expect(later).toBe((first ?? 0) + 10 * minute);
  });

  it('tells listeners of calls until they leave', async () => {
    const { options, server } = await serve(ordersWorld());
    const heard: string[] = [];
    const leave = server.wire.onCall((id, call) => heard.push(`${id} ${call.operation}`));

    await new STSClient(options).send(new GetCallerIdentityCommand());
    leave();
    await new STSClient(options).send(new GetCallerIdentityCommand());

    expect(heard).toEqual(['test sts:GetCallerIdentity']);
  });
});
