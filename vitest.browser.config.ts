import { defineConfig } from 'vitest/config';

/** Drives the sandbox page in a real Chromium (`apt-get install chromium`). */
export default defineConfig({
  test: { include: ['test/browser/**/*.test.ts'], testTimeout: 90_000, hookTimeout: 60_000, fileParallelism: false },
});
