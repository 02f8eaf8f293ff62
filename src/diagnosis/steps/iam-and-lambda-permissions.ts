import { judgeAspects } from '../aspects.ts';
import { exportGaps } from '../deployed.ts';
import { type Checked, faultContext } from '../faults.ts';
import { attempt, defineStep, gapOf, gapsOf, judge, notebook, type Reading } from '../finding.ts';
import {
  type CallReading,
  type ExecutionRoleReading,
  functionName,
  type JudgingContext,
  type RoleReading,
  roleName,
} from '../permissions/checks.ts';
import { judgeExistence, judgeFunctionPolicy } from '../permissions/function-policy.ts';
import { byFailing, callCap, existence, readCalls, readRoles } from '../permissions/readings.ts';
import { judgeCallingRole, judgeExecutionRole, judgeGivenRole } from '../permissions/roles.ts';
import { readsOf } from '../signal-reads.ts';
import type { Backend, Deployed, Failures, FunctionList, Traffic } from '../signals.ts';
import type { Gap, RuledOut, Run } from '../types.ts';
import { listed } from '../wording.ts';

interface Facts {
  deployed: Deployed;
  backends: Backend[];
  calls: CallReading[];
  /** How many calls the API makes, the ones beyond the cap included. */
  callCount: number;
  authorizerIds: Reading<unknown>;
  functions: Reading<FunctionList>;
  executionRoles: ExecutionRoleReading[];
  /** Given by hand and used by nothing that was found. */
  givenRole: RoleReading | null;
  failures: Reading<Failures>;
  traffic: Reading<Traffic>;
}

export const iamAndLambdaPermissions = defineStep<Facts>({
  group: 'step',
  number: 4,
  id: 'iam-and-lambda-permissions',
  title: 'IAM and Lambda permissions',
  question: 'May API Gateway call what is behind the API, and can Lambda assume the role that the function runs with?',
  reads: readsOf(
    ['deployed', 'backends', 'functions', 'failures', 'traffic'],
    ['apigateway:GetAuthorizers', 'lambda:GetPolicy', 'iam:GetRole', 'iam:SimulatePrincipalPolicy'],
  ),
  notApplicable: () => null,

  async gather(run) {
    const { signals } = run;
    const listing = attempt(signals.functions());
    const [deployed, backends, calls, functions, [executionRoles, givenRole], failures, traffic] = await Promise.all([
      signals.deployed(),
      signals.backends(),
      readCalls(run),
      listing,
      listing.then(({ value }) => readRoles(run, value?.items ?? [])),
      attempt(signals.failures()),
      attempt(signals.traffic()),
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
      traffic,
    };
  },

  evaluate(facts, run) {
    const { deployed, calls, executionRoles, givenRole } = facts;
    const { target, aws, overrides } = run;
    const notes = notebook();
    const context: JudgingContext = {
      api: { ...target, partition: aws.partition, accountId: target.accountId ?? aws.accountId },
      ...faultContext(deployed, facts.failures, facts.traffic.value),
      notes,
    };
    const checks = [
      ...calls.toSorted(byFailing(context)).flatMap(reading => judgeCall(reading, context)),
      ...executionRoles.flatMap(reading => judgeExecutionRole(reading, context)),
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
    const seen = overrides.functionName === null && exportGaps(deployed).length === 0;
    const whole = seen && facts.callCount <= calls.length;
    return { ...judgement, ruledOut: whole ? ruledOut(checks) : [] };
  },
});

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
    ...(functions.value?.unread ?? []).map(
      ({ reference }) => `Function ${functionName(reference)} could not be read, so its execution role is not known.`,
    ),
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
    ...facts.executionRoles.flatMap(({ refusal }) => refusal?.simulation ?? []),
  ];
  const gaps = [
    ...exportGaps(facts.deployed),
    ...gapsOf(...readings),
    ...(facts.functions.value?.unread ?? []).map(({ error }) => gapOf(error)),
  ];
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
