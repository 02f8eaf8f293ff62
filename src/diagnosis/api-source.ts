/** Where a fact about the target comes from: the read, the CLI line and the console page that show it. */
import {
  type CliOptions,
  cliLine,
  httpApiLink,
  type MetricReference,
  restResourcesLink,
  restStageLink,
} from '../aws/links.ts';
import type { OperationName } from '../aws/operations.ts';
import type { Integration, MetricQuery } from '../aws/types.ts';
import type { Deployed } from './signals.ts';
import { metricQueries } from './traffic.ts';
import type { Target, Window } from './types.ts';

/** `aws apigateway get-stage --rest-api-id …`, or its `apigatewayv2` twin. */
export function apiCommand(target: Target, command: string, options: Omit<CliOptions, 'region'> = {}): string {
  const rest = target.apiType === 'REST';
  return cliLine(`${rest ? 'apigateway' : 'apigatewayv2'} ${command}`, {
    [rest ? 'rest-api-id' : 'api-id']: target.apiId,
    ...options,
    region: target.region,
  });
}

/** The one of two operations that is for the target's API type: REST, or HTTP and WebSocket. */
export function readOf(target: Target, rest: OperationName, other: OperationName): OperationName {
  return target.apiType === 'REST' ? rest : other;
}

export function apiLink({ apiType, region, apiId }: Target): string {
  return apiType === 'REST' ? restResourcesLink(region, apiId) : httpApiLink(region, apiId);
}

export function stageLink({ apiType, region, apiId }: Target): string {
  return apiType === 'REST' ? restStageLink(region, apiId) : httpApiLink(region, apiId);
}

/** Where an integration was read: for a REST API the stage's export, or the draft that stands in for it. */
export function integrationRead(
  target: Target,
  { basis }: Pick<Deployed, 'basis'>,
  { id }: Pick<Integration, 'id'> = { id: null },
): { source: OperationName; cli: string; link: string } {
  const link = apiLink(target);
  if (target.apiType !== 'REST') {
    const cli =
      id === null
        ? apiCommand(target, 'get-integrations')
        : apiCommand(target, 'get-integration', { 'integration-id': id });
    return { source: 'apigatewayv2:GetIntegrations', cli, link };
  }
  if (basis === 'draft') {
    return { source: 'apigateway:GetResources', cli: apiCommand(target, 'get-resources', { embed: 'methods' }), link };
  }
  const options = { 'stage-name': target.stage, 'export-type': 'oas30', parameters: 'extensions=apigateway' };
  return { source: 'apigateway:GetExport', cli: apiCommand(target, 'get-export /dev/stdout', options), link };
}

/** The metric minute by minute, as an AWS CLI line. */
export function metricCommand(
  metric: MetricReference,
  { start, end }: Pick<Window, 'start' | 'end'>,
  region: string,
): string {
  const { namespace, dimensions, stat = 'Sum' } = metric;
  return cliLine('cloudwatch get-metric-statistics', {
    namespace,
    'metric-name': metric.metric,
    dimensions: Object.entries(dimensions).map(([name, value]) => `Name=${name},Value=${value}`),
    'start-time': start,
    'end-time': end,
    period: 60,
    [stat.startsWith('p') ? 'extended-statistics' : 'statistics']: stat,
    region,
  });
}

/** A metric of a function. */
export function functionMetric(functionName: string, metric: string, stat = 'Sum'): MetricReference {
  return { namespace: 'AWS/Lambda', metric, dimensions: { FunctionName: functionName }, stat };
}

/** Metrics of the stage by the ids of traffic.ts; those that its API type does not have are left out. */
export function stageMetrics(target: Target, ids: readonly string[]): MetricQuery[] {
  return metricQueries(target, []).filter(query => ids.includes(query.id));
}

/** How long the integrations of the stage take, at the 95th percentile. */
export function integrationLatency(target: Target): MetricReference | undefined {
  return stageMetrics(target, ['integrationLatencyP95'])[0];
}
