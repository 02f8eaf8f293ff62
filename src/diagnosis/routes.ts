import type { Route } from '../aws/types.ts';

/**
 * The route that serves a request, as logs name it: by its key, or by method and path. A plain segment wins over a
 * parameter, a parameter over a greedy one, a method over ANY, and `$default` comes last.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 */
export function routeServing(routes: readonly Route[], requested: string): Route | null {
  const exact = routes.find(route => route.key === requested);
  if (exact) return exact;
  const [method = '', path = ''] = requested.split(' ');
  const fitting = routes
    .filter(route => route.path !== null && serves(route, method) && pathPattern(route.path).test(path))
    .toSorted((a, b) => (rank(a) < rank(b) ? 1 : -1));
  return fitting[0] ?? routes.find(route => route.key === '$default') ?? null;
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

/** `POST /prod/orders` as `POST /orders`: the path that access logs tell may begin with the stage. */
export function withoutStage(requested: string, stage: string): string {
  const [method = '', path = ''] = requested.split(' ');
  return path === `/${stage}` || path.startsWith(`/${stage}/`)
    ? `${method} ${path.slice(stage.length + 1) || '/'}`
    : requested;
}
