/** Every text of a message, in reading order. */
export function readable(message: { text: string; blocks: readonly unknown[] }): string {
  return [message.text, ...textsOf(message.blocks)].join('\n');
}

function textsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(textsOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) =>
    name === 'text' && typeof item === 'string' ? [item] : textsOf(item),
  );
}
