/** What stands behind an API: functions, roles and policies, load balancers. */
import { z } from 'zod';
import { policyDocument, text, texts } from './documents.ts';
import { moment } from './time.ts';

/** One statement of a function's resource policy, as AddPermission makes it. */
const permission = z.strictObject({
  effect: z.enum(['Allow', 'Deny']).default('Allow'),
  /** A service, an account id or ARN, or `*`. */
  principal: text.default('apigateway.amazonaws.com'),
  action: text.default('lambda:InvokeFunction'),
  sourceArn: text.optional(),
  sourceAccount: text.optional(),
});

const permissions = z.record(text, permission).default({});

const configuration = {
  runtime: text,
  handler: text,
  /** Role ARN, or the bare name of a role of this account. */
  role: text,
  /** Seconds. */
  timeout: z.int().min(1).max(900),
  /** Megabytes. */
  memorySize: z.int().min(128),
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
  /** Where it logs; `/aws/lambda/<name>` where not told. */
  logGroup: text.optional(),
  logFormat: z.enum(['Text', 'JSON']).default('Text'),
  reservedConcurrency: z.int().min(0).optional(),
  /** Statements of the unqualified function's policy, by statement id. */
  permissions,
  /** Published versions, by number. */
  versions: z.record(z.string().regex(/^\d+$/), version).default({}),
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
  /** Policy ARNs: of `policies`, or one of AWS's own that the sandbox knows. */
  attachedPolicies: z.array(text).default([]),
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
  /** Role that lets API Gateway write execution logs; null: none is set, and there are no execution logs. */
  cloudwatchRoleArn: text.nullable().optional(),
  concurrencyLimit: z.int().default(1000),
  /** ARN that calls are made as, named in denials; a session of the role `apigw-500-reader` where not told. */
  callerArn: text.optional(),
});

export const targetGroup = z.strictObject({
  port: z.int().default(80),
  protocol: text.default('TCP'),
  targetType: z.enum(['instance', 'ip', 'lambda', 'alb']).default('ip'),
  /** By target id: an address or an instance id. */
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
  /** By listener ARN. */
  listeners: z
    .record(text, z.strictObject({ port: z.int(), protocol: text.default('TCP'), targetGroups: z.array(text) }))
    .default({}),
  /** Target groups, by ARN. */
  targetGroups: z.record(text, targetGroup).default({}),
});

export type LambdaFunction = z.output<typeof lambdaFunction>;
export type Permission = z.output<typeof permission>;
export type Role = z.output<typeof role>;
export type ManagedPolicy = z.output<typeof managedPolicy>;
