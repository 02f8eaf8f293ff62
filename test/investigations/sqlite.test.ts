import { chmodSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { StoreError } from '../../src/investigations/database.ts';
import { readDatabase } from '../../src/investigations/open-database.ts';
import { openSqlite } from '../../src/investigations/sqlite.ts';
import { createStore } from '../../src/investigations/store.ts';
import { finding, request, submission } from './data.ts';
import { type Bench, onlyOpen, openBench, otherProcess, silent, temporaryFolder, testClock } from './fixtures.ts';

describe('a full disk', () => {
  /** As the disk does, by the number of pages that the file may have. */
  async function fill({ database, investigations }: Bench): Promise<number> {
    const { rows } = await sql<{ page_count: number }>`PRAGMA page_count`.execute(database.db);
    await sql`PRAGMA max_page_count = ${sql.lit(rows[0]?.page_count ?? 0)}`.execute(database.db);
    // What is left of the last pages.
    for (let count = 0; ; count += 1) {
      const accepted = await investigations.submit(nothing(`filling-${count}`)).catch((error: Error) => error);
      if (!(accepted instanceof Error)) continue;
      expect(accepted.message).toMatch(/full/);
      return count;
    }
  }

  const free = ({ database }: Bench) => sql`PRAGMA max_page_count = 1000000`.execute(database.db);
  const nothing = (key: string) => submission(key, { request: request({ target: 'x'.repeat(2_000) }) });

  test('is told to whoever asks, keeps what there is, and is over when there is room', async () => {
    const bench = await openBench();
    await bench.investigations.submit(submission('one'));
    await bench.investigations.idle();
    const before = await onlyOpen(bench);
    bench.service.location = () => ({ kind: 'not_found', region: 'eu-west-1', candidates: [] });
    const taken = await fill(bench);
    await bench.investigations.idle();
    expect(await bench.investigations.get(before.id)).toEqual(before);

    await free(bench);
    expect(await bench.investigations.submit(nothing(`filling-${taken}`))).toMatchObject({ repeated: false });
    bench.clock.advance(60_000);
    await bench.investigations.idle();
    expect(new Set(bench.outlets.refused.map(({ refusal }) => refusal.inboxId)).size).toBe(taken + 1);
  });

  test('under a run cuts it off, and the run is made again when there is room', async () => {
    const bench = await openBench();
    const hold = Promise.withResolvers<void>();
    bench.service.gate = hold.promise;
    bench.service.findings = () => [finding(8, { summary: 'x'.repeat(100_000) })];
    await bench.investigations.submit(submission('one'));
    await expect.poll(async () => (await onlyOpen(bench)).progress.length).toBe(1);
    bench.service.findings = () => [finding(8, { summary: 'y'.repeat(1_000_000) })];
    const { rows } = await sql<{ page_count: number }>`PRAGMA page_count`.execute(bench.database.db);
    await sql`PRAGMA max_page_count = ${sql.lit(rows[0]?.page_count ?? 0)}`.execute(bench.database.db);
    await expect(
      bench.investigations.note((await onlyOpen(bench)).id, 'U1', 'n'.repeat(500_000), null),
    ).rejects.toThrow(/full/);
    hold.resolve();
    await bench.investigations.idle();

    await free(bench);
    bench.clock.advance(60_000);
    await bench.investigations.idle();
    expect(bench.service.diagnosed).toHaveLength(2);
    expect(await onlyOpen(bench)).toMatchObject({ state: 'diagnosed', failure: null, notes: [] });
  });

  test('is not ready', async () => {
    const bench = await openBench();
    await bench.investigations.ping();
    await sql`PRAGMA query_only = ON`.execute(bench.database.db);
    await expect(bench.investigations.ping()).rejects.toThrow();
    await sql`PRAGMA query_only = OFF`.execute(bench.database.db);
    await bench.investigations.ping();
  });
});

test('the store is read beside the process that works on it, and never written', async () => {
  const bench = await openBench();
  const reader = await readDatabase({ databaseUrl: null, dataDir: bench.folder }, silent);
  await bench.investigations.submit(submission('one'));
  await bench.investigations.idle();
  const { id } = await onlyOpen(bench);
  expect(await createStore(reader, bench.clock).get(id)).toEqual(await bench.investigations.get(id));
  await expect(sql`DELETE FROM investigations`.execute(reader.db)).rejects.toThrow(/readonly/);
  await bench.investigations.resolve(id, 'U1');
  expect((await createStore(reader, bench.clock).get(id))?.state).toBe('resolved');
  await reader.close();
  await expect(readDatabase({ databaseUrl: null, dataDir: temporaryFolder() }, silent)).rejects.toThrow(
    /no store to read/,
  );
});

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
