/** A target that does not say where it is, looked for in every account and Region that is configured. */
import { partitionOf } from '../aws/regions.ts';
import type { Access, Place } from '../aws/types.ts';
import type { UnreadError } from '../aws/unread.ts';
import { placeOf } from './locate.ts';
import { parseTarget } from './target-reference.ts';
import type { Candidate, DiagnosisRequest, Gap, Location } from './types.ts';
import { listed } from './wording.ts';

/** Where to look; null: the process's own account, the default Region. */
export type AskedPlace = ReturnType<typeof placeOf>;

/** What came of looking in one place: where the target leads there, or why that could not be read. */
export type Look = { place: AskedPlace } & (
  | { location: Location; unread: null }
  | { location: null; unread: UnreadError }
);

/**
 * One place where account and Region are said or nothing else is configured; else all that fit what is said, the own
 * default first. A Region that a URL or an ARN names is looked at in the own account too, configured or not.
 */
export async function placesFor(request: DiagnosisRequest, access: Access): Promise<readonly AskedPlace[]> {
  const said = placeOf(request.target, request);
  const [own, ...others] = access.places();
  if (own === undefined || others.length === 0 || (said.accountId !== null && said.region !== null)) return [said];
  const ownId = await access.ownAccountId();
  const ownPlace = (region: string): Place => ({ accountId: ownId, region });
  const samePartition = said.region !== null && partitionOf(said.region) === partitionOf(own.region);
  const places = [ownPlace(samePartition ? (said.region ?? own.region) : own.region), ownPlace(own.region), ...others];
  const fitting = places.filter(
    ({ accountId, region }, index) =>
      (said.accountId ?? accountId) === accountId &&
      (said.region ?? region) === region &&
      places.findIndex(one => one.accountId === accountId && one.region === region) === index,
  );
  return fitting.length === 0 ? [said] : fitting;
}

/** More at once would only wait for each other: 50 connections, and the quotas of each account. */
export const placesAtOnce = 12;

/** What came of looking everywhere. */
export interface Combined {
  location: Location;
  /** The one location of a single place that it is; null where it is made of several. */
  from: Location | null;
  /** The target may mean something else: it leads nowhere, as far as could be read. */
  isOpen: boolean;
}

/**
 * What the looks say together. Found in one place: that, with a gap for each account that could not be looked at; in
 * several: all of them as candidates. Found nowhere is only said where everything could be read.
 */
export function combine(request: DiagnosisRequest, looks: readonly Look[]): Combined {
  const [only] = looks;
  if (only !== undefined && looks.length === 1) return alone(only);
  const located = looks.flatMap(({ location }) => location ?? []);
  const hits = best(located.filter(isHit), request);
  const [hit, ...others] = hits;
  if (hit?.kind === 'found' && others.length === 0) {
    const unseen = gapsOf(request, looks);
    return { location: { ...hit, ...(unseen.length > 0 && { unseen }) }, from: hit, isOpen: false };
  }
  if (hit !== undefined) {
    return { location: { kind: 'ambiguous', candidates: hits.flatMap(candidatesOf) }, from: null, isOpen: false };
  }
  const close = located.flatMap(candidatesOf).slice(0, candidateCap);
  // An alarm that is there, and watches no API.
  const unrelated = located.find(({ kind }) => kind === 'unrelated');
  if (unrelated !== undefined) return { location: unrelated, from: unrelated, isOpen: true };
  if (located.length < looks.length) {
    return { location: unreadable(request, looks, close), from: null, isOpen: located.length > 0 };
  }
  const region = placesWords(looks.map(({ place }) => place));
  return { location: { kind: 'not_found', region, candidates: close }, from: null, isOpen: true };
}

function alone({ location, unread }: Look): Combined {
  if (unread !== null) {
    const { message, remedy } = unread;
    return { location: { kind: 'unreadable', message, remedy }, from: null, isOpen: false };
  }
  return { location, from: location, isOpen: location.kind === 'not_found' || location.kind === 'unrelated' };
}

function isHit({ kind }: Location): boolean {
  return kind === 'found' || kind === 'ambiguous';
}

/** Close names are not looked at beyond these. */
const candidateCap = 10;

/** An API of that id before one of that name, and that before one with a name that is written otherwise. */
function best(hits: readonly Location[], { target }: DiagnosisRequest): readonly Location[] {
  const { kind } = parseTarget(target);
  if (kind !== 'api' && kind !== 'name') return hits;
  const typed = target.trim();
  const rank = (hit: Location) => {
    const apis = candidatesOf(hit);
    if (apis.some(({ apiId }) => typed.includes(apiId))) return 0;
    return apis.some(({ apiName }) => apiName === typed) ? 1 : 2;
  };
  const highest = Math.min(...hits.map(rank));
  return hits.filter(hit => rank(hit) === highest);
}

function candidatesOf(location: Location): Candidate[] {
  if (location.kind === 'found') {
    const { stage, ...api } = location.target;
    return [{ ...api, stages: [stage] }];
  }
  return 'candidates' in location ? location.candidates : [];
}

/** Looks that failed for the same reason in the same account: one, with all their Regions. */
function failures(looks: readonly Look[]): { unread: UnreadError; places: AskedPlace[] }[] {
  const groups = new Map<string, { unread: UnreadError; places: AskedPlace[] }>();
  for (const { unread, place } of looks) {
    if (unread === null) continue;
    const key = [place.accountId, unread.source, unread.reason].join(' ');
    const group = groups.get(key) ?? { unread, places: [] };
    group.places.push(place);
    groups.set(key, group);
  }
  return [...groups.values()];
}

function gapsOf({ target }: DiagnosisRequest, looks: readonly Look[]): Gap[] {
  return failures(looks).map(({ unread: { source, reason, permission, remedy }, places }) => ({
    source,
    reason,
    permission,
    remedy: `${target} was not looked for in ${placesWords(places)}. ${remedy}`,
  }));
}

function unreadable({ target }: DiagnosisRequest, looks: readonly Look[], close: readonly Candidate[]): Location {
  const failed = failures(looks);
  const seen = looks.filter(({ unread }) => unread === null).map(({ place }) => place);
  const found = seen.length === 0 ? '' : `${target} was not found in ${placesWords(seen)}. `;
  const why = failed.map(
    ({ unread, places }) => `It could not be looked for in ${placesWords(places)}: ${unread.message}`,
  );
  const names = close.map(({ apiName, region, accountId }) => `${apiName} in ${placesWords([{ region, accountId }])}`);
  const hint = names.length === 0 ? '' : ` Close names are ${listed(names, candidateCap)}.`;
  return {
    kind: 'unreadable',
    message: `${found}${why.join(' ')}${hint}`,
    remedy: [...new Set(failed.map(({ unread }) => unread.remedy))].join(' '),
  };
}

/** `account 111122223333 (eu-west-1, us-east-1) and account 444455556666 (eu-west-1)`. */
export function placesWords(places: readonly AskedPlace[]): string {
  const regions = new Map<string | null, string[]>();
  for (const { accountId, region } of places) {
    regions.set(accountId, [...(regions.get(accountId) ?? []), region ?? 'the default Region']);
  }
  return listed(
    [...regions].map(
      ([accountId, names]) =>
        `${accountId === null ? "the bot's own account" : `account ${accountId}`} (${names.join(', ')})`,
    ),
    regions.size,
  );
}
