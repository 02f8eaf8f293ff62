/** What stands behind an API: functions, roles and policies, load balancers. */
import { z } from 'zod';
import { policyDocument, text, texts } from './documents.ts';
import { moment } from './time.ts';

/** One statement of a function's resource policy, as AddPermission makes it. */
const permission = z.strictObject({
  effect: z.enum(['Allow', 'Deny']).default('Allow'),
  principal: text.default('apigateway.amazonaws.com').describe('A service, an account id or ARN, or `*`.'),
  action: text.default('lambda:InvokeFunction'),
  sourceArn: text.optional(),
  sourceAccount: text.optional(),
});

const permissions = z.record(text, permission).default({});

const configuration = {
  runtime: text,
  handler: text,
  role: text.describe('Role ARN, or the bare name of a role of this account.'),
  timeout: z.int().min(1).max(900).describe('Seconds.'),
  memorySize: z.int().min(128).describe('Megabytes.'),
  lastModified: moment,
};

/** A published version: what differs from the function's own fields, and its own policy. */
const version = z.strictObject({ ...z.object(configuration).partial().shape, permissions });

export const lambdaFunction = z.strictObject({
  ...configuration,
  runtime: text.default('nodejs22.x'),
  handler: text.default('index.handler'),
  timeout: configuration.timeout.default(3),
  memorySize: configuration.memorySize.default(128),
  lastModified: moment.default(-30 * 86_400_000),
  codeSha256: text.optional(),
  kmsKeyArn: text.optional(),
  environment: texts.optional(),
  layers: z.array(text).optional(),
  vpc: z.strictObject({ subnetIds: z.array(text), securityGroupIds: z.array(text), vpcId: text.optional() }).optional(),
  state: z
    .enum(['Pending', 'Active', 'Inactive', 'Failed', 'Deactivating', 'Deactivated', 'ActiveNonInvocable', 'Deleting'])
    .default('Active'),
  stateReason: z.string().optional(),
  stateReasonCode: z.string().optional(),
  lastUpdateStatus: z.enum(['Successful', 'Failed', 'InProgress']).default('Successful'),
  lastUpdateStatusReason: z.string().optional(),
  lastUpdateStatusReasonCode: z.string().optional(),
  logGroup: text.optional().describe('Where it logs; `/aws/lambda/<name>` where not told.'),
  logFormat: z.enum(['Text', 'JSON']).default('Text'),
  reservedConcurrency: z.int().min(0).optional(),
  permissions: permissions.describe("Statements of the unqualified function's policy, by statement id."),
  versions: z.record(z.string().regex(/^\d+$/), version).default({}).describe('Published versions, by number.'),
  aliases: z
    .record(
      text,
      z.strictObject({
        functionVersion: text,
        additionalVersionWeights: z.record(z.string(), z.number()).optional(),
        permissions,
      }),
    )
    .default({}),
});

export const role = z.strictObject({
  path: z.string().default('/'),
  createdDate: moment.default(-365 * 86_400_000),
  trust: policyDocument,
  inlinePolicies: z.record(text, policyDocument).default({}),
  attachedPolicies: z
    .array(text)
    .default([])
    .describe("Policy ARNs: of `policies`, or one of AWS's own that the sandbox knows."),
  permissionsBoundary: text.optional(),
  lastUsed: moment.optional(),
});

/** A managed policy, kept by its ARN. */
export const managedPolicy = z.strictObject({
  document: policyDocument,
  defaultVersionId: text.default('v1'),
  createdDate: moment.default(-365 * 86_400_000),
  updateDate: moment.optional(),
});

export const account = z.strictObject({
  cloudwatchRoleArn: text
    .nullable()
    .optional()
    .describe('Role that lets API Gateway write execution logs; null: none is set, and there are no execution logs.'),
  concurrencyLimit: z.int().default(1000),
  callerArn: text
    .optional()
    .describe('ARN that calls are made as, named in denials; a session of the role `apigw-500-reader` where not told.'),
});

export const targetGroup = z.strictObject({
  port: z.int().default(80),
  protocol: text.default('TCP'),
  targetType: z.enum(['instance', 'ip', 'lambda', 'alb']).default('ip'),
  targets: z.record(
    text,
    z.strictObject({
      port: z.int().optional(),
      state: z.enum(['initial', 'healthy', 'unhealthy', 'unused', 'draining', 'unavailable']).default('healthy'),
      reason: text.optional(),
      description: z.string().optional(),
    }),
  ),
});

/** A load balancer, kept by its ARN. */
export const loadBalancer = z.strictObject({
  dnsName: text.optional().describe('Made from its name where not told.'),
  listeners: z
    .record(text, z.strictObject({ port: z.int(), protocol: text.default('TCP'), targetGroups: z.array(text) }))
    .default({}),
  targetGroups: z.record(text, targetGroup).default({}).describe('Target groups, by ARN.'),
});

export type LambdaFunction = z.output<typeof lambdaFunction>;
export type Permission = z.output<typeof permission>;
export type Role = z.output<typeof role>;
export type ManagedPolicy = z.output<typeof managedPolicy>;
