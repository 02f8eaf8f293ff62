import type { CompositeAlarm, Metric, MetricAlarm, MetricDataResult } from '@aws-sdk/client-cloudwatch';
import { readPages } from './paging.ts';
import type { Send } from './send.ts';
import type { Alarm, AlarmMetric, MetricQuery, MetricSeries } from './types.ts';
import { orNull, UnreadError } from './unread.ts';

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html */
const queriesPerCall = 500;
const pageCap = 20;
const minuteMs = 60_000;

/**
 * One series for each query, in their order, oldest point first; periods without data are absent, and begin on full
 * minutes. `start` and `end` are ISO 8601. Rejects where CloudWatch could not give a series whole. Source: GetMetricData.
 */
export async function readMetrics(
  send: Send,
  queries: MetricQuery[],
  start: string,
  end: string,
): Promise<MetricSeries[]> {
  const calls: Promise<MetricSeries[]>[] = [];
  for (let from = 0; from < queries.length; from += queriesPerCall) {
    calls.push(readSeries(send, queries.slice(from, from + queriesPerCall), start, end));
  }
  return (await Promise.all(calls)).flat();
}

async function readSeries(send: Send, queries: MetricQuery[], start: string, end: string): Promise<MetricSeries[]> {
  const listed = await readPages(pageCap, async NextToken => {
    const page = await send('cloudwatch:GetMetricData', {
      MetricDataQueries: queries.map((query, index) => ({
        // CloudWatch takes only some characters in an id.
        Id: `m${index}`,
        MetricStat: {
          Metric: {
            Namespace: query.namespace,
            MetricName: query.metric,
            Dimensions: Object.entries(query.dimensions).map(([Name, Value]) => ({ Name, Value })),
          },
          Period: query.periodSeconds,
          Stat: query.stat,
        },
      })),
      // As CloudWatch rounds it: what looks for a minute would not find one that begins at its nineteenth second.
      StartTime: new Date(Math.floor(Date.parse(start) / minuteMs) * minuteMs),
      EndTime: new Date(end),
      ScanBy: 'TimestampAscending',
      NextToken,
    });
    return { items: page.MetricDataResults, next: page.NextToken };
  });
  const failed = listed.items.find(one => one.StatusCode === 'InternalError' || one.StatusCode === 'Forbidden');
  if (failed) throw seriesUnread(failed);
  if (!listed.complete) throw capped(start, end);
  return queries.map(({ id }, index) => ({ id, points: pointsOf(listed.items.filter(one => one.Id === `m${index}`)) }));
}

function pointsOf(parts: MetricDataResult[]): MetricSeries['points'] {
  return parts
    .flatMap(part =>
      (part.Timestamps ?? []).map((time, index) => ({ at: time.toISOString(), value: part.Values?.[index] ?? 0 })),
    )
    .toSorted((a, b) => a.at.localeCompare(b.at));
}

function seriesUnread({ StatusCode, Label, Messages }: MetricDataResult): UnreadError {
  const why = Messages?.[0]?.Value ?? StatusCode;
  return StatusCode === 'Forbidden'
    ? new UnreadError(
        'cloudwatch:GetMetricData',
        'access_denied',
        `cloudwatch:GetMetricData may not read the metric ${Label}: ${why}.`,
        'Grant cloudwatch:GetMetricData on * to the role of the bot.',
        'cloudwatch:GetMetricData',
      )
    : new UnreadError(
        'cloudwatch:GetMetricData',
        'timeout',
        `cloudwatch:GetMetricData failed for the metric ${Label}: ${why}.`,
        'Run this again in a minute.',
      );
}

function capped(start: string, end: string): UnreadError {
  return new UnreadError(
    'cloudwatch:GetMetricData',
    'capped',
    `The metrics from ${start} to ${end} have more than ${pageCap} pages, which is more than this program reads.`,
    'Ask for a shorter time.',
  );
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html */
const alarmsPerCall = 100;

/** A metric or composite alarm by name; null: none has this name. Source: DescribeAlarms. */
export async function readAlarm(send: Send, name: string): Promise<Alarm | null> {
  return (await readAlarms(send, [name]))[0] ?? null;
}

/** Metric and composite alarms by name, up to 100 a call; names that no alarm has are left out. Source: DescribeAlarms. */
export async function readAlarms(send: Send, names: readonly string[]): Promise<Alarm[]> {
  const unique = [...new Set(names)];
  const calls: Promise<Alarm[]>[] = [];
  for (let from = 0; from < unique.length; from += alarmsPerCall) {
    calls.push(describeAlarms(send, unique.slice(from, from + alarmsPerCall)));
  }
  return (await Promise.all(calls)).flat();
}

async function describeAlarms(send: Send, AlarmNames: string[]): Promise<Alarm[]> {
  const { items } = await readPages(pageCap, async NextToken => {
    const page = await send('cloudwatch:DescribeAlarms', {
      AlarmNames,
      // Composite alarms come only when they are asked for.
      AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
      MaxRecords: alarmsPerCall,
      NextToken,
    });
    return {
      items: [...(page.MetricAlarms ?? []).map(metricAlarmOf), ...(page.CompositeAlarms ?? []).map(compositeOf)],
      next: page.NextToken,
    };
  });
  return items;
}

function metricAlarmOf(alarm: MetricAlarm): Alarm {
  return {
    ...alarmOf(alarm),
    threshold: alarm.Threshold ?? null,
    comparison: alarm.ComparisonOperator ?? null,
    metrics: metricsOf(alarm),
  };
}

function compositeOf(alarm: CompositeAlarm): Alarm {
  return { ...alarmOf(alarm), rule: alarm.AlarmRule ?? '' };
}

function alarmOf(alarm: MetricAlarm | CompositeAlarm): Alarm {
  const changed = alarm.StateTransitionedTimestamp ?? alarm.StateUpdatedTimestamp;
  return {
    name: alarm.AlarmName ?? '',
    arn: alarm.AlarmArn ?? '',
    state: alarm.StateValue ?? '',
    stateChangedAt: changed?.toISOString() ?? null,
    threshold: null,
    comparison: null,
    metrics: [],
    rule: null,
  };
}

/** Its own metric, or those that its expressions use. */
function metricsOf(alarm: MetricAlarm): AlarmMetric[] {
  const own = metricOf(alarm, alarm.Statistic ?? alarm.ExtendedStatistic, alarm.Period, true, null);
  const home = alarm.AlarmArn?.split(':')[4];
  const queries = alarm.Metrics ?? [];
  const returned = queries.filter(query => query.ReturnData !== false);
  const used = queries.flatMap(query => {
    const { Metric, Stat, Period } = query.MetricStat ?? {};
    const compared = returned.length === 1 && returned[0] === query;
    const accountId = query.AccountId === home ? null : (query.AccountId ?? null);
    return [...metricOf(Metric ?? {}, Stat, Period, compared, accountId), ...metricsInQuery(query.Expression ?? '')];
  });
  return [...own, ...used];
}

function metricOf(
  { Namespace, MetricName, Dimensions }: Metric,
  stat: string | undefined,
  periodSeconds: number | undefined,
  compared: boolean,
  accountId: string | null,
): AlarmMetric[] {
  if (Namespace === undefined || MetricName === undefined) return [];
  const dimensions = Object.fromEntries((Dimensions ?? []).map(one => [one.Name ?? '', one.Value ?? '']));
  const known = { stat: stat ?? null, periodSeconds: periodSeconds ?? null };
  return [{ namespace: Namespace, metric: MetricName, dimensions, ...known, compared, accountId }];
}

/**
 * The metric of a Metrics Insights query: `SELECT SUM("5xx") FROM SCHEMA("AWS/ApiGateway", ApiId) WHERE ApiId = 'a'`.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-querylanguage.html
 */
function metricsInQuery(expression: string): AlarmMetric[] {
  const [, metric] = /^\s*SELECT\s+\w+\(\s*"?([^")]+?)"?\s*\)/i.exec(expression) ?? [];
  const [, namespace] = /\sFROM\s+(?:SCHEMA\(\s*)?"?([\w/.:#-]+)"?/i.exec(expression) ?? [];
  if (metric === undefined || namespace === undefined) return [];
  const where = expression.matchAll(/(?:WHERE|AND)\s+"?([\w.-]+)"?\s*=\s*'([^']*)'/gi);
  const dimensions = Object.fromEntries([...where].map(([, name = '', value = '']) => [name, value]));
  return [{ namespace, metric, dimensions, stat: null, periodSeconds: null, compared: false, accountId: null }];
}

/** Tags of an alarm; empty where there is no such alarm. Source: ListTagsForResource. */
export async function readAlarmTags(send: Send, arn: string): Promise<Record<string, string>> {
  const answer = await orNull(send('cloudwatch:ListTagsForResource', { ResourceARN: arn }));
  return Object.fromEntries((answer?.Tags ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? '']));
}
