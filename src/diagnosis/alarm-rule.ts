/** Names of the alarms that a composite alarm's rule refers to. */

const reference = /\b(?:ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*("(?:[^"\\]|\\.)*"|[^()"]*?)\s*\)/g;
const atLeast = /\bAT_LEAST\s*\([^()]*,\s*\(((?:"(?:[^"\\]|\\.)*"|[^()"])*)\)\s*\)/g;
const listItem = /"(?:[^"\\]|\\.)*"|[^,"]+/g;

/**
 * `ALARM("a") OR NOT OK(arn:…:alarm:b) OR AT_LEAST(2, ALARM, (c, d))` -> a, b, c, d: each once, in the order of the rule.
 * A name may stand with or without quotes, and as an ARN.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-combining.html
 */
export function alarmsInRule(rule: string): string[] {
  const found: { at: number; text: string }[] = [];
  for (const match of rule.matchAll(reference)) found.push({ at: match.index, text: match[1] ?? '' });
  for (const match of rule.matchAll(atLeast)) {
    const items = (match[1] ?? '').match(listItem) ?? [];
    found.push(...items.map((text, index) => ({ at: match.index + index / 1_000, text })));
  }
  const names = found.toSorted((a, b) => a.at - b.at).map(({ text }) => nameOf(text.trim()));
  return [...new Set(names)].filter(name => name !== '');
}

function nameOf(text: string): string {
  const bare = text.startsWith('"') ? text.slice(1, -1).replace(/\\(.)/g, '$1') : text;
  return /^arn:[\w-]+:cloudwatch:[\w-]*:\d*:alarm:(.+)$/s.exec(bare)?.[1] ?? bare;
}
