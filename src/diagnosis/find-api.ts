/** From an API's id or name to the API and its stage; what every way of locating ends with. */
import { listRestApis, listRestStages, readRestApi, readRestStage } from '../aws/api-gateway.ts';
import { listApis, listStages, readApi, readStage } from '../aws/api-gateway-v2.ts';
import type { Api, ApiSummary, ApiType, Aws, Stage } from '../aws/types.ts';
import { closest } from './close-names.ts';
import { failingByMetric } from './failing.ts';
import { attempt } from './finding.ts';
import type { TargetReference } from './target-reference.ts';
import { metricName } from './traffic.ts';
import type { Candidate, DiagnosisRequest, Location, Target, Window } from './types.ts';

/** What locating needs of one account and Region. */
export interface LocateContext {
  aws: Aws;
  now: Date;
  /** Types of APIs that were found before, by id: an API never changes its type. */
  knownTypes?: ReadonlyMap<string, ApiType> | undefined;
  /** Called as soon as an API id and a stage are known, before they are verified, so that reads can start; may be called again. */
  expect(target: Target, window: Window): void;
}

export interface Search extends LocateContext {
  request: DiagnosisRequest;
  window: Window;
}

export type ApiReference = Extract<TargetReference, { kind: 'api' }>;

/**
 * An API by its id. `flavour`: which of the two API Gateway APIs has it, where that is known; else the REST one is asked
 * first, and then the other. Adds one call, or two, and those of `withStage`.
 */
export async function locateId(
  reference: ApiReference,
  search: Search,
  flavour: 'rest' | 'v2' | null = null,
): Promise<Location> {
  const { aws, request, window } = search;
  const stage = request.stage ?? reference.stage;
  const guessed = (type: ApiType) => ({ id: reference.apiId, name: reference.apiId, type });
  const expect = (type: ApiType) => {
    if (stage !== null) search.expect(targetOf(guessed(type), stage, aws), window);
  };
  // An id does not tell its type; of the stage names, this one only HTTP APIs have.
  const known = (flavour === null ? search.knownTypes?.get(reference.apiId) : null) ?? 'REST';
  const notRest = stage === '$default' || flavour === 'v2' || known !== 'REST';
  if (!notRest) expect('REST');
  const rest = notRest ? null : await attempt(readRestApi(aws.send, reference.apiId));
  if (rest?.value) return withStage(summary(rest.value), stage, search);
  const unread = rest?.unread ?? null;
  if (unread === null) expect(known === 'WEBSOCKET' ? known : 'HTTP');
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

/** An API by its name, as people type it. Adds GetRestApis and GetApis, and those of `withStage`. */
export async function locateName(name: string, stage: string | null, search: Search): Promise<Location> {
  const { aws } = search;
  const [rest, v2] = await Promise.all([attempt(listRestApis(aws.send)), attempt(listApis(aws.send))]);
  const apis = [...(rest.value?.items ?? []), ...(v2.value?.items ?? [])];
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
export const candidateCap = 10;

/** With their stages; without where these cannot be read. */
export async function candidatesOf(apis: ApiSummary[], aws: Aws): Promise<Candidate[]> {
  return Promise.all(
    apis
      .slice(0, candidateCap)
      .map(async api => candidate(api, (await attempt(stageNames(api, aws))).value ?? [], aws)),
  );
}

/**
 * The stage that was asked for, or the one that exists or fails. Adds GetStage, or GetStages and, where there are several,
 * GetMetricData.
 */
export async function withStage(api: ApiSummary, stage: string | null, search: Search): Promise<Location> {
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
  const failing = await failingByMetric(
    stages.map(name => targetOf(api, name, aws)),
    search,
  );
  const [failed] = failing ?? [];
  if (failed !== undefined && failing?.length === 1) return found(api, failed.stage, search);
  const candidates = [candidate(api, stages, aws)];
  return stages.length === 0
    ? { kind: 'not_found', region: aws.region, candidates }
    : { kind: 'ambiguous', candidates };
}

export async function stagesOf(api: ApiSummary, aws: Aws): Promise<Stage[]> {
  return api.type === 'REST' ? listRestStages(aws.send, api.id) : listStages(aws.send, api.id);
}

async function stageNames(api: ApiSummary, aws: Aws): Promise<string[]> {
  return (await stagesOf(api, aws)).map(stage => stage.name);
}

export function found(api: ApiSummary, stage: string, { aws, window }: Search): Location {
  return { kind: 'found', target: targetOf(api, stage, aws), window, threshold: null };
}

export function targetOf(api: ApiSummary, stage: string, { accountId, region }: Aws): Target {
  return { accountId, region, apiId: api.id, apiName: api.name, apiType: api.type, stage };
}

export function candidate(api: ApiSummary, stages: string[], { accountId, region }: Aws): Candidate {
  return { apiId: api.id, apiName: api.name, apiType: api.type, accountId, region, stages };
}
