/** AWS CLI lines that can be pasted: every value quoted for a POSIX shell, what is not known as '<placeholder>'. */
import { type CliOptions, cliLine, quoted } from '../../aws/links.ts';
import { partitionOf } from '../../aws/regions.ts';
import { authorizerSourceArn, integrationSourceArn } from '../invocation.ts';
import type { CauseParameters, Target } from '../types.ts';

/** Values by the name of the option; what has none is left out. */
export type Options = Omit<CliOptions, 'region'>;

export function regionOf(target: Target | null): string {
  return target?.region ?? '<region>';
}

/** Name and Region of the function; the whole ARN stands for the name where it lives in another account. */
export function functionAddress(parameters: CauseParameters, target: Target | null): { name: string; region: string } {
  const [, , , region, account, , name] = (parameters.functionArn ?? '').split(':');
  const foreign = account !== undefined && target?.accountId != null && account !== target.accountId;
  return {
    name: (foreign ? parameters.functionArn : (parameters.functionName ?? name)) ?? '<function-name>',
    region: region || regionOf(target),
  };
}

/** The one method and path that the parameters name; null for several or none. */
function oneRoute({ route, routes }: CauseParameters): string | null {
  return route ?? (routes?.length === 1 ? (routes[0] ?? null) : null);
}

function methodOf(parameters: CauseParameters): string {
  return oneRoute(parameters)?.match(/^([A-Z]+) /)?.[1] ?? '<method>';
}

/** `aws lambda add-permission` for a route, or for an authorizer's call where `authorizerId` is given. */
export function addPermission(parameters: CauseParameters, target: Target | null, authorizer = false): string {
  const { name, region } = functionAddress(parameters, target);
  return cliLine('lambda add-permission', {
    'function-name': name,
    qualifier: parameters.qualifier,
    'statement-id': parameters.statementId ?? statementId(parameters, target, authorizer),
    action: 'lambda:InvokeFunction',
    principal: 'apigateway.amazonaws.com',
    'source-arn': parameters.sourceArn ?? sourceArn(parameters, target, authorizer),
    region,
  });
}

/** Lambda allows letters, digits, `-` and `_`, 100 at most. */
function statementId(parameters: CauseParameters, target: Target | null, authorizer: boolean): string {
  const caller = authorizer ? `authorizer-${parameters.authorizerId ?? 'any'}` : (oneRoute(parameters) ?? 'all');
  const words = ['apigateway', target?.apiId ?? 'api', target?.stage ?? 'stage', caller];
  return words
    .join('-')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 100);
}

function sourceArn(parameters: CauseParameters, target: Target | null, authorizer: boolean): string {
  if (target === null) return '<source-arn>';
  const api = { ...target, partition: partitionOf(target.region) };
  if (authorizer) return authorizerSourceArn(api, parameters.authorizerId ?? '*');
  const key = oneRoute(parameters);
  if (key === null) return integrationSourceArn(api, { key: '*', method: null, path: null });
  const [, method = null, path = null] = key.match(/^([A-Z]+) (\/.*)$/) ?? [];
  return integrationSourceArn(api, { key, method, path });
}

/** Changes an integration: `path` is REST's patch path, `option` the option of the other API types. */
export function updateIntegration(
  parameters: CauseParameters,
  target: Target | null,
  change: { path: string; option: string; value: string },
): string {
  if (target !== null && target.apiType !== 'REST') {
    return cliLine('apigatewayv2 update-integration', {
      'api-id': target.apiId,
      'integration-id': parameters.integrationId ?? '<integration-id>',
      [change.option]: change.value,
      region: target.region,
    });
  }
  return cliLine('apigateway update-integration', {
    ...restMethod(parameters, target),
    'patch-operations': patch('replace', change.path, change.value),
    region: regionOf(target),
  });
}

export function restMethod(parameters: CauseParameters, target: Target | null): Options {
  return {
    'rest-api-id': target?.apiId ?? '<api-id>',
    'resource-id': parameters.resourceId ?? '<resource-id>',
    'http-method': methodOf(parameters),
  };
}

export function stageOptions(target: Target | null): Options {
  const api = target === null || target.apiType === 'REST' ? 'rest-api-id' : 'api-id';
  return { [api]: target?.apiId ?? '<api-id>', 'stage-name': target?.stage ?? '<stage>' };
}

/** In JSON, because the shorthand cannot carry commas and braces. */
export function patch(op: 'replace' | 'remove', path: string, value?: string): string {
  return JSON.stringify([value === undefined ? { op, path } : { op, path, value }]);
}

export function createDeployment(target: Target | null): string {
  const service = target === null || target.apiType === 'REST' ? 'apigateway' : 'apigatewayv2';
  return cliLine(`${service} create-deployment`, { ...stageOptions(target), region: regionOf(target) });
}

/** What must follow a change of the API's configuration before requests see it. */
export function thenDeploy(target: Target | null): string {
  if (target === null) return ' A REST API must be deployed afterwards (aws apigateway create-deployment).';
  const line = createDeployment(target);
  if (target.apiType === 'REST') {
    return ` Deploy afterwards, because a REST stage goes on running its last deployment (${line}).`;
  }
  return ` Where the stage does not deploy by itself, deploy afterwards (${line}).`;
}

/** Sets the whole trust policy of a role. */
export function trustService(parameters: CauseParameters, target: Target | null, service: string): string {
  const statement = { Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' };
  return cliLine('iam update-assume-role-policy', {
    'role-name': roleName(parameters),
    'policy-document': policyDocument(statement),
    region: regionOf(target),
  });
}

export function grantToRole(
  parameters: CauseParameters,
  target: Target | null,
  grant: { action: string; resource: string },
): string {
  const name = `allow-${grant.action.replace(/[^\w+=,.@-]+/g, '-').replace(/^-|-$/g, '')}`;
  return cliLine('iam put-role-policy', {
    'role-name': roleName(parameters),
    'policy-name': name,
    'policy-document': policyDocument({ Effect: 'Allow', Action: grant.action, Resource: grant.resource }),
    region: regionOf(target),
  });
}

export function roleName({ roleName, roleArn }: CauseParameters): string {
  return roleName ?? roleArn?.split('/').at(-1) ?? '<role-name>';
}

function policyDocument(statement: Record<string, unknown>): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
}

/** Failing lines of a function's log. */
export function tailFunctionLog(parameters: CauseParameters, target: Target | null): string {
  const { name, region } = functionAddress(parameters, target);
  const bare = name.split(':').at(-1) ?? name;
  return cliLine(`logs tail ${quoted(`/aws/lambda/${bare}`)}`, {
    since: '30m',
    'filter-pattern': '?ERROR ?Exception ?"Task timed out" ?"Status: error"',
    region,
  });
}

/** Brings an alias back to an older version; without an alias the old package must be uploaded. */
export function rollBack(parameters: CauseParameters, target: Target | null): string {
  const { name, region } = functionAddress(parameters, target);
  const alias = parameters.qualifier !== undefined && !/^(\d+|\$LATEST)$/.test(parameters.qualifier);
  if (alias) {
    return cliLine('lambda update-alias', {
      'function-name': name,
      name: parameters.qualifier,
      'function-version': '<last-good-version>',
      region,
    });
  }
  return cliLine('lambda update-function-code', {
    'function-name': name,
    'zip-file': 'fileb://<last-good-package>.zip',
    region,
  });
}

export function configureFunction(parameters: CauseParameters, target: Target | null, options: Options): string {
  const { name, region } = functionAddress(parameters, target);
  return cliLine('lambda update-function-configuration', { 'function-name': name, ...options, region });
}
