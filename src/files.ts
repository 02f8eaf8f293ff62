/**
 * Where the files lie that are read at run time. From `src` and from the bundled `dist` alike: there, too, all code lies
 * in the top folder, and these files at the same places below it.
 */
const top = new URL('./', import.meta.url);

/** @param path from `src`, as `sandbox/scenarios/` or `../package.json` */
export function fileBeside(path: string): URL {
  return new URL(path, top);
}

/** The code of a thread. `scripts/build.ts` knows them, too. */
export function threadFile(path: 'investigations/sqlite-worker' | 'render/chart-worker'): URL {
  return fileBeside(`${path}${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`);
}
