import type { Deployment, Stage, TrailEvent } from '../aws/types.ts';
import type { ChangeKind, RelevantChange, Target } from './types.ts';

/** What a change must touch to be of interest, and what tells when it took effect. */
export interface ChangeScope {
  target: Target;
  stage: Stage | null;
  deployments: Deployment[];
  /** Bare names. */
  functionNames: string[];
  /** Role names of integrations, authorizers and the functions. */
  roleNames: string[];
  /** Managed policies attached to those roles. */
  policyArns: string[];
  onset: string | null;
  /** From when on events were read; a deployment before that is no news. */
  since: string;
}

/**
 * The changes that touch the target, newest first. Failed writes are left out: they changed nothing.
 * Pure.
 */
export function relevantChanges(events: TrailEvent[], scope: ChangeScope): RelevantChange[] {
  const succeeded = events.filter(event => event.errorCode === null);
  const deployments = deploymentsOf(succeeded, scope);
  const changes = succeeded.flatMap(event => {
    const described = describe(event, scope);
    return described === null ? [] : [{ event, described }];
  });
  const earlier = new Map<string, string>();
  const result: RelevantChange[] = [];
  for (const { event, described } of changes.toSorted((a, b) => a.event.at.localeCompare(b.event.at))) {
    const carried = described.deployable ? deployments.find(one => one.createdAt >= event.at) : undefined;
    const effectiveAt = described.deployable ? (carried?.effectiveAt ?? null) : event.at;
    result.push({
      at: event.at,
      effectiveAt,
      who: event.who,
      event: event.name,
      resource: described.resource,
      detail: detailOf(described, earlier, event.name),
      minutesBeforeOnset: minutesBetween(effectiveAt, scope.onset),
      kind: described.kind,
      grants: described.grants ?? false,
      also: described.also ?? [],
      touches: described.touches,
      deploymentId: carried?.id ?? null,
      eventId: event.id,
    });
  }
  const known = new Set(result.filter(change => change.kind === 'deployment').map(change => change.deploymentId));
  const unseen = deployments.filter(one => one.event === null && !known.has(one.id) && one.effectiveAt >= scope.since);
  return [...result, ...unseen.map(one => datedDeployment(one, scope))].toSorted((a, b) => b.at.localeCompare(a.at));
}

interface StageDeployment {
  id: string | null;
  createdAt: string;
  effectiveAt: string;
  event: TrailEvent | null;
}

/** When the stage got which deployment, oldest first; the current one also where no event tells of it. */
function deploymentsOf(events: TrailEvent[], { target, stage, deployments }: ChangeScope): StageDeployment[] {
  const createdAt = (id: string) => deployments.find(one => one.id === id)?.createdAt;
  const found: StageDeployment[] = [];
  for (const event of events) {
    if (event.source !== 'apigateway.amazonaws.com' || apiIdOf(event) !== target.apiId) continue;
    if (event.name === 'CreateDeployment' && stageNameOf(event) === target.stage) {
      const id = text(event.responseElements.id ?? event.responseElements.deploymentId);
      found.push({ id, createdAt: event.at, effectiveAt: event.at, event });
    }
    const moved = event.name === 'UpdateStage' && stageNameOf(event) === target.stage ? deploymentSetBy(event) : null;
    if (moved !== null) {
      found.push({ id: moved, createdAt: createdAt(moved) ?? event.at, effectiveAt: event.at, event });
    }
  }
  const current = deployments.find(one => one.id === stage?.deploymentId);
  const seen =
    current && found.some(one => one.id === current.id || secondsApart(one.effectiveAt, current.createdAt) < 10);
  if (current && !seen) {
    found.push({ id: current.id, createdAt: current.createdAt, effectiveAt: current.createdAt, event: null });
  }
  return found.toSorted((a, b) => a.effectiveAt.localeCompare(b.effectiveAt));
}

function datedDeployment(deployment: StageDeployment, { target, onset }: ChangeScope): RelevantChange {
  return {
    at: deployment.createdAt,
    effectiveAt: deployment.effectiveAt,
    who: null,
    event: 'Deployment',
    resource: `${target.apiName} ${target.stage}`,
    detail: `deployment ${deployment.id ?? ''} (known from its date only)`,
    minutesBeforeOnset: minutesBetween(deployment.effectiveAt, onset),
    kind: 'deployment',
    grants: false,
    also: [],
    touches: [target.apiId],
    deploymentId: deployment.id,
    eventId: null,
  };
}

interface Described {
  kind: ChangeKind;
  resource: string;
  touches: string[];
  /** What was set, by property; the value before is added where an earlier event tells it. */
  values: Record<string, string>;
  /** A REST change acts from the next deployment on. https://docs.aws.amazon.com/apigateway/latest/developerguide/updating-api.html */
  deployable: boolean;
  grants?: boolean;
  also?: ChangeKind[];
}

function describe(event: TrailEvent, scope: ChangeScope): Described | null {
  switch (event.source) {
    case 'apigateway.amazonaws.com':
      return describeApiChange(event, scope);
    case 'lambda.amazonaws.com':
      return describeFunctionChange(event, scope);
    case 'iam.amazonaws.com':
      return describeIamChange(event, scope);
    case 'wafv2.amazonaws.com':
      return describeWafChange(event, scope);
    default:
      return describeNeighbour(event);
  }
}

function describeApiChange(event: TrailEvent, { target, stage }: ChangeScope): Described | null {
  if (apiIdOf(event) !== target.apiId) return null;
  const ofOtherStage = stageNameOf(event) !== null && stageNameOf(event) !== target.stage;
  if (ofOtherStage) return null;
  const values = valuesSet(event);
  const kind = apiChangeKind(event.name, Object.keys(values));
  const immediate =
    kind === 'stage' || kind === 'deployment' || (target.apiType !== 'REST' && stage?.autoDeploy === true);
  const parameters = event.requestParameters;
  const place = [parameters.httpMethod, parameters.resourceId, parameters.integrationId, parameters.routeKey]
    .map(text)
    .filter(part => part !== null);
  return {
    kind,
    resource: [target.apiName, stageNameOf(event), ...place].filter(part => part !== null).join(' '),
    touches: [target.apiId],
    values,
    deployable: !immediate,
  };
}

function apiChangeKind(name: string, paths: string[]): ChangeKind {
  const sets = (part: RegExp) => paths.some(path => part.test(path));
  if (name === 'CreateDeployment' || (name === 'UpdateStage' && sets(/^deploymentId$/i))) return 'deployment';
  if (/Stage|BasePathMapping|ApiMapping|DomainName|UpdateAccount/.test(name)) return 'stage';
  if (/^(Import|Reimport|PutRestApi)/.test(name)) return 'import';
  if (/RestApi/.test(name) && (paths.length === 0 || sets(/^policy/i))) return 'resource-policy';
  if (/RestApi/.test(name) && sets(/^binaryMediaTypes/i)) return 'mapping';
  if (/IntegrationResponse|MethodResponse|RouteResponse|Model|RequestValidator/.test(name)) return 'mapping';
  if (/Integration/.test(name)) {
    if (sets(/timeoutInMillis/i)) return 'integration-timeout';
    return sets(/template|contentHandling|passthrough/i) ? 'mapping' : 'integration';
  }
  if (/Authorizer/.test(name)) return 'authorizer';
  if (/GatewayResponse/.test(name)) return 'gateway-response';
  if (/VpcLink/.test(name)) return 'network';
  if (/Method|Resource|Route/.test(name)) return 'integration';
  return 'other';
}

const functionChanges: Record<string, ChangeKind> = {
  AddPermission: 'lambda-permission',
  RemovePermission: 'lambda-permission',
  PutResourcePolicy: 'lambda-permission',
  DeleteResourcePolicy: 'lambda-permission',
  UpdateFunctionCode: 'function-code',
  UpdateFunctionConfiguration: 'function-configuration',
  CreateFunction: 'function-code',
  DeleteFunction: 'function-code',
  PutFunctionConcurrency: 'function-concurrency',
  DeleteFunctionConcurrency: 'function-concurrency',
  PutProvisionedConcurrencyConfig: 'function-concurrency',
  DeleteProvisionedConcurrencyConfig: 'function-concurrency',
  CreateAlias: 'function-alias',
  UpdateAlias: 'function-alias',
  DeleteAlias: 'function-alias',
};

function describeFunctionChange(event: TrailEvent, { functionNames }: ChangeScope): Described | null {
  const parameters = event.requestParameters;
  const given = text(parameters.functionName) ?? text(parameters.resourceArn) ?? '';
  const name = /function:([^:]+)/.exec(given)?.[1] ?? given.split(':')[0] ?? given;
  if (!functionNames.includes(name)) return null;
  const role = text(parameters.role);
  // Templates send the role with every update: alone it is a swap, among other settings it may be one.
  const settings = Object.keys(parameters).filter(key => !['functionName', 'role', 'environment'].includes(key));
  const sendsRole = role !== null && event.name === 'UpdateFunctionConfiguration';
  const kind = sendsRole && settings.length === 0 ? 'function-role' : functionChanges[event.name];
  const values = pick(parameters, [
    'statementId',
    'principal',
    'sourceArn',
    'qualifier',
    'role',
    'timeout',
    'memorySize',
    'handler',
    'runtime',
    'kmsKeyArn',
    'reservedConcurrentExecutions',
    'name',
    'functionVersion',
  ]);
  return {
    kind: kind ?? 'other',
    resource: `function ${name}`,
    touches: [name],
    values,
    deployable: false,
    grants: event.name === 'AddPermission',
    also: sendsRole ? ['function-role'] : [],
  };
}

function describeIamChange(event: TrailEvent, { roleNames, policyArns }: ChangeScope): Described | null {
  const role = text(event.requestParameters.roleName);
  const policy = text(event.requestParameters.policyArn);
  const touches = [role, policy].filter(name => name !== null);
  const relevant = (role !== null && roleNames.includes(role)) || (policy !== null && policyArns.includes(policy));
  if (!relevant) return null;
  return {
    kind: 'iam',
    resource: role === null ? `policy ${policy}` : `role ${role}`,
    touches,
    values: pick(event.requestParameters, ['policyName', 'policyArn', 'versionId', 'permissionsBoundary']),
    deployable: false,
    // An attached policy only gives, unless it was made to deny.
    grants: event.name === 'AttachRolePolicy' && !/deny|quarantine|block/i.test(policy ?? ''),
  };
}

function describeWafChange(event: TrailEvent, { target, stage }: ChangeScope): Described | null {
  const parameters = JSON.stringify(event.requestParameters);
  const ofStage = parameters.includes(`/restapis/${target.apiId}/stages/${target.stage}`);
  const aclId = stage?.webAclArn?.split('/').at(-1);
  const ofAcl = aclId !== undefined && parameters.includes(aclId);
  const shared = stage?.webAclArn != null && /UpdateIPSet|UpdateRuleGroup|UpdateRegexPatternSet/.test(event.name);
  if (!ofStage && !ofAcl && !shared) return null;
  return {
    kind: 'waf',
    resource: `web ACL ${text(event.requestParameters.name) ?? stage?.webAclArn ?? ''}`.trim(),
    touches: stage?.webAclArn ? [stage.webAclArn] : [],
    values: {},
    deployable: false,
  };
}

/** Changes beside the path of a request that can still break it; leads only. */
const neighbours: Record<string, { kind: ChangeKind; events: RegExp }> = {
  'elasticloadbalancing.amazonaws.com': {
    kind: 'network',
    events:
      /^(ModifyListener|ModifyRule|ModifyTargetGroup|RegisterTargets|DeregisterTargets|SetSecurityGroups|DeleteListener)/,
  },
  'ec2.amazonaws.com': {
    kind: 'network',
    events: /^((Authorize|Revoke)SecurityGroup(In|E)gress|ModifyVpcEndpoint|DeleteVpcEndpoints)/,
  },
  'kms.amazonaws.com': { kind: 'kms', events: /^(DisableKey|PutKeyPolicy|ScheduleKeyDeletion|RevokeGrant)/ },
  'logs.amazonaws.com': { kind: 'other', events: /^DeleteLogGroup/ },
};

function describeNeighbour(event: TrailEvent): Described | null {
  const neighbour = neighbours[event.source];
  if (!neighbour?.events.test(event.name)) return null;
  const values = pick(event.requestParameters, ['keyId', 'groupId', 'targetGroupArn', 'listenerArn', 'logGroupName']);
  const resource = Object.values(values)[0] ?? event.source;
  return { kind: neighbour.kind, resource, touches: [resource], values, deployable: false };
}

/** Events that take something away name it, and set nothing. */
const undoing: readonly (readonly [event: RegExp, done: string])[] = [
  [/^Remove/, 'removed'],
  [/^Detach/, 'detached'],
  [/^Delete/, 'deleted'],
  [/^(Add|Attach)/, 'added'],
];

/** `timeoutInMillis 29000 -> 3000`, or `timeoutInMillis set to 3000` where the value before is not known. */
function detailOf({ resource, values }: Described, earlier: Map<string, string>, event: string): string {
  const [, done] = undoing.find(([name]) => name.test(event)) ?? [];
  if (done !== undefined) {
    return Object.entries(values)
      .map(([property, value]) => `${property} ${value} ${done}`)
      .join(', ');
  }
  return Object.entries(values)
    .map(([property, value]) => {
      const key = `${resource} ${property}`;
      const before = earlier.get(key);
      earlier.set(key, value);
      return before === undefined ? `${property} set to ${value}` : `${property} ${before} -> ${value}`;
    })
    .join(', ');
}

/**
 * What an API Gateway event sets, by property. REST wraps its input (`updateIntegrationInput`) and patches by path;
 * HTTP and WebSocket APIs list members flat. Looked for wherever it stands, because not every shape is documented.
 */
function valuesSet(event: TrailEvent): Record<string, string> {
  const values: Record<string, string> = {};
  const visit = (node: unknown, depth: number): void => {
    if (depth > 4 || node === null || typeof node !== 'object') return;
    for (const [key, value] of Object.entries(node)) {
      if (/^patchOperations$/i.test(key) && Array.isArray(value)) {
        for (const patch of value) {
          if (patch === null || typeof patch !== 'object') continue;
          const property = String(patch.path ?? '').replace(/^\//, '');
          if (property !== '') values[property] = patch.op === 'remove' ? '(removed)' : brief(patch.value);
        }
      } else if (settable.has(key)) {
        values[key] = brief(value);
      } else if (/input$/i.test(key)) {
        visit(value, depth + 1);
      }
    }
  };
  visit(event.requestParameters, 0);
  return values;
}

const settable = new Set([
  'timeoutInMillis',
  'uri',
  'integrationUri',
  'credentials',
  'credentialsArn',
  'requestTemplates',
  'responseTemplates',
  'type',
  'integrationType',
  'connectionId',
  'policy',
  'deploymentId',
  'stageVariables',
  'variables',
  'responseParameters',
  'requestParameters',
  'selectionPattern',
  'authorizerUri',
  'authorizerCredentialsArn',
  'authorizerId',
  'authorizationType',
  'contentHandling',
]);

function apiIdOf(event: TrailEvent): string | null {
  return text(event.requestParameters.restApiId) ?? text(event.requestParameters.apiId);
}

function stageNameOf(event: TrailEvent): string | null {
  const parameters = event.requestParameters;
  const wrapped = parameters.createDeploymentInput ?? parameters.createStageInput;
  const inner = wrapped !== null && typeof wrapped === 'object' ? (wrapped as Record<string, unknown>).stageName : null;
  return text(parameters.stageName) ?? text(inner);
}

function deploymentSetBy(event: TrailEvent): string | null {
  const values = valuesSet(event);
  return values.deploymentId ?? null;
}

function pick(parameters: Record<string, unknown>, names: string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap(name => (parameters[name] == null ? [] : [[name, brief(parameters[name])]])));
}

function brief(value: unknown): string {
  const shown = typeof value === 'string' ? value : JSON.stringify(value);
  return shown === undefined ? '' : shown.length > 120 ? `${shown.slice(0, 117)}...` : shown;
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** To one decimal. The onset is known to the minute, so a change within that minute counts as 0 before it. */
function minutesBetween(from: string | null, onset: string | null): number | null {
  if (from === null || onset === null) return null;
  const minutes = Math.round((Date.parse(onset) - Date.parse(from)) / 6_000) / 10;
  // Within the minute of the first error; JSON knows no negative zero.
  return minutes <= 0 && minutes > -1 ? 0 : minutes;
}

function secondsApart(a: string, b: string): number {
  return Math.abs(Date.parse(a) - Date.parse(b)) / 1_000;
}
