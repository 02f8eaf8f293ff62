/**
 * src/ -> dist/: the program in a few files, with what it needs of its dependencies, and beside them the files that are read
 * at run time. Node takes about a millisecond to find and load a module, and a start needs a thousand of them otherwise.
 * `dist/LICENSES.txt` has the licences of what is bundled.
 */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

/** Read at run time, at the same places as in src/. */
const assets = ['sandbox/scenarios', 'sandbox/slack/page'];
/** Started by themselves. */
const entries = ['main', 'investigations/sqlite-worker', 'render/chart-worker'];
/** Found in node_modules: compiled code, code that starts threads from files of its own, and what may be missing. */
const external = ['@resvg/resvg-js', 'pino', 'pg-native'];

const path = (relative: string) => fileURLToPath(new URL(`../${relative}`, import.meta.url));

rmSync(path('dist'), { recursive: true, force: true });
const bundle = await rolldown({
  input: Object.fromEntries(entries.map(entry => [entry, path(`src/${entry}.ts`)])),
  platform: 'node',
  external,
});
const { output } = await bundle.write({
  dir: path('dist'),
  format: 'esm',
  entryFileNames: '[name].js',
  // In the top folder: src/files.ts counts on it.
  chunkFileNames: '[name].js',
});
await bundle.close();

for (const asset of assets) {
  if (!existsSync(path(`src/${asset}`))) throw new Error(`src/${asset} does not exist, and the package needs it.`);
  cpSync(path(`src/${asset}`), path(`dist/${asset}`), { recursive: true, filter: from => !from.endsWith('.ts') });
}

const packages = new Set(
  output.flatMap(file => (file.type === 'chunk' ? file.moduleIds.flatMap(id => packageFolder(id) ?? []) : [])),
);
const byText = Map.groupBy([...packages].sort().map(licenceOf), ({ text }) => text);
const sections = [...byText].map(([text, named]) => `${named.map(({ title }) => title).join('\n')}\n\n${text}\n`);
writeFileSync(path('dist/LICENSES.txt'), sections.join(`\n${'-'.repeat(80)}\n\n`));

/** The folder of the package that a module belongs to; null for our own. */
function packageFolder(module: string): string | null {
  return /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(module.replaceAll('\\', '/'))?.[1] ?? null;
}

function licenceOf(folder: string): { title: string; text: string } {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const files = readdirSync(folder).filter(file => /^(licen[cs]e|notice|copying)/i.test(file));
  const texts = files.map(file => readFileSync(join(folder, file), 'utf8').trim());
  return { title: `${name} ${version}: ${license}`, text: texts.join('\n\n') };
}
