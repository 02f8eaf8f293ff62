import { describe, expect, test } from 'vitest';
import { backendsOf } from '../../src/diagnosis/backends.ts';
import { notebook } from '../../src/diagnosis/finding.ts';
import type { Setup } from '../../src/diagnosis/narrow-cause.ts';
import { causeAspects, classified } from '../../src/diagnosis/request-causes.ts';
import type { FailedRequest } from '../../src/diagnosis/signals.ts';
import { deployed, failures, functionArn, integration, lambdaUri, route, target } from './steps/fixtures.ts';
import { functionFacts, line } from './steps/readings.ts';

const other = functionArn.replace('orders-fn', 'items-fn');
const running = deployed({
  routes: [route('GET /orders'), route('ANY /items/{id}', { integration: integration({ uri: lambdaUri(other) }) })],
});
const setup: Setup = {
  target,
  deployed: running,
  backends: backendsOf(running.configuration, {}),
  functions: [functionFacts()],
  links: [],
};
const causesOf = (requests: Partial<FailedRequest>[]) =>
  classified(failures(requests).requests, [], setup).map(one => one.cause);

describe('classified', () => {
  const body = line('Endpoint response body before transformations: {"Message":"not authorized"}');
  const lookedUp = { cause: 'integration-role-lacks-permission', route: 'GET /orders', decisive: body } as const;

  test('requests that were looked up speak for those that failed alike', () => {
    const alike = { cause: null, route: 'GET /orders' };
    expect(causesOf([lookedUp, lookedUp, alike, { ...alike, cause: 'no-integration-response-match' }])).toEqual(
      Array(4).fill('integration-role-lacks-permission'),
    );
  });

  test('and for no others', () => {
    const others = [
      { cause: null, route: 'GET /items/1' },
      { cause: null, route: 'GET /orders', status: 502 },
      { cause: null },
      { cause: 'lambda-throttled', route: 'GET /orders' },
    ] as const;
    expect(causesOf([lookedUp, lookedUp, ...others]).slice(2)).toEqual([null, null, null, 'lambda-throttled']);
    const divided = [lookedUp, { ...lookedUp, cause: 'aws-service-integration-rejected' } as const];
    expect(causesOf([...divided, { cause: null, route: 'GET /orders' }])[2]).toBeNull();
    const direct = { ...lookedUp, decisive: line('Execution failed due to configuration error') };
    expect(causesOf([direct, direct, { cause: null, route: 'GET /orders' }])[2]).toBeNull();
  });
});

describe('causeAspects', () => {
  test('count by cause and by the function that was called', () => {
    const notes = notebook();
    const requests = failures([
      { cause: 'lambda-malformed-response', route: 'GET /items/1', decisive: line('Malformed') },
      { cause: 'lambda-malformed-response', route: 'GET /items/2' },
      { cause: 'lambda-malformed-response', route: 'GET /orders' },
      { cause: 'throttled', status: 429 },
      { cause: 'unclassified' },
      { cause: null },
    ]).requests;
    const [first, other, refused, ...rest] = causeAspects(requests, setup, notes);
    expect(rest).toEqual([]);
    expect(first).toMatchObject({
      status: 'problem',
      sentence: expect.stringContaining('Logs of 2 of 5 failing requests of GET /items/1 and GET /items/2 say'),
      claims: [{ requests: 2, parameters: { functionName: 'items-fn', route: 'ANY /items/{id}' } }],
    });
    expect(other).toMatchObject({
      status: 'problem',
      claims: [{ requests: 1, parameters: { functionName: 'orders-fn' } }],
    });
    // A refusal counts as no failing request.
    expect(refused).toMatchObject({ status: 'warning', claims: [{ requests: 0, parameters: { statusCode: '429' } }] });
    expect(notes.evidence).toHaveLength(3);
    expect(causeAspects(requests, setup, notes, cause => cause === 'throttled')).toHaveLength(1);
  });

  test('of a refusal that became a 5xx, the refusal is a lead', () => {
    const requests = failures([{ cause: 'gateway-response-override', possible: ['resource-policy-denied'] }]).requests;
    const [aspect] = causeAspects(requests, setup, notebook());
    expect(aspect?.claims).toMatchObject([
      { cause: 'gateway-response-override', basis: 'signature' },
      { cause: 'resource-policy-denied', basis: 'symptom', parameters: { statusCode: '500' } },
    ]);
  });
});
