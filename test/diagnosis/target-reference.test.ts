import { describe, expect, it } from 'vitest';
import { parseTarget } from '../../src/diagnosis/target-reference.ts';

const api = (more: object) => ({
  kind: 'api',
  apiId: 'a1b2c3d4e5',
  stage: null,
  region: null,
  accountId: null,
  ...more,
});

describe('parseTarget', () => {
  it.each([
    ['a1b2c3d4e5', api({})],
    [
      'https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod/orders?x=1',
      api({ stage: 'prod', region: 'eu-west-1' }),
    ],
    ['a1b2c3d4e5.execute-api.cn-north-1.amazonaws.com.cn', api({ region: 'cn-north-1' })],
    ['wss://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/live', api({ stage: 'live', region: 'us-east-1' })],
    [
      'arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/prod/GET/orders',
      api({ stage: 'prod', region: 'eu-west-1', accountId: '111122223333' }),
    ],
    ['arn:aws:apigateway:eu-west-1::/restapis/a1b2c3d4e5/stages/prod', api({ stage: 'prod', region: 'eu-west-1' })],
    ['arn:aws-us-gov:apigateway:us-gov-west-1::/apis/a1b2c3d4e5', api({ region: 'us-gov-west-1' })],
    ['alarm:orders 5xx', { kind: 'alarm', name: 'orders 5xx', region: null, accountId: null }],
    [
      'arn:aws:cloudwatch:eu-west-1:111122223333:alarm:orders:5xx',
      { kind: 'alarm', name: 'orders:5xx', region: 'eu-west-1', accountId: '111122223333' },
    ],
    [
      'arn:aws-cn:cloudwatch:cn-north-1::alarm:orders 5xx',
      { kind: 'alarm', name: 'orders 5xx', region: 'cn-north-1', accountId: null },
    ],
    ['https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/50%/orders', api({ stage: '50%', region: 'eu-west-1' })],
    ['https://api.example.com/v1/orders', { kind: 'domain', host: 'api.example.com', path: '/v1/orders' }],
    ['orders-api', { kind: 'name', name: 'orders-api' }],
    ['orders.v2', { kind: 'name', name: 'orders.v2' }],
    ['Orders API (prod)', { kind: 'name', name: 'Orders API (prod)' }],
  ])('reads %s', (text, expected) => {
    expect(parseTarget(text)).toEqual(expected);
  });
});
