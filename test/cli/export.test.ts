import { expect, test } from 'vitest';
import { run } from '../../src/cli/export.ts';
import { openSqlite } from '../../src/investigations/sqlite.ts';
import { columnsOf, createStore } from '../../src/investigations/store.ts';
import { temporaryFolder } from '../investigations/fixtures.ts';
import { diagnosedInvestigation } from '../support/samples.ts';
import { terminal } from './support.ts';

async function stored() {
  const folder = temporaryFolder();
  const clock = () => new Date('2026-11-22T14:20:00Z');
  const database = await openSqlite(folder, clock);
  const conversation = {
    ...diagnosedInvestigation().conversation,
    responseUrl: 'https://hooks.slack.com/commands/T/1/secret',
  };
  const investigation = diagnosedInvestigation({ conversation });
  await database.db
    .insertInto('investigations')
    .values({ ...columnsOf(investigation, null), attempts: 0 } as never)
    .execute();
  expect(await createStore(database, clock).get('inv-1')).not.toBeNull();
  return { folder, database };
}

test('the record as Markdown and as JSON, while the bot holds the store', async () => {
  const { folder, database } = await stored();
  const written = terminal({ DATA_DIR: folder });
  expect(await run(['inv-1'], written)).toBe(0);
  expect(written.stdout).toContain('# Incident: orders-api, stage prod');
  expect(written.stdout).toContain('## Timeline');
  const json = terminal({ DATA_DIR: folder });
  expect(await run(['inv-1', '--json'], json)).toBe(0);
  expect(JSON.parse(json.stdout)).toMatchObject({ id: 'inv-1', audit: [], target: { apiName: 'orders-api' } });
  expect(json.stdout + written.stdout).not.toContain('hooks.slack.com');
  await database.close();
});

test('says where there is none, no store, or too much was typed', async () => {
  const { folder, database } = await stored();
  const none = terminal({ DATA_DIR: folder });
  expect(await run(['inv-2'], none)).toBe(3);
  expect(none.stderr).toContain('There is no investigation inv-2');
  await database.close();
  const nowhere = terminal({ DATA_DIR: temporaryFolder() });
  expect(await run(['inv-1'], nowhere)).toBe(2);
  expect(nowhere.stderr).toContain('DATA_DIR');
  for (const args of [[], ['a', 'b'], ['a', '--yaml']]) expect(await run(args, terminal({ DATA_DIR: folder }))).toBe(2);
});
