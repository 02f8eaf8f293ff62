import { describe, expect, it } from 'vitest';
import { readAlarm, readAlarms, readMetrics } from '../../src/aws/metrics.ts';
import type { MetricQuery } from '../../src/aws/types.ts';
import { wire } from './wire.ts';

const start = '2026-11-20T10:00:00.000Z';
const end = '2026-11-20T10:15:00.000Z';
const at = (minute: number) => Date.parse(start) / 1_000 + minute * 60;
const query = (id: string): MetricQuery => ({
  id,
  namespace: 'AWS/ApiGateway',
  metric: '5XXError',
  dimensions: { ApiName: 'orders-api', Stage: 'prod' },
  stat: 'Sum',
  periodSeconds: 60,
});

describe('readMetrics', () => {
  it('puts the pages of each series together, in order, by the ids that were asked for', async () => {
    const { send, calls } = await wire(({ body }) =>
      body.NextToken === undefined
        ? {
            body: {
              MetricDataResults: [
                { Id: 'm0', Timestamps: [at(2), at(1)], Values: [3, 2], StatusCode: 'PartialData' },
                { Id: 'm1', Timestamps: [], Values: [], StatusCode: 'Complete' },
              ],
              NextToken: 't',
            },
          }
        : { body: { MetricDataResults: [{ Id: 'm0', Timestamps: [at(0)], Values: [1], StatusCode: 'Complete' }] } },
    );

    await expect(
      readMetrics(send, [query('5xx by minute'), query('other'), query('absent')], start, end),
    ).resolves.toEqual([
      {
        id: '5xx by minute',
        points: [
          { at: '2026-11-20T10:00:00.000Z', value: 1 },
          { at: '2026-11-20T10:01:00.000Z', value: 2 },
          { at: '2026-11-20T10:02:00.000Z', value: 3 },
        ],
      },
      { id: 'other', points: [] },
      { id: 'absent', points: [] },
    ]);
    expect(calls).toHaveLength(2);
    expect(calls[0]?.body).toMatchObject({
      StartTime: at(0),
      EndTime: at(15),
      ScanBy: 'TimestampAscending',
      MetricDataQueries: [
        {
          Id: 'm0',
          MetricStat: {
            Metric: {
              Namespace: 'AWS/ApiGateway',
              MetricName: '5XXError',
              Dimensions: [
                { Name: 'ApiName', Value: 'orders-api' },
                { Name: 'Stage', Value: 'prod' },
              ],
            },
            Period: 60,
            Stat: 'Sum',
          },
        },
        { Id: 'm1' },
        { Id: 'm2' },
      ],
    });
  });

  it('asks from a full minute on, whatever second the time begins at', async () => {
    const { send, calls } = await wire(() => ({ body: { MetricDataResults: [] } }));

    await readMetrics(send, [query('errors')], '2026-11-20T10:00:19.500Z', end);

    expect(calls[0]?.body).toMatchObject({ StartTime: at(0), EndTime: at(15) });
  });

  it('asks for at most 500 series at once', async () => {
    const { send, calls } = await wire(() => ({ body: { MetricDataResults: [] } }));

    const series = await readMetrics(
      send,
      Array.from({ length: 501 }, (_, i) => query(`q${i}`)),
      start,
      end,
    );

    expect(series).toHaveLength(501);
    expect(calls.map(call => (call.body.MetricDataQueries as unknown[]).length).toSorted()).toEqual([1, 500]);
  });

  it('asks nothing where nothing is wanted', async () => {
    const { send, calls } = await wire(() => ({}));

    await expect(readMetrics(send, [], start, end)).resolves.toEqual([]);
    expect(calls).toEqual([]);
  });

  it.each([
    ['Forbidden', 'access_denied', 'cloudwatch:GetMetricData'],
    ['InternalError', 'timeout', null],
  ])('rejects a series that is %s', async (StatusCode, reason, permission) => {
    const { send } = await wire(() => ({ body: { MetricDataResults: [{ Id: 'm0', Label: '5XXError', StatusCode }] } }));

    await expect(readMetrics(send, [query('a')], start, end)).rejects.toMatchObject({ reason, permission });
  });
});

describe('readAlarm', () => {
  it('reads a metric alarm', async () => {
    const { send, calls } = await wire(() => ({
      body: {
        MetricAlarms: [
          {
            AlarmName: 'orders 5xx',
            AlarmArn: 'arn:aws:cloudwatch:eu-west-1:111122223333:alarm:orders 5xx',
            StateValue: 'ALARM',
            StateUpdatedTimestamp: at(3),
            Threshold: 5,
            Namespace: 'AWS/ApiGateway',
            MetricName: '5XXError',
            Dimensions: [{ Name: 'ApiName', Value: 'orders-api' }],
            Statistic: 'Sum',
            Period: 300,
            ComparisonOperator: 'GreaterThanThreshold',
          },
        ],
      },
    }));

    await expect(readAlarm(send, 'orders 5xx')).resolves.toEqual({
      name: 'orders 5xx',
      arn: 'arn:aws:cloudwatch:eu-west-1:111122223333:alarm:orders 5xx',
      state: 'ALARM',
      stateChangedAt: '2026-11-20T10:03:00.000Z',
      threshold: 5,
      comparison: 'GreaterThanThreshold',
      metrics: [
        {
          namespace: 'AWS/ApiGateway',
          metric: '5XXError',
          dimensions: { ApiName: 'orders-api' },
          stat: 'Sum',
          periodSeconds: 300,
          accountId: null,
          compared: true,
        },
      ],
      rule: null,
    });
    expect(calls[0]?.body).toEqual({
      AlarmNames: ['orders 5xx'],
      AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
      MaxRecords: 100,
    });
  });

  it('reads the metrics of an expression, and the rule of a composite alarm', async () => {
    const expression = await wire(() => ({
      body: {
        MetricAlarms: [
          {
            AlarmName: 'rate',
            Metrics: [
              { Id: 'e1', Expression: 'm1/m2' },
              {
                Id: 'm1',
                MetricStat: {
                  Metric: {
                    Namespace: 'AWS/ApiGateway',
                    MetricName: '5xx',
                    Dimensions: [{ Name: 'ApiId', Value: 'a' }],
                  },
                  Period: 60,
                  Stat: 'Sum',
                },
              },
            ],
          },
        ],
      },
    }));
    const composite = await wire(() => ({
      body: { CompositeAlarms: [{ AlarmName: 'all', AlarmRule: 'ALARM("rate")' }] },
    }));

    await expect(readAlarm(expression.send, 'rate')).resolves.toMatchObject({
      metrics: [{ namespace: 'AWS/ApiGateway', metric: '5xx', dimensions: { ApiId: 'a' } }],
      stateChangedAt: null,
    });
    await expect(readAlarm(composite.send, 'all')).resolves.toMatchObject({
      rule: 'ALARM("rate")',
      metrics: [],
      threshold: null,
    });
  });

  it('reads the metric and the API of a query', async () => {
    const Expression = `SELECT MAX("5xx") FROM SCHEMA("AWS/ApiGateway", ApiId, Stage) WHERE ApiId = 'h4x8' AND Stage='$default'`;
    const { send } = await wire(() => ({
      body: { MetricAlarms: [{ AlarmName: 'q', Metrics: [{ Id: 'q1', Expression }] }] },
    }));

    expect((await readAlarm(send, 'q'))?.metrics).toMatchObject([
      { namespace: 'AWS/ApiGateway', metric: '5xx', dimensions: { ApiId: 'h4x8', Stage: '$default' }, compared: false },
    ]);
  });

  it('asks for a hundred alarms in a call, each once', async () => {
    const { send, calls } = await wire(({ body }) => ({
      body: { MetricAlarms: (body.AlarmNames as string[]).map(AlarmName => ({ AlarmName })) },
    }));
    const names = Array.from({ length: 130 }, (_, index) => `alarm ${index}`);

    await expect(readAlarms(send, [...names, ...names])).resolves.toHaveLength(130);
    expect(calls.map(call => (call.body.AlarmNames as string[]).length)).toEqual([100, 30]);
  });

  it('answers null where there is none', async () => {
    const { send } = await wire(() => ({ body: { MetricAlarms: [], CompositeAlarms: [] } }));

    await expect(readAlarm(send, 'gone')).resolves.toBeNull();
  });
});
