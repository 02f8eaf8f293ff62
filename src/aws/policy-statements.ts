/**
 * The IAM policy that lets every declared read through and nothing else, made from operations.ts. Pure.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
import { operationNames, permissionOf, resourcesOf } from './operations.ts';
import { endpointRegion, globalRegion } from './regions.ts';

export interface PolicyScope {
  /** `aws`, `aws-cn` or `aws-us-gov`. */
  partition: string;
  /** The account whose role gets the policy; `*`: whichever it is, for a policy never reaches into another account. */
  accountId: string;
  /** The Regions that may be read, beside the homes of the partition's global services; empty: every one. */
  regions: readonly string[];
  /** Log groups with names that people gave: access logs, a function's own choice. A `*` stands for any text. */
  logGroups: readonly string[];
  /** The roles of other accounts. */
  roleArns: readonly string[];
}

export interface IamStatement {
  Sid: string;
  Effect: 'Allow';
  Action: string[];
  Resource: string[];
  Condition?: { StringEquals: { 'aws:RequestedRegion': string[] } };
}

export interface IamPolicy {
  Version: '2012-10-17';
  Statement: IamStatement[];
}

/**
 * One statement for each set of resources, by service; taking the roles of other accounts, the one thing that is no read,
 * stands in a statement of its own. No action has a wildcard.
 */
export function readOnlyPolicy(scope: PolicyScope): IamPolicy {
  const actionsByResources = new Map<string, string[]>();
  for (const [action, resources] of resourcesByAction(scope)) {
    const key = resources.join('\n');
    actionsByResources.set(key, [...(actionsByResources.get(key) ?? []), action]);
  }
  const reads = [...actionsByResources].map(([key, actions]) => ({
    Sid: sidOf(actions),
    Effect: 'Allow' as const,
    Action: actions.toSorted(),
    Resource: key.split('\n'),
    ...requestedRegion(scope),
  }));
  return { Version: '2012-10-17', Statement: [...distinct(reads), ...assumeRole(scope.roleArns)] };
}

/** As IAM measures a policy, which does not count white space. A managed policy may have 6,144 characters. */
export function policyLength(policy: IamPolicy): number {
  return JSON.stringify(policy).replace(/\s/g, '').length;
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
export const managedPolicyCharacters = 6_144;

/** Only for the roles that are named; what may be done with them is up to each role. */
const takingRoles = 'sts:AssumeRole';

function resourcesByAction(scope: PolicyScope): Map<string, string[]> {
  const byAction = new Map<string, Set<string>>();
  for (const operation of operationNames) {
    if (operation === takingRoles) continue;
    const action = permissionOf(operation);
    const resources = byAction.get(action) ?? new Set();
    for (const template of resourcesOf(operation)) resources.add(filled(template, scope));
    if (action.startsWith('logs:')) for (const arn of logGroupArns(scope)) resources.add(arn);
    byAction.set(action, resources);
  }
  return new Map([...byAction].map(([action, resources]) => [action, covering(resources)]));
}

/**
 * Global services answer in one Region, which the key then holds.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-requestedregion
 */
function requestedRegion({ partition, regions }: PolicyScope): Pick<IamStatement, 'Condition'> {
  if (regions.length === 0) return {};
  const homes = [globalRegion(partition), ...regions.map(region => endpointRegion('health', region))];
  return { Condition: { StringEquals: { 'aws:RequestedRegion': [...new Set([...regions, ...homes])] } } };
}

/** Without those that another one covers: `/restapis/*` takes in every path below it. */
function covering(resources: ReadonlySet<string>): string[] {
  return [...resources]
    .filter(
      one => ![...resources].some(other => other !== one && other.endsWith('*') && one.startsWith(other.slice(0, -1))),
    )
    .toSorted();
}

function filled(template: string, { partition, accountId, regions }: PolicyScope): string {
  const [only, ...others] = regions;
  const region = only !== undefined && others.length === 0 ? only : '*';
  return template
    .replaceAll('{partition}', partition)
    .replaceAll('{region}', region)
    .replaceAll('{account}', accountId);
}

/**
 * Events are read on the group's own ARN, whose form with `:*` takes in its streams.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
 */
function logGroupArns(scope: PolicyScope): string[] {
  return scope.logGroups.flatMap(name => {
    const arn = filled(`arn:{partition}:logs:{region}:{account}:log-group:${name}`, scope);
    return name.endsWith('*') ? [arn] : [arn, `${arn}:*`];
  });
}

function assumeRole(roleArns: readonly string[]): IamStatement[] {
  if (roleArns.length === 0) return [];
  const Resource = [...new Set(roleArns)].toSorted();
  return [{ Sid: 'TakeRolesOfOtherAccounts', Effect: 'Allow', Action: [takingRoles], Resource }];
}

/** Letters and digits only. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_sid.html */
function sidOf(actions: readonly string[]): string {
  const services = [...new Set(actions.map(action => action.slice(0, action.indexOf(':'))))];
  const name = services.length === 1 ? (services[0] ?? '') : 'everywhere';
  return `Read${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

/** Each Sid once in a policy: the second gets a number. */
function distinct(statements: IamStatement[]): IamStatement[] {
  const seen = new Map<string, number>();
  return statements.map(statement => {
    const count = (seen.get(statement.Sid) ?? 0) + 1;
    seen.set(statement.Sid, count);
    return count === 1 ? statement : { ...statement, Sid: `${statement.Sid}${count}` };
  });
}
