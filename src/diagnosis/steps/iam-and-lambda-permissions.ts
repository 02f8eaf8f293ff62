import { listRestAuthorizers } from '../../aws/api-gateway.ts';
import { readRole, simulate } from '../../aws/iam.ts';
import { readFunctionPolicy } from '../../aws/lambda.ts';
import type { Authorizer, Listed, Simulation } from '../../aws/types.ts';
import { judgeAspects } from '../aspects.ts';
import { lambdaReference } from '../backends.ts';
import { type Checked, type FaultContext, faultContext } from '../faults.ts';
import { attempt, defineStep, gapsOf, judge, notebook, type Reading } from '../finding.ts';
import { type Call, callsOf, qualifiedArn } from '../permissions/calls.ts';
import {
  accountOf,
  type CallReading,
  type ExecutionRoleReading,
  functionName,
  type JudgingContext,
  type RoleReading,
  roleName,
} from '../permissions/checks.ts';
import { judgeExistence, judgeFunctionPolicy } from '../permissions/function-policy.ts';
import { judgeCallingRole, judgeExecutionRole, judgeGivenRole } from '../permissions/roles.ts';
import { readsOf } from '../signal-reads.ts';
import type { Backend, Deployed, Failures, FunctionFacts } from '../signals.ts';
import type { Gap, RuledOut, Run } from '../types.ts';
import { listed } from '../wording.ts';

/** At most this many calls are looked at, those of failing routes first. */
const callCap = 20;

export interface Facts {
  deployed: Deployed;
  backends: Backend[];
  calls: CallReading[];
  /** How many calls the API makes, the ones beyond the cap included. */
  callCount: number;
  authorizerIds: Reading<unknown>;
  functions: Reading<Listed<FunctionFacts>>;
  executionRoles: ExecutionRoleReading[];
  /** Given by hand and used by nothing that was found. */
  givenRole: RoleReading | null;
  failures: Reading<Failures>;
}

export const iamAndLambdaPermissions = defineStep<Facts>({
  group: 'step',
  number: 4,
  id: 'iam-and-lambda-permissions',
  title: 'IAM and Lambda permissions',
  question: 'May API Gateway call what is behind the API, and can Lambda assume the role that the function runs with?',
  reads: readsOf(
    ['deployed', 'backends', 'functions', 'failures'],
    ['apigateway:GetAuthorizers', 'lambda:GetPolicy', 'iam:GetRole', 'iam:SimulatePrincipalPolicy'],
  ),
  notApplicable: () => null,

  async gather(run) {
    const { signals } = run;
    const listing = attempt(signals.functions());
    const [deployed, backends, calls, functions, [executionRoles, givenRole], failures] = await Promise.all([
      signals.deployed(),
      signals.backends(),
      readCalls(run),
      listing,
      listing.then(({ value }) => readRoles(run, value?.items ?? [])),
      attempt(signals.failures()),
    ]);
    const known = functions.value?.items ?? [];
    return {
      deployed,
      backends,
      calls: calls.items.map(one => ({ ...one, functionExists: existence(one.call, known) })),
      callCount: calls.count,
      authorizerIds: calls.authorizerIds,
      functions,
      executionRoles,
      givenRole,
      failures,
    };
  },

  evaluate(facts, run) {
    const { deployed, calls, executionRoles, givenRole, functions } = facts;
    const { target, aws } = run;
    const notes = notebook();
    const context: JudgingContext = {
      api: { ...target, partition: aws.partition, accountId: target.accountId ?? aws.accountId },
      ...faultContext(deployed, facts.failures),
      notes,
    };
    const checks = [
      ...calls.toSorted(byFailing(context)).flatMap(reading => judgeCall(reading, context)),
      ...executionRoles.map(reading => judgeExecutionRole(reading, context)),
      ...(givenRole === null ? [] : [judgeGivenRole(givenRole, context)]),
    ];
    const open = unresolved(facts, run);
    const gaps = gapsIn(facts, run);
    if (checks.length === 0 && open.length === 0 && gaps.length === 0) {
      const sentence = `Nothing behind stage ${target.stage} of API ${target.apiName} is called with a permission: no Lambda function, no role, no Lambda authorizer.`;
      return judge('not_applicable', sentence);
    }
    const judgement = judgeAspects([...checks, ...open], calm(calls, executionRoles), {
      evidence: notes.evidence,
      gaps,
    });
    return { ...judgement, ruledOut: functions.unread === null ? ruledOut(checks) : [] };
  },
});

interface CallReadings {
  items: Omit<CallReading, 'functionExists'>[];
  count: number;
  authorizerIds: Reading<unknown>;
}

/** Starts on each call as soon as the configuration tells it. */
async function readCalls(run: Run): Promise<CallReadings> {
  const { signals, overrides, target } = run;
  const [backends, deployed] = await Promise.all([signals.backends(), signals.deployed()]);
  const ids = await readAuthorizerIds(run, deployed);
  const given = overrides.functionName === null ? null : givenName(overrides.functionName);
  const calls = callsOf(backends, deployed, ids.value ?? new Map(), target).filter(
    ({ lambda, usedBy }) => given === null || usedBy === 'authorizer' || lambda?.name === given,
  );
  const ordered = calls.length <= callCap ? calls : await failingCallsFirst(calls, deployed, run);
  const items = await Promise.all(ordered.slice(0, callCap).map(call => readCall(run, call)));
  return { items, count: calls.length, authorizerIds: ids };
}

/** Of `name`, `name:alias` or an ARN. */
function givenName(functionName: string): string {
  return lambdaReference(functionName)?.name ?? functionName.split(':')[0] ?? functionName;
}

/** By name. Only an export lacks the ids, and only Lambda authorizers need them. */
async function readAuthorizerIds({ aws, target }: Run, deployed: Deployed): Promise<Reading<Map<string, string>>> {
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
function byFailing({ failing }: FaultContext): (a: Pick<CallReading, 'call'>, b: Pick<CallReading, 'call'>) => number {
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
async function readRoles(
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
  const reading = await readRoleWith(run, arn, ['lambda:InvokeFunction'], [...references.keys()]);
  const routes = new Map(functions.flatMap(one => one.routes).map(route => [route.key, route]));
  const named = new Map([...references.values()].map(one => [one.arn, one]));
  return { ...reading, functions: [...named.values()], routes: [...routes.values()] };
}

async function readGivenRole({ aws }: Run, nameOrArn: string): Promise<RoleReading> {
  const role = await attempt(readRole(aws.send, nameOrArn, aws.accountId));
  return { arn: role.value?.arn ?? nameOrArn, role, simulation: notAsked };
}

function existence({ lambda }: Call, functions: readonly FunctionFacts[]): boolean | null {
  const found = functions.find(
    ({ reference }) => reference.arn === lambda?.arn && reference.qualifier === lambda.qualifier,
  );
  return found === undefined ? null : found.configuration !== null;
}

function judgeCall(reading: CallReading, context: JudgingContext): Checked[] {
  const { call, policy, role } = reading;
  const missing = judgeExistence(reading, context);
  if (missing !== null) return [missing];
  const exists: Checked[] =
    call.lambda !== null && reading.functionExists
      ? [{ about: 'lambda-function-missing', status: 'ok', sentence: `Function ${functionName(call.lambda)} exists.` }]
      : [];
  if (role !== null) return [...exists, ...judgeCallingRole({ ...reading, role }, context)];
  if (call.lambda === null || call.passesCredentials) return exists;
  return [...exists, judgeFunctionPolicy({ call: { ...call, lambda: call.lambda }, policy }, context)];
}

/** What could not even be asked. */
function unresolved(
  { backends, calls, deployed, functions }: Facts,
  { target, overrides }: Run,
): Omit<Checked, 'about'>[] {
  const undefinedIn = backends.filter(one => one.undefinedVariables.length > 0 && one.kind !== 'mock');
  const passing = calls.filter(({ call }) => call.passesCredentials).flatMap(({ call }) => call.routes);
  const sentences = [
    ...undefinedIn.map(
      ({ routes, undefinedVariables }) =>
        `What ${listed(routes.map(route => route.key))} should call cannot be told: stage variable ${listed(undefinedVariables)} is not defined on stage ${target.stage}.`,
    ),
    ...(passing.length > 0
      ? [
          `The callers' own credentials are passed on for ${listed(passing.map(route => route.key))}, so their rights decide and cannot be told.`,
        ]
      : []),
    ...(functions.unread === null ? [] : [`The functions behind stage ${target.stage} could not be read.`]),
    ...(deployed.faithful
      ? []
      : [`What stage ${target.stage} runs could not be read, so permissions were checked for its draft.`]),
    ...(overrides.functionName !== null && !calls.some(({ call }) => call.usedBy === 'integration')
      ? [`No route of stage ${target.stage} calls function ${overrides.functionName}.`]
      : []),
  ];
  return sentences.map(sentence => ({ status: 'unknown', sentence }));
}

function gapsIn(facts: Facts, { target }: Run): Gap[] {
  const roles = [
    ...facts.calls.flatMap(({ role }) => role ?? []),
    ...facts.executionRoles,
    ...(facts.givenRole ? [facts.givenRole] : []),
  ];
  const readings = [
    facts.functions,
    facts.authorizerIds,
    ...facts.calls.flatMap(({ policy }) => policy ?? []),
    ...roles.flatMap(({ role, simulation }) => [role, simulation]),
  ];
  const gaps = gapsOf(...readings);
  if (facts.callCount > facts.calls.length || facts.functions.value?.complete === false) {
    gaps.push({
      source: 'lambda:GetPolicy',
      reason: 'capped',
      permission: null,
      remedy: `Only ${callCap} of the functions and roles behind stage ${target.stage} were looked at; name one with --function.`,
    });
  }
  return [...new Map(gaps.map(gap => [`${gap.source} ${gap.reason} ${gap.permission}`, gap])).values()];
}

/** A cause is ruled out where every check that looked for it found everything in order. */
function ruledOut(checks: readonly Checked[]): RuledOut[] {
  return [...Map.groupBy(checks, one => one.about)].flatMap(([id, about]) => {
    const fine = about.every(one => one.status === 'ok');
    return fine
      ? [
          {
            id,
            because: about
              .map(one => one.sentence)
              .slice(0, 3)
              .join(' '),
          },
        ]
      : [];
  });
}

function calm(calls: readonly CallReading[], roles: readonly ExecutionRoleReading[]): string {
  const names = [
    ...new Set(calls.map(({ call }) => (call.lambda === null ? (call.action ?? 'AWS') : functionName(call.lambda)))),
  ];
  const assumed = roles.length > 0 ? `, and Lambda can assume ${listed(roles.map(role => roleName(role.arn)))}` : '';
  return `API Gateway may call ${listed(names)}${assumed}.`;
}
