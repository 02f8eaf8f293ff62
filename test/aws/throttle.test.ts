import { describe, expect, it } from 'vitest';
import type { Send, Wait } from '../../src/aws/send.ts';
import { openBuckets, throttled } from '../../src/aws/throttle.ts';
import { UnreadError } from '../../src/aws/unread.ts';

const region = 'eu-west-1';

/** A clock that only sleeping moves. */
function fakeTime() {
  let now = Date.parse('2026-11-20T10:00:00Z');
  const waits: number[] = [];
  return {
    waits,
    clock: () => new Date(now),
    advance: (ms: number) => {
      now += ms;
    },
    sleep: async (ms: number) => {
      waits.push(ms);
    },
  };
}

async function takeTimes(
  buckets: ReturnType<typeof openBuckets>,
  times: number,
  operation: Parameters<typeof buckets.take>[0],
) {
  for (let i = 0; i < times; i++) await buckets.take(operation, region);
}

describe('openBuckets', () => {
  it('lets a burst of half the quota pass, then half its rate', async () => {
    const time = fakeTime();
    const buckets = openBuckets(time);

    await takeTimes(buckets, 20, 'apigateway:GetStage');
    expect(time.waits).toEqual([]);

    await takeTimes(buckets, 2, 'apigateway:GetStage');
    expect(time.waits).toEqual([200, 400]);
  });

  it('tells of a wait that is longer than two seconds', async () => {
    const time = fakeTime();
    const buckets = openBuckets(time);
    const told: Wait[] = [];
    for (let i = 0; i < 5; i++) await buckets.take('cloudtrail:LookupEvents', region, wait => told.push(wait));

    expect(time.waits).toEqual([1_000, 2_000, 3_000, 4_000]);
    expect(told).toEqual([
      { service: 'cloudtrail', region, ms: 3_000 },
      { service: 'cloudtrail', region, ms: 4_000 },
    ]);
  });

  it('keeps to the share that is given', async () => {
    const time = fakeTime();
    const buckets = openBuckets({ ...time, share: 1 });

    await takeTimes(buckets, 40, 'apigateway:GetStage');
    await takeTimes(buckets, 1, 'apigateway:GetStage');

    expect(time.waits).toEqual([100]);
  });

  it('counts both API Gateway APIs together, and GetResources on its own quota, too', async () => {
    const time = fakeTime();
    const buckets = openBuckets(time);

    await takeTimes(buckets, 10, 'apigateway:GetStage');
    await takeTimes(buckets, 10, 'apigatewayv2:GetStage');
    await takeTimes(buckets, 1, 'apigatewayv2:GetRoutes');
    expect(time.waits).toEqual([200]);

    const other = openBuckets(time);
    await takeTimes(other, 4, 'apigateway:GetResources');
    expect(time.waits).toEqual([200, 800]);
  });

  it('keeps Regions apart, but not those of a service with one endpoint', async () => {
    const time = fakeTime();
    const buckets = openBuckets(time);

    await buckets.take('cloudtrail:LookupEvents', 'eu-west-1');
    await buckets.take('cloudtrail:LookupEvents', 'us-east-1');
    expect(time.waits).toEqual([]);

    await takeTimes(buckets, 10, 'iam:GetRole');
    await buckets.take('iam:GetRole', 'us-east-1');
    expect(time.waits).toEqual([200]);
  });

  it('fills again as time passes, up to the burst', async () => {
    const time = fakeTime();
    const buckets = openBuckets(time);
    await takeTimes(buckets, 20, 'apigateway:GetStage');

    time.advance(60_000);
    await takeTimes(buckets, 20, 'apigateway:GetStage');
    expect(time.waits).toEqual([]);

    await takeTimes(buckets, 1, 'apigateway:GetStage');
    expect(time.waits).toEqual([200]);
  });

  it('does not promise a turn that would come too late', async () => {
    const time = fakeTime();
    const buckets = openBuckets({ ...time, maxWaitMs: 2_000 });

    await takeTimes(buckets, 3, 'cloudtrail:LookupEvents');
    const late = buckets.take('cloudtrail:LookupEvents', region);

    await expect(late).rejects.toMatchObject({ reason: 'throttled', source: 'cloudtrail:LookupEvents' });
    expect(time.waits).toEqual([1_000, 2_000]);
    // The refused turn took none: a second later there is one again.
    time.advance(1_000);
    await buckets.take('cloudtrail:LookupEvents', region);
  });

  it('halves the rate on a throttle, once for throttles that come together, and recovers', async () => {
    const time = fakeTime();
    const buckets = openBuckets(time);

    buckets.slow('apigateway:GetStage', region);
    buckets.slow('apigateway:GetStage', region);
    await takeTimes(buckets, 1, 'apigateway:GetStage');
    expect(time.waits).toEqual([400]);

    time.advance(30_000);
    await takeTimes(buckets, 20, 'apigateway:GetStage');
    await takeTimes(buckets, 1, 'apigateway:GetStage');
    const halfway = time.waits.at(-1) ?? 0;
    expect(halfway).toBeGreaterThan(200);
    expect(halfway).toBeLessThan(400);

    time.advance(60_000);
    await takeTimes(buckets, 21, 'apigateway:GetStage');
    expect(time.waits.at(-1)).toBe(200);
  });

  it('never slows to less than an eighth', async () => {
    const time = fakeTime();
    const buckets = openBuckets(time);

    for (let i = 0; i < 20; i++) {
      buckets.slow('apigateway:GetStage', region);
      time.advance(1_000);
    }
    time.advance(-1_000);
    await takeTimes(buckets, 1, 'apigateway:GetStage');

    expect(time.waits).toEqual([1_600]);
  });
});

describe('throttled', () => {
  it('waits for its turn in the Region that the call names, and slows down when AWS refuses', async () => {
    const time = fakeTime();
    const buckets = openBuckets(time);
    const asked: string[] = [];
    const refusing = (async (operation, _input, options) => {
      asked.push(`${operation} ${options?.region}`);
      throw new UnreadError('cloudtrail:LookupEvents', 'throttled', 'x.', 'y.');
    }) as Send;
    const send = throttled(refusing, buckets, region);

    await expect(send('cloudtrail:LookupEvents', {}, { region: 'us-east-1' })).rejects.toMatchObject({
      reason: 'throttled',
    });
    await buckets.take('cloudtrail:LookupEvents', region);
    expect(time.waits).toEqual([]);

    await buckets.take('cloudtrail:LookupEvents', 'us-east-1');
    expect(time.waits).toEqual([2_000]);
    expect(asked).toEqual(['cloudtrail:LookupEvents us-east-1']);
  });
});
