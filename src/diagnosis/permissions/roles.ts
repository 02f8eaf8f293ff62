import { cliLine } from '../../aws/links.ts';
import type { Simulation } from '../../aws/types.ts';
import { type Checked, fault, unknown } from '../faults.ts';
import { apiGatewayService, lambdaPermissionForRole, lambdaService, trusts } from '../invocation.ts';
import { decidedBy, type Evaluation } from '../policy.ts';
import { requestFact } from '../request-fact.ts';
import type { CauseId, CauseParameters } from '../types.ts';
import { listed, lowerFirst } from '../wording.ts';
import {
  accountOf,
  type CallReading,
  causesOf,
  type ExecutionRoleReading,
  functionName,
  type JudgingContext,
  parametersOf,
  type Refusal,
  type RoleReading,
  roleName,
  rolePlace,
  users,
} from './checks.ts';

type RoleCall = CallReading & { role: RoleReading };

/** API Gateway must be able to assume the role of an integration or authorizer, and the role needs the right. */
export function judgeCallingRole(reading: RoleCall, context: JudgingContext): Checked[] {
  const { call, role } = reading;
  const about = causesOf[call.usedBy].trust;
  const trust = judgeTrust(role, apiGatewayService, `Role ${roleName(role.arn)}`, context);
  if (trust.decision === 'unread') return [unknown(about, trust.sentence)];
  if (trust.decision === 'unknown') return [unknown(about, trust.sentence), judgeRight(reading, context)];
  if (trust.decision === 'allow')
    return [{ about, status: 'ok', sentence: trust.sentence }, judgeRight(reading, context)];
  const sentence = `${trust.sentence.replace(/\.$/, '')}, so API Gateway cannot assume it for ${users(call)}.`;
  return [
    fault(context, { about, routes: call.routes, sentence, evidence: trust.evidence, parameters: parametersOf(call) }),
  ];
}

/**
 * Lambda must be able to assume the execution role. It needs no lambda:InvokeFunction: API Gateway does not use it.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
 */
export function judgeExecutionRole(reading: ExecutionRoleReading, context: JudgingContext): Checked[] {
  const { refusal } = reading;
  return [
    judgeExecutionTrust(reading, context),
    ...(refusal === null ? [] : [judgeRefusal(reading, refusal, context)]),
  ];
}

function judgeExecutionTrust(reading: ExecutionRoleReading, context: JudgingContext): Checked {
  const about: CauseId = 'lambda-execution-role-not-assumable';
  const { arn: roleArn, functions, routes } = reading;
  const whose = listed(functions.map(one => one.name));
  const trust = judgeTrust(reading, lambdaService, `Execution role ${roleName(roleArn)} of ${whose}`, context);
  noteInvokeRight(reading, context);
  if (trust.decision === 'unread' || trust.decision === 'unknown') return unknown(about, trust.sentence);
  if (trust.decision === 'allow') return { about, status: 'ok', sentence: trust.sentence };
  const parameters = executionParameters(reading);
  return fault(context, { about, routes, sentence: trust.sentence, evidence: trust.evidence, parameters });
}

function executionParameters({ arn, functions: [first] }: ExecutionRoleReading): CauseParameters {
  const named = first ? { functionName: first.name, functionArn: first.arn } : {};
  return { ...named, roleArn: arn, roleName: roleName(arn) };
}

/** A failing request says that the function was refused something: whether its role still lacks that right. */
function judgeRefusal(
  reading: ExecutionRoleReading,
  { request, action, resource, simulation }: Refusal,
  context: JudgingContext,
): Checked {
  const about: CauseId = 'lambda-execution-role-lacks-permission';
  const role = `execution role ${roleName(reading.arn)}`;
  const right = `${action} on ${resource}`;
  const line = context.notes.note(
    requestFact(request, `A failing request says that ${role} may not perform ${right}`, context.api),
  );
  const [answer] = simulation.value ?? [];
  if (answer === undefined) return unknown(about, `Whether ${role} allows ${right} could not be read.`);
  const simulated = noteSimulation(reading, answer, `${role} and ${right}`, context);
  if (answer.decision === 'allowed') {
    const sentence = `${capital(role)} allows ${right}, which a failing request says it was refused.`;
    return { about, status: 'warning', sentence };
  }
  return fault(context, {
    about,
    routes: reading.routes,
    sentence: `${capital(role)} of ${listed(reading.functions.map(one => one.name))} does not allow ${right}, as a failing request says.`,
    evidence: [simulated, line],
    parameters: { ...executionParameters(reading), action, resource },
  });
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A role given by hand that nothing here is known to use: whether a service could use it. */
export function judgeGivenRole(reading: RoleReading, context: JudgingContext): Checked {
  const about: CauseId = 'lambda-execution-role-not-assumable';
  const label = `Role ${roleName(reading.arn)}, given by hand,`;
  const services = reading.role.value === null ? [lambdaService] : [lambdaService, apiGatewayService];
  const trust = services.map(service => judgeTrust(reading, service, label, context));
  const allowed = trust.find(one => one.decision === 'allow');
  if (allowed) return { about, status: 'ok', sentence: allowed.sentence };
  const open = trust.find(one => one.decision === 'unread' || one.decision === 'unknown');
  if (open) return unknown(about, open.sentence);
  if (reading.role.value === null) return { about, status: 'warning', sentence: `${label} does not exist.` };
  return { about, status: 'warning', sentence: `${label} trusts neither ${services.join(' nor ')}.` };
}

interface Trust {
  decision: Evaluation['decision'] | 'unread';
  sentence: string;
  evidence: string[];
}

function judgeTrust({ arn, role }: RoleReading, service: string, label: string, context: JudgingContext): Trust {
  if (role.unread !== null) return { decision: 'unread', sentence: `${label} could not be read.`, evidence: [] };
  const place = { source: 'iam:GetRole', ...rolePlace(arn, context) } as const;
  if (role.value === null) {
    const sentence = `${label} does not exist.`;
    return { decision: 'implicit-deny', sentence, evidence: [context.notes.note({ ...place, text: sentence })] };
  }
  const { accountId } = context.api;
  const source = accountId === null ? {} : { 'aws:SourceAccount': accountId };
  const answer = trusts(role.value.trust, service, source);
  const { decision, because } = answer;
  const sentence = {
    allow: `${label} can be assumed by ${service}.`,
    unknown: `${label} may not be assumable by ${service}, which cannot be told: ${lowerFirst(because)}`,
    'implicit-deny': `${label} does not trust ${service}.`,
    'explicit-deny': `${label} does not trust ${service}.`,
  }[decision];
  const text = decision === 'unknown' ? sentence : `${sentence.replace(/\.$/, '')}: ${lowerFirst(because)}`;
  const id = context.notes.note({ ...place, text, ...decidedBy(answer) });
  return { decision, sentence, evidence: [id] };
}

/** Services whose resources have no policies: what the role lacks, nothing else can give. */
const withoutResourcePolicies = ['states'];

/** Whether the role has the right that the call needs, by its own policies or by the function's. */
function judgeRight(reading: RoleCall, context: JudgingContext): Checked {
  const { call, role } = reading;
  const about = causesOf[call.usedBy].right;
  const name = roleName(role.arn);
  if (call.action === null) {
    return unknown(about, `Which right role ${name} needs for ${users(call)} cannot be told from the integration.`);
  }
  const right = `${call.action} on ${call.resource ?? 'any resource'}`;
  const [answer] = role.simulation.value ?? [];
  if (answer === undefined) return unknown(about, `Whether role ${name} allows ${right} could not be read.`);
  const evidence = [noteSimulation(role, answer, `role ${name} and ${right}`, context)];
  const open = (because: string) =>
    unknown(about, `Whether role ${name} may use ${right} for ${users(call)} cannot be told: ${because}.`);

  const byFunction = grantOfFunction(reading);
  const foreign = call.lambda !== null && call.lambda.accountId !== accountOf(role.arn);
  const allowed = answer.decision === 'allowed';
  // Within one account either policy is enough; across accounts both must allow.
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
  if (allowed && (!foreign || byFunction === 'allow'))
    return { about, status: 'ok', sentence: `Role ${name} allows ${right}.` };
  if (allowed && byFunction === 'unknown') return open('the function of another account must allow the role too');
  if (answer.decision === 'implicitDeny') {
    if (!foreign && byFunction === 'allow')
      return { about, status: 'ok', sentence: `The function itself allows role ${name} to invoke it.` };
    if (!foreign && byFunction === 'unknown') return open('the function may allow the role itself');
    if (answer.missingContextKeys.length > 0) return open(`it depends on ${listed(answer.missingContextKeys)}`);
    if (call.resource === null) return open('only requests tell the resource');
  }
  const service = call.action.split(':')[0] ?? '';
  const must = call.lambda !== null || answer.decision === 'explicitDeny' || withoutResourcePolicies.includes(service);
  return fault(context, {
    about,
    routes: call.routes,
    sentence:
      allowed && call.lambda !== null
        ? `Function ${functionName(call.lambda)} of account ${call.lambda.accountId} does not allow role ${name}, used for ${users(call)}.`
        : `Role ${name}, used for ${users(call)}, does not allow ${right}.`,
    evidence,
    parameters: parametersOf(call),
    basis: must ? 'configuration' : 'symptom',
  });
}

/** What the function's own policy gives the role. */
function grantOfFunction({ call: { lambda }, policy, role }: RoleCall): 'allow' | 'deny' | 'unknown' {
  if (lambda === null) return 'deny';
  if (policy === null || policy.unread !== null) return 'unknown';
  const { arn: functionArn, qualifier } = lambda;
  const { decision } = lambdaPermissionForRole(policy.value, { functionArn, qualifier, roleArn: role.arn });
  return decision === 'allow' || decision === 'unknown' ? decision : 'deny';
}

/** Whether the role has the right is not asked: the answer would change nothing, and cost a call. */
function noteInvokeRight({ arn, role }: ExecutionRoleReading, context: JudgingContext): void {
  if (role.value === null) return;
  context.notes.note({
    text: `Execution role ${roleName(arn)} needs no lambda:InvokeFunction: API Gateway does not use that role to invoke the function.`,
    source: 'iam:GetRole',
    ...rolePlace(arn, context),
  });
}

function noteSimulation({ arn }: RoleReading, answer: Simulation, what: string, context: JudgingContext): string {
  const reasons = [
    ...(answer.allowedByBoundary === false ? ['the permissions boundary does not allow it'] : []),
    ...(answer.allowedByOrganization === false ? ['the organization does not allow it'] : []),
    ...(answer.matchedStatements.length > 0 ? [`decided by ${listed(answer.matchedStatements)}`] : []),
  ];
  return context.notes.note({
    text: `IAM's policy simulator answers ${answer.decision} for ${what}${reasons.length > 0 ? ` (${reasons.join('; ')})` : ''}.`,
    source: 'iam:SimulatePrincipalPolicy',
    ...rolePlace(arn, context),
    cli: cliLine('iam simulate-principal-policy', {
      'policy-source-arn': arn,
      'action-names': answer.action,
      'resource-arns': answer.resource,
      region: context.api.region,
    }),
  });
}
