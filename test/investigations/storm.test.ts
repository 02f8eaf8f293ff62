/** Many new investigations in one channel at once. */
import { describe, expect, test } from 'vitest';
import type { Investigation } from '../../src/investigations/types.ts';
import { alarmSubmission, conversation, found, notice, orders, request, submission } from './data.ts';
import { type Bench, openBench } from './fixtures.ts';

const minuteMs = 60_000;
const patient = { timeout: 10_000 };

/** A bench where every alarm is about an API of its own. */
async function stormy(): Promise<Bench> {
  const bench = await openBench();
  bench.service.location = ({ target }) => {
    const apiId = target.split(':').at(-1) ?? '';
    return found({ ...orders, apiId, apiName: apiId });
  };
  return bench;
}

async function fire(bench: Bench, from: number, to: number): Promise<void> {
  for (let n = from; n <= to; n++) {
    const alarm = notice(0, { name: `api-${n}` });
    await bench.investigations.submit(alarmSubmission(alarm.name, alarm, bench.clock()));
    // One after the other, so that the test knows which the first five are.
    await bench.investigations.idle();
  }
}

async function open(bench: Bench): Promise<Map<string, Investigation>> {
  const all = await bench.investigations.listOpen({ teamId: 'T1' });
  return new Map(all.map(one => [one.target.apiId, one]));
}

describe('more than five alarms within a minute', () => {
  test('are listed by one message from the sixth on, each diagnosed', async () => {
    const bench = await stormy();
    await fire(bench, 1, 9);
    const all = await open(bench);
    expect(all.size).toBe(9);
    const inStorm = [...all.values()].filter(({ storm }) => storm !== null);
    expect(inStorm).toHaveLength(4);
    expect(new Set(inStorm.map(({ storm }) => storm?.id)).size).toBe(1);
    expect([...all.values()].every(({ state }) => state === 'diagnosed')).toBe(true);
    const last = bench.outlets.storms.at(-1);
    expect(last?.members.map(({ target }) => target.apiId).toSorted()).toEqual(
      inStorm.map(({ target }) => target.apiId).toSorted(),
    );
    expect(last?.members.every(({ state }) => state === 'diagnosed')).toBe(true);
    expect(last?.storm).toMatchObject({ channelId: 'C0SBXINC01', teamId: 'T1' });
  });

  test('go on in the same message while new ones come, and not after ten quiet minutes', async () => {
    const bench = await stormy();
    await fire(bench, 1, 6);
    bench.clock.advance(9 * minuteMs);
    await fire(bench, 7, 7);
    bench.clock.advance(9 * minuteMs);
    await fire(bench, 8, 8);
    bench.clock.advance(11 * minuteMs);
    await fire(bench, 9, 9);
    const all = await open(bench);
    const stormOf = (n: number) => all.get(`api-${n}`)?.storm?.id;
    expect(stormOf(6)).toBeDefined();
    expect([stormOf(7), stormOf(8)]).toEqual([stormOf(6), stormOf(6)]);
    expect(stormOf(9)).toBeUndefined();
  });

  test('leave the answers of people, and of posts, what they are', async () => {
    const bench = await stormy();
    await fire(bench, 1, 6);
    const where = { ...conversation, channelId: 'C0SBXINC01' };
    await bench.investigations.submit(submission('ask', { request: request({ target: 'asked' }) }, where));
    const post = { kind: 'post' as const, by: null, request: request({ target: 'posted' }) };
    await bench.investigations.submit(submission('post', post, { ...where, threadTs: '1.2', userId: null }));
    await bench.investigations.idle();
    const all = await open(bench);
    expect(all.get('asked')?.storm).toBeNull();
    expect(all.get('posted')?.storm).toBeNull();
  });

  test('of a storm: at most ten run, the others wait and are shown as waiting', async () => {
    const bench = await stormy();
    const gate = Promise.withResolvers<void>();
    bench.service.gate = gate.promise;
    for (let n = 1; n <= 16; n++) {
      const alarm = notice(0, { name: `api-${n}` });
      await bench.investigations.submit(alarmSubmission(alarm.name, alarm));
    }
    await expect.poll(() => bench.service.diagnosed.length, patient).toBe(10);
    await expect
      .poll(
        () => bench.outlets.storms.at(-1)?.members.filter(({ waitingSince }) => waitingSince !== undefined).length,
        patient,
      )
      .toBe(6);
    gate.resolve();
    await bench.investigations.idle();
    expect(bench.service.diagnosed).toHaveLength(16);
    expect(bench.outlets.storms.at(-1)?.members.some(({ waitingSince }) => waitingSince !== undefined)).toBe(false);
  });

  test('fire again and recover as any other; what was opened is shown as opened', async () => {
    const bench = await stormy();
    await fire(bench, 1, 7);
    const seventh = (await open(bench)).get('api-7');
    if (seventh === undefined) throw new Error('The seventh was not opened.');
    await bench.investigations.submit(alarmSubmission('again', notice(60, { name: 'api-7' }), bench.clock()));
    await bench.investigations.idle();
    expect(await bench.investigations.openThread(seventh.id, 'U1')).toBe('ok');
    await bench.investigations.submit(alarmSubmission('ok', notice(90, { name: 'api-7', state: 'OK' }), bench.clock()));
    await bench.investigations.idle();
    const member = bench.outlets.storms.at(-1)?.members.find(({ id }) => id === seventh.id);
    expect(member).toMatchObject({ state: 'recovered', occurrenceCount: 2, storm: { opened: true } });
  });
});

test('five within a minute are no storm, nor are six over a longer time', async () => {
  const bench = await stormy();
  await fire(bench, 1, 5);
  bench.clock.advance(61_000);
  await fire(bench, 6, 6);
  expect([...(await open(bench)).values()].every(({ storm }) => storm === null)).toBe(true);
  expect(bench.outlets.storms).toEqual([]);
});
