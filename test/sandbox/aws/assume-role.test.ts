import { APIGatewayClient, GetRestApisCommand } from '@aws-sdk/client-api-gateway';
import {
  AssumeRoleCommand,
  type AssumeRoleCommandInput,
  GetCallerIdentityCommand,
  STSClient,
} from '@aws-sdk/client-sts';
import { describe, expect, test } from 'vitest';
import type { WorldDocument } from '../../../src/sandbox/aws/world.ts';
import { ordersWorld, refusal, serve, worldWith } from './support.ts';

const RoleArn = 'arn:aws:iam::444455556666:role/apigw-500-read';

function trusting(Principal: string, externalId?: string): Partial<WorldDocument> {
  const Condition = externalId === undefined ? {} : { Condition: { StringEquals: { 'sts:ExternalId': externalId } } };
  const Statement = { Effect: 'Allow' as const, Principal: { AWS: Principal }, Action: 'sts:AssumeRole', ...Condition };
  return { roles: { 'apigw-500-read': { trust: { Statement } } } };
}

async function stage(other: Partial<WorldDocument>, own: Partial<WorldDocument> = {}) {
  const served = await serve(own, [worldWith({ accountId: '444455556666', ...other })]);
  const sts = new STSClient(served.options);
  const assume = (more: Partial<AssumeRoleCommandInput> = {}) =>
    sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'apigw-500', ...more }));
  return { ...served, sts, assume };
}

const root = 'arn:aws:iam::111122223333:root';

describe('AssumeRole', () => {
  test('leads into the other account until the session ends', async () => {
    const { assume, options, at } = await stage({ ...ordersWorld(), ...trusting(root, 'shared-word') });

    const { Credentials, AssumedRoleUser } = await assume({ ExternalId: 'shared-word' });
    const credentials = {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      sessionToken: Credentials?.SessionToken ?? '',
    };
    const inside = { ...options, credentials };
    const apis = (who: typeof options) => new APIGatewayClient(who).send(new GetRestApisCommand({}));

    expect((await apis(inside)).items?.map(api => api.name)).toEqual(['orders-api']);
    expect((await apis(options)).items).toEqual([]);
    expect(await new STSClient(inside).send(new GetCallerIdentityCommand({}))).toMatchObject({
      Account: '444455556666',
      Arn: AssumedRoleUser?.Arn,
    });
    expect(
      await refusal(apis({ ...options, credentials: { ...credentials, sessionToken: 'made-up' } } as never)),
    ).toMatchObject({
      name: 'UnrecognizedClientException',
    });
    at(3_600_000);
    expect(await refusal(apis(inside))).toMatchObject({ name: 'ExpiredTokenException' });
  });

  test.each([
    ['the role of the bot', 'arn:aws:iam::111122223333:role/apigw-500-reader', true],
    ['another role', 'arn:aws:iam::111122223333:role/deploy', false],
  ])('may be left to one role: %s', async (_, role, allowed) => {
    const Condition = { ArnEquals: { 'aws:PrincipalArn': role } };
    const Statement = { Effect: 'Allow' as const, Principal: { AWS: root }, Action: 'sts:AssumeRole', Condition };
    const { assume } = await stage({ roles: { 'apigw-500-read': { trust: { Statement } } } });

    if (allowed) expect((await assume()).Credentials?.AccessKeyId).toMatch(/^ASIA/);
    else expect(await refusal(assume())).toMatchObject({ name: 'AccessDenied' });
  });

  test.each([
    ['no external id', trusting(root, 'shared-word'), {}],
    ['another external id', trusting(root, 'shared-word'), { ExternalId: 'another' }],
    ['an account that is not trusted', trusting('arn:aws:iam::777788889999:root'), {}],
    ['a role that does not exist', {}, {}],
    ['an account that does not exist', trusting(root), { RoleArn: 'arn:aws:iam::000000000000:role/apigw-500-read' }],
  ])('is refused with %s, in the same words', async (_, other, input) => {
    const { assume } = await stage(other);

    const { name, message } = await refusal(assume(input));

    expect(name).toBe('AccessDenied');
    expect(message).toMatch(
      /^User: arn:aws:sts::111122223333:assumed-role\/.* is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::\d+:role\/apigw-500-read$/,
    );
  });

  test('is refused to who may not call it', async () => {
    const { assume } = await stage(trusting(root), { faults: { denied: ['sts:AssumeRole'] } });

    expect(await refusal(assume())).toMatchObject({ name: 'AccessDenied', status: 403 });
  });

  test.each([
    [{ RoleSessionName: 'a b' }],
    [{ DurationSeconds: 7_200 }],
    [{ Policy: 'x'.repeat(2_049) }],
    [{ PolicyArns: [{ arn: 'arn:aws-cn:iam::aws:policy/ReadOnlyAccess' }] }],
  ])('is refused as wrong: %o', async input => {
    const { assume } = await stage(trusting(root));

    expect(await refusal(assume(input))).toMatchObject({ name: 'ValidationError', status: 400 });
  });
});
