/** From a metric of another service to the APIs that use what it measures. */
import { listRestApis } from '../aws/api-gateway.ts';
import { listApis } from '../aws/api-gateway-v2.ts';
import { readFunctionPolicy } from '../aws/lambda.ts';
import { readFilteredLogGroups } from '../aws/logs.ts';
import type { Source } from '../aws/operations.ts';
import type { AlarmMetric, PolicyDocument, PolicyStatement } from '../aws/types.ts';
import { listWebAcls, readProtectedStages, readWebAcl } from '../aws/wafv2.ts';
import { leadsByAccessLog, leadsToBalancer, leadsToFunction } from './apis-using.ts';
import type { Search } from './find-api.ts';
import { attempt } from './finding.ts';
import { apiGatewayService } from './invocation.ts';
import type { Lead } from './locate-among.ts';
import { executionLogOf } from './log-patterns.ts';
import type { Gap } from './types.ts';

/** Told of what was left out because there is more of it than is followed. */
export type OnCut = (gap: Gap) => void;

/**
 * The APIs behind a metric; empty where there is none. Rejects with UnreadError where that cannot be told.
 *
 * | metric | calls besides GetRestApis and GetApis |
 * |---|---|
 * | AWS/Lambda | GetPolicy; where that names no API, those of `leadsToFunction` |
 * | AWS/WAFV2 | ListWebACLs, ListResourcesForWebACL, and up to ten GetWebACL where no web ACL has the name |
 * | AWS/ApplicationELB, AWS/NetworkELB | DescribeLoadBalancers, GetVpcLinks, and those of `leadsToBalancer` |
 * | custom | DescribeMetricFilters; for a function's log those of AWS/Lambda, for an access log GetStages of up to thirty APIs |
 * | any other of AWS | none |
 */
export async function leadsBehind(
  { namespace, metric, dimensions }: AlarmMetric,
  search: Search,
  onCut: OnCut = () => undefined,
): Promise<Lead[]> {
  const { FunctionName, Resource, WebACL, Region, LoadBalancer } = dimensions;
  switch (namespace) {
    case 'AWS/Lambda':
      return FunctionName === undefined ? [] : leadsBehindFunction(FunctionName, aliasIn(Resource), search);
    case 'AWS/WAFV2':
      // Web ACLs of CloudFront have no Region.
      return WebACL === undefined || Region === undefined ? [] : leadsBehindWebAcl(WebACL, search, onCut);
    case 'AWS/ApplicationELB':
    case 'AWS/NetworkELB':
      return LoadBalancer === undefined ? [] : leadsToBalancer(LoadBalancer, search);
    default:
      return namespace.startsWith('AWS/') ? [] : leadsBehindFilter(namespace, metric, search, onCut);
  }
}

/** `Resource` is the function's name, or `name:alias`. */
function aliasIn(resource: string | undefined): string | null {
  return resource?.split(':')[1] ?? null;
}

/**
 * By who may invoke the function; where its policy names no API that exists, by the integrations. A function that is
 * deleted has no policy, and the integrations still name it.
 */
async function leadsBehindFunction(name: string, alias: string | null, search: Search): Promise<Lead[]> {
  const policy = await attempt(readFunctionPolicy(search.aws.send, name, alias));
  const allowed = policy.value === null ? [] : await existing(apisIn(policy.value, search), search);
  if (allowed.length > 0) return allowed;
  const using = await leadsToFunction(name, alias, search);
  if (using.length === 0 && policy.unread !== null) throw policy.unread;
  return using;
}

interface Reference {
  apiId: string;
  stage: string | null;
}

/** The APIs of this account and Region that a function's policy lets invoke it. */
function apisIn({ statements }: PolicyDocument, { aws }: Search): Reference[] {
  return statements.filter(letsApiGateway).flatMap(statement =>
    sourceArns(statement).flatMap(arn => {
      const [, , , region, account, path = ''] = arn.split(':');
      const [apiId = '', stage = '*'] = path.split('/');
      const here = region === aws.region && (aws.accountId === null || account === aws.accountId);
      if (!here || !/^[a-z0-9]+$/.test(apiId)) return [];
      return { apiId, stage: /^[\w$-]+$/.test(stage) && stage !== 'authorizers' ? stage : null };
    }),
  );
}

function letsApiGateway({ effect, principal, actions }: PolicyStatement): boolean {
  const services = principal === '*' ? [apiGatewayService] : (principal?.Service ?? []);
  const invokes = actions.some(action => /^(\*|lambda:(\*|Invoke.*))$/i.test(action));
  return effect === 'Allow' && invokes && services.includes(apiGatewayService);
}

function sourceArns({ conditions }: PolicyStatement): string[] {
  const values = Object.values(conditions).flatMap(keys =>
    Object.entries(keys).flatMap(([key, each]) => (key.toLowerCase() === 'aws:sourcearn' ? each : [])),
  );
  return values.filter(arn => /^arn:[\w-]+:execute-api:/.test(arn));
}

/** A policy, or a log, may name APIs that are gone. */
async function existing(references: readonly Reference[], { aws }: Search): Promise<Lead[]> {
  if (references.length === 0) return [];
  const [rest, v2] = await Promise.all([listRestApis(aws.send), listApis(aws.send)]);
  const byId = new Map([...rest.items, ...v2.items].map(api => [api.id, api]));
  return references.flatMap(({ apiId, stage }) => {
    const api = byId.get(apiId);
    return api === undefined ? [] : { api, stage };
  });
}

/** So many web ACLs are read for the name of their metrics. */
const aclCap = 10;

async function leadsBehindWebAcl(metricName: string, search: Search, onCut: OnCut): Promise<Lead[]> {
  const { send } = search.aws;
  const acls = await listWebAcls(send);
  const named = acls.filter(acl => acl.name === metricName);
  const found = named.length > 0 ? named : await aclsMeasuredAs(metricName, acls.slice(0, aclCap), search);
  if (named.length === 0 && acls.length > aclCap) {
    const what = `the metrics of ${aclCap} of ${acls.length} web ACLs were compared with ${metricName}`;
    onCut(cutGap('wafv2:GetWebACL', what));
  }
  const stages = await Promise.all(found.map(acl => readProtectedStages(send, acl.arn)));
  return existing(
    stages.flatMap(each => each ?? []),
    search,
  );
}

async function aclsMeasuredAs(metricName: string, acls: readonly { arn: string }[], { aws }: Search) {
  const read = await Promise.all(acls.map(acl => readWebAcl(aws.send, acl.arn)));
  return read.flatMap(acl => (acl?.metricName === metricName ? acl : []));
}

/** So many log groups that feed one metric are followed. */
const groupCap = 5;

async function leadsBehindFilter(namespace: string, metric: string, search: Search, onCut: OnCut): Promise<Lead[]> {
  const groups = await readFilteredLogGroups(search.aws.send, namespace, metric);
  if (groups.length > groupCap) {
    const what = `${groupCap} of the ${groups.length} log groups that feed the metric ${metric} of ${namespace} were followed`;
    onCut(cutGap('logs:DescribeMetricFilters', what));
  }
  const leads = await Promise.all(groups.slice(0, groupCap).map(group => leadsBehindLog(group, search)));
  return leads.flat();
}

/** `what` was read, and what was not may lead to another API. */
function cutGap(source: Source, what: string): Gap {
  const sentence = `${what.charAt(0).toUpperCase()}${what.slice(1)}`;
  const remedy = `${sentence}; another API may be behind the rest. Ask for the API by its id or name.`;
  return { source, reason: 'capped', permission: null, remedy };
}

async function leadsBehindLog(group: string, search: Search): Promise<Lead[]> {
  const execution = executionLogOf(group);
  if (execution !== null) return existing([execution], search);
  const [, functionName] = /^\/aws\/lambda\/(?:us-east-1\.)?([\w-]+)$/.exec(group) ?? [];
  return functionName === undefined ? leadsByAccessLog(group, search) : leadsBehindFunction(functionName, null, search);
}
