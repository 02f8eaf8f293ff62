/** How a store stands, told without touching it. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, onTestFinished, test } from 'vitest';
import { NewerSchemaError } from '../../src/investigations/migrations.ts';
import { inspectDatabase } from '../../src/investigations/open-database.ts';
import { openSqlite } from '../../src/investigations/sqlite.ts';
import { storeIn } from '../support/stores.ts';
import { openStore, silent, temporaryFolder } from './fixtures.ts';

const clock = () => new Date();

/** A store that was made and closed, after `change`. */
async function made(change: string | null = null) {
  const folder = temporaryFolder();
  const database = await openStore(folder, clock);
  if (change !== null) await sql.raw(change).execute(database.db);
  await database.close();
  return { folder, inspect: async () => inspectDatabase(await storeIn(folder), silent) };
}

describe('a store', () => {
  test('that is not there yet is not made', async () => {
    const folder = temporaryFolder();
    expect(await inspectDatabase(await storeIn(folder), silent)).toEqual({ kind: 'absent' });
    // Looked at once more, nothing has been made by the first look.
    expect(await inspectDatabase(await storeIn(folder), silent)).toEqual({ kind: 'absent' });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('as serve leaves it is current', async () => {
    const { inspect } = await made();
    expect(await inspect()).toEqual({ kind: 'current' });
  });

  test('of an earlier version is behind, and stays so', async () => {
    const { inspect } = await made(
      'DELETE FROM kysely_migration WHERE name IN (SELECT max(name) FROM kysely_migration)',
    );
    expect(await inspect()).toEqual({ kind: 'behind', changes: 1 });
    expect(await inspect()).toEqual({ kind: 'behind', changes: 1 });
  });

  test('of a newer version is refused, as serve does', async () => {
    const { inspect } = await made(`INSERT INTO kysely_migration (name, timestamp) VALUES ('9999-of-tomorrow', 'now')`);
    await expect(inspect()).rejects.toBeInstanceOf(NewerSchemaError);
  });
});

describe('a data folder', () => {
  const inspect = (dataDir: string) => inspectDatabase({ databaseUrl: null, dataDir }, silent);

  async function closedStore() {
    const folder = temporaryFolder();
    const database = await openSqlite(folder, clock);
    await database.close();
    return folder;
  }

  const contents = (folder: string) =>
    readdirSync(folder).map(name => [name, readFileSync(join(folder, name)).toString('base64')]);

  test('is not written to, byte for byte', async () => {
    const folder = await closedStore();
    const before = contents(folder);
    expect(await inspect(folder)).toEqual({ kind: 'current' });
    expect(contents(folder)).toEqual(before);
  });

  test('that is missing is not made, however deep', async () => {
    const folder = temporaryFolder();
    expect(await inspect(join(folder, 'a', 'b'))).toEqual({ kind: 'absent' });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('that another process holds is in use', async () => {
    const folder = temporaryFolder();
    const database = await openSqlite(folder, clock);
    onTestFinished(() => database.close());
    await expect(inspect(folder)).rejects.toThrow(`is in use by process ${process.pid} on`);
    // Its own lock stands as before.
    await expect(openSqlite(folder, clock)).rejects.toThrow('is in use by');
  });

  test('whose store is damaged cannot be used', async () => {
    const folder = await closedStore();
    writeFileSync(
      join(folder, 'apigw-500.sqlite'),
      'This is no database, but long enough to be taken for one. '.repeat(9),
    );
    await expect(inspect(folder)).rejects.toThrow(`The data folder ${folder} cannot be used`);
  });
});
