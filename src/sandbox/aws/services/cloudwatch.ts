/** CloudWatch metrics and alarms (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/). */
import type { MetricAlarm, MetricDataQuery, MetricDataResult } from '@aws-sdk/client-cloudwatch';
import { type Datapoint, datapoints } from '../derived/metrics.ts';
import { WireError } from '../wire/errors.ts';
import { partitionOf } from '../world/lookup.ts';
import type { Alarm } from '../world/telemetry.ts';
import type { World } from '../world.ts';
import { type Ask, dateAt, given, type Handlers, page } from './ask.ts';

export const cloudwatchHandlers: Handlers<'cloudwatch'> = {
  'cloudwatch:GetMetricData': (input, ask) => {
    const { StartTime: start, EndTime: end, MetricDataQueries: queries = [] } = input;
    if (start === undefined || end === undefined || start >= end) {
      throw new WireError('ValidationError', 400, 'The parameter StartTime must be less than the parameter EndTime.');
    }
    if (queries.length > 500)
      throw new WireError(
        'ValidationError',
        400,
        'The collection MetricDataQueries must not have a size greater than 500.',
      );
    const ascending = input.ScanBy === 'TimestampAscending';
    const points = queries.flatMap(query =>
      query.ReturnData === false
        ? []
        : (ascending ? series(ask, query, start, end) : series(ask, query, start, end).reverse()).map(point => ({
            query,
            point,
          })),
    );
    const badToken = new WireError('InvalidNextToken', 400, 'The next token specified is invalid.');
    const { items, next } = page(
      points,
      input.NextToken,
      Math.min(input.MaxDatapoints ?? 100_800, 100_800, ask.pageCap),
      badToken,
    );
    const results = queries
      .filter(query => query.ReturnData !== false)
      .map(query =>
        result(
          query,
          items.flatMap(item => (item.query === query ? [item.point] : [])),
          next !== null,
        ),
      );
    return { MetricDataResults: results, Messages: [], ...given('NextToken', next) };
  },
  'cloudwatch:DescribeAlarms': (input, ask) => {
    const types = input.AlarmTypes ?? ['MetricAlarm'];
    const parent = input.ChildrenOfAlarmName;
    const children = parent === undefined ? null : (ask.world.alarms[parent]?.children ?? []);
    const all = Object.entries(ask.world.alarms)
      .filter(([name]) => input.AlarmNames === undefined || input.AlarmNames.includes(name))
      .filter(([name]) => name.startsWith(input.AlarmNamePrefix ?? ''))
      .filter(([name]) => children === null || children.includes(name))
      .filter(([, alarm]) => input.StateValue === undefined || alarm.state === input.StateValue)
      .filter(([, alarm]) => (types as string[]).includes(alarm.rule === undefined ? 'MetricAlarm' : 'CompositeAlarm'));
    const badToken = new WireError('InvalidNextToken', 400, 'The next token specified is invalid.');
    const { items, next } = page(all, input.NextToken, Math.min(input.MaxRecords ?? 50, 100, ask.pageCap), badToken);
    return {
      MetricAlarms: items
        .filter(([, alarm]) => alarm.rule === undefined)
        .map(([name, alarm]) => metricAlarm(ask, name, alarm)),
      CompositeAlarms: items
        .filter(([, alarm]) => alarm.rule !== undefined)
        .map(([name, alarm]) => ({ ...common(ask, name, alarm), ...given('AlarmRule', alarm.rule) })),
      ...given('NextToken', next),
    };
  },
  'cloudwatch:ListTagsForResource': (input, ask) => {
    const alarm = Object.entries(ask.world.alarms).find(
      ([name]) => alarmArn(ask.world, name) === input.ResourceARN,
    )?.[1];
    if (alarm === undefined) {
      throw new WireError('ResourceNotFoundException', 404, `The resource ${input.ResourceARN} does not exist.`);
    }
    return { Tags: Object.entries(alarm.tags).map(([Key, Value]) => ({ Key, Value })) };
  },
};

function alarmArn({ region, accountId }: World, name: string): string {
  return `arn:${partitionOf(region)}:cloudwatch:${region}:${accountId}:alarm:${name}`;
}

const knownStatistics = /^(Sum|Average|Minimum|Maximum|SampleCount|p\d{1,2}(\.\d+)?|p100)$/;

function series(ask: Ask, query: MetricDataQuery, start: Date, end: Date): Datapoint[] {
  const { Metric, Stat = '', Period = 0 } = query.MetricStat ?? {};
  if (Metric === undefined)
    throw new WireError('ValidationError', 400, `The sandbox serves no metric math: ${query.Expression}`);
  if (!knownStatistics.test(Stat))
    throw new WireError('ValidationError', 400, `The value '${Stat}' for parameter Stat is not supported.`);
  if (Period < 60 || Period % 60 !== 0)
    throw new WireError('ValidationError', 400, `The parameter Period must be a multiple of 60: ${Period}.`);
  const dimensions = Object.fromEntries((Metric.Dimensions ?? []).map(({ Name = '', Value = '' }) => [Name, Value]));
  const name = { namespace: Metric.Namespace ?? '', metric: Metric.MetricName ?? '', dimensions };
  return datapoints(ask, name, Stat, Period * 1000, start.getTime(), end.getTime());
}

function result(query: MetricDataQuery, points: Datapoint[], partial: boolean): MetricDataResult {
  return {
    ...given('Id', query.Id),
    Label: query.Label ?? query.MetricStat?.Metric?.MetricName ?? '',
    Timestamps: points.map(({ at }) => new Date(at)),
    Values: points.map(({ value }) => value),
    StatusCode: partial ? 'PartialData' : 'Complete',
  };
}

function common(ask: Ask, name: string, alarm: Alarm) {
  return {
    AlarmName: name,
    AlarmArn: alarmArn(ask.world, name),
    ...given('AlarmDescription', alarm.description),
    ActionsEnabled: true,
    OKActions: [],
    AlarmActions: [],
    InsufficientDataActions: [],
    StateValue: alarm.state,
    StateReason: alarm.stateReason,
    StateUpdatedTimestamp: dateAt(ask, alarm.stateChangedAt),
    StateTransitionedTimestamp: dateAt(ask, alarm.stateChangedAt),
  };
}

function dimensionList(dimensions: Record<string, string>) {
  return Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
}

function metricAlarm(ask: Ask, name: string, alarm: Alarm): MetricAlarm {
  const threshold = {
    ...given('Threshold', alarm.threshold),
    ComparisonOperator: alarm.comparison as never,
    EvaluationPeriods: alarm.evaluationPeriods,
  };
  if (alarm.metrics !== undefined) {
    const Metrics = Object.entries(alarm.metrics).map(([Id, one]) =>
      'expression' in one
        ? { Id, Expression: one.expression, ReturnData: true }
        : {
            Id,
            MetricStat: {
              Metric: { Namespace: one.namespace, MetricName: one.metric, Dimensions: dimensionList(one.dimensions) },
              Period: alarm.period,
              Stat: one.stat,
            },
            ...given('AccountId', one.accountId),
            ReturnData: false,
          },
    );
    return { ...common(ask, name, alarm), ...threshold, Metrics };
  }
  return {
    ...common(ask, name, alarm),
    ...threshold,
    ...given('Namespace', alarm.namespace),
    ...given('MetricName', alarm.metric),
    Dimensions: dimensionList(alarm.dimensions ?? {}),
    Period: alarm.period,
    ...(alarm.stat.startsWith('p') ? { ExtendedStatistic: alarm.stat } : { Statistic: alarm.stat as never }),
  };
}
