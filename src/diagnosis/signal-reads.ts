import type { OperationName } from '../aws/operations.ts';
import type { Signals } from './signals.ts';

const api = ['apigateway:GetRestApi', 'apigatewayv2:GetApi'] as const;
const stage = ['apigateway:GetStage', 'apigatewayv2:GetStage'] as const;
const deployments = ['apigateway:GetDeployments', 'apigatewayv2:GetDeployments'] as const;
const deployed = [
  ...stage,
  ...deployments,
  'apigateway:GetExport',
  'apigateway:GetResources',
  'apigateway:GetAuthorizers',
  'apigatewayv2:GetRoutes',
  'apigatewayv2:GetIntegrations',
  'apigatewayv2:GetAuthorizers',
  'apigatewayv2:ExportApi',
] as const;
const failures = [...stage, 'logs:FilterLogEvents'] as const;
const functions = [...deployed, ...failures, 'lambda:GetFunctionConfiguration'] as const;
const traffic = [...deployed, 'cloudwatch:GetMetricData'] as const;

/** What each shared reading may ask of AWS: a check that uses it spreads these into its own `reads`. */
export const signalReads = {
  api,
  stage,
  deployments,
  deployed,
  backends: deployed,
  functions,
  traffic,
  failures,
  changes: [...functions, ...traffic, 'cloudtrail:LookupEvents', 'iam:ListAttachedRolePolicies'],
  serviceEvents: ['health:DescribeEvents'],
} as const satisfies Record<keyof Signals, readonly OperationName[]>;

/** The reads of several signals and of the check itself, each once. */
export function readsOf(signals: readonly (keyof Signals)[], own: readonly OperationName[] = []): OperationName[] {
  return [...new Set<OperationName>([...signals.flatMap(name => [...signalReads[name]]), ...own])];
}
