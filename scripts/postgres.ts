/**
 * `npm run test:postgres`: starts a PostgreSQL of its own, runs the suite of vitest.postgres.config.ts on it, and stops
 * it. Arguments go to vitest.
 *
 * Exit: vitest's own; 1 with one line where PostgreSQL is missing.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { env, execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { NoPostgresError, startPostgres } from '../test/support/postgres-server.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Its exit code. */
async function runTests(url: string): Promise<number> {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const args = [vitest, 'run', '--config', 'vitest.postgres.config.ts', ...process.argv.slice(2)];
  const child = spawn(execPath, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...env, STORE: 'postgres', POSTGRES_URL: url },
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  const [code] = await once(child, 'exit');
  return code ?? 1;
}

try {
  const server = await startPostgres();
  try {
    process.exitCode = await runTests(server.url);
  } finally {
    await server.stop();
  }
} catch (error) {
  if (!(error instanceof NoPostgresError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
