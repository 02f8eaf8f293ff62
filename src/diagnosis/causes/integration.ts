import { cliLine } from '../../aws/links.ts';
import type { CauseParameters, Target } from '../types.ts';
import { patch, regionOf, stageOptions, tailFunctionLog, thenDeploy, updateIntegration } from './command-line.ts';
import { capital, forRoutes, functionNamed, inBrackets, integrationNamed, stageNamed } from './names.ts';
import {
  awsAccessDenied,
  internalErrorExecuting,
  refusedWith400,
  serviceUnavailable,
  vpcLinkError,
} from './phrases.ts';
import { accessLog, type CauseRecord, defineCause, everywhere, executionLog } from './record.ts';

export const integrationCauses: readonly CauseRecord[] = [
  defineCause({
    id: 'integration-timeout',
    family: 'integration',
    title: 'The integration times out',
    statuses: { REST: [504], HTTP: [503, 504], WEBSOCKET: [504] },
    signatures: [
      executionLog(/Execution failed due to a timeout error/i),
      accessLog(/Endpoint request timed out|\bINTEGRATION_TIMEOUT\b/i),
      accessLog(serviceUnavailable, null),
    ],
    responseTypes: ['INTEGRATION_TIMEOUT'],
    confirms: [
      'apigateway:GetExport',
      'apigatewayv2:GetIntegrations',
      'lambda:GetFunctionConfiguration',
      'cloudwatch:GetMetricData',
    ],
    changedBy: [
      'integration-timeout',
      'function-code',
      'function-configuration',
      'function-alias',
      'network',
      'deployment',
    ],
    summary: p =>
      `${capital(integrationNamed(p))} gives up${p.timeoutMs === undefined ? '' : ` after ${p.timeoutMs} ms`} before ${backendNamed(p)} has answered${inBrackets(p.durationMs === undefined ? undefined : `${Math.round(p.durationMs)} ms`)}`,
    remedy: (p, target) => {
      const limit = longestTimeout(target);
      const slow = 'Make the backend faster, or answer at once and do the work asynchronously';
      return p.timeoutMs !== undefined && p.timeoutMs >= limit
        ? `${slow}; the integration waits as long as it may by default already.`
        : `${slow}; the integration may wait ${limit} ms without a raised quota.${thenDeploy(target)}`;
    },
    cli: (p, target) => {
      const limit = longestTimeout(target);
      if (p.timeoutMs !== undefined && p.timeoutMs >= limit) return null;
      return updateIntegration(p, target, {
        path: '/timeoutInMillis',
        option: 'timeout-in-millis',
        value: String(limit),
      });
    },
    docs: 'https://repost.aws/knowledge-center/api-gateway-504-errors',
  }),
  defineCause({
    id: 'stage-variable-undefined',
    family: 'integration',
    title: 'A stage variable of the integration is not defined',
    statuses: everywhere(500),
    signatures: [
      executionLog(/\/functions\/arn:[^\s/]*:function:(?:[^:\s/]+:)?\/invocations/i),
      executionLog(/Value '[^']*:' at 'functionName' failed to satisfy constraint/i),
      executionLog(/at 'functionName' failed to satisfy constraint/i, 'medium'),
      executionLog(refusedWith400, null),
    ],
    responseTypes: ['API_CONFIGURATION_ERROR'],
    integrationStatuses: [400],
    confirms: ['apigateway:GetStage', 'apigatewayv2:GetStage', 'apigateway:GetExport', 'apigatewayv2:GetIntegrations'],
    changedBy: ['stage', 'integration', 'deployment'],
    summary: (p, target) =>
      `${capital(integrationNamed(p))} uses ${variableNamed(p)}, which ${stageNamed(target)} does not define`,
    remedy: () =>
      'Set the variable on the stage; it takes effect without a deployment. Where it names a function or alias, that one also needs a permission for API Gateway.',
    cli: ({ variable = '<variable>' }, target) => {
      if (target !== null && target.apiType !== 'REST') {
        return cliLine('apigatewayv2 update-stage', {
          ...stageOptions(target),
          'stage-variables': JSON.stringify({ [variable]: '<value>' }),
          region: target.region,
        });
      }
      return cliLine('apigateway update-stage', {
        ...stageOptions(target),
        'patch-operations': patch('replace', `/variables/${variable}`, '<value>'),
        region: regionOf(target),
      });
    },
    docs: 'https://repost.aws/knowledge-center/api-gateway-lambda-stage-variable-500',
  }),
  defineCause({
    id: 'endpoint-address-invalid',
    family: 'integration',
    title: 'The address of the endpoint cannot be used',
    statuses: everywhere(500),
    signatures: [
      executionLog(/Invalid endpoint address/i),
      executionLog(/Illegal character in (?:path|authority|query|scheme|opaque part)/i),
    ],
    responseTypes: ['API_CONFIGURATION_ERROR'],
    confirms: ['apigateway:GetExport', 'apigatewayv2:GetIntegrations', 'apigateway:GetStage'],
    changedBy: ['integration', 'stage', 'network', 'deployment'],
    summary: p =>
      `${capital(integrationNamed(p))} has an address that is no URL or does not resolve to a public host${inBrackets(p.endpoint)}`,
    remedy: (_, target) =>
      `Use a host name that resolves to a public address, reach private hosts through a VPC link, and map each path parameter of the URL in the request parameters.${thenDeploy(target)}`,
    cli: (p, target) => updateIntegration(p, target, { path: '/uri', option: 'integration-uri', value: '<https-url>' }),
    docs: 'https://repost.aws/knowledge-center/api-gateway-invalid-endpoint-address',
  }),
  defineCause({
    id: 'endpoint-network-error',
    family: 'integration',
    title: 'The endpoint cannot be reached or drops the connection',
    statuses: { REST: [504], HTTP: [503], WEBSOCKET: [504] },
    signatures: [
      executionLog(/network error communicating with endpoint/i),
      accessLog(/\bINTEGRATION_NETWORK_FAILURE\b/i, 'medium'),
      accessLog(serviceUnavailable, null),
    ],
    responseTypes: ['INTEGRATION_FAILURE', 'INTEGRATION_NETWORK_FAILURE'],
    confirms: ['elasticloadbalancing:DescribeTargetHealth', 'apigateway:GetVpcLink', 'apigatewayv2:GetVpcLink'],
    changedBy: ['network', 'integration', 'deployment'],
    summary: p => `The connection to ${backendNamed(p)} fails or is dropped${forRoutes(p)}`,
    remedy: () =>
      'Check that the endpoint is up, that its security group and port let API Gateway in, that http or https is right, and that it keeps idle connections open for longer than its clients.',
    cli: targetHealth,
    docs: 'https://repost.aws/knowledge-center/api-gateway-network-endpoint-error',
  }),
  defineCause({
    id: 'backend-tls-failure',
    family: 'integration',
    title: 'The certificate of the backend is refused',
    statuses: everywhere(500),
    signatures: [
      executionLog(/PKIX path (?:building|validation) failed|General SSLEngine problem/i),
      executionLog(/does not match the certificate subject/i),
      executionLog(
        /CertPathValidatorException|SunCertPathBuilderException|SSLHandshakeException|Received fatal alert: \w+/i,
      ),
      executionLog(/No subject alternative (?:DNS )?names? (?:matching|present)/i, 'medium'),
    ],
    responseTypes: ['API_CONFIGURATION_ERROR'],
    confirms: ['apigateway:GetExport', 'apigatewayv2:GetIntegrations'],
    changedBy: ['network', 'integration'],
    summary: p => `API Gateway refuses the TLS certificate of ${backendNamed(p)}${forRoutes(p)}`,
    remedy: (_, target) =>
      `Serve a certificate in force, from a public authority, with its whole chain, for the very host name of the integration; or use the certificate's name in the integration.${thenDeploy(target)}`,
    cli: (_, target) =>
      cliLine('acm list-certificates', {
        'certificate-statuses': 'EXPIRED',
        query: 'CertificateSummaryList[].[DomainName,NotAfter,InUse]',
        region: regionOf(target),
      }),
    docs: 'https://repost.aws/knowledge-center/api-gateway-ssl-certificate-backend',
  }),
  defineCause({
    id: 'backend-5xx',
    family: 'integration',
    title: 'The backend itself answers 5xx',
    statuses: everywhere(500, 502, 503, 504),
    signatures: [executionLog(/Received response\. Status: 5\d\d/i, null)],
    integrationStatuses: [500, 502, 503, 504],
    confirms: ['logs:FilterLogEvents', 'cloudwatch:GetMetricData'],
    changedBy: ['function-code', 'function-configuration', 'function-alias', 'network'],
    summary: p =>
      `${capital(backendNamed(p))} answers ${p.statusCode ?? '5xx'} itself, and API Gateway passes it on${forRoutes(p)}`,
    remedy: () => 'Look for the error in the logs of the backend; API Gateway is working as configured.',
    cli: (p, target) =>
      p.functionName === undefined && p.functionArn === undefined ? null : tailFunctionLog(p, target),
    docs: 'https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html',
  }),
  defineCause({
    id: 'vpc-link-unavailable',
    family: 'integration',
    title: 'The VPC link cannot be used',
    statuses: { REST: [500], HTTP: [503], WEBSOCKET: [500] },
    signatures: [
      executionLog(vpcLinkError, 'low'),
      executionLog(internalErrorExecuting, null),
      accessLog(serviceUnavailable, null),
    ],
    responseTypes: ['API_CONFIGURATION_ERROR', 'INTEGRATION_FAILURE'],
    confirms: ['apigateway:GetVpcLink', 'apigatewayv2:GetVpcLink'],
    changedBy: ['network', 'integration'],
    summary: p => `VPC link ${p.vpcLinkId ?? 'of the integration'} cannot carry requests${inBrackets(p.message)}`,
    remedy: () =>
      'Make the link work again: mend or create it anew where it failed; a link of an HTTP API that was idle for 60 days comes back some minutes after the first request.',
    cli: ({ vpcLinkId = '<vpc-link-id>' }, target) =>
      cliLine(`${target?.apiType === 'HTTP' ? 'apigatewayv2' : 'apigateway'} get-vpc-link`, {
        'vpc-link-id': vpcLinkId,
        region: regionOf(target),
      }),
    docs: 'https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-vpc-links.html',
  }),
  defineCause({
    id: 'vpc-link-targets-unhealthy',
    family: 'integration',
    title: 'The targets behind the VPC link are unhealthy',
    statuses: { REST: [500, 504], HTTP: [503], WEBSOCKET: [500, 504] },
    signatures: [executionLog(vpcLinkError, null), executionLog(internalErrorExecuting, null)],
    responseTypes: ['API_CONFIGURATION_ERROR', 'INTEGRATION_FAILURE', 'INTEGRATION_TIMEOUT'],
    confirms: [
      'elasticloadbalancing:DescribeTargetHealth',
      'elasticloadbalancing:DescribeListeners',
      'apigateway:GetVpcLink',
      'apigatewayv2:GetVpcLink',
    ],
    changedBy: ['network'],
    summary: p =>
      `No healthy target stands behind the VPC link${inBrackets(p.targetGroupArn === undefined ? undefined : `target group ${p.targetGroupArn.split('/')[1] ?? p.targetGroupArn}`)}${forRoutes(p)}`,
    remedy: () =>
      'Bring the targets back: the reason of each target tells whether the health check, the port, a security group or the task itself fails.',
    cli: targetHealth,
    docs: 'https://repost.aws/knowledge-center/api-gateway-500-error-vpc',
  }),
  defineCause({
    id: 'aws-service-integration-rejected',
    family: 'integration',
    title: 'The AWS service behind the integration rejects the call',
    statuses: everywhere(500),
    signatures: [
      executionLog(
        /\b(?:UnknownOperationException|SignatureDoesNotMatch|KMS\.AccessDeniedException|InvalidSignatureException|IncompleteSignature|SerializationException|InvalidAddress)\b/i,
        'medium',
      ),
      executionLog(awsAccessDenied, null),
    ],
    responseTypes: ['API_CONFIGURATION_ERROR'],
    integrationStatuses: [400, 403, 404],
    confirms: [
      'apigateway:GetExport',
      'apigateway:GetResources',
      'apigatewayv2:GetIntegrations',
      'iam:SimulatePrincipalPolicy',
    ],
    changedBy: ['integration', 'iam', 'kms', 'mapping', 'deployment'],
    summary: p =>
      `The AWS service that ${integrationNamed(p)} calls rejects the request${inBrackets(p.statusCode ?? p.message)}`,
    remedy: (_, target) =>
      `${target?.apiType === 'HTTP' ? 'The access log tells only the status of the service' : "Read the service's own answer in the endpoint response body of the execution log"}; mend action, parameters, content type or role of the integration.${thenDeploy(target)}`,
    cli: serviceAnswer,
    docs: 'https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-integration-types.html',
  }),
];

/** HTTP APIs log no answer of the service: what is sent to it is all there is to see. */
function serviceAnswer({ integrationId = '<integration-id>' }: CauseParameters, target: Target | null): string {
  const { apiId = '<api-id>', apiType = 'REST', stage = '<stage>' } = target ?? {};
  const region = regionOf(target);
  if (apiType === 'HTTP') {
    return cliLine('apigatewayv2 get-integration', { 'api-id': apiId, 'integration-id': integrationId, region });
  }
  const group = apiType === 'REST' ? 'API-Gateway-Execution-Logs_' : '/aws/apigateway/';
  return cliLine('logs filter-log-events', {
    'log-group-name': `${group}${apiId}/${stage}`,
    'filter-pattern': '"Endpoint response body before transformations"',
    limit: 20,
    region,
  });
}

function backendNamed(p: CauseParameters): string {
  if (p.functionName !== undefined || p.functionArn !== undefined) return functionNamed(p);
  return p.endpoint === undefined ? 'the backend' : `backend ${p.endpoint}`;
}

function variableNamed({ variable }: CauseParameters): string {
  return variable === undefined ? 'a stage variable' : `stage variable ${variable}`;
}

/** What an integration may wait without a raised quota. https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html */
function longestTimeout(target: Target | null): number {
  return target?.apiType === 'HTTP' ? 30_000 : 29_000;
}

function targetHealth({ targetGroupArn }: CauseParameters, target: Target | null): string | null {
  if (targetGroupArn === undefined) return null;
  return cliLine('elbv2 describe-target-health', { 'target-group-arn': targetGroupArn, region: regionOf(target) });
}
