/** Two replicas on one PostgreSQL, each with connections of its own. */
import { expect, onTestFinished, test } from 'vitest';
import { createInvestigations } from '../../src/investigations/investigations.ts';
import { openDatabase } from '../../src/investigations/open-database.ts';
import type { Investigation } from '../../src/investigations/types.ts';
import { found, orders, request, submission } from '../investigations/data.ts';
import {
  type Clock,
  openStore,
  otherProcess,
  recordingOutlets,
  scriptedService,
  silent,
  temporaryFolder,
  testClock,
} from '../investigations/fixtures.ts';
import { administer, databaseUrl, storeIn } from '../support/stores.ts';

async function openReplica(folder: string, clock: Clock, name: string) {
  const service = scriptedService();
  service.location = asked => found({ ...orders, apiId: asked.target });
  const outlets = recordingOutlets();
  const database = await openStore(folder, clock);
  let next = 0;
  const investigations = createInvestigations({
    database,
    service,
    outlets,
    clock,
    newId: () => `${name}-${++next}`,
    log: silent,
    retentionDays: 90,
    alarms: { routes: [], channel: 'C1' },
  });
  let open = true;
  async function close() {
    if (!open) return;
    open = false;
    await investigations.stop(0);
    await investigations.handOver();
    await database.close();
  }
  onTestFinished(close);
  return { service, outlets, database, investigations, close };
}

async function replicas() {
  const folder = temporaryFolder();
  const clock = testClock();
  const one = await openReplica(folder, clock, 'one');
  const two = await openReplica(folder, clock, 'two');
  return { folder, clock, one, two };
}

const team = { teamId: 'T1' };
/** A full replica looks for what is left every five seconds. */
const patient = { timeout: 20_000 };

test('share the work: all of it is done, and none twice', async () => {
  const { one, two } = await replicas();
  const targets = Array.from({ length: 60 }, (_, index) => `api-${index}`);
  for (const [index, target] of targets.entries()) {
    const { investigations } = index % 2 === 0 ? one : two;
    await investigations.submit(submission(target, { by: `U${index}`, request: request({ target }) }));
  }
  await Promise.all([one.investigations.start(), two.investigations.start()]);
  // What the other has taken up and one's own idle does not see is waited for by its own.
  await Promise.all([one.investigations.idle(), two.investigations.idle()]);
  await Promise.all([one.investigations.idle(), two.investigations.idle()]);

  const asked = (replica: typeof one) => replica.service.diagnosed.map(({ request: { target } }) => target);
  expect([...asked(one), ...asked(two)].sort()).toEqual(targets.toSorted());
  expect(Math.min(asked(one).length, asked(two).length)).toBeGreaterThan(0);
  const open = await one.investigations.listOpen(team);
  expect(open.map(({ state }) => state)).toEqual(Array(60).fill('diagnosed'));
  expect(await one.investigations.countOpen(team)).toBe(60);
});

test('of the same question asked forty times at once, one opens and the others join', async () => {
  const { one, two } = await replicas();
  await Promise.all([one.investigations.start(), two.investigations.start()]);
  await Promise.all(
    Array.from({ length: 40 }, (_, index) => {
      const { investigations } = index % 2 === 0 ? one : two;
      return investigations.submit(
        submission(`key-${index}`, { by: `U${index}`, request: request({ target: 'same' }) }),
      );
    }),
  );
  await expect
    .poll(async () => {
      await Promise.all([one.investigations.idle(), two.investigations.idle()]);
      return one.outlets.pointed.length + two.outlets.pointed.length;
    }, patient)
    .toBe(39);
  const [only, ...others] = await two.investigations.listOpen(team);
  expect(others).toEqual([]);
  expect(only?.occurrenceCount).toBe(40);
});

test('a delivery that reaches both at once is stored once', async () => {
  const { one, two } = await replicas();
  const answers = await Promise.all(
    [one, two, one, two].map(({ investigations }) => investigations.submit(submission('the-same'))),
  );
  expect(answers.filter(({ repeated }) => !repeated)).toHaveLength(1);
  expect(new Set(answers.map(({ inboxId }) => inboxId)).size).toBe(1);
});

test('a person has two runs at once, whichever replicas take them up', async () => {
  const { one, two } = await replicas();
  const hold = Promise.withResolvers<void>();
  one.service.gate = hold.promise;
  two.service.gate = hold.promise;
  await Promise.all([one.investigations.start(), two.investigations.start()]);
  for (let index = 0; index < 8; index += 1) {
    const { investigations } = index % 2 === 0 ? one : two;
    await investigations.submit(submission(`key-${index}`, { by: 'U1', request: request({ target: `api-${index}` }) }));
  }
  const open = () => one.investigations.listOpen(team);
  await expect.poll(async () => (await open()).filter(({ waitingSince }) => waitingSince).length, patient).toBe(6);
  expect(one.service.diagnosed.length + two.service.diagnosed.length).toBe(2);
  hold.resolve();
  await expect
    .poll(async () => {
      await Promise.all([one.investigations.idle(), two.investigations.idle()]);
      return (await open()).every(({ state }) => state === 'diagnosed');
    }, patient)
    .toBe(true);
});

test('more than five new ones at once in a channel are one storm, from whichever replica they come', async () => {
  const { one, two } = await replicas();
  await Promise.all([one.investigations.start(), two.investigations.start()]);
  await Promise.all(
    Array.from({ length: 24 }, (_, index) => {
      const { investigations } = index % 2 === 0 ? one : two;
      return investigations.submit(
        submission(`key-${index}`, { kind: 'alarm', by: null, request: request({ target: `api-${index}` }) }),
      );
    }),
  );
  const open = () => one.investigations.listOpen(team);
  await expect.poll(async () => (await open()).filter(({ state }) => state === 'diagnosed').length, patient).toBe(24);
  const storms = new Set((await open()).flatMap(({ storm }) => (storm === null ? [] : [storm.id])));
  expect(storms.size).toBe(1);
  expect((await open()).filter(({ storm }) => storm === null)).toHaveLength(5);
  const rows = await one.database.db.selectFrom('storms').select('id').execute();
  expect(rows.map(({ id }) => id)).toEqual([...storms]);
});

test('one publishes, and when it stops the other does', async () => {
  const { one, two } = await replicas();
  await one.investigations.start();
  await two.investigations.start();
  await two.investigations.submit(submission('first', { request: request({ target: 'first' }) }));
  const shown = (published: Investigation[]) => published.filter(({ state }) => state === 'diagnosed').length;
  await expect.poll(() => shown(one.outlets.published)).toBe(1);
  expect(two.outlets.published).toEqual([]);
  expect([one.investigations.mayPublish(), two.investigations.mayPublish()]).toEqual([true, false]);

  await one.close();
  await two.investigations.submit(submission('second', { request: request({ target: 'second' }) }));
  await expect.poll(() => shown(two.outlets.published), patient).toBe(1);
  expect(two.investigations.mayPublish()).toBe(true);
});

test('one that stops while a message is on its way is followed when its lease has ended', async () => {
  const { clock, one, two } = await replicas();
  await one.investigations.start();
  await one.investigations.stop(0);
  await one.investigations.handOver(false);
  await two.investigations.start();
  await two.investigations.submit(submission('first'));
  await two.investigations.idle();
  expect(two.outlets.published).toEqual([]);

  clock.advance(20_000);
  await expect.poll(() => two.outlets.published.at(-1)?.state, patient).toBe('diagnosed');
});

test('what a replica that was killed has held is taken over once its leases have ended', async () => {
  const folder = temporaryFolder();
  const other = await otherProcess(folder);
  await other.kill();
  const clock = testClock(new Date());
  const two = await openReplica(folder, clock, 'two');
  await two.investigations.start();
  await two.investigations.idle();
  expect([two.service.diagnosed.length, two.outlets.published.length]).toEqual([0, 0]);

  clock.advance(60_000);
  await two.investigations.idle();
  expect(two.service.diagnosed).toHaveLength(1);
  expect(await two.investigations.get('the-one')).toMatchObject({ state: 'diagnosed' });
  await expect.poll(() => two.outlets.published.at(-1)?.state, patient).toBe('diagnosed');
});

test('processes that start at once on an empty database make the schema once', async () => {
  const settings = await storeIn(temporaryFolder());
  const opened = await Promise.all(Array.from({ length: 4 }, () => openDatabase(settings, testClock(), silent)));
  onTestFinished(async () => void (await Promise.all(opened.map(database => database.close()))));
  const { databaseUrl: url } = settings;
  const rows = await administer('SELECT name FROM kysely_migration ORDER BY name', url ?? '');
  expect(rows.map(({ name }) => name)).toEqual(['0001-investigations', '0002-joined', '0003-alarms-and-people']);
});

test('tables of another program in another schema are not taken for its own', async () => {
  const settings = await storeIn(temporaryFolder());
  const { databaseUrl: url } = settings;
  await administer('CREATE SCHEMA other', url ?? '');
  await administer('CREATE TABLE other.kysely_migration (name TEXT, timestamp TEXT)', url ?? '');
  await administer("INSERT INTO other.kysely_migration VALUES ('of-the-other', '')", url ?? '');
  const database = await openDatabase(settings, testClock(), silent);
  await database.close();
});

test.each([
  [
    'a wrong password',
    (url: URL) => Object.assign(url, { password: 'secret-word' }),
    /^The database at 127\.0\.0\.1:\d+\/\S+ cannot be used \(28P01\)/,
  ],
  ['no password', (url: URL) => Object.assign(url, { password: '' }), /cannot be used \(no answer\)/],
  [
    'no such database',
    (url: URL) => Object.assign(url, { pathname: '/missing' }),
    /\/missing cannot be used \(3D000\)/,
  ],
  [
    'a password that breaks the address apart',
    () => 'postgres://localhost:1/secret-word@127.0.0.1/x',
    /^The database at the address in DATABASE_URL/,
  ],
])('%s is told without the password', async (_, change, said) => {
  const url = String(change(new URL(databaseUrl('postgres'))));
  const error = await openDatabase({ databaseUrl: url, dataDir: '' }, testClock(), silent).then(
    () => null,
    reason => reason,
  );
  expect(error?.name).toBe('StoreError');
  expect(error.message).toMatch(said);
  expect(error.message).not.toMatch(/secret-word|pass-word/);
});
