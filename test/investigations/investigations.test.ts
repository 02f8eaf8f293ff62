import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Finding, Location } from '../../src/diagnosis/types.ts';
import { UntoldError } from '../../src/investigations/untold.ts';
import { candidate, conversation, finding, found, orders, request, start, submission } from './data.ts';
import { diagnosed, onlyOpen, openBench } from './fixtures.ts';

describe('a trigger', () => {
  test('opens an investigation, is diagnosed and is published from the start to the verdict', async () => {
    const bench = await openBench();
    const hold = Promise.withResolvers<void>();
    bench.service.gate = hold.promise;
    const states = () => bench.outlets.published.map(item => [item.state, item.progress.length, item.record !== null]);
    const accepted = await bench.investigations.submit(submission('one'));
    await expect.poll(states).toContainEqual(['investigating', 2, false]);
    hold.resolve();
    await bench.investigations.idle();

    expect(accepted.repeated).toBe(false);
    const investigation = await onlyOpen(bench);
    expect(investigation).toMatchObject({ state: 'diagnosed', target: orders, owner: 'U1', failure: null });
    expect(investigation.record?.report.id).toBe('report-1');
    expect(investigation.occurrences).toEqual([{ at: start.toISOString(), by: 'U1' }]);
    expect(states().at(0)?.[0]).toBe('investigating');
    expect(states().at(-1)).toEqual(['diagnosed', 0, true]);
  });

  test('is looked for once: the run goes on with the location that opened it', async () => {
    const bench = await openBench();
    await bench.investigations.submit(submission('one'));
    await bench.investigations.idle();
    expect(bench.service.located).toHaveLength(1);
  });

  test('sent twice with one key is one', async () => {
    const bench = await openBench();
    const [first, second] = await Promise.all([
      bench.investigations.submit(submission('same')),
      bench.investigations.submit(submission('same')),
    ]);
    await bench.investigations.idle();

    expect([first.repeated, second.repeated].sort()).toEqual([false, true]);
    expect(first.inboxId).toBe(second.inboxId);
    expect((await onlyOpen(bench)).occurrences).toHaveLength(1);
    expect(bench.service.diagnosed).toHaveLength(1);
  });

  test('joins what is open for the same API and stage, adds an occurrence and runs again', async () => {
    const bench = await diagnosed();
    const elsewhere = { ...conversation, channelId: 'C2', userId: 'U2' };
    await bench.investigations.submit(submission('two', { by: 'U2' }, elsewhere));
    await bench.investigations.idle();

    const investigation = await onlyOpen(bench);
    expect(investigation.id).toBe(bench.id);
    expect(investigation.conversation.channelId).toBe('C1');
    expect(investigation.occurrences.map(item => item.by)).toEqual(['U1', 'U2']);
    expect(investigation.trigger.by).toBe('U2');
    expect(bench.service.diagnosed).toHaveLength(2);
    expect(bench.outlets.pointed).toMatchObject([{ conversation: elsewhere, investigation: { id: bench.id } }]);
  });

  test('of two at once for the same API and stage, one opens and the other joins', async () => {
    const bench = await openBench();
    await Promise.all([
      bench.investigations.submit(submission('one')),
      bench.investigations.submit(submission('two', { by: 'U2' })),
    ]);
    await bench.investigations.idle();
    expect((await onlyOpen(bench)).occurrences).toHaveLength(2);
  });

  test('that joins a run under way with the same request is answered by that run', async () => {
    const bench = await openBench();
    const hold = Promise.withResolvers<void>();
    bench.service.gate = hold.promise;
    await bench.investigations.submit(submission('one'));
    await bench.investigations.submit(submission('two', { by: 'U2' }));
    hold.resolve();
    await bench.investigations.idle();

    expect((await onlyOpen(bench)).occurrences).toHaveLength(2);
    expect(bench.service.diagnosed).toHaveLength(1);
  });

  test('that joins a run under way and asks for another span is answered by a run of its own', async () => {
    const bench = await openBench();
    const hold = Promise.withResolvers<void>();
    bench.service.gate = hold.promise;
    await bench.investigations.submit(submission('one'));
    await expect.poll(() => bench.service.diagnosed.length).toBe(1);
    const wider = request({ span: { minutes: 120 } });
    await bench.investigations.submit(submission('two', { by: 'U2', request: wider }));
    await expect.poll(() => bench.outlets.pointed.length).toBe(1);
    hold.resolve();
    await bench.investigations.idle();

    expect(bench.service.diagnosed.map(trigger => trigger.request.span)).toEqual([{ minutes: 15 }, { minutes: 120 }]);
    expect((await onlyOpen(bench)).state).toBe('diagnosed');
  });

  test('for another stage, or from another workspace, opens its own', async () => {
    const bench = await diagnosed();
    bench.service.location = asked => found({ ...orders, stage: asked.stage ?? 'prod' });
    await bench.investigations.submit(submission('two', { request: request({ stage: 'test' }) }));
    await bench.investigations.submit(submission('three', {}, { ...conversation, teamId: 'T2' }));
    await bench.investigations.idle();

    expect(await bench.investigations.listOpen({ teamId: 'T1' })).toHaveLength(2);
    expect(await bench.investigations.listOpen({ teamId: 'T2' })).toHaveLength(1);
    expect(await bench.investigations.listOpen({ teamId: 'T1', channelId: 'C9' })).toEqual([]);
  });

  test('after the investigation was resolved opens a new one', async () => {
    const bench = await diagnosed();
    expect(await bench.investigations.resolve(bench.id, 'U3')).toBe('ok');
    await bench.investigations.submit(submission('two'));
    await bench.investigations.idle();

    expect((await onlyOpen(bench)).id).not.toBe(bench.id);
    expect(await bench.investigations.get(bench.id)).toMatchObject({ state: 'resolved', resolved: { by: 'U3' } });
  });
});

describe('a refusal', () => {
  test('of an ambiguous target offers candidates, and the chosen one is diagnosed', async () => {
    const bench = await openBench();
    bench.service.location = asked =>
      asked.target === 'a1b2c3d4e5'
        ? found()
        : { kind: 'ambiguous', candidates: [{ ...candidate, apiId: 'x' }, candidate] };
    const { inboxId } = await bench.investigations.submit(
      submission('one', { request: request({ stage: 'prod', span: { minutes: 60 } }) }),
    );
    await bench.investigations.idle();

    expect(bench.outlets.refused).toMatchObject([
      {
        conversation,
        refusal: { kind: 'ambiguous', inboxId, target: 'orders-api', candidates: [{ apiId: 'x' }, candidate] },
      },
    ]);
    expect(await bench.investigations.choose(inboxId, 1, 'U2', conversation)).toBe('ok');
    expect(await bench.investigations.choose(inboxId, 1, 'U2', conversation)).toBe('ok');
    await bench.investigations.idle();
    const investigation = await onlyOpen(bench);
    expect(investigation.trigger).toMatchObject({
      kind: 'candidate',
      by: 'U2',
      request: {
        target: 'a1b2c3d4e5',
        stage: 'prod',
        region: 'eu-west-1',
        accountId: '123456789012',
        span: { minutes: 60 },
      },
    });
    expect(investigation.occurrences).toHaveLength(1);
  });

  test('has nothing to choose for a forged index, an unknown trigger or another workspace', async () => {
    const bench = await openBench();
    bench.service.location = () => ({ kind: 'not_found', region: 'eu-west-1', candidates: [candidate] });
    const { inboxId } = await bench.investigations.submit(submission('one'));
    await bench.investigations.idle();

    expect(bench.outlets.refused[0]?.refusal.kind).toBe('not_found');
    const choose = bench.investigations.choose;
    expect(await choose(inboxId, 1, 'U1', conversation)).toBe('gone');
    expect(await choose(inboxId, -1, 'U1', conversation)).toBe('gone');
    expect(await choose('nothing', 0, 'U1', conversation)).toBe('gone');
    expect(await choose(inboxId, 0, 'U1', { ...conversation, teamId: 'T2' })).toBe('gone');
  });

  test('says why AWS could not be read', async () => {
    const bench = await openBench();
    bench.service.location = () => ({ kind: 'unreadable', message: 'No credentials were found.', remedy: 'Sign in.' });
    await bench.investigations.submit(submission('one'));
    await bench.investigations.idle();
    expect(bench.outlets.refused[0]?.refusal).toMatchObject({ kind: 'unreadable', remedy: 'Sign in.' });
  });

  test('is told for a defect of ours too, and only once', async () => {
    const bench = await openBench();
    bench.service.location = () => {
      throw new Error('a defect');
    };
    await bench.investigations.submit(submission('one'));
    await bench.investigations.idle();
    await bench.investigations.idle();
    expect(bench.outlets.refused).toHaveLength(1);
    expect(bench.outlets.refused[0]?.refusal).toMatchObject({ kind: 'failed', message: expect.stringMatching(/\.$/) });
  });

  test('that cannot be delivered does not come back for ever', async () => {
    const bench = await openBench();
    bench.service.location = () => ({ kind: 'not_found', region: 'eu-west-1', candidates: [] });
    let told = 0;
    bench.outlets.refuse = async () => {
      told += 1;
      throw new Error('not_in_channel');
    };
    await bench.investigations.submit(submission('one'));
    await bench.investigations.idle();
    bench.clock.advance(10 * 60_000);
    await bench.investigations.idle();
    expect(told).toBe(1);
  });
});

describe('an answer that cannot be told now', () => {
  test('of a refusal is tried again with pauses, also after a restart', async () => {
    const first = await openBench();
    const nowhere = (): Location => ({ kind: 'not_found', region: 'eu-west-1', candidates: [] });
    first.service.location = nowhere;
    let tries = 0;
    first.outlets.refuse = async () => {
      tries += 1;
      throw new UntoldError(30_000);
    };
    await first.investigations.submit(submission('one'));
    await first.investigations.idle();
    first.clock.advance(29_000);
    await first.investigations.idle();
    expect(tries).toBe(1);
    first.clock.advance(1_000);
    await first.investigations.idle();
    expect(tries).toBe(2);
    await first.close();

    const second = await openBench({ folder: first.folder, clock: first.clock });
    second.service.location = nowhere;
    await second.investigations.idle();
    second.clock.advance(2 * 60_000);
    await second.investigations.idle();
    const told = second.outlets.refused.map(({ refusal }) => refusal.kind);
    const opened = await second.investigations.listOpen({ teamId: 'T1' });
    expect(told.length + opened.length).toBe(1);
  });

  test('is given up when the half hour of Slack is over', async () => {
    const bench = await openBench();
    bench.service.location = () => ({ kind: 'not_found', region: 'eu-west-1', candidates: [] });
    let tries = 0;
    bench.outlets.refuse = async () => {
      tries += 1;
      throw new UntoldError(0);
    };
    await bench.investigations.submit(submission('one'));
    for (let minute = 0; minute < 60; minute += 1) {
      await bench.investigations.idle();
      bench.clock.advance(60_000);
    }
    expect(tries).toBeGreaterThan(5);
    expect(tries).toBeLessThan(30);
  });

  test('of a joined investigation is told later, and the investigation is not asked for again', async () => {
    const bench = await diagnosed();
    const joined = bench.outlets.joined;
    bench.outlets.joined = () => Promise.reject(new UntoldError(0));
    await bench.investigations.submit(submission('two', { by: 'U2' }));
    await bench.investigations.idle();
    expect(bench.outlets.pointed).toEqual([]);
    bench.outlets.joined = joined;
    bench.clock.advance(2_000);
    await bench.investigations.idle();
    expect(bench.outlets.pointed).toMatchObject([{ investigation: { id: bench.id } }]);
    expect((await onlyOpen(bench)).occurrences).toHaveLength(2);
    bench.clock.advance(60_000);
    await bench.investigations.idle();
    expect(bench.outlets.pointed).toHaveLength(1);
  });
});

test('the open ones are read up to a limit, and counted', async () => {
  const bench = await openBench();
  bench.service.location = asked => found({ ...orders, apiId: asked.target });
  for (const target of ['a', 'b', 'c']) {
    await bench.investigations.submit(submission(target, { request: request({ target }) }));
  }
  await bench.investigations.idle();
  expect(await bench.investigations.listOpen({ teamId: 'T1' }, 2)).toHaveLength(2);
  expect(await bench.investigations.countOpen({ teamId: 'T1', channelId: 'C1' })).toBe(3);
  expect(await bench.investigations.countOpen({ teamId: 'T1', channelId: 'C9' })).toBe(0);
});

describe('a run', () => {
  test('that was given up writes nothing any more, and a first one does not speak of steps to check', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const bench = await openBench();
    let late: ((one: Finding) => void) | undefined;
    bench.service.diagnose = (_trigger, _location, onFinding) => {
      late = onFinding;
      return new Promise(() => {});
    };
    await bench.investigations.submit(submission('one'));
    await vi.waitUntil(() => late !== undefined);
    await vi.advanceTimersByTimeAsync(5 * 60_000);
    await bench.investigations.idle();
    const failed = await onlyOpen(bench);
    expect(failed.failure).toMatch(/Run it again\.$/);
    late?.(finding(1));
    await bench.investigations.idle();
    expect(await onlyOpen(bench)).toEqual(failed);
  });

  test('that fails says so, keeps the record of the one before, and can be started again', async () => {
    const bench = await diagnosed();
    bench.service.gate = Promise.reject(new Error('a defect'));
    bench.service.gate.catch(() => undefined);
    expect(await bench.investigations.rerun(bench.id, 'U2')).toBe('started');
    await bench.investigations.idle();

    const failed = await onlyOpen(bench);
    expect(failed).toMatchObject({ state: 'diagnosed', progress: [], failure: expect.stringMatching(/defect.*\.$/) });
    expect(failed.record?.report.id).toBe('report-1');

    bench.service.gate = Promise.resolve();
    expect(await bench.investigations.rerun(bench.id, 'U2')).toBe('started');
    await bench.investigations.idle();
    expect(await onlyOpen(bench)).toMatchObject({ failure: null, trigger: { kind: 'rerun', by: 'U2' } });
  });

  test('again looks for the exact target and nothing else', async () => {
    const bench = await diagnosed();
    await bench.investigations.rerun(bench.id, 'U2');
    await bench.investigations.idle();
    expect(bench.service.located.at(-1)).toMatchObject({
      target: 'a1b2c3d4e5',
      stage: 'prod',
      region: 'eu-west-1',
      accountId: '123456789012',
    });
  });

  test('whose API is gone meanwhile says so', async () => {
    const bench = await diagnosed();
    bench.service.location = () => ({ kind: 'not_found', region: 'eu-west-1', candidates: [] });
    await bench.investigations.rerun(bench.id, 'U2');
    await bench.investigations.idle();
    expect((await onlyOpen(bench)).failure).toContain('orders-api (a1b2c3d4e5) with the stage prod was not found');
  });

  test('asked for while one is under way is not started twice', async () => {
    const bench = await diagnosed();
    const hold = Promise.withResolvers<void>();
    bench.service.gate = hold.promise;
    const answers = await Promise.all([
      bench.investigations.rerun(bench.id, 'U1'),
      bench.investigations.rerun(bench.id, 'U2'),
    ]);
    hold.resolve();
    await bench.investigations.idle();
    expect(answers.sort()).toEqual(['running', 'started']);
    expect(bench.service.diagnosed).toHaveLength(2);
  });

  test('of a resolved or unknown investigation is not started', async () => {
    const bench = await diagnosed();
    await bench.investigations.resolve(bench.id, 'U1');
    expect(await bench.investigations.rerun(bench.id, 'U1')).toBe('gone');
    expect(await bench.investigations.rerun('nothing', 'U1')).toBe('gone');
    expect(await bench.investigations.resolve('nothing', 'U1')).toBe('gone');
    expect(await bench.investigations.resolve(bench.id, 'U2')).toBe('ok');
    expect((await bench.investigations.get(bench.id))?.resolved?.by).toBe('U1');
  });

  test('ends quietly where the investigation was resolved under it', async () => {
    const bench = await diagnosed();
    const hold = Promise.withResolvers<void>();
    bench.service.gate = hold.promise;
    await bench.investigations.rerun(bench.id, 'U1');
    await expect.poll(() => bench.service.diagnosed.length).toBe(2);
    await bench.investigations.resolve(bench.id, 'U1');
    hold.resolve();
    await bench.investigations.idle();
    expect(await bench.investigations.get(bench.id)).toMatchObject({
      state: 'resolved',
      record: { report: { id: 'report-2' } },
    });
  });

  test('publishing that fails does not fail it', async () => {
    const bench = await openBench();
    bench.outlets.publish = () => Promise.reject(new Error('not_in_channel'));
    await bench.investigations.submit(submission('one'));
    await bench.investigations.idle();
    expect((await onlyOpen(bench)).state).toBe('diagnosed');
  });
});
