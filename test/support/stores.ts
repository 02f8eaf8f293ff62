/** Which store the tests of the record run on: SQLite in their folder, or a database of the server that POSTGRES_URL names. */
import { basename } from 'node:path';
import { env } from 'node:process';
import { Client } from 'pg';
import { onTestFinished } from 'vitest';
import type { DatabaseSettings } from '../../src/investigations/database.ts';

/** True in `npm run test:postgres`. */
export const onPostgres = env.STORE === 'postgres';

const made = new Set<string>();

/** The settings of the store that belongs to a folder; its database is made at the first call and dropped after the test. */
export async function storeIn(folder: string): Promise<DatabaseSettings> {
  if (!onPostgres) return { databaseUrl: null, dataDir: folder };
  const name = basename(folder);
  if (!made.has(name)) {
    made.add(name);
    await administer(`CREATE DATABASE "${name}"`);
    onTestFinished(async () => void (await administer(`DROP DATABASE "${name}" WITH (FORCE)`)));
  }
  return { databaseUrl: databaseUrl(name), dataDir: folder };
}

/** With user and password. */
export function databaseUrl(name: string): string {
  const url = new URL(serverUrl());
  url.pathname = `/${name}`;
  return url.href;
}

/** Runs one statement beside the program. */
export async function administer(statement: string, url = serverUrl()): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}

function serverUrl(): string {
  const { POSTGRES_URL: url } = env;
  if (url === undefined) throw new Error('POSTGRES_URL names no server: run npm run test:postgres.');
  return url;
}
