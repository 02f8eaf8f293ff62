/** What AWS has recorded: logs, metrics, change events, WAF samples, alarms, service health. */
import { z } from 'zod';
import { text, texts } from './documents.ts';
import { duration, moment } from './time.ts';

/** A log group. Groups that the world's traffic writes to need no entry. */
export const logGroup = z.strictObject({
  absent: z.boolean().default(false).describe('The group was deleted, or was never made, whatever writes to it.'),
  createdDate: moment.default(-90 * 86_400_000),
  retentionInDays: z.int().optional(),
  logGroupClass: z.enum(['STANDARD', 'INFREQUENT_ACCESS', 'DELIVERY']).default('STANDARD'),
  events: z.array(z.strictObject({ at: moment, message: z.string(), stream: text.optional() })).default([]),
  metricFilters: z
    .record(text, z.strictObject({ pattern: z.string().default(''), namespace: text, metric: text }))
    .default({})
    .describe('Metric filters by name: which metric of which namespace they feed.'),
});

/** A raw series, added to what the traffic makes. */
export const metric = z.strictObject({
  namespace: text,
  metric: text,
  dimensions: texts.default({}),
  points: z
    .array(z.strictObject({ at: moment, value: z.number() }))
    .default([])
    .describe('Single points.'),
  steady: z
    .strictObject({ from: moment, to: moment.optional(), value: z.number() })
    .optional()
    .describe('The same value once a minute.'),
});

/** A management event, as CloudTrail recorded it. */
export const trailEvent = z.strictObject({
  at: moment,
  eventName: text,
  eventSource: z.string().endsWith('.amazonaws.com'),
  who: text.optional().describe('`alice` for a user, `deploy-role/ci-42` for a role session, `root`.'),
  userIdentity: z.record(z.string(), z.unknown()).optional().describe('The whole identity instead of `who`.'),
  invokedBy: text.optional().describe("A service that did it on somebody's behalf: `cloudformation.amazonaws.com`."),
  awsRegion: text.optional().describe("us-east-1 for IAM, else the world's own Region, where not told."),
  readOnly: z.boolean().default(false),
  requestParameters: z.record(z.string(), z.unknown()).nullable().default(null),
  responseElements: z.record(z.string(), z.unknown()).nullable().default(null),
  errorCode: text.optional(),
  errorMessage: z.string().optional(),
  resources: z.array(z.strictObject({ type: text, name: text })).default([]),
  deliveredAfter: duration
    .default(5 * 60_000)
    .describe('CloudTrail delivers within about 5 minutes: an event is not found before.'),
});

const wafAction = z.enum(['ALLOW', 'BLOCK', 'COUNT', 'CAPTCHA', 'CHALLENGE']);

/** A web ACL, kept by its ARN. */
export const webAcl = z.strictObject({
  metricName: text.optional().describe('What its metrics are called by; its name where not told.'),
  defaultAction: z.enum(['ALLOW', 'BLOCK']).default('ALLOW'),
  rules: z
    .record(
      text,
      z.strictObject({
        priority: z.int(),
        action: wafAction.default('BLOCK'),
        blockStatusCode: z.int().optional().describe("A block's own status code; 403 without."),
        metricName: text.optional(),
        statement: z.record(z.string(), z.unknown()).optional(),
      }),
    )
    .default({}),
  logging: z
    .strictObject({ destinationArns: z.array(text).min(1), keepOnly: z.array(wafAction).optional() })
    .nullable()
    .default(null),
});

const alarmMetric = z.strictObject({ namespace: text, metric: text, dimensions: texts.default({}) });

/** An alarm: on one metric, on metric math (`metrics` with `expression`), or composite (`rule`). */
export const alarm = z.strictObject({
  description: z.string().optional(),
  state: z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA']).default('ALARM'),
  stateChangedAt: moment.default(0),
  stateReason: z.string().default('Threshold Crossed'),
  ...alarmMetric.partial().shape,
  stat: text.default('Sum'),
  period: z.int().default(60),
  evaluationPeriods: z.int().default(1),
  threshold: z.number().optional(),
  comparison: text.default('GreaterThanOrEqualToThreshold'),
  metrics: z
    .record(
      text,
      z.union([
        alarmMetric.extend({ stat: text.default('Sum'), accountId: text.optional() }),
        z.strictObject({ expression: text }),
      ]),
    )
    .optional(),
  rule: text.optional(),
  children: z.array(text).default([]).describe('Names of the alarms that a composite one watches.'),
  tags: texts.default({}),
});

/** An event of AWS Health. */
const healthEvent = z.strictObject({
  service: text,
  eventTypeCode: text,
  region: text.optional(),
  startTime: moment,
  endTime: moment.optional(),
  statusCode: z.enum(['open', 'closed', 'upcoming']).default('open'),
  category: z.enum(['issue', 'accountNotification', 'scheduledChange', 'investigation']).default('issue'),
});

/** An entry of the public status feed, current events only. */
const feedEvent = z.strictObject({
  service: text.describe('`apigateway-eu-west-1`.'),
  summary: text,
  at: moment,
  endedAt: moment.optional(),
  status: z.string().default('1'),
});

export const health = z.strictObject({
  supportPlan: z
    .enum(['basic', 'business'])
    .default('basic')
    .describe('The Health API needs a Business or Enterprise support plan; without one it refuses.'),
  events: z.record(text, healthEvent).default({}),
  feed: z.record(text, feedEvent).nullable().default({}).describe('null: the public feed does not answer.'),
});

export type LogGroup = z.output<typeof logGroup>;
export type Metric = z.output<typeof metric>;
export type TrailEvent = z.output<typeof trailEvent>;
export type WebAcl = z.output<typeof webAcl>;
export type Alarm = z.output<typeof alarm>;
export type Health = z.output<typeof health>;
