import { CreateAliasCommand, PublishVersionCommand, PutFunctionConcurrencyCommand } from '@aws-sdk/client-lambda';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  readAccountConcurrency,
  readFunction,
  readFunctionPolicy,
  readReservedConcurrency,
} from '../../src/aws/lambda.ts';
import { arn, buildersIn, expectUnread, readersIn } from './aws.ts';
import { allowInvoke, createFunction, createRole } from './functions.ts';

const region = 'eu-west-1';
const aws = buildersIn(region);
const { send } = await readersIn(region);
const sourceArn = arn('execute-api', region, 'a1b2c3d4e5/*/GET/orders');
let role = '';

beforeAll(async () => {
  role = await createRole(aws, 'lambda-orders-execution');
  await createFunction(aws, 'orders', role, {
    Timeout: 12,
    MemorySize: 512,
    KMSKeyArn: arn('kms', region, 'key/11111111-2222-3333-4444-555555555555'),
    Environment: { Variables: { PASSWORD: 'hush-hush' } },
  });
  await aws.lambda.send(new PublishVersionCommand({ FunctionName: 'orders' }));
  await aws.lambda.send(new CreateAliasCommand({ FunctionName: 'orders', Name: 'live', FunctionVersion: '1' }));
  await allowInvoke(aws, 'orders', 'apigateway-get-orders', sourceArn);

  await createFunction(aws, 'basket', role, { Publish: true });
  await aws.lambda.send(new CreateAliasCommand({ FunctionName: 'basket', Name: 'live', FunctionVersion: '1' }));
  await allowInvoke(aws, 'basket', 'apigateway-live', sourceArn, 'live');
  await aws.lambda.send(new PutFunctionConcurrencyCommand({ FunctionName: 'basket', ReservedConcurrentExecutions: 7 }));

  await createFunction(aws, 'switched-off', role);
  await aws.lambda.send(
    new PutFunctionConcurrencyCommand({ FunctionName: 'switched-off', ReservedConcurrentExecutions: 0 }),
  );
});

describe('functions', () => {
  test('a function is read as it was created, without its environment', async () => {
    const read = await readFunction(send, 'orders', null);

    expect(read).toMatchObject({
      name: 'orders',
      arn: arn('lambda', region, 'function:orders'),
      role,
      timeoutSeconds: 12,
      memoryMb: 512,
      runtime: 'nodejs22.x',
      handler: 'index.handler',
      version: '$LATEST',
      state: 'Active',
      kmsKeyArn: arn('kms', region, 'key/11111111-2222-3333-4444-555555555555'),
      logGroup: '/aws/lambda/orders',
      logFormat: 'Text',
      vpc: null,
    });
    expect(Date.now() - Date.parse(read?.lastModifiedAt ?? '')).toBeLessThan(600_000);
    expect(JSON.stringify(read)).not.toContain('hush-hush');
  });

  test.each(['orders', arn('lambda', region, 'function:orders')])(
    '%s leads to its alias and its version',
    async name => {
      const [alias, version] = await Promise.all([readFunction(send, name, 'live'), readFunction(send, name, '1')]);

      expect(alias).toMatchObject({ name: 'orders', version: '1', role, timeoutSeconds: 12 });
      expect(version).toMatchObject({ name: 'orders', version: '1', role });
    },
  );

  test('what AWS does not have is null: a function, an alias, a version', async () => {
    const missing = [
      readFunction(send, 'nobody', null),
      readFunction(send, 'orders', 'blue'),
      readFunction(send, 'orders', '99'),
    ];

    await expect(Promise.all(missing)).resolves.toEqual([null, null, null]);
  });
});

describe('who may invoke', () => {
  test('the permission of a function', async () => {
    const policy = await readFunctionPolicy(send, 'orders', null);

    expect(policy).toEqual({
      version: '2012-10-17',
      statements: [
        {
          sid: 'apigateway-get-orders',
          effect: 'Allow',
          principal: { Service: ['apigateway.amazonaws.com'] },
          notPrincipal: null,
          actions: ['lambda:InvokeFunction'],
          notActions: [],
          resources: [arn('lambda', region, 'function:orders')],
          notResources: [],
          conditions: { ArnLike: { 'AWS:SourceArn': [sourceArn] } },
        },
      ],
    });
  });

  // AWS keeps a policy for each alias; moto keeps one for the function and answers it to every qualifier.
  test('the permission of an alias', async () => {
    const policy = await readFunctionPolicy(send, 'basket', 'live');

    expect(policy?.statements).toMatchObject([
      {
        sid: 'apigateway-live',
        resources: [arn('lambda', region, 'function:basket:live')],
        conditions: { ArnLike: { 'AWS:SourceArn': [sourceArn] } },
      },
    ]);
  });

  test('no policy, and no function, is null', async () => {
    await expect(readFunctionPolicy(send, 'switched-off', null)).resolves.toBeNull();
    await expect(readFunctionPolicy(send, 'nobody', null)).resolves.toBeNull();
  });
});

describe('concurrency', () => {
  test('zero is zero, and none is null', async () => {
    const names = ['basket', 'switched-off', 'orders', 'nobody'];

    const read = await Promise.all(names.map(name => readReservedConcurrency(send, name)));

    expect(read).toEqual([7, 0, null, null]);
  });

  test('the account limits, which moto does not have, are unread', async () => {
    await expectUnread(readAccountConcurrency(send), 'lambda:GetAccountSettings');
  });
});
