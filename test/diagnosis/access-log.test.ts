import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAccessLog } from '../../src/diagnosis/access-log.ts';

describe('with the format of the stage', () => {
  it('finds fields of JSON by the variable, whatever the keys are called', () => {
    const format =
      '{ "id":"$context.requestId", "code":$context.status, "why":$context.error.messageString, "in":{"err":"$context.integrationErrorMessage"}, "line":"$context.httpMethod $context.resourcePath", "app":"orders" }';
    const message =
      '{ "id":"r1", "code":504, "why":"Endpoint request timed out", "in":{"err":"-"}, "line":"GET /orders", "app":"orders" }';
    expect(parseAccessLog(format, message)).toEqual({
      requestId: 'r1',
      status: '504',
      'error.messageString': 'Endpoint request timed out',
      'integration.error': '-',
      httpMethod: 'GET',
      resourcePath: '/orders',
    });
  });

  it('reads JSON that a quoted messageString has made invalid', () => {
    const format =
      '{"id":"$context.requestId","message":"$context.error.messageString","type":"$context.error.responseType","status":"$context.status"}';
    const message = '{"id":"r1","message":""Endpoint request timed out"","type":"INTEGRATION_TIMEOUT","status":"504"}';
    expect(() => JSON.parse(message)).toThrow();
    expect(parseAccessLog(format, message)).toEqual({
      requestId: 'r1',
      'error.messageString': 'Endpoint request timed out',
      'error.responseType': 'INTEGRATION_TIMEOUT',
      status: '504',
    });
  });

  it('reads JSON with quotes inside a value', () => {
    const format = '{"id":"$context.requestId","error":"$context.integration.error","status":"$context.status"}';
    const message = '{"id":"r1","error":"Lambda Customer Function Error:\\"x\\" is wrong","status":"502"}';
    expect(parseAccessLog(format, message)).toMatchObject({
      'integration.error': 'Lambda Customer Function Error:"x" is wrong',
      status: '502',
    });
  });

  it('reads CLF, also with an error in the middle', () => {
    const format =
      '$context.identity.sourceIp $context.identity.caller $context.identity.user [$context.requestTime] "$context.httpMethod $context.routeKey $context.protocol" $context.status $context.integrationErrorMessage $context.responseLength $context.requestId';
    const message =
      '203.0.113.9 - - [15/Feb/2024:23:08:37 +0000] "GET $default HTTP/1.1" 500 The Lambda function returned an error, see logs 35 AbC1dEfGhIjKlMn=';
    expect(parseAccessLog(format, message)).toMatchObject({
      status: '500',
      routeKey: '$default',
      'integration.error': 'The Lambda function returned an error, see logs',
      responseLength: '35',
      requestId: 'AbC1dEfGhIjKlMn=',
    });
  });

  it('reads XML, CSV, pipes and key=value', () => {
    expect(
      parseAccessLog(
        '<request id="$context.requestId"> <status>$context.status</status> <error>$context.error.message</error> </request>',
        '<request id="r1"> <status>500</status> <error>Internal server error</error> </request>',
      ),
    ).toEqual({ requestId: 'r1', status: '500', 'error.message': 'Internal server error' });
    expect(
      parseAccessLog('$context.requestId,$context.status,$context.error.message', 'r1,504,Network error, retried'),
    ).toEqual({ requestId: 'r1', status: '504', 'error.message': 'Network error, retried' });
    expect(
      parseAccessLog(
        '$context.requestId | $context.error.message | $context.status',
        'r1 | Endpoint request timed out | 504',
      ),
    ).toEqual({ requestId: 'r1', 'error.message': 'Endpoint request timed out', status: '504' });
    expect(
      parseAccessLog(
        'id=$context.requestId status=$context.status waf=$context.waf.error',
        'id=r1 status=500 waf=Failed to call WAF',
      ),
    ).toEqual({ requestId: 'r1', status: '500', 'waf.error': 'Failed to call WAF' });
  });

  it('takes the several names of one variable for one', () => {
    const format =
      '$context.requestId $context.integrationStatus $context.integrationLatency $context.integration.integrationStatus';
    expect(parseAccessLog(format, 'r1 429 12 429')).toEqual({
      requestId: 'r1',
      'integration.integrationStatus': '429',
      'integration.latency': '12',
    });
  });

  it('does not mind white space that the format has and the line has not', () => {
    expect(
      parseAccessLog('{\n  "a": "$context.requestId",\n  "b": "$context.status"\n}', '{ "a": "r1", "b": "500" }'),
    ).toEqual({
      requestId: 'r1',
      status: '500',
    });
  });

  it('says null for lines that another format wrote', () => {
    expect(parseAccessLog('{"id":"$context.requestId","s":"$context.status"}', '203.0.113.9 - - hello')).toBeNull();
    expect(parseAccessLog('$context.requestId $context.status $context.path', '{"id":"r1","status":"500"}')).toBeNull();
    expect(parseAccessLog('$context.requestId $context.status', '')).toBeNull();
  });

  it('gives every value back that the separators allow', () => {
    const value = fc.stringMatching(/^[A-Za-z0-9/_.=-]{1,20}$/);
    const separator = fc.constantFrom(' ', ',', ' | ', '","x":"', ';');
    fc.assert(
      fc.property(value, value, value, separator, (id, path, length, between) => {
        fc.pre(![id, path, length].some(one => one === '-' || one.includes(between)));
        const format = ['$context.requestId', '$context.resourcePath', '$context.responseLength'].join(between);
        expect(parseAccessLog(format, [id, path, length].join(between))).toEqual({
          requestId: id,
          resourcePath: path,
          responseLength: length,
        });
      }),
    );
  });

  it('never throws', () => {
    const pieces = fc.array(
      fc.oneof(fc.string(), fc.constantFrom('$context.status', '$context.error.message', '{"', '":"', '"}')),
    );
    fc.assert(
      fc.property(pieces, fc.string(), (format, message) => {
        parseAccessLog(format.join(''), message);
        parseAccessLog(null, message);
      }),
    );
  });
});

describe('without the format', () => {
  it.each([
    [
      '{"requestId":"r1","status":500,"error":{"message":"Forbidden","responseType":"ACCESS_DENIED"}}',
      { status: '500', 'error.responseType': 'ACCESS_DENIED' },
    ],
    [
      '{"request_id":"r1","status":"502","integration_error":"x","integration_status":"-","integration_integration_status":"429"}',
      { requestId: 'r1', 'integration.error': 'x', 'integration.integrationStatus': '429' },
    ],
    [
      'requestId=r1 status=504 errorMessage="Endpoint request timed out"',
      { status: '504', 'error.message': 'Endpoint request timed out' },
    ],
    ['status=500 wafError=WAF call got timed out', { 'waf.error': 'WAF call got timed out' }],
    [
      '203.0.113.9 - - [15/Feb/2024:23:08:37 +0000] "GET $default HTTP/1.1" 500 35 AbC1dEfGhIjKlMn=',
      { status: '500', requestId: 'AbC1dEfGhIjKlMn=' },
    ],
    [
      '203.0.113.9 - - [15/Feb/2024:23:08:37 +0000]"GET /a HTTP/1.1" 500 35 r-1 AbC1dEfGhIjKlMn=',
      { requestId: 'r-1', extendedRequestId: 'AbC1dEfGhIjKlMn=' },
    ],
    [
      '203.0.113.9,-,-,15/Feb/2024:23:08:37 +0000,GET,/orders,HTTP/1.1,502,36,r1,AbC1dEfGhIjKlMn=',
      { status: '502', resourcePath: '/orders' },
    ],
    [
      '<request id="r1"> <ip>203.0.113.9</ip> <httpMethod>GET</httpMethod> <status>500</status> </request>',
      { requestId: 'r1', status: '500' },
    ],
  ])('guesses %s', (line, fields) => {
    expect(parseAccessLog(null, line)).toMatchObject(fields);
  });

  it.each([
    '(11111111-1111-4111-8111-111111111111) Method completed with status: 500',
    '{"message":"Internal server error"}',
    '{"timestamp":1,"webaclId":"x","action":"BLOCK","httpRequest":{"requestId":"r","httpMethod":"GET"}}',
    '{"type":"platform.report","record":{"requestId":"r","status":"timeout"}}',
    '{"errorType":"Error","errorMessage":"boom"}',
    'REPORT RequestId: r Duration: 3 ms Status: timeout',
    '{"errorType":"TypeError","errorMessage":"boom","requestId":"r"}',
    '{"status":"pending","requestId":"r"}',
  ])('does not take another log for it: %s', line => {
    expect(parseAccessLog(null, line)).toBeNull();
  });
});
