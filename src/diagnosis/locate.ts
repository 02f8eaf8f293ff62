import { readDomainMappings } from '../aws/api-gateway.ts';
import { readApiMappings } from '../aws/api-gateway-v2.ts';
import { type LocateContext, locateId, locateName, type Search } from './find-api.ts';
import { attempt } from './finding.ts';
import { type AlarmContext, locateAlarm } from './locate-alarm.ts';
import { parseTarget, type TargetReference } from './target-reference.ts';
import { floorMinute } from './traffic.ts';
import type { DiagnosisRequest, Location, Window } from './types.ts';

/** The Region and account to ask, from the request or from what the target itself says. */
export function placeOf(target: string, given: Partial<Place> = {}): Place {
  const reference = parseTarget(target);
  const own = 'region' in reference ? reference : { region: null, accountId: null };
  return { accountId: given.accountId ?? own.accountId, region: given.region ?? own.region };
}

export interface Place {
  accountId: string | null;
  region: string | null;
}

/** Names of the alarms among several requests. */
export function alarmNamesIn(requests: readonly DiagnosisRequest[]): string[] {
  return requests.flatMap(({ target }) => {
    const reference = parseTarget(target);
    return reference.kind === 'alarm' ? [reference.name] : [];
  });
}

/** From a request to the one API and stage that it means. Rejects with UnreadError where that cannot be read. */
export async function locate(request: DiagnosisRequest, context: LocateContext & AlarmContext): Promise<Location> {
  const reference = parseTarget(request.target);
  const { aws, now, expect, knownTypes } = context;
  const search: Search = { aws, now, expect, knownTypes, request, window: windowOf(request, now) };
  switch (reference.kind) {
    case 'alarm':
      return locateAlarm(reference.name, search, context);
    case 'domain':
      return locateDomain(reference, search);
    case 'api':
      return locateId(reference, search);
    case 'name':
      return locateName(reference.name, request.stage, search);
  }
}

/** The last minutes until now, or the span that was given; starts on a full minute, as metrics do. */
function windowOf({ span }: DiagnosisRequest, now: Date): Window {
  const fixed = 'from' in span;
  const end = fixed ? span.to : now.toISOString();
  const start = fixed ? Date.parse(span.from) : now.getTime() - span.minutes * 60_000;
  return { start: new Date(floorMinute(start)).toISOString(), end, onset: null, extendedTo: null };
}

async function locateDomain(
  { host, path }: Extract<TargetReference, { kind: 'domain' }>,
  search: Search,
): Promise<Location> {
  const { aws, request } = search;
  const [rest, v2] = await Promise.all([
    attempt(readDomainMappings(aws.send, host)),
    attempt(readApiMappings(aws.send, host)),
  ]);
  const unread = rest.unread ?? v2.unread;
  const [mapping] = [...(rest.value ?? []), ...(v2.value ?? [])]
    .filter(one => one.path === '' || `${path}/`.startsWith(`/${one.path}/`))
    .toSorted((a, b) => b.path.length - a.path.length);
  if (mapping === undefined && unread !== null) throw unread;
  if (mapping === undefined) return { kind: 'not_found', region: aws.region, candidates: [] };
  const nextSegment =
    path
      .slice(mapping.path.length)
      .split('/')
      .find(segment => segment !== '') ?? null;
  const stage = request.stage ?? mapping.stage ?? nextSegment;
  return locateId({ kind: 'api', apiId: mapping.apiId, stage, region: null, accountId: null }, search);
}
