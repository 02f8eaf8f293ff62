import { defineConfig } from 'vitest/config';
import { reporters } from './test/support/reporters.ts';

/** Installs the packed tarball in an empty folder and runs it there. Needs the npm registry. */
export default defineConfig({
  test: {
    reporters: reporters('package'),
    include: ['test/package/**/*.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    fileParallelism: false,
  },
});
