import { describe, expect, test } from 'vitest';
import { failingRoutesFirst, routeServing, withoutStage } from '../../src/diagnosis/routes.ts';
import { workedMs } from '../support/processor-time.ts';
import { route } from './steps/fixtures.ts';

const keys = [
  'GET /orders',
  'GET /orders/{id}',
  'ANY /orders/{id}',
  'POST /orders/search',
  'ANY /orders/{proxy+}',
  'ANY /{proxy+}',
  '$default',
];
const routes = keys.map(key => route(key));

describe('routeServing', () => {
  test.each([
    ['GET /orders', 'GET /orders'],
    ['GET /orders/', 'GET /orders'],
    ['GET /orders/{id}', 'GET /orders/{id}'],
    ['GET /orders/42', 'GET /orders/{id}'],
    ['PUT /orders/42', 'ANY /orders/{id}'],
    ['POST /orders/search', 'POST /orders/search'],
    ['GET /orders/42/lines', 'ANY /orders/{proxy+}'],
    ['GET /items', 'ANY /{proxy+}'],
    ['$connect', '$default'],
  ])('%s is served by %s', (requested, key) => {
    expect(routeServing(routes, requested)?.key).toBe(key);
  });

  test('nothing serves what fits no route', () => {
    expect(routeServing([route('GET /orders')], 'POST /orders')).toBeNull();
    expect(routeServing([route('GET /a.b')], 'GET /axb')).toBeNull();
    expect(routeServing([], 'GET /')).toBeNull();
  });

  test('thousands of requests to many hundreds of routes are told in the time that a person does not notice', () => {
    const many = Array.from({ length: 1_000 }, (_, at) => route(`GET /area${at % 250}/{id}/part${at}`));
    const started = workedMs();
    for (let at = 0; at < 5_000; at += 1) {
      const served = routeServing(many, `GET /area${at % 250}/${at}/part${at % 1_000}`);
      expect(served?.key).toBe(`GET /area${at % 250}/{id}/part${at % 1_000}`);
    }
    // Looked at one by one, five million patterns take seconds.
    expect(workedMs() - started).toBeLessThan(2_000);
  });
});

test('a path may begin with the stage', () => {
  expect(withoutStage('GET /prod/orders', 'prod')).toBe('GET /orders');
  expect(withoutStage('GET /prod', 'prod')).toBe('GET /');
  expect(withoutStage('GET /products', 'prod')).toBe('GET /products');
  expect(withoutStage('$connect', 'prod')).toBe('$connect');
});

test('failing routes come first, the others in their order', () => {
  const ordered = failingRoutesFirst(routes, ['POST /orders/search', 'PUT /orders/42', null]);
  expect(ordered.map(one => one.key).slice(0, 3)).toEqual(['ANY /orders/{id}', 'POST /orders/search', 'GET /orders']);
  expect(ordered).toHaveLength(routes.length);
});
