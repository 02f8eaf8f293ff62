import { describe, expect, test } from 'vitest';
import type { PolicyDocument, PolicyStatement, Route } from '../../src/aws/types.ts';
import {
  type ApiAddress,
  authorizerSourceArn,
  integrationSourceArn,
  lambdaPermission,
  lambdaPermissionForRole,
  requestArns,
  trusts,
} from '../../src/diagnosis/invocation.ts';

const functionArn = 'arn:aws:lambda:eu-west-1:123456789012:function:orders-fn';
const api: ApiAddress = {
  partition: 'aws',
  region: 'eu-west-1',
  accountId: '123456789012',
  apiId: 'a1b2c3',
  apiType: 'REST',
  stage: 'prod',
};

function policy(...statements: Partial<PolicyStatement>[]): PolicyDocument {
  const base: PolicyStatement = {
    sid: 'apigw',
    effect: 'Allow',
    principal: { Service: ['apigateway.amazonaws.com'] },
    notPrincipal: null,
    actions: ['lambda:InvokeFunction'],
    notActions: [],
    resources: [functionArn],
    notResources: [],
    conditions: {},
  };
  return { version: '2012-10-17', statements: statements.map(one => ({ ...base, ...one })) };
}

function route(key: string): Route {
  const [method = null, path = null] = key.startsWith('$') ? [] : key.split(' ');
  return {
    key,
    method,
    path,
    authorization: 'NONE',
    authorizerId: null,
    apiKeyRequired: false,
    integration: null,
    methodResponses: [],
  };
}

const from = (path: string) => ({
  ArnLike: { 'AWS:SourceArn': [`arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/${path}`] },
});

describe('integrationSourceArn', () => {
  const arn = (path: string) => `arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/${path}`;

  test.each<[over: Partial<ApiAddress>, key: string, path: string]>([
    [{}, 'GET /orders', 'prod/GET/orders'],
    [{}, 'GET /', 'prod/GET/'],
    [{}, 'ANY /orders/{id}/items/{item}', 'prod/*/orders/*/items/*'],
    [{}, 'ANY /{proxy+}', 'prod/*/*'],
    [{ apiType: 'HTTP', stage: '$default' }, 'GET /orders/{id}', '$default/GET/orders/{id}'],
    [{ apiType: 'HTTP', stage: '$default' }, '$default', '$default/$default'],
    [{ apiType: 'WEBSOCKET' }, 'sendmessage', 'prod/sendmessage'],
  ])('%j %s', (over, key, path) => {
    const asked = key === 'sendmessage' ? { ...route('$x'), key } : route(key);
    expect(integrationSourceArn({ ...api, ...over }, asked)).toBe(arn(path));
  });

  test('takes the partition of the Region and leaves an unknown account open', () => {
    const unknown = { ...api, partition: 'aws-cn', region: 'cn-north-1', accountId: null };
    expect(integrationSourceArn(unknown, route('GET /a'))).toBe(
      'arn:aws-cn:execute-api:cn-north-1:*:a1b2c3/prod/GET/a',
    );
    expect(authorizerSourceArn(unknown, 'au1')).toBe('arn:aws-cn:execute-api:cn-north-1:*:a1b2c3/authorizers/au1');
  });
});

describe('lambdaPermission', () => {
  const ask = (document: PolicyDocument | null, key = 'GET /orders', over: Partial<ApiAddress> = {}) =>
    lambdaPermission(document, {
      functionArn,
      qualifier: null,
      sourceArn: requestArns({ ...api, ...over }, route(key)),
      sourceAccount: '123456789012',
    }).decision;

  test.each<[name: string, statement: Partial<PolicyStatement>, route: string, decision: string]>([
    ['any stage, this method and path', { conditions: from('*/GET/orders') }, 'GET /orders', 'allow'],
    ['this route exactly', { conditions: from('prod/GET/orders') }, 'GET /orders', 'allow'],
    ['another method', { conditions: from('prod/POST/orders') }, 'GET /orders', 'implicit-deny'],
    ['another stage', { conditions: from('Stage/GET/orders') }, 'GET /orders', 'implicit-deny'],
    ['another path', { conditions: from('*/*/order') }, 'GET /orders', 'implicit-deny'],
    ['two stars reach deeper paths', { conditions: from('*/*') }, 'GET /orders/{id}', 'allow'],
    ['three stars reach deeper paths', { conditions: from('*/*/*') }, 'GET /orders/{id}', 'allow'],
    ['a star for the parameter', { conditions: from('*/GET/orders/*') }, 'GET /orders/{id}', 'allow'],
    ['one value of the parameter', { conditions: from('*/GET/orders/42') }, 'GET /orders/{id}', 'unknown'],
    ['any method for ANY', { conditions: from('*/*/orders') }, 'ANY /orders', 'allow'],
    [
      'a path below, for the rest of the path',
      { conditions: from('*/GET/orders/new/items') },
      'GET /orders/{proxy+}',
      'unknown',
    ],
    [
      'a path below, for one segment',
      { conditions: from('*/GET/orders/new/items') },
      'GET /orders/{id}',
      'implicit-deny',
    ],
    ['one method for ANY', { conditions: from('*/GET/orders') }, 'ANY /orders', 'unknown'],
    ['no condition', {}, 'GET /orders', 'allow'],
    ['everybody', { principal: '*' }, 'GET /orders', 'allow'],
    ['every Lambda action', { actions: ['lambda:*'] }, 'GET /orders', 'allow'],
    ['another service', { principal: { Service: ['events.amazonaws.com'] } }, 'GET /orders', 'implicit-deny'],
    [
      'a function URL',
      { conditions: { StringEquals: { 'lambda:FunctionUrlAuthType': ['NONE'] } } },
      'GET /orders',
      'implicit-deny',
    ],
    [
      'this account',
      { conditions: { StringEquals: { 'AWS:SourceAccount': ['123456789012'] } } },
      'GET /orders',
      'allow',
    ],
    [
      'another account',
      { conditions: { StringEquals: { 'AWS:SourceAccount': ['9'] } } },
      'GET /orders',
      'implicit-deny',
    ],
    ['an organization', { conditions: { StringEquals: { 'aws:SourceOrgID': ['o-1'] } } }, 'GET /orders', 'unknown'],
    ['an alias only', { resources: [`${functionArn}:live`] }, 'GET /orders', 'implicit-deny'],
  ])('%s', (_, statement, key, decision) => {
    expect(ask(policy(statement), key)).toBe(decision);
  });

  test('an alias needs a statement of its own', () => {
    const call = {
      functionArn,
      qualifier: 'live',
      sourceArn: integrationSourceArn(api, route('GET /a')),
      sourceAccount: null,
    };
    expect(lambdaPermission(policy({ resources: [`${functionArn}:live`] }), call).decision).toBe('allow');
    expect(lambdaPermission(policy({}), call).decision).toBe('implicit-deny');
  });

  test('no policy and an empty one allow nobody', () => {
    expect(ask(null)).toBe('implicit-deny');
    expect(ask(policy())).toBe('implicit-deny');
  });

  test('says what the closest statement asks for', () => {
    const { because, statement } = lambdaPermission(policy({ conditions: from('prod/POST/orders') }), {
      functionArn,
      qualifier: null,
      sourceArn: integrationSourceArn(api, route('GET /orders')),
      sourceAccount: null,
    });
    expect(statement?.sid).toBe('apigw');
    expect(because).toContain('statement "apigw", requires AWS:SourceArn ArnLike');
    expect(because).toContain('prod/POST/orders');
  });

  test('route keys of HTTP APIs stand as they are in the policies that the console writes', () => {
    const http = { apiType: 'HTTP', stage: '$default' } as const;
    expect(ask(policy({ conditions: from('*/*/orders/{id}') }), 'GET /orders/{id}', http)).toBe('allow');
    expect(ask(policy({ conditions: from('*/$default') }), '$default', http)).toBe('allow');
    expect(ask(policy({ conditions: from('*/*/orders') }), 'ANY /orders', http)).toBe('allow');
  });

  test('an unknown account leaves an exact SourceArn open', () => {
    expect(ask(policy({ conditions: from('*/GET/orders') }), 'GET /orders', { accountId: null })).toBe('unknown');
  });
});

describe('lambdaPermissionForRole', () => {
  const roleArn = 'arn:aws:iam::123456789012:role/apigw-invoke';
  const ask = (aws: string) =>
    lambdaPermissionForRole(policy({ principal: { AWS: [aws] } }), { functionArn, qualifier: null, roleArn }).decision;

  test('a role, its account, and others', () => {
    expect(ask(roleArn)).toBe('allow');
    expect(ask('123456789012')).toBe('allow');
    expect(ask('arn:aws:iam::123456789012:root')).toBe('allow');
    expect(ask('arn:aws:iam::123456789012:role/other')).toBe('implicit-deny');
    expect(ask('999999999999')).toBe('implicit-deny');
  });
});

describe('trusts', () => {
  const trust = (over: Partial<PolicyStatement>) =>
    policy({ principal: { Service: ['lambda.amazonaws.com'] }, actions: ['sts:AssumeRole'], resources: [], ...over });

  test('the service that a role names', () => {
    expect(trusts(trust({}), 'lambda.amazonaws.com').decision).toBe('allow');
    expect(trusts(trust({}), 'apigateway.amazonaws.com').decision).toBe('implicit-deny');
    expect(trusts(trust({ principal: { AWS: ['123456789012'] } }), 'lambda.amazonaws.com').decision).toBe(
      'implicit-deny',
    );
  });

  test('not for another action, not for an external id, not where a Deny says so', () => {
    expect(trusts(trust({ actions: ['sts:TagSession'] }), 'lambda.amazonaws.com').decision).toBe('implicit-deny');
    const external = { StringEquals: { 'sts:ExternalId': ['x'] } };
    expect(trusts(trust({ conditions: external }), 'lambda.amazonaws.com').decision).toBe('implicit-deny');
    const denied = {
      version: null,
      statements: [...trust({}).statements, ...trust({ effect: 'Deny', principal: '*' }).statements],
    };
    expect(trusts(denied, 'lambda.amazonaws.com').decision).toBe('explicit-deny');
  });

  test('a condition on the source is open unless the source is known', () => {
    const fromAccount = trust({ conditions: { StringEquals: { 'aws:SourceAccount': ['123456789012'] } } });
    expect(trusts(fromAccount, 'lambda.amazonaws.com').decision).toBe('unknown');
    expect(trusts(fromAccount, 'lambda.amazonaws.com', { 'aws:SourceAccount': '123456789012' }).decision).toBe('allow');
  });
});
