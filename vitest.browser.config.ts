import { defineConfig } from 'vitest/config';
import { reporters } from './test/support/reporters.ts';

/** Drives the sandbox page in a real Chromium (`apt-get install chromium`). */
export default defineConfig({
  test: {
    reporters: reporters('browser'),
    include: ['test/browser/**/*.test.ts'],
    testTimeout: 180_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});
