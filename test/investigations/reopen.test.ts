import { describe, expect, test } from 'vitest';
import { unresolve } from '../../src/investigations/record.ts';
import { alarmSubmission, notice, submission } from './data.ts';
import { onlyOpen, openBench } from './fixtures.ts';

async function closedBench() {
  const bench = await openBench();
  await bench.investigations.submit(submission('one'));
  await bench.investigations.idle();
  const open = await onlyOpen(bench);
  return { ...bench, id: open.id, open };
}

describe('a closing that is taken back', () => {
  test('leaves it as it stood: the watch goes on to its own end, the late changes are looked for', async () => {
    const bench = await closedBench();
    await bench.investigations.resolve(bench.id, 'U1');
    expect(await bench.investigations.get(bench.id)).toMatchObject({ watch: null, recheckAt: null });
    expect(await bench.investigations.reopen(bench.id, 'U2')).toEqual({ outcome: 'ok' });
    await bench.investigations.idle();
    expect(await bench.investigations.get(bench.id)).toMatchObject({
      state: 'diagnosed',
      watch: { until: bench.open.watch?.until },
      recheckAt: bench.open.recheckAt,
      reopened: { by: 'U2' },
    });
    expect((await bench.investigations.get(bench.id))?.resolved).toBeUndefined();
    expect(bench.service.diagnosed).toHaveLength(1);
  });

  test('does not bring back a watch that nobody had, or whose time is over', async () => {
    const bench = await closedBench();
    await bench.investigations.watch(bench.id, 'U1', false);
    await bench.investigations.resolve(bench.id, 'U1');
    await bench.investigations.reopen(bench.id, 'U2');
    expect(await bench.investigations.get(bench.id)).toMatchObject({ watch: null });

    await bench.investigations.watch(bench.id, 'U1', true);
    await bench.investigations.resolve(bench.id, 'U1');
    bench.clock.advance(5 * 60 * 60_000);
    await bench.investigations.reopen(bench.id, 'U2');
    expect(await bench.investigations.get(bench.id)).toMatchObject({ state: 'diagnosed', watch: null });
  });

  test('knows that its alarm came to rest while it was closed', async () => {
    const bench = await openBench();
    const tell = async (second: number, state: 'ALARM' | 'OK') => {
      await bench.investigations.submit(alarmSubmission(`${second}`, notice(second, { state }), bench.clock()));
      await bench.investigations.idle();
    };
    await tell(0, 'ALARM');
    const { id } = await onlyOpen(bench);
    await bench.investigations.resolve(id, 'U1');
    await tell(60, 'OK');
    await bench.investigations.reopen(id, 'U2');
    expect(await bench.investigations.get(id)).toMatchObject({
      state: 'recovered',
      alarms: [{ state: 'OK', at: notice(60).at }],
      recovered: { by: 'alarm' },
    });
    // What had recovered before it was closed is recovered when it is opened again.
    await bench.investigations.resolve(id, 'U1');
    await bench.investigations.reopen(id, 'U2');
    expect(await bench.investigations.get(id)).toMatchObject({ state: 'recovered' });
  });

  test('is one, of two at once, and nothing for what is open or unknown', async () => {
    const bench = await closedBench();
    await bench.investigations.resolve(bench.id, 'U1');
    const answers = await Promise.all(['U2', 'U3'].map(by => bench.investigations.reopen(bench.id, by)));
    expect(answers).toEqual([{ outcome: 'ok' }, { outcome: 'ok' }]);
    expect(await bench.investigations.reopen(bench.id, 'U4')).toEqual({ outcome: 'ok' });
    expect(await bench.investigations.reopen('nothing', 'U4')).toEqual({ outcome: 'gone' });
    const reopened = (await bench.investigations.audit(bench.id)).filter(entry => entry.action === 'reopened');
    expect(reopened).toHaveLength(1);
    expect(reopened[0]).toMatchObject({ via: 'slack', detail: 'It was resolved.' });
  });

  test('is not done where another one is open for the same API and stage', async () => {
    const bench = await closedBench();
    await bench.investigations.resolve(bench.id, 'U1');
    await bench.investigations.submit(submission('two'));
    await bench.investigations.idle();
    const other = await onlyOpen(bench);
    expect(await bench.investigations.reopen(bench.id, 'U2')).toMatchObject({
      outcome: 'other',
      investigation: { id: other.id },
    });
    expect(await bench.investigations.get(bench.id)).toMatchObject({ state: 'resolved' });
  });

  test('makes the run that a closing cut short before it was made', async () => {
    const bench = await closedBench();
    const { updatedAt } = bench.open;
    const closed = { ...bench.open, record: null, state: 'resolved' as const, resolved: { by: 'U1', at: updatedAt } };
    expect(unresolve(closed, 'U2', updatedAt).state).toBe('investigating');
  });
});
