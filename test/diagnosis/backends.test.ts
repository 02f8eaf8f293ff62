import { describe, expect, it } from 'vitest';
import type { Integration, Route } from '../../src/aws/types.ts';
import { backendsOf, lambdaReference } from '../../src/diagnosis/backends.ts';
import { undeployedDifferences } from '../../src/diagnosis/deployed.ts';

const lambdaUri = (name: string) =>
  `arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:${name}/invocations`;

function route(key: string, integration: Partial<Integration>): Route {
  const [method = '', path = ''] = key.split(' ');
  return {
    key,
    method,
    path,
    authorization: 'NONE',
    authorizerId: null,
    apiKeyRequired: false,
    methodResponses: ['200'],
    integration: {
      id: null,
      type: 'AWS_PROXY',
      subtype: null,
      httpMethod: 'POST',
      uri: null,
      connectionType: 'INTERNET',
      connectionId: null,
      credentials: null,
      timeoutMs: null,
      requestTemplates: {},
      requestParameters: {},
      passthroughBehavior: null,
      contentHandling: null,
      payloadFormatVersion: null,
      responseTransferMode: 'BUFFERED',
      insecureSkipVerification: false,
      responses: [],
      ...integration,
    },
  };
}

const configuration = (routes: Route[]) => ({ routes, authorizers: [], gatewayResponses: [], binaryMediaTypes: [] });

describe('backendsOf', () => {
  it('groups routes by destination and resolves stage variables into name and alias', () => {
    const backends = backendsOf(
      configuration([
        route('GET /orders', { uri: lambdaUri('${stageVariables.fn}:${stageVariables.alias}') }),
        route('POST /orders', { uri: lambdaUri('orders-fn:live') }),
        route('GET /health', { type: 'MOCK' }),
      ]),
      { fn: 'orders-fn', alias: 'live' },
    );
    expect(backends.map(backend => [backend.kind, backend.routes.length])).toEqual([
      ['lambda', 2],
      ['mock', 1],
    ]);
    expect(backends[0]?.lambda).toMatchObject({
      name: 'orders-fn',
      qualifier: 'live',
      arn: 'arn:aws:lambda:eu-west-1:111122223333:function:orders-fn',
    });
  });

  it('tells a stage variable that is not defined', () => {
    const [backend] = backendsOf(configuration([route('GET /orders', { uri: lambdaUri('${stageVariables.fn}') })]), {});
    expect(backend).toMatchObject({ undefinedVariables: ['fn'], lambda: null });
  });

  it('knows HTTP endpoints, VPC links and AWS services apart', () => {
    const backends = backendsOf(
      configuration([
        route('GET /a', { type: 'HTTP_PROXY', uri: 'https://example.com/a' }),
        route('GET /b', { type: 'HTTP_PROXY', uri: 'http://nlb/b', connectionType: 'VPC_LINK', connectionId: 'l1' }),
        route('GET /c', { type: 'AWS', uri: 'arn:aws:apigateway:eu-west-1:sqs:path/111122223333/queue' }),
      ]),
      {},
    );
    expect(backends.map(backend => backend.kind)).toEqual(['http', 'vpc-link', 'aws-service']);
  });
});

describe('lambdaReference', () => {
  it('reads the bare ARN of HTTP APIs in every partition, with $LATEST and versions', () => {
    expect(lambdaReference('arn:aws-cn:lambda:cn-north-1:111122223333:function:f:$LATEST')).toMatchObject({
      name: 'f',
      qualifier: '$LATEST',
    });
    expect(lambdaReference('arn:aws:lambda:eu-west-1:111122223333:function:f:7')?.qualifier).toBe('7');
    expect(lambdaReference('https://example.com')).toBeNull();
  });
});

describe('undeployedDifferences', () => {
  it('finds nothing where draft and stage agree, default timeout and order of keys aside', async () => {
    const deployed = route('GET /a', { timeoutMs: 29_000, requestTemplates: { a: '1', b: '2' } });
    const draft = route('GET /a', { timeoutMs: null, requestTemplates: { b: '2', a: '1' } });
    expect(await undeployedDifferences(configuration([deployed]), configuration([draft]))).toEqual([]);
  });

  it('tells a changed timeout, a new route and a removed one', async () => {
    const differences = await undeployedDifferences(
      configuration([route('GET /a', {}), route('GET /old', {})]),
      configuration([route('GET /a', { timeoutMs: 3_000 }), route('GET /new', {})]),
    );
    expect(differences).toEqual([
      { route: 'GET /a', field: 'timeoutMs', deployed: '29000', draft: '3000' },
      { route: 'GET /old', field: 'route', deployed: 'present', draft: 'absent' },
      { route: 'GET /new', field: 'route', deployed: 'absent', draft: 'present' },
    ]);
  });
});
