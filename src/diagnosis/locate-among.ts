/** Several APIs fit: the one that is meant, or those to choose from. */
import type { ApiSummary } from '../aws/types.ts';
import { failingApis, failingOptions, type StageOption } from './failing.ts';
import { candidate, candidateCap, found, type Search, stagesOf, targetOf, withStage } from './find-api.ts';
import { attempt } from './finding.ts';
import type { Location } from './types.ts';

/** An API that may be meant, with its stage where that is known. */
export interface Lead {
  api: ApiSummary;
  stage: string | null;
}

/**
 * The one lead whose stage exists, or of several the one that fails in the window; else all of these as candidates, with
 * the stages that may be meant. A stage that the request names goes before those of the leads. null: there is no lead.
 * Adds GetStages for each of at most ten APIs (with more, GetMetricData says which), and what `failingOptions` asks.
 */
export async function locateAmong(leads: readonly Lead[], search: Search): Promise<Location | null> {
  const wanted = withoutRepeats(leads.map(lead => ({ ...lead, stage: search.request.stage ?? lead.stage })));
  const [only] = wanted;
  if (only === undefined) return null;
  if (wanted.length === 1) return withStage(only.api, only.stage, search);

  const { aws } = search;
  const ordered = await failingFirst(wanted, search);
  const looked = await Promise.all(
    ordered.map(async (lead, index) => {
      // More than these stay candidates, unread.
      const { value } = index < candidateCap ? await attempt(stagesOf(lead.api, aws)) : { value: null };
      const fitting = value?.filter(stage => lead.stage === null || stage.name === lead.stage) ?? null;
      return { ...lead, all: value ?? [], fitting };
    }),
  );
  // What could not be read may be meant.
  const possible = looked.filter(({ fitting }) => fitting === null || fitting.length > 0);
  const [single] = possible;
  if (single !== undefined && possible.length === 1) return withStage(single.api, single.stage, search);
  if (possible.length === 0) {
    const candidates = looked.map(({ api, all }) =>
      candidate(
        api,
        all.map(stage => stage.name),
        aws,
      ),
    );
    return { kind: 'not_found', region: aws.region, candidates };
  }

  const options = possible.flatMap(({ api, fitting }) =>
    (fitting ?? []).map((stage): StageOption => ({ target: targetOf(api, stage.name, aws), stage })),
  );
  const failing = await failingOptions(options, search);
  const apis = possible.map(({ api, fitting, stage }) => ({
    api,
    stages: fitting?.map(one => one.name) ?? (stage === null ? [] : [stage]),
    failing: failing.filter(({ target }) => target.apiId === api.id).map(({ target }) => target.stage),
  }));
  const [failed] = failing;
  const owner = apis.find(({ api }) => api.id === failed?.target.apiId);
  if (failed !== undefined && owner !== undefined && failing.length === 1) {
    return found(owner.api, failed.target.stage, search);
  }
  const shown =
    failing.length === 0
      ? apis
      : apis.filter(one => one.failing.length > 0).map(one => ({ ...one, stages: one.failing }));
  return { kind: 'ambiguous', candidates: shown.map(({ api, stages }) => candidate(api, stages, aws)) };
}

/** Where there are more than can be looked at, those are looked at that fail. */
async function failingFirst(leads: readonly Lead[], search: Search): Promise<Lead[]> {
  if (leads.length <= candidateCap) return [...leads];
  const failing = await failingApis(
    leads.map(lead => lead.api),
    search,
  );
  const rank = ({ api }: Lead) => (failing?.includes(api) ? 0 : 1);
  return leads.toSorted((a, b) => rank(a) - rank(b));
}

/** Each API and stage once; one without a stage gives way to the same API with one. */
function withoutRepeats(leads: readonly Lead[]): Lead[] {
  const unique = leads.filter(
    (lead, index) => leads.findIndex(one => one.api.id === lead.api.id && one.stage === lead.stage) === index,
  );
  return unique.filter(
    lead => lead.stage !== null || !unique.some(one => one.api.id === lead.api.id && one.stage !== null),
  );
}
