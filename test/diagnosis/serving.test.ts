import { describe, expect, test } from 'vitest';
import { backendsOf } from '../../src/diagnosis/backends.ts';
import {
  backendServing,
  failingFirst,
  functionBehind,
  integrationTimeoutMs,
  metTimeout,
} from '../../src/diagnosis/serving.ts';
import { deployed, failures, functionArn, integration, lambdaUri, route } from './steps/fixtures.ts';
import { functionFacts } from './steps/readings.ts';

const live = `${functionArn}:live`;
const { configuration } = deployed({
  routes: [
    route('GET /orders'),
    route('POST /orders', { integration: integration({ uri: lambdaUri(live) }) }),
    route('GET /items', { integration: integration({ type: 'HTTP_PROXY', uri: 'https://example.com/' }) }),
  ],
});
const backends = backendsOf(configuration, {});
const request = (over: Parameters<typeof failures>[0] & object extends (infer One)[] ? One : never) => {
  const [one] = failures([over]).requests;
  if (one === undefined) throw new Error('no request');
  return one;
};
const uriOf = (over: Parameters<typeof request>[0]) => backendServing(backends, request(over))?.uri;

describe('backendServing', () => {
  test('by the function that was called, its qualifier included', () => {
    expect(uriOf({ functionArn: live })).toBe(lambdaUri(live));
    expect(uriOf({ functionArn })).toBe(lambdaUri());
  });

  test('by the route, or because there is no other', () => {
    expect(uriOf({ route: 'GET /items' })).toBe('https://example.com/');
    expect(uriOf({})).toBeUndefined();
    expect(backendServing(backends.slice(0, 1), request({}))).toBe(backends[0]);
  });

  test('by the route where the function is none of them', () => {
    expect(uriOf({ functionArn: functionArn.replace('orders', 'auth'), route: 'GET /items' })).toBe(
      'https://example.com/',
    );
  });
});

test('backends with failing requests come first', () => {
  const requests = failures([{ route: 'GET /items' }, { route: 'GET /items' }, { route: 'POST /orders' }]).requests;
  expect(failingFirst(backends, requests).map(one => one.routes[0]?.key)).toEqual([
    'GET /items',
    'POST /orders',
    'GET /orders',
  ]);
});

test('the function behind a backend', () => {
  const facts = functionFacts();
  const [first, second, third] = backends;
  if (!first || !second || !third) throw new Error('three backends');
  expect(functionBehind(first, [facts])).toBe(facts);
  expect(functionBehind(second, [facts])).toBeNull();
  expect(functionBehind(third, [facts])).toBeNull();
});

test('a timeout is a status and a latency as long as API Gateway waits', () => {
  const [first] = backends;
  if (!first) throw new Error('a backend');
  expect(integrationTimeoutMs(first.integration, 'REST')).toBe(29_000);
  expect(integrationTimeoutMs(first.integration, 'HTTP')).toBe(30_000);
  expect(metTimeout(request({ status: 504, integrationLatencyMs: 28_990 }), first, 'REST')).toBe(true);
  expect(metTimeout(request({ status: 504, integrationLatencyMs: 20_000 }), first, 'REST')).toBe(false);
  expect(metTimeout(request({ status: 500, integrationLatencyMs: 29_000 }), first, 'REST')).toBe(false);
  expect(metTimeout(request({ status: 504 }), first, 'REST')).toBe(false);
});
