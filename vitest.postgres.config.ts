import { defineConfig } from 'vitest/config';
import { reporters } from './test/support/reporters.ts';

/** The store's tests on a real PostgreSQL, which scripts/postgres.ts starts, and those that only PostgreSQL has. */
export default defineConfig({
  test: {
    reporters: reporters('postgres'),
    include: ['test/investigations/**/*.test.ts', 'test/postgres/**/*.test.ts'],
    exclude: ['test/investigations/sqlite*.test.ts'],
    setupFiles: ['test/support/loopback-only.ts'],
    testTimeout: 60_000,
    expect: { poll: { timeout: 15_000 } },
    hookTimeout: 60_000,
  },
});
