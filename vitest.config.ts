import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/browser/**', 'test/package/**', 'test/postgres/**'],
    setupFiles: ['test/support/loopback-only.ts'],
    testTimeout: 20_000,
  },
});
