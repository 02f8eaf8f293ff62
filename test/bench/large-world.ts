/** A REST API with many routes, as benchmarks need it: one in ten fails, and all that fails is logged. */
import { fillIn, type WorldDocument, worldSchema } from '../../src/sandbox/aws/world.ts';
import type { Scenario } from '../../src/sandbox/scenario.ts';

/** Functions behind the routes; more than a diagnosis looks at. */
const routesPerFunction = 20;
const failingMinutes = 12;
/** Of each failing route: with three lines a request, the log grows with the routes. */
const requestsPerMinute = 8;

export const largeApiId = 'l4r6e8a1p1';

/** Lines that the failing requests leave in the execution log. */
export function logEventsOf(routes: number): number {
  return Math.ceil(routes / 10) * failingMinutes * requestsPerMinute * 3;
}

export function largeScenario(routes: number): Scenario {
  const paths: Record<string, unknown> = {};
  const functions: Record<string, unknown> = {};
  const traffic: Record<string, unknown> = {};
  for (let route = 0; route < routes; route += 1) {
    const name = `handler-${Math.floor(route / routesPerFunction)}`;
    const path = `/area${Math.floor(route / 25)}/things${route}/{id}`;
    paths[path] = { GET: { integration: { type: 'AWS_PROXY', function: name } } };
    functions[name] ??= {
      role: 'handlers',
      timeout: 10,
      permissions: { api: { sourceArn: `arn:aws:execute-api:<region>:<accountId>:${largeApiId}/*/GET/*` } },
    };
    traffic[`route${route}`] =
      route % 10 === 0
        ? failing(`GET ${path}`, path)
        : { api: largeApiId, route: `GET ${path}`, path: path.replace('{id}', '42'), every: '60s' };
  }
  const world = {
    accountId: '111122223333',
    region: 'eu-west-1',
    restApis: {
      [largeApiId]: {
        name: 'large-api',
        createdDate: '-400d',
        paths,
        deployments: { d1: { createdDate: '-20d' } },
        stages: {
          prod: {
            deploymentId: 'd1',
            createdDate: '-400d',
            lastUpdatedDate: '-20d',
            methodSettings: { '*/*': { loggingLevel: 'ERROR', metricsEnabled: true } },
          },
        },
      },
    },
    functions,
    roles: {
      handlers: {
        trust: {
          Statement: { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
        },
      },
      'apigateway-cloudwatch': {
        trust: {
          Statement: { Effect: 'Allow', Principal: { Service: 'apigateway.amazonaws.com' }, Action: 'sts:AssumeRole' },
        },
      },
    },
    traffic,
  } as unknown as WorldDocument;
  return {
    id: `routes-${routes}`,
    story: 'A release of many functions answers with what API Gateway cannot read.',
    args: [largeApiId, 'prod'],
    expected: { status: 'cause_found', causes: ['lambda-malformed-response'] },
    world: worldSchema.parse(fillIn(world)),
  };
}

function failing(route: string, path: string) {
  return {
    api: largeApiId,
    route,
    path: path.replace('{id}', '42'),
    from: `-${failingMinutes}m`,
    perMinute: requestsPerMinute,
    status: 502,
    function: { durationMs: [24, 88] },
    execution: [
      'Execution failed due to configuration error: Malformed Lambda proxy response',
      'Gateway response type: DEFAULT_5XX with status code: 502',
    ],
  };
}
