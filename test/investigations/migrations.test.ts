import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { NewerSchemaError } from '../../src/investigations/migrations.ts';
import { openSqlite } from '../../src/investigations/sqlite.ts';
import { submission } from './data.ts';
import { openBench, temporaryFolder, testClock } from './fixtures.ts';

test('a new folder gets the schema, and opening it again changes nothing', async () => {
  const bench = await openBench();
  await bench.investigations.submit(submission('one'));
  await bench.investigations.idle();
  await bench.close();
  const again = await openBench({ folder: bench.folder, clock: bench.clock });
  expect(await again.investigations.listOpen({ teamId: 'T1' })).toHaveLength(1);
});

test('a store of a newer version is refused, untouched and with a sentence, and the folder stays free', async () => {
  const folder = temporaryFolder();
  await (await openSqlite(folder, testClock())).close();
  const file = join(folder, 'apigw-500.sqlite');
  const sqlite = new DatabaseSync(file);
  sqlite.exec("INSERT INTO kysely_migration (name, timestamp) VALUES ('0099-of-tomorrow', '2027-01-01')");
  sqlite.close();

  for (let attempt = 0; attempt < 2; attempt += 1) {
    const opening = openSqlite(folder, testClock());
    await expect(opening).rejects.toThrow(NewerSchemaError);
    await expect(opening).rejects.toThrow(/written by a newer version .*0099-of-tomorrow.*\.$/);
  }
});

test('the store is durable: WAL, full sync, and a short wait for locks', async () => {
  const folder = temporaryFolder();
  const database = await openSqlite(folder, testClock());
  const sqlite = new DatabaseSync(join(folder, 'apigw-500.sqlite'), { readOnly: true });
  expect(sqlite.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
  sqlite.close();
  expect(readdirSync(folder).sort()).toContain('apigw-500.sqlite-wal');
  await database.close();
});
