import { type OperationName, type ServicePrefix, type Source, sourceOf } from './operations.ts';
import { endpointRegion } from './regions.ts';
import type { OnWait, Send } from './send.ts';
import { UnreadError } from './unread.ts';

/** Calls that AWS allows an account in a Region. */
interface Quota {
  perSecond: number;
  burst: number;
}

/**
 * AWS's hard quotas, by service or by one operation; an operation draws on both. Both API Gateway APIs share one quota.
 * A service without a published quota has a cautious one.
 *
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 * https://docs.aws.amazon.com/waf/latest/developerguide/limits.html
 */
const quotas: Readonly<Record<string, Quota>> = {
  apigateway: { perSecond: 10, burst: 40 },
  'apigateway:GetResources': { perSecond: 2.5, burst: 5 },
  cloudtrail: { perSecond: 2, burst: 2 },
  'logs:FilterLogEvents': { perSecond: 5, burst: 5 },
  'logs:StartQuery': { perSecond: 5, burst: 5 },
  'logs:GetQueryResults': { perSecond: 5, burst: 5 },
  'logs:DescribeMetricFilters': { perSecond: 5, burst: 5 },
  wafv2: { perSecond: 5, burst: 5 },
  'wafv2:ListResourcesForWebACL': { perSecond: 1, burst: 1 },
  lambda: { perSecond: 15, burst: 15 },
  'cloudwatch:GetMetricData': { perSecond: 50, burst: 50 },
  'cloudwatch:DescribeAlarms': { perSecond: 9, burst: 9 },
  iam: { perSecond: 10, burst: 20 },
  sts: { perSecond: 10, burst: 20 },
  elasticloadbalancing: { perSecond: 10, burst: 20 },
  health: { perSecond: 4, burst: 4 },
};

/** The share of the quotas of one account that this program keeps to. Replicas may hand in one that they have in common. */
export interface Buckets {
  /** Resolves when the call may be made; rejects with UnreadError where that would take too long. */
  take(operation: OperationName, region: string, onWait?: OnWait): Promise<void>;
  /** AWS refused a call as one too many. */
  slow(operation: OperationName, region: string): void;
}

export interface BucketOptions {
  clock: () => Date;
  sleep: (ms: number) => Promise<void>;
  /** Share of each quota, above 0 and up to 1; half where it is left out, because pipelines and the console need the rest. */
  share?: number | undefined;
  /** Longest wait for a turn. */
  maxWaitMs?: number | undefined;
}

/** A call that AWS throttles halves the rate, down to an eighth; it is whole again this long after the last throttle. */
const recoveryMs = 60_000;
/** Throttles of calls that were under way together count as one. */
const togetherMs = 1_000;
const smallestFactor = 1 / 8;

/** Shorter waits are not worth a word. */
const toldWaitMs = 2_000;

/** Token buckets, by Region and by service or operation. */
export function openBuckets({ clock, sleep, share = 0.5, maxWaitMs = 30_000 }: BucketOptions): Buckets {
  const buckets = new Map<string, Bucket>();
  const bucketsOf = (operation: OperationName, region: string): Bucket[] => {
    const source = sourceOf(operation);
    const service = serviceIn(source);
    return [service, source].flatMap(name => {
      const quota = quotas[name];
      if (quota === undefined) return [];
      const key = `${name} ${endpointRegion(service as ServicePrefix, region)}`;
      const bucket = buckets.get(key) ?? newBucket(quota, share, clock().getTime());
      buckets.set(key, bucket);
      return [bucket];
    });
  };
  return {
    async take(operation, region, onWait) {
      const own = bucketsOf(operation, region);
      const now = clock().getTime();
      const waitMs = Math.max(0, ...own.map(bucket => waitFor(bucket, now)));
      if (waitMs > maxWaitMs) throw exhausted(operation, region, maxWaitMs);
      for (const bucket of own) bucket.tokens--;
      if (waitMs > toldWaitMs) onWait?.({ service: serviceIn(sourceOf(operation)), region, ms: waitMs });
      if (waitMs > 0) await sleep(waitMs);
    },
    slow(operation, region) {
      const narrowest = bucketsOf(operation, region).at(-1);
      if (narrowest) halve(narrowest, clock().getTime());
    },
  };
}

/** Waits for a turn before each call. `region` is where a call goes that does not say. */
export function throttled(send: Send, buckets: Buckets, region: string): Send {
  return async (operation, input, options) => {
    const where = options?.region ?? region;
    await buckets.take(operation, where, options?.onWait);
    try {
      return await send(operation, input, options);
    } catch (error) {
      if (error instanceof UnreadError && error.reason === 'throttled') buckets.slow(operation, where);
      throw error;
    }
  };
}

function serviceIn(source: Source): string {
  return source.slice(0, source.indexOf(':'));
}

interface Bucket {
  perSecond: number;
  burst: number;
  /** Below zero: turns that were promised and wait. */
  tokens: number;
  filledAt: number;
  /** Share of the rate that the last throttle left, and when it was. */
  factor: number;
  slowedAt: number;
}

function newBucket(quota: Quota, share: number, now: number): Bucket {
  const burst = Math.max(1, Math.ceil(quota.burst * share));
  return { perSecond: quota.perSecond * share, burst, tokens: burst, filledAt: now, factor: 1, slowedAt: -Infinity };
}

/** Milliseconds until one token is there, after filling up to now. */
function waitFor(bucket: Bucket, now: number): number {
  const perMs = (bucket.perSecond * factorAt(bucket, now)) / 1_000;
  const elapsed = Math.max(0, now - bucket.filledAt);
  bucket.tokens = Math.min(bucket.burst, bucket.tokens + elapsed * perMs);
  bucket.filledAt = now;
  return bucket.tokens >= 1 ? 0 : Math.ceil((1 - bucket.tokens) / perMs);
}

function factorAt(bucket: Bucket, now: number): number {
  if (bucket.factor === 1) return 1;
  return Math.min(1, bucket.factor + (1 - bucket.factor) * (Math.max(0, now - bucket.slowedAt) / recoveryMs));
}

function halve(bucket: Bucket, now: number): void {
  if (now - bucket.slowedAt < togetherMs) return;
  waitFor(bucket, now);
  bucket.factor = Math.max(smallestFactor, factorAt(bucket, now) / 2);
  bucket.slowedAt = now;
  // What was saved up is gone: AWS has just said that there is nothing left.
  bucket.tokens = Math.min(bucket.tokens, 0);
}

function exhausted(operation: OperationName, region: string, maxWaitMs: number): UnreadError {
  const source = sourceOf(operation);
  return new UnreadError(
    source,
    'throttled',
    `${source} in ${region} was not asked: this program's own share of the AWS quota is used up for more than ${Math.round(maxWaitMs / 1_000)} seconds.`,
    'Run this again in a minute, or allow the bot a larger share of the AWS quotas (quotaShare in its configuration file).',
  );
}
