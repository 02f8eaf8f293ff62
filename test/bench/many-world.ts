/** Many small REST APIs that fail for one reason, each with an alarm: as many incidents at once. */
import { fillIn, type World, type WorldDocument, worldSchema } from '../../src/sandbox/aws/world.ts';
import type { Scenario } from '../../src/sandbox/scenario.ts';

export const manyId = 'many-apis';

/** Name of an API; its alarm is `<name>-5xx`. */
export function apiName(index: number): string {
  return `shop-${String(index).padStart(3, '0')}`;
}

/** Its id, of ten characters as API Gateway gives them. */
export function apiId(index: number): string {
  return `shop${String(index).padStart(6, '0')}`;
}

export function manyWorld(apis: number): World {
  const indexes = Array.from({ length: apis }, (_, index) => index);
  const trust = (service: string) => ({
    Statement: { Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' },
  });
  const world = {
    accountId: '111122223333',
    region: 'eu-west-1',
    restApis: Object.fromEntries(
      indexes.map(index => [
        apiId(index),
        {
          name: apiName(index),
          createdDate: '-400d',
          paths: { '/orders': { GET: { integration: { type: 'AWS_PROXY', function: 'shop-handler' } } } },
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
      ]),
    ),
    functions: { 'shop-handler': { role: 'shop-role', timeout: 10, permissions: {} } },
    roles: {
      'shop-role': { trust: trust('lambda.amazonaws.com') },
      'apigateway-cloudwatch': { trust: trust('apigateway.amazonaws.com') },
    },
    alarms: Object.fromEntries(
      indexes.map(index => [
        `${apiName(index)}-5xx`,
        {
          namespace: 'AWS/ApiGateway',
          metric: '5XXError',
          dimensions: { ApiName: apiName(index), Stage: 'prod' },
          threshold: 1,
          stateChangedAt: '-8m',
        },
      ]),
    ),
    traffic: Object.fromEntries(
      indexes.map(index => [
        `traffic${index}`,
        {
          api: apiId(index),
          route: 'GET /orders',
          from: '-12m',
          perMinute: 2,
          status: 500,
          execution: [
            'Execution failed due to configuration error: Invalid permissions on Lambda function',
            'Gateway response type: API_CONFIGURATION_ERROR with status code: 500',
          ],
        },
      ]),
    ),
  } as unknown as WorldDocument;
  return worldSchema.parse(fillIn(world));
}

export function manyScenario(apis: number): Scenario {
  return {
    id: manyId,
    story: 'The statement that lets API Gateway invoke the function of all shops is gone.',
    args: [apiId(0), 'prod'],
    expected: { status: 'cause_found', causes: ['lambda-invoke-permission-missing'] },
    world: manyWorld(apis),
  };
}
