import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createInboxStore } from '../../src/investigations/inbox-store.ts';
import { createInvestigations } from '../../src/investigations/investigations.ts';
import { conversation, evidence, finding, found, orders, request, submission } from './data.ts';
import {
  openBench,
  openStore,
  otherProcess,
  recordingOutlets,
  scriptedService,
  silent,
  temporaryFolder,
  testClock,
} from './fixtures.ts';

/** When nothing that a process held before it died is held any more. */
const afterLeases = () => new Date(Date.now() + 60_000);

describe('a process that was killed in the middle of a run', () => {
  test('loses nothing: the next one runs it again and publishes it', async () => {
    const folder = temporaryFolder();
    const other = await otherProcess(folder);
    await other.kill();

    const bench = await openBench({ folder, clock: testClock(afterLeases()) });
    await bench.investigations.idle();

    expect(bench.service.diagnosed).toHaveLength(1);
    const investigation = await bench.investigations.get('the-one');
    expect(investigation).toMatchObject({ state: 'diagnosed', progress: [], record: { report: { id: 'report-1' } } });
    expect(bench.outlets.published.at(-1)).toEqual(investigation);
  });

  test('knows the trigger that it had accepted', async () => {
    const folder = temporaryFolder();
    const other = await otherProcess(folder);
    await other.kill();
    const bench = await openBench({ folder });
    expect(await bench.investigations.submit(submission('one'))).toMatchObject({ repeated: true });
  });
});

describe('a start', () => {
  test('publishes what had not reached Slack, and nothing else', async () => {
    const first = await openBench();
    await first.investigations.submit(submission('shown', { request: request({ target: 'shown' }) }));
    await first.investigations.idle();
    first.service.location = () => found({ ...orders, apiId: 'lost' });
    first.outlets.publish = () => Promise.reject(new Error('Slack is away.'));
    await first.investigations.submit(submission('one'));
    await first.investigations.idle();
    await first.close();

    const second = await openBench({ folder: first.folder, clock: first.clock });
    await second.investigations.idle();
    expect(second.outlets.published).toMatchObject([{ state: 'diagnosed', target: { apiId: 'lost' } }]);
    expect(second.service.diagnosed).toEqual([]);
  });

  test('runs what was pressed and not yet run', async () => {
    const first = await openBench();
    await first.investigations.submit(submission('one'));
    await first.investigations.idle();
    first.service.gate = new Promise(() => {});
    const [{ id = '' } = {}] = await first.investigations.listOpen({ teamId: 'T1' });
    await first.investigations.press(id, 'step:4', 'U1');
    await first.close();

    const second = await openBench({ folder: first.folder, clock: first.clock });
    await second.investigations.idle();
    expect(second.service.checked).toEqual(['step:4']);
    expect(await second.investigations.get(id)).toMatchObject({ presses: { 'step:4': { by: 'U1', state: 'done' } } });
  });
});

describe('two workers on one store', () => {
  /** As two replicas are: each with a worker of its own, none alone on the store. */
  async function replicas() {
    const clock = testClock();
    const database = { ...(await openStore(temporaryFolder(), clock)), exclusive: false };
    const one = scriptedService();
    const two = scriptedService();
    const outlets = recordingOutlets();
    let next = 0;
    const shared = {
      database,
      outlets,
      clock,
      newId: () => `id-${++next}`,
      log: silent,
      retentionDays: 90,
      alarms: { routes: [], channel: 'C1' },
    };
    const first = createInvestigations({ ...shared, service: one });
    const second = createInvestigations({ ...shared, service: two });
    onTestFinished(async () => {
      await Promise.all([first.stop(0), second.stop(0)]);
      await database.close();
    });
    return { clock, database, one, two, outlets, first, second };
  }

  test('a run whose lease has ended is taken over, and what its first worker still finds is dropped', async () => {
    const { clock, one, two, first, second } = await replicas();
    const hold = Promise.withResolvers<void>();
    one.gate = hold.promise;
    await first.submit(submission('one'));
    await expect.poll(() => one.diagnosed.length).toBe(1);

    await second.start();
    await second.idle();
    expect(two.diagnosed).toHaveLength(0);

    clock.advance(61_000);
    await second.idle();
    expect(two.diagnosed).toHaveLength(1);
    const [taken] = await second.listOpen({ teamId: 'T1' });
    expect(taken?.state).toBe('diagnosed');

    one.findings = () => [finding(1, { summary: 'Too late.' })];
    hold.resolve();
    await first.idle();
    expect(await second.listOpen({ teamId: 'T1' })).toEqual([taken]);
  });

  test('a lease that is renewed is not taken over', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const { clock, database, one, two, first, second } = await replicas();
    await first.start();
    const hold = Promise.withResolvers<void>();
    one.gate = hold.promise;
    await first.submit(submission('one'));
    await expect.poll(() => one.diagnosed.length).toBe(1);

    clock.advance(20_000);
    const renewed = new Date(clock().getTime() + 30_000).toISOString();
    vi.advanceTimersByTime(10_000);
    const lease = () => database.db.selectFrom('investigations').select('lease_until').executeTakeFirst();
    await expect.poll(async () => (await lease())?.lease_until).toBe(renewed);
    clock.advance(20_000);
    await second.start();
    await second.idle();
    expect(two.diagnosed).toHaveLength(0);
    hold.resolve();
    await first.idle();
    expect(await first.listOpen({ teamId: 'T1' })).toMatchObject([{ state: 'diagnosed' }]);
  });

  test('what does not end in time at a stop is given back at once', async () => {
    const { one, two, first, second } = await replicas();
    one.gate = new Promise(() => {});
    await first.submit(submission('one'));
    await expect.poll(() => one.diagnosed.length).toBe(1);

    await first.stop(0);
    await second.start();
    await second.idle();
    expect(two.diagnosed).toHaveLength(1);
  });

  test('a run that is cut off every time is given up with a sentence', async () => {
    const { database, one, two, first, second } = await replicas();
    one.gate = new Promise(() => {});
    await first.submit(submission('one'));
    await expect.poll(() => one.diagnosed.length).toBe(1);
    await first.stop(0);
    await database.db.updateTable('investigations').set({ attempts: 20 }).execute();

    await second.start();
    await second.idle();
    expect(two.diagnosed).toEqual([]);
    const [given] = await second.listOpen({ teamId: 'T1' });
    expect(given).toMatchObject({ state: 'diagnosed', failure: expect.stringMatching(/begun 20 times .*\.$/) });
    await second.rerun(given?.id ?? '', 'U1');
    await second.idle();
    expect(two.diagnosed).toHaveLength(1);
  });

  test('a run that never answers ends with a sentence', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { one, first } = await replicas();
    one.gate = new Promise(() => {});
    await first.submit(submission('one'));
    await vi.waitUntil(() => one.diagnosed.length === 1);
    await vi.advanceTimersByTimeAsync(5 * 60_000);
    await first.idle();
    expect(await first.listOpen({ teamId: 'T1' })).toMatchObject([
      { state: 'diagnosed', failure: expect.stringMatching(/5 minutes.*\.$/) },
    ]);
  });
});

test('work that was cut off is taken up after work that was not, and is not given up for that', async () => {
  const clock = testClock();
  const database = await openStore(temporaryFolder(), clock);
  onTestFinished(() => database.close());
  const inbox = createInboxStore(database, clock);
  const lease = { holder: 'somebody', until: clock().toISOString() };
  for (const key of ['first', 'second', 'third']) {
    await inbox.accept(submission(key));
    clock.advance(1_000);
  }
  const claimed: string[] = [];
  // Each claim is a process that dies of it, or with it: the lease has ended by the next.
  for (let turn = 0; turn < 6; turn += 1) claimed.push((await inbox.claim(lease))?.value.key ?? '');
  expect(claimed).toEqual(['first', 'second', 'third', 'first', 'second', 'third']);
});

describe('retention', () => {
  test('removes log excerpts after 14 days and investigations after the configured time', async () => {
    const first = await openBench({ retentionDays: 30 });
    first.service.findings = () => [
      finding(8, { evidence: [evidence('step-8.1', 'the log line'), evidence('step-8.2')] }),
    ];
    await first.investigations.submit(submission('one'));
    await first.investigations.idle();
    const [{ id = '' } = {}] = await first.investigations.listOpen({ teamId: 'T1' });
    await first.investigations.resolve(id, 'U1');
    await first.investigations.ledger.intend(id, 'card', 'C1');

    first.clock.advance(15 * 24 * 60 * 60_000);
    await first.close();
    const second = await openBench({ folder: first.folder, clock: first.clock, retentionDays: 30 });
    const trimmed = await second.investigations.get(id);
    expect(JSON.stringify(trimmed)).not.toContain('the log line');
    expect(trimmed?.record?.report.steps[0]?.evidence).toEqual([evidence('step-8.1'), evidence('step-8.2')]);

    second.clock.advance(16 * 24 * 60 * 60_000);
    await second.close();
    const third = await openBench({ folder: first.folder, clock: first.clock, retentionDays: 30 });
    expect(await third.investigations.get(id)).toBeNull();
    expect(await third.investigations.ledger.all(id)).toEqual([]);
    expect(await third.investigations.submit(submission('one'))).toMatchObject({ repeated: false });
  });
});

describe('the ledger', () => {
  test('keeps the first intent, and then where the message is', async () => {
    const { investigations, clock } = await openBench();
    const { ledger } = investigations;
    expect(await ledger.find('i', 'card')).toBeNull();
    const intended = await ledger.intend('i', 'card', 'C1');
    clock.advance(1_000);
    expect(await ledger.intend('i', 'card', 'C2')).toEqual(intended);
    expect(intended).toMatchObject({ channelId: 'C1', ts: null, contentHash: null });

    await ledger.posted('i', 'card', '1.2', 'hash');
    await ledger.intend('i', 'evidence:step:4', 'C1');
    expect(await ledger.find('i', 'card')).toEqual({ ...intended, ts: '1.2', contentHash: 'hash' });
    expect((await ledger.all('i')).map(entry => entry.purpose)).toEqual(['card', 'evidence:step:4']);
    expect(await ledger.all('other')).toEqual([]);
  });
});

test('an investigation is stored as it was published, whatever is in it', async () => {
  const bench = await openBench();
  bench.service.location = () => found({ ...orders, accountId: null, apiName: 'ünï "quoted" \u0000 💥' });
  await bench.investigations.submit(submission('one', { request: request({ target: "'; DROP TABLE inbox; --" }) }));
  await bench.investigations.idle();
  const published = bench.outlets.published.at(-1);
  expect(published).toBeDefined();
  expect(await bench.investigations.get(published?.id ?? '')).toEqual(published);
});

test('a channel that lags is held up alone, and is read a part at a time', async () => {
  const bench = await openBench();
  const slow = Promise.withResolvers<void>();
  const begun: string[] = [];
  bench.outlets.publish = async ({ id, conversation: { channelId } }) => {
    begun.push(`${channelId} ${id}`);
    if (channelId === 'C1') await slow.promise;
  };
  bench.service.location = ({ target }) => found({ ...orders, apiId: target });
  const ask = (name: string, channelId: string) =>
    bench.investigations.submit(
      submission(name, { request: request({ target: name }) }, { ...conversation, channelId }),
    );
  for (let number = 1; number <= 60; number++) await ask(`slow-${number}`, 'C1');
  await expect.poll(async () => (await bench.investigations.listOpen({ teamId: 'T1' })).length).toBe(60);
  await ask('quick', 'C2');
  await expect.poll(() => begun.filter(one => one.startsWith('C2')).length).toBeGreaterThan(0);
  const inMemory = new Set(begun.filter(one => one.startsWith('C1')));
  expect(inMemory.size).toBeGreaterThan(1);
  expect(inMemory.size).toBeLessThanOrEqual(40);

  slow.resolve();
  await bench.investigations.idle();
  expect(new Set(begun).size).toBe(61);
});
