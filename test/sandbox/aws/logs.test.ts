import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { GetLoggingConfigurationCommand, GetSampledRequestsCommand, WAFV2Client } from '@aws-sdk/client-wafv2';
import { describe, expect, it } from 'vitest';
import { failing, healthy, messages, minute, ordersWorld, refusal, serve, zero } from './support.ts';

const executionGroup = 'API-Gateway-Execution-Logs_a1b2c3d4e5/prod';

describe('execution logs', () => {
  it('hold the whole trace at INFO, request data only with data trace', async () => {
    const plain = await messages(
      await serve({ ...ordersWorld({ methodSettings: { '*/*': { loggingLevel: 'INFO' } } }), traffic: { failing } }),
      executionGroup,
      { limit: 9 },
    );
    const traced = await messages(
      await serve({
        ...ordersWorld({ methodSettings: { '*/*': { loggingLevel: 'INFO', dataTraceEnabled: true } } }),
        traffic: { failing },
      }),
      executionGroup,
    );

    const id = /^\(([0-9a-f-]{36})\) /.exec(plain[0] ?? '')?.[1];
    expect(plain.map(line => line.replace(`(${id}) `, ''))).toEqual([
      expect.stringMatching(/^Extended Request Id: [\w-]{15}=$/),
      `Verifying Usage Plan for request: ${id}. API Key:  API Stage: a1b2c3d4e5/prod`,
      expect.stringContaining("because method 'GET /orders/{orderId}' does not require API Key"),
      expect.stringContaining('Usage Plan check succeeded'),
      `Starting execution for request: ${id}`,
      'HTTP Method: GET, Resource Path: /orders/7',
      'Sending request to https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:orders-handler/invocations',
      'Execution failed due to configuration error: Invalid permissions on Lambda function',
      'Method completed with status: 500',
    ]);
    expect(traced.some(line => line.includes('Endpoint response body before transformations: {"secret":1}'))).toBe(
      true,
    );
  });

  it('hold failures only at ERROR', async () => {
    const stage = await serve({
      ...ordersWorld({ methodSettings: { '*/*': { loggingLevel: 'ERROR' } } }),
      traffic: { failing, healthy },
    });

    const lines = await messages(stage, executionGroup);

    expect(lines).toHaveLength(40);
    expect(new Set(lines.map(line => line.slice(39)))).toEqual(
      new Set([
        'Execution failed due to configuration error: Invalid permissions on Lambda function',
        'Method completed with status: 500',
      ]),
    );
  });

  it.each([
    ['logging is off', {}, {}],
    ['one route alone logs, and another is asked', { 'orders/GET': { loggingLevel: 'INFO' } }, {}],
    [
      'the account has no CloudWatch role',
      { '*/*': { loggingLevel: 'INFO' } },
      { account: { cloudwatchRoleArn: null } },
    ],
    [
      'the group was deleted',
      { '*/*': { loggingLevel: 'INFO' } },
      { logGroups: { [executionGroup]: { absent: true } } },
    ],
  ])('do not exist, or hold nothing, where %s', async (what, methodSettings, rest) => {
    const stage = await serve({ ...ordersWorld({ methodSettings }), ...rest, traffic: { failing } });

    if (what.startsWith('one route')) expect(await messages(stage, executionGroup)).toEqual([]);
    else
      expect(await refusal(messages(stage, executionGroup))).toMatchObject({
        name: 'ResourceNotFoundException',
        status: 400,
      });
  });

  it('of WebSocket APIs go by the extended request id, to a group of their own', async () => {
    const stage = await serve({
      webSocketApis: {
        w1: {
          name: 'chat',
          routes: { send: { target: 'integrations/i1' } },
          integrations: { i1: { integrationType: 'AWS_PROXY', function: 'chat' } },
          stages: { live: { defaultRouteSettings: { loggingLevel: 'INFO' } } },
        },
      },
      traffic: {
        failing: {
          api: 'w1',
          route: 'send',
          from: '-10m',
          perMinute: 1,
          status: 500,
          execution: ['Execution failed due to configuration error: Invalid permissions on Lambda function'],
        },
      },
    });

    const lines = await messages(stage, '/aws/apigateway/w1/live');

    expect(lines.filter(line => line.includes('Invalid permissions'))).toHaveLength(10);
    expect(lines[0]).toMatch(/^\([\w-]{15}=\) /);
  });
});

describe('access logs', () => {
  it('are rendered from the stage’s own format, with a dash for what is not there', async () => {
    const accessLogSettings = {
      destinationArn: 'arn:aws:logs:<region>:<accountId>:log-group:access:*',
      format:
        '$context.requestId $context.status "$context.integration.error" $context.error.messageString $context.authorizer.error $context.path [$context.requestTime]',
    };
    const stage = await serve({ ...ordersWorld({ accessLogSettings }), traffic: { failing } });

    const [line = ''] = await messages(stage, 'access');

    const [id] = line.split(' ');
    expect(line).toMatch(
      /^[0-9a-f-]{36} 500 "for [0-9a-f-]{36}" "Internal server error" - \/prod\/orders\/7 \[22\/Nov\/2026:11:5\d:\d\d \+0000\]$/,
    );
    expect(line).toContain(`"for ${id}"`);
  });
});

describe('function logs', () => {
  it('hold START, what was printed, END and REPORT of each invocation', async () => {
    const stage = await serve({ ...ordersWorld(), traffic: { healthy } });

    const lines = await messages(stage, '/aws/lambda/orders-handler', { limit: 4 });

    const id = /RequestId: (\S+)/.exec(lines[0] ?? '')?.[1];
    expect(lines[0]).toBe(`START RequestId: ${id} Version: $LATEST\n`);
    expect(lines[1]).toMatch(new RegExp(`\\t${id}\\tINFO\\tlisted\\n$`));
    expect(lines[2]).toBe(`END RequestId: ${id}\n`);
    expect(lines[3]).toMatch(
      /^REPORT RequestId: \S+\tDuration: \d+\.00 ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\tMax Memory Used: 74 MB$/,
    );
  });

  it('show errors and timeouts, and nothing of what was throttled', async () => {
    const flow = { api: 'a1b2c3d4e5', route: 'GET /orders', from: '-2m', perMinute: 1, status: 502, execution: [] };
    const group = '/aws/lambda/orders-handler';
    const thrown = await messages(
      await serve({
        ...ordersWorld(),
        traffic: { x: { ...flow, function: { error: 'TypeError: total of undefined' } } },
      }),
      group,
    );
    const late = await messages(
      await serve({
        ...ordersWorld(),
        traffic: { x: { ...flow, function: { error: 'Task timed out after 3.00 seconds', durationMs: 3000 } } },
      }),
      group,
    );
    const refused = await messages(
      await serve({ ...ordersWorld(), traffic: { x: { ...flow, function: { throttled: true } } } }),
      group,
    );

    expect(thrown[1]).toContain('{"errorType":"TypeError","errorMessage":"total of undefined"');
    expect(thrown[3]).toContain('\tStatus: error');
    expect(late[1]).toMatch(/^\S+ \S+ Task timed out after 3.00 seconds\n\n$/);
    expect(late[3]).toContain('\tStatus: timeout');
    expect(refused).toEqual([]);
  });
});

describe('FilterLogEvents', () => {
  const events = [
    { at: '-3m', message: 'alpha one' },
    { at: '-2m', message: '{"status":500,"error":{"type":"x-y"}}' },
    { at: '-1m', message: 'beta one' },
    { at: '1m', message: 'not yet' },
  ];
  const world = { logGroups: { raw: { events }, cold: { logGroupClass: 'INFREQUENT_ACCESS' } } } as const;

  it.each([
    ['one', ['alpha one', 'beta one']],
    ['"alpha one"', ['alpha one']],
    ['?alpha ?beta', ['alpha one', 'beta one']],
    ['one -alpha', ['beta one']],
    ['Alpha', []],
    ['{ $.status = 500 }', [events[1]?.message]],
    ['{ $.status >= 400 && $.error.type = "x-*" }', [events[1]?.message]],
    ['{ $.status = 200 || $.error.type = "x-y" }', [events[1]?.message]],
    ['{ $.missing != 1 }', []],
  ])('with the pattern %s', async (filterPattern, expected) => {
    expect(await messages(await serve(world), 'raw', { filterPattern })).toEqual(expected);
  });

  it('pages, turns around, keeps to the times and shows nothing of the future', async () => {
    const stage = await serve({ ...world, pageSize: { 'logs:FilterLogEvents': 2 } });
    const client = new CloudWatchLogsClient(stage.options);

    const first = await client.send(new FilterLogEventsCommand({ logGroupName: 'raw' }));
    const second = await client.send(new FilterLogEventsCommand({ logGroupName: 'raw', nextToken: first.nextToken }));
    const newest = await client.send(
      new FilterLogEventsCommand({
        logGroupIdentifier: 'arn:aws:logs:eu-west-1:111122223333:log-group:raw',
        startFromHead: false,
        limit: 1,
      }),
    );
    const within = await client.send(
      new FilterLogEventsCommand({
        logGroupName: 'raw',
        startTime: zero.getTime() - 3 * minute,
        endTime: zero.getTime() - 3 * minute,
      }),
    );

    expect([first.events?.length, second.events?.map(({ message }) => message), second.nextToken]).toEqual([
      2,
      ['beta one'],
      undefined,
    ]);
    expect(newest.events?.map(({ message }) => message)).toEqual(['beta one']);
    expect(within.events?.map(({ message }) => message)).toEqual(['alpha one']);
  });

  it('refuses absent groups, infrequent access and broken patterns', async () => {
    const stage = await serve(world);

    expect(await refusal(messages(stage, 'gone'))).toMatchObject({ name: 'ResourceNotFoundException' });
    expect(await refusal(messages(stage, 'cold'))).toMatchObject({ name: 'InvalidOperationException' });
    expect(await refusal(messages(stage, 'raw', { filterPattern: 'un-quoted' }))).toMatchObject({
      name: 'InvalidParameterException',
    });
    expect(await refusal(messages(stage, 'raw', { filterPattern: '{ status = 1 }' }))).toMatchObject({
      name: 'InvalidParameterException',
    });
  });
});

it('WAF logs, samples and counts the requests that it decided on', async () => {
  const arn = 'arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/front/0f0f';
  const stage = await serve({
    ...ordersWorld({ webAclArn: arn }),
    webAcls: {
      [arn]: {
        rules: { bots: { priority: 1, blockStatusCode: 500 } },
        logging: { destinationArns: ['arn:aws:logs:<region>:<accountId>:log-group:aws-waf-logs-front'] },
      },
    },
    traffic: {
      blocked: {
        api: 'a1b2c3d4e5',
        route: 'GET /orders',
        from: '-10m',
        perMinute: 1,
        status: 500,
        sent: false,
        execution: [],
        waf: { rule: 'bots' },
      },
    },
  });
  const client = new WAFV2Client(stage.options);

  const logging = await client.send(new GetLoggingConfigurationCommand({ ResourceArn: arn }));
  const samples = await client.send(
    new GetSampledRequestsCommand({
      WebAclArn: arn,
      RuleMetricName: 'bots',
      Scope: 'REGIONAL',
      TimeWindow: { StartTime: new Date(zero.getTime() - 5 * minute), EndTime: zero },
      MaxItems: 3,
    }),
  );
  const [line = ''] = await messages(stage, 'aws-waf-logs-front');

  expect(logging.LoggingConfiguration?.LogDestinationConfigs).toHaveLength(1);
  expect([samples.SampledRequests?.length, samples.PopulationSize]).toEqual([3, 5]);
  expect(samples.SampledRequests?.[0]).toMatchObject({ Action: 'BLOCK', ResponseCodeSent: 500 });
  expect(JSON.parse(line)).toMatchObject({
    action: 'BLOCK',
    terminatingRuleId: 'bots',
    httpSourceId: '111122223333:a1b2c3d4e5:prod',
  });
});
