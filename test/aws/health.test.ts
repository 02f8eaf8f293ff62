import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readServiceEvents } from '../../src/aws/health.ts';
import { type Call, failure, wire } from './wire.ts';

const region = 'eu-west-1';
const noPlan = (call: Call) => failure(call, 'SubscriptionRequiredException', '');

/** A status feed at the wire; `null` leaves the request hanging. */
async function feed(body: Buffer | string | null, status = 200): Promise<string> {
  const server = createServer((_request, response) => {
    if (body !== null) response.writeHead(status).end(body);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/public/currentevents`;
}

async function fromFeed(body: Buffer | string, status = 200) {
  const { send } = await wire(noPlan);
  return await readServiceEvents(send, { region, feedUrl: await feed(body, status), fetch });
}

const event = { service: 'apigateway-eu-west-1', summary: 'Increased Error Rates', date: '1763600000', status: '2' };
const shown = {
  service: 'apigateway',
  region,
  summary: 'Increased Error Rates',
  startedAt: '2025-11-20T00:53:20.000Z',
  open: true,
};

const utf16 = (text: string, bigEndian: boolean) => {
  const bytes = Buffer.from(`\uFEFF${text}`, 'utf16le');
  return bigEndian ? bytes.swap16() : bytes;
};

describe('the Health API', () => {
  it('is asked where it is, for the open issues of the Region', async () => {
    const { send, calls } = await wire(() => ({
      body: {
        events: [
          {
            service: 'LAMBDA',
            eventTypeCode: 'AWS_LAMBDA_OPERATIONAL_ISSUE',
            region,
            startTime: 1_763_600_000,
            statusCode: 'open',
          },
        ],
      },
    }));

    await expect(readServiceEvents(send, { region, feedUrl: null, fetch })).resolves.toEqual([
      {
        service: 'lambda',
        region,
        summary: 'lambda operational issue',
        startedAt: '2025-11-20T00:53:20.000Z',
        open: true,
      },
    ]);
    expect(calls[0]?.region).toBe('us-east-1');
    expect(calls[0]?.body.filter).toEqual({
      services: ['APIGATEWAY', 'LAMBDA'],
      regions: [region],
      eventStatusCodes: ['open'],
      eventTypeCategories: ['issue'],
    });
  });

  it('says what is missing where the plan has it not and the feed is off', async () => {
    const { send } = await wire(noPlan);

    await expect(readServiceEvents(send, { region, feedUrl: null, fetch })).rejects.toMatchObject({
      source: 'health:DescribeEvents',
      reason: 'unsupported_plan',
    });
  });
});

describe('the public feed', () => {
  it.each([
    ['UTF-16 big-endian', utf16(JSON.stringify([event]), true)],
    ['UTF-16 little-endian', utf16(JSON.stringify([event]), false)],
    ['UTF-16 without a mark', Buffer.from(JSON.stringify([event]), 'utf16le')],
    ['UTF-8', JSON.stringify([event])],
    ['UTF-8 with a mark', `\uFEFF${JSON.stringify([event])}`],
    ['the older form', JSON.stringify({ current: [event], archive: [] })],
  ])('is read as %s', async (_form, body) => {
    await expect(fromFeed(body)).resolves.toEqual([shown]);
  });

  it('says nothing when all is well', async () => {
    await expect(fromFeed('[]')).resolves.toEqual([]);
  });

  it('leaves out other services, other Regions and what has ended', async () => {
    const others = [
      { ...event, service: 's3-eu-west-1' },
      { ...event, service: 'apigateway-us-east-1' },
      { ...event, end_time: '1763600100' },
      { ...event, service: 'multipleservices-eu-west-1', impacted_services: { 'ec2-eu-west-1': {} } },
      'nonsense',
    ];

    await expect(fromFeed(JSON.stringify(others))).resolves.toEqual([]);
  });

  it('counts an event of several services that reaches ours, or does not say which', async () => {
    const several = { ...event, service: 'multipleservices-eu-west-1' };
    const named = { ...several, impacted_services: { 'ec2-eu-west-1': {}, 'lambda-eu-west-1': {} } };

    await expect(fromFeed(JSON.stringify([named, several]))).resolves.toMatchObject([
      { service: 'lambda' },
      { service: 'multipleservices' },
    ]);
  });

  it.each([
    ['not JSON', '<html>', 200],
    ['an error', '[]', 503],
    ['too large', Buffer.alloc(4_000_001, 'x'), 200],
  ])('is unread where it is %s', async (_what, body, status) => {
    await expect(fromFeed(body, status)).rejects.toMatchObject({
      source: 'health:DescribeEvents',
      reason: 'timeout',
      message: expect.stringContaining('127.0.0.1'),
    });
  });

  it('is unread where it cannot be reached', async () => {
    const { send } = await wire(noPlan);

    await expect(readServiceEvents(send, { region, feedUrl: 'http://127.0.0.1:1/', fetch })).rejects.toMatchObject({
      reason: 'timeout',
    });
    await expect(readServiceEvents(send, { region, feedUrl: 'not a url', fetch })).rejects.toMatchObject({
      reason: 'timeout',
    });
  });

  it('leaves the denial of the Health API to be told where it cannot be read either', async () => {
    const { send } = await wire(() => ({
      status: 400,
      body: { __type: 'AccessDeniedException', message: 'User is not authorized to perform: health:DescribeEvents' },
    }));

    await expect(readServiceEvents(send, { region, feedUrl: 'http://127.0.0.1:1/', fetch })).rejects.toMatchObject({
      reason: 'access_denied',
      permission: 'health:DescribeEvents',
    });
  });

  it('is given up when it hangs', async () => {
    const { send } = await wire(noPlan);
    const impatient: typeof fetch = (input, init) => {
      expect(init?.signal).toBeInstanceOf(AbortSignal);
      return fetch(input, { ...init, signal: AbortSignal.timeout(50) });
    };

    const reading = readServiceEvents(send, { region, feedUrl: await feed(null), fetch: impatient });

    await expect(reading).rejects.toMatchObject({ reason: 'timeout' });
  });

  it('is not asked about China, which it does not cover', async () => {
    const { send } = await wire(noPlan);
    const asked = readServiceEvents(send, { region: 'cn-north-1', feedUrl: await feed('[]'), fetch });

    await expect(asked).rejects.toMatchObject({ reason: 'unsupported_plan' });
  });
});
