import { configureFunction, grantToRole, rollBack, tailFunctionLog } from './command-line.ts';
import { capital, functionNamed, inBrackets, roleNamed } from './names.ts';
import { invocationStatus, notAuthorized, processExited } from './phrases.ts';
import {
  accessLog,
  type CauseRecord,
  defineCause,
  executionLog,
  functionError,
  functionFault,
  functionLog,
} from './record.ts';

const errorsOfFunctions = 'https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway-errors.html';

/** What a function does wrong once Lambda runs it, or tries to. */
export const functionCauses: readonly CauseRecord[] = [
  defineCause({
    id: 'lambda-function-error',
    family: 'lambda',
    title: 'The function ends with an error',
    statuses: functionFault,
    signatures: [
      executionLog(/due to customer function error/i, 'medium'),
      accessLog(/Lambda Customer Function Error:|The Lambda function returned the following error:/i, 'medium'),
      functionLog(
        /\bInvoke Error\b|\bUncaught Exception\b|Runtime\.(?:UnhandledPromiseRejection|MarshalError)/i,
        'medium',
      ),
      functionLog(/^\[ERROR\]\s+(?:\S+\s+)?[\w.]*(?:Error|Exception)\b/i, 'medium'),
      functionLog(/"errorType": ?"(?!Runtime\.ExitError|[A-Z0-9_]+"|-?")/, 'medium'),
      functionLog(/X-Amz-Function-Error=|LAMBDA_WARNING: Unhandled exception|\bStatus: error\b/i, null),
      functionLog(processExited, null),
    ],
    responseTypes: ['INTEGRATION_FAILURE', 'DEFAULT_5XX'],
    integrationStatuses: [200],
    confirms: ['cloudwatch:GetMetricData', 'logs:FilterLogEvents'],
    changedBy: ['function-code', 'function-configuration', 'function-alias'],
    summary: p => `${capital(functionNamed(p))} ends with an error${inBrackets(p.message)}`,
    remedy: () =>
      'Find the error in the log of the function by its Lambda request id, then mend the code or bring back the version before.',
    cli: tailFunctionLog,
    docs: errorsOfFunctions,
  }),
  defineCause({
    id: 'lambda-timeout',
    family: 'lambda',
    title: 'The function reaches its own timeout',
    statuses: functionFault,
    signatures: [
      functionLog(/Task timed out after [\d.]+ ?s/i),
      functionLog(/Sandbox\.Timedout|REPORT RequestId:.{0,300}\bStatus: timeout\b/i),
      functionLog(/"platform\.(?:report|runtimeDone)".{0,800}"status": ?"timeout"/i),
    ],
    responseTypes: ['INTEGRATION_FAILURE'],
    integrationStatuses: [200],
    confirms: ['lambda:GetFunctionConfiguration', 'cloudwatch:GetMetricData'],
    changedBy: ['function-configuration', 'function-code', 'function-alias', 'network'],
    summary: p =>
      `${capital(functionNamed(p))} is stopped at its own timeout${inBrackets(seconds(p.functionTimeoutSeconds))}`,
    remedy: () =>
      'Raise the timeout of the function, staying below the timeout of the integration, or find what it waits for.',
    cli: (p, target) => configureFunction(p, target, { timeout: longerTimeout(p.functionTimeoutSeconds, p.timeoutMs) }),
    docs: 'https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html',
  }),
  defineCause({
    id: 'lambda-out-of-memory',
    family: 'lambda',
    title: 'The function runs out of memory',
    statuses: functionFault,
    signatures: [
      functionLog(
        /Runtime\.OutOfMemory|signal: killed|heap out of memory|OutOfMemoryError|\bMemoryError\b|OutOfMemoryException|std::bad_alloc/i,
      ),
      // All memory used when it ended is telling; in a run that succeeded it is not.
      functionLog(/Memory Size: (\d+) MB Max Memory Used: \1 MB.{0,160}\bStatus: error\b/i, 'medium'),
      functionLog(/"memorySizeMB": ?(\d+), ?"maxMemoryUsedMB": ?\1\b.{0,300}"status": ?"(?:error|failure)"/i, 'medium'),
      functionLog(processExited, null),
    ],
    responseTypes: ['INTEGRATION_FAILURE'],
    integrationStatuses: [200],
    confirms: ['lambda:GetFunctionConfiguration', 'logs:FilterLogEvents'],
    changedBy: ['function-configuration', 'function-code', 'function-alias'],
    summary: p =>
      `${capital(functionNamed(p))} uses up its memory and is killed${inBrackets(p.memoryMb === undefined ? undefined : `${p.memoryMb} MB`)}`,
    remedy: () => 'Raise the memory of the function, or bring down what it holds at once.',
    cli: (p, target) =>
      configureFunction(p, target, {
        'memory-size': p.memoryMb === undefined ? '<megabytes>' : Math.min(p.memoryMb * 2, 10_240),
      }),
    docs: 'https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html',
  }),
  defineCause({
    id: 'lambda-init-error',
    family: 'lambda',
    title: 'The function does not start',
    statuses: functionFault,
    signatures: [
      functionLog(
        /Runtime\.(?:ImportModuleError|HandlerNotFound|UserCodeSyntaxError|InvalidEntrypoint|MalformedHandlerName|NoSuchHandler|BadFunctionCode)/i,
      ),
      functionLog(
        /Cannot find (?:module|package) ['"]|Unable to import module|cannot import name|No module named|cannot load such file/i,
      ),
      functionLog(
        /Handler '[^']*' missing on module|is undefined or not exported|Bad handler '|module initialization error|Syntax error in module '/i,
      ),
      functionLog(
        /Couldn't find valid bootstrap|fork\/exec \S+: |Extension\.(?:Crash|InitError|LaunchError)|GLIBC_[\d.]+' not found/i,
      ),
      functionLog(
        /ClassNotFoundException|NoClassDefFoundError|Class not found: |Could not find the specified handler assembly|Unable to load type /i,
      ),
      functionLog(/INIT_REPORT\b.{0,200}\bStatus: error\b/i),
      functionLog(/"platform\.init(?:Report|RuntimeDone)".{0,800}"status": ?"(?:error|failure)"/i),
      functionLog(/INIT_REPORT\b.{0,200}\bStatus: timeout\b/i, 'low'),
      functionLog(processExited, 'low'),
    ],
    responseTypes: ['INTEGRATION_FAILURE'],
    integrationStatuses: [200],
    confirms: ['lambda:GetFunctionConfiguration', 'logs:FilterLogEvents'],
    changedBy: ['function-code', 'function-configuration', 'function-alias'],
    summary: p => `${capital(functionNamed(p))} fails before its handler runs${inBrackets(p.message)}`,
    remedy: () =>
      'Check handler name, package, layers and runtime of the last deployment; bring back the version before until it is mended.',
    cli: rollBack,
    docs: 'https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-deployment.html',
  }),
  defineCause({
    id: 'lambda-malformed-response',
    family: 'lambda',
    title: 'The function answers in a shape that proxy integrations refuse',
    statuses: functionFault,
    signatures: [
      executionLog(/Malformed Lambda proxy response/i),
      accessLog(/response from the Lambda function doesn't match the format/i),
    ],
    responseTypes: ['INTEGRATION_FAILURE', 'DEFAULT_5XX'],
    integrationStatuses: [200],
    confirms: ['logs:FilterLogEvents', 'lambda:GetFunctionConfiguration'],
    changedBy: ['function-code', 'function-alias', 'integration'],
    summary: p => `${capital(functionNamed(p))} returns something that is not a proxy response`,
    remedy: () =>
      'Return one JSON object with only statusCode (a number), headers, multiValueHeaders, body (a string) and isBase64Encoded, or bring back the version before.',
    cli: rollBack,
    docs: 'https://repost.aws/knowledge-center/malformed-502-api-gateway',
  }),
  defineCause({
    id: 'lambda-payload-too-large',
    family: 'lambda',
    title: 'Request or response is larger than Lambda takes',
    statuses: functionFault,
    signatures: [
      functionLog(/Response payload size.{0,40} exceeded maximum allowed payload size|Function\.ResponseSizeTooLarge/i),
      functionLog(/Failed to post handler success response\. Http response code: 413/i),
      executionLog(invocationStatus(413)),
      executionLog(
        /RequestTooLargeException|RequestEntityTooLargeException|byte payload is too large for the RequestResponse invocation type|Request must be smaller than \d+ bytes for the InvokeFunction/i,
      ),
    ],
    responseTypes: ['INTEGRATION_FAILURE'],
    integrationStatuses: [200, 413],
    confirms: ['logs:FilterLogEvents'],
    changedBy: ['function-code', 'function-alias'],
    summary: p => `Requests to or responses of ${functionNamed(p)} exceed the 6 MB that one invocation carries`,
    remedy: () => 'Hand large content over through S3 with presigned URLs, page it, or stream the response.',
    docs: 'https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html',
  }),
  defineCause({
    id: 'lambda-execution-role-lacks-permission',
    family: 'lambda',
    title: 'The execution role lacks a permission',
    statuses: functionFault,
    signatures: [
      functionLog(/\((?:AccessDenied|AccessDeniedException|UnauthorizedOperation)\) when calling the/i),
      functionLog(notAuthorized, 'low'),
      functionError(/is not authorized to perform: ?[\w-]+:\w+/i),
      functionError(/\bAccessDenied(?:Exception)?\b/, 'medium'),
    ],
    responseTypes: ['INTEGRATION_FAILURE'],
    integrationStatuses: [200],
    confirms: ['iam:SimulatePrincipalPolicy', 'lambda:GetFunctionConfiguration', 'iam:ListAttachedRolePolicies'],
    changedBy: ['iam', 'function-role'],
    summary: p =>
      `${capital(functionNamed(p))} fails because ${roleNamed(p, 'its execution role')} may not perform ${p.action ?? 'an action that it needs'}${p.resource === undefined ? '' : ` on ${p.resource}`}`,
    remedy: () =>
      'Give the action back to the execution role, or detach the policy that denies it; it takes effect within seconds.',
    cli: (p, target) =>
      grantToRole(p, target, { action: p.action ?? '<service:Action>', resource: p.resource ?? '<resource-arn>' }),
    docs: 'https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html',
  }),
];

function seconds(value: number | undefined): string | undefined {
  return value === undefined ? undefined : `${value} s`;
}

/** Twice as long, but a second short of the integration's own timeout: after that nobody waits for the answer. */
function longerTimeout(current: number | undefined, integrationMs: number | undefined): number | string {
  const longest = Math.floor((integrationMs ?? 29_000) / 1_000) - 1;
  return current === undefined || current >= longest ? '<seconds>' : Math.min(current * 2, longest);
}
