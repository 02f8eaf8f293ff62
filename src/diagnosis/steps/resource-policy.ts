import type { Api, PolicyDocument, Route } from '../../aws/types.ts';
import { apiCommand, apiLink, integrationRead } from '../api-source.ts';
import { type Aspect, claim, judgeAspects } from '../aspects.ts';
import { exportGaps } from '../deployed.ts';
import { attempt, defineStep, gapsOf, type Notebook, notebook, type Reading } from '../finding.ts';
import { answeredStatus } from '../gateway-responses.ts';
import { requestArns } from '../invocation.ts';
import { decidedBy, type Evaluation, evaluatePolicy, statementText } from '../policy.ts';
import type { Context } from '../policy-match.ts';
import { readsOf } from '../signal-reads.ts';
import type { Deployed } from '../signals.ts';
import type { Run, Target } from '../types.ts';
import { listed, lowerFirst } from '../wording.ts';

interface Facts {
  api: Reading<Api | null>;
  deployed: Reading<Deployed>;
}

export const resourcePolicy = defineStep<Facts>({
  group: 'step',
  number: 2,
  id: 'resource-policy',
  title: 'Resource policy',
  question: 'Does the resource policy, as the stage runs it, let callers in?',
  reads: readsOf(['api', 'deployed']),
  notApplicable: ({ apiType, apiName }) =>
    apiType === 'REST' ? null : `API ${apiName} is of type ${apiType}, and only REST APIs have resource policies.`,

  async gather({ signals }) {
    const [api, deployed] = await Promise.all([attempt(signals.api()), attempt(signals.deployed())]);
    return { api, deployed };
  },

  evaluate(facts, run) {
    const { target } = run;
    const notes = notebook();
    const gaps = gapsOf(facts.api, facts.deployed);
    const { policy, runs } = attached(facts);
    const name = `resource policy of API ${target.apiName}`;
    if (policy === undefined) {
      return judgeAspects([{ status: 'unknown', sentence: `The ${name} could not be read.` }], '', {
        evidence: [],
        gaps,
      });
    }
    const aspects = [
      ...access(policy, runs, facts, run, notes),
      ...undeployed(facts, target, notes),
      ...unseen(facts, target),
    ];
    const calm =
      policy === null
        ? `API ${target.apiName} has no resource policy that could refuse callers.`
        : `The ${name} lets callers in on stage ${target.stage}.`;
    const judgement = judgeAspects(aspects, calm, { evidence: notes.evidence, gaps });
    // Only an export tells which gateway responses there are, and so what a refusal is.
    const told = facts.deployed.value?.basis === 'export' && refusal(facts) < 500;
    if (judgement.claims.length > 0 || !told) return judgement;
    const because = `A refusal by the ${name} is ${refusal(facts)}, not 5xx.`;
    return { ...judgement, ruledOut: [{ id: 'resource-policy-denied', because }] };
  },
});

/** undefined: not readable. `runs`: whether the stage surely runs it; an export without a policy tells nothing. */
function attached({ api, deployed }: Facts): { policy: PolicyDocument | null | undefined; runs: boolean } {
  const running = deployed.value?.configuration.policy;
  if (running !== undefined) return { policy: running, runs: deployed.value?.faithful === true };
  const draft = api.value?.policy;
  return { policy: draft, runs: draft === null && deployed.value?.faithful === true };
}

/** What a refused caller gets: 403, unless a gateway response makes something else of it. */
function refusal({ deployed }: Facts): number {
  return answeredStatus(deployed.value?.configuration.gatewayResponses ?? [], 'ACCESS_DENIED', 403);
}

interface Answer extends Evaluation {
  /** Nobody gets in, whatever else decides about callers. */
  refuses: boolean;
  routes: Route[];
}

function access(policy: PolicyDocument | null, runs: boolean, facts: Facts, run: Run, notes: Notebook): Aspect[] {
  const { target } = run;
  const place = placeOf(target, runs);
  const isPrivate = facts.api.value?.endpointTypes.includes('PRIVATE') === true;
  if (policy === null) {
    const none = `API ${target.apiName} has no resource policy`;
    if (!isPrivate) {
      notes.note({ ...place, text: `${none}.` });
      return [];
    }
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-apis.html
    const sentence = `${none}, and a private API without one refuses everybody with ${refusal(facts)}, not 500.`;
    return [refused(sentence, [notes.note({ ...place, text: sentence })], 'all', runs, facts)];
  }
  const routes = facts.deployed.value?.configuration.routes ?? [];
  const answers = answersTo(policy, routes, facts, run);
  const shown = answers.map(answer => {
    const asked = listed(answer.routes.map(route => route.key));
    const text = `The resource policy of API ${target.apiName}${runs ? '' : ' (its draft)'}, asked for ${asked}: ${lowerFirst(answer.because)}`;
    return {
      ...answer,
      id: notes.note({ ...place, text, ...decidedBy(answer) }),
    };
  });
  const refusing = shown.filter(one => one.refuses);
  if (refusing.length > 0) {
    const keys = refusing.flatMap(one => one.routes).map(route => route.key);
    const all = keys.length === routes.length;
    const where = all ? `on stage ${target.stage}` : `on ${listed(keys)}`;
    const sentence = `The resource policy of API ${target.apiName} refuses everybody ${where}: clients get ${refusal(facts)}${refusal(facts) < 500 ? ', not 500' : ''}.`;
    return [
      refused(
        sentence,
        refusing.map(one => one.id),
        all ? 'all' : keys,
        runs,
        facts,
      ),
    ];
  }
  const open = shown.find(one => one.decision === 'unknown');
  if (!open) return [];
  const because = lowerFirst(open.because).replace(/\.$/, '');
  const sentence = `Whether the resource policy of API ${target.apiName} lets a caller in cannot be told: ${because}. A refusal is ${refusal(facts)}${refusal(facts) < 500 ? ', not 500' : ''}.`;
  return [{ status: 'unknown', sentence }];
}

/** A policy that refuses some routes to everybody is often meant to; one that refuses all of them is not. */
function refused(sentence: string, evidence: string[], routes: string[] | 'all', runs: boolean, facts: Facts): Aspect {
  if (!runs)
    return {
      status: 'warning',
      sentence: `${sentence.replace(/\.$/, '')}; that is the draft, which the stage may not run.`,
    };
  const status = refusal(facts);
  if (routes !== 'all' && status < 500) return { status: 'warning', sentence };
  const parameters = { statusCode: String(status), ...(routes === 'all' ? {} : { routes }) };
  return {
    status: 'problem',
    sentence,
    claims: [claim('resource-policy-denied', 'configuration', evidence, parameters)],
  };
}

/** The same answer for several routes is one. */
function answersTo(policy: PolicyDocument, routes: readonly Route[], facts: Facts, run: Run): Answer[] {
  const api = { ...run.target, partition: run.aws.partition, accountId: run.target.accountId ?? run.aws.accountId };
  const answers = new Map<string, Answer>();
  for (const route of routes) {
    const signed = route.authorization === 'AWS_IAM';
    const evaluation = evaluatePolicy(policy, {
      principal: { kind: signed ? 'signed' : 'anonymous' },
      action: 'execute-api:Invoke',
      resource: requestArns(api, route),
      context: contextOf(facts.api.value, signed),
    });
    // Where IAM or a Lambda authorizer decides too, a policy that says nothing leaves the decision to them.
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
    const alone = route.authorization === 'NONE' || route.authorization === 'COGNITO_USER_POOLS';
    const refuses = evaluation.decision === 'explicit-deny' || (evaluation.decision === 'implicit-deny' && alone);
    const key = `${refuses} ${evaluation.decision} ${evaluation.because}`;
    const known = answers.get(key);
    if (known) known.routes.push(route);
    else answers.set(key, { ...evaluation, refuses, routes: [route] });
  }
  return [...answers.values()];
}

/**
 * Keys whose value, or absence, is the same for every caller. Callers' addresses differ, so they stay unknown.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-aws-condition-keys.html
 */
function contextOf(api: Api | null, signed: boolean): Context {
  const isPublic = api !== null && api.endpointTypes.length > 0 && !api.endpointTypes.includes('PRIVATE');
  return {
    'aws:SecureTransport': 'true',
    ...(isPublic ? { 'aws:SourceVpc': null, 'aws:SourceVpce': null, 'aws:VpcSourceIp': null } : {}),
    ...(signed ? {} : { 'aws:PrincipalArn': null, 'aws:PrincipalAccount': null, 'aws:PrincipalOrgID': null }),
  };
}

/** The draft says little about what the stage runs. */
function unseen({ deployed }: Facts, target: Target): Aspect[] {
  if (deployed.value?.basis === 'export') return [];
  const sentence = `The resource policy that stage ${target.stage} of API ${target.apiName} runs could not be read; only its draft could.`;
  return [{ status: 'unknown', sentence, gaps: deployed.value === null ? [] : exportGaps(deployed.value) }];
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-create-attach.html */
function undeployed({ api, deployed }: Facts, target: Target, notes: Notebook): Aspect[] {
  const running = deployed.value?.configuration.policy;
  const draft = api.value?.policy;
  if (running === undefined || draft === undefined || deployed.value?.basis !== 'export') return [];
  if (canonical(running, target) === canonical(draft, target)) return [];
  const sentence = `The resource policy of API ${target.apiName} was changed and is not deployed to stage ${target.stage}, which still runs the one before.`;
  const excerpt = draft === null ? 'No policy.' : draft.statements.map(statementText).join('\n');
  notes.note({ ...placeOf(target, false), text: sentence, excerpt });
  return [{ status: 'warning', sentence }];
}

/** Equal for policies that mean the same: the order of lists, and the short form of the API's own ARN, do not count. */
function canonical(policy: PolicyDocument | null, { apiId }: Target): string {
  const own = new RegExp(`^arn:[^:]*:execute-api:[^:]*:[^:]*:${apiId}/`);
  return JSON.stringify(policy?.statements ?? null, (_, value: unknown) => {
    if (typeof value === 'string') return value.replace(own, 'execute-api:/');
    if (Array.isArray(value) && value.every(one => typeof one === 'string')) return value.toSorted();
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => a.localeCompare(b)));
  });
}

/** The export shows what the stage runs; GetRestApi shows the draft. */
function placeOf(target: Target, runs: boolean) {
  if (runs) return { ...integrationRead(target, { basis: 'export' }), resource: target.apiId };
  return {
    source: 'apigateway:GetRestApi' as const,
    resource: target.apiId,
    link: apiLink(target),
    cli: apiCommand(target, 'get-rest-api', { query: 'policy' }),
  };
}
