import type { Configuration, Integration, Route } from '../aws/types.ts';
import { resolveVariables } from './backends.ts';
import { mappingFaults } from './mapping-faults.ts';
import { routeServing } from './routes.ts';
import { integrationTimeoutMs } from './serving.ts';
import type { Deployed, FailedRequest } from './signals.ts';
import { checkTemplate } from './templates.ts';
import type { ApiType, CauseId } from './types.ts';

/** A route that fails as it is deployed, and whose draft differs in what makes it fail. */
export interface Mended {
  route: string;
  cause: CauseId;
  /** What differs, as `undeployedDifferences` names it. */
  fields: string[];
}

/** What of a route each cause hangs on. Causes that no deployment mends are left out. */
const hangsOn: Partial<Record<CauseId, readonly string[]>> = {
  'integration-timeout': ['timeoutMs'],
  'lambda-invoke-permission-missing': ['uri', 'credentials'],
  'lambda-function-missing': ['uri'],
  'lambda-integration-method-not-post': ['httpMethod'],
  'lambda-malformed-response': ['payloadFormatVersion'],
  'integration-role-not-assumable': ['credentials'],
  'integration-role-lacks-permission': ['credentials'],
  'stage-variable-undefined': ['uri'],
  'endpoint-address-invalid': ['uri'],
  'endpoint-network-error': ['uri'],
  'backend-tls-failure': ['uri'],
  'vpc-link-unavailable': ['connectionId', 'connectionType', 'uri'],
  'vpc-link-targets-unhealthy': ['connectionId', 'connectionType', 'uri'],
  'aws-service-integration-rejected': ['uri', 'credentials', 'requestParameters', 'requestTemplates'],
  'request-mapping-failed': ['requestTemplates', 'requestParameters', 'contentHandling'],
  'mock-statuscode-invalid': ['requestTemplates'],
  'response-mapping-failed': ['responses'],
  'no-integration-response-match': ['responses'],
  'mapping-status-override': ['responses'],
  'output-mapping-invalid': ['responses', 'methodResponses'],
  'binary-base64-decode-failed': ['contentHandling', 'responses'],
};

/**
 * Routes whose failing requests meet a configuration that the draft has mended and nobody has deployed. Only where the
 * stage surely runs what was read; a draft that is as broken, in the same way, mends nothing. Pure.
 */
export function mendedInDraft(deployed: Deployed, requests: readonly FailedRequest[], apiType: ApiType): Mended[] {
  const { configuration, draft, undeployed, faithful, stageVariables } = deployed;
  if (!faithful || draft === null || undeployed === null || undeployed.length === 0) return [];
  const found = new Map<string, Mended>();
  for (const request of requests) {
    const route = servedBy(configuration.routes, request);
    const drafted = draft.routes.find(one => one.key === route?.key);
    if (route === null || drafted === undefined) continue;
    for (const cause of request.cause === null ? request.possible : [request.cause]) {
      const fields = undeployed
        .filter(one => one.route === route.key && hangsOn[cause]?.includes(one.field))
        .map(one => one.field);
      if (fields.length === 0 || stillBroken(cause, route, drafted, { draft, apiType, stageVariables })) continue;
      found.set(`${route.key} ${cause}`, { route: route.key, cause, fields });
    }
  }
  return [...found.values()];
}

function servedBy(routes: readonly Route[], { route }: FailedRequest): Route | null {
  if (route !== null) return routeServing(routes, route);
  return routes.length === 1 ? (routes[0] ?? null) : null;
}

interface Drafted {
  draft: Configuration;
  apiType: ApiType;
  stageVariables: Record<string, string>;
}

function stillBroken(cause: CauseId, route: Route, drafted: Route, { draft, apiType, stageVariables }: Drafted) {
  if (route.integration === null || drafted.integration === null) return true;
  if (cause === 'integration-timeout')
    return integrationTimeoutMs(drafted.integration, apiType) <= integrationTimeoutMs(route.integration, apiType);
  const { undefinedVariables } = resolveVariables(drafted.integration.uri, stageVariables);
  return (
    undefinedVariables.length > 0 ||
    brokenTemplate(cause, drafted.integration) ||
    mappingFaults(drafted, draft, apiType, false).some(({ about }) => about === cause)
  );
}

function brokenTemplate(cause: CauseId, { requestTemplates, responses }: Integration): boolean {
  const templates: Partial<Record<CauseId, string[]>> = {
    'request-mapping-failed': Object.values(requestTemplates),
    'response-mapping-failed': responses.flatMap(response => Object.values(response.templates)),
  };
  return (templates[cause] ?? []).some(template => checkTemplate(template) !== null);
}
