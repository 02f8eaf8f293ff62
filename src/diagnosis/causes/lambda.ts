import { cliLine } from '../../aws/links.ts';
import {
  addPermission,
  configureFunction,
  functionAddress,
  thenDeploy,
  trustService,
  updateIntegration,
} from './command-line.ts';
import { capital, forRoutes, functionNamed, inBrackets, integrationNamed, roleNamed } from './names.ts';
import { cannotCallIntegration, invocationStatus, refusedWith400, refusedWith403, refusedWith502 } from './phrases.ts';
import { accessLog, type CauseRecord, defineCause, everywhere, executionLog, notOnHttpApis } from './record.ts';

const errorsOfFunctions = 'https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway-errors.html';

/** What Lambda refuses before or instead of running the function. */
export const lambdaCauses: readonly CauseRecord[] = [
  defineCause({
    id: 'lambda-invoke-permission-missing',
    family: 'lambda',
    title: 'API Gateway may not invoke the function',
    statuses: everywhere(500),
    signatures: [executionLog(/Invalid permissions on Lambda function/i), accessLog(cannotCallIntegration, 'medium')],
    responseTypes: ['API_CONFIGURATION_ERROR'],
    integrationStatuses: [403],
    confirms: ['lambda:GetPolicy', 'lambda:GetFunctionConfiguration'],
    changedBy: ['lambda-permission', 'function-alias', 'stage', 'integration'],
    summary: p => `The policy of ${functionNamed(p)} does not let API Gateway invoke it${forRoutes(p)}`,
    remedy: p =>
      p.qualifier === undefined
        ? 'Give apigateway.amazonaws.com permission to invoke the function from this route; it takes effect at once, without a deployment.'
        : `Give apigateway.amazonaws.com permission on ${p.qualifier} itself, because each alias and version has a policy of its own; it takes effect at once, without a deployment.`,
    cli: (p, target) => addPermission(p, target),
    docs: 'https://repost.aws/knowledge-center/api-gateway-http-lambda-integrations',
  }),
  defineCause({
    id: 'lambda-function-missing',
    family: 'lambda',
    title: 'The function does not exist',
    statuses: everywhere(500),
    signatures: [
      executionLog(invocationStatus(404)),
      executionLog(/Function not found: ?arn:|Cannot find (?:alias|version) arn:/i),
      accessLog(cannotCallIntegration, null),
    ],
    responseTypes: ['API_CONFIGURATION_ERROR', 'INTEGRATION_FAILURE'],
    integrationStatuses: [404],
    confirms: ['lambda:GetFunctionConfiguration'],
    changedBy: ['function-code', 'function-alias', 'stage', 'integration'],
    summary: p => `${capital(functionNamed(p))}, which ${integrationNamed(p)} calls, does not exist`,
    remedy: (_, target) =>
      `Create the function, alias or version again, or point the integration at one that exists.${thenDeploy(target)}`,
    cli: (p, target) =>
      updateIntegration(p, target, { path: '/uri', option: 'integration-uri', value: '<function-uri>' }),
    docs: errorsOfFunctions,
  }),
  defineCause({
    id: 'lambda-integration-method-not-post',
    family: 'lambda',
    title: 'The integration does not call Lambda with POST',
    statuses: notOnHttpApis,
    signatures: [
      executionLog(/Unable to determine service\/operation name to be authorized/i),
      executionLog(refusedWith403, null),
    ],
    responseTypes: ['API_CONFIGURATION_ERROR'],
    integrationStatuses: [403],
    confirms: ['apigateway:GetExport', 'apigateway:GetResources', 'apigatewayv2:GetIntegrations'],
    changedBy: ['integration'],
    summary: p =>
      `${capital(integrationNamed(p))} calls Lambda with another HTTP method than POST, the only one that Invoke takes`,
    remedy: (_, target) => `Set the HTTP method of the integration (not of the route) to POST.${thenDeploy(target)}`,
    cli: (p, target) =>
      updateIntegration(p, target, { path: '/httpMethod', option: 'integration-method', value: 'POST' }),
    docs: 'https://repost.aws/knowledge-center/api-gateway-5xx-error',
  }),
  defineCause({
    id: 'lambda-throttled',
    family: 'lambda',
    title: 'Lambda throttles the function',
    statuses: { REST: [500, 502], HTTP: [500], WEBSOCKET: [500] },
    signatures: [
      executionLog(invocationStatus(429)),
      executionLog(
        /\b(?:Reserved)?(?:Function)?(?:ConcurrentInvocation|InvocationRate)LimitExceeded\b|\b(?:CallerRate|ConcurrentSnapshotCreate)LimitExceeded\b/i,
      ),
      executionLog(/Execution failed due to configuration error: ?Rate exceeded/i),
      executionLog(/\bRate exceeded\b/i, 'medium'),
      executionLog(/TooManyRequestsException/i, null),
    ],
    responseTypes: ['INTEGRATION_FAILURE'],
    integrationStatuses: [429],
    confirms: ['cloudwatch:GetMetricData', 'lambda:GetFunctionConcurrency', 'lambda:GetAccountSettings'],
    changedBy: ['function-concurrency'],
    summary: p => `Lambda throttles ${functionNamed(p)}${limitNote(p.reservedConcurrency)}`,
    remedy: p => {
      if (p.reservedConcurrency === 0) return 'Remove the reserved concurrency of 0, which switches the function off.';
      if (p.reservedConcurrency !== undefined)
        return 'Raise or remove the reserved concurrency of the function, or bring its load or duration down.';
      return 'Look whether reserved concurrency or the limit of the account is reached; raise the one that is, or bring load and duration down.';
    },
    cli: (p, target) => {
      const { name, region } = functionAddress(p, target);
      if (p.reservedConcurrency === undefined) {
        return cliLine('lambda get-function-concurrency', { 'function-name': name, region });
      }
      if (p.reservedConcurrency === 0)
        return cliLine('lambda delete-function-concurrency', { 'function-name': name, region });
      return cliLine('lambda put-function-concurrency', {
        'function-name': name,
        'reserved-concurrent-executions': p.reservedConcurrency * 2,
        region,
      });
    },
    docs: 'https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html',
  }),
  defineCause({
    id: 'lambda-kms-access-denied',
    family: 'lambda',
    title: 'The function cannot decrypt its environment',
    statuses: { REST: [500, 502], HTTP: [500], WEBSOCKET: [500, 502] },
    signatures: [
      executionLog(/KMS access was denied|unable to decrypt the environment variables|\bKMS Exception: /i),
      executionLog(
        /\bKMS(?:AccessDenied|Disabled|InvalidState|NotFound)Exception|\b(?:KMSKeyAccessDenied|KMSKeyNotFound|DisabledKMSKey|InvalidStateKMSKey)\b/i,
      ),
      executionLog(refusedWith502, null),
    ],
    responseTypes: ['INTEGRATION_FAILURE'],
    integrationStatuses: [502],
    confirms: ['lambda:GetFunctionConfiguration'],
    changedBy: ['kms', 'function-role', 'iam', 'function-configuration'],
    summary: p =>
      `Lambda may not use the KMS key of ${functionNamed(p)} to decrypt its environment variables${inBrackets(p.kmsKeyArn)}`,
    remedy: () =>
      'Enable the key and let the execution role use it; where the role was deleted and made again, save the function anew so that the grant is renewed.',
    cli: (p, target) => configureFunction(p, target, { 'kms-key-arn': p.kmsKeyArn ?? '<kms-key-arn>' }),
    docs: 'https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html',
  }),
  defineCause({
    id: 'lambda-not-ready',
    family: 'lambda',
    title: 'The function is not ready to run',
    statuses: { REST: [500, 502], HTTP: [500], WEBSOCKET: [500, 502] },
    signatures: [
      executionLog(invocationStatus(408, 409, 410)),
      executionLog(
        /\b(?:ResourceNotReady|ResourceConflict|ENILimitReached|EC2(?:AccessDenied|Throttled|Unexpected)|InvalidSubnetID|InvalidSecurityGroupID|SubnetIPAddressLimitReached|EFS(?:IO|MountConnectivity|MountFailure|MountTimeout)|S3FilesMount\w*|InvalidRuntime|InvalidZipFile|SnapStart(?:NotReady|Timeout)?)Exception/i,
      ),
      executionLog(/function is currently in the following state: ?(?:Pending|Inactive|Failed)/i),
      executionLog(/not able to create an ENI/i),
      executionLog(refusedWith400, null),
      executionLog(refusedWith502, null),
    ],
    responseTypes: ['INTEGRATION_FAILURE'],
    integrationStatuses: [408, 409, 410, 502],
    confirms: ['lambda:GetFunctionConfiguration'],
    changedBy: ['function-configuration', 'function-code', 'network'],
    summary: p => `${capital(functionNamed(p))} is in a state in which Lambda cannot run it${inBrackets(p.message)}`,
    remedy: () =>
      'Read state and reason of the function; wait for a pending update, or mend the network, file system, runtime or package that the reason names.',
    cli: (p, target) => {
      const { name, region } = functionAddress(p, target);
      return cliLine('lambda get-function-configuration', {
        'function-name': name,
        qualifier: p.qualifier,
        query:
          '{State:State,Reason:StateReason,Code:StateReasonCode,Update:LastUpdateStatus,UpdateReason:LastUpdateStatusReason}',
        region,
      });
    },
    docs: 'https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html',
  }),
  defineCause({
    id: 'lambda-service-error',
    family: 'lambda',
    title: 'Lambda itself fails',
    statuses: { REST: [500, 503], HTTP: [500, 503], WEBSOCKET: [500] },
    signatures: [executionLog(invocationStatus(500, 503, 504)), executionLog(/x-amzn-ErrorType=ServiceException/i)],
    responseTypes: ['INTEGRATION_FAILURE'],
    integrationStatuses: [500, 503],
    confirms: ['health:DescribeEvents', 'cloudwatch:GetMetricData'],
    changedBy: [],
    summary: p => `Lambda answered the call of ${functionNamed(p)} with an error of its own`,
    remedy: () =>
      'Retry; it is usually over within minutes. Look at the service health of Lambda in the Region, and open a case where it goes on.',
    docs: 'https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html',
  }),
  defineCause({
    id: 'lambda-execution-role-not-assumable',
    family: 'lambda',
    title: 'Lambda cannot assume the execution role',
    statuses: { REST: [500, 502], HTTP: [500], WEBSOCKET: [500, 502] },
    signatures: [executionLog(/role defined for the function cannot be assumed by Lambda/i)],
    responseTypes: ['INTEGRATION_FAILURE'],
    confirms: ['lambda:GetFunctionConfiguration', 'iam:GetRole'],
    changedBy: ['iam', 'function-role'],
    summary: p => `Lambda cannot assume ${roleNamed(p, 'the execution role')} of ${functionNamed(p)}`,
    remedy: () =>
      'Create the role again if it is gone, and let lambda.amazonaws.com assume it; the line sets the whole trust policy, so add other principals that it needs.',
    cli: (p, target) => trustService(p, target, 'lambda.amazonaws.com'),
    docs: 'https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html',
  }),
];

function limitNote(reserved: number | undefined): string {
  if (reserved === undefined) return '';
  return reserved === 0
    ? ', whose reserved concurrency of 0 switches it off'
    : ` at its reserved concurrency of ${reserved}`;
}
