/** src/ -> dist/: compiled code, and beside it the files that are read at run time, at the same relative places. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Read at run time, from beside the code that reads them. */
const assets = ['sandbox/scenarios', 'sandbox/slack/page'];

const path = (relative: string) => fileURLToPath(new URL(`../${relative}`, import.meta.url));

rmSync(path('dist'), { recursive: true, force: true });
execFileSync(process.execPath, [path('node_modules/typescript/bin/tsc'), '-p', path('tsconfig.build.json')], {
  stdio: 'inherit',
});
for (const asset of assets) {
  if (!existsSync(path(`src/${asset}`))) throw new Error(`src/${asset} does not exist, and the package needs it.`);
  cpSync(path(`src/${asset}`), path(`dist/${asset}`), { recursive: true, filter: from => !from.endsWith('.ts') });
}
