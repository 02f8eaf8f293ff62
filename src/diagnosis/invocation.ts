/**
 * Who may invoke what around an API: the function's policy against API Gateway's own call, a role's trust, and the
 * ARNs by which API Gateway names its routes.
 */
import type { PolicyDocument, Route } from '../aws/types.ts';
import { type Evaluation, evaluatePolicy, type Principal } from './policy.ts';
import type { Context } from './policy-match.ts';
import type { ApiType } from './types.ts';

export const apiGatewayService = 'apigateway.amazonaws.com';
export const lambdaService = 'lambda.amazonaws.com';

/** Keys that are set, or surely not set, when an AWS service calls by itself. */
function serviceContext(name: string): Context {
  return {
    'aws:PrincipalIsAWSService': 'true',
    'aws:PrincipalServiceName': name,
    'aws:SecureTransport': 'true',
    'aws:PrincipalArn': null,
    'aws:PrincipalAccount': null,
    'aws:PrincipalOrgID': null,
  };
}

/** Keys of Lambda function URLs and Alexa skills, which no call of API Gateway carries. */
const noFunctionUrl: Context = {
  'lambda:FunctionUrlAuthType': null,
  'lambda:InvokedViaFunctionUrl': null,
  'lambda:EventSourceToken': null,
};

/**
 * Whether a function's policy lets API Gateway invoke it for a route or an authorizer. The policy must be the one of
 * the same qualifier: each alias and version has its own. null: there is none. `sourceArn` may be a set (requestArns).
 * https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
 */
export function lambdaPermission(
  policy: PolicyDocument | null,
  call: { functionArn: string; qualifier: string | null; sourceArn: string; sourceAccount: string | null },
): Evaluation {
  return invokePermission(
    policy,
    call,
    { kind: 'service', name: apiGatewayService },
    {
      ...serviceContext(apiGatewayService),
      'aws:SourceArn': call.sourceArn,
      ...(call.sourceAccount === null ? {} : { 'aws:SourceAccount': call.sourceAccount }),
    },
  );
}

/** Whether a function's policy lets a role invoke it, as in integrations with credentials. */
export function lambdaPermissionForRole(
  policy: PolicyDocument | null,
  call: { functionArn: string; qualifier: string | null; roleArn: string },
): Evaluation {
  return invokePermission(policy, call, { kind: 'role', arn: call.roleArn }, { 'aws:PrincipalArn': call.roleArn });
}

function invokePermission(
  policy: PolicyDocument | null,
  call: { functionArn: string; qualifier: string | null },
  principal: Principal,
  context: Context,
): Evaluation {
  if (policy === null) {
    return {
      decision: 'implicit-deny',
      statement: null,
      among: [],
      because: 'The function has no resource-based policy.',
    };
  }
  const resource = call.qualifier === null ? call.functionArn : `${call.functionArn}:${call.qualifier}`;
  return evaluatePolicy(policy, {
    principal,
    action: 'lambda:InvokeFunction',
    resource,
    context: { ...noFunctionUrl, ...context },
  });
}

/** Whether a role's trust policy lets a service assume the role. */
export function trusts(document: PolicyDocument, service: string, context: Context = {}): Evaluation {
  return evaluatePolicy(document, {
    principal: { kind: 'service', name: service },
    action: 'sts:AssumeRole',
    resource: null,
    context: { ...serviceContext(service), 'sts:ExternalId': null, ...context },
  });
}

export interface ApiAddress {
  partition: string;
  region: string;
  /** null: not known. */
  accountId: string | null;
  apiId: string;
  apiType: ApiType;
  stage: string;
}

type RouteKey = Pick<Route, 'key' | 'method' | 'path'>;

/**
 * How API Gateway names a route: the aws:SourceArn of its calls, and the resource of execute-api:Invoke. `*` where
 * requests differ (any method; path parameters of a REST API; an unknown account). HTTP and WebSocket APIs use the
 * route key as it stands.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/arn-format-reference.html
 */
export function integrationSourceArn(api: ApiAddress, route: RouteKey): string {
  return requestArns(api, route).replaceAll('**', '*');
}

/** The same as a set to evaluate: `**` for a parameter that takes the rest of the path. */
export function requestArns(api: ApiAddress, route: RouteKey): string {
  const stage = `${executeApi(api)}/${api.stage}`;
  if (route.method === null || route.path === null) return `${stage}/${route.key}`;
  const path =
    api.apiType === 'REST' ? route.path.replace(/\{[^}]*\+\}/g, '**').replace(/\{[^}]*\}/g, '*') : route.path;
  return `${stage}/${route.method === 'ANY' ? '*' : route.method}${path}`;
}

/** The aws:SourceArn of the call to an authorizer's function; it names no stage. */
export function authorizerSourceArn(api: ApiAddress, authorizerId: string): string {
  return `${executeApi(api)}/authorizers/${authorizerId}`;
}

function executeApi({ partition, region, accountId, apiId }: ApiAddress): string {
  return `arn:${partition}:execute-api:${region}:${accountId ?? '*'}:${apiId}`;
}
