/** How every benchmark shows its figures. */

/** One JSON document with `--json`, a table without. */
export function show(result: object, rows: readonly object[]): void {
  if (process.argv.includes('--json')) console.log(JSON.stringify(result, null, 2));
  else console.table(rows);
}

/** The run in the middle, and the slowest. */
export function medianAndWorst<T extends { wallMs: number }>(runs: readonly T[]): { median: T; worst: T } {
  const sorted = runs.toSorted((a, b) => a.wallMs - b.wallMs);
  const [median, worst] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  if (median === undefined || worst === undefined) throw new Error('Nothing was measured.');
  return { median, worst };
}
