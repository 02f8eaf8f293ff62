import { defineConfig } from 'vitest/config';
import { reporters } from './test/support/reporters.ts';

/** Reads an AWS that is not ours: moto's server, which scripts/moto.ts installs and starts. */
export default defineConfig({
  test: {
    reporters: reporters('moto'),
    include: ['test/moto/**/*.test.ts'],
    setupFiles: ['test/support/loopback-only.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
