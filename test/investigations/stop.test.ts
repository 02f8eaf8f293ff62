/** SIGTERM in the middle of a diagnosis; on PostgreSQL another replica goes on, on SQLite the next process. */
import { expect, test } from 'vitest';
import { openServing } from '../support/serving.ts';
import { onPostgres, storeIn } from '../support/stores.ts';
import { temporaryFolder } from './fixtures.ts';

test('a stop takes less than ten seconds, loses nothing and repeats nothing', { timeout: 90_000 }, async () => {
  const { workspace, serve, said, cards, hang } = await openServing(await storeIn(temporaryFolder()));
  hang(true);
  const first = await serve();
  const other = onPostgres ? await serve() : null;
  first.connect();
  expect(await workspace.command('ana', 'incidents', '/apigw-500 orders-api prod')).toEqual({ ok: true });
  await workspace.until(() => cards()[0]?.text.startsWith('Investigating'), 20_000);

  const { code, ms } = await first.stop();
  expect(code).toBe(0);
  expect(ms).toBeLessThan(10_000);
  expect(cards().map(({ text }) => text)).toEqual([expect.stringMatching(/^Investigating/)]);

  hang(false);
  const next = other ?? (await serve());
  next.connect();
  // Well before the lease would have ended by itself.
  await workspace.until(() => cards()[0]?.text.startsWith('Cause found'), 25_000);
  expect(await next.stop()).toMatchObject({ code: 0 });
  const names = said().map(({ name }) => name);
  expect(cards()).toHaveLength(1);
  expect(names).toEqual([...new Set(names)]);
});
