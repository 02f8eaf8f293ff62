import { describe, expect, test } from 'vitest';
import type { Authorizer, Route } from '../../../src/aws/types.ts';
import { backendsOf } from '../../../src/diagnosis/backends.ts';
import { callsOf } from '../../../src/diagnosis/permissions/calls.ts';
import { deployed, functionArn, integration, lambdaUri, route, target } from '../steps/fixtures.ts';

function calls(routes: Route[], authorizers: Authorizer[] = [], stageVariables: Record<string, string> = {}) {
  const base = deployed({ routes, stageVariables });
  const stage = { ...base, configuration: { ...base.configuration, authorizers } };
  return callsOf(backendsOf(stage.configuration, stageVariables), stage, new Map([['used', 'au1']]), target);
}

const roleArn = 'arn:aws:iam::123456789012:role/r';

describe('callsOf', () => {
  test('calls of the same function with the same credentials are one, whatever else differs', () => {
    const found = calls([
      route('GET /a'),
      route('GET /b', { integration: integration({ timeoutMs: 3000 }) }),
      route('GET /c', { integration: integration({ credentials: roleArn }) }),
    ]);
    expect(found.map(one => [one.routes.map(({ key }) => key), one.roleArn])).toEqual([
      [['GET /a', 'GET /b'], null],
      [['GET /c'], roleArn],
    ]);
  });

  test('resolves stage variables, and leaves out what they leave open', () => {
    const uri = lambdaUri(`${functionArn}:\${stageVariables.alias}`);
    const routes = [route('GET /a', { integration: integration({ uri }) })];
    expect(calls(routes, [], { alias: 'live' })[0]).toMatchObject({
      resource: `${functionArn}:live`,
      action: 'lambda:InvokeFunction',
    });
    expect(calls(routes)).toEqual([]);
  });

  test('passes over what needs no permission, and knows the caller’s own credentials', () => {
    const http = integration({ type: 'HTTP_PROXY', uri: 'https://example.com/', credentials: roleArn });
    const mock = integration({ type: 'MOCK', uri: null });
    expect(
      calls([
        route('GET /h', { integration: http }),
        route('OPTIONS /h', { integration: mock }),
        route('GET /n', { integration: null }),
      ]),
    ).toEqual([]);
    const passing = integration({ credentials: 'arn:aws:iam::*:user/*' });
    expect(calls([route('GET /p', { integration: passing })])[0]).toMatchObject({
      roleArn: null,
      passesCredentials: true,
    });
  });

  test('takes authorizers that routes use', () => {
    const authorizer = (name: string): Authorizer => ({
      id: name,
      name,
      type: 'REQUEST',
      uri: lambdaUri(functionArn.replace('orders', name)),
      credentials: null,
      resultTtlSeconds: null,
      payloadFormatVersion: null,
      simpleResponses: false,
      issuer: null,
    });
    const guarded = route('GET /a', { authorization: 'CUSTOM', authorizerId: 'used' });
    const other = route('GET /b', { authorization: 'CUSTOM', authorizerId: 'nameless' });
    const found = calls([guarded, other], [authorizer('used'), authorizer('idle'), authorizer('nameless')]);
    expect(found.map(one => [one.usedBy, one.lambda?.name, one.authorizer])).toEqual([
      ['integration', 'orders-fn', null],
      ['authorizer', 'used-fn', { id: 'au1', name: 'used' }],
      ['authorizer', 'nameless-fn', { id: null, name: 'nameless' }],
    ]);
  });
});
