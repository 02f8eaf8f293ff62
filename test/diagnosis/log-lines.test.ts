import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LogEvent } from '../../src/aws/types.ts';
import {
  assembleFailures,
  assembleRequests,
  readAccessLines,
  readExecutionLines,
} from '../../src/diagnosis/log-lines.ts';
import type { ApiType } from '../../src/diagnosis/types.ts';
import { workedMs } from '../support/processor-time.ts';

const first = '11111111-1111-4111-8111-111111111111';
const second = '22222222-2222-4222-8222-222222222222';
const invocation = '99999999-9999-4999-8999-999999999999';
const failed = 'Execution failed due to configuration error:';
const functionUrl =
  'https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:orders:live/invocations';
const sent = `Sending request to ${functionUrl}`;
const assumeRole = `${failed} API Gateway does not have permission to assume the provided role arn:aws:iam::111122223333:role/r`;

const ended = (status: number) => `Method completed with status: ${status}`;
const lines = (id: string, ...texts: string[]) => texts.map(text => ({ message: `(${id}) ${text}` }));

/** The one request that the lines make. */
function request(...texts: string[]) {
  const [only, ...others] = assembleRequests(lines(first, ...texts));
  expect(others).toEqual([]);
  return only;
}

describe('authorizer or integration', () => {
  it('is told by the line that follows', () => {
    const result = request(`${failed} Invalid permissions on Lambda function`, `${failed} Authorizer error`);
    expect(result).toMatchObject({ cause: 'authorizer-invoke-permission-missing', layer: 'authorizer', decisive: 0 });
  });

  it('does not depend on the order within a millisecond', () => {
    const result = request(`${failed} Authorizer error`, assumeRole);
    expect(result).toMatchObject({ cause: 'authorizer-role-not-assumable', layer: 'authorizer' });
  });

  it('is told by the gateway response of a WebSocket API', () => {
    const result = request(
      `${failed} Invalid permissions on Lambda function`,
      'Gateway response type: AUTHORIZER_CONFIGURATION_ERROR with status code: 500',
    );
    expect(result).toMatchObject({ cause: 'authorizer-invoke-permission-missing', status: 500 });
  });

  it('is told by an authorizer that is under way', () => {
    const result = request(`Starting authorizer: abc for request: ${first}`, sent, assumeRole);
    expect(result?.cause).toBe('authorizer-role-not-assumable');
  });

  it('is told by an authorizer that had finished', () => {
    const result = request(
      `Starting authorizer: abc for request: ${first}`,
      'Successfully completed authorizer execution',
      `Starting execution for request: ${first}`,
      assumeRole,
      ended(500),
    );
    expect(result).toMatchObject({ cause: 'integration-role-not-assumable', layer: 'integration' });
  });

  it('is told by the end of a request without an authorizer', () => {
    expect(request(assumeRole, ended(500))?.cause).toBe('integration-role-not-assumable');
  });

  it('stays open where only the one line is known', () => {
    expect(request(assumeRole)).toMatchObject({ cause: null, failed: true });
  });

  it('turns what a function does wrong into a failing authorizer', () => {
    const result = request(
      `Lambda execution failed with status 200 due to customer function error: boom. Lambda request id: ${invocation}`,
      `${failed} Authorizer error`,
    );
    expect(result?.cause).toBe('authorizer-failure');
    expect(request('Lambda invocation failed with status: 403', `${failed} Authorizer error`)?.cause).toBe(
      'authorizer-invoke-permission-missing',
    );
  });

  it('finds what the authorizer answered', () => {
    expect(request('Authorizer result body before parsing: null', 'AuthorizerConfigurationException')?.cause).toBe(
      'authorizer-invalid-response',
    );
    expect(request('Authorizer result body before parsing: null')?.cause).toBeNull();
  });

  it('is a function that failed, where it answered with an error object of Lambda', () => {
    const result = request(
      `Starting authorizer: tk9ch3 for request: ${first}`,
      `Authorizer result body before parsing: {"errorType":"Runtime.ImportModuleError","errorMessage":"Error: Cannot find module 'jwks'"}`,
      `${failed} Invalid JSON in response: Unrecognized field "errorType" , not marked as ignorable`,
      'AuthorizerConfigurationException',
    );
    expect(result).toMatchObject({ cause: 'authorizer-failure', possible: [] });
  });
});

describe('what stands behind the last line', () => {
  it('is the throttle behind a malformed response', () => {
    const result = request(
      sent,
      'Endpoint response headers: {x-amzn-ErrorType=TooManyRequestsException, Content-Length=104}',
      `${failed} Malformed Lambda proxy response`,
      ended(502),
    );
    expect(result).toMatchObject({ cause: 'lambda-throttled', possible: ['lambda-malformed-response'], decisive: 1 });
  });

  it('is the throttle behind an empty failure', () => {
    expect(
      request(`Lambda invocation failed with status: 429. Lambda request id: ${invocation}`, `${failed} `)?.cause,
    ).toBe('lambda-throttled');
  });

  it('is the wrong method behind a 403 and an empty failure', () => {
    const result = request(
      'Endpoint response body before transformations: <AccessDeniedException><Message>Unable to determine service/operation name to be authorized</Message></AccessDeniedException>',
      'Lambda invocation failed with status: 403',
      `${failed} `,
    );
    expect(result?.cause).toBe('lambda-integration-method-not-post');
  });

  it('is the rejected AWS call behind a missing response', () => {
    const noMatch = `${failed} No match for output mapping and no default output mapping configured. Endpoint Response Status Code: 404`;
    const rejection =
      'Endpoint response body before transformations: {"__type":"com.amazon.coral.service#UnknownOperationException"}';
    expect(request(rejection, noMatch, ended(500))).toMatchObject({
      cause: 'aws-service-integration-rejected',
      possible: ['no-integration-response-match'],
    });
    expect(request(noMatch, ended(500))?.cause).toBe('no-integration-response-match');
  });

  it('is nothing that an HTTP backend says in words of Lambda', () => {
    const result = request(
      'Sending request to https://backend.example.com/orders',
      'Received response. Status: 503, Integration latency: 12 ms',
      'Endpoint response body before transformations: {"error":"Rate exceeded"}',
      ended(503),
    );
    expect(result?.cause).toBe('backend-5xx');
  });

  it('is nothing that another gateway says in its answer', () => {
    const result = request(
      'Received response. Status: 502, Integration latency: 50 ms',
      `Endpoint response body before transformations: {"detail":"${failed} Malformed Lambda proxy response"}`,
      'Endpoint response body before transformations: {"detail":"Malformed Lambda proxy response"}',
      'Successfully completed execution',
      ended(502),
    );
    expect(result?.cause).toBe('backend-5xx');
  });

  it('is the function, whose error imitates API Gateway', () => {
    for (const words of ['Execution failed due to a timeout error', `${failed} Authorizer error`]) {
      const quoted = `Lambda execution failed with status 200 due to customer function error: ${words}. Lambda request id: ${invocation}`;
      const own = `${invocation} ERROR Invoke Error {"errorType":"BankError","errorMessage":"${words}"}`;
      expect(request(quoted, ended(502)), words).toMatchObject({
        cause: 'lambda-function-error',
        layer: 'integration',
      });
      const [reported] = assembleRequests([{ message: own }]);
      expect(reported, words).toMatchObject({ cause: 'lambda-function-error', possible: [] });
    }
  });

  it('is an empty failure alone', () => {
    expect(request(`${failed} `, ended(500))).toMatchObject({ cause: null, failed: true, status: 500 });
  });

  it('is the function that ended, where why it did is a guess', () => {
    const exited = `Lambda execution failed with status 200 due to customer function error: RequestId: ${invocation} Process exited before completing request. Lambda request id: ${invocation}`;
    expect(request(exited)).toMatchObject({ cause: 'lambda-function-error', lambdaRequestId: invocation });
  });
});

describe('a 5xx that was passed on', () => {
  it('is the backend, where its answer had that status', () => {
    const result = request(
      'Received response. Status: 503, Integration latency: 88 ms',
      'Method response headers: {}',
      ended(503),
    );
    expect(result).toMatchObject({ cause: 'backend-5xx', integrationLatencyMs: 88, decisive: 0 });
  });

  it('is the function, where it returned that statusCode', () => {
    const body = 'Endpoint response body before transformations: {"statusCode": 500, "body": "oops"}';
    expect(request(sent, 'Received response. Status: 200, Integration latency: 5 ms', body, ended(500))?.cause).toBe(
      'backend-5xx',
    );
  });

  it('is not the function that answered well', () => {
    const body =
      'Endpoint response body before transformations: {"statusCode": 200, "body": "{\\"statusCode\\": 500}"}';
    const result = request(sent, 'Received response. Status: 200, Integration latency: 5 ms', body, ended(500));
    expect(result).toMatchObject({ cause: null });
    expect(result?.possible).toContain('mapping-status-override');
  });

  it('is no cause of a request that succeeded', () => {
    expect(request('Received response. Status: 503, Integration latency: 8 ms', ended(200))?.cause).toBeNull();
  });
});

describe('refusals that end with 5xx', () => {
  it('were rewritten by a gateway response', () => {
    const denied =
      'User: anonymous is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:x';
    expect(request(denied, ended(500))).toMatchObject({
      cause: 'gateway-response-override',
      possible: ['resource-policy-denied'],
    });
    expect(request(denied, ended(403))?.cause).toBe('resource-policy-denied');
  });

  it('were not, where the rule of WAF answers so itself', () => {
    const record = (extra: string) => ({
      message: `{"webaclId":"arn:aws:wafv2:x","terminatingRuleId":"r","terminatingRuleType":"REGULAR","action":"BLOCK",${extra}"httpRequest":{"requestId":"AbC1dEfGhIjKlMn="}}`,
    });
    const access = {
      message:
        '{"requestId":"r1","extendedRequestId":"AbC1dEfGhIjKlMn=","status":"500","error_responseType":"WAF_FILTERED"}',
    };
    expect(assembleRequests([access, record('"responseCodeSent":500,')])[0]?.cause).not.toBe('resource-policy-denied');
    expect(assembleRequests([record('"responseCodeSent":500,')])[0]?.cause).toBe('waf-blocked');
  });
});

describe('grouping', () => {
  it('keeps interleaved requests apart', () => {
    const result = assembleRequests([
      ...lines(first, `${failed} Invalid permissions on Lambda function`),
      ...lines(second, 'Execution failed due to a timeout error'),
      ...lines(first, ended(500)),
      ...lines(second, ended(504)),
    ]);
    expect(result.map(({ requestId, cause, status }) => [requestId, cause, status])).toEqual([
      [first, 'lambda-invoke-permission-missing', 500],
      [second, 'integration-timeout', 504],
    ]);
  });

  it('joins the access log, WAF and the function by their own ids, in any order', () => {
    const result = assembleRequests([
      { message: `2024-05-01T10:00:03.003Z ${invocation} Task timed out after 3.00 seconds` },
      { message: '{"requestId":"AbC1dEfGhIjKlMn=","status":"502","httpMethod":"GET","resourcePath":"/orders"}' },
      ...lines(first, 'Extended Request Id: AbC1dEfGhIjKlMn='),
      ...lines(
        first,
        `Lambda execution failed with status 200 due to customer function error: unknown. Lambda request id: ${invocation}`,
      ),
    ]);
    expect(result).toHaveLength(1);
    expect(result[0]).toMatchObject({ requestId: first, cause: 'lambda-timeout', status: 502, route: 'GET /orders' });
  });

  it('reads the trace of TestInvokeMethod, whose lines carry no id', () => {
    const at = 'Thu Apr 05 11:07:54 UTC 2018 : ';
    const trace = [
      `Execution log for request ${first}`,
      `${at}Starting execution for request: ${first}`,
      `${at}HTTP Method: GET, Resource Path: /books`,
      `${at}${sent}`,
      `${at}${failed} Invalid permissions on Lambda function`,
      `${at}${ended(500)}`,
      `${at}${failed} Authorizer error`,
    ].map(message => ({ message }));
    const [whole, after] = assembleRequests(trace);
    expect(whole).toMatchObject({ requestId: first, cause: 'lambda-invoke-permission-missing', route: 'GET /books' });
    expect(whole?.functionArn).toBe('arn:aws:lambda:eu-west-1:111122223333:function:orders:live');
    expect(after).toMatchObject({ requestId: null, cause: 'authorizer-failure' });
  });

  it('joins the further lines of a body, and of a stack, to the request that they began in', () => {
    const [result] = assembleRequests([
      ...lines(first, 'Endpoint response body before transformations: {'),
      { message: '  "Reason": "ReservedFunctionConcurrentInvocationLimitExceeded",' },
      { message: '  "Type": "User"' },
      { message: '}' },
      ...lines(first, `${failed} Malformed Lambda proxy response`),
    ]);
    expect(result).toMatchObject({ requestId: first, cause: 'lambda-throttled' });
    expect(result?.members).toHaveLength(5);
  });

  it('leaves lines without an id alone', () => {
    const unrelated = [{ message: `${failed} Authorizer error` }, { message: assumeRole }];
    expect(assembleRequests(unrelated).map(({ requestId, cause }) => [requestId, cause])).toEqual([
      [null, 'authorizer-failure'],
      [null, null],
    ]);
  });

  it('does not join requests whose clients sent no valid id', () => {
    const shared = '(UUID_REPLACED_INVALID_REQUEST_ID)';
    const result = assembleRequests([
      { message: `${shared} ${assumeRole}` },
      { message: `${shared} ${failed} Authorizer error` },
    ]);
    expect(result).toHaveLength(2);
  });

  it('loses no event and makes none up', () => {
    const anyLine = fc.record({
      id: fc.constantFrom('', `(${first}) `, `(${second}) `, '(AbC1dEfGhIjKlMn=) '),
      text: fc.oneof(
        fc.string(),
        fc.constantFrom(assumeRole, sent, ended(500), `${failed} `, 'AuthorizerConfigurationException'),
      ),
    });
    fc.assert(
      fc.property(fc.array(anyLine), all => {
        const events = all.map(({ id, text }) => ({ message: `${id}${text}` }));
        const members = assembleRequests(events).flatMap(one => one.members.map(member => member.event));
        expect(members).toHaveLength(events.length);
        expect(new Set(members)).toEqual(new Set(events));
      }),
    );
  });
});

describe('failing requests of a stage', () => {
  const event = (message: string, second = 0): LogEvent => ({
    at: `2024-05-01T10:00:0${second}.000Z`,
    message,
    stream: 's',
  });
  const format =
    '{"requestId":"$context.requestId","status":"$context.status","stage":"$context.stage","method":"$context.httpMethod","route":"$context.resourcePath","error":"$context.error.responseType","integration":"$context.integration.error"}';
  const access = (values: Record<string, string>) =>
    event(
      JSON.stringify({
        requestId: first,
        status: '500',
        stage: 'prod',
        method: 'GET',
        route: '/orders',
        error: '-',
        integration: '-',
        ...values,
      }),
    );
  const assemble = async (execution: LogEvent[], accessEvents: LogEvent[] = [], apiType: ApiType = 'REST') =>
    assembleFailures(
      await readExecutionLines(execution),
      await readAccessLines({ format, events: accessEvents }, apiType, 'prod'),
      { execution: 'exec', access: 'acc' },
    );

  it('take route and status from the access log and the cause from the execution log', async () => {
    const decisive = event(`(${first}) ${failed} Malformed Lambda proxy response`, 1);
    expect(await assemble([decisive], [access({ status: '502' })])).toEqual([
      {
        requestId: first,
        at: '2024-05-01T10:00:00.000Z',
        status: 502,
        route: 'GET /orders',
        cause: 'lambda-malformed-response',
        possible: [],
        layer: 'integration',
        decisive,
        logGroup: 'exec',
        lambdaRequestId: null,
        functionArn: null,
        integrationLatencyMs: null,
        endpointStatus: null,
      },
    ]);
  });

  it('are found by the access log alone', async () => {
    const integration = 'Lambda Customer Function Error:x is not a function';
    expect(await assemble([], [access({ status: '502', integration, error: 'INTEGRATION_FAILURE' })])).toMatchObject([
      { cause: 'lambda-function-error', status: 502, logGroup: 'acc' },
    ]);
  });

  it('leave out what succeeded and what clients did wrong, and keep refusals apart by status', async () => {
    const all = [
      access({ requestId: 'a', status: '200' }),
      access({ requestId: 'b', status: '404' }),
      access({ requestId: 'c', status: '403', error: 'WAF_FILTERED' }),
      access({ requestId: 'd', status: '429', error: 'THROTTLED' }),
      access({ requestId: 'e', status: '500' }),
    ];
    expect((await assemble([], all)).map(({ requestId, status, cause }) => [requestId, status, cause])).toEqual([
      ['c', 403, 'waf-blocked'],
      ['d', 429, 'throttled'],
      ['e', 500, null],
    ]);
  });

  it('leave out other stages that share the log group', async () => {
    expect(await assemble([], [access({ stage: 'dev' })])).toEqual([]);
  });

  it('count an event once that two reads have brought', async () => {
    const twice = () => event('Execution failed due to a timeout error');
    expect(await assemble([twice(), twice()])).toHaveLength(1);
  });

  it('are in order, though their context was read after their failing lines', async () => {
    const failing = event(`(${first}) ${assumeRole}`);
    const context = [
      event(`(${first}) Starting authorizer: abc for request: ${first}`),
      event(`(${first}) Successfully completed authorizer execution`),
      event(`(${first}) ${sent}`),
      event(`(${first}) ${assumeRole}`),
    ];
    expect(await assemble([failing])).toMatchObject([{ cause: null }]);
    expect(await assemble([failing, ...context])).toMatchObject([{ cause: 'integration-role-not-assumable' }]);
    expect(await assemble([failing, ...context.filter(one => !one.message.includes('Successfully'))])).toMatchObject([
      { cause: 'authorizer-role-not-assumable' },
    ]);
  });

  it('tell a changed status on an HTTP API by the parameter mapping that alone can do it', async () => {
    const v2 = '$context.requestId $context.status $context.integration.status $context.integrationErrorMessage';
    const events = [event('AbC1dEfGhIjKlMn= 500 200 -')];
    expect(
      await assembleFailures(new Map(), await readAccessLines({ format: v2, events }, 'HTTP', '$default')),
    ).toMatchObject([{ cause: 'mapping-status-override', status: 500 }]);
  });

  it('are read from lines that are not in the format of the stage any more', async () => {
    const events = [event('203.0.113.7 - - [01/May/2024:10:00:00 +0000] "GET /a HTTP/1.1" 504 35 AbC1dEfGhIjKlMn=')];
    expect(await assembleFailures(new Map(), await readAccessLines({ format, events }, 'REST', 'prod'))).toMatchObject([
      { requestId: 'AbC1dEfGhIjKlMn=', status: 504, cause: null, route: 'GET /a' },
    ]);
  });

  it('take time in proportion to the number of events', async () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, at) =>
        event(
          `(${String(at >> 2).padStart(8, '0')}-1111-4111-8111-111111111111) ${at % 4 === 3 ? ended(502) : `${failed} Malformed Lambda proxy response ${at}`}`,
        ),
      );
    const once = async (count: number) => {
      const events = many(count);
      const started = workedMs();
      expect(await assemble(events)).toHaveLength(count / 4);
      return workedMs() - started;
    };
    // The least of three, so that a collection of garbage does not count.
    const time = async (count: number) => Math.min(await once(count), await once(count), await once(count));
    await time(400);
    expect(await time(8000)).toBeLessThan(Math.max(await time(800), 5) * 40);
  });
});
