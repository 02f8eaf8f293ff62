/** Narrow views of JSON that came from outside: what is not of the asked kind is empty or null. */
export type Json = Record<string, unknown>;

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function objectIn(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

export function entriesIn(value: unknown): [string, Json][] {
  return Object.entries(objectIn(value)).map(([key, inner]) => [key, objectIn(inner)]);
}

export function listIn(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** null for an empty text, too. */
export function textIn(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

export function textsIn(value: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(objectIn(value)).map(([key, inner]) => [key, String(inner ?? '')]));
}

/** A number, or a text that is one. */
export function numberIn(value: unknown): number | null {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}
