import { listRestApis, listRestStages, readDomainMappings, readRestApi, readRestStage } from '../aws/api-gateway.ts';
import { listApis, listStages, readApi, readApiMappings, readStage } from '../aws/api-gateway-v2.ts';
import { readAlarm, readMetrics } from '../aws/metrics.ts';
import type { Api, ApiSummary, ApiType, Aws } from '../aws/types.ts';
import { attempt } from './finding.ts';
import { isApiId, parseTarget, type TargetReference } from './target-reference.ts';
import { floorMinute, metricQueries } from './traffic.ts';
import type { AlarmNotice, Candidate, DiagnosisRequest, Location, Target, Window } from './types.ts';

/** What locating needs of one account and Region. */
export interface LocateContext {
  aws: Aws;
  now: Date;
  /** What the alarm that asks says of itself. */
  notice?: AlarmNotice | undefined;
  /** Alarms that may be asked for in the same place, so that CloudWatch is asked once for all. */
  alarmNames?: readonly string[];
  /** Called as soon as an API id and a stage are known, before they are verified, so that reads can start; may be called again. */
  expect(target: Target, window: Window): void;
}

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
export async function locate(request: DiagnosisRequest, context: LocateContext): Promise<Location> {
  const reference = parseTarget(request.target);
  const search: Search = { ...context, request, window: windowOf(request, context.now) };
  switch (reference.kind) {
    case 'alarm':
      return locateAlarm(reference.name, search);
    case 'domain':
      return locateDomain(reference, search);
    case 'api':
      return locateId(reference, search);
    case 'name':
      return locateName(reference.name, request.stage, search);
  }
}

interface Search extends LocateContext {
  request: DiagnosisRequest;
  window: Window;
}

/** The last minutes until now, or the span that was given; starts on a full minute, as metrics do. */
function windowOf({ span }: DiagnosisRequest, now: Date): Window {
  const fixed = 'from' in span;
  const end = fixed ? span.to : now.toISOString();
  const start = fixed ? Date.parse(span.from) : now.getTime() - span.minutes * 60_000;
  return { start: new Date(floorMinute(start)).toISOString(), end, onset: null, extendedTo: null };
}

async function locateId(reference: Extract<TargetReference, { kind: 'api' }>, search: Search): Promise<Location> {
  const { aws, request, window } = search;
  const stage = request.stage ?? reference.stage;
  const guessed = (type: ApiType) => ({ id: reference.apiId, name: reference.apiId, type });
  const expect = (type: ApiType) => {
    if (stage !== null) search.expect(targetOf(guessed(type), stage, aws), window);
  };
  // An id does not tell its type; of the stage names, this one only HTTP APIs have.
  const onlyHttp = stage === '$default';
  if (!onlyHttp) expect('REST');
  const rest = onlyHttp ? null : await attempt(readRestApi(aws.send, reference.apiId));
  if (rest?.value) return withStage(summary(rest.value), stage, search);
  const unread = rest?.unread ?? null;
  if (unread === null) expect('HTTP');
  const v2 = await attempt(readApi(aws.send, reference.apiId));
  if (v2.value !== null) return withStage(summary(v2.value), stage, search);
  if (unread === null && v2.unread === null) return locateName(request.target.trim(), stage, search);
  // Not readable, but not denied to exist: the lists may tell its name and type.
  const listed = await listedById(reference.apiId, aws);
  if (listed !== null) return withStage(listed, stage, search);
  // An API that is surely not of the other flavour is a REST API; logs and changes may still tell what is wrong.
  if (unread !== null && v2.unread === null && stage !== null) return found(guessed('REST'), stage, search);
  throw unread ?? v2.unread ?? new TypeError('unreachable');
}

async function listedById(apiId: string, aws: Aws): Promise<ApiSummary | null> {
  const lists = await Promise.all([attempt(listRestApis(aws.send)), attempt(listApis(aws.send))]);
  return lists.flatMap(list => list.value?.items ?? []).find(api => api.id === apiId) ?? null;
}

function summary({ id, name, type }: Api): ApiSummary {
  return { id, name, type };
}

async function locateName(name: string, stage: string | null, search: Search, exactly?: ApiType): Promise<Location> {
  const { aws } = search;
  const [rest, v2] = await Promise.all([attempt(listRestApis(aws.send)), attempt(listApis(aws.send))]);
  const apis = [...(rest.value?.items ?? []), ...(v2.value?.items ?? [])].filter(
    api => !exactly || api.type === exactly,
  );
  const same = apis.filter(api => api.name === name);
  const matches = same.length > 0 ? same : apis.filter(api => metricName(api).toLowerCase() === name.toLowerCase());
  const [only] = matches;
  if (only && matches.length === 1) return withStage(only, stage, search);
  if (matches.length > 1) return locateAmong(matches, stage, search);
  const unread = rest.unread ?? v2.unread;
  if (unread !== null) throw unread;
  return { kind: 'not_found', region: aws.region, candidates: await candidatesOf(closest(name, apis), aws) };
}

/** Names are not unique: those that have the stage are meant. */
async function locateAmong(apis: ApiSummary[], stage: string | null, search: Search): Promise<Location> {
  const candidates = await candidatesOf(apis, search.aws);
  const having = candidates.filter(one => stage === null || one.stages.length === 0 || one.stages.includes(stage));
  const [only] = having;
  const api = apis.find(one => one.id === only?.apiId);
  if (api !== undefined && having.length === 1) return withStage(api, stage, search);
  return { kind: 'ambiguous', candidates: having.length > 0 ? having : candidates };
}

/** More names than this are not looked at for their stages. */
const candidateCap = 10;

/** With their stages; without where these cannot be read. */
async function candidatesOf(apis: ApiSummary[], aws: Aws): Promise<Candidate[]> {
  return Promise.all(
    apis
      .slice(0, candidateCap)
      .map(async api => candidate(api, (await attempt(stageNames(api, aws))).value ?? [], aws)),
  );
}

/** The name that REST metrics and alarms carry: without its non-ASCII characters. */
function metricName({ name }: ApiSummary): string {
  return name.replace(/[^\x20-\x7e]/g, '');
}

async function withStage(api: ApiSummary, stage: string | null, search: Search): Promise<Location> {
  const { aws } = search;
  if (stage !== null) {
    search.expect(targetOf(api, stage, aws), search.window);
    const read = api.type === 'REST' ? readRestStage(aws.send, api.id, stage) : readStage(aws.send, api.id, stage);
    const { value, unread } = await attempt(read);
    if (value !== null || unread !== null) return found(api, stage, search);
  }
  const stages = await stageNames(api, aws);
  if (stage !== null) return { kind: 'not_found', region: aws.region, candidates: [candidate(api, stages, aws)] };
  const [only] = stages;
  if (only !== undefined && stages.length === 1) return found(api, only, search);
  const failing = await failingStages(api, stages, search);
  const [failed] = failing;
  if (failed !== undefined && failing.length === 1) return found(api, failed, search);
  const candidates = [candidate(api, stages, aws)];
  return stages.length === 0
    ? { kind: 'not_found', region: aws.region, candidates }
    : { kind: 'ambiguous', candidates };
}

async function stageNames(api: ApiSummary, aws: Aws): Promise<string[]> {
  const stages = api.type === 'REST' ? await listRestStages(aws.send, api.id) : await listStages(aws.send, api.id);
  return (stages ?? []).map(stage => stage.name);
}

/** Stages with 5xx in the window; none where metrics cannot be read. */
async function failingStages(api: ApiSummary, stages: string[], { aws, window }: Search): Promise<string[]> {
  const queries = stages.flatMap((stage, index) =>
    metricQueries(targetOf(api, stage, aws), [])
      .filter(query => ['errors', 'executionErrors', 'integrationErrors'].includes(query.id))
      .map(query => ({ ...query, id: `s${index}_${query.id}` })),
  );
  const { value } = await attempt(readMetrics(aws.send, queries, window.start, window.end));
  const failing = (value ?? []).filter(series => series.points.some(point => point.value > 0));
  return stages.filter((_, index) => failing.some(series => series.id.startsWith(`s${index}_`)));
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

async function locateAlarm(name: string, search: Search): Promise<Location> {
  const { aws, request } = search;
  const alarm = await readAlarm(aws.send, name);
  const metric = alarm?.metrics.find(one => one.namespace === 'AWS/ApiGateway');
  if (!alarm || !metric) return { kind: 'not_found', region: aws.region, candidates: [] };
  const { ApiId, ApiName, Stage } = metric.dimensions;
  const stage = request.stage ?? Stage ?? null;
  const reference = { kind: 'api', apiId: ApiId ?? '', stage, region: null, accountId: null } as const;
  const location = ApiId
    ? await locateId(reference, search)
    : await locateMetricName(ApiName ?? '', { ...reference, apiId: ApiName ?? '' }, search);
  return location.kind === 'found' ? { ...location, threshold: alarm.threshold } : location;
}

/** A REST alarm names its API; one whose name has no ASCII character stands there by its id. */
async function locateMetricName(
  name: string,
  reference: Extract<TargetReference, { kind: 'api' }>,
  search: Search,
): Promise<Location> {
  const location = await locateName(name, reference.stage, search, 'REST');
  return location.kind === 'not_found' && isApiId(name) ? locateId(reference, search) : location;
}

function found(api: ApiSummary, stage: string, { aws, window }: Search): Location {
  return { kind: 'found', target: targetOf(api, stage, aws), window, threshold: null };
}

function targetOf(api: ApiSummary, stage: string, { accountId, region }: Aws): Target {
  return { accountId, region, apiId: api.id, apiName: api.name, apiType: api.type, stage };
}

function candidate(api: ApiSummary, stages: string[], { accountId, region }: Aws): Candidate {
  return { apiId: api.id, apiName: api.name, apiType: api.type, accountId, region, stages };
}

const closeNames = 5;

/** Names that contain the typed one, are contained in it, or differ by a few letters. */
function closest(name: string, apis: ApiSummary[]): ApiSummary[] {
  const typed = name.toLowerCase();
  return apis
    .map(api => ({ api, distance: distance(typed, api.name.toLowerCase()) }))
    .filter(({ api, distance }) => distance <= Math.max(2, typed.length / 3) || related(typed, api.name.toLowerCase()))
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, closeNames)
    .map(({ api }) => api);
}

function related(a: string, b: string): boolean {
  return a.length > 2 && (a.includes(b) || b.includes(a));
}

/** Levenshtein distance, over the first 64 characters. */
function distance(left: string, right: string): number {
  const [a, b] = [left.slice(0, 64), right.slice(0, 64)];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replace, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous.at(-1) ?? 0;
}
