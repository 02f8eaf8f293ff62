import { CreateRoleCommand } from '@aws-sdk/client-iam';
import { AddPermissionCommand, CreateFunctionCommand, type CreateFunctionCommandInput } from '@aws-sdk/client-lambda';
import { type Builders, present } from './aws.ts';

/** A zip archive without files: nothing is ever run. */
const emptyZip = Buffer.from('504b0506000000000000000000000000000000000000', 'hex');

export function trustOf(service: string): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
  });
}

/** Its ARN. */
export async function createRole(aws: Builders, RoleName: string, service = 'lambda.amazonaws.com'): Promise<string> {
  const { Role } = await aws.iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trustOf(service) }));
  return present(Role?.Arn);
}

/** Its ARN without a version. */
export async function createFunction(
  aws: Builders,
  FunctionName: string,
  Role: string,
  settings: Partial<CreateFunctionCommandInput> = {},
): Promise<string> {
  const { FunctionArn } = await aws.lambda.send(
    new CreateFunctionCommand({
      FunctionName,
      Role,
      Code: { ZipFile: emptyZip },
      Runtime: 'nodejs22.x',
      Handler: 'index.handler',
      ...settings,
    }),
  );
  return present(FunctionArn);
}

/** Lets API Gateway invoke a function, or one alias of it. */
export async function allowInvoke(
  aws: Builders,
  FunctionName: string,
  StatementId: string,
  SourceArn: string,
  Qualifier?: string,
): Promise<void> {
  const permission = { FunctionName, StatementId, SourceArn, ...(Qualifier !== undefined && { Qualifier }) };
  const grant = { Action: 'lambda:InvokeFunction', Principal: 'apigateway.amazonaws.com' };
  await aws.lambda.send(new AddPermissionCommand({ ...permission, ...grant }));
}

/** The URI of a Lambda integration or authorizer, as API Gateway wants it. */
export function invocationUri(region: string, functionArn: string): string {
  return `arn:aws:apigateway:${region}:lambda:path/2015-03-31/functions/${functionArn}/invocations`;
}
