import type { FunctionConfiguration as SdkFunction } from '@aws-sdk/client-lambda';
import { policyIn } from './policy-document.ts';
import type { Send } from './send.ts';
import type { AccountConcurrency, FunctionConfiguration, PolicyDocument } from './types.ts';
import { orNull } from './unread.ts';

/**
 * A function by name or ARN; `qualifier` is an alias or a version. null: no such function, alias or version.
 * Its environment variables are dropped here. Source: GetFunctionConfiguration.
 */
export async function readFunction(
  send: Send,
  name: string,
  qualifier: string | null,
): Promise<FunctionConfiguration | null> {
  const answer = await orNull(send('lambda:GetFunctionConfiguration', asked(name, qualifier)));
  return answer === null ? null : configurationOf(answer, name);
}

function asked(name: string, qualifier: string | null): { FunctionName: string; Qualifier?: string } {
  return { FunctionName: name, ...(qualifier !== null && { Qualifier: qualifier }) };
}

function configurationOf(answer: SdkFunction, asName: string): FunctionConfiguration {
  const name = answer.FunctionName ?? asName;
  const vpc = answer.VpcConfig;
  return {
    name,
    arn: answer.FunctionArn ?? '',
    role: answer.Role ?? '',
    timeoutSeconds: answer.Timeout ?? 3,
    memoryMb: answer.MemorySize ?? 128,
    runtime: answer.Runtime ?? null,
    handler: answer.Handler ?? null,
    version: answer.Version ?? '$LATEST',
    state: answer.State ?? null,
    stateReason: answer.StateReason ?? null,
    stateReasonCode: answer.StateReasonCode ?? null,
    lastUpdateStatus: answer.LastUpdateStatus ?? null,
    lastUpdateReason: answer.LastUpdateStatusReason ?? null,
    lastModifiedAt: timeOf(answer.LastModified),
    kmsKeyArn: answer.KMSKeyArn ?? null,
    logGroup: answer.LoggingConfig?.LogGroup ?? `/aws/lambda/${name}`,
    logFormat: answer.LoggingConfig?.LogFormat === 'JSON' ? 'JSON' : 'Text',
    vpc: vpc?.VpcId ? { subnetIds: vpc.SubnetIds ?? [], securityGroupIds: vpc.SecurityGroupIds ?? [] } : null,
  };
}

/** Lambda writes the offset without a colon: `2026-11-20T08:15:00.000+0000`. */
function timeOf(text: string | undefined): string | null {
  const time = new Date((text ?? '').replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
  return Number.isNaN(time.getTime()) ? null : time.toISOString();
}

/**
 * Who may invoke the function, alias or version: each has a policy of its own. null: it has none, or there is no such
 * function. Source: GetPolicy.
 */
export async function readFunctionPolicy(
  send: Send,
  name: string,
  qualifier: string | null,
): Promise<PolicyDocument | null> {
  const input = asked(name, qualifier);
  const answer = await orNull(send('lambda:GetPolicy', input));
  return answer?.Policy ? policyIn(answer.Policy, 'lambda:GetPolicy', input) : null;
}

/** Concurrent executions; 0 switches the function off. null: none are reserved, or no such function. Source: GetFunctionConcurrency. */
export async function readReservedConcurrency(send: Send, name: string): Promise<number | null> {
  const answer = await orNull(send('lambda:GetFunctionConcurrency', { FunctionName: name }));
  return answer?.ReservedConcurrentExecutions ?? null;
}

/** Source: GetAccountSettings. */
export async function readAccountConcurrency(send: Send): Promise<AccountConcurrency> {
  const { AccountLimit } = await send('lambda:GetAccountSettings', {});
  return {
    limit: AccountLimit?.ConcurrentExecutions ?? null,
    unreserved: AccountLimit?.UnreservedConcurrentExecutions ?? null,
  };
}
