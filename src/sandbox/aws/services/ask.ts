/** What a handler is given, and what all handlers share. */
import type { InputOf, OperationName, OutputOf, ServicePrefix } from '../../../aws/operations.ts';
import type { Accounts } from '../accounts.ts';
import type { Moment } from '../derived/requests.ts';
import type { WireError } from '../wire/errors.ts';

/** One call: the world as it is now, and how it was asked. */
export interface Ask extends Moment {
  /** Region that the call was signed for. */
  region: string;
  /** Largest page that the world allows for this operation. */
  pageCap: number;
  accounts: Accounts;
}

/** Answers one operation from a world; throws WireError as the service would. */
export type Handler<N extends OperationName> = (input: InputOf<N>, ask: Ask) => Omit<OutputOf<N>, '$metadata'>;

/** A handler for every declared operation of a service. */
export type Handlers<P extends ServicePrefix> = { [N in Extract<OperationName, `${P}:${string}`>]: Handler<N> };

export interface Page<T> {
  items: T[];
  /** null after the last page. */
  next: string | null;
}

/** One page of a list. Tokens are opaque to the asker, and `badToken` is thrown for one that is not ours. */
export function page<T>(all: T[], token: string | undefined, limit: number, badToken: WireError): Page<T> {
  const start =
    token === undefined
      ? 0
      : Number(/^offset:(\d+)$/.exec(Buffer.from(token, 'base64url').toString())?.[1] ?? Number.NaN);
  if (Number.isNaN(start)) throw badToken;
  const items = all.slice(start, start + limit);
  const end = start + items.length;
  return { items, next: end < all.length ? Buffer.from(`offset:${end}`).toString('base64url') : null };
}

export function dateAt(ask: Moment, offset: number): Date {
  return new Date(ask.zero + offset);
}

/** First letter up, as v2's SDK members are written. */
export function pascalKeys(value: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key.charAt(0).toUpperCase() + key.slice(1), member]),
  );
}

/** `x` where it is given, nothing where it is not: for members that AWS leaves out. */
export function given<K extends string, V>(key: K, value: V | null | undefined): { [P in K]?: V } {
  return (value === null || value === undefined ? {} : { [key]: value }) as { [P in K]?: V };
}
