import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';
import { reporters } from './test/support/reporters.ts';

export default defineConfig({
  test: {
    reporters: reporters('unit'),
    include: ['test/**/*.test.ts'],
    exclude: ['test/browser/**', 'test/catalogue/**', 'test/moto/**', 'test/package/**', 'test/postgres/**'],
    setupFiles: ['test/support/loopback-only.ts', 'test/support/leaves-nothing.ts'],
    // A process for each processor, each of which loads the program once and not for each of the two hundred files.
    maxWorkers: '100%',
    isolate: false,
    sequence: { sequencer: LongestFirst },
    testTimeout: 20_000,
    // A machine that does other work besides is slower, not wrong.
    expect: { poll: { timeout: 10_000 } },
  },
});
