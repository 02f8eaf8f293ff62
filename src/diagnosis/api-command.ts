import { cliLine } from '../aws/links.ts';
import type { OperationName } from '../aws/operations.ts';
import type { Integration } from '../aws/types.ts';
import type { Deployed } from './signals.ts';
import type { Target } from './types.ts';

/** An AWS CLI line about the target: `aws apigateway get-stage --rest-api-id …`, or its `apigatewayv2` twin. */
export function apiCommand(target: Target, command: string, options: Record<string, string> = {}): string {
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

/** Where an integration was read, and the CLI line that shows it: a REST stage's export is what really runs. */
export function integrationRead(
  target: Target,
  { basis }: Pick<Deployed, 'basis'>,
  { id }: Integration,
): { source: OperationName; cli: string } {
  if (target.apiType !== 'REST') {
    const cli =
      id === null
        ? apiCommand(target, 'get-integrations')
        : apiCommand(target, 'get-integration', { 'integration-id': id });
    return { source: 'apigatewayv2:GetIntegrations', cli };
  }
  if (basis === 'draft') {
    return { source: 'apigateway:GetResources', cli: apiCommand(target, 'get-resources', { embed: 'methods' }) };
  }
  const options = { 'stage-name': target.stage, 'export-type': 'oas30', parameters: 'extensions=apigateway' };
  return { source: 'apigateway:GetExport', cli: apiCommand(target, 'get-export /dev/stdout', options) };
}
