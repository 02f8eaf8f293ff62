import type { Route } from '../aws/types.ts';

/**
 * The route that serves a request, as logs name it: by its key, or by method and path. A plain segment wins over a
 * parameter, a parameter over a greedy one, a method over ANY, and `$default` comes last.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 */
export function routeServing(routes: readonly Route[], requested: string): Route | null {
  const index = indexOf(routes);
  const exact = index.byKey.get(requested);
  if (exact) return exact;
  const [method = '', path = ''] = requested.split(' ');
  const fitting = likely(index, path).find(({ route, pattern }) => serves(route, method) && pattern.test(path));
  return fitting?.route ?? index.byKey.get('$default') ?? null;
}

/** A route that has a path. */
interface Placed {
  route: Route;
  pattern: RegExp;
  /** First segment of its path where that is plain text; null: any may stand there. */
  first: string | null;
}

interface RouteIndex {
  byKey: Map<string, Route>;
  /** The most exact first. */
  placed: Placed[];
  /** Those of `placed` that can serve a path, by its first segment. */
  byFirst: Map<string, Placed[]>;
}

const indexes = new WeakMap<readonly Route[], RouteIndex>();

/** Thousands of requests ask for the same routes, of which there may be many hundreds. */
function indexOf(routes: readonly Route[]): RouteIndex {
  const known = indexes.get(routes);
  if (known !== undefined) return known;
  const byKey = new Map(routes.toReversed().map(route => [route.key, route]));
  const placed = routes
    .flatMap(route => (route.path === null ? [] : [{ route, path: route.path, rank: rank(route) }]))
    .toSorted((a, b) => (a.rank === b.rank ? 0 : a.rank < b.rank ? 1 : -1))
    .map(({ route, path }) => ({ route, pattern: pathPattern(path), first: plainFirst(path) }));
  const index = { byKey, placed, byFirst: new Map() };
  indexes.set(routes, index);
  return index;
}

/** More first segments than this are asked for by nobody who means well. */
const byFirstCap = 5_000;

function likely({ placed, byFirst }: RouteIndex, path: string): Placed[] {
  const asked = firstSegment(path);
  const known = byFirst.get(asked);
  if (known !== undefined) return known;
  const found = placed.filter(({ first }) => first === null || first === asked);
  if (byFirst.size < byFirstCap) byFirst.set(asked, found);
  return found;
}

function plainFirst(path: string): string | null {
  const first = firstSegment(path);
  return first.includes('{') ? null : first;
}

function firstSegment(path: string): string {
  return path.split('/', 2)[1] ?? '';
}

function serves(route: Route, method: string): boolean {
  return route.method === null || route.method === 'ANY' || route.method === method;
}

function pathPattern(path: string): RegExp {
  const parts = path.split(/(\{[^}]*\})/).map(part => {
    if (/^\{.*\+\}$/.test(part)) return '.+';
    return part.startsWith('{') ? '[^/]+' : part.replace(/[.*+?^$()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('')}/?$`);
}

/** Compares as text, the more exact the greater. */
function rank({ method, path }: Route): string {
  const segments = (path ?? '').split('/').slice(1);
  const kinds = segments.map(segment => (/\+\}$/.test(segment) ? '0' : segment.startsWith('{') ? '1' : '2'));
  return `${kinds.join('')}${method === 'ANY' ? '' : '.'}`;
}

/** Routes that serve some of the requests come first, else in their order. */
export function failingRoutesFirst(routes: readonly Route[], requested: readonly (string | null)[]): Route[] {
  const failing = new Set([...new Set(requested)].map(one => (one === null ? null : routeServing(routes, one))));
  return [...routes.filter(route => failing.has(route)), ...routes.filter(route => !failing.has(route))];
}

/** `POST /prod/orders` as `POST /orders`: the path that access logs tell may begin with the stage. */
export function withoutStage(requested: string, stage: string): string {
  const [method = '', path = ''] = requested.split(' ');
  return path === `/${stage}` || path.startsWith(`/${stage}/`)
    ? `${method} ${path.slice(stage.length + 1) || '/'}`
    : requested;
}
