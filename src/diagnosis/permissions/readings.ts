/** What step 4 reads: the calls with their policies and roles, and the roles that functions run with. */
import { listRestAuthorizers } from '../../aws/api-gateway.ts';
import { readRole, simulate } from '../../aws/iam.ts';
import { readFunctionPolicy } from '../../aws/lambda.ts';
import type { Authorizer, Simulation } from '../../aws/types.ts';
import { lambdaReference } from '../backends.ts';
import { type FaultContext, faultContext } from '../faults.ts';
import { attempt, type Reading } from '../finding.ts';
import { isServerError } from '../function-logs.ts';
import { lineParameters } from '../line-parameters.ts';
import type { Deployed, FunctionFacts } from '../signals.ts';
import type { Run } from '../types.ts';
import { type Call, callsOf, qualifiedArn } from './calls.ts';
import {
  accountOf,
  type CallReading,
  type ExecutionRoleReading,
  type Refusal,
  type RoleReading,
  roleName,
} from './checks.ts';

/** At most this many calls are looked at, those of failing routes first. */
export const callCap = 12;

interface CallReadings {
  items: Omit<CallReading, 'functionExists'>[];
  count: number;
  authorizerIds: Reading<unknown>;
}

/** Starts on each call as soon as the configuration tells it. */
export async function readCalls(run: Run): Promise<CallReadings> {
  const { signals, overrides, target } = run;
  const [backends, deployed] = await Promise.all([signals.backends(), signals.deployed()]);
  const given = overrides.functionName === null ? null : givenName(overrides.functionName);
  const calls = callsOf(backends, deployed, new Map(), target).filter(
    ({ lambda, usedBy }) => given === null || usedBy === 'authorizer' || lambda?.name === given,
  );
  const ordered = calls.length <= callCap ? calls : await failingCallsFirst(calls, deployed, run);
  const [ids, items] = await Promise.all([
    readAuthorizerIds(run, deployed),
    Promise.all(ordered.slice(0, callCap).map(call => readCall(run, call))),
  ]);
  // Reading does not need the ids, so nothing waits for them.
  const identified = ({ authorizer, ...call }: Call): Call => ({
    ...call,
    authorizer: authorizer && { ...authorizer, id: ids.value?.get(authorizer.name) ?? null },
  });
  return {
    items: items.map(one => ({ ...one, call: identified(one.call) })),
    count: calls.length,
    authorizerIds: ids,
  };
}

/** Of `name`, `name:alias` or an ARN. */
function givenName(functionName: string): string {
  return lambdaReference(functionName)?.name ?? functionName.split(':')[0] ?? functionName;
}

/**
 * Ids of authorizers by name. Only an export lacks them, and only Lambda authorizers need them; what the export itself
 * calls an id is the name.
 */
export async function readAuthorizerIds(
  { aws, target }: Run,
  deployed: Deployed,
): Promise<Reading<Map<string, string>>> {
  const { authorizers } = deployed.configuration;
  const byName = (known: readonly Authorizer[]) => new Map(known.map(one => [one.name, one.id]));
  if (deployed.basis === 'draft' || authorizers.every(one => one.uri === null)) {
    return { value: byName(authorizers), unread: null };
  }
  return attempt(listRestAuthorizers(aws.send, target.apiId).then(({ items }) => byName(items)));
}

async function failingCallsFirst(calls: Call[], deployed: Deployed, { signals }: Run): Promise<Call[]> {
  const context = faultContext(deployed, await attempt(signals.failures()));
  const compare = byFailing(context);
  return calls.toSorted((a, b) => compare({ call: a }, { call: b }));
}

/** Calls of failing routes first; a claim about several names the first. */
export function byFailing({
  failing,
}: FaultContext): (a: Pick<CallReading, 'call'>, b: Pick<CallReading, 'call'>) => number {
  const fails = ({ call }: Pick<CallReading, 'call'>) => call.routes.some(route => failing?.has(route.key));
  return (a, b) => Number(fails(b)) - Number(fails(a));
}

async function readCall(run: Run, call: Call): Promise<Omit<CallReading, 'functionExists'>> {
  const { lambda, roleArn, action, resource } = call;
  const [policy, role] = await Promise.all([
    lambda === null ? null : attempt(readFunctionPolicy(run.aws.send, lambda.arn, lambda.qualifier)),
    roleArn === null ? null : readRoleWith(run, roleArn, action === null ? [] : [action], [resource ?? '*']),
  ]);
  return { call, policy, role };
}

async function readRoleWith({ aws }: Run, arn: string, actions: string[], resources: string[]): Promise<RoleReading> {
  const account = accountOf(arn);
  const foreign = account !== null && aws.accountId !== null && account !== aws.accountId;
  const [role, simulation] = await Promise.all([
    attempt(readRole(aws.send, arn, aws.accountId)),
    foreign || actions.length === 0 ? notAsked : attempt(simulate(aws.send, arn, actions, resources)),
  ]);
  return { arn, role, simulation };
}

const notAsked: Reading<Simulation[]> = { value: [], unread: null };

/** Execution roles of the functions, each once, and the role given by hand where it is none of those found. */
export async function readRoles(
  run: Run,
  functions: readonly FunctionFacts[],
): Promise<[ExecutionRoleReading[], RoleReading | null]> {
  const { roleName: given } = run.overrides;
  const name = given === null ? null : roleName(given);
  const backends = await attempt(run.signals.backends());
  const used = functions.filter(
    ({ configuration }) => configuration !== null && (name === null || roleName(configuration.role) === name),
  );
  const calling = (backends.value ?? []).some(({ integration }) => roleName(integration.credentials ?? '') === name);
  return Promise.all([
    Promise.all(
      [...Map.groupBy(used, one => one.configuration?.role ?? '')].map(one => readExecutionRole(run, ...one)),
    ),
    given === null || used.length > 0 || calling ? null : readGivenRole(run, given),
  ]);
}

async function readExecutionRole(run: Run, arn: string, functions: FunctionFacts[]): Promise<ExecutionRoleReading> {
  const references = new Map(functions.map(({ reference }) => [qualifiedArn(reference), reference]));
  const [reading, refusal] = await Promise.all([readRoleWith(run, arn, [], []), readRefusal(run, arn)]);
  const routes = new Map(functions.flatMap(one => one.routes).map(route => [route.key, route]));
  const named = new Map([...references.values()].map(one => [one.arn, one]));
  return { ...reading, functions: [...named.values()], routes: [...routes.values()], refusal };
}

/** Asks IAM only where a failing request names this very role, the action and the resource. */
async function readRefusal({ aws, signals }: Run, arn: string): Promise<Refusal | null> {
  const { value } = await attempt(signals.failures());
  const session = `${accountOf(arn)}:assumed-role/${roleName(arn)}/`;
  for (const request of value?.requests.filter(isServerError) ?? []) {
    const message = request.decisive?.message ?? '';
    if (!message.includes(session)) continue;
    const { action, resource } = lineParameters(message, 'lambda-execution-role-lacks-permission');
    if (action === undefined || resource === undefined) continue;
    return { request, action, resource, simulation: await attempt(simulate(aws.send, arn, [action], [resource])) };
  }
  return null;
}

async function readGivenRole({ aws }: Run, nameOrArn: string): Promise<RoleReading> {
  const role = await attempt(readRole(aws.send, nameOrArn, aws.accountId));
  return { arn: role.value?.arn ?? nameOrArn, role, simulation: notAsked };
}

export function existence({ lambda }: Call, functions: readonly FunctionFacts[]): boolean | null {
  const found = functions.find(
    ({ reference }) => reference.arn === lambda?.arn && reference.qualifier === lambda.qualifier,
  );
  return found === undefined ? null : found.configuration !== null;
}
