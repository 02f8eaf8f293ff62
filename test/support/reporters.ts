import { join } from 'node:path';
import { env } from 'node:process';

/** What a suite reports: to people, and as JSON into the folder TEST_RESULTS where that is set. */
export function reporters(suite: string): ('default' | ['json', { outputFile: string }])[] {
  const { TEST_RESULTS: folder } = env;
  return folder === undefined ? ['default'] : ['default', ['json', { outputFile: join(folder, `${suite}.json`) }]];
}
