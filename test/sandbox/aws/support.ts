import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { onTestFinished } from 'vitest';
import { type AwsServer, startAwsServer } from '../../../src/sandbox/aws/server.ts';
import { fillIn, type WorldDocument, worldSchema } from '../../../src/sandbox/aws/world.ts';
import type { Scenario } from '../../../src/sandbox/scenario.ts';

export const zero = new Date('2026-11-22T12:00:00.000Z');
export const minute = 60_000;

/** The least that is a world; tests put in what they are about. */
export function worldWith(parts: Partial<WorldDocument>): Scenario['world'] {
  return worldSchema.parse(fillIn({ accountId: '111122223333', region: 'eu-west-1', ...parts }));
}

export interface Stage {
  server: AwsServer;
  /** Options for any SDK client: nothing but what the environment would give. */
  options: {
    endpoint: string;
    region: string;
    credentials: { accessKeyId: string; secretAccessKey: string };
    maxAttempts: number;
  };
  /** Moves the clock to so many milliseconds after time zero. */
  at(offsetMs: number): void;
}

/** Serves one world as the scenario `test`, and others beside it; its time zero is `zero`, and the clock stands there. */
export async function serve(parts: Partial<WorldDocument>, others: Scenario['world'][] = []): Promise<Stage> {
  let now = zero.getTime();
  const scenario: Scenario = {
    id: 'test',
    story: 'A test.',
    args: ['api'],
    expected: { status: 'no_errors', causes: [] },
    world: worldWith(parts),
  };
  const server = await startAwsServer({
    scenarios: new Map([['test', scenario]]),
    others: new Map([['test', others]]),
    clock: () => new Date(now),
  });
  server.wire.anchor('test', zero);
  onTestFinished(() => server.stop());
  return {
    server,
    options: {
      endpoint: server.endpoint('test'),
      region: 'eu-west-1',
      credentials: { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' },
      maxAttempts: 1,
    },
    at(offsetMs) {
      now = zero.getTime() + offsetMs;
    },
  };
}

/** What a call was refused with. */
export async function refusal(
  call: Promise<unknown>,
): Promise<{ name: string; message: string; status: number | undefined }> {
  try {
    await call;
  } catch (error) {
    const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
    return { name, message, status: $metadata?.httpStatusCode };
  }
  throw new Error('The call was answered.');
}

const executionRole = {
  trust: { Statement: { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' } },
} as const;

/** A REST API with one function, deployed to `prod`, its traffic left to the test. */
export function ordersWorld(stage: Record<string, unknown> = {}): Partial<WorldDocument> {
  return {
    restApis: {
      a1b2c3d4e5: {
        name: 'orders-api',
        paths: {
          '/orders': { GET: { integration: { type: 'AWS_PROXY', function: 'orders-handler' } } },
          '/orders/{orderId}': { GET: { integration: { type: 'AWS_PROXY', function: 'orders-handler' } } },
        },
        deployments: { d1: { createdDate: '-2d' } },
        stages: { prod: { deploymentId: 'd1', ...stage } },
      },
    },
    functions: {
      'orders-handler': {
        role: 'orders-role',
        permissions: { api: { sourceArn: 'arn:aws:execute-api:<region>:<accountId>:a1b2c3d4e5/*' } },
      },
    },
    roles: { 'orders-role': executionRole },
  };
}

export type Flow = NonNullable<WorldDocument['traffic']>[string];

export const failing: Flow = {
  api: 'a1b2c3d4e5',
  route: 'GET /orders/7',
  from: '-10m',
  perMinute: 2,
  status: 500,
  latencyMs: [20, 40],
  execution: [
    'Endpoint response body before transformations: {"secret":1}',
    'Execution failed due to configuration error: Invalid permissions on Lambda function',
  ],
  access: { 'error.message': 'Internal server error', 'integration.error': 'for {requestId}' },
};
export const healthy: Flow = {
  api: 'a1b2c3d4e5',
  route: 'GET /orders',
  perMinute: 4,
  function: { durationMs: [30, 50], lines: ['listed'] },
};

/** Messages of a log group, from twenty minutes back. */
export async function messages({ options }: Stage, logGroupName: string, more: object = {}): Promise<string[]> {
  const { events = [] } = await new CloudWatchLogsClient(options).send(
    new FilterLogEventsCommand({ logGroupName, startTime: zero.getTime() - 20 * minute, ...more }),
  );
  return events.map(({ message = '' }) => message);
}
