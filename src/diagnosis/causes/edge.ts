import { cliLine } from '../../aws/links.ts';
import { endpointRegion, partitionOf } from '../../aws/regions.ts';
import type { Target } from '../types.ts';
import { createDeployment, patch, regionOf, stageOptions, thenDeploy } from './command-line.ts';
import { apiNamed, capital, forRoutes, inBrackets, stageNamed } from './names.ts';
import { internalErrorExecuting, vpcLinkError } from './phrases.ts';
import { accessLog, type CauseRecord, defineCause, everywhere, executionLog, restOnly } from './record.ts';

const blocked: CauseRecord['statuses'] = { REST: [403], HTTP: null, WEBSOCKET: null };
const monitoring = 'https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-monitor.html';

export const edgeCauses: readonly CauseRecord[] = [
  defineCause({
    id: 'waf-blocked',
    family: 'edge',
    title: 'WAF blocks the request',
    statuses: blocked,
    signatures: [
      accessLog(/\bWAF_(?:FILTERED|BLOCK)\b/i),
      { log: 'waf', phrase: /"terminatingRule\w+": ?"[^"]{0,200}", ?"action": ?"BLOCK"/, confidence: 'high' },
    ],
    responseTypes: ['WAF_FILTERED'],
    confirms: ['wafv2:GetWebACL', 'wafv2:GetSampledRequests', 'wafv2:GetLoggingConfiguration'],
    changedBy: ['waf', 'stage'],
    summary: (p, target) =>
      `WAF blocks requests to ${stageNamed(target)}${p.rule === undefined ? '' : ` by rule ${p.rule}`}`,
    remedy: () =>
      'Look at what the rule matches in its sampled requests; set it to count, or exclude good traffic from it, where it blocks the wrong ones. A custom response of the rule decides the status.',
    cli: ({ webAclArn }, target) =>
      webAclArn === undefined
        ? cliLine('wafv2 get-web-acl-for-resource', { 'resource-arn': stageArn(target), region: regionOf(target) })
        : cliLine('wafv2 get-web-acl', { arn: webAclArn, region: regionOf(target) }),
    docs: 'https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-control-access-aws-waf.html',
  }),
  defineCause({
    id: 'waf-evaluation-error',
    family: 'edge',
    title: 'WAF cannot be asked',
    statuses: restOnly,
    signatures: [accessLog(/error evaluating the AWS WAF rules|Failed to call WAF|WAF call got timed out/i)],
    confirms: ['apigateway:GetStage', 'health:DescribeEvents'],
    changedBy: ['waf'],
    summary: (_, target) =>
      `API Gateway could not get a decision from WAF and failed the requests to ${stageNamed(target)}`,
    remedy: () =>
      'Retry; it usually passes by itself. Where it comes back, open a case with AWS, or take the web ACL off the stage as a stopgap, knowing what it protects.',
    docs: 'https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-control-access-aws-waf.html',
  }),
  defineCause({
    id: 'resource-policy-denied',
    family: 'edge',
    title: 'The resource policy of the API denies the request',
    statuses: blocked,
    signatures: [
      accessLog(/User: anonymous is not authorized to perform: ?execute-api:Invoke/i),
      accessLog(/perform: ?execute-api:Invoke.{0,300}(?:resource-based|resource) policy/i),
      accessLog(/is not authorized to perform: ?execute-api:Invoke|\bACCESS_DENIED\b/i, null),
    ],
    responseTypes: ['ACCESS_DENIED'],
    confirms: ['apigateway:GetRestApi', 'apigateway:GetDeployments'],
    changedBy: ['resource-policy', 'deployment'],
    summary: (p, target) =>
      `The resource policy of ${apiNamed(target)} denies requests${forRoutes(p)}${inBrackets(p.message)}`,
    remedy: (_, target) =>
      `Allow execute-api:Invoke for these callers in the policy, or take the denying statement out.${thenDeploy(target)}`,
    cli: (_, target) =>
      cliLine('apigateway update-rest-api', {
        'rest-api-id': target?.apiId ?? '<api-id>',
        'patch-operations': patch('replace', '/policy', '<policy-json>'),
        region: regionOf(target),
      }),
    docs: 'https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-create-attach.html',
  }),
  defineCause({
    id: 'gateway-response-override',
    family: 'edge',
    title: 'A gateway response turns 4xx into 5xx',
    statuses: { REST: [500], HTTP: null, WEBSOCKET: null },
    signatures: [
      executionLog(
        /Gateway response type: (?:ACCESS_DENIED|BAD_REQUEST_\w+|EXPIRED_TOKEN|INVALID_API_KEY|INVALID_SIGNATURE|MISSING_AUTHENTICATION_TOKEN|QUOTA_EXCEEDED|REQUEST_TOO_LARGE|RESOURCE_NOT_FOUND|THROTTLED|UNAUTHORIZED|UNSUPPORTED_MEDIA_TYPE|WAF_FILTERED) with status code: 5\d\d/i,
      ),
    ],
    confirms: ['apigateway:GetExport'],
    changedBy: ['gateway-response', 'deployment'],
    // `resource` is the response type, `statusCode` the code that it is set to.
    summary: (p, target) =>
      `Gateway response ${p.resource ?? 'settings'} of ${apiNamed(target)} ${p.resource === undefined ? 'turn' : 'turns'} refused requests into ${p.statusCode ?? '5xx'}`,
    remedy: (_, target) =>
      `Set the gateway response back to its own status, then see why the requests are refused in the first place.${thenDeploy(target)}`,
    cli: (p, target) =>
      cliLine('apigateway delete-gateway-response', {
        'rest-api-id': target?.apiId ?? '<api-id>',
        'response-type': p.resource ?? '<response-type>',
        region: regionOf(target),
      }),
    docs: 'https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html',
  }),
  defineCause({
    id: 'throttled',
    family: 'edge',
    title: 'API Gateway throttles the requests',
    statuses: everywhere(429),
    signatures: [
      accessLog(/\b(?:THROTTLED|QUOTA_EXCEEDED)\b/),
      executionLog(/throttle limit exceeded for|quota limit exceeded for/i),
      accessLog(/^\{? ?"?message"?: ?"?(?:Too Many Requests|Limit Exceeded)"? ?\}?$/i, 'medium'),
    ],
    responseTypes: ['THROTTLED', 'QUOTA_EXCEEDED'],
    confirms: ['apigateway:GetStage', 'apigatewayv2:GetStage', 'apigateway:GetAccount'],
    changedBy: ['stage', 'other'],
    summary: (p, target) => `A rate, burst or quota limit rejects requests to ${stageNamed(target)}${forRoutes(p)}`,
    remedy: () =>
      'Find which limit is reached (usage plan, route, stage or account) and raise it, or slow the client down.',
    cli: (_, target) =>
      target !== null && target.apiType !== 'REST'
        ? cliLine('apigatewayv2 update-stage', {
            ...stageOptions(target),
            'default-route-settings': 'ThrottlingRateLimit=<rate>,ThrottlingBurstLimit=<burst>',
            region: target.region,
          })
        : cliLine('apigateway update-stage', {
            ...stageOptions(target),
            'patch-operations': patch('replace', '/*/*/throttling/rateLimit', '<rate>'),
            region: regionOf(target),
          }),
    docs: 'https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html',
  }),
  defineCause({
    id: 'api-not-deployed',
    family: 'edge',
    title: 'The API, stage or route is not deployed',
    statuses: { REST: [403], HTTP: [404], WEBSOCKET: [403] },
    signatures: [
      accessLog(/\b(?:MISSING_AUTHENTICATION_TOKEN|RESOURCE_NOT_FOUND)\b|Missing Authentication Token/i, null),
      accessLog(/^\{? ?"?message"?: ?"?Not Found"? ?\}?$/i, null),
    ],
    responseTypes: ['MISSING_AUTHENTICATION_TOKEN', 'RESOURCE_NOT_FOUND'],
    confirms: ['apigateway:GetStages', 'apigateway:GetExport', 'apigatewayv2:GetStages', 'apigatewayv2:GetRoutes'],
    changedBy: ['deployment', 'stage'],
    summary: (p, target) => `${capital(stageNamed(target))} does not serve the requested route${inBrackets(p.route)}`,
    remedy: (_, target) =>
      `Deploy the API to the stage, or correct path, stage or base path mapping.${thenDeploy(target)}`,
    cli: (_, target) => createDeployment(target),
    docs: 'https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-deploy-api.html',
  }),
  defineCause({
    id: 'stale-deployment',
    family: 'edge',
    title: 'The stage runs an older configuration than the one that is shown',
    statuses: everywhere(500),
    // Nothing in a log says so: the deployed configuration is compared with the present one.
    signatures: [],
    confirms: [
      'apigateway:GetExport',
      'apigateway:GetResources',
      'apigateway:GetDeployments',
      'apigatewayv2:GetStage',
      'apigatewayv2:ExportApi',
    ],
    changedBy: ['deployment', 'stage', 'integration', 'mapping', 'resource-policy'],
    summary: (p, target) =>
      `${capital(stageNamed(target))} still runs ${p.deploymentId === undefined ? 'an older deployment' : `deployment ${p.deploymentId}`}, without the changes made since${forRoutes(p)}`,
    remedy: () => 'Deploy the configuration as it is now, after a look at everything that goes live with it.',
    cli: (_, target) => createDeployment(target),
    docs: 'https://docs.aws.amazon.com/apigateway/latest/developerguide/updating-api.html',
  }),
  defineCause({
    id: 'canary-deployment-failing',
    family: 'edge',
    title: 'The canary release fails',
    statuses: { REST: [500, 502, 503, 504], HTTP: null, WEBSOCKET: null },
    // Shown by the share of failing requests and by the canary's own log group.
    signatures: [],
    confirms: ['apigateway:GetStage', 'cloudwatch:GetMetricData', 'logs:FilterLogEvents'],
    changedBy: ['deployment', 'stage'],
    summary: (p, target) =>
      `The canary${p.deploymentId === undefined ? '' : ` (deployment ${p.deploymentId})`} on ${stageNamed(target)} fails, and with it its share of the requests`,
    remedy: () =>
      'Take the canary off the stage, which sends all requests to the deployment before; it takes effect at once.',
    cli: (_, target) =>
      cliLine('apigateway update-stage', {
        ...stageOptions(target),
        'patch-operations': patch('remove', '/canarySettings'),
        region: regionOf(target),
      }),
    docs: 'https://docs.aws.amazon.com/apigateway/latest/developerguide/canary-release.html',
  }),
  defineCause({
    id: 'aws-service-event',
    family: 'edge',
    title: 'AWS reports an event of a service in the Region',
    statuses: everywhere(500, 503),
    // Known from the service health feed alone.
    signatures: [],
    confirms: ['health:DescribeEvents'],
    changedBy: [],
    summary: (p, target) =>
      `AWS reports a service event in ${target?.region ?? 'the Region'}${inBrackets(p.message)}, and nothing else explains the errors`,
    remedy: () =>
      'Follow the event, let clients retry with backoff, and move traffic to another Region where one is ready.',
    cli: (_, target) =>
      cliLine('health describe-events', {
        filter: `regions=${regionOf(target)},eventStatusCodes=open,eventTypeCategories=issue`,
        region: endpointRegion('health', regionOf(target)),
      }),
    docs: 'https://docs.aws.amazon.com/health/latest/ug/health-api.html',
  }),
  defineCause({
    id: 'api-gateway-internal-error',
    family: 'edge',
    title: 'API Gateway itself fails',
    statuses: everywhere(500, 503),
    signatures: [
      executionLog(/Execution failed due to an internal error/i),
      executionLog(internalErrorExecuting, null),
      executionLog(vpcLinkError, null),
    ],
    confirms: ['health:DescribeEvents', 'cloudwatch:GetMetricData'],
    changedBy: [],
    summary: (_, target) => `API Gateway failed inside while serving ${stageNamed(target)}`,
    remedy: () =>
      'Let clients retry; look at the service health of the Region, and open a case with the request ids where it goes on.',
    docs: monitoring,
  }),
  defineCause({
    id: 'unclassified',
    family: 'edge',
    title: 'Failing requests that no known cause explains',
    statuses: everywhere(500, 502, 503, 504),
    signatures: [],
    confirms: ['logs:FilterLogEvents', 'apigateway:GetStage', 'apigatewayv2:GetStage'],
    changedBy: [],
    summary: (p, target) => `Requests to ${stageNamed(target)} fail for a reason that could not be told${forRoutes(p)}`,
    remedy: () => 'Turn on execution logs, or error variables in the access log, and look at the next failing request.',
    cli: (_, target) => turnOnLogs(target),
    docs: 'https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html',
  }),
];

function stageArn(target: Target | null): string {
  if (target === null) return '<stage-arn>';
  const { region, apiId, stage } = target;
  return `arn:${partitionOf(region)}:apigateway:${region}::/restapis/${apiId}/stages/${stage}`;
}

/** HTTP APIs write access logs only. */
function turnOnLogs(target: Target | null): string {
  if (target === null || target.apiType === 'REST') {
    return cliLine('apigateway update-stage', {
      ...stageOptions(target),
      'patch-operations': patch('replace', '/*/*/logging/loglevel', 'ERROR'),
      region: regionOf(target),
    });
  }
  const setting =
    target.apiType === 'WEBSOCKET'
      ? { 'default-route-settings': 'LoggingLevel=ERROR' }
      : { 'access-log-settings': JSON.stringify({ DestinationArn: '<log-group-arn>', Format: accessLogFormat }) };
  return cliLine('apigatewayv2 update-stage', { ...stageOptions(target), ...setting, region: target.region });
}

/** What tells most causes apart, and is understood by access-log.ts. */
const accessLogFormat = JSON.stringify({
  requestId: '$context.requestId',
  status: '$context.status',
  routeKey: '$context.routeKey',
  httpMethod: '$context.httpMethod',
  responseType: '$context.error.responseType',
  integrationError: '$context.integration.error',
  integrationStatus: '$context.integration.status',
  lambdaStatus: '$context.integration.integrationStatus',
  integrationLatency: '$context.integration.latency',
  authorizerError: '$context.authorizer.error',
});
