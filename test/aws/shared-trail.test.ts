import type { LookupEventsCommandInput } from '@aws-sdk/client-cloudtrail';
import { expect, test } from 'vitest';
import type { Send } from '../../src/aws/send.ts';
import { type SharedReadings, sharedTrail } from '../../src/aws/shared-trail.ts';
import { UnreadError } from '../../src/aws/unread.ts';

const zero = Date.parse('2026-11-20T10:07:12.000Z');
const iso = (ms: number) => new Date(ms).toISOString();

/** A CloudTrail with one event a minute, and a clock. */
function trail(fail: () => boolean = () => false) {
  let now = zero;
  const asked: LookupEventsCommandInput[] = [];
  const send = (async (_operation: string, input: LookupEventsCommandInput) => {
    asked.push(input);
    if (fail()) throw new UnreadError('cloudtrail:LookupEvents', 'throttled', 'No.', 'Wait.');
    const events = [];
    for (let at = (input.EndTime ?? new Date()).getTime(); at >= (input.StartTime?.getTime() ?? 0); at -= 60_000) {
      if (at <= now) events.push({ EventId: iso(at), EventTime: new Date(at), EventName: 'UpdateStage' });
    }
    return { Events: events };
  }) as unknown as Send;
  const pass = (ms: number) => {
    now += ms;
  };
  return { send, asked, pass, clock: () => new Date(now), now: () => now };
}

const query = (now: number, region = 'eu-west-1') => ({
  region,
  start: iso(now - 45 * 60_000),
  end: iso(now),
  pages: 5,
});

/** A store that replicas have in common. */
function store(clock: () => Date): SharedReadings & { rows: Map<string, { value: string; untilMs: number }> } {
  const rows = new Map<string, { value: string; untilMs: number }>();
  return {
    rows,
    async read(key) {
      const row = rows.get(key);
      return row === undefined || row.untilMs <= clock().getTime() ? null : row.value;
    },
    async write(key, value, untilMs) {
      rows.set(key, { value, untilMs });
    },
  };
}

test('siblings of a storm, seconds apart, share one fetch, and each gets its own window', async () => {
  const { send, asked, clock, pass, now } = trail();
  const read = sharedTrail({ clock, shared: null });
  const aws = { send, accountId: '111122223333' };
  const together = await Promise.all(Array.from({ length: 20 }, () => read(aws, query(now()))));
  pass(40_000);
  const later = await read(aws, query(now()));
  expect(asked).toHaveLength(1);
  expect(asked[0]).toMatchObject({ StartTime: new Date('2026-11-20T09:20:00Z') });
  for (const { items, complete } of [...together, later]) {
    expect(complete).toBe(true);
    expect(items).toHaveLength(45);
  }
  expect(together[0]?.items.at(-1)?.at).toBe('2026-11-20T09:23:00.000Z');
  expect(later.items.every(({ at }) => at >= '2026-11-20T09:22:52.000Z')).toBe(true);
});

test('it holds for a minute, and for one account and Region', async () => {
  const { send, asked, clock, pass, now } = trail();
  const read = sharedTrail({ clock, shared: null });
  await read({ send, accountId: '1' }, query(now()));
  await read({ send, accountId: '2' }, query(now()));
  await read({ send, accountId: '1' }, query(now(), 'us-east-1'));
  expect(asked).toHaveLength(3);
  pass(60_000);
  await read({ send, accountId: '1' }, query(now()));
  expect(asked).toHaveLength(4);
});

test('replicas share through the store, until it has run out', async () => {
  const { send, asked, clock, pass, now } = trail();
  const shared = store(clock);
  const replicas = [sharedTrail({ clock, shared }), sharedTrail({ clock, shared })] as const;
  const aws = { send, accountId: '111122223333' };
  const first = await replicas[0](aws, query(now()));
  const second = await replicas[1](aws, query(now()));
  expect(second).toEqual(first);
  expect(asked).toHaveLength(1);
  expect([...shared.rows.values()].map(row => row.untilMs)).toEqual([zero + 60_000]);
  pass(61_000);
  await replicas[1](aws, query(now()));
  expect(asked).toHaveLength(2);
});

test('a failure is told to all who wait for it, and not kept', async () => {
  let failing = true;
  const { send, asked, clock, now } = trail(() => failing);
  const read = sharedTrail({ clock, shared: store(clock) });
  const aws = { send, accountId: null };
  const outcomes = await Promise.allSettled([read(aws, query(now())), read(aws, query(now()))]);
  expect(outcomes.map(one => one.status)).toEqual(['rejected', 'rejected']);
  expect(asked).toHaveLength(1);
  failing = false;
  expect((await read(aws, query(now()))).items).toHaveLength(45);
});

test('a store that is down costs the sharing, not the reading', async () => {
  const { send, clock, now } = trail();
  const down = () => Promise.reject(new Error('no connection'));
  const read = sharedTrail({ clock, shared: { read: down, write: down } });
  expect((await read({ send, accountId: '1' }, query(now()))).items).toHaveLength(45);
});
