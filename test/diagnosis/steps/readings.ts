/** Readings made by hand for the steps that look at the API, its functions and its logs. */
import type { Api, FunctionConfiguration, Stage } from '../../../src/aws/types.ts';
import type { Failures, FunctionFacts, Traffic } from '../../../src/diagnosis/signals.ts';
import type { Gap } from '../../../src/diagnosis/types.ts';
import { accountId, functionArn, region, route } from './fixtures.ts';

export const executionGroup = 'API-Gateway-Execution-Logs_a1b2c3/prod';

export function api(over: Partial<Api> = {}): Api {
  return {
    id: 'a1b2c3',
    name: 'orders-api',
    type: 'REST',
    createdAt: '2025-01-01T00:00:00.000Z',
    endpointTypes: ['REGIONAL'],
    vpcEndpointIds: [],
    executeApiEndpointDisabled: false,
    policy: null,
    binaryMediaTypes: [],
    routeSelectionExpression: null,
    ...over,
  };
}

export function stage(over: Partial<Stage> = {}): Stage {
  return {
    name: 'prod',
    deploymentId: 'd1',
    createdAt: null,
    lastUpdatedAt: null,
    variables: {},
    logging: { level: 'ERROR', dataTrace: false, detailedMetrics: false },
    routeLogging: {},
    accessLogs: null,
    canary: null,
    webAclArn: null,
    autoDeploy: false,
    lastDeploymentMessage: null,
    tracing: false,
    ...over,
  };
}

export function configuration(over: Partial<FunctionConfiguration> = {}): FunctionConfiguration {
  return {
    name: 'orders-fn',
    arn: functionArn,
    role: `arn:aws:iam::${accountId}:role/orders-role`,
    timeoutSeconds: 3,
    memoryMb: 128,
    runtime: 'nodejs22.x',
    handler: 'index.handler',
    version: '$LATEST',
    state: 'Active',
    stateReason: null,
    stateReasonCode: null,
    lastUpdateStatus: 'Successful',
    lastUpdateReason: null,
    lastModifiedAt: '2026-11-20T08:00:00.000Z',
    kmsKeyArn: null,
    logGroup: '/aws/lambda/orders-fn',
    logFormat: 'Text',
    vpc: null,
    ...over,
  };
}

export function functionFacts(over: Partial<FunctionFacts> = {}): FunctionFacts {
  return {
    reference: { name: 'orders-fn', qualifier: null, accountId, region, arn: functionArn },
    usedBy: 'integration',
    routes: [route('GET /orders')],
    configuration: configuration(),
    ...over,
  };
}

export function functions(...items: FunctionFacts[]): { items: FunctionFacts[]; complete: boolean } {
  return { items: items.length === 0 ? [functionFacts()] : items, complete: true };
}

type FunctionTraffic = Traffic['functions'][string];

export function traffic(
  over: { errors?: number; function?: Partial<FunctionTraffic>; latencyMs?: number } = {},
): Traffic {
  const { errors = 0, latencyMs } = over;
  return {
    series: { periodSeconds: 60, points: [], threshold: null },
    impact: {
      requests: 100,
      errors,
      errorShare: errors / 100,
      routes: null,
      latencyP95Ms: null,
      baseline: { errorShare: 0, latencyP95Ms: null },
    },
    onset: errors > 0 ? '2026-11-22T10:02:00.000Z' : null,
    pattern: errors > 0 ? 'constant' : 'none',
    routes: null,
    stage:
      latencyMs === undefined
        ? []
        : [{ id: 'integrationLatencyP95', points: [{ at: '2026-11-22T10:05:00.000Z', value: latencyMs }] }],
    functions: { 'orders-fn': { invocations: 100, errors: 0, throttles: 0, durationMaxMs: 120, ...over.function } },
  };
}

export function line(message: string, at = '2026-11-22T10:05:00.000Z') {
  return { at, message, stream: 'stream' };
}

export const loggingOff: Gap = {
  source: 'logs:FilterLogEvents',
  reason: 'logging_off',
  permission: null,
  remedy: 'Turn logging on.',
};

type Source = Failures['sources'][number];

export function source(state: Source['state'], over: Partial<Source> = {}): Source {
  return {
    kind: 'execution',
    logGroup: executionGroup,
    state,
    events: 0,
    complete: state === 'read' || state === 'empty',
    gap: null,
    ...over,
  };
}
