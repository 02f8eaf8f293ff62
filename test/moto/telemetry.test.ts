import { PutMetricAlarmCommand, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { CreateLogGroupCommand, CreateLogStreamCommand, PutLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { beforeAll, describe, expect, test } from 'vitest';
import { readWriteEvents } from '../../src/aws/cloudtrail.ts';
import { readServiceEvents } from '../../src/aws/health.ts';
import { readLogEvents } from '../../src/aws/logs.ts';
import { readAlarm, readMetrics } from '../../src/aws/metrics.ts';
import type { MetricQuery } from '../../src/aws/types.ts';
import { arn, buildersIn, expectUnread, readersIn } from './aws.ts';

const region = 'us-west-2';
const aws = buildersIn(region);
const { send } = await readersIn(region);
const logGroup = 'API-Gateway-Execution-Logs_a1b2c3d4e5/prod';
const minute = 60_000;
/** Some minutes back, on a full minute. */
const start = Math.floor(Date.now() / minute) * minute - 10 * minute;
const at = (minutes: number, ms = 0) => new Date(start + minutes * minute + ms).toISOString();
const stage = { ApiName: 'Shop', Stage: 'prod' };

beforeAll(async () => {
  await aws.logs.send(new CreateLogGroupCommand({ logGroupName: logGroup }));
  await aws.logs.send(new CreateLogGroupCommand({ logGroupName: '/silent' }));
  const write = async (logStreamName: string, messages: [ms: number, message: string][]) => {
    await aws.logs.send(new CreateLogStreamCommand({ logGroupName: logGroup, logStreamName }));
    const logEvents = messages.map(([ms, message]) => ({ timestamp: start + ms, message }));
    await aws.logs.send(new PutLogEventsCommand({ logGroupName: logGroup, logStreamName, logEvents }));
  };
  const lines = Array.from({ length: 12 }, (_, index): [number, string] => [
    index * 1_000,
    `(r-${index}) Execution failed due to configuration error: Malformed Lambda proxy response`,
  ]);
  await write('one', lines);
  await write('two', [
    [5 * minute, '(r-5) Lambda invocation failed with status: 429. api_key=AKIAIOSFODNN7EXAMPLE\nSecond line\n'],
    [9 * minute, '(r-9) Method completed with status: 200'],
  ]);

  const values = [
    ['Count', [10, 12, 8]],
    ['5XXError', [0, 3, 4]],
  ] as const;
  await aws.cloudWatch.send(
    new PutMetricDataCommand({
      Namespace: 'AWS/ApiGateway',
      MetricData: values.flatMap(([MetricName, counts]) =>
        counts.map((Value, index) => ({
          MetricName,
          Value,
          Timestamp: new Date(at(index * 2, 7_000)),
          Dimensions: Object.entries(stage).map(([Name, Value]) => ({ Name, Value })),
        })),
      ),
    }),
  );
  await aws.cloudWatch.send(
    new PutMetricAlarmCommand({
      AlarmName: 'shop 5xx',
      Namespace: 'AWS/ApiGateway',
      MetricName: '5XXError',
      Dimensions: Object.entries(stage).map(([Name, Value]) => ({ Name, Value })),
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 2.5,
      ComparisonOperator: 'GreaterThanThreshold',
    }),
  );
  await aws.cloudWatch.send(
    new PutMetricAlarmCommand({
      AlarmName: 'shop error share',
      Metrics: [
        {
          Id: 'errors',
          ReturnData: false,
          MetricStat: {
            Metric: {
              Namespace: 'AWS/ApiGateway',
              MetricName: '5XXError',
              Dimensions: [{ Name: 'ApiName', Value: 'Shop' }],
            },
            Period: 60,
            Stat: 'Sum',
          },
        },
        { Id: 'share', Expression: 'errors / 100', ReturnData: true },
      ],
      EvaluationPeriods: 1,
      Threshold: 0.1,
      ComparisonOperator: 'GreaterThanThreshold',
    }),
  );
});

describe('log events', () => {
  const whole = { start: at(0), end: at(10), limit: 1_000 };

  test('are read oldest first from every stream, with secrets masked', async () => {
    const read = await readLogEvents(send, logGroup, whole);

    expect(read).toMatchObject({ complete: true });
    expect(read?.items.map(event => event.at)).toEqual(read?.items.map(event => event.at).toSorted());
    expect(read?.items).toHaveLength(14);
    expect(read?.items[0]).toEqual({
      at: at(0),
      message: '(r-0) Execution failed due to configuration error: Malformed Lambda proxy response',
      stream: 'one',
    });
    expect(read?.items[12]).toMatchObject({ at: at(5), stream: 'two' });
    expect(read?.items[12]?.message).toMatch(/^\(r-5\) Lambda invocation failed with status: 429\..*\nSecond line$/s);
    expect(JSON.stringify(read)).not.toContain('AKIAIOSFODNN7EXAMPLE');
  });

  test('are cut to the time and to a pattern', async () => {
    const early = await readLogEvents(send, logGroup, { ...whole, end: at(0, 3_000) });
    const late = await readLogEvents(send, logGroup, { ...whole, start: at(1), pattern: '"Lambda invocation failed"' });

    expect(early?.items.map(event => event.message.slice(0, 5))).toEqual(['(r-0)', '(r-1)', '(r-2)', '(r-3)']);
    expect(late?.items.map(event => event.at)).toEqual([at(5)]);
  });

  test('beyond the limit are told', async () => {
    const first = await readLogEvents(send, logGroup, { ...whole, limit: 5 });

    expect(first?.complete).toBe(false);
    expect(first?.items.map(event => event.at)).toEqual([0, 1, 2, 3, 4].map(index => at(0, index * 1_000)));
  });

  test('follow the pages to their end', async () => {
    const pages: unknown[] = [];
    const shortPages: typeof send = async (operation, input, options) => {
      pages.push(input);
      return await send(operation, { ...input, limit: 4 }, options);
    };

    const read = await readLogEvents(shortPages, logGroup, whole);

    expect(read).toMatchObject({ complete: true });
    expect(read?.items.map(event => event.at)).toEqual([
      ...Array.from({ length: 12 }, (_, index) => at(0, index * 1_000)),
      at(5),
      at(9),
    ]);
    expect(pages).toHaveLength(4);
  });

  // moto knows groups by their names only, not by their ARNs.
  test('a group may be silent, and may not exist', async () => {
    await expect(readLogEvents(send, '/silent', whole)).resolves.toEqual({ items: [], complete: true });
    await expect(readLogEvents(send, '/nobody', whole)).resolves.toBeNull();
  });
});

describe('metrics', () => {
  const query = (id: string, metric: string, dimensions: Record<string, string> = stage): MetricQuery => ({
    id,
    namespace: 'AWS/ApiGateway',
    metric,
    dimensions,
    stat: 'Sum',
    periodSeconds: 60,
  });

  test('come by the minute, in the order of their queries; minutes without data are absent', async () => {
    const queries = [query('requests', 'Count'), query('errors', '5XXError'), query('latency', 'Latency')];

    const read = await readMetrics(send, queries, at(0), at(8));

    const points = (...values: number[]) => values.map((value, index) => ({ at: at(index * 2), value }));
    expect(read).toEqual([
      { id: 'requests', points: points(10, 12, 8) },
      { id: 'errors', points: points(0, 3, 4) },
      { id: 'latency', points: [] },
    ]);
  });

  // moto counts periods from the second that is asked for, where CloudWatch rounds it down to a minute.
  test('begin on full minutes, whatever second they are asked from', async () => {
    const read = await readMetrics(send, [query('errors', '5XXError')], at(0, 3_000), at(8));

    expect(read[0]?.points.map(point => point.at)).toEqual([at(0), at(2), at(4)]);
  });

  test('of another stage are none of this one', async () => {
    const read = await readMetrics(send, [query('errors', '5XXError', { ...stage, Stage: 'test' })], at(0), at(8));

    expect(read).toEqual([{ id: 'errors', points: [] }]);
  });

  test('more than one call may hold are all read', async () => {
    const queries = Array.from({ length: 520 }, (_, index) =>
      query(`q${index}`, index % 2 === 0 ? 'Count' : '5XXError'),
    );

    const read = await readMetrics(send, queries, at(0), at(2));

    expect(read.map(series => series.id)).toEqual(queries.map(one => one.id));
    expect(read[519]?.points).toEqual([{ at: at(0), value: 0 }]);
    expect(read[518]?.points).toEqual([{ at: at(0), value: 10 }]);
  });
});

describe('alarms', () => {
  test('a metric alarm names its metric and its threshold', async () => {
    await expect(readAlarm(send, 'shop 5xx')).resolves.toMatchObject({
      name: 'shop 5xx',
      arn: arn('cloudwatch', region, 'alarm:shop 5xx'),
      threshold: 2.5,
      metrics: [{ namespace: 'AWS/ApiGateway', metric: '5XXError', dimensions: stage }],
      rule: null,
    });
  });

  test('an alarm on an expression names the metrics that it uses', async () => {
    await expect(readAlarm(send, 'shop error share')).resolves.toMatchObject({
      threshold: 0.1,
      metrics: [{ namespace: 'AWS/ApiGateway', metric: '5XXError', dimensions: { ApiName: 'Shop' } }],
    });
  });

  // moto makes no composite alarms; those are held by the tests at the wire.
  test('one that does not exist is null', async () => {
    await expect(readAlarm(send, 'nobody')).resolves.toBeNull();
  });
});

describe('what moto does not have is unread', () => {
  test('change events', async () => {
    const span = { region, start: at(0), end: at(10), pages: 2 };

    await expectUnread(readWriteEvents(send, span), 'cloudtrail:LookupEvents');
  });

  test('the health of the services, where no public feed stands in for it', async () => {
    await expectUnread(readServiceEvents(send, { region, feedUrl: null, fetch }), 'health:DescribeEvents');
  });
});
