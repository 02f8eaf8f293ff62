import {
  listRestDeployments,
  readRestApi,
  readRestDeployed,
  readRestDraft,
  readRestStage,
} from '../aws/api-gateway.ts';
import {
  listDeployments,
  readApi,
  readConfiguration,
  readDeployedConfiguration,
  readStage,
} from '../aws/api-gateway-v2.ts';
import { readServiceEvents } from '../aws/health.ts';
import { readFunction } from '../aws/lambda.ts';
import { cliLine } from '../aws/links.ts';
import { readMetrics } from '../aws/metrics.ts';
import type { Api, Aws, Configuration, Deployment, Listed, Stage } from '../aws/types.ts';
import { UnreadError } from '../aws/unread.ts';
import { backendsOf, lambdaReference } from './backends.ts';
import { undeployedDifferences } from './deployed.ts';
import { attempt, gapOf } from './finding.ts';
import { readChanges } from './read-changes.ts';
import { readFailures } from './read-failures.ts';
import { failingRoutesFirst } from './routes.ts';
import { failingFirst as failingBackendsFirst } from './serving.ts';
import type {
  Backend,
  Deployed,
  Failures,
  FunctionFacts,
  FunctionList,
  LambdaReference,
  SignalSources,
  Signals,
  Traffic,
} from './signals.ts';
import { measuredRoutes, metricQueries, metricsStart, routeCap, trafficOf } from './traffic.ts';
import type { Overrides, Target } from './types.ts';

/** At most this many functions are looked at, failing ones first: each costs two of Lambda's seven calls a second. */
const functionCap = 12;

/** Each reading is made once, when first asked for. */
export function readSignals(sources: SignalSources): Signals {
  const { aws, target, window, overrides } = sources;
  const { send } = aws;
  const { apiId } = target;
  const rest = target.apiType === 'REST';

  const api = once(() => (rest ? readRestApi(send, apiId) : readApi(send, apiId)));
  const stage = once(() => (rest ? readRestStage(send, apiId, target.stage) : readStage(send, apiId, target.stage)));
  const deployments = once(async () => {
    if (rest) return listRestDeployments(send, apiId);
    const settings = (await attempt(stage())).value;
    return settings !== null && deploysItself(settings) ? ownDeployment(settings) : listDeployments(send, apiId);
  });
  const exported = once(() => readRestDeployed(send, apiId, target.stage));
  const deployed = once(() => (rest ? restDeployed(sources, { api, stage, exported }) : v2Deployed(sources, stage)));
  const backends = once(async () => {
    const { configuration, stageVariables } = await deployed();
    // What is not known must not look like what is not defined.
    const { unread } = await attempt(stage());
    if (unread !== null && usesStageVariables(configuration)) throw unread;
    return backendsOf(configuration, stageVariables);
  });
  const functions = once(async () => {
    if (rest) void attempt(functionsAhead());
    const references = functionReferences(await backends(), (await deployed()).configuration, overrides, aws);
    return readFunctions(send, await chosen(references), references.length <= functionCap);
  });
  const chosen = async (uses: FunctionUse[]) =>
    (uses.length <= functionCap ? uses : failingFirst(uses, await failures())).slice(0, functionCap);
  /** The export is enough to ask for functions; the draft of a large API comes page by page. */
  const functionsAhead = async () => {
    const [runs, settings] = await Promise.all([exported(), stage()]);
    if (runs === null || settings === null) return;
    const uses = functionReferences(backendsOf(runs, settings.variables), runs, overrides, aws);
    await readFunctions(send, await chosen(uses), true);
  };
  const traffic = once(async (): Promise<Traffic> => {
    const behind = (await attempt(backends())).value ?? [];
    const given = overrides.functionName ? [overrides.functionName] : [];
    const namesOf = (all: readonly Backend[]) => [
      ...new Set([...given, ...all.flatMap(one => (one.lambda === null ? [] : [one.lambda.name]))]),
    ];
    // What fails is measured first, where not everything can be.
    const named =
      namesOf(behind).length <= functionCap
        ? namesOf(behind)
        : namesOf(failingBackendsFirst(behind, await failedRequests())).slice(0, functionCap);
    // REST metrics go by the API's name: asked for by id they would be empty, and look like no errors.
    if (rest && target.apiName === apiId) {
      const { unread } = await attempt(api());
      if (unread !== null) throw unread;
    }
    const [settings, { value: runs }] = await Promise.all([attempt(stage()), attempt(deployed())]);
    const measured = measuredRoutes(target, settings.value, runs?.configuration.routes ?? []);
    const routes =
      measured.length <= routeCap
        ? measured
        : failingRoutesFirst(
            measured,
            (await failedRequests()).map(one => one.route),
          ).slice(0, routeCap);
    const series = await readMetrics(send, metricQueries(target, named, routes), metricsStart(window), window.end);
    return trafficOf(series, named, window, routes);
  });
  const failures = once(() => readFailures(sources, stage));
  const failedRequests = async () => (await attempt(failures())).value?.requests ?? [];
  const changes = once(() => readChanges(sources, { stage, deployments, deployed, backends, functions, traffic }));
  const serviceEvents = once(() =>
    readServiceEvents(send, { region: target.region, feedUrl: sources.healthFeedUrl, fetch: sources.fetch }),
  );
  return { api, stage, deployments, deployed, backends, functions, traffic, failures, changes, serviceEvents };
}

function once<T>(read: () => Promise<T>): () => Promise<T> {
  let promise: Promise<T> | undefined;
  return () => {
    promise ??= read();
    // A rejection is told to whoever asks; asking ahead of need must not end the process.
    promise.catch(() => undefined);
    return promise;
  };
}

/**
 * What a REST stage runs is its export; the draft is read beside it to tell what waits to be deployed.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-export-api.html
 */
async function restDeployed(
  { aws, target }: SignalSources,
  signals: Pick<Signals, 'api' | 'stage'> & { exported(): Promise<Configuration | null> },
): Promise<Deployed> {
  const [exported, resources, api, stage] = await Promise.all([
    attempt(signals.exported()),
    attempt(readRestDraft(aws.send, target.apiId)),
    attempt(signals.api()),
    attempt(signals.stage()),
  ]);
  const stageVariables = stage.value?.variables ?? {};
  const draft = resources.value === null ? null : withPolicy(resources.value.configuration, api.value);
  if (exported.value !== null) {
    const undeployed =
      draft !== null && resources.value?.complete ? await undeployedDifferences(exported.value, draft) : null;
    const configuration = withResourceIds(exported.value, draft);
    const unread = resources.unread === null ? null : gapOf(resources.unread);
    return { configuration, basis: 'export', faithful: true, undeployed, draft, stageVariables, unread };
  }
  if (exported.unread === null) throw notDeployed(target);
  if (draft === null) throw exported.unread;
  const unread = gapOf(exported.unread);
  return { configuration: draft, basis: 'draft', faithful: false, undeployed: null, draft, stageVariables, unread };
}

/** An export names no resource ids, which command lines need; the draft has them. */
function withResourceIds(exported: Configuration, draft: Configuration | null): Configuration {
  const ids = new Map(draft?.routes.map(route => [route.key, route.resourceId]));
  const routes = exported.routes.map(route => {
    const resourceId = ids.get(route.key);
    return resourceId === undefined ? route : { ...route, resourceId };
  });
  return { ...exported, routes };
}

function withPolicy(draft: Configuration, api: Api | null): Configuration {
  return api === null ? draft : { ...draft, policy: api.policy };
}

function notDeployed({ apiId, apiType, stage, region }: Target): UnreadError {
  const rest = apiType === 'REST';
  const line = rest
    ? cliLine('apigateway create-deployment', { 'rest-api-id': apiId, 'stage-name': stage, region })
    : cliLine('apigatewayv2 create-deployment', { 'api-id': apiId, 'stage-name': stage, region });
  return new UnreadError(
    rest ? 'apigateway:GetExport' : 'apigatewayv2:ExportApi',
    'not_deployed',
    `Stage ${stage} of API ${apiId} does not exist, so nothing is deployed there.`,
    `Deploy the API to the stage: ${line}`,
  );
}

/**
 * HTTP and WebSocket APIs: with automatic deployment the configuration is what runs, unless the last deployment failed.
 * Otherwise a stage of an HTTP API has an export; a WebSocket API has none.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-stages.html
 */
async function v2Deployed({ aws, target }: SignalSources, stage: Signals['stage']): Promise<Deployed> {
  const [current, settings] = await Promise.all([attempt(readConfiguration(aws.send, target.apiId)), attempt(stage())]);
  const stageVariables = settings.value?.variables ?? {};
  const follows = settings.value !== null && deploysItself(settings.value);
  const common = { stageVariables, draft: current.value };
  if (follows || target.apiType === 'WEBSOCKET') {
    if (current.value === null) throw current.unread ?? notDeployed(target);
    return { ...common, configuration: current.value, basis: 'draft', faithful: follows, undeployed: null };
  }
  const exported = await attempt(readDeployedConfiguration(aws.send, target.apiId, target.stage));
  if (exported.value !== null) {
    const configuration = withOwnIds(exported.value, current.value);
    const undeployed = current.value === null ? null : await undeployedDifferences(configuration, current.value);
    const unread = current.unread === null ? null : gapOf(current.unread);
    return { ...common, configuration, basis: 'export', faithful: true, undeployed, unread };
  }
  if (exported.unread === null) throw notDeployed(target);
  if (current.value === null) throw exported.unread;
  const unread = gapOf(exported.unread);
  return { ...common, configuration: current.value, basis: 'draft', faithful: false, undeployed: null, unread };
}

/** A failed automatic deployment leaves the stage as it was, and says so in the stage's message. */
function deploysItself({ autoDeploy, lastDeploymentMessage }: Stage): boolean {
  return autoDeploy && (lastDeploymentMessage === null || /^success/i.test(lastDeploymentMessage));
}

/**
 * Of a stage that deploys itself changes take effect at once, so that the deployments before are of no account. With
 * each automatic deployment the stage is updated, which saves asking for the list.
 */
function ownDeployment({ deploymentId, lastUpdatedAt }: Stage): Listed<Deployment> {
  if (deploymentId === null || lastUpdatedAt === null) return { items: [], complete: true };
  const deployed = { autoDeployed: true, status: 'DEPLOYED', statusMessage: null, description: null } as const;
  return { items: [{ id: deploymentId, createdAt: lastUpdatedAt, ...deployed }], complete: true };
}

/** An export names authorizers by name and integrations not at all; command lines and policies need their ids. */
function withOwnIds(exported: Configuration, current: Configuration | null): Configuration {
  const idOf = (name: string | null) => current?.authorizers.find(one => one.name === name)?.id ?? name;
  const integrations = new Map(current?.routes.map(route => [route.key, route.integration?.id ?? null]));
  return {
    ...exported,
    authorizers: exported.authorizers.map(one => ({ ...one, id: idOf(one.id) ?? one.id })),
    routes: exported.routes.map(route => ({
      ...route,
      authorizerId: idOf(route.authorizerId),
      integration: route.integration && { ...route.integration, id: integrations.get(route.key) ?? null },
    })),
  };
}

function usesStageVariables({ routes, authorizers }: Configuration): boolean {
  const uris = [...routes.map(route => route.integration?.uri), ...authorizers.map(authorizer => authorizer.uri)];
  return uris.some(uri => uri?.includes('${stageVariables.'));
}

type FunctionUse = Omit<FunctionFacts, 'configuration'>;

function functionReferences(
  backends: Backend[],
  configuration: Configuration,
  overrides: Overrides,
  aws: Aws,
): FunctionUse[] {
  const uses = new Map<string, FunctionUse>();
  const add = (reference: LambdaReference, usedBy: string, routes: FunctionUse['routes']) => {
    const key = `${usedBy} ${reference.arn} ${reference.qualifier ?? ''}`;
    const known = uses.get(key);
    if (known) known.routes.push(...routes);
    else uses.set(key, { reference, usedBy, routes: [...routes] });
  };
  const given = overrides.functionName === null ? null : givenFunction(overrides.functionName, aws);
  const called = backends.flatMap(({ lambda, routes }) => (lambda === null ? [] : [{ lambda, routes }]));
  const chosen = called.filter(({ lambda }) => given === null || lambda.name === given.name);
  for (const { lambda, routes } of chosen) add(lambda, 'integration', routes);
  // A function that no route calls can be looked at, but explains no failing request.
  if (given !== null && chosen.length === 0) add(given, 'override', []);
  for (const authorizer of configuration.authorizers) {
    const reference = authorizer.uri === null ? null : lambdaReference(authorizer.uri);
    const routes = configuration.routes.filter(route => route.authorizerId === authorizer.id);
    if (reference !== null) add(reference, authorizer.id, routes);
  }
  return [...uses.values()];
}

/** A function named by hand: `name`, `name:alias` or an ARN. */
function givenFunction(given: string, { region, accountId, partition }: Aws): LambdaReference {
  const byArn = lambdaReference(given);
  if (byArn !== null) return byArn;
  const [name = given, qualifier] = given.split(':');
  const account = accountId ?? '';
  return {
    name,
    qualifier: qualifier ?? null,
    accountId: account,
    region,
    arn: `arn:${partition}:lambda:${region}:${account}:function:${name}`,
  };
}

function failingFirst(uses: FunctionUse[], failures: Failures): FunctionUse[] {
  const failing = new Set(failures.requests.flatMap(one => [one.route, one.functionArn].filter(part => part !== null)));
  const fails = (use: FunctionUse) =>
    failing.has(use.reference.arn) || use.routes.some(route => failing.has(route.key));
  return [...uses.filter(fails), ...uses.filter(use => !fails(use))];
}

async function readFunctions(send: Aws['send'], uses: FunctionUse[], complete: boolean): Promise<FunctionList> {
  const readings = await Promise.all(
    uses.map(async use => ({
      use,
      read: await attempt(readFunction(send, use.reference.arn, use.reference.qualifier)),
    })),
  );
  const items: FunctionFacts[] = [];
  const unread: NonNullable<FunctionList['unread']> = [];
  for (const { use, read } of readings) {
    if (read.unread === null) items.push({ ...use, configuration: read.value });
    else unread.push({ reference: use.reference, error: read.unread });
  }
  const [first] = unread;
  if (items.length === 0 && first !== undefined) throw first.error;
  return { items, complete, ...(first === undefined ? {} : { unread }) };
}
