import { defineConfig } from 'vitest/config';
import { reporters } from './test/support/reporters.ts';

/** Scores the diagnosis over the scenario catalogue, as `npm run bench` does. */
export default defineConfig({
  test: { include: ['test/catalogue/**/*.test.ts'], testTimeout: 20_000, hookTimeout: 600_000, ...reporters('catalogue') },
});
