/** REST APIs of a world: the draft, its deployments and its stages. */
import { z } from 'zod';
import { accessLogSettings, policyDocument, text, texts } from './documents.ts';
import { frozen } from './snapshots.ts';
import { moment } from './time.ts';

const integrationResponse = z.strictObject({
  selectionPattern: z.string().optional(),
  responseTemplates: texts.optional(),
  responseParameters: texts.optional(),
  contentHandling: z.enum(['CONVERT_TO_BINARY', 'CONVERT_TO_TEXT']).optional(),
});

const integration = z.strictObject({
  type: z.enum(['AWS', 'AWS_PROXY', 'HTTP', 'HTTP_PROXY', 'MOCK']),
  uri: text.optional(),
  function: text
    .optional()
    .describe('`name` or `name:qualifier` instead of the invocation URI of that function in this account and Region.'),
  httpMethod: text.optional(),
  connectionType: z.enum(['INTERNET', 'VPC_LINK']).optional(),
  connectionId: text.optional(),
  credentials: text.optional().describe('Role ARN, or the bare name of a role of this account.'),
  timeoutInMillis: z.int().min(50).optional(),
  requestTemplates: texts.optional(),
  requestParameters: texts.optional(),
  passthroughBehavior: z.enum(['WHEN_NO_MATCH', 'WHEN_NO_TEMPLATES', 'NEVER']).optional(),
  contentHandling: z.enum(['CONVERT_TO_BINARY', 'CONVERT_TO_TEXT']).optional(),
  responseTransferMode: z.enum(['BUFFERED', 'STREAM']).optional(),
  tlsConfig: z.strictObject({ insecureSkipVerification: z.boolean() }).optional(),
  integrationResponses: z.record(text, integrationResponse).default({}),
});

const method = z.strictObject({
  authorization: z.enum(['NONE', 'AWS_IAM', 'CUSTOM', 'COGNITO_USER_POOLS']).default('NONE'),
  authorizerId: text.optional(),
  apiKeyRequired: z.boolean().default(false),
  requestParameters: z.record(z.string(), z.boolean()).optional(),
  integration: integration.optional(),
  methodResponses: z
    .record(
      text,
      z.strictObject({
        responseModels: texts.optional(),
        responseParameters: z.record(z.string(), z.boolean()).optional(),
      }),
    )
    .default({}),
});

const authorizer = z.strictObject({
  name: text,
  type: z.enum(['TOKEN', 'REQUEST', 'COGNITO_USER_POOLS']),
  authorizerUri: text.optional(),
  function: text.optional().describe('As in an integration.'),
  authorizerCredentials: text.optional(),
  identitySource: text.optional(),
  identityValidationExpression: text.optional(),
  authorizerResultTtlInSeconds: z.int().optional(),
  providerARNs: z.array(text).optional(),
});

const gatewayResponse = z.strictObject({
  statusCode: text.optional(),
  responseParameters: texts.optional(),
  responseTemplates: texts.optional(),
});

/** What a deployment freezes. */
const configuration = z.strictObject({
  paths: z.record(
    z.string().startsWith('/'),
    z.partialRecord(z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'ANY']), method),
  ),
  authorizers: z.record(text, authorizer).default({}),
  gatewayResponses: z.record(text, gatewayResponse).default({}),
  policy: policyDocument.nullable().default(null),
  binaryMediaTypes: z.array(text).default([]),
});

const methodSetting = z.strictObject({
  loggingLevel: z.enum(['OFF', 'ERROR', 'INFO']).default('OFF'),
  dataTraceEnabled: z.boolean().default(false),
  metricsEnabled: z.boolean().default(false),
  throttlingRateLimit: z.number().optional(),
  throttlingBurstLimit: z.int().optional(),
  cachingEnabled: z.boolean().optional(),
});

const stage = z.strictObject({
  deploymentId: text,
  description: z.string().optional(),
  createdDate: moment.default(-90 * 86_400_000),
  lastUpdatedDate: moment.optional(),
  variables: texts.optional(),
  methodSettings: z
    .record(text, methodSetting)
    .default({})
    .describe('By `*` + `/` + `*`, or by the path without its first slash and the method: `orders/GET`.'),
  accessLogSettings: accessLogSettings.optional(),
  webAclArn: text.optional(),
  clientCertificateId: text.optional(),
  tracingEnabled: z.boolean().default(false),
  canarySettings: z
    .strictObject({
      deploymentId: text,
      percentTraffic: z.number().min(0).max(100),
      stageVariableOverrides: texts.optional(),
      useStageCache: z.boolean().default(false),
    })
    .optional(),
});

const deployment = z.strictObject({
  createdDate: moment,
  description: z.string().optional(),
  snapshot: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('Merge patch over the draft: how this deployment differs from it. Without it they are the same.'),
});

/** A REST API; `paths`, `authorizers`, `gatewayResponses`, `policy` and `binaryMediaTypes` are the draft's. */
export const restApi = z
  .strictObject({
    name: text,
    description: z.string().optional(),
    createdDate: moment.default(-90 * 86_400_000),
    endpointTypes: z.array(z.enum(['EDGE', 'REGIONAL', 'PRIVATE'])).default(['REGIONAL']),
    vpcEndpointIds: z.array(text).optional(),
    disableExecuteApiEndpoint: z.boolean().default(false),
    minimumCompressionSize: z.int().optional(),
    tags: texts.optional(),
    ...configuration.shape,
    resourceIds: z
      .record(z.string().startsWith('/'), text)
      .default({})
      .describe('Resource ids by path where a scenario names them (CloudTrail events do); others are made up.'),
    deployments: z.record(text, deployment),
    stages: z.record(text, stage).default({}),
  })
  .transform((api, context) => {
    const { paths, authorizers, gatewayResponses, policy, binaryMediaTypes } = api;
    const draft: RestConfiguration = { paths, authorizers, gatewayResponses, policy, binaryMediaTypes };
    return { ...api, draft, deployments: frozen(configuration, draft, api.deployments, context) };
  });

export type RestConfiguration = z.output<typeof configuration>;
export type RestDeployment = RestApi['deployments'][string];
export type RestApi = z.output<typeof restApi>;
export type RestMethod = z.output<typeof method>;
export type RestIntegration = z.output<typeof integration>;
export type RestAuthorizer = z.output<typeof authorizer>;
export type RestStage = z.output<typeof stage>;
