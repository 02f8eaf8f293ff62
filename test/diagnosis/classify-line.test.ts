import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { catalogue } from '../../src/diagnosis/causes/catalogue.ts';
import type { CauseId } from '../../src/diagnosis/causes/ids.ts';
import { classifyLine } from '../../src/diagnosis/classify-line.ts';
import { workedMs } from '../support/processor-time.ts';

const id = '0a1b2c3d-1111-4222-8333-444455556666';
const lambdaId = '9f8e7d6c-aaaa-4bbb-8ccc-ddddeeeeffff';
const failed = 'Execution failed due to configuration error:';
const quotes = 'Lambda execution failed with status 200 due to customer function error:';

const decisive: [CauseId, ...string[]][] = [
  [
    'lambda-invoke-permission-missing',
    `(${id}) ${failed} Invalid permissions on Lambda function`,
    `${failed} INVALID PERMISSIONS ON LAMBDA FUNCTION. `,
    '{"requestId":"AbC1dEfGhIjKlMn=","status":"500","integrationErrorMessage":"The IAM role configured on the integration or API Gateway doesn\u2019t have permissions to call the integration. Check the permissions and try again."}',
    `message="(${id}) ${failed} Invalid permissions on Lambda function"`,
  ],
  [
    'lambda-function-missing',
    `(${id}) Lambda invocation failed with status: 404. Lambda request id: ${lambdaId}`,
    '{"Type":"User","message":"Function not found: arn:aws:lambda:eu-west-1:111122223333:function:gone"}',
  ],
  [
    'lambda-integration-method-not-post',
    `(${id}) Endpoint response body before transformations: <AccessDeniedException><Message>Unable to determine service/operation name to be authorized</Message></AccessDeniedException>`,
    'Unable to determine service/operation name to be authorized',
  ],
  [
    'lambda-throttled',
    `(${id}) Lambda invocation failed with status: 429. Lambda request id: ${lambdaId}`,
    `(${id}) ${failed} Rate Exceeded.`,
    `(${id}) Endpoint response body before transformations: {"Reason":"ConcurrentInvocationLimitExceeded","Type":"User","message":"Rate Exceeded."}`,
    '  "Reason": "FunctionInvocationRateLimitExceeded",',
    '{"Reason":"CallerRateLimitExceeded","Type":"User","message":"Rate Exceeded."}',
    '"Reason": "ReservedFunctionInvocationRateLimitExceeded"',
  ],
  [
    'lambda-function-error',
    `(${id}) ${quotes} Expecting value: line 1 column 1 (char 0). Lambda request id: ${lambdaId}`,
    '{"requestId":"x1","status":"502","integration_error":"Lambda Customer Function Error:undefined is not a function","error_responseType":"INTEGRATION_FAILURE"}',
    'The Lambda function returned the following error: list index out of range. Check your Lambda function code and try again.',
    `2024-05-01T10:00:00.000Z ${lambdaId} ERROR Invoke Error {"errorType":"TypeError","errorMessage":"x is not a function"}`,
    "[ERROR] KeyError: 'orderId'",
    '| INTEGRATION_FAILURE | 502 | - | 200 | Internal server error | Lambda Customer Function Error:x | 22 |',
    '{"errorMessage":"boom","errorType":"Error","trace":[]}',
  ],
  [
    'lambda-timeout',
    `(${id}) ${quotes} 2024-05-01T10:00:03.003Z ${lambdaId} Task timed out after 3.00 seconds. Lambda request id: ${lambdaId}`,
    `2024-05-01T10:00:03.003Z ${lambdaId} Task timed out after 3.01 seconds`,
    `REPORT RequestId: ${lambdaId}\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 128 MB\tMax Memory Used: 40 MB\tStatus: timeout`,
    `{"time":"2024-05-01T10:00:03Z","type":"platform.report","record":{"requestId":"${lambdaId}","metrics":{"durationMs":3000,"memorySizeMB":128},"status":"timeout"}}`,
    `{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: ${lambdaId} Error: Task timed out after 3.00 seconds"}`,
  ],
  [
    'lambda-out-of-memory',
    `RequestId: ${lambdaId} Error: Runtime exited with error: signal: killed`,
    `(${id}) ${quotes} RequestId: ${lambdaId} Error: Runtime exited with error: signal: killed`,
    `REPORT RequestId: ${lambdaId}\tDuration: 900.00 ms\tMemory Size: 1024 MB\tMax Memory Used: 1024 MB\tStatus: error\tError Type: Runtime.OutOfMemory`,
    `REPORT RequestId: ${lambdaId}\tDuration: 900.00 ms\tMemory Size: 512 MB\tMax Memory Used: 512 MB\tStatus: error\tError Type: Runtime.ExitError`,
    'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
    'java.lang.OutOfMemoryError: Java heap space',
  ],
  [
    'lambda-init-error',
    `${quotes} Error: Cannot find module 'express'`,
    "[ERROR] Runtime.ImportModuleError: Unable to import module 'app': No module named 'requests'",
    `(${id}) ${quotes} Handler 'handler' missing on module 'index'. Lambda request id: ${lambdaId}`,
    'Runtime.HandlerNotFound: index.handler is undefined or not exported',
    'INIT_REPORT Init Duration: 150.79 ms\tPhase: init\tStatus: error\tError Type: Runtime.UserCodeSyntaxError',
    `RequestId: ${lambdaId} Error: Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]`,
    `RequestId: ${lambdaId} Error: fork/exec /var/task/main: exec format error`,
  ],
  [
    'lambda-malformed-response',
    `(${id}) ${failed} Malformed Lambda proxy response`,
    `{"requestId":"${id}","status":502,"integrationError":"Execution failed due to configuration error: Malformed Lambda proxy response"}`,
  ],
  [
    'lambda-payload-too-large',
    `(${id}) ${quotes} Response payload size exceeded maximum allowed payload size (6291556 bytes).`,
    `(${id}) Lambda invocation failed with status: 413. Lambda request id: ${lambdaId}`,
    '{"errorType":"Function.ResponseSizeTooLarge","errorMessage":"Response payload size (7000000 bytes) exceeded maximum allowed payload size (6291556 bytes)."}',
  ],
  [
    'lambda-kms-access-denied',
    '{"Type":"Service","Message":"Lambda was unable to decrypt the environment variables because KMS access was denied. Please check the function\'s KMS key settings."}',
    `(${id}) Endpoint response headers: {x-amzn-ErrorType=KMSAccessDeniedException}`,
    'KMSDisabledException: the key is disabled',
  ],
  [
    'lambda-not-ready',
    `(${id}) Endpoint response headers: {x-amzn-ErrorType=ResourceNotReadyException, Date=x}`,
    'Lambda was not able to create an ENI in the VPC of the Lambda function',
    'ENILimitReachedException: no more network interfaces',
    `(${id}) Lambda invocation failed with status: 409`,
    'The operation cannot be performed at this time. The function is currently in the following state: Pending',
  ],
  [
    'lambda-service-error',
    `Lambda invocation failed with status: 503. Lambda request id: ${lambdaId}`,
    `(${id}) Lambda invocation failed with status: 500. Lambda request id: ${lambdaId}`,
  ],
  ['lambda-execution-role-not-assumable', 'The role defined for the function cannot be assumed by Lambda.'],
  [
    'lambda-execution-role-lacks-permission',
    `(${id}) ${quotes} User: arn:aws:sts::111122223333:assumed-role/orders-role/orders-fn is not authorized to perform: dynamodb:GetItem on resource: arn:aws:dynamodb:eu-west-1:111122223333:table/orders. Lambda request id: ${lambdaId}`,
    '[ERROR] ClientError: An error occurred (AccessDeniedException) when calling the GetItem operation: User: arn:aws:sts::111122223333:assumed-role/r/f is not authorized to perform: dynamodb:GetItem',
    'The Lambda function returned the following error: AccessDenied: Access Denied. Check your Lambda function code and try again.',
  ],
  [
    'integration-role-not-assumable',
    'API Gateway doesn\u2019t have permissions to assume the IAM role configured on the integration. Check the permissions and try again.',
  ],
  [
    'integration-role-lacks-permission',
    `(${id}) Endpoint response body before transformations: {"__type":"AccessDeniedException","Message":"User: arn:aws:sts::111122223333:assumed-role/apigw-sqs/BackplaneAssumeRoleSession is not authorized to perform: sqs:SendMessage"}`,
  ],
  [
    'integration-timeout',
    `(${id}) Execution failed due to a timeout error`,
    '{"message": "Endpoint request timed out"}',
    '{"requestId":"r1","status":"504","error_responseType":"INTEGRATION_TIMEOUT","error_message":"-"}',
    '{"requestId":"r1","status":"504","errorType":"INTEGRATION_TIMEOUT"}',
    '{"requestId":"r1","status":"504","error_message":" "Endpoint request timed out"","route":"GET /x"}',
    '(AbCdEfGh12345=) Gateway response type: INTEGRATION_TIMEOUT with status code: 504',
  ],
  [
    'stage-variable-undefined',
    `(${id}) Sending request to https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:orders:/invocations`,
    "1 validation error detected: Value 'arn:aws:lambda:eu-west-1:111122223333:function:orders:' at 'functionName' failed to satisfy constraint",
    `(${id}) Endpoint request URI: https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:/invocations`,
  ],
  [
    'endpoint-address-invalid',
    `(${id}) ${failed} Invalid endpoint address`,
    `(${id}) ${failed} Illegal character in path at index 30: https://backend.example.com/{proxy}`,
  ],
  [
    'endpoint-network-error',
    `(${id}) Execution failed due to a network error communicating with endpoint: Connection reset by peer`,
    '{"requestId":"r1","status":"504","errorMessage":"Network error communicating with endpoint"}',
    '{"requestId":"r1","status":"503","responseType":"INTEGRATION_NETWORK_FAILURE"}',
  ],
  [
    'backend-tls-failure',
    `(${id}) ${failed} General SSLEngine problem`,
    `(${id}) ${failed} PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to requested target`,
    `(${id}) ${failed} PKIX path validation failed: java.security.cert.CertPathValidatorException: validity check failed`,
    `(${id}) ${failed} Host name 'vpce-1.example.com' does not match the certificate subject provided by the peer`,
  ],
  [
    'backend-5xx',
    '{"requestId":"r1","status":"503","error_message":"-","error_responseType":"-","integration_status":"503","integration_integrationStatus":"200"}',
    '| - | 500 | 500 | 200 | - | - | 123 |',
  ],
  [
    'aws-service-integration-rejected',
    `(${id}) Endpoint response body before transformations: {"__type":"com.amazon.coral.service#UnknownOperationException"}`,
    `(${id}) Endpoint response body before transformations: {"Error":{"Code":"KMS.AccessDeniedException","Type":"Sender"}}`,
    '<Error><Code>SignatureDoesNotMatch</Code></Error>',
  ],
  [
    'request-mapping-failed',
    `(${id}) ${failed} Unable to transform request`,
    `(${id}) ${failed} Authorization header already present`,
  ],
  ['response-mapping-failed', `(${id}) ${failed} Unable to transform response`],
  ['output-mapping-invalid', `(${id}) ${failed} Output mapping refers to an invalid method response: 201`],
  [
    'no-integration-response-match',
    `(${id}) ${failed} No match for output mapping and no default output mapping configured. Endpoint Response Status Code: 404`,
  ],
  ['binary-base64-decode-failed', `(${id}) ${failed} Unable to base64 decode the body.`],
  [
    'response-payload-too-large',
    `(${id}) ${failed} Integration response of reported length 12000000 is larger than allowed maximum of 10485760 bytes.`,
  ],
  [
    'mock-statuscode-invalid',
    `(${id}) ${failed} Unable to parse statusCode. It should be an integer that is defined in the request template.`,
  ],
  [
    'authorizer-invoke-permission-missing',
    '{"requestId":"r1=","status":"500","authorizerError":"The IAM role configured on the authorizer or API Gateway doesn\'t have permissions to call the authorizer. Check the permissions and try again."}',
  ],
  [
    'authorizer-role-not-assumable',
    'API Gateway doesn\u2019t have permissions to assume the IAM role configured on the authorizer. Check the permissions and try again.',
  ],
  [
    'authorizer-invalid-response',
    `(${id}) ${failed} Could not parse policy: {"statusCode":200}`,
    `Thu Jun 08 15:09:51 UTC 2023 : ${failed} Invalid JSON in response: Unrecognized field "statusCode", not marked as ignorable`,
  ],
  [
    'authorizer-failure',
    `(${id}) ${failed} Authorizer error`,
    `(${id}) AuthorizerConfigurationException`,
    `Thu Jun 08 15:09:51 UTC 2023 : ${failed} Invalid JSON in response: Unrecognized field "errorType", not marked as ignorable`,
    `(${id}) ${failed} Authorizer function failed with response body: {"errorType":"Error"}`,
    '(PDS1PEC4oAMFpyA=) Gateway response type: AUTHORIZER_CONFIGURATION_ERROR with status code: 500',
    '{"requestId":"r1","status":"500","error_responseType":"AUTHORIZER_FAILURE"}',
    '{"requestId":"r1","status":"500","authorizer_error":"something new"}',
  ],
  [
    'waf-blocked',
    '{"timestamp":1,"formatVersion":1,"webaclId":"arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/x/1","terminatingRuleId":"bots","terminatingRuleType":"REGULAR","action":"BLOCK","httpRequest":{"requestId":"Ab1_cD-eF2gHi="}}',
    '{"requestId":"r1","status":"403","error_responseType":"WAF_FILTERED"}',
    '{"requestId":"r1","status":403,"wafResponseCode":"WAF_BLOCK"}',
  ],
  [
    'waf-evaluation-error',
    '{"requestId":"r1","status":"500","error_message":"There was an error evaluating the AWS WAF rules associated with this API"}',
    'waf_error=WAF call got timed out',
  ],
  [
    'resource-policy-denied',
    '{"Message":"User: anonymous is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:eu-west-1:********3333:a1b2c3d4e5/prod/GET/orders"}',
  ],
  [
    'gateway-response-override',
    '(AbCdEfGh12345=) Gateway response type: WAF_FILTERED with status code: 500',
    '(AbCdEfGh12345=) Gateway response type: MISSING_AUTHENTICATION_TOKEN with status code: 502',
    '{"requestId":"r1","status":"500","error_responseType":"ACCESS_DENIED","error_message":"Forbidden"}',
    '{"requestId":"r1","status":"500","error_responseType":"THROTTLED","error_message":"Too Many Requests"}',
  ],
  [
    'throttled',
    `(${id}) Key throttle limit exceeded for RestApi a1b2c3d4e5, Stage prod, Resource abc123, HttpMethod POST. Limit: 1.00 Burst: 1`,
    '{"requestId":"r1","status":"429","responseType":"QUOTA_EXCEEDED"}',
    '{"message":"Too Many Requests"}',
  ],
  ['api-gateway-internal-error', `(${id}) Execution failed due to an internal error`],
];

/** Configuration, metrics or a feed show these; no line does. */
const withoutLines: CauseId[] = [
  'mapping-status-override',
  'stale-deployment',
  'canary-deployment-failing',
  'aws-service-event',
  'unclassified',
];
/** A line only fits these, or makes them likely. */
const onlyPossible: CauseId[] = ['vpc-link-unavailable', 'vpc-link-targets-unhealthy', 'api-not-deployed'];

describe('decisive lines', () => {
  it.each(decisive.flatMap(([cause, ...lines]) => lines.map(line => [cause, line] as const)))(
    '%s: %s',
    (cause, line) => {
      const reading = classifyLine(line);
      expect(reading.cause).toBe(cause);
      expect(reading.confidence).toMatch(/^(high|medium)$/);
      expect(reading.possible).not.toContain(cause);
    },
  );

  it('are there for every cause that a line can show', () => {
    const named = new Set(decisive.map(([cause]) => cause));
    const missing = catalogue.map(({ id: cause }) => cause).filter(cause => !named.has(cause));
    expect(missing.toSorted()).toEqual([...withoutLines, ...onlyPossible].toSorted());
  });

  it('survive what tools put around them', () => {
    const line = `${failed} Unable to transform request`;
    const wrapped = [
      `2024-05-01T10:00:00.000Z (${id}) ${line}`,
      `2024-05-01T10:00:00.000+02:00\t(${id}) ${line}`,
      `| 2024-05-01 10:00:00.000 | (${id}) ${line} |`,
      `1714557600000,"(${id}) ${line}"`,
      `2024-05-01T10:00:00 0123456789abcdef0123456789abcdef (${id}) ${line}`,
      `ts=2024-05-01 msg="(${id}) ${line}"`,
      `{\\"msg\\": \\"(${id}) ${line}\\"}`,
    ];
    for (const one of wrapped) {
      expect(classifyLine(one), one).toMatchObject({ cause: 'request-mapping-failed', requestId: id });
    }
    expect(classifyLine(`(PDS1PEC4oAMFpyA=) ${line}`)).toMatchObject({ requestId: 'PDS1PEC4oAMFpyA=' });
    expect(classifyLine(`Thu Apr 05 11:07:54 UTC 2018 : ${line}`)).toMatchObject({ requestId: null, dated: true });
  });
});

describe('lines that do not decide', () => {
  it.each<[string, CauseId[]]>([
    [
      `(${id}) ${failed} API Gateway does not have permission to assume the provided role arn:aws:iam::111122223333:role/r`,
      ['integration-role-not-assumable', 'authorizer-role-not-assumable'],
    ],
    [
      `(${id}) Lambda invocation failed with status: 403`,
      ['lambda-integration-method-not-post', 'integration-role-lacks-permission'],
    ],
    [`(${id}) Lambda invocation failed with status: 502`, ['lambda-kms-access-denied', 'lambda-not-ready']],
    [
      `(${id}) ${failed} There was an internal error while executing your request`,
      ['vpc-link-unavailable', 'vpc-link-targets-unhealthy', 'api-gateway-internal-error'],
    ],
    [`(${id}) Endpoint response headers: {x-amzn-ErrorType=TooManyRequestsException}`, ['lambda-throttled']],
    [`(${id}) Received response. Status: 503, Integration latency: 12 ms`, ['backend-5xx']],
    [`(${id}) Method request body before transformations: [Binary Data]`, ['request-mapping-failed']],
    [`(${id}) Authorizer result body before parsing: null`, ['authorizer-invalid-response']],
    ['{"requestId":"r1","status":"403","responseType":"MISSING_AUTHENTICATION_TOKEN"}', ['api-not-deployed']],
    ['{"message":"Service Unavailable"}', ['integration-timeout', 'endpoint-network-error', 'vpc-link-unavailable']],
    [
      '{"requestId":"r1","status":"500","error_responseType":"-","error_message":"-","integration_status":"200"}',
      ['mapping-status-override', 'lambda-function-error', 'backend-5xx'],
    ],
  ])('%s', (line, possible) => {
    const reading = classifyLine(line);
    expect(reading).toMatchObject({ cause: null, confidence: null });
    expect(reading.possible.toSorted()).toEqual(possible.toSorted());
  });

  it('name at most the likeliest cause, at low confidence', () => {
    expect(classifyLine(`(${id}) Execution failed due to an vpc link error`)).toMatchObject({
      cause: 'vpc-link-unavailable',
      confidence: 'low',
    });
    const bare = 'User: arn:aws:sts::111122223333:assumed-role/r/s is not authorized to perform: s3:GetObject';
    expect(classifyLine(bare)).toMatchObject({ cause: 'lambda-execution-role-lacks-permission', confidence: 'low' });
    expect(classifyLine(`RequestId: ${lambdaId} Process exited before completing request`).confidence).toBe('low');
  });

  it('narrow by response type and status of the endpoint', () => {
    const { cause, possible } = classifyLine(
      '{"requestId":"r1","status":"500","error_responseType":"API_CONFIGURATION_ERROR","integration_integrationStatus":"-"}',
    );
    expect(cause).toBeNull();
    expect(possible).toContain('lambda-invoke-permission-missing');
    expect(possible).not.toContain('authorizer-failure');
  });
});

describe('ordinary lines', () => {
  it.each([
    '',
    '   ',
    `(${id}) Method completed with status: 500`,
    `(${id}) Method completed with status: 200`,
    `(${id}) Extended Request Id: PDS1PEC4oAMFpyA=`,
    `(${id}) HTTP Method: GET, Resource Path: /orders`,
    `(${id}) Starting authorizer: abc123 for request: ${id}`,
    `(${id}) Successfully completed execution`,
    `(${id}) Received response. Status: 200, Integration latency: 12 ms`,
    `(${id}) Sending request to https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:orders:live/invocations`,
    `(${id}) Authorizer result body before parsing: {"principalId":"u","policyDocument":{"Statement":[]}}`,
    `START RequestId: ${lambdaId} Version: $LATEST`,
    `END RequestId: ${lambdaId}`,
    `REPORT RequestId: ${lambdaId}\tDuration: 12.00 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB\tMax Memory Used: 128 MB\tInit Duration: 210.00 ms`,
    '{"requestId":"r1","status":"200","errorMessage":"-","integrationErrorMessage":"-"}',
    '{"requestId":"r1","status":"404","errorMessage":"-"}',
    '203.0.113.7 - - [01/May/2024:10:00:00 +0000]"GET /orders HTTP/1.1" 500 35 0a1b2c3d-1111-4222-8333-444455556666',
    '{"message":"Internal server error"}',
    '{"message":null}',
    '{"timestamp":1,"formatVersion":1,"webaclId":"arn:aws:wafv2:x","terminatingRuleId":"Default_Action","terminatingRuleType":"REGULAR","action":"ALLOW","httpRequest":{"requestId":"Ab1="}}',
    `(${id}) ${failed} `,
  ])('%s', line => {
    expect(classifyLine(line)).toMatchObject({ cause: null, confidence: null });
  });

  it('are those that quote somebody else: clients, endpoints, applications', () => {
    const phrase = 'Invalid permissions on Lambda function';
    for (const line of [
      `(${id}) Method request body before transformations: {"note":"${phrase}"}`,
      `(${id}) Method request headers: {X-Note=${phrase}}`,
      `(${id}) Endpoint request body after transformations: {"note":"Task timed out after 3.00 seconds"}`,
      `(${id}) Endpoint response body before transformations: {"statusCode":200,"body":"Rate Exceeded. ${phrase}"}`,
      `(${id}) Method response body after transformations: {"note":"${phrase}"}`,
      `2024-05-01T10:00:00.000Z\t${lambdaId}\tINFO\tTask timed out after 3.00 seconds`,
      `{"timestamp":"2024-05-01T10:00:00Z","level":"INFO","requestId":"${lambdaId}","message":"${phrase}"}`,
    ]) {
      expect(classifyLine(line), line).toMatchObject({ cause: null });
    }
  });

  it('are those with words that circulate but that AWS does not write', () => {
    for (const line of [
      'API Gateway does not have permission to invoke the Lambda function',
      'There was an internal error completing your request. Endpoint connection timed out after 10000 ms',
      'No match for output mapping and no default endpoint response mapping configured',
    ]) {
      expect(classifyLine(line), line).toMatchObject({ cause: null, possible: [] });
    }
  });
});

describe('facts beside the cause', () => {
  it('come from the lines of a trace', () => {
    expect(classifyLine(`(${id}) HTTP Method: POST, Resource Path: /orders/{id}`).route).toBe('POST /orders/{id}');
    expect(classifyLine(`(${id}) Received response. Status: 502, Integration latency: 1234 ms`)).toMatchObject({
      endpointStatus: 502,
      integrationLatencyMs: 1234,
    });
    expect(classifyLine(`(${id}) Extended Request Id: PDS1PEC4oAMFpyA=`).extendedRequestId).toBe('PDS1PEC4oAMFpyA=');
    expect(
      classifyLine(
        `(${id}) Sending request to https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:orders:live/invocations`,
      ).functionArn,
    ).toBe('arn:aws:lambda:eu-west-1:111122223333:function:orders:live');
  });

  it('include the status that a proxy function returned, not one inside its body', () => {
    const body = (text: string) => classifyLine(`(${id}) Endpoint response body before transformations: ${text}`);
    expect(body('{"headers":{},"statusCode":503,"body":"{\\"statusCode\\":200}"}').returnedStatus).toBe(503);
    expect(body('{"body":"{\\"statusCode\\":503}","statusCode":200}').returnedStatus).toBe(200);
    expect(body('{"error":{"statusCode":503}}').returnedStatus).toBeNull();
    expect(body('{"statusCode":"500","body":"very long [TRUNCATED]').returnedStatus).toBe(500);
  });

  it('do not include an id that many requests share', () => {
    expect(classifyLine(`(UUID_REPLACED_INVALID_REQUEST_ID) ${failed} Authorizer error`).requestId).toBeNull();
    expect(classifyLine('{"requestId":"UUID_REPLACED_INVALID_REQUEST_ID","status":"500"}').requestId).toBeNull();
  });
});

describe('any text', () => {
  it('is read without throwing', () => {
    const fragment = fc.constantFrom(
      '(',
      ')',
      '{"',
      '":"',
      '"status":"500"',
      failed,
      quotes,
      '\\',
      '\u2019',
      '$context.',
      '<a>',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string({ unit: 'binary' }), fragment)), parts => {
        const reading = classifyLine(parts.join(''));
        expect(reading.cause === null).toBe(reading.confidence === null);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['one phrase repeated', `${failed} `],
    ['quotes', '"'],
    ['braces', '{"a":'],
    ['INIT_REPORT', 'INIT_REPORT '],
    ['platform', '"platform.report" '],
    ['sizes', '"memorySizeMB":1,"maxMemoryUsedMB":1 '],
    ['backslashes', '\\'],
    ['blanks', ' \t'],
    ['brackets', '('],
    ['pairs', 'a=b '],
    ['tags', '<a>b</a>'],
    ['policies', 'Authorizer result body before parsing: '],
    ['denials', ':assumed-role/r/x is not authorized to perform: '],
    ['function errors', `${quotes} `],
    ['terminating rules', '"terminatingRuleId":"x","terminatingRuleType":"'],
  ])('takes time in proportion to its length: %s', (_, part) => {
    const time = (length: number) => {
      const text = part.repeat(Math.ceil(length / part.length)).slice(0, length);
      const started = workedMs();
      classifyLine(text);
      return workedMs() - started;
    };
    time(20_000);
    const short = Math.min(time(50_000), time(50_000), time(50_000));
    const long = Math.min(time(500_000), time(500_000));
    // Ten times the text may take ten times as long; a quadratic pattern would take a hundred times.
    expect(long).toBeLessThan(Math.max(short, 5) * 40);
  });
});
