/** Untrusted text as plain text, before anything reads it. */

// \p{Cf} holds the bidirectional and zero-width characters, which can show a text as another than it is.
const invisible = /(?![\n\t])[\p{Cc}\p{Cf}]/gu;
const separators = /\r\n?|[\u2028\u2029]/g;

/** Without control, bidirectional and zero-width characters; whole characters; line breaks and tabs stay. */
export function plain(text: string): string {
  return text.replace(separators, '\n').replace(invisible, '').toWellFormed();
}

/** The same on one line, at most `max` UTF-16 units. */
export function plainLine(text: string, max: number): string {
  const line = plain(text.slice(0, 4 * max))
    .replace(/\s+/g, ' ')
    .trim();
  return line.length <= max
    ? line
    : `${line
        .slice(0, max - 1)
        .toWellFormed()
        .replace(/\ufffd$/, '')
        .trimEnd()}…`;
}
