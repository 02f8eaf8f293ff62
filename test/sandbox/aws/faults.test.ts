import { APIGatewayClient, GetStageCommand } from '@aws-sdk/client-api-gateway';
import { ApiGatewayV2Client, GetApiCommand } from '@aws-sdk/client-apigatewayv2';
import { CloudTrailClient, LookupEventsCommand } from '@aws-sdk/client-cloudtrail';
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { GetPolicyCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { describe, expect, it } from 'vitest';
import type { Stage } from './support.ts';
import { ordersWorld, refusal, serve } from './support.ts';

const caller = 'arn:aws:sts::111122223333:assumed-role/apigw-500-reader/sandbox';

const calls: Record<string, (options: Stage['options']) => Promise<unknown>> = {
  'apigateway:GetStage': options =>
    new APIGatewayClient(options).send(new GetStageCommand({ restApiId: 'a1b2c3d4e5', stageName: 'prod' })),
  'apigatewayv2:GetApi': options => new ApiGatewayV2Client(options).send(new GetApiCommand({ ApiId: 'h1' })),
  'lambda:GetPolicy': options =>
    new LambdaClient(options).send(new GetPolicyCommand({ FunctionName: 'orders-handler' })),
  'iam:GetRole': options => new IAMClient(options).send(new GetRoleCommand({ RoleName: 'orders-role' })),
  'sts:GetCallerIdentity': options => new STSClient(options).send(new GetCallerIdentityCommand()),
  'logs:FilterLogEvents': options =>
    new CloudWatchLogsClient(options).send(new FilterLogEventsCommand({ logGroupName: '/aws/lambda/orders-handler' })),
  'cloudwatch:DescribeAlarms': options => new CloudWatchClient(options).send(new DescribeAlarmsCommand()),
  'cloudtrail:LookupEvents': options => new CloudTrailClient(options).send(new LookupEventsCommand()),
};

async function refused(
  operation: string,
  faults: object,
): Promise<{ name: string; message: string; status: number | undefined }> {
  const { options } = await serve({ ...ordersWorld(), faults });
  return refusal(calls[operation]?.(options) ?? Promise.resolve());
}

describe('denied', () => {
  it.each([
    [
      'apigateway:GetStage',
      'AccessDeniedException',
      403,
      'apigateway:GET on resource: arn:aws:apigateway:eu-west-1::/restapis/a1b2c3d4e5/stages/prod',
    ],
    [
      'apigatewayv2:GetApi',
      'AccessDeniedException',
      403,
      'apigateway:GET on resource: arn:aws:apigateway:eu-west-1::/apis/h1',
    ],
    [
      'lambda:GetPolicy',
      'AccessDeniedException',
      403,
      'lambda:GetPolicy on resource: arn:aws:lambda:eu-west-1:111122223333:function:orders-handler because',
    ],
    [
      'iam:GetRole',
      'AccessDenied',
      403,
      'iam:GetRole on resource: role orders-role because no identity-based policy allows the iam:GetRole action',
    ],
    [
      'logs:FilterLogEvents',
      'AccessDeniedException',
      400,
      'logs:FilterLogEvents on resource: arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/orders-handler',
    ],
    ['cloudwatch:DescribeAlarms', 'AccessDenied', 403, 'cloudwatch:DescribeAlarms on resource: *'],
    ['cloudtrail:LookupEvents', 'AccessDeniedException', 400, 'cloudtrail:LookupEvents on resource: *'],
  ])('%s answers %s and names the action', async (operation, name, status, text) => {
    const error = await refused(operation, { denied: [operation] });

    expect(error).toMatchObject({ name, status });
    expect(error.message).toContain(`User: ${caller} is not authorized to perform: ${text}`);
  });

  it('leaves the other operations alone', async () => {
    const { options } = await serve({ ...ordersWorld(), faults: { denied: ['iam:*'] } });

    expect(await calls['lambda:GetPolicy']?.(options)).toMatchObject({
      Policy: expect.stringContaining('InvokeFunction'),
    });
    expect(await refusal(calls['iam:GetRole']?.(options) ?? Promise.resolve())).toMatchObject({ name: 'AccessDenied' });
  });
});

describe('throttled', () => {
  it.each([
    ['apigateway:GetStage', 'TooManyRequestsException', 429],
    ['lambda:GetPolicy', 'TooManyRequestsException', 429],
    ['iam:GetRole', 'Throttling', 400],
    ['logs:FilterLogEvents', 'ThrottlingException', 400],
    ['cloudwatch:DescribeAlarms', 'Throttling', 400],
    ['cloudtrail:LookupEvents', 'ThrottlingException', 400],
  ])('%s always answers %s', async (operation, name, status) => {
    expect(await refused(operation, { throttled: { [operation]: 'always' } })).toMatchObject({ name, status });
  });

  it('only the first calls, so that a retry gets through', async () => {
    const { options, server } = await serve({ ...ordersWorld(), faults: { throttled: { 'lambda:GetPolicy': 1 } } });

    await calls['lambda:GetPolicy']?.({ ...options, maxAttempts: 2 });

    expect(server.wire.calls('test').map(({ status, error }) => [status, error])).toEqual([
      [429, 'TooManyRequestsException'],
      [200, undefined],
    ]);
  });
});

it.each([
  ['apigateway:GetStage', 'ExpiredTokenException'],
  ['iam:GetRole', 'ExpiredToken'],
  ['sts:GetCallerIdentity', 'ExpiredToken'],
  ['cloudtrail:LookupEvents', 'ExpiredTokenException'],
])('%s with expired credentials answers %s', async (operation, name) => {
  const error = await refused(operation, { expiredCredentials: true });

  // STS and IAM model the error, and the SDK names it by its shape.
  expect(error.name.replace(/Exception$/, '')).toBe(name.replace(/Exception$/, ''));
  expect(error.message).toContain('expired');
});

it('fails with 500 where the service fails', async () => {
  expect(await refused('cloudtrail:LookupEvents', { failing: ['*'] })).toMatchObject({ status: 500 });
});

it('never answers what hangs, and records it', async () => {
  const { options, server } = await serve({ ...ordersWorld(), faults: { hanging: ['lambda:GetPolicy'] } });
  const call = new LambdaClient(options).send(new GetPolicyCommand({ FunctionName: 'orders-handler' }), {
    abortSignal: AbortSignal.timeout(100),
  });

  expect(await refusal(call)).toMatchObject({ name: 'AbortError' });
  expect(server.wire.calls('test')).toMatchObject([
    { operation: 'lambda:GetPolicy', status: 0, error: 'NeverAnswered' },
  ]);
});

it('answers with what is not of AWS where that is asked for', async () => {
  const names = [];
  for (const operation of ['lambda:GetPolicy', 'cloudtrail:LookupEvents']) {
    names.push((await refused(operation, { malformed: [operation] })).name);
  }
  expect(names).toEqual(['SyntaxError', 'SyntaxError']);
});

it.each([
  ['apigateway:GetStage', 'NotFoundException', 404],
  ['lambda:GetPolicy', 'ResourceNotFoundException', 404],
  ['iam:GetRole', 'NoSuchEntityException', 404],
  ['logs:FilterLogEvents', 'ResourceNotFoundException', 400],
])('%s says %s where the thing is not there', async (operation, name, status) => {
  expect(await refused(operation, { missing: [operation] })).toMatchObject({ name, status });
});

it('has no such thing to say of a list', async () => {
  const { options } = await serve({ ...ordersWorld(), faults: { missing: ['cloudtrail:LookupEvents'] } });

  expect(await calls['cloudtrail:LookupEvents']?.(options)).toMatchObject({ Events: expect.any(Array) });
});
