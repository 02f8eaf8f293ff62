import type { Listed } from './types.ts';

interface Page<T> {
  items: T[] | undefined;
  /** Token of the next page; undefined or empty on the last. */
  next: string | undefined;
}

/**
 * Follows a list page by page, empty pages included, until it ends, `enough` says so, or the cap is reached: then
 * `complete` is false. A token that comes twice ends the list, too.
 */
export async function readPages<T>(
  cap: number,
  ask: (token: string | undefined) => Promise<Page<T>>,
  enough: (items: T[]) => boolean = () => false,
): Promise<Listed<T>> {
  const items: T[] = [];
  let token: string | undefined;
  for (let page = 0; page < cap; page++) {
    const answer = await ask(token);
    // Not spread into push: a page of many thousands would not fit on the stack.
    for (const item of answer.items ?? []) items.push(item);
    if (!answer.next || answer.next === token) return { items, complete: true };
    token = answer.next;
    if (enough(items)) break;
  }
  return { items, complete: false };
}
