import type { PolicyDocument, Route } from '../../aws/types.ts';
import { type Checked, failingRoutesFirst, fault, unknown } from '../faults.ts';
import {
  type ApiAddress,
  authorizerSourceArn,
  integrationSourceArn,
  lambdaPermission,
  requestArns,
} from '../invocation.ts';
import { decidedBy, type Evaluation } from '../policy.ts';
import type { LambdaReference } from '../signals.ts';
import { lowerFirst } from '../wording.ts';
import type { Call } from './calls.ts';
import {
  type CallReading,
  causesOf,
  functionName,
  functionPlace,
  type JudgingContext,
  parametersOf,
  users,
} from './checks.ts';

/** null where the function exists or that is not known. */
export function judgeExistence({ call, functionExists }: CallReading, context: JudgingContext): Checked | null {
  const { lambda, routes } = call;
  if (lambda === null || functionExists !== false) return null;
  const which =
    lambda.qualifier === null ? 'does not exist' : `has no alias or version ${lambda.qualifier}, or does not exist`;
  const sentence = `Function ${lambda.name}, called for ${users(call)}, ${which}.`;
  const evidence = context.notes.note({
    text: sentence,
    source: 'lambda:GetFunctionConfiguration',
    ...functionPlace(lambda, 'get-function-configuration', context),
  });
  return fault(context, {
    about: 'lambda-function-missing',
    routes,
    sentence,
    evidence: [evidence],
    parameters: parametersOf(call),
  });
}

/**
 * What the function's own policy says to API Gateway, route by route: what lets API Gateway invoke it, unless the
 * integration has a role. https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
 */
export function judgeFunctionPolicy(
  { call, policy }: Pick<CallReading, 'call' | 'policy'> & { call: { lambda: LambdaReference } },
  context: JudgingContext,
): Checked {
  const about = causesOf[call.usedBy].permission;
  const name = functionName(call.lambda);
  if (policy === null || policy.unread !== null)
    return unknown(about, `The policy of function ${name} could not be read.`);

  const answers = askedFor(call, policy.value, context).map(answer => ({
    ...answer,
    id: noteAnswer(call, answer, context),
  }));
  const denied = answers.filter(one => one.decision === 'implicit-deny' || one.decision === 'explicit-deny');
  if (denied.length > 0) {
    const routes = denied.flatMap(one => one.routes);
    return fault(context, {
      about,
      routes,
      sentence: `Function ${name} does not let API Gateway invoke it for ${users({ ...call, routes })}.`,
      evidence: denied.map(one => one.id),
      parameters: { ...parametersOf({ ...call, routes }), sourceArn: wideSourceArn(call, routes, context.api) },
    });
  }
  const open = answers.find(one => one.decision === 'unknown');
  if (open) {
    const whom = users({ ...call, routes: open.routes });
    return unknown(
      about,
      `Whether function ${name} lets API Gateway invoke it for ${whom} cannot be told: ${lowerFirst(open.because)}`,
    );
  }
  return { about, status: 'ok', sentence: `Function ${name} lets API Gateway invoke it for ${users(call)}.` };
}

interface Answer extends Evaluation {
  routes: Route[];
  sourceArn: string;
}

/** The same answer for several routes is one; what is not allowed comes first. */
function askedFor(
  call: Call & { lambda: LambdaReference },
  policy: PolicyDocument | null,
  context: JudgingContext,
): Answer[] {
  const { arn: functionArn, qualifier } = call.lambda;
  const answers = new Map<string, Answer>();
  for (const route of failingRoutesFirst(call.routes, context.failing)) {
    const sourceArn = authorizerOr(requestArns, call, route, context.api);
    const evaluation = lambdaPermission(policy, {
      functionArn,
      qualifier,
      sourceArn,
      sourceAccount: context.api.accountId,
    });
    const key = `${evaluation.decision} ${evaluation.because}`;
    const known = answers.get(key);
    if (known) known.routes.push(route);
    else answers.set(key, { ...evaluation, routes: [route], sourceArn });
  }
  return [...answers.values()].toSorted((a, b) => Number(a.decision === 'allow') - Number(b.decision === 'allow'));
}

function noteAnswer(call: Call & { lambda: LambdaReference }, answer: Answer, context: JudgingContext): string {
  const { routes, sourceArn, because } = answer;
  return context.notes.note({
    text: `Policy of function ${functionName(call.lambda)}, asked for ${users({ ...call, routes })} with aws:SourceArn ${sourceArn.replaceAll('**', '*')}: ${lowerFirst(because)}`,
    source: 'lambda:GetPolicy',
    ...functionPlace(call.lambda, 'get-policy', context),
    ...decidedBy(answer),
  });
}

function authorizerOr(
  ofRoute: typeof integrationSourceArn,
  { authorizer }: Call,
  route: Route,
  api: ApiAddress,
): string {
  return authorizer === null ? ofRoute(api, route) : authorizerSourceArn(api, authorizer.id ?? '*');
}

/** One pattern for all the routes that need it: the route itself, or the whole stage. */
function wideSourceArn(call: Call, routes: readonly Route[], api: ApiAddress): string {
  const [first, ...others] = routes;
  const one = first !== undefined && (others.length === 0 || call.authorizer !== null);
  return one
    ? authorizerOr(integrationSourceArn, call, first, api)
    : integrationSourceArn(api, { key: '*', method: null, path: null });
}
