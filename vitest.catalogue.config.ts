import { defineConfig } from 'vitest/config';
import { reporters } from './test/support/reporters.ts';

/** Scores the diagnosis over the scenario catalogue, as `npm run bench` does. */
export default defineConfig({
  test: {
    reporters: reporters('catalogue'),
    include: ['test/catalogue/**/*.test.ts'],
    hookTimeout: 600_000,
  },
});
