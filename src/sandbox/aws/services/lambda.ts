/** Lambda (https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html). */
import { functionLogGroup } from '../derived/function-log.ts';
import { hashOf, uuidOf } from '../derived/requests.ts';
import { WireError } from '../wire/errors.ts';
import type { LambdaFunction, Permission } from '../world/backends.ts';
import { callerArn, functionArn, roleArn } from '../world/lookup.ts';
import type { World } from '../world.ts';
import { type Ask, dateAt, given, type Handlers } from './ask.ts';

export const lambdaHandlers: Handlers<'lambda'> = {
  'lambda:GetFunctionConfiguration': (input, ask) => {
    const { name, qualifier, lambda } = functionOf(ask, input.FunctionName, input.Qualifier);
    const version = versionOf(lambda, name, qualifier, ask.world);
    return describe(ask, name, qualifier, version, asPublished(lambda, version));
  },
  'lambda:GetPolicy': (input, ask) => {
    const { name, qualifier, lambda } = functionOf(ask, input.FunctionName, input.Qualifier);
    versionOf(lambda, name, qualifier, ask.world);
    const permissions =
      qualifier === null || qualifier === '$LATEST'
        ? lambda.permissions
        : (lambda.aliases[qualifier] ?? lambda.versions[qualifier])?.permissions;
    const statements = Object.entries(permissions ?? {});
    // No policy at all answers like a function that does not exist.
    if (statements.length === 0) throw notFound('The resource you requested does not exist.');
    const resource = functionArn(ask.world, qualifier === null ? name : `${name}:${qualifier}`);
    const Statement = statements.map(([sid, one]) => statementOf(ask.world, sid, one, resource));
    const Policy = JSON.stringify({ Version: '2012-10-17', Id: 'default', Statement });
    return { Policy, RevisionId: uuidOf(Policy) };
  },
  'lambda:GetFunctionConcurrency': (input, ask) => {
    const { lambda } = functionOf(ask, input.FunctionName, undefined);
    return given('ReservedConcurrentExecutions', lambda.reservedConcurrency);
  },
  'lambda:GetAccountSettings': (_, ask) => {
    const functions = Object.values(ask.world.functions);
    const reserved = functions.reduce((total, { reservedConcurrency = 0 }) => total + reservedConcurrency, 0);
    const { concurrencyLimit } = ask.world.account;
    return {
      AccountLimit: {
        TotalCodeSize: 80_530_636_800,
        CodeSizeUnzipped: 262_144_000,
        CodeSizeZipped: 52_428_800,
        ConcurrentExecutions: concurrencyLimit,
        UnreservedConcurrentExecutions: concurrencyLimit - reserved,
      },
      AccountUsage: { TotalCodeSize: functions.length * 48_211, FunctionCount: functions.length },
    };
  },
};

function notFound(message: string): WireError {
  return new WireError('ResourceNotFoundException', 404, message, { Type: 'User' });
}

/** A name, `name:qualifier`, a partial ARN or a whole one. */
function functionOf(
  ask: Ask,
  nameOrArn: string | undefined,
  givenQualifier: string | undefined,
): { name: string; qualifier: string | null; lambda: LambdaFunction } {
  const { world } = ask;
  const parts = /^(?:arn:[\w-]+:lambda:([\w-]+):)?(?:(\d{12}):)?(?:function:)?([\w-]+)(?::([\w$-]+))?$/.exec(
    nameOrArn ?? '',
  );
  const [, region, account, name = '', suffix] = parts ?? [];
  if (parts === null) throw new WireError('ValidationException', 400, `Invalid function name: ${nameOrArn}`);
  const qualifier = givenQualifier ?? suffix ?? null;
  if ((account !== undefined && account !== world.accountId) || (region !== undefined && region !== world.region)) {
    const because = 'because no resource-based policy allows the lambda:GetFunctionConfiguration action';
    const message = `User: ${callerArn(world)} is not authorized to perform: lambda:GetFunctionConfiguration on resource: ${nameOrArn} ${because}`;
    throw new WireError('AccessDeniedException', 403, message);
  }
  const lambda = world.functions[name];
  if (lambda === undefined) {
    throw notFound(`Function not found: ${functionArn(world, qualifier === null ? name : `${name}:${qualifier}`)}`);
  }
  return { name, qualifier, lambda };
}

/** The version that a qualifier leads to. */
function versionOf(lambda: LambdaFunction, name: string, qualifier: string | null, world: World): string {
  if (qualifier === null || qualifier === '$LATEST') return '$LATEST';
  const version =
    lambda.aliases[qualifier]?.functionVersion ?? (lambda.versions[qualifier] === undefined ? null : qualifier);
  if (version === null) throw notFound(`Function not found: ${functionArn(world, `${name}:${qualifier}`)}`);
  return version;
}

/** The function's fields as a version has them. */
function asPublished(lambda: LambdaFunction, version: string): LambdaFunction {
  const { runtime, handler, role, timeout, memorySize, lastModified } = { ...lambda, ...lambda.versions[version] };
  return {
    ...lambda,
    runtime: runtime ?? lambda.runtime,
    handler: handler ?? lambda.handler,
    role: role ?? lambda.role,
    timeout: timeout ?? lambda.timeout,
    memorySize: memorySize ?? lambda.memorySize,
    lastModified: lastModified ?? lambda.lastModified,
  };
}

function statementOf(world: World, sid: string, permission: Permission, resource: string): object {
  const { effect, principal, action, sourceArn, sourceAccount } = permission;
  const service = principal.endsWith('.amazonaws.com') || principal.endsWith('.amazonaws.com.cn');
  const who =
    principal === '*'
      ? '*'
      : service
        ? { Service: principal }
        : { AWS: /^\d+$/.test(principal) ? roleArn(world, '').replace(/\d*:role\/$/, `${principal}:root`) : principal };
  const condition = {
    ...(sourceAccount === undefined ? {} : { StringEquals: { 'AWS:SourceAccount': sourceAccount } }),
    ...(sourceArn === undefined ? {} : { ArnLike: { 'AWS:SourceArn': sourceArn } }),
  };
  return {
    Sid: sid,
    Effect: effect,
    Principal: who,
    Action: action,
    Resource: resource,
    ...(Object.keys(condition).length === 0 ? {} : { Condition: condition }),
  };
}

function describe(ask: Ask, name: string, qualifier: string | null, version: string, lambda: LambdaFunction) {
  const { world } = ask;
  return {
    FunctionName: name,
    FunctionArn: functionArn(world, qualifier === null ? name : `${name}:${qualifier}`),
    Runtime: lambda.runtime as never,
    Role: roleArn(world, lambda.role),
    Handler: lambda.handler,
    CodeSize: 48_211,
    Description: '',
    Timeout: lambda.timeout,
    MemorySize: lambda.memorySize,
    LastModified: dateAt(ask, lambda.lastModified).toISOString().replace('Z', '+0000'),
    CodeSha256: lambda.codeSha256 ?? hashOf(`${name}/${lambda.lastModified}`).toString('base64'),
    Version: version,
    VpcConfig: {
      SubnetIds: lambda.vpc?.subnetIds ?? [],
      SecurityGroupIds: lambda.vpc?.securityGroupIds ?? [],
      VpcId: lambda.vpc?.vpcId ?? '',
    },
    TracingConfig: { Mode: 'PassThrough' as const },
    RevisionId: uuidOf(`${name}/${version}/${JSON.stringify(lambda)}`),
    State: lambda.state,
    LastUpdateStatus: lambda.lastUpdateStatus,
    PackageType: 'Zip' as const,
    Architectures: ['arm64' as const],
    EphemeralStorage: { Size: 512 },
    LoggingConfig: { LogFormat: lambda.logFormat, LogGroup: functionLogGroup(name, lambda) },
    ...given('StateReason', lambda.stateReason),
    ...given('StateReasonCode', lambda.stateReasonCode as never),
    ...given('LastUpdateStatusReason', lambda.lastUpdateStatusReason),
    ...given('LastUpdateStatusReasonCode', lambda.lastUpdateStatusReasonCode as never),
    ...given('KMSKeyArn', lambda.kmsKeyArn),
    ...given('Environment', lambda.environment === undefined ? null : { Variables: lambda.environment }),
    ...given('Layers', lambda.layers === undefined ? null : lambda.layers.map(Arn => ({ Arn, CodeSize: 2120 }))),
  };
}
