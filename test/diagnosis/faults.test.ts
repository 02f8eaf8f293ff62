import { describe, expect, test } from 'vitest';
import {
  type Fault,
  type FaultContext,
  failingRoutes,
  failingRoutesFirst,
  fault,
  faultContext,
} from '../../src/diagnosis/faults.ts';
import { denied, deployed, failures, route } from './steps/fixtures.ts';
import { traffic } from './steps/readings.ts';

const routes = [route('GET /orders'), route('ANY /items/{id}'), route('POST /orders')];

describe('failingRoutes', () => {
  const failing = (...requests: Parameters<typeof failures>[0] & object) => failingRoutes(failures(requests), routes);

  test('are those that serve the failing requests', () => {
    expect(failing({ route: 'GET /orders' }, { route: 'PUT /items/42' })).toEqual(
      new Set(['GET /orders', 'ANY /items/{id}']),
    );
  });

  test('cannot be told where one request names no route, none fails, or the logs were cut', () => {
    expect(failing({ route: 'GET /orders' }, { route: null })).toBeNull();
    expect(failing({ route: 'GET /nowhere' })).toBeNull();
    expect(failing()).toBeNull();
    expect(failing({ route: 'GET /orders', status: 403 })).toBeNull();
    const cut = failures([{ route: 'GET /orders' }]);
    expect(
      failingRoutes({ ...cut, sources: cut.sources.map(one => ({ ...one, complete: false })) }, routes),
    ).toBeNull();
  });

  test('come first', () => {
    expect(failingRoutesFirst(routes, new Set(['POST /orders'])).map(one => one.key)).toEqual([
      'POST /orders',
      'GET /orders',
      'ANY /items/{id}',
    ]);
    expect(failingRoutesFirst(routes, null)).toEqual(routes);
  });
});

describe('fault', () => {
  const found: Fault = {
    about: 'integration-role-lacks-permission',
    routes: routes.slice(0, 1),
    sentence: 'It lacks a right.',
    evidence: ['1'],
    parameters: {},
  };
  const context = (over: Partial<FaultContext> = {}): FaultContext => ({
    faithful: true,
    failing: null,
    seen: new Set(),
    served: new Set(['GET /orders']),
    ...over,
  });

  test('what must fail is a problem with a claim', () => {
    expect(fault(context(), found)).toMatchObject({
      status: 'problem',
      claims: [
        {
          cause: 'integration-role-lacks-permission',
          basis: 'configuration',
          parameters: { route: 'GET /orders', routes: ['GET /orders'] },
        },
      ],
    });
  });

  test('what may fail is a warning, until failing requests say so', () => {
    const may = { ...found, basis: 'symptom' } as const;
    expect(fault(context(), may)).toMatchObject({ status: 'warning', claims: [{ basis: 'symptom' }] });
    expect(fault(context({ seen: new Set([found.about]) }), may).status).toBe('problem');
  });

  test('a draft, and routes that do not fail, make no claim', () => {
    for (const over of [{ faithful: false }, { failing: new Set(['POST /orders']) }]) {
      const aspect = fault(context(over), found);
      expect(aspect.status).toBe('warning');
      expect(aspect.claims).toBeUndefined();
      expect(aspect.sentence).toMatch(/^It lacks a right; .*\.$/);
    }
  });

  test('where nothing tells the failing routes and others are served, it is claimed as a symptom, until requests say so', () => {
    const served = new Set(['GET /orders', 'POST /orders']);
    const claimed = (over: Partial<FaultContext>, covered = found) =>
      fault(context({ served, ...over }), covered).claims?.map(one => one.basis);
    expect(claimed({})).toEqual(['symptom']);
    expect(claimed({ failing: new Set(['GET /orders']) })).toEqual(['configuration']);
    expect(claimed({ seen: new Set([found.about]) })).toEqual(['configuration']);
    expect(claimed({}, { ...found, routes })).toEqual(['configuration']);
  });

  test('metrics of single routes tell what fails where the logs do not', () => {
    const nothing = { value: failures(), unread: null };
    const measured = { ...traffic(), routes: [{ key: 'POST /orders', errors: 4 }] };
    expect(faultContext(deployed({ routes }), nothing, measured).failing).toEqual(new Set(['POST /orders']));
    expect(faultContext(deployed({ routes }), nothing, traffic()).failing).toBeNull();
    const logged = { value: failures([{ route: 'GET /orders' }]), unread: null };
    expect(faultContext(deployed({ routes }), logged, measured).failing).toEqual(new Set(['GET /orders']));
  });

  test('the context comes from what is deployed and what fails', () => {
    const read = {
      value: failures([{ cause: null, possible: ['lambda-throttled'] }, { cause: 'lambda-timeout' }]),
      unread: null,
    };
    expect(faultContext(deployed(), read).seen).toEqual(new Set(['lambda-throttled', 'lambda-timeout']));
    expect(
      faultContext(deployed({ faithful: false }), { value: null, unread: denied('logs:FilterLogEvents') }),
    ).toEqual({
      faithful: false,
      failing: null,
      seen: new Set(),
      served: new Set(['GET /orders']),
    });
  });
});
