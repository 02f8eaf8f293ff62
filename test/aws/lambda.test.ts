import { describe, expect, it } from 'vitest';
import {
  readAccountConcurrency,
  readFunction,
  readFunctionPolicy,
  readReservedConcurrency,
} from '../../src/aws/lambda.ts';
import { type Call, failure, wire } from './wire.ts';

const gone = (call: Call) => failure(call, 'ResourceNotFoundException', 'Function not found: orders', 404);

describe('readFunction', () => {
  it('reads what the function is, without its environment', async () => {
    const { send, calls } = await wire(() => ({
      body: {
        FunctionName: 'orders',
        FunctionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:orders:live',
        Role: 'arn:aws:iam::111122223333:role/orders',
        Runtime: 'nodejs22.x',
        Handler: 'index.handler',
        Timeout: 30,
        MemorySize: 256,
        LastModified: '2026-11-20T08:15:00.000+0000',
        Version: '7',
        State: 'Failed',
        StateReason: 'KMS key access denied',
        StateReasonCode: 'KMSKeyAccessDenied',
        LastUpdateStatus: 'Successful',
        KMSKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/k',
        VpcConfig: { VpcId: 'vpc-1', SubnetIds: ['s1'], SecurityGroupIds: ['g1'] },
        LoggingConfig: { LogFormat: 'JSON', LogGroup: '/shared/orders' },
        Environment: { Variables: { PASSWORD: 'hunter2' } },
      },
    }));

    const found = await readFunction(send, 'orders', 'live');

    expect(found).toEqual({
      name: 'orders',
      arn: 'arn:aws:lambda:eu-west-1:111122223333:function:orders:live',
      role: 'arn:aws:iam::111122223333:role/orders',
      timeoutSeconds: 30,
      memoryMb: 256,
      runtime: 'nodejs22.x',
      handler: 'index.handler',
      version: '7',
      state: 'Failed',
      stateReason: 'KMS key access denied',
      stateReasonCode: 'KMSKeyAccessDenied',
      lastUpdateStatus: 'Successful',
      lastUpdateReason: null,
      lastModifiedAt: '2026-11-20T08:15:00.000Z',
      kmsKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/k',
      logGroup: '/shared/orders',
      logFormat: 'JSON',
      vpc: { subnetIds: ['s1'], securityGroupIds: ['g1'] },
    });
    expect(calls[0]?.path).toBe('/2015-03-31/functions/orders/configuration');
    expect(calls[0]?.query.get('Qualifier')).toBe('live');
  });

  it('takes the defaults where Lambda says nothing, and asks for no version where none is meant', async () => {
    const { send, calls } = await wire(() => ({
      body: { FunctionName: 'orders', VpcConfig: { VpcId: '', SubnetIds: [] } },
    }));

    await expect(readFunction(send, 'orders', null)).resolves.toMatchObject({
      logGroup: '/aws/lambda/orders',
      logFormat: 'Text',
      vpc: null,
      lastModifiedAt: null,
    });
    expect(calls[0]?.query.has('Qualifier')).toBe(false);
  });

  it('answers null where there is none, or the name cannot be one', async () => {
    const missing = await wire(gone);
    const invalid = await wire(call =>
      failure(call, 'ValidationException', 'functionName failed to satisfy constraint'),
    );

    await expect(readFunction(missing.send, 'orders', null)).resolves.toBeNull();
    await expect(readFunction(invalid.send, 'or ders', null)).resolves.toBeNull();
  });
});

describe('readFunctionPolicy', () => {
  const statement = {
    Sid: 'gateway',
    Effect: 'Allow',
    Principal: { Service: 'apigateway.amazonaws.com' },
    Action: 'lambda:InvokeFunction',
    Resource: 'arn:aws:lambda:eu-west-1:111122223333:function:orders:live',
    Condition: { ArnLike: { 'AWS:SourceArn': 'arn:aws:execute-api:eu-west-1:111122223333:a1b2c3/*/GET/orders' } },
  };

  it('reads the policy of the alias', async () => {
    const { send, calls } = await wire(() => ({
      body: { Policy: JSON.stringify({ Version: '2012-10-17', Id: 'default', Statement: [statement] }) },
    }));

    const policy = await readFunctionPolicy(send, 'orders', 'live');

    expect(calls[0]?.query.get('Qualifier')).toBe('live');
    expect(policy?.statements).toMatchObject([
      {
        sid: 'gateway',
        principal: { Service: ['apigateway.amazonaws.com'] },
        actions: ['lambda:InvokeFunction'],
        conditions: {
          ArnLike: { 'AWS:SourceArn': ['arn:aws:execute-api:eu-west-1:111122223333:a1b2c3/*/GET/orders'] },
        },
      },
    ]);
  });

  it('answers null where there is none', async () => {
    const { send } = await wire(gone);

    await expect(readFunctionPolicy(send, 'orders', null)).resolves.toBeNull();
  });
});

describe('concurrency', () => {
  it('tells a function that is switched off from one without a reserve', async () => {
    const off = await wire(() => ({ body: { ReservedConcurrentExecutions: 0 } }));
    const none = await wire(() => ({ body: {} }));

    await expect(readReservedConcurrency(off.send, 'orders')).resolves.toBe(0);
    await expect(readReservedConcurrency(none.send, 'orders')).resolves.toBeNull();
  });

  it('reads what the account has', async () => {
    const { send } = await wire(() => ({
      body: { AccountLimit: { ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: 900 } },
    }));

    await expect(readAccountConcurrency(send)).resolves.toEqual({ limit: 1000, unreserved: 900 });
  });
});
