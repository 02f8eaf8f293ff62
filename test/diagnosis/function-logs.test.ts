import { describe, expect, test } from 'vitest';
import { backendsOf } from '../../src/diagnosis/backends.ts';
import { faultsIn, functionsToRead, refined } from '../../src/diagnosis/function-logs.ts';
import type { FailedRequest } from '../../src/diagnosis/signals.ts';
import { deployed, failures, functionArn, integration, lambdaUri, route } from './steps/fixtures.ts';
import { functionFacts, line, source } from './steps/readings.ts';

const [a, b] = ['6f1c1e2a-1111-4222-8333-444455556666', '6f1c1e2a-1111-4222-8333-444455557777'];

describe('faultsIn', () => {
  test('is one for each invocation, with the closest cause', () => {
    const faults = faultsIn([
      line(`START RequestId: ${a} Version: $LATEST`),
      line(`2026-11-22T10:05:00.000Z\t${a}\tERROR\tInvoke Error \t{"errorType":"Error","errorMessage":"boom"}`),
      line(`2026-11-22T10:05:03.000Z ${a} Task timed out after 3.00 seconds`),
      line(`RequestId: ${b} Error: Runtime exited with error: signal: killed`),
      line(`REPORT RequestId: ${a} Duration: 3000.00 ms`),
    ]);
    expect(faults.map(one => [one.lambdaRequestId, one.cause])).toEqual([
      [a, 'lambda-timeout'],
      [b, 'lambda-out-of-memory'],
    ]);
  });

  test('lines that tell of nothing are no fault', () => {
    expect(faultsIn([line('hello'), line(`END RequestId: ${a}`)])).toEqual([]);
  });
});

describe('functionsToRead', () => {
  const other = functionArn.replace('orders-fn', 'items-fn');
  const backends = backendsOf(
    deployed({
      routes: [route('GET /orders'), route('GET /items', { integration: integration({ uri: lambdaUri(other) }) })],
    }).configuration,
    {},
  );
  const items = functionFacts({ reference: { ...functionFacts().reference, name: 'items-fn', arn: other } });
  const gone = functionFacts({ reference: { ...items.reference, name: 'gone' }, configuration: null });
  const authorizer = functionFacts({ usedBy: 'auth' });
  const all = [functionFacts(), items, gone, authorizer];
  const chosen = (requests: Partial<FailedRequest>[]) =>
    functionsToRead(all, backends, failures(requests)).map(one => one.reference.name);

  test('those behind requests that failed in the function', () => {
    expect(chosen([{ cause: 'lambda-function-error', functionArn: other }])).toEqual(['items-fn']);
    expect(chosen([{ cause: 'backend-5xx', route: 'GET /orders' }])).toEqual(['orders-fn']);
    expect(chosen([{ cause: null, functionArn, lambdaRequestId: a }])).toEqual(['orders-fn']);
    expect(
      chosen([
        { cause: null, functionArn },
        { cause: 'lambda-throttled', functionArn },
      ]),
    ).toEqual([]);
    expect(chosen([{ cause: 'lambda-function-error', functionArn, status: 403 }])).toEqual([]);
  });

  test('all that exist where no log of API Gateway was read', () => {
    const blind = { requests: [], sources: [source('off')] };
    expect(functionsToRead(all, backends, blind).map(one => one.reference.name)).toEqual(['orders-fn', 'items-fn']);
    expect(functionsToRead(all, backends, null)).toHaveLength(2);
  });
});

describe('refined', () => {
  const log = (cause: 'lambda-timeout' | 'lambda-function-error') => [
    {
      facts: functionFacts(),
      logGroup: '/aws/lambda/orders-fn',
      log: { value: null, unread: null },
      faults: [{ cause, lambdaRequestId: a, event: line('the line') }],
    },
  ];
  const causeOf = (request: Partial<FailedRequest>, cause: 'lambda-timeout' | 'lambda-function-error') =>
    refined(failures([{ lambdaRequestId: a, ...request }]).requests, log(cause))[0];

  test('replaces what is vague, with the line that says so', () => {
    expect(causeOf({ cause: 'lambda-function-error' }, 'lambda-timeout')).toMatchObject({
      cause: 'lambda-timeout',
      logGroup: '/aws/lambda/orders-fn',
      decisive: { message: 'the line' },
    });
    expect(causeOf({ cause: null }, 'lambda-function-error')?.cause).toBe('lambda-function-error');
  });

  test('keeps what API Gateway names itself, and an answer of the application', () => {
    expect(causeOf({ cause: 'lambda-malformed-response' }, 'lambda-timeout')?.cause).toBe('lambda-malformed-response');
    expect(causeOf({ cause: 'backend-5xx' }, 'lambda-function-error')?.cause).toBe('backend-5xx');
    expect(causeOf({ cause: 'lambda-function-error', lambdaRequestId: b }, 'lambda-timeout')?.cause).toBe(
      'lambda-function-error',
    );
  });
});
