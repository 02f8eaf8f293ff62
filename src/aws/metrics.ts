import type { CompositeAlarm, MetricAlarm, MetricDataResult } from '@aws-sdk/client-cloudwatch';
import { readPages } from './paging.ts';
import type { Send } from './send.ts';
import type { Alarm, MetricQuery, MetricSeries } from './types.ts';
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

/** A metric or composite alarm by name; null: none has this name. Source: DescribeAlarms. */
export async function readAlarm(send: Send, name: string): Promise<Alarm | null> {
  const answer = await send('cloudwatch:DescribeAlarms', {
    AlarmNames: [name],
    // Composite alarms come only when they are asked for.
    AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
  });
  const [metric] = answer.MetricAlarms ?? [];
  if (metric) return { ...alarmOf(metric, name), threshold: metric.Threshold ?? null, metrics: metricsOf(metric) };
  const [composite] = answer.CompositeAlarms ?? [];
  return composite ? { ...alarmOf(composite, name), rule: composite.AlarmRule ?? null } : null;
}

function alarmOf(alarm: MetricAlarm | CompositeAlarm, name: string): Alarm {
  const changed = alarm.StateTransitionedTimestamp ?? alarm.StateUpdatedTimestamp;
  return {
    name: alarm.AlarmName ?? name,
    arn: alarm.AlarmArn ?? '',
    state: alarm.StateValue ?? '',
    stateChangedAt: changed?.toISOString() ?? null,
    threshold: null,
    metrics: [],
    rule: null,
  };
}

/** Its own metric, or those that its expressions use. */
function metricsOf(alarm: MetricAlarm): Alarm['metrics'] {
  const own = { Namespace: alarm.Namespace, MetricName: alarm.MetricName, Dimensions: alarm.Dimensions };
  const used = (alarm.Metrics ?? []).flatMap(query => query.MetricStat?.Metric ?? []);
  return [own, ...used].flatMap(({ Namespace, MetricName, Dimensions }) =>
    Namespace === undefined || MetricName === undefined
      ? []
      : {
          namespace: Namespace,
          metric: MetricName,
          dimensions: Object.fromEntries((Dimensions ?? []).map(one => [one.Name ?? '', one.Value ?? ''])),
        },
  );
}

/** Tags of an alarm; empty where there is no such alarm. Source: ListTagsForResource. */
export async function readAlarmTags(send: Send, arn: string): Promise<Record<string, string>> {
  const answer = await orNull(send('cloudwatch:ListTagsForResource', { ResourceARN: arn }));
  return Object.fromEntries((answer?.Tags ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? '']));
}
