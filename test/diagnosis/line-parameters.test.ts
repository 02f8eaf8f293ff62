import { describe, expect, it } from 'vitest';
import { lineParameters } from '../../src/diagnosis/line-parameters.ts';

const functionArn = 'arn:aws:lambda:eu-west-1:111122223333:function:orders-fn:live';
const invocation = '99999999-9999-4999-8999-999999999999';

describe('lineParameters', () => {
  it('names the function that was called, its alias apart', () => {
    const parameters = lineParameters(
      '(x) Execution failed due to a timeout error',
      'integration-timeout',
      functionArn,
    );
    expect(parameters).toEqual({
      functionName: 'orders-fn',
      functionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:orders-fn',
      qualifier: 'live',
    });
  });

  it('names the role that cannot be assumed', () => {
    const line =
      'API Gateway does not have permission to assume the provided role arn:aws:iam::111122223333:role/service/orders-role';
    expect(lineParameters(line, 'integration-role-not-assumable')).toEqual({
      roleArn: 'arn:aws:iam::111122223333:role/service/orders-role',
      roleName: 'orders-role',
    });
  });

  it('names role, action and resource of a refusal', () => {
    const line = `Lambda execution failed with status 200 due to customer function error: User: arn:aws:sts::111122223333:assumed-role/orders-role/orders-fn is not authorized to perform: dynamodb:GetItem on resource: arn:aws:dynamodb:eu-west-1:111122223333:table/orders because no identity-based policy allows it. Lambda request id: ${invocation}`;
    expect(lineParameters(line, 'lambda-execution-role-lacks-permission')).toEqual({
      roleName: 'orders-role',
      action: 'dynamodb:GetItem',
      resource: 'arn:aws:dynamodb:eu-west-1:111122223333:table/orders',
    });
  });

  it('reads status, timeout, memory and host', () => {
    expect(
      lineParameters('Output mapping refers to an invalid method response: 201', 'output-mapping-invalid'),
    ).toEqual({ statusCode: '201' });
    expect(lineParameters('Task timed out after 3.00 seconds', 'lambda-timeout')).toEqual({
      functionTimeoutSeconds: 3,
    });
    expect(lineParameters('REPORT Memory Size: 128 MB Max Memory Used: 128 MB', 'lambda-out-of-memory')).toEqual({
      memoryMb: 128,
    });
    expect(lineParameters("Host name 'a.example.com' does not match", 'backend-tls-failure')).toEqual({
      endpoint: 'a.example.com',
    });
    expect(lineParameters('Received response. Status: 503, Integration latency: 1 ms', 'backend-5xx')).toEqual({
      statusCode: '503',
    });
  });

  it('quotes what the function reported, without ids, and not without end', () => {
    const quote = (text: string) =>
      lineParameters(
        `Lambda execution failed with status 200 due to customer function error: ${text}. Lambda request id: ${invocation}`,
        'lambda-function-error',
      ).message;
    expect(quote('list index out of range')).toBe('list index out of range');
    expect(quote('x'.repeat(500))).toHaveLength(160);
  });

  it('names rule and web ACL of a block', () => {
    const line =
      '{"webaclId":"arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/a/1","terminatingRuleId":"bots","action":"BLOCK"}';
    expect(lineParameters(line, 'waf-blocked')).toEqual({
      webAclArn: 'arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/a/1',
      rule: 'bots',
    });
  });

  it('names the gateway response and its code', () => {
    const line = '(AbC=) Gateway response type: ACCESS_DENIED with status code: 500';
    expect(lineParameters(line, 'gateway-response-override')).toEqual({ resource: 'ACCESS_DENIED', statusCode: '500' });
  });

  it('leaves out what a line does not tell', () => {
    expect(lineParameters('Malformed Lambda proxy response', 'lambda-malformed-response')).toEqual({});
  });
});
