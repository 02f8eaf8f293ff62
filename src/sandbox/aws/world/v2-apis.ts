/** HTTP and WebSocket APIs of a world, custom domains and VPC links. Fields are named as API Gateway's v2 JSON. */
import { z } from 'zod';
import { accessLogSettings, text, texts } from './documents.ts';
import { frozen } from './snapshots.ts';
import { moment } from './time.ts';

const integration = z.strictObject({
  integrationType: z.enum(['AWS', 'AWS_PROXY', 'HTTP', 'HTTP_PROXY', 'MOCK']),
  integrationUri: text.optional(),
  function: text
    .optional()
    .describe("`name` or `name:qualifier` instead of that function's ARN (WebSocket: its invocation URI)."),
  integrationMethod: text.optional(),
  integrationSubtype: text.optional(),
  connectionType: z.enum(['INTERNET', 'VPC_LINK']).default('INTERNET'),
  connectionId: text.optional(),
  credentialsArn: text.optional().describe('Role ARN, or the bare name of a role of this account.'),
  payloadFormatVersion: z.enum(['1.0', '2.0']).optional(),
  timeoutInMillis: z.int().min(50).optional(),
  requestParameters: texts.optional(),
  responseParameters: z.record(z.string(), texts).optional(),
  requestTemplates: texts.optional(),
  templateSelectionExpression: text.optional(),
  passthroughBehavior: z.enum(['WHEN_NO_MATCH', 'WHEN_NO_TEMPLATES', 'NEVER']).optional(),
  contentHandlingStrategy: z.enum(['CONVERT_TO_BINARY', 'CONVERT_TO_TEXT']).optional(),
  tlsConfig: z.strictObject({ serverNameToVerify: text }).optional(),
});

const route = z.strictObject({
  target: z.string().startsWith('integrations/').optional().describe('`integrations/<id>`.'),
  authorizationType: z.enum(['NONE', 'AWS_IAM', 'CUSTOM', 'JWT']).default('NONE'),
  authorizerId: text.optional(),
  authorizationScopes: z.array(text).optional(),
  apiKeyRequired: z.boolean().default(false),
  routeResponseSelectionExpression: text.optional(),
});

const authorizer = z.strictObject({
  name: text,
  authorizerType: z.enum(['REQUEST', 'JWT']),
  authorizerUri: text.optional(),
  function: text.optional(),
  authorizerCredentialsArn: text.optional(),
  authorizerPayloadFormatVersion: z.enum(['1.0', '2.0']).optional(),
  authorizerResultTtlInSeconds: z.int().optional(),
  enableSimpleResponses: z.boolean().optional(),
  identitySource: z.array(text).optional(),
  jwtConfiguration: z.strictObject({ issuer: text, audience: z.array(text).default([]) }).optional(),
});

const configuration = z.strictObject({
  routes: z.record(text, route),
  integrations: z.record(text, integration),
  authorizers: z.record(text, authorizer).default({}),
});

const routeSettings = z.strictObject({
  loggingLevel: z.enum(['OFF', 'ERROR', 'INFO']).optional(),
  dataTraceEnabled: z.boolean().optional(),
  detailedMetricsEnabled: z.boolean().default(false),
  throttlingRateLimit: z.number().optional(),
  throttlingBurstLimit: z.int().optional(),
});

const stage = z.strictObject({
  deploymentId: text.optional(),
  autoDeploy: z.boolean().default(false),
  createdDate: moment.default(-90 * 86_400_000),
  lastUpdatedDate: moment.optional(),
  stageVariables: texts.optional(),
  accessLogSettings: accessLogSettings.optional(),
  defaultRouteSettings: routeSettings.default({ detailedMetricsEnabled: false }),
  routeSettings: z.record(text, routeSettings).default({}),
  lastDeploymentStatusMessage: z.string().optional(),
});

const deployment = z.strictObject({
  createdDate: moment,
  description: z.string().optional(),
  autoDeployed: z.boolean().default(false),
  deploymentStatus: z.enum(['PENDING', 'FAILED', 'DEPLOYED']).default('DEPLOYED'),
  deploymentStatusMessage: z.string().optional(),
  snapshot: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('Merge patch over routes, integrations and authorizers as they are now.'),
});

/** An HTTP or a WebSocket API. */
export const v2Api = z
  .strictObject({
    name: text,
    createdDate: moment.default(-90 * 86_400_000),
    disableExecuteApiEndpoint: z.boolean().default(false),
    routeSelectionExpression: text.optional().describe('WebSocket: `$request.body.action` where not told.'),
    tags: texts.optional(),
    ...configuration.shape,
    deployments: z.record(text, deployment).default({}),
    stages: z.record(text, stage).default({}),
  })
  .meta({ id: 'httpOrWebSocketApi' })
  .transform((api, context) => {
    const { routes, integrations, authorizers } = api;
    const draft: V2Configuration = { routes, integrations, authorizers };
    return { ...api, draft, deployments: frozen(configuration, draft, api.deployments, context) };
  });

export const domainName = z.strictObject({
  endpointType: z.enum(['EDGE', 'REGIONAL']).default('REGIONAL'),
  mappings: z
    .record(text, z.strictObject({ apiId: text, stage: text }))
    .default({})
    .describe('By base path; `(none)` is the root, as API Gateway writes it.'),
});

export const vpcLink = z.strictObject({
  name: text,
  version: z
    .union([z.literal(1), z.literal(2)])
    .default(1)
    .describe('1: REST, to network load balancers; 2: HTTP and WebSocket, into subnets.'),
  status: z.enum(['AVAILABLE', 'PENDING', 'DELETING', 'FAILED', 'INACTIVE']).default('AVAILABLE'),
  statusMessage: z.string().optional(),
  targetArns: z.array(text).default([]),
  subnetIds: z.array(text).default([]),
  securityGroupIds: z.array(text).default([]),
});

export type V2Configuration = z.output<typeof configuration>;
export type V2Integration = z.output<typeof integration>;
export type V2Authorizer = z.output<typeof authorizer>;
export type V2Stage = z.output<typeof stage>;
export type V2Deployment = V2Api['deployments'][string];
export type V2Api = z.output<typeof v2Api>;
export type VpcLink = z.output<typeof vpcLink>;
