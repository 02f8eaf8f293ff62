import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  type DescribeAlarmsCommandInput,
  GetMetricDataCommand,
  type GetMetricDataCommandInput,
} from '@aws-sdk/client-cloudwatch';
import { describe, expect, it } from 'vitest';
import { failing, healthy, minute, ordersWorld, refusal, type Stage, serve, zero } from './support.ts';

describe('metrics', () => {
  const named = (Namespace: string, MetricName: string, dimensions: Record<string, string>, Stat = 'Sum') => ({
    Id: `m${MetricName.replace(/\W/g, '').toLowerCase()}`,
    MetricStat: {
      Metric: {
        Namespace,
        MetricName,
        Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      },
      Period: 60,
      Stat,
    },
  });
  const read = async (
    { options }: Stage,
    MetricDataQueries: GetMetricDataCommandInput['MetricDataQueries'],
    more: object = {},
  ) => {
    const { MetricDataResults = [] } = await new CloudWatchClient(options).send(
      new GetMetricDataCommand({
        StartTime: new Date(zero.getTime() - 12 * minute),
        EndTime: zero,
        ScanBy: 'TimestampAscending',
        MetricDataQueries,
        ...more,
      }),
    );
    return MetricDataResults.map(({ Values }) => Values);
  };
  const stageOf = { ApiName: 'orders-api', Stage: 'prod' };

  it('of REST APIs are counted from all flows, by name and stage', async () => {
    const stage = await serve({ ...ordersWorld(), traffic: { failing, healthy } });

    const [count, errors, clientErrors, latency, other, detailed] = await read(stage, [
      named('AWS/ApiGateway', 'Count', stageOf),
      named('AWS/ApiGateway', '5XXError', { ApiName: 'orders-api' }),
      named('AWS/ApiGateway', '4XXError', stageOf),
      named('AWS/ApiGateway', 'Latency', stageOf, 'p95'),
      named('AWS/ApiGateway', 'IntegrationLatency', { ...stageOf, Stage: 'dev' }),
      { ...named('AWS/ApiGateway', 'Count', { ...stageOf, Method: 'GET', Resource: '/orders' }), Id: 'detailed' },
    ]);

    expect(count).toEqual([4, 4, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6]);
    expect(errors).toEqual([0, 0, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2]);
    expect(clientErrors).toEqual(Array(12).fill(0));
    expect(Math.max(...(latency ?? []))).toBeLessThanOrEqual(62);
    expect([other, detailed]).toEqual([[], []]);
  });

  it('of single methods are there with detailed metrics only', async () => {
    const stage = await serve({
      ...ordersWorld({ methodSettings: { '*/*': { metricsEnabled: true } } }),
      traffic: { failing },
    });

    expect(
      await read(stage, [
        named('AWS/ApiGateway', '5XXError', { ...stageOf, Method: 'GET', Resource: '/orders/{orderId}' }),
      ]),
    ).toEqual([Array(10).fill(2)]);
  });

  it('of functions count invocations, errors and throttles apart', async () => {
    const base = { api: 'a1b2c3d4e5', route: 'GET /orders', from: '-12m', status: 500, execution: [] };
    const stage = await serve({
      ...ordersWorld(),
      traffic: {
        healthy,
        thrown: { ...base, perMinute: 2, function: { error: 'Error: x', durationMs: 900 } },
        refused: { ...base, perMinute: 1, function: { throttled: true } },
        never: { ...base, perMinute: 7 },
      },
    });
    const dimensions = { FunctionName: 'orders-handler' };

    const [invocations, errors, throttles, longest] = await read(stage, [
      named('AWS/Lambda', 'Invocations', dimensions),
      named('AWS/Lambda', 'Errors', dimensions),
      named('AWS/Lambda', 'Throttles', dimensions),
      named('AWS/Lambda', 'Duration', dimensions, 'Maximum'),
    ]);

    expect([invocations, errors, throttles, longest]).toEqual([
      Array(12).fill(6),
      Array(12).fill(2),
      Array(12).fill(1),
      Array(12).fill(900),
    ]);
  });

  it('of HTTP and WebSocket APIs go by id and under their own names', async () => {
    const integrations = { i1: { integrationType: 'HTTP_PROXY', integrationUri: 'https://x.example' } } as const;
    const stage = await serve({
      httpApis: {
        h1: {
          name: 'shop',
          routes: { $default: { target: 'integrations/i1' } },
          integrations,
          stages: { $default: { autoDeploy: true } },
        },
      },
      webSocketApis: {
        w1: { name: 'chat', routes: { send: { target: 'integrations/i1' } }, integrations, stages: { live: {} } },
      },
      traffic: {
        http: { api: 'h1', route: 'GET /a', perMinute: 3, status: 503 },
        cannotCall: { api: 'w1', route: 'send', perMinute: 2, status: 500, execution: [] },
        answered: { api: 'w1', route: 'send', perMinute: 1, status: 500, access: { 'integration.status': 500 } },
      },
    });

    const [http, execution, integration, messagesSent] = await read(stage, [
      named('AWS/ApiGateway', '5xx', { ApiId: 'h1', Stage: '$default' }),
      named('AWS/ApiGateway', 'ExecutionError', { ApiId: 'w1', Stage: 'live' }),
      named('AWS/ApiGateway', 'IntegrationError', { ApiId: 'w1' }),
      named('AWS/ApiGateway', 'MessageCount', { ApiId: 'w1' }),
    ]);

    expect([http?.[0], execution?.[0], integration?.[0], messagesSent?.[0]]).toEqual([3, 2, 1, 3]);
  });

  it('strip what is not ASCII from ApiName, add raw series, and page', async () => {
    const world = ordersWorld();
    const api = { ...world.restApis?.a1b2c3d4e5, name: 'Bestellungen für alle' } as never;
    const stage = await serve({
      ...world,
      restApis: { a1b2c3d4e5: api },
      traffic: { healthy },
      metrics: {
        raw: {
          namespace: 'My/App',
          metric: 'Queue',
          points: [{ at: '-5m', value: 7 }],
          steady: { from: '-3m', value: 2 },
        },
      },
      pageSize: { 'cloudwatch:GetMetricData': 3 },
    });

    expect(await read(stage, [named('AWS/ApiGateway', 'Count', { ApiName: 'Bestellungen fr alle' })])).toEqual([
      [4, 4, 4],
    ]);
    expect(await read(stage, [named('My/App', 'Queue', {})])).toEqual([[7, 2, 2]]);
    const first = await new CloudWatchClient(stage.options).send(
      new GetMetricDataCommand({
        StartTime: new Date(zero.getTime() - 4 * minute),
        EndTime: zero,
        MetricDataQueries: [named('AWS/ApiGateway', 'Count', { ApiName: 'Bestellungen fr alle' })],
      }),
    );
    expect([first.MetricDataResults?.[0]?.StatusCode, typeof first.NextToken]).toEqual(['PartialData', 'string']);
    expect(first.MetricDataResults?.[0]?.Timestamps?.[0]).toEqual(new Date(zero.getTime() - minute));
  });

  it('refuse what CloudWatch refuses', async () => {
    const stage = await serve({});

    expect(await refusal(read(stage, [], { EndTime: new Date(0) }))).toMatchObject({ status: 400 });
    expect(await refusal(read(stage, [named('A', 'B', {}, 'Median')]))).toMatchObject({ status: 400 });
  });

  it('alarms answer by name and kind', async () => {
    const alarms = {
      metric: { namespace: 'AWS/ApiGateway', metric: '5XXError', dimensions: stageOf, threshold: 5 },
      rate: {
        metrics: {
          e: { namespace: 'AWS/ApiGateway', metric: '5XXError', dimensions: stageOf },
          r: { expression: 'e*100' },
        },
      },
      any: { rule: 'ALARM(metric)', children: ['metric'] },
    };
    const { options } = await serve({ alarms });
    const ask = async (input: DescribeAlarmsCommandInput) =>
      new CloudWatchClient(options).send(new DescribeAlarmsCommand(input));

    expect((await ask({})).MetricAlarms?.map(({ AlarmName }) => AlarmName)).toEqual(['metric', 'rate']);
    expect((await ask({ AlarmNames: ['rate'] })).MetricAlarms?.[0]?.Metrics?.map(({ Id }) => Id)).toEqual(['e', 'r']);
    expect((await ask({ AlarmNames: ['any'], AlarmTypes: ['CompositeAlarm'] })).CompositeAlarms?.[0]?.AlarmRule).toBe(
      'ALARM(metric)',
    );
    expect((await ask({ ChildrenOfAlarmName: 'any' })).MetricAlarms?.map(({ AlarmName }) => AlarmName)).toEqual([
      'metric',
    ]);
  });
});
