import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { NewerSchemaError } from '../../src/investigations/migrations.ts';
import { submission } from './data.ts';
import { openBench, openStore, temporaryFolder, testClock } from './fixtures.ts';

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
  const database = await openStore(folder, testClock());
  await sql`INSERT INTO kysely_migration (name, timestamp) VALUES ('0099-of-tomorrow', '2027-01-01')`.execute(
    database.db,
  );
  await database.close();

  for (let attempt = 0; attempt < 2; attempt += 1) {
    const opening = openStore(folder, testClock());
    await expect(opening).rejects.toThrow(NewerSchemaError);
    await expect(opening).rejects.toThrow(/written by a newer version .*0099-of-tomorrow.*\.$/);
  }
});
