/** Questions about a world that several of its readers ask. */
import type { World } from '../world.ts';
import type { RestConfiguration, RestMethod, RestStage } from './rest-apis.ts';
import type { Flow } from './traffic.ts';
import type { V2Api, V2Configuration, V2Stage } from './v2-apis.ts';

/** The API and stage that a flow goes to; undefined where the world has no such API or stage. */
export type FlowTarget =
  | { type: 'REST'; apiId: string; name: string; stageName: string; stage: RestStage; configuration: RestConfiguration }
  | {
      type: 'HTTP' | 'WEBSOCKET';
      apiId: string;
      name: string;
      stageName: string;
      stage: V2Stage;
      configuration: V2Configuration;
    };

export function targetOf(world: World, flow: Pick<Flow, 'api' | 'stage' | 'canary'>): FlowTarget | undefined {
  const rest = world.restApis[flow.api];
  const api = rest ?? world.httpApis[flow.api] ?? world.webSocketApis[flow.api];
  const stageName = flow.stage ?? Object.keys(api?.stages ?? {})[0];
  if (api === undefined || stageName === undefined) return undefined;
  const common = { apiId: flow.api, name: api.name, stageName };
  if (rest !== undefined) {
    const stage = rest.stages[stageName];
    const deploymentId = flow.canary ? stage?.canarySettings?.deploymentId : stage?.deploymentId;
    const configuration = deploymentId === undefined ? undefined : rest.deployments[deploymentId]?.configuration;
    return stage && configuration && { type: 'REST', ...common, stage, configuration };
  }
  const type = world.httpApis[flow.api] === undefined ? 'WEBSOCKET' : 'HTTP';
  const v2 = api as V2Api;
  const stage = v2.stages[stageName];
  return stage && { type, ...common, stage, configuration: deployedConfiguration(v2, stage) };
}

/** What a stage of an HTTP or WebSocket API runs: its deployment's snapshot, or what is there now. */
export function deployedConfiguration(api: V2Api, stage: V2Stage): V2Configuration {
  const deployment = stage.deploymentId === undefined ? undefined : api.deployments[stage.deploymentId];
  return deployment?.configuration ?? api.draft;
}

/** `GET /orders/42` -> the method and path as declared: exact before `{parameter}` before `{proxy+}`, then ANY. */
export function findRestMethod(
  configuration: RestConfiguration,
  route: string,
): { path: string; httpMethod: string; method: RestMethod } | undefined {
  const [httpMethod = '', path = ''] = route.split(' ');
  for (const declared of bestPathFirst(Object.keys(configuration.paths), path)) {
    const methods: Record<string, RestMethod | undefined> = configuration.paths[declared] ?? {};
    const method = methods[httpMethod] ?? methods.ANY;
    if (method !== undefined) return { path: declared, httpMethod, method };
  }
  return undefined;
}

/** The route key of an HTTP or WebSocket API that serves a request; `$default` when nothing else does. */
export function findRouteKey(configuration: V2Configuration, route: string): string | undefined {
  const keys = Object.keys(configuration.routes);
  if (keys.includes(route)) return route;
  const [method = '', path = ''] = route.split(' ');
  const paths = keys.filter(key => key.includes(' ')).map(key => key.slice(key.indexOf(' ') + 1));
  for (const declared of bestPathFirst(paths, path)) {
    const key = [`${method} ${declared}`, `ANY ${declared}`].find(candidate => keys.includes(candidate));
    if (key !== undefined) return key;
  }
  return keys.find(key => key === '$default');
}

function bestPathFirst(declared: string[], path: string): string[] {
  const matches = declared.filter(candidate => candidate === path || pathPattern(candidate).test(path));
  const rank = (candidate: string) => (candidate === path ? 0 : candidate.includes('+}') ? 2 : 1);
  return matches.sort((a, b) => rank(a) - rank(b));
}

function pathPattern(declared: string): RegExp {
  const parts = declared.split(/(\{[^}]+\})/).map(part => {
    if (!part.startsWith('{')) return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    return part.endsWith('+}') ? '.+' : '[^/]+';
  });
  return new RegExp(`^${parts.join('')}$`);
}

export function functionArn(world: World, nameWithQualifier: string): string {
  return `arn:${partitionOf(world.region)}:lambda:${world.region}:${world.accountId}:function:${nameWithQualifier}`;
}

/** The ARN of a role that a world may name briefly. */
export function roleArn(world: World, nameOrArn: string): string {
  if (nameOrArn.startsWith('arn:')) return nameOrArn;
  const path = world.roles[nameOrArn]?.path ?? '/';
  return `arn:${partitionOf(world.region)}:iam::${world.accountId}:role${path}${nameOrArn}`;
}

/** Who asks, as denials and GetCallerIdentity name it. */
export function callerArn(world: World): string {
  return (
    world.account.callerArn ??
    `${roleArn(world, '').split(':iam:')[0]}:sts::${world.accountId}:assumed-role/apigw-500-reader/sandbox`
  );
}

/** The invocation URI that API Gateway keeps for a function. */
export function invocationUri(world: World, nameWithQualifier: string): string {
  const arn = functionArn(world, nameWithQualifier);
  return `arn:${partitionOf(world.region)}:apigateway:${world.region}:lambda:path/2015-03-31/functions/${arn}/invocations`;
}

/** Name and qualifier of the function behind an integration, stage variables resolved. */
export function lambdaOf(
  uri: string | undefined,
  variables: Record<string, string>,
): { arn: string; name: string; qualifier: string | null } | null {
  const resolved = uri?.replace(/\$\{stageVariables\.(\w+)\}/g, (_, name: string) => variables[name] ?? '');
  const found = resolved?.match(/arn:[\w-]+:lambda:[\w-]+:\d{12}:function:([\w-]+)(?::([\w$-]+))?/);
  return found ? { arn: found[0], name: found[1] ?? '', qualifier: found[2] ?? null } : null;
}

export function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

/** `arn:…:log-group:NAME` or `…:NAME:*` -> NAME; null for other destinations. */
export function logGroupOf(destinationArn: string): string | null {
  return destinationArn.match(/:log-group:(.+?)(?::\*)?$/)?.[1] ?? null;
}
