import { expect, it } from 'vitest';
import type { WorldDocument } from '../../src/sandbox/aws/world.ts';
import { accountId, locating, region } from './locating.ts';

const api = (name: string) => ({
  name,
  paths: { '/orders': { GET: { integration: { type: 'MOCK' as const } } } },
  deployments: { d1: { createdDate: '-9d' } },
  stages: { prod: { deploymentId: 'd1' } },
});
const world: Partial<WorldDocument> = {
  restApis: { a1b2c3d4e5: api('orders-api'), b1b2c3d4e5: api('users-api'), c1b2c3d4e5: api('users-api') },
  alarms: { tagged: { namespace: 'AWS/SQS', metric: 'Age', tags: { team: 'orders', tier: '1' } } },
};

it('what else a message may mean is tried until something is found', async () => {
  const { locate, asked } = await locating(world);

  const location = await locate('nothing-like-it', { alternatives: ['nor this', 'orders-api', 'users-api'] });

  expect(location).toMatchObject({ kind: 'found', target: { apiId: 'a1b2c3d4e5', stage: 'prod', accountId } });
  // One list of each kind for all of them, and nothing is read ahead for a guess.
  expect(asked().toSorted()).toEqual(['apigateway:GetRestApis', 'apigateway:GetStages', 'apigatewayv2:GetApis']);
});

it('where none is found, the answer is that of the target itself', async () => {
  const { locate } = await locating(world);

  expect(await locate('orders-ap', { alternatives: ['zzzzzzzzzzzz'] })).toMatchObject({
    kind: 'not_found',
    candidates: [{ apiName: 'orders-api' }],
  });
});

it('what fits several APIs ends the search: somebody has to choose', async () => {
  const { locate } = await locating(world);

  const location = await locate('nothing-like-it', { alternatives: ['users-api', 'orders-api'] });

  expect(location).toMatchObject({ kind: 'ambiguous', candidates: [{ apiName: 'users-api' }, {}] });
});

it('what cannot be read ends the search, too', async () => {
  const { locate } = await locating({ ...world, faults: { denied: ['apigateway:*', 'apigatewayv2:*'] } });

  expect(await locate('nothing-like-it', { alternatives: ['orders-api'] })).toMatchObject({
    kind: 'unreadable',
    message: expect.stringContaining('was denied'),
  });
});

it('tags of an alarm are read by its ARN', async () => {
  const { service, asked } = await locating(world);
  const arn = (name: string) => `arn:aws:cloudwatch:${region}:${accountId}:alarm:${name}`;

  await expect(service.alarmTags(arn('tagged'))).resolves.toEqual({ team: 'orders', tier: '1' });
  await expect(service.alarmTags(arn('gone'))).resolves.toEqual({});
  expect(asked()).toEqual(['cloudwatch:ListTagsForResource', 'cloudwatch:ListTagsForResource']);
});

it('tags that may not be read are not "none"', async () => {
  const { service } = await locating({ ...world, faults: { denied: ['cloudwatch:ListTagsForResource'] } });

  await expect(service.alarmTags(`arn:aws:cloudwatch:${region}:${accountId}:alarm:tagged`)).rejects.toMatchObject({
    reason: 'access_denied',
    permission: 'cloudwatch:ListTagsForResource',
  });
});
