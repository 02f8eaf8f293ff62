/** Which APIs lead to a function or a load balancer, or log to a group: asked of the APIs themselves, the likeliest first. */
import { listRestApis, listVpcLinks, readRestDraft } from '../aws/api-gateway.ts';
import { listApis, listIntegrations } from '../aws/api-gateway-v2.ts';
import { readLoadBalancer } from '../aws/load-balancing.ts';
import { logGroupOfArn } from '../aws/logs.ts';
import type { ApiSummary, Integration } from '../aws/types.ts';
import { UnreadError } from '../aws/unread.ts';
import { lambdaReference, resolveVariables } from './backends.ts';
import { failingApis } from './failing.ts';
import { type Search, stagesOf } from './find-api.ts';
import { attempt } from './finding.ts';
import type { Lead } from './locate-among.ts';

/** Reading all resources of a REST API is what API Gateway allows least: five times in two seconds. */
const integrationCap = 10;
const stageCap = 30;

/** Where an integration leads, stage variables resolved. */
interface Destination {
  uri: string;
  connectionId: string;
}

/**
 * APIs with an integration that invokes the function (with the alias, where one is given). Adds GetMetricData, and
 * GetResources or GetIntegrations for those of up to ten APIs; GetStages where stage variables stand in for names.
 */
export async function leadsToFunction(name: string, alias: string | null, search: Search): Promise<Lead[]> {
  const leads = ({ uri }: Destination) => {
    const found = lambdaReference(uri);
    return found?.name === name && (alias === null || found.qualifier === alias);
  };
  return leadsByIntegration(`function ${name}`, name, leads, search);
}

/**
 * APIs with an integration that leads to the load balancer: `LoadBalancer` as its metrics name it, `net/name/id`. By a VPC
 * link, by a listener, or by its host name. Adds DescribeLoadBalancers, GetVpcLinks, and those of `leadsToFunction`.
 */
export async function leadsToBalancer(dimension: string, search: Search): Promise<Lead[]> {
  const [, kind, name] = /^(app|net)\/([^/]+)\/[^/]+$/.exec(dimension) ?? [];
  if (name === undefined) return [];
  const { send } = search.aws;
  const own = (arn: string) => arn.endsWith(`:loadbalancer/${dimension}`);
  const [balancer, links] = await Promise.all([
    attempt(readLoadBalancer(send, name)),
    // Links of REST APIs to application load balancers are of the newer kind, and name them in the integration.
    kind === 'net' ? attempt(listVpcLinks(send)) : null,
  ]);
  const linkIds = (links?.value?.items ?? []).filter(link => link.targetArns.some(own)).map(link => link.id);
  const host = balancer.value !== null && own(balancer.value.arn) ? balancer.value.host.toLowerCase() : null;
  const leads = ({ uri, connectionId }: Destination) =>
    linkIds.includes(connectionId) ||
    own(uri) ||
    uri.includes(`:listener/${dimension}/`) ||
    (host !== null && hostOf(uri) === host);
  const found = await leadsByIntegration(`load balancer ${name}`, name, leads, search);
  const unread = links?.unread ?? balancer.unread;
  if (found.length === 0 && unread !== null) throw unread;
  return found;
}

function hostOf(uri: string): string | null {
  return URL.canParse(uri) ? new URL(uri).hostname.toLowerCase() : null;
}

/** APIs with a stage whose access log goes to the group. Adds GetStages for up to thirty APIs. */
export async function leadsByAccessLog(group: string, search: Search): Promise<Lead[]> {
  const apis = await allApis(search);
  const named = apis.filter(api => group.includes(api.id) || related(api, group));
  const leadsOf = async (api: ApiSummary) => {
    const stages = await stagesOf(api, search.aws);
    const own = stages.filter(({ accessLogs }) => logGroupOfArn(accessLogs?.destinationArn ?? '') === group);
    return own.map((stage): Lead => ({ api, stage: stage.name }));
  };
  return inTurns([named, apis], stageCap, leadsOf, `log group ${group}`);
}

async function leadsByIntegration(
  what: string,
  name: string,
  leads: (destination: Destination) => boolean,
  search: Search,
): Promise<Lead[]> {
  const apis = await allApis(search);
  const failing = await failingApis(apis, search);
  const likely = apis.filter(api => related(api, name));
  return inTurns([failing ?? [], likely, apis], integrationCap, api => leadsIn(api, leads, search), what);
}

async function allApis({ aws }: Search): Promise<ApiSummary[]> {
  const [rest, v2] = await Promise.all([listRestApis(aws.send), listApis(aws.send)]);
  return [...rest.items, ...v2.items];
}

/** Whether an API and a thing share a word of their names that says something. */
function related(api: ApiSummary, name: string): boolean {
  const words = new Set(wordsOf(name));
  return wordsOf(api.name).some(word => words.has(word));
}

function wordsOf(name: string): string[] {
  return name
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(word => word.length > 3 && !['prod', 'test', 'stage', 'lambda', 'http', 'rest'].includes(word));
}

/**
 * Asks the APIs of one list after the other, each once and at most `cap` in all, until a list has leads. Rejects where
 * none has, and not all could be asked or read: "none" would be a guess.
 */
async function inTurns(
  lists: readonly (readonly ApiSummary[])[],
  cap: number,
  leadsOf: (api: ApiSummary) => Promise<Lead[]>,
  what: string,
): Promise<Lead[]> {
  const asked = new Set<string>();
  let unread: UnreadError | null = null;
  let cut = false;
  for (const list of lists) {
    const open = list.filter(api => !asked.has(api.id));
    const next = open.slice(0, cap - asked.size);
    cut ||= next.length < open.length;
    for (const api of next) asked.add(api.id);
    const readings = await Promise.all(next.map(api => attempt(leadsOf(api))));
    const leads = readings.flatMap(reading => reading.value ?? []);
    if (leads.length > 0) return leads;
    unread ??= readings.find(reading => reading.unread !== null)?.unread ?? null;
  }
  if (unread !== null) throw unread;
  if (cut) throw tooManyApis(what, asked.size);
  return [];
}

function tooManyApis(what: string, asked: number): UnreadError {
  return new UnreadError(
    'apigateway:GetRestApis',
    'capped',
    `Which API leads to the ${what} is not known: ${asked} APIs were looked through, and there are more.`,
    'Ask for the API by its id or name.',
  );
}

/** Without a stage where every stage leads there; with each that does where stage variables decide. */
async function leadsIn(api: ApiSummary, leads: (destination: Destination) => boolean, search: Search): Promise<Lead[]> {
  const integrations = await integrationsOf(api, search);
  const anywhere = integrations.some(one => leads(destinationOf(one, {})));
  if (anywhere) return [{ api, stage: null }];
  const open = integrations.filter(one => /\$\{stageVariables\./.test(`${one.uri}${one.connectionId}`));
  if (open.length === 0) return [];
  const stages = await stagesOf(api, search.aws);
  return stages
    .filter(({ variables }) => open.some(one => leads(destinationOf(one, variables))))
    .map((stage): Lead => ({ api, stage: stage.name }));
}

async function integrationsOf(api: ApiSummary, { aws }: Search): Promise<Integration[]> {
  if (api.type !== 'REST') return (await listIntegrations(aws.send, api.id)).items;
  const { configuration } = await readRestDraft(aws.send, api.id);
  return configuration.routes.flatMap(route => route.integration ?? []);
}

function destinationOf({ uri, connectionId }: Integration, variables: Record<string, string>): Destination {
  const resolved = (text: string | null) => resolveVariables(text, variables).uri ?? '';
  return { uri: resolved(uri), connectionId: resolved(connectionId) };
}
