import type { ApiSummary } from '../aws/types.ts';

const closeNames = 5;

/** Names that contain the typed one, are contained in it, or differ by a few letters. */
export function closest(name: string, apis: ApiSummary[]): ApiSummary[] {
  const typed = name.toLowerCase();
  return apis
    .map(api => ({ api, distance: distance(typed, api.name.toLowerCase()) }))
    .filter(({ api, distance }) => distance <= Math.max(2, typed.length / 3) || related(typed, api.name.toLowerCase()))
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, closeNames)
    .map(({ api }) => api);
}

function related(a: string, b: string): boolean {
  return a.length > 2 && (a.includes(b) || b.includes(a));
}

/** Levenshtein distance, over the first 64 characters. */
function distance(left: string, right: string): number {
  const [a, b] = [left.slice(0, 64), right.slice(0, 64)];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replace, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous.at(-1) ?? 0;
}
