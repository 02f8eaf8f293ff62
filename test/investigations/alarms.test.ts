/** What alarms do to the record, from the webhook's submission on. */
import { describe, expect, test } from 'vitest';
import type { AlarmNotice, Location } from '../../src/diagnosis/types.ts';
import type { Investigation } from '../../src/investigations/types.ts';
import { alarmSubmission, candidate, conversation, found, notice, orders, request, start, submission } from './data.ts';
import { type Bench, onlyOpen, openBench } from './fixtures.ts';

const minuteMs = 60_000;
const patient = { timeout: 10_000 };
let keys = 0;

/** An alarm changes its state, `seconds` after the start, and the bot hears of it now. */
async function tell(bench: Bench, seconds: number, over: Partial<AlarmNotice> = {}): Promise<void> {
  const key = `message-${++keys}`;
  await bench.investigations.submit(alarmSubmission(key, notice(seconds, over), bench.clock()));
  await bench.investigations.idle();
}

async function all(bench: Bench): Promise<Investigation[]> {
  const open = await bench.investigations.listOpen({ teamId: 'T1' });
  return [...open, ...(await bench.investigations.listClosed('T1', 10))];
}

async function only(bench: Bench): Promise<Investigation> {
  const [one, ...more] = await all(bench);
  expect(more).toEqual([]);
  if (one === undefined) throw new Error('There is no investigation.');
  return one;
}

describe('an alarm that fires', () => {
  test('opens one investigation in the channel for alarms, that nobody owns', async () => {
    const bench = await openBench();
    await tell(bench, 0);
    const opened = await onlyOpen(bench);
    expect(opened).toMatchObject({
      state: 'diagnosed',
      owner: null,
      occurrenceCount: 1,
      conversation: { teamId: 'T1', channelId: 'C0SBXINC01', threadTs: null, userId: null },
      alarms: [{ name: 'orders-5xx', state: 'ALARM' }],
    });
    expect((await bench.investigations.audit(opened.id)).map(({ who, action, via }) => [who, action, via])).toEqual([
      ['alarm', 'opened', 'sns'],
    ]);
  });

  test('again and again adds occurrences, looks for nothing, and runs again once the verdict is old', async () => {
    const bench = await openBench();
    await tell(bench, 0);
    for (const minute of [2, 4]) {
      bench.clock.advance(2 * minuteMs);
      await tell(bench, minute * 60);
    }
    expect(bench.service.located).toHaveLength(1);
    expect(bench.service.diagnosed).toHaveLength(1);
    expect(await onlyOpen(bench)).toMatchObject({ occurrenceCount: 3 });
    bench.clock.advance(10 * minuteMs);
    await tell(bench, 14 * 60);
    expect(bench.service.diagnosed).toHaveLength(2);
    const { occurrences } = await onlyOpen(bench);
    expect(occurrences.map(({ by }) => by)).toEqual([null, null, null, null]);
    expect(occurrences.at(-1)?.at).toBe(bench.clock().toISOString());
  });

  test('told twice is one firing, also under another message id', async () => {
    const bench = await openBench();
    await tell(bench, 0);
    await tell(bench, 0);
    await tell(bench, -30);
    expect(await onlyOpen(bench)).toMatchObject({ occurrenceCount: 1 });
  });

  test('about an API that somebody investigates in another channel joins there', async () => {
    const bench = await openBench();
    await bench.investigations.submit(submission('one'));
    await bench.investigations.idle();
    await tell(bench, 0);
    expect(await onlyOpen(bench)).toMatchObject({
      owner: 'U1',
      occurrenceCount: 2,
      conversation: { channelId: 'C1' },
      alarms: [{ state: 'ALARM' }],
    });
    expect(bench.outlets.pointed).toEqual([]);
  });

  test('and that another app posts about beside it is one firing, whichever comes first', async () => {
    const bench = await openBench();
    const post = {
      kind: 'post' as const,
      by: null,
      request: request({ target: 'arn:aws:cloudwatch:eu-west-1::alarm:orders-5xx' }),
    };
    const inThread = { ...conversation, threadTs: '1.2', userId: null };
    await bench.investigations.submit(submission('post:C1:1.2', post, inThread));
    await bench.investigations.idle();
    await tell(bench, 0);
    await bench.investigations.submit(submission('post:C1:1.3', post, inThread));
    await bench.investigations.idle();
    expect(await onlyOpen(bench)).toMatchObject({ occurrenceCount: 1, alarms: [{ state: 'ALARM' }] });
    // Another alarm of the same API is news.
    await tell(bench, 60, { name: 'orders-latency' });
    expect(await onlyOpen(bench)).toMatchObject({ occurrenceCount: 2 });
  });
});

describe('an alarm that recovers', () => {
  test('ends the investigation, its watch and its channel’s news on the same record', async () => {
    const bench = await openBench();
    await tell(bench, 0);
    const { id } = await onlyOpen(bench);
    bench.clock.advance(5 * minuteMs);
    await tell(bench, 290, { state: 'OK' });
    expect(await only(bench)).toMatchObject({
      id,
      state: 'recovered',
      watch: null,
      recovered: { at: notice(290).at, by: 'alarm' },
      record: { report: { id: 'report-1' } },
    });
    const audit = await bench.investigations.audit(id);
    expect(audit.map(({ action }) => action)).toEqual(['opened', 'recovered']);
  });

  test('before the first verdict waits for it, so that the card can say what was going on', async () => {
    const bench = await openBench();
    const gate = Promise.withResolvers<void>();
    bench.service.gate = gate.promise;
    await bench.investigations.submit(alarmSubmission('a', notice(0)));
    bench.clock.advance(1);
    await bench.investigations.submit(alarmSubmission('b', notice(20, { state: 'OK' })));
    await expect.poll(async () => (await all(bench))[0]?.alarms[0]?.state, patient).toBe('OK');
    expect(await onlyOpen(bench)).toMatchObject({ state: 'investigating' });
    bench.clock.advance(25_000);
    gate.resolve();
    await bench.investigations.idle();
    expect(await only(bench)).toMatchObject({
      state: 'recovered',
      recovered: { at: notice(20).at, by: 'alarm' },
      record: { report: { id: 'report-1' } },
    });
  });

  test('with another still firing changes nothing; the last one ends it', async () => {
    const bench = await openBench();
    await tell(bench, 0);
    await tell(bench, 10, { name: 'orders-latency' });
    await tell(bench, 60, { state: 'OK' });
    expect(await onlyOpen(bench)).toMatchObject({ state: 'diagnosed' });
    await tell(bench, 70, { name: 'orders-latency', state: 'INSUFFICIENT_DATA' });
    expect(await onlyOpen(bench)).toMatchObject({ state: 'diagnosed' });
    await tell(bench, 80, { name: 'orders-latency', state: 'OK' });
    expect(await only(bench)).toMatchObject({ state: 'recovered' });
  });

  test('told before its own firing ends what that opens', async () => {
    const bench = await openBench();
    await tell(bench, 60, { state: 'OK' });
    expect(await all(bench)).toEqual([]);
    bench.clock.advance(2 * minuteMs);
    await tell(bench, 0);
    expect(await only(bench)).toMatchObject({
      state: 'recovered',
      recovered: { at: notice(60).at },
      record: { report: { id: 'report-1' } },
    });
  });

  test('that nobody knows opens nothing, and asks AWS nothing', async () => {
    const bench = await openBench();
    await tell(bench, 0, { state: 'OK' });
    await tell(bench, 0, { state: 'INSUFFICIENT_DATA' });
    expect(await all(bench)).toEqual([]);
    expect(bench.service.located).toEqual([]);
  });

  test('after a newer firing is old news', async () => {
    const bench = await openBench();
    await tell(bench, 0);
    await tell(bench, 120);
    await tell(bench, 60, { state: 'OK' });
    expect(await onlyOpen(bench)).toMatchObject({ alarms: [{ state: 'ALARM', at: notice(120).at }] });
  });

  test('after somebody closed it changes nothing', async () => {
    const bench = await openBench();
    await tell(bench, 0);
    await bench.investigations.resolve((await onlyOpen(bench)).id, 'U1');
    await tell(bench, 60, { state: 'OK' });
    expect(await only(bench)).toMatchObject({ state: 'resolved' });
  });
});

describe('an alarm that fires after the recovery', () => {
  async function recovered() {
    const bench = await openBench();
    await tell(bench, 0);
    await tell(bench, 60, { state: 'OK' });
    return { bench, id: (await only(bench)).id };
  }

  test('within the cooldown opens the same one again, and runs again', async () => {
    const { bench, id } = await recovered();
    bench.clock.advance(29 * minuteMs);
    await tell(bench, 29 * 60);
    const reopened = await onlyOpen(bench);
    expect(reopened).toMatchObject({ id, state: 'diagnosed', occurrenceCount: 2 });
    expect(reopened.recovered).toBeUndefined();
    expect(bench.service.diagnosed).toHaveLength(2);
    expect((await bench.investigations.audit(id)).map(({ action }) => action)).toEqual([
      'opened',
      'recovered',
      'reopened',
    ]);
  });

  test('after the cooldown opens a new one', async () => {
    const { bench, id } = await recovered();
    bench.clock.advance(32 * minuteMs);
    await tell(bench, 32 * 60);
    expect((await onlyOpen(bench)).id).not.toBe(id);
    expect(await all(bench)).toHaveLength(2);
  });

  test('as two at once reopens it once, and joins', async () => {
    const { bench, id } = await recovered();
    bench.clock.advance(10 * minuteMs);
    await Promise.all([
      bench.investigations.submit(alarmSubmission('race-1', notice(600))),
      bench.investigations.submit(alarmSubmission('race-2', notice(601, { name: 'orders-latency' }))),
    ]);
    await bench.investigations.idle();
    expect(await onlyOpen(bench)).toMatchObject({ id, occurrenceCount: 3 });
    const actions = (await bench.investigations.audit(id)).map(({ action }) => action);
    expect(actions.filter(action => action === 'reopened')).toHaveLength(1);
  });

  test('does not take the place of what somebody has asked for meanwhile', async () => {
    const { bench, id } = await recovered();
    bench.clock.advance(5 * minuteMs);
    await bench.investigations.submit(submission('asked'));
    await bench.investigations.idle();
    const asked = await onlyOpen(bench);
    expect(asked.id).not.toBe(id);
    await tell(bench, 400);
    expect(await onlyOpen(bench)).toMatchObject({ id: asked.id, occurrenceCount: 2 });
  });
});

describe('an alarm that fits several APIs', () => {
  const ambiguous: Location = { kind: 'ambiguous', candidates: [candidate, { ...candidate, apiId: 'other' }] };

  test('is what was chosen from then on, and recovers it', async () => {
    const bench = await openBench();
    bench.service.location = asked =>
      asked.target.startsWith('arn:') ? ambiguous : found({ ...orders, apiId: asked.target, stage: 'prod' });
    await tell(bench, 0);
    const { refusal, conversation: asked } = bench.outlets.refused[0] ?? {};
    expect(asked).toMatchObject({ channelId: 'C0SBXINC01', userId: null });
    if (refusal === undefined) throw new Error('Nothing was asked.');
    expect(
      await bench.investigations.choose(refusal.inboxId, 1, 'U1', { ...conversation, channelId: 'C0SBXINC01' }),
    ).toBe('ok');
    await bench.investigations.idle();
    expect(await onlyOpen(bench)).toMatchObject({
      owner: 'U1',
      target: { apiId: 'other' },
      alarms: [{ state: 'ALARM' }],
    });
    await tell(bench, 60);
    expect(await onlyOpen(bench)).toMatchObject({ occurrenceCount: 2 });
    await tell(bench, 90, { state: 'OK' });
    expect(await only(bench)).toMatchObject({ state: 'recovered' });
  });
});

test('times of an alarm are CloudWatch’s, and one from the future counts as now', async () => {
  const bench = await openBench();
  await tell(bench, 0);
  await tell(bench, 3_600, { state: 'OK' });
  expect((await only(bench)).recovered?.at).toBe(start.toISOString());
});
