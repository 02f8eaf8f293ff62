/**
 * `npm run licences`: holds every package that is shipped, those of other platforms too, against scripts/licence-rules.ts.
 * Reads the lock file and what is installed; asks nobody. Exit: 0, or 1 with what is wrong.
 */
import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { judge, type LockedPackage } from './licence-rules.ts';

const root = new URL('../', import.meta.url);

const lockSchema = z.object({
  packages: z.record(
    z.string(),
    z.object({ version: z.string().optional(), license: z.string().optional(), dev: z.boolean().optional() }),
  ),
});

const manifestSchema = z.object({ license: z.string().optional() });

function read(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, root), 'utf8'));
}

function installedLicence(folder: string): string | null | undefined {
  const path = `${folder}/package.json`;
  if (!existsSync(new URL(path, root))) return undefined;
  return manifestSchema.parse(read(path)).license ?? null;
}

const packages = Object.entries(lockSchema.parse(read('package-lock.json')).packages)
  .filter(([folder, { dev }]) => folder !== '' && dev !== true)
  .map(
    ([folder, { version = '?', license }]): LockedPackage => ({
      name: folder.replace(/^.*node_modules\//, ''),
      version,
      licence: license ?? null,
      installed: installedLicence(folder),
    }),
  );

const { problems, counts, named } = judge(packages);
for (const problem of problems) console.error(problem);
if (problems.length === 0) {
  const sums = Object.entries(counts).toSorted(([, a], [, b]) => b - a);
  console.log(`${packages.length} packages: ${sums.map(([licence, count]) => `${count} ${licence}`).join(', ')}.`);
  for (const { name, exception } of named) console.log(`  ${name}: ${exception.reason}`);
}
process.exitCode = problems.length === 0 ? 0 : 1;
