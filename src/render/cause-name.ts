/** Causes as people say them. */

/** What stands in capitals in the names of causes. */
const acronyms: ReadonlySet<string> = new Set(['api', 'aws', 'kms', 'tls', 'vpc', 'waf']);

/** A cause's id as people say it: `waf-blocked` is "WAF blocked". */
export function causeName(id: string): string {
  const named = id
    .split('-')
    .map(word => (acronyms.has(word) ? word.toUpperCase() : word))
    .join(' ');
  return `${named.charAt(0).toUpperCase()}${named.slice(1)}`;
}
