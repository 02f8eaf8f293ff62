import { expect, onTestFinished, test } from 'vitest';
import { sharedTrail } from '../../src/aws/shared-trail.ts';
import type { Aws } from '../../src/aws/types.ts';
import { createSharedReadings } from '../../src/investigations/shared-readings.ts';
import { openStore, temporaryFolder, testClock } from './fixtures.ts';

async function readings() {
  const clock = testClock();
  const database = await openStore(temporaryFolder(), clock);
  onTestFinished(() => database.close());
  return { clock, database, shared: createSharedReadings(database.db, clock) };
}

test('a reading holds until it ends, the newest of a key, and is gone after that', async () => {
  const { clock, database, shared } = await readings();
  const now = clock().getTime();
  expect(await shared.read('changes')).toBeNull();
  await shared.write('changes', 'first', now + 60_000);
  await shared.write('changes', 'second', now + 60_000);
  await shared.write('other', 'else', now + 90_000);
  clock.advance(59_999);
  expect(await shared.read('changes')).toBe('second');
  clock.advance(1);
  expect(await shared.read('changes')).toBeNull();
  await shared.write('third', 'one', now + 120_000);
  const left = await database.db.selectFrom('shared_readings').select('key').orderBy('key').execute();
  expect(left).toEqual([{ key: 'other' }, { key: 'third' }]);
});

test('two replicas fetch the change events of an account, a Region and a window once', async () => {
  const { clock, shared } = await readings();
  const asked: unknown[] = [];
  const aws = {
    accountId: '123456789012',
    async send(_operation: unknown, input: unknown) {
      asked.push(input);
      return { Events: [] };
    },
  } as unknown as Aws;
  const query = { region: 'eu-west-1', start: '2026-11-22T11:31:00.000Z', end: '2026-11-22T12:00:00.000Z', pages: 5 };
  const one = sharedTrail({ clock, shared });
  const two = sharedTrail({ clock, shared });
  const events = await one(aws, query);
  const calls = asked.length;
  expect(calls).toBeGreaterThan(0);
  expect(await two(aws, { ...query, start: '2026-11-22T11:30:30.000Z' })).toEqual(events);
  expect(asked).toHaveLength(calls);
});
