/** `1 request`, `3 requests`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}

/** The first few, and how many more there are: `GET /a, GET /b and 3 more`. */
export function listed(items: readonly string[], shown = 3): string {
  const named = items.slice(0, shown);
  const rest = items.length - named.length;
  if (rest > 0) return `${named.join(', ')} and ${rest} more`;
  const last = named.pop();
  return named.length === 0 ? (last ?? '') : `${named.join(', ')} and ${last}`;
}

/** `2026-11-22 10:02:11 UTC`. */
export function utc(time: string): string {
  return `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** `850 ms`, `29 s`, `3.1 s`. */
export function span(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`;
  return `${Math.round(milliseconds / 100) / 10} s`;
}

/** A line or a value as it stands, cut where it is too long to be read in a thread. */
export function excerpt(text: string, longest = 600): string {
  const trimmed = text.trim();
  if (trimmed.length <= longest) return trimmed;
  const kept = trimmed.slice(0, longest - 1);
  const boundary = kept.search(/\s\S*$/);
  return `${boundary > longest * mostlyKept ? kept.slice(0, boundary) : kept}…`;
}

/** A text is cut between words only where that costs little of it. */
const mostlyKept = 0.9;

/** The same, but what is cut away is far from `words`. */
export function excerptAround(text: string, words: string, longest = 600): string {
  const trimmed = text.trim();
  const end = trimmed.indexOf(words) + words.length;
  if (trimmed.length <= longest || end <= longest * mostlyKept) return excerpt(trimmed, longest);
  const from = Math.max(0, Math.min(end - Math.floor(longest / 2), trimmed.length - longest + 1));
  return excerpt(`…${trimmed.slice(from)}`, longest);
}

/** As it stands inside a sentence. */
export function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
