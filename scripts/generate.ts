/**
 * Writes the files that are made from code: `npm run generate`. With `-- --check` it writes nothing, names the files
 * that are not up to date, and fails.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { configurationFiles } from './configuration.ts';
import { policyFiles } from './policies.ts';
import { scenarioFiles } from './scenarios.ts';
import { stepFiles } from './steps.ts';

export interface GeneratedFile {
  /** From the repository's root. */
  path: string;
  content: string;
}

/** Each source answers its files; a new one is a line here. */
const sources: (() => GeneratedFile[] | Promise<GeneratedFile[]>)[] = [
  configurationFiles,
  scenarioFiles,
  policyFiles,
  stepFiles,
];

const root = new URL('../', import.meta.url);
const check = process.argv.includes('--check');
const files = (await Promise.all(sources.map(source => source()))).flat();
const stale = files.filter(file => currentContent(file.path) !== file.content);

if (check) {
  for (const { path } of stale) console.error(`${path} is not up to date: run "npm run generate" and commit it.`);
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  for (const { path, content } of stale) {
    const file = fileURLToPath(new URL(path, root));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    console.log(`Wrote ${path}.`);
  }
}

function currentContent(path: string): string | null {
  try {
    return readFileSync(new URL(path, root), 'utf8');
  } catch {
    return null;
  }
}
