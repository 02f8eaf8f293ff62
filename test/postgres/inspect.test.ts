/** Whether the user of DATABASE_URL may do what serve will do, told without trying. */
import { expect, onTestFinished, test } from 'vitest';
import { checkStore } from '../../src/checkup/store.ts';
import { parseConfig } from '../../src/config.ts';
import { openStore, temporaryFolder } from '../investigations/fixtures.ts';
import { administer, storeIn } from '../support/stores.ts';

/** What doctor says where that user asks, who owns nothing. */
async function asReader(url: string) {
  const asking = new URL(url);
  Object.assign(asking, { username: 'reader', password: 'hunter2' });
  const config = parseConfig({ DATABASE_URL: asking.href, AWS_REGION: 'eu-west-1' }, 'command');
  return checkStore(config);
}

test('tables that are not there yet, or may not be made or changed', async () => {
  const folder = temporaryFolder();
  const { databaseUrl } = await storeIn(folder);
  if (databaseUrl === null) throw new Error('There is no database.');
  await administer(`CREATE ROLE reader LOGIN PASSWORD 'hunter2'`);
  onTestFinished(async () => void (await administer('DROP ROLE reader')));
  const look = await asReader(databaseUrl);
  expect(look).toMatchObject([{ status: 'problem', finding: expect.stringContaining('may not make tables') }]);
  expect(JSON.stringify(look)).not.toContain('hunter2');

  await administer('GRANT CREATE ON SCHEMA public TO reader', databaseUrl);
  expect(await asReader(databaseUrl)).toMatchObject([
    { status: 'ok', finding: 'There are no tables yet; serve will make them.' },
  ]);
  expect(await administer(`SELECT tablename FROM pg_tables WHERE schemaname = 'public'`, databaseUrl)).toEqual([]);
  await administer('REVOKE CREATE ON SCHEMA public FROM reader', databaseUrl);

  const database = await openStore(folder, () => new Date());
  await database.close();
  await administer('GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader', databaseUrl);
  expect(await asReader(databaseUrl)).toMatchObject([
    {
      status: 'problem',
      finding: expect.stringContaining('may not change the tables'),
      fix: 'Let that user make and change tables in its database.',
    },
  ]);
  await administer('GRANT ALL ON ALL TABLES IN SCHEMA public TO reader', databaseUrl);
  expect(await asReader(databaseUrl)).toMatchObject([
    { status: 'ok', finding: 'The store opens, and its tables are up to date.' },
  ]);
  await administer('REVOKE ALL ON ALL TABLES IN SCHEMA public FROM reader', databaseUrl);
});
