/** What CloudWatch says when an alarm changes its state: to SNS, and through Amazon Q Developer to a channel. */
import type { Alarm } from './aws/world/telemetry.ts';
import type { AppPost } from './slack/people.ts';

export interface AlarmChange {
  name: string;
  alarm: Alarm;
  /** `arn:aws:cloudwatch:eu-west-1:111122223333:alarm:orders-api-5xx` */
  arn: string;
  topicArn: string;
  state: Alarm['state'];
  oldState: Alarm['state'];
  at: Date;
  /** The newest datapoint, of which the reason tells; null where there is none. */
  datapoint: { at: number; value: number } | null;
}

export const otherApp = 'Amazon Q Developer';

/**
 * The notification: its subject and its JSON.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
 */
export function alarmNotification(change: AlarmChange): { subject: string; message: string } {
  const { name, alarm, arn, topicArn, state, oldState, at } = change;
  const [, , , region = '', accountId = ''] = arn.split(':');
  const place = regionNames[region] ?? region;
  const message = {
    AlarmName: name,
    AlarmDescription: alarm.description ?? null,
    AWSAccountId: accountId,
    AlarmConfigurationUpdatedTimestamp: stamp(new Date(at.getTime() - 90 * dayMs)),
    NewStateValue: state,
    NewStateReason: reasonOf(change),
    StateChangeTime: stamp(at),
    Region: place,
    AlarmArn: arn,
    OldStateValue: oldState,
    OKActions: [topicArn],
    AlarmActions: [topicArn],
    InsufficientDataActions: [],
    Trigger: triggerOf(alarm),
  };
  return { subject: `${state}: "${name}" in ${place}`.slice(0, 100), message: JSON.stringify(message) };
}

/**
 * The same, as the other app posts it: no text, everything in the blocks of one attachment.
 * https://docs.aws.amazon.com/chatbot/latest/adminguide/related-services.html
 */
export function alarmPost(change: AlarmChange): AppPost {
  const { name, alarm, arn, state } = change;
  const [, partition = 'aws', , region = '', accountId = ''] = arn.split(':');
  const host = partition === 'aws-cn' ? 'console.amazonaws.cn' : 'console.aws.amazon.com';
  const link = `https://${region}.${host}/cloudwatch/home?region=${region}#alarmsV2:alarm/${encodeURIComponent(name)}`;
  const title = `${state === 'ALARM' ? ':rotating_light:' : ':white_check_mark:'} CloudWatch Alarm | ${name} | ${region} | Account: ${accountId}`;
  const facts = [...Object.entries(alarm.dimensions ?? {}), ['Alarm State', state] as const];
  const blocks = [
    { type: 'section', text: mrkdwn(`*<${link}|${escaped(title)}>*`) },
    { type: 'section', text: mrkdwn(escaped(reasonOf(change))) },
    { type: 'section', fields: facts.map(([label, value]) => mrkdwn(`*${escaped(label)}*\n${escaped(value)}`)) },
  ];
  const color = state === 'ALARM' ? '#d13212' : '#1d8102';
  return { attachments: [{ color, fallback: `CloudWatch Alarm | ${name}`, blocks }] };
}

const dayMs = 86_400_000;

/** `2026-01-02T03:04:05.678+0000` */
function stamp(at: Date): string {
  return at.toISOString().replace('Z', '+0000');
}

const words: Record<string, string> = {
  GreaterThanOrEqualToThreshold: 'was greater than or equal to',
  GreaterThanThreshold: 'was greater than',
  LessThanThreshold: 'was less than',
  LessThanOrEqualToThreshold: 'was less than or equal to',
};

function reasonOf({ alarm, state, datapoint }: AlarmChange): string {
  if (state === 'INSUFFICIENT_DATA') return 'Insufficient Data: 1 datapoint was unknown.';
  const compared = words[alarm.comparison] ?? alarm.comparison;
  const found = state === 'ALARM' ? compared : compared.replace('was', 'was not');
  // Where no request failed, API Gateway writes no datapoint at all.
  if (datapoint === null) return 'Threshold Crossed: no datapoints were received for 1 period.';
  const iso = new Date(datapoint.at).toISOString();
  const when = `${iso.slice(8, 10)}/${iso.slice(5, 7)}/${iso.slice(2, 4)} ${iso.slice(11, 19)}`;
  const value = `1 datapoint [${decimal(datapoint.value)} (${when})]`;
  return `Threshold Crossed: ${value} ${found} the threshold (${decimal(alarm.threshold ?? 0)}).`;
}

function decimal(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

/** SNS lists dimensions with small letters, and the statistic with capitals. */
function triggerOf(alarm: Alarm): Record<string, unknown> {
  const extended = alarm.stat.startsWith('p');
  return {
    MetricName: alarm.metric,
    Namespace: alarm.namespace,
    StatisticType: extended ? 'ExtendedStatistic' : 'Statistic',
    [extended ? 'ExtendedStatistic' : 'Statistic']: extended ? alarm.stat : alarm.stat.toUpperCase(),
    Unit: null,
    Dimensions: Object.entries(alarm.dimensions ?? {}).map(([name, value]) => ({ value, name })),
    Period: alarm.period,
    EvaluationPeriods: alarm.evaluationPeriods,
    ComparisonOperator: alarm.comparison,
    Threshold: alarm.threshold,
    TreatMissingData: '',
    EvaluateLowSampleCountPercentile: '',
  };
}

/** How SNS names Regions: https://docs.aws.amazon.com/general/latest/gr/rande.html. */
const regionNames: Record<string, string> = {
  'us-east-1': 'US East (N. Virginia)',
  'us-east-2': 'US East (Ohio)',
  'us-west-1': 'US West (N. California)',
  'us-west-2': 'US West (Oregon)',
  'ca-central-1': 'Canada (Central)',
  'eu-west-1': 'EU (Ireland)',
  'eu-west-2': 'EU (London)',
  'eu-west-3': 'EU (Paris)',
  'eu-central-1': 'EU (Frankfurt)',
  'eu-north-1': 'EU (Stockholm)',
  'ap-northeast-1': 'Asia Pacific (Tokyo)',
  'ap-southeast-1': 'Asia Pacific (Singapore)',
  'ap-southeast-2': 'Asia Pacific (Sydney)',
  'ap-south-1': 'Asia Pacific (Mumbai)',
  'sa-east-1': 'South America (Sao Paulo)',
};

function mrkdwn(text: string) {
  return { type: 'mrkdwn', text };
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
