import { defineConfig } from 'vitest/config';

/** Installs the packed tarball in an empty folder and runs it there. Needs the npm registry. */
export default defineConfig({
  test: { include: ['test/package/**/*.test.ts'], testTimeout: 300_000, hookTimeout: 300_000, fileParallelism: false },
});
