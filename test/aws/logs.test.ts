import { describe, expect, it } from 'vitest';
import { logGroupOfArn, readFilteredLogGroups, readLogEvents } from '../../src/aws/logs.ts';
import { failure, wire } from './wire.ts';

const span = { start: '2026-11-20T10:00:00.000Z', end: '2026-11-20T10:15:00.000Z' };
const event = (second: number, message = `line ${second}`) => ({
  timestamp: Date.parse(span.start) + second * 1_000,
  message,
  logStreamName: 's1',
});

describe('readLogEvents', () => {
  it('follows empty pages, and masks secrets', async () => {
    const pages: Record<string, object> = {
      '': {
        events: [event(1, '(id) Method request headers: {Authorization=Bearer abc123, Host=x}\n')],
        nextToken: 'a',
      },
      a: { events: [], nextToken: 'b' },
      b: { events: [event(2)] },
    };
    const { send, calls } = await wire(({ body }) => ({ body: pages[String(body.nextToken ?? '')] }));

    const read = await readLogEvents(send, 'orders', { ...span, pattern: '?ERROR ?5', limit: 100 });

    expect(read).toEqual({
      items: [
        {
          at: '2026-11-20T10:00:01.000Z',
          message: '(id) Method request headers: {Authorization=[masked: authorization header], Host=x}',
          stream: 's1',
        },
        { at: '2026-11-20T10:00:02.000Z', message: 'line 2', stream: 's1' },
      ],
      complete: true,
    });
    expect(calls).toHaveLength(3);
    expect(calls[0]?.body).toEqual({
      logGroupName: 'orders',
      startTime: 1_795_168_800_000,
      endTime: 1_795_169_700_000,
      filterPattern: '?ERROR ?5',
      limit: 100,
    });
  });

  it('stops at the limit, and tells', async () => {
    let page = 0;
    const { send, calls } = await wire(() => ({
      body: { events: [event(1), event(2)], nextToken: `t${++page}` },
    }));

    const read = await readLogEvents(send, 'orders', { ...span, limit: 3 });

    expect(read?.items).toHaveLength(3);
    expect(read?.complete).toBe(false);
    expect(calls).toHaveLength(2);
  });

  it('stops after so many empty pages, and tells', async () => {
    let page = 0;
    const { send, calls } = await wire(() => ({ body: { events: [], nextToken: `t${++page}` } }));

    await expect(readLogEvents(send, 'orders', { ...span, limit: 10 })).resolves.toEqual({
      items: [],
      complete: false,
    });
    expect(calls).toHaveLength(20);
  });

  it('reads many thousands of events', async () => {
    const { send } = await wire(({ body }) => {
      const page = Number(body.nextToken ?? 0);
      const events = Array.from({ length: 10_000 }, () => event(page));
      return { body: { events, ...(page < 4 && { nextToken: String(page + 1) }) } };
    });

    const read = await readLogEvents(send, 'orders', { ...span, limit: 100_000 });

    expect(read?.items).toHaveLength(50_000);
    expect(read?.complete).toBe(true);
  });

  it('asks for a group of another account by its ARN', async () => {
    const { send, calls } = await wire(() => ({ body: {} }));

    await readLogEvents(send, 'arn:aws:logs:eu-west-1:111122223333:log-group:orders:*', { ...span, limit: 1 });

    expect(calls[0]?.body).toMatchObject({
      logGroupIdentifier: 'arn:aws:logs:eu-west-1:111122223333:log-group:orders',
    });
  });

  it('answers null without the group, but rejects a pattern that is refused', async () => {
    const missing = await wire(call =>
      failure(call, 'ResourceNotFoundException', 'The specified log group does not exist.'),
    );
    const refused = await wire(call => failure(call, 'InvalidParameterException', 'Invalid filter pattern'));

    await expect(readLogEvents(missing.send, 'orders', { ...span, limit: 1 })).resolves.toBeNull();
    await expect(readLogEvents(refused.send, 'orders', { ...span, limit: 1 })).rejects.toMatchObject({
      reason: 'timeout',
    });
  });
});

describe('logGroupOfArn', () => {
  it.each([
    ['arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/orders:*', '/aws/lambda/orders'],
    ['arn:aws-cn:logs:cn-north-1:111122223333:log-group:access', 'access'],
    ['arn:aws:firehose:eu-west-1:111122223333:deliverystream/amazon-apigateway-x', null],
    ['access', null],
  ])('%s', (arn, group) => {
    expect(logGroupOfArn(arn)).toBe(group);
  });
});

describe('readFilteredLogGroups', () => {
  it('does not ask for a metric that no filter can feed', async () => {
    const { send, calls } = await wire(() => ({ body: {} }));

    await expect(readFilteredLogGroups(send, 'Shop', 'errors:5xx')).resolves.toEqual([]);
    expect(calls).toEqual([]);
  });

  it('names each group with a filter that feeds the metric once', async () => {
    const { send, calls } = await wire(({ body }) => ({
      body: body.nextToken
        ? { metricFilters: [{ filterName: 'c', logGroupName: 'orders' }] }
        : {
            metricFilters: [
              { filterName: 'a', logGroupName: 'orders' },
              { filterName: 'b', logGroupName: 'users' },
            ],
            nextToken: 't',
          },
    }));

    await expect(readFilteredLogGroups(send, 'Shop', 'Errors')).resolves.toEqual(['orders', 'users']);
    expect(calls[0]?.body).toEqual({ metricNamespace: 'Shop', metricName: 'Errors' });
  });
});
