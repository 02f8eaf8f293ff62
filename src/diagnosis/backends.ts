import type { Configuration, Integration, Route } from '../aws/types.ts';
import type { Backend, LambdaReference } from './signals.ts';

/**
 * Groups routes by where their requests end, stage variables resolved.
 * Order: as the routes stand in the configuration.
 */
export function backendsOf(configuration: Configuration, stageVariables: Record<string, string>): Backend[] {
  const byDestination = new Map<string, Backend>();
  for (const route of configuration.routes) {
    if (route.integration === null) continue;
    const { uri, undefinedVariables } = resolveVariables(route.integration.uri, stageVariables);
    const key = JSON.stringify({ ...route.integration, id: null, uri });
    const known = byDestination.get(key);
    if (known) known.routes.push(route);
    else byDestination.set(key, describe(route, route.integration, uri, undefinedVariables));
  }
  return [...byDestination.values()];
}

function describe(route: Route, integration: Integration, uri: string | null, undefinedVariables: string[]): Backend {
  const lambda = uri === null ? null : lambdaReference(uri);
  return { kind: kindOf(integration, lambda), routes: [route], integration, uri, lambda, undefinedVariables };
}

function kindOf(integration: Integration, lambda: LambdaReference | null): Backend['kind'] {
  if (integration.type === 'MOCK') return 'mock';
  if (lambda !== null) return 'lambda';
  if (integration.connectionType === 'VPC_LINK') return 'vpc-link';
  return integration.type === 'HTTP' || integration.type === 'HTTP_PROXY' ? 'http' : 'aws-service';
}

/**
 * Replaces `${stageVariables.name}`; an undefined variable becomes empty, as API Gateway does.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/aws-api-gateway-stage-variables-reference.html
 */
export function resolveVariables(
  uri: string | null,
  variables: Record<string, string>,
): { uri: string | null; undefinedVariables: string[] } {
  if (uri === null) return { uri, undefinedVariables: [] };
  const undefinedVariables: string[] = [];
  const resolved = uri.replace(/\$\{stageVariables\.([A-Za-z0-9_]+)\}/g, (_, name: string) => {
    const value = variables[name];
    if (value === undefined) undefinedVariables.push(name);
    return value ?? '';
  });
  return { uri: resolved, undefinedVariables };
}

const functionArn =
  /arn:aws[a-z-]*:lambda:([a-z0-9-]+):(\d{12}):function:([A-Za-z0-9_-]+)(?::([A-Za-z0-9_$-]+))?(?=$|[/"\s])/;

/**
 * The function that a Lambda integration or authorizer URI names, in both forms: REST's
 * `arn:…:apigateway:…:lambda:path/…/functions/<arn>/invocations` and the bare ARN of HTTP APIs. null for other URIs.
 */
export function lambdaReference(uri: string): LambdaReference | null {
  const match = functionArn.exec(uri);
  if (!match) return null;
  const [found, region = '', accountId = '', name = '', qualifier] = match;
  return {
    name,
    qualifier: qualifier ?? null,
    accountId,
    region,
    arn: qualifier === undefined ? found : found.slice(0, -(qualifier.length + 1)),
  };
}
