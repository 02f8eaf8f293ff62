import { inTurns } from '../aws/turns.ts';
import type { Configuration, Integration, Route } from '../aws/types.ts';
import type { Aspect } from './aspects.ts';
import type { Deployed } from './signals.ts';
import type { Gap } from './types.ts';

type Difference = NonNullable<Deployed['undeployed']>[number];

/** Why the draft stands in for what the stage runs; empty where it does not, or where there never is an export. */
export function exportGaps({ basis, unread }: Deployed): Gap[] {
  return basis === 'draft' && unread ? [unread] : [];
}

/** Where a draft stands in for the export: that nothing is wrong with it proves nothing. */
export function standIn(deployed: Deployed, sentence: string): Aspect[] {
  const gaps = exportGaps(deployed);
  return gaps.length === 0 ? [] : [{ status: 'unknown', sentence, gaps }];
}

/** REST's default, which an export may spell out and a draft leave out. */
const defaultTimeoutMs = 29_000;

/** What the draft has that the stage does not run; empty where both agree. Lets the event loop turn between routes. */
export async function undeployedDifferences(deployed: Configuration, draft: Configuration): Promise<Difference[]> {
  const drafts = new Map(draft.routes.map(route => [route.key, route]));
  const running = new Map(deployed.routes.map(route => [route.key, route]));
  const byRoute = await inTurns([...running], ([key, route]): Difference[] => {
    const other = drafts.get(key);
    if (other === undefined) return [{ route: key, field: 'route', deployed: 'present', draft: 'absent' }];
    return routeDifferences(route, other);
  });
  const differences = byRoute.flat();
  for (const key of drafts.keys()) {
    if (!running.has(key)) differences.push({ route: key, field: 'route', deployed: 'absent', draft: 'present' });
  }
  if (deployed.policy !== undefined && draft.policy !== undefined && !same(deployed.policy, draft.policy)) {
    differences.push({
      route: '*',
      field: 'policy',
      deployed: JSON.stringify(deployed.policy),
      draft: JSON.stringify(draft.policy),
    });
  }
  return differences;
}

const compared = [
  'type',
  'subtype',
  'httpMethod',
  'uri',
  'connectionType',
  'connectionId',
  'credentials',
  'timeoutMs',
  'requestTemplates',
  'requestParameters',
  'contentHandling',
  'payloadFormatVersion',
  'responses',
] as const satisfies (keyof Integration)[];

function routeDifferences(deployed: Route, draft: Route): Difference[] {
  const fields: [string, unknown, unknown][] = [
    ['authorization', deployed.authorization, draft.authorization],
    ['methodResponses', deployed.methodResponses.toSorted(), draft.methodResponses.toSorted()],
    ...compared.map(
      field =>
        [field, fieldOf(deployed.integration, field), fieldOf(draft.integration, field)] as [string, unknown, unknown],
    ),
  ];
  return fields
    .filter(([, a, b]) => !same(a, b))
    .map(([field, a, b]) => ({ route: deployed.key, field, deployed: shown(a), draft: shown(b) }));
}

function fieldOf(integration: Integration | null, field: (typeof compared)[number]): unknown {
  if (integration === null) return null;
  if (field === 'timeoutMs') return integration.timeoutMs ?? defaultTimeoutMs;
  if (field === 'responses') return integration.responses.toSorted((a, b) => a.statusCode.localeCompare(b.statusCode));
  return integration[field];
}

/** Equal as JSON, whatever the order of keys; an empty text, list or object equals null. */
function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b) || canonical(a) === canonical(b);
}

function canonical(value: unknown): string {
  return JSON.stringify(normalise(value));
}

function normalise(value: unknown): unknown {
  if (value === undefined || value === null || value === '') return null;
  if (Array.isArray(value)) return value.length === 0 ? null : value.map(normalise);
  if (typeof value !== 'object') return value;
  const entries = Object.entries(value)
    .map(([key, inner]) => [key, normalise(inner)] as const)
    .filter(([, inner]) => inner !== null)
    .toSorted(([a], [b]) => a.localeCompare(b));
  return entries.length === 0 ? null : Object.fromEntries(entries);
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}
