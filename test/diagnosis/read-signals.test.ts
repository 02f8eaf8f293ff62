import { describe, expect, test } from 'vitest';
import { sharedTrail } from '../../src/aws/shared-trail.ts';
import { readSignals } from '../../src/diagnosis/read-signals.ts';
import type { Target } from '../../src/diagnosis/types.ts';
import { awsOf, denied, functionArn, notFound, runOf, sending, target } from './steps/fixtures.ts';

const http: Target = { ...target, apiType: 'HTTP', stage: '$default' };

type Answers = Parameters<typeof sending>[0];

const current: Answers = {
  'apigatewayv2:GetRoutes': () => ({
    Items: [{ RouteKey: 'GET /orders', Target: 'integrations/i1', AuthorizationType: 'JWT', AuthorizerId: 'au1' }],
  }),
  'apigatewayv2:GetIntegrations': () => ({
    Items: [
      {
        IntegrationId: 'i1',
        IntegrationType: 'AWS_PROXY',
        IntegrationMethod: 'POST',
        IntegrationUri: functionArn,
        PayloadFormatVersion: '2.0',
        TimeoutInMillis: 30_000,
      },
    ],
  }),
  'apigatewayv2:GetAuthorizers': () => ({
    Items: [{ AuthorizerId: 'au1', Name: 'login', AuthorizerType: 'JWT', JwtConfiguration: { Issuer: 'https://i' } }],
  }),
};

function exported(timeoutInMillis: number) {
  const document = {
    openapi: '3.0.1',
    paths: {
      '/orders': {
        get: {
          security: [{ login: [] }],
          'x-amazon-apigateway-integration': {
            type: 'aws_proxy',
            httpMethod: 'POST',
            uri: functionArn,
            connectionType: 'INTERNET',
            payloadFormatVersion: '2.0',
            timeoutInMillis,
          },
        },
      },
    },
    components: {
      securitySchemes: {
        login: {
          type: 'oauth2',
          'x-amazon-apigateway-authorizer': { type: 'jwt', jwtConfiguration: { issuer: 'https://i' } },
        },
      },
    },
  };
  // The SDK's own type of bytes has conversions beside, which nothing here asks for.
  return { body: new TextEncoder().encode(JSON.stringify(document)) as never };
}

function signals(given: Target, answers: Answers) {
  const { send, asked } = sending(answers);
  const { window, overrides, now } = runOf();
  const readTrail = sharedTrail({ clock: () => now, shared: null });
  const sources = { aws: awsOf(send), target: given, window, overrides, now, healthFeedUrl: null, fetch, readTrail };
  return { signals: readSignals(sources), asked };
}

function stage(over: object): Answers {
  return { 'apigatewayv2:GetStage': () => ({ StageName: '$default', DeploymentId: 'd1', ...over }) };
}

describe('what a stage of an HTTP API runs', () => {
  test('is the configuration as it is, where the stage deploys by itself', async () => {
    const { signals: given, asked } = signals(http, { ...current, ...stage({ AutoDeploy: true }) });

    expect(await given.deployed()).toMatchObject({ basis: 'draft', faithful: true, undeployed: null });
    expect(asked.map(one => one.operation)).not.toContain('apigatewayv2:ExportApi');
  });

  test('is its export, where it is deployed by hand, and names what waits', async () => {
    const { signals: given, asked } = signals(http, {
      ...current,
      ...stage({}),
      'apigatewayv2:ExportApi': () => exported(1000),
    });

    const { configuration, ...rest } = await given.deployed();

    expect(rest).toMatchObject({
      basis: 'export',
      faithful: true,
      undeployed: [{ route: 'GET /orders', field: 'timeoutMs', deployed: '1000', draft: '30000' }],
    });
    expect(configuration.routes).toMatchObject([
      { key: 'GET /orders', authorization: 'JWT', authorizerId: 'au1', integration: { id: 'i1', timeoutMs: 1000 } },
    ]);
    expect(configuration.authorizers).toMatchObject([{ id: 'au1', name: 'login', type: 'JWT' }]);
    expect(asked.find(one => one.operation === 'apigatewayv2:ExportApi')?.input).toMatchObject({
      StageName: '$default',
    });
  });

  test('agrees with the configuration where nothing was changed since', async () => {
    const answers = { ...current, ...stage({}), 'apigatewayv2:ExportApi': () => exported(30_000) };
    expect(await signals(http, answers).signals.deployed()).toMatchObject({ undeployed: [] });
  });

  test('is its export after an automatic deployment that failed', async () => {
    const answers = {
      ...current,
      ...stage({ AutoDeploy: true, LastDeploymentStatusMessage: 'Deployment attempt failed: no integration' }),
      'apigatewayv2:ExportApi': () => exported(30_000),
    };
    expect(await signals(http, answers).signals.deployed()).toMatchObject({ basis: 'export', faithful: true });
  });

  test('is not surely the configuration, where the export is denied', async () => {
    const answers = { ...current, ...stage({}), 'apigatewayv2:ExportApi': () => denied('apigateway:GET') };
    expect(await signals(http, answers).signals.deployed()).toMatchObject({
      basis: 'draft',
      faithful: false,
      unread: { reason: 'access_denied' },
    });
  });

  test('of a WebSocket API is not surely the configuration: it has no export', async () => {
    const answers = { ...current, ...stage({}) };
    const socket: Target = { ...target, apiType: 'WEBSOCKET' };
    expect(await signals(socket, answers).signals.deployed()).toMatchObject({ basis: 'draft', faithful: false });
  });
});

describe('the execution log of a WebSocket API', () => {
  const socket: Target = { ...target, apiType: 'WEBSOCKET' };
  const names = ['/aws/apigateway/a1b2c3/prod', 'API-Gateway-Execution-Logs_a1b2c3/prod'];
  const logging = stage({ StageName: 'prod', DefaultRouteSettings: { LoggingLevel: 'ERROR' } });
  const failed = '(PDS1PEC4oAMFpyA=) Execution failed due to a timeout error';

  function groups(existing: string | null) {
    const { signals: given, asked } = signals(socket, {
      ...logging,
      'logs:FilterLogEvents': ({ logGroupName }) =>
        logGroupName === existing
          ? { events: [{ timestamp: Date.parse('2026-11-22T10:05:00Z'), message: failed, logStreamName: 's' }] }
          : notFound('logs:FilterLogEvents'),
    });
    return {
      given,
      searched: () => asked.flatMap(one => ('logGroupName' in one.input ? [one.input.logGroupName] : [])),
    };
  }

  test('is searched under the name that exists', async () => {
    const first = groups(names[0] ?? '');
    expect((await first.given.failures()).sources[0]).toMatchObject({ state: 'read', logGroup: names[0] });
    expect(first.searched()).toEqual([names[0]]);

    const second = groups(names[1] ?? '');
    expect((await second.given.failures()).sources[0]).toMatchObject({ state: 'read', logGroup: names[1] });
  });

  test('is absent where neither exists', async () => {
    const { given, searched } = groups(null);
    expect((await given.failures()).sources[0]).toMatchObject({ state: 'absent', logGroup: names[0] });
    expect(searched()).toEqual(names);
  });
});

describe('a stage that logs nothing', () => {
  const off: Answers = {
    'apigatewayv2:GetStage': () => ({ StageName: 'prod' }),
    'apigateway:GetStage': () => ({ stageName: 'prod' }),
    'logs:FilterLogEvents': () => notFound('logs:FilterLogEvents'),
  };

  test.each([
    ['REST', ['off', 'off'], ['/*/*/logging/loglevel', '/accessLogSettings/destinationArn']],
    ['WEBSOCKET', ['off', 'off'], ['--default-route-settings LoggingLevel=ERROR', '--access-log-settings']],
    // HTTP APIs have no execution log to turn on.
    ['HTTP', ['not_applicable', 'off'], [undefined, '--access-log-settings']],
  ] as const)('is told how to log, as the API type does it: %s', async (apiType, states, lines) => {
    const { sources } = await signals({ ...target, apiType }, off).signals.failures();

    expect(sources.map(one => one.state)).toEqual(states);
    for (const [index, line] of lines.entries()) {
      const remedy = sources[index]?.gap?.remedy;
      if (line === undefined) expect(remedy).toBeUndefined();
      else expect(remedy).toContain(line);
    }
  });
});

describe('a large API', () => {
  const routes = 60;
  const uri = (at: number) =>
    `arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${functionArn}${at}/invocations`;
  const paths = Array.from({ length: routes }, (_, at) => [
    `/r${at}`,
    { get: { 'x-amazon-apigateway-integration': { type: 'aws_proxy', httpMethod: 'POST', uri: uri(at) } } },
  ]);
  const id = '2f4c0f6e-1111-4111-8111-111111111111';
  const lines = [
    `(${id}) HTTP Method: GET, Resource Path: /r57`,
    `(${id}) Execution failed due to configuration error: Malformed Lambda proxy response`,
    `(${id}) Method completed with status: 502`,
  ];
  const large: Answers = {
    'apigateway:GetStage': () => ({
      stageName: 'prod',
      deploymentId: 'd1',
      methodSettings: { '*/*': { metricsEnabled: true, loggingLevel: 'INFO' } },
    }),
    'apigateway:GetExport': () => ({
      body: new TextEncoder().encode(JSON.stringify({ openapi: '3.0.1', paths: Object.fromEntries(paths) })) as never,
    }),
    'apigateway:GetResources': () => ({ items: [] }),
    'apigateway:GetRestApi': () => ({ id: target.apiId, name: target.apiName }),
    'logs:FilterLogEvents': () => ({
      events: lines.map((message, at) => ({ timestamp: Date.parse('2026-11-20T10:00:00Z') + at, message })),
    }),
    'cloudwatch:GetMetricData': () => ({ MetricDataResults: [] }),
    'lambda:GetFunctionConfiguration': ({ FunctionName }) => ({
      FunctionArn: FunctionName,
      Role: 'arn:aws:iam::1:role/r',
    }),
  };

  test('has its failing route and function measured and read, where not all can be', async () => {
    const { signals: large60, asked } = signals(target, large);
    await Promise.all([large60.traffic(), large60.functions()]);
    const inputs = (operation: string) =>
      asked.filter(one => one.operation === operation).map(one => JSON.stringify(one.input));
    const [metrics = ''] = inputs('cloudwatch:GetMetricData');
    expect(metrics).toContain('"/r57"');
    expect(metrics).not.toContain('"/r55"');
    // A run asks each thing once, however often it is wanted.
    const functions = [...new Set(inputs('lambda:GetFunctionConfiguration'))];
    expect(functions).toHaveLength(12);
    expect(functions[0]).toContain(`${functionArn}57`);
  });
});
