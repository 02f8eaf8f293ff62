import { chmodSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { StoreError } from '../../src/investigations/database.ts';
import { openSqlite } from '../../src/investigations/sqlite.ts';
import { otherProcess, temporaryFolder, testClock } from './fixtures.ts';

describe('the data folder', () => {
  test('is used by one process at a time, and says by which', async () => {
    const folder = temporaryFolder();
    const other = await otherProcess(folder);

    const opening = openSqlite(folder, testClock());
    await expect(opening).rejects.toThrow(StoreError);
    await expect(opening).rejects.toThrow(new RegExp(`in use by process ${other.pid} on \\S+ since 20.*DATA_DIR\\.$`));
  });

  test('is free again when the process that held it was killed', async () => {
    const folder = temporaryFolder();
    const other = await otherProcess(folder);
    await other.kill();
    const database = await openSqlite(folder, testClock());
    await database.close();
  });

  test('is free again after a close, and is not shared within a process either', async () => {
    const folder = temporaryFolder();
    const database = await openSqlite(folder, testClock());
    await expect(openSqlite(folder, testClock())).rejects.toThrow(`in use by process ${process.pid}`);
    await database.close();
    const again = await openSqlite(folder, testClock());
    await again.close();
  });

  test('has files that only their owner may read, whatever the folder allows', async () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o755);
    const database = await openSqlite(folder, testClock());
    const modes = readdirSync(folder).map(name => statSync(join(folder, name)).mode & 0o777);
    await database.close();
    expect(modes.length).toBeGreaterThanOrEqual(4);
    expect(new Set(modes)).toEqual(new Set([0o600]));
  });

  test('that cannot be made says why and what to do', async () => {
    await expect(openSqlite('/dev/null/data', testClock())).rejects.toThrow(/cannot be used .*DATA_DIR/);
  });
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

test('the event loop goes on while the store waits for a lock, and the error says what SQLite said', async () => {
  const folder = temporaryFolder();
  const database = await openSqlite(folder, testClock());
  const other = new DatabaseSync(join(folder, 'apigw-500.sqlite'));
  other.exec('BEGIN IMMEDIATE');
  let turns = 0;
  const count = () => {
    turns += 1;
    counting = setImmediate(count);
  };
  let counting = setImmediate(count);

  const write = database.db.deleteFrom('homes').execute();

  await expect(write).rejects.toMatchObject({ errcode: 5, message: 'database is locked' });
  clearImmediate(counting);
  expect(turns).toBeGreaterThan(10);
  other.close();
  await database.close();
});

test('a closed store is not asked any more, and its thread serves the next', async () => {
  const database = await openSqlite(temporaryFolder(), testClock());
  await database.close();
  await expect(database.db.selectFrom('homes').selectAll().execute()).rejects.toThrow('destroyed');
  const next = await openSqlite(temporaryFolder(), testClock());
  expect(await next.db.selectFrom('homes').selectAll().execute()).toEqual([]);
  await next.close();
});
