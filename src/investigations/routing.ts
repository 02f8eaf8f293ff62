/** Which channel an alarm goes to. Pure. */
import type { AlarmNotice } from '../diagnosis/types.ts';

/** Every field that is given has to fit; the first route that fits wins. */
export interface AlarmRoute {
  account?: string | undefined;
  region?: string | undefined;
  /** `*` stands for anything. */
  name?: string | undefined;
  /** `key=value`. */
  tag?: string | undefined;
  channel: string;
}

/** True where the answer depends on the alarm's tags, which have to be read for it. */
export function needsTags(routes: readonly AlarmRoute[], notice: AlarmNotice): boolean {
  return routes.some(route => route.tag !== undefined && fits({ ...route, tag: undefined }, notice, {}));
}

/** `tags`: null where they could not be read; no route by tag fits then. Answers null where no route fits. */
export function channelFor(
  routes: readonly AlarmRoute[],
  notice: AlarmNotice,
  tags: Readonly<Record<string, string>> | null,
): string | null {
  return routes.find(route => fits(route, notice, tags))?.channel ?? null;
}

function fits(
  { account, region, name, tag }: AlarmRoute,
  notice: AlarmNotice,
  tags: Readonly<Record<string, string>> | null,
) {
  if (account !== undefined && account !== notice.accountId) return false;
  if (region !== undefined && region !== notice.region) return false;
  if (name !== undefined && !matches(name, notice.name)) return false;
  return tag === undefined || (tags !== null && hasTag(tags, tag));
}

function matches(pattern: string, name: string): boolean {
  const parts = pattern.split('*').map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's').test(name);
}

function hasTag(tags: Readonly<Record<string, string>>, tag: string): boolean {
  const at = tag.indexOf('=');
  const key = tag.slice(0, at);
  return Object.hasOwn(tags, key) && tags[key] === tag.slice(at + 1);
}
