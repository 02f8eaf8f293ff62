/**
 * Documents of the AWS managed policies that roles of API Gateway and Lambda usually carry
 * (https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html).
 */
import type { PolicyText } from './documents.ts';

function allow(actions: string[], resource: string | string[] = '*'): PolicyText {
  return { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: actions, Resource: resource }] };
}

const logWriting = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'];

/** The document of one of AWS's own policies, by ARN; null where it is not known here. */
export function awsManagedPolicy(arn: string): PolicyText | null {
  const name = /^arn:[\w-]+:iam::aws:policy\/(.+)$/.exec(arn)?.[1];
  return documents[name ?? ''] ?? null;
}

const documents: Record<string, PolicyText> = {
  'service-role/AWSLambdaBasicExecutionRole': allow(logWriting),
  'service-role/AWSLambdaVPCAccessExecutionRole': allow([
    ...logWriting,
    'ec2:CreateNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSubnets',
    'ec2:DeleteNetworkInterface',
    'ec2:AssignPrivateIpAddresses',
    'ec2:UnassignPrivateIpAddresses',
  ]),
  'service-role/AWSLambdaRole': allow(['lambda:InvokeFunction']),
  'service-role/AmazonAPIGatewayPushToCloudWatchLogs': allow([
    ...logWriting,
    'logs:DescribeLogGroups',
    'logs:DescribeLogStreams',
    'logs:GetLogEvents',
    'logs:FilterLogEvents',
  ]),
  AWSXRayDaemonWriteAccess: allow([
    'xray:PutTraceSegments',
    'xray:PutTelemetryRecords',
    'xray:GetSamplingRules',
    'xray:GetSamplingTargets',
    'xray:GetSamplingStatisticSummaries',
  ]),
  AmazonDynamoDBReadOnlyAccess: allow([
    'dynamodb:BatchGetItem',
    'dynamodb:Describe*',
    'dynamodb:List*',
    'dynamodb:GetItem',
    'dynamodb:Query',
    'dynamodb:Scan',
  ]),
  AdministratorAccess: allow(['*']),
};
