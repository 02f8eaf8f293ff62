/**
 * An alarm's change of state, as SNS and EventBridge tell it. Only the fields that are needed are read; all others may
 * be there, or come.
 */
import { z } from 'zod';
import { partitionOf } from '../aws/regions.ts';
import type { AlarmNotice } from '../diagnosis/types.ts';
import { redact, redactJson } from '../redact.ts';
import { parseJson } from './inlet.ts';
import { plain, plainLine } from './plain.ts';

/** Where an alarm may be that does not say it itself, and when it was told. */
export interface Told {
  accountId: string;
  region: string;
  /** ISO 8601. */
  at: string;
}

type Metric = AlarmNotice['metrics'][number];

/** CloudWatch's own limits: 255 characters for a name, 1,023 for a reason. */
const longestName = 255;
const longestReason = 1_023;
const metricCap = 50;

const state = z.enum(['ALARM', 'OK', 'INSUFFICIENT_DATA']);
const name = z
  .string()
  .max(4 * longestName)
  .transform(text => plainLine(text, longestName))
  .refine(text => text !== '');
const lenient = z.string().optional().catch(undefined);
const alarmArn = /^arn:aws[a-z-]*:cloudwatch:([a-z0-9-]{1,40}):(\d{12}):alarm:(.{1,255})$/;

const listedDimensions = z
  .array(z.object({ name: z.string(), value: z.string() }))
  .nullish()
  .catch(null)
  .transform(list => Object.fromEntries((list ?? []).map(one => [one.name, one.value])));

const listedMetric = z.object({ Namespace: z.string(), MetricName: z.string(), Dimensions: listedDimensions });

/**
 * A single metric stands in the trigger itself; metric math and anomaly detection list theirs, of which the expressions
 * have none. A composite alarm has no trigger.
 */
const trigger = z.object({
  Namespace: lenient,
  MetricName: lenient,
  Dimensions: listedDimensions,
  Metrics: z.array(z.unknown()).nullish().catch(null),
});

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html */
const alarmMessage = z.object({
  AlarmName: name,
  AlarmArn: lenient,
  AWSAccountId: z
    .string()
    .regex(/^\d{12}$/)
    .optional()
    .catch(undefined),
  NewStateValue: state,
  NewStateReason: z.string().catch(''),
  StateChangeTime: lenient,
  Trigger: z.unknown().optional(),
});

/**
 * Reads the message of an SNS notification; null where it is no alarm. The Region comes from the alarm's ARN, because
 * the message itself has a display name (`EU (Ireland)`), and without one from the topic.
 */
export function parseAlarmMessage(message: string, told: Told): AlarmNotice | null {
  const read = alarmMessage.safeParse(parseJson(message));
  if (!read.success) return null;
  const alarm = read.data;
  const place = { ...told, accountId: alarm.AWSAccountId ?? told.accountId };
  return notice(place, {
    arn: alarm.AlarmArn,
    name: alarm.AlarmName,
    state: alarm.NewStateValue,
    at: alarm.StateChangeTime,
    reason: alarm.NewStateReason,
    metrics: metricsOfTrigger(alarm.Trigger),
  });
}

function metricsOfTrigger(value: unknown): Metric[] {
  const read = trigger.safeParse(value);
  if (!read.success) return [];
  const { Namespace: namespace, MetricName: own, Dimensions: dimensions, Metrics: queries } = read.data;
  if (namespace !== undefined && own !== undefined) return [{ namespace, name: own, dimensions }];
  return (queries ?? []).slice(0, metricCap).flatMap(query => {
    const metric = listedMetric.safeParse(inside(query, 'MetricStat', 'Metric')).data;
    if (metric === undefined) return [];
    return [{ namespace: metric.Namespace, name: metric.MetricName, dimensions: metric.Dimensions }];
  });
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html */
const alarmDetail = z.object({
  alarmName: name,
  state: z.object({ value: state, reason: z.string().catch(''), timestamp: lenient }),
  configuration: z.unknown().optional(),
});

const eventMetric = z.object({
  namespace: z.string(),
  name: z.string(),
  dimensions: z
    .record(z.string(), z.string())
    .nullish()
    .catch(null)
    .transform(own => own ?? {}),
});

/** Reads the detail of a `CloudWatch Alarm State Change` event; null where it is none. `arn`: of the event's resources. */
export function parseAlarmDetail(detail: unknown, arn: string | undefined, told: Told): AlarmNotice | null {
  const read = alarmDetail.safeParse(detail);
  if (!read.success) return null;
  const { alarmName, state: now, configuration } = read.data;
  const queries = inside(configuration, 'metrics');
  const metrics = (Array.isArray(queries) ? queries : []).slice(0, metricCap).flatMap(query => {
    const metric = eventMetric.safeParse(inside(query, 'metricStat', 'metric')).data;
    return metric === undefined ? [] : [metric];
  });
  return notice(told, { arn, name: alarmName, state: now.value, at: now.timestamp, reason: now.reason, metrics });
}

interface Parsed {
  arn: string | undefined;
  name: string;
  state: AlarmNotice['state'];
  at: string | undefined;
  reason: string;
  metrics: Metric[];
}

/** The alarm's own ARN decides where it is. Everything is masked here, so that nothing behind it holds a secret. */
function notice(told: Told, { arn = '', at, metrics, ...alarm }: Parsed): AlarmNotice {
  const [, region = told.region, accountId = told.accountId] = alarmArn.exec(arn) ?? [];
  const name = redact(alarm.name);
  return redactJson({
    arn: `arn:${partitionOf(region)}:cloudwatch:${region}:${accountId}:alarm:${name}`,
    name,
    accountId,
    region,
    state: alarm.state,
    at: isoTime(at) ?? told.at,
    reason: plainLine(alarm.reason, longestReason),
    metrics: metrics.map(({ namespace, name: metric, dimensions }) => ({
      namespace: plain(namespace),
      name: plain(metric),
      dimensions: Object.fromEntries(Object.entries(dimensions).map(([key, value]) => [plain(key), plain(value)])),
    })),
  });
}

/** CloudWatch writes `2026-11-22T14:03:05.123+0000`. */
function isoTime(text: string | undefined): string | null {
  const time = Date.parse((text ?? '').replace(/([+-]\d{2})(\d{2})$/, '$1:$2'));
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}

function inside(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[key] : undefined),
    value,
  );
}
