import { describe, expect, test } from 'vitest';
import { finding, found, orders, request, submission } from './data.ts';
import { diagnosed, onlyOpen, openBench } from './fixtures.ts';

describe('a press', () => {
  test('runs that check once, also when it is pressed twice at once, and shows who and when', async () => {
    const bench = await diagnosed();
    const hold = Promise.withResolvers<void>();
    bench.service.gate = hold.promise;
    bench.clock.advance(5_000);
    const answers = await Promise.all([
      bench.investigations.press(bench.id, 'step:4', 'U1'),
      bench.investigations.press(bench.id, 'step:4', 'U2'),
    ]);
    const by = answers[0] === 'started' ? 'U1' : 'U2';
    expect(answers.sort()).toEqual(['running', 'started']);
    await expect
      .poll(() => bench.outlets.published.at(-1)?.presses)
      .toEqual({
        'step:4': { by, at: '2026-11-22T12:00:05.000Z', state: 'running' },
      });
    hold.resolve();
    await bench.investigations.idle();

    expect(bench.service.checked).toEqual(['step:4']);
    const investigation = await onlyOpen(bench);
    expect(investigation.presses['step:4']).toEqual({ by, at: '2026-11-22T12:00:05.000Z', state: 'done' });
    expect(investigation.record?.findings.map(item => item.summary)).toEqual(['All is well.', 'Checked again 1.']);
    expect(bench.outlets.published.at(-1)).toEqual(investigation);
  });

  test('on two checks at once keeps the findings of both', async () => {
    const bench = await diagnosed();
    await Promise.all([
      bench.investigations.press(bench.id, 'step:1', 'U1'),
      bench.investigations.press(bench.id, 'step:4', 'U2'),
    ]);
    await bench.investigations.idle();
    const summaries = (await onlyOpen(bench)).record?.findings.map(item => item.summary);
    expect(summaries?.sort()).toEqual(['Checked again 1.', 'Checked again 2.']);
  });

  test('while the whole playbook runs again is answered by that run', async () => {
    const bench = await diagnosed();
    const hold = Promise.withResolvers<void>();
    bench.service.gate = hold.promise;
    await bench.investigations.rerun(bench.id, 'U1');
    expect(await bench.investigations.press(bench.id, 'step:4', 'U2')).toBe('running');
    hold.resolve();
    await bench.investigations.idle();
    expect(bench.service.checked).toEqual([]);
    expect((await onlyOpen(bench)).presses).toEqual({});
  });

  test('on each of fourteen checks while another runs is run in its turn, once', async () => {
    const bench = await diagnosed();
    bench.service.findings = () => Array.from({ length: 14 }, (_, index) => finding(index + 1));
    await bench.investigations.rerun(bench.id, 'U1');
    await bench.investigations.idle();
    const hold = Promise.withResolvers<void>();
    bench.service.gate = hold.promise;
    const checks = Array.from({ length: 14 }, (_, index) => `step:${index + 1}`);
    for (const check of checks) expect(await bench.investigations.press(bench.id, check, 'U1')).toBe('started');
    for (const check of checks) expect(await bench.investigations.press(bench.id, check, 'U2')).toBe('running');
    hold.resolve();
    await bench.investigations.idle();
    expect(bench.service.checked).toEqual(checks);
    const { presses } = await onlyOpen(bench);
    expect(Object.values(presses).map(press => [press.by, press.state])).toEqual(Array(14).fill(['U1', 'done']));
  });

  test('on a closed investigation runs nothing and marks nothing', async () => {
    const bench = await diagnosed();
    await bench.investigations.resolve(bench.id, 'U1');
    expect(await bench.investigations.press(bench.id, 'step:4', 'U1')).toBe('gone');
    expect((await bench.investigations.get(bench.id))?.presses).toEqual({});
  });

  test('that has to wait for a turn says so until it has it, and so does a run', async () => {
    const bench = await diagnosed();
    const hold = Promise.withResolvers<void>();
    bench.service.gate = hold.promise;
    bench.service.location = asked => found({ ...orders, apiId: asked.target, apiName: asked.target });
    for (const target of ['two', 'three']) {
      await bench.investigations.submit(submission(target, { by: 'U7', request: request({ target }) }));
    }
    await expect.poll(() => bench.service.diagnosed.length).toBe(3);
    expect(await bench.investigations.press(bench.id, 'step:4', 'U7')).toBe('started');
    const waiting = await bench.investigations.get(bench.id);
    expect(waiting?.waitingSince).toBeDefined();
    await expect.poll(() => bench.outlets.published.filter(item => item.id === bench.id).at(-1)).toEqual(waiting);
    expect(await bench.investigations.rerun(bench.id, 'U7')).toBe('started');
    expect((await bench.investigations.get(bench.id))?.waitingSince).toBeDefined();
    hold.resolve();
    await bench.investigations.idle();
    const ended = await bench.investigations.get(bench.id);
    expect([ended?.state, ended?.waitingSince]).toEqual(['diagnosed', undefined]);
  });

  test('before the first run has ended, on an unknown check and on an unknown investigation starts nothing', async () => {
    const bench = await openBench();
    const hold = Promise.withResolvers<void>();
    bench.service.gate = hold.promise;
    await bench.investigations.submit(submission('one'));
    await expect.poll(() => bench.service.diagnosed.length).toBe(1);
    const { id } = await onlyOpen(bench);
    expect(await bench.investigations.press(id, 'step:4', 'U1')).toBe('running');
    hold.resolve();
    await bench.investigations.idle();
    expect(await bench.investigations.press(id, 'step:5', 'U1')).toBe('gone');
    expect(await bench.investigations.press('nothing', 'step:4', 'U1')).toBe('gone');
  });

  test('that fails is shown as failed, keeps the record, and can be pressed again', async () => {
    const bench = await diagnosed();
    const before = (await onlyOpen(bench)).record;
    bench.service.gate = Promise.reject(new Error('a defect'));
    bench.service.gate.catch(() => undefined);
    await bench.investigations.press(bench.id, 'step:4', 'U1');
    await bench.investigations.idle();
    expect(await onlyOpen(bench)).toMatchObject({ presses: { 'step:4': { state: 'failed' } }, record: before });
    expect(await bench.investigations.press(bench.id, 'step:4', 'U1')).toBe('started');
  });
});

describe('limits', () => {
  test('a person has two runs at once; the third waits, and its card says so', async () => {
    const bench = await openBench();
    const hold = Promise.withResolvers<void>();
    bench.service.gate = hold.promise;
    bench.service.location = asked => found({ ...orders, apiId: asked.target, apiName: asked.target });
    for (const target of ['one', 'two', 'three']) {
      await bench.investigations.submit(submission(target, { request: request({ target }) }));
    }
    await bench.investigations.submit(submission('four', { by: 'U2', request: request({ target: 'four' }) }));
    await expect.poll(() => bench.service.diagnosed.length).toBe(3);
    await expect.poll(() => bench.outlets.published.find(item => item.waitingSince !== undefined)).toBeDefined();

    const waiting = (await bench.investigations.listOpen({ teamId: 'T1' })).filter(item => item.waitingSince);
    // Which of the three depends on whose target was found last.
    expect(waiting.map(item => item.trigger.by)).toEqual(['U1']);
    expect(bench.service.diagnosed.map(trigger => trigger.by).sort()).toEqual(['U1', 'U1', 'U2']);
    hold.resolve();
    await bench.investigations.idle();
    const ended = await bench.investigations.listOpen({ teamId: 'T1' });
    expect(ended.map(item => [item.state, item.waitingSince])).toEqual(Array(4).fill(['diagnosed', undefined]));
  });

  test('ten runs at once; the rest wait for a turn', async () => {
    const bench = await openBench();
    const hold = Promise.withResolvers<void>();
    bench.service.gate = hold.promise;
    bench.service.location = asked => found({ ...orders, apiId: asked.target });
    for (let index = 0; index < 25; index += 1) {
      const target = `api-${index}`;
      await bench.investigations.submit(submission(target, { by: null, kind: 'alarm', request: request({ target }) }));
    }
    await expect.poll(() => bench.service.located.length).toBe(25);
    await expect
      .poll(
        async () => (await bench.investigations.listOpen({ teamId: 'T1' })).filter(item => item.waitingSince).length,
      )
      .toBe(15);
    expect(bench.service.diagnosed).toHaveLength(10);
    hold.resolve();
    await bench.investigations.idle();
    expect(bench.service.diagnosed).toHaveLength(25);
  });
});
