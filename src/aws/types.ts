/**
 * What the readers answer: plain data, one shape for REST, HTTP and WebSocket APIs wherever the thing is the same.
 * A reader answers `null` where AWS says that a thing does not exist, and rejects with UnreadError where it could not
 * be read. Times are ISO 8601 in UTC; durations carry their unit in the name.
 */
import type { Send } from './send.ts';

/** One account in one Region, ready to be asked. */
export interface Aws {
  send: Send;
  /** null until known: sts:GetCallerIdentity could not be read. */
  accountId: string | null;
  region: string;
  /** `aws`, `aws-cn` or `aws-us-gov`, from the Region. */
  partition: string;
}

/** One account in one Region; null: the account of the process's own credentials. */
export interface Place {
  accountId: string | null;
  region: string;
}

/** The way into AWS: one for the process. */
export interface Access {
  /**
   * null: the account of the process's own credentials, whose id is then in the answer only if it is known already;
   * null Region: the configured one. Rejects with UnreadError, also where the role of another account cannot be assumed.
   */
  open(accountId: string | null, region: string | null): Promise<Aws>;
  /** Whose the process's own credentials are; asked once, and again only while unknown. null: could not be read. */
  ownAccountId(): Promise<string | null>;
  /** Everywhere that is looked at when a target does not say: the process's own default first, then as configured. */
  places(): readonly Place[];
  close(): void;
}

export type ApiType = 'REST' | 'HTTP' | 'WEBSOCKET';

export interface Api {
  id: string;
  name: string;
  type: ApiType;
  createdAt: string | null;
  /** REST: EDGE, REGIONAL, PRIVATE; empty for HTTP and WebSocket. */
  endpointTypes: string[];
  vpcEndpointIds: string[];
  executeApiEndpointDisabled: boolean;
  /** REST draft resource policy, decoded; null where none is attached. */
  policy: PolicyDocument | null;
  binaryMediaTypes: string[];
  /** WebSocket only. */
  routeSelectionExpression: string | null;
}

export interface ApiSummary {
  id: string;
  name: string;
  type: ApiType;
}

/** A list that was read with a cap: `complete` is false where the cap cut it. */
export interface Listed<T> {
  items: T[];
  complete: boolean;
}

export interface LogSettings {
  level: 'OFF' | 'ERROR' | 'INFO';
  dataTrace: boolean;
  detailedMetrics: boolean;
}

export interface Stage {
  name: string;
  deploymentId: string | null;
  createdAt: string | null;
  lastUpdatedAt: string | null;
  variables: Record<string, string>;
  /** Settings of all routes: the wildcard method settings of a REST stage, the default route settings of the others. */
  logging: LogSettings;
  /** Settings of single routes that differ, by `METHOD /path` or route key. */
  routeLogging: Record<string, LogSettings>;
  /** null where access logging is off. `destinationArn` is a log group or a Firehose stream. */
  accessLogs: { destinationArn: string; format: string } | null;
  canary: { deploymentId: string | null; percentTraffic: number; variables: Record<string, string> } | null;
  webAclArn: string | null;
  /** HTTP and WebSocket only; REST is never deployed by itself. */
  autoDeploy: boolean;
  lastDeploymentMessage: string | null;
  tracing: boolean;
}

export interface Deployment {
  id: string;
  createdAt: string;
  description: string | null;
  autoDeployed: boolean;
  status: 'DEPLOYED' | 'PENDING' | 'FAILED';
  statusMessage: string | null;
}

/** What an API does with its routes: of a stage (the deployed snapshot) or of the draft. */
export interface Configuration {
  routes: Route[];
  authorizers: Authorizer[];
  gatewayResponses: GatewayResponse[];
  /** REST resource policy; undefined where this reading does not carry it. */
  policy?: PolicyDocument | null;
  binaryMediaTypes: string[];
}

/** Where a custom domain leads. */
export interface DomainMapping {
  /** First segments of the path, without slashes at the ends; empty for the root. */
  path: string;
  apiId: string;
  /** null: the stage is the next segment of the path. */
  stage: string | null;
}

export interface Route {
  /** `GET /orders`, `ANY /{proxy+}`, `$default`, `$connect`. */
  key: string;
  /** Upper case, `ANY` for all; null for WebSocket routes and `$default`. */
  method: string | null;
  path: string | null;
  authorization: 'NONE' | 'AWS_IAM' | 'CUSTOM' | 'COGNITO_USER_POOLS' | 'JWT';
  authorizerId: string | null;
  apiKeyRequired: boolean;
  integration: Integration | null;
  /** Status codes that the method declares (REST, non-proxy). */
  methodResponses: string[];
  /** REST draft only: what `aws apigateway update-integration --resource-id` wants. */
  resourceId?: string;
}

export interface Integration {
  id: string | null;
  type: 'AWS' | 'AWS_PROXY' | 'HTTP' | 'HTTP_PROXY' | 'MOCK';
  /** HTTP APIs: the AWS service action, e.g. `SQS-SendMessage`. */
  subtype: string | null;
  httpMethod: string | null;
  /** As configured, stage variables unresolved. */
  uri: string | null;
  connectionType: 'INTERNET' | 'VPC_LINK';
  connectionId: string | null;
  /** Role that API Gateway assumes, or `arn:aws:iam::*:user/*` for the caller's own. */
  credentials: string | null;
  /** As configured; null where the default holds (29,000 ms; HTTP APIs 30,000 ms). */
  timeoutMs: number | null;
  /** VTL by content type. */
  requestTemplates: Record<string, string>;
  requestParameters: Record<string, string>;
  passthroughBehavior: string | null;
  contentHandling: string | null;
  payloadFormatVersion: string | null;
  responseTransferMode: 'BUFFERED' | 'STREAM';
  insecureSkipVerification: boolean;
  responses: IntegrationResponse[];
}

export interface IntegrationResponse {
  statusCode: string;
  /** null or empty for the default response. */
  selectionPattern: string | null;
  templates: Record<string, string>;
  parameters: Record<string, string>;
  contentHandling: string | null;
}

export interface Authorizer {
  /** In the export of a REST stage its name: exports carry no ids. Routes name it the same way. */
  id: string;
  name: string;
  type: 'TOKEN' | 'REQUEST' | 'COGNITO_USER_POOLS' | 'JWT';
  uri: string | null;
  credentials: string | null;
  resultTtlSeconds: number | null;
  payloadFormatVersion: string | null;
  simpleResponses: boolean;
  issuer: string | null;
}

export interface GatewayResponse {
  responseType: string;
  /** null: the code of the response itself is kept. */
  statusCode: string | null;
}

export interface FunctionConfiguration {
  name: string;
  arn: string;
  /** Execution role ARN. */
  role: string;
  timeoutSeconds: number;
  memoryMb: number;
  runtime: string | null;
  handler: string | null;
  version: string;
  state: string | null;
  stateReason: string | null;
  stateReasonCode: string | null;
  lastUpdateStatus: string | null;
  lastUpdateReason: string | null;
  lastModifiedAt: string | null;
  kmsKeyArn: string | null;
  logGroup: string;
  logFormat: 'Text' | 'JSON';
  vpc: { subnetIds: string[]; securityGroupIds: string[] } | null;
}

/** Lambda concurrency of an account in a Region; null where AWS does not say. */
export interface AccountConcurrency {
  limit: number | null;
  unreserved: number | null;
}

export interface Role {
  name: string;
  arn: string;
  createdAt: string | null;
  trust: PolicyDocument;
  permissionsBoundaryArn: string | null;
}

/** One decision of IAM's own policy simulator. */
export interface Simulation {
  action: string;
  resource: string;
  decision: 'allowed' | 'explicitDeny' | 'implicitDeny';
  matchedStatements: string[];
  missingContextKeys: string[];
  allowedByBoundary: boolean | null;
  allowedByOrganization: boolean | null;
}

export interface PolicyDocument {
  version: string | null;
  statements: PolicyStatement[];
}

/** IAM JSON with every "string or list" made a list, nothing else changed. */
export interface PolicyStatement {
  sid: string | null;
  effect: 'Allow' | 'Deny';
  /** `*` or by kind: AWS, Service, Federated, CanonicalUser. null where the statement has none. */
  principal: '*' | Record<string, string[]> | null;
  notPrincipal: '*' | Record<string, string[]> | null;
  actions: string[];
  notActions: string[];
  resources: string[];
  notResources: string[];
  /** operator -> key -> values. */
  conditions: Record<string, Record<string, string[]>>;
}

/** One log event; `message` may hold several lines. Secrets are masked already. */
export interface LogEvent {
  at: string;
  message: string;
  stream: string | null;
}

/** A series of one value a minute; minutes without data are absent. */
export interface MetricSeries {
  id: string;
  points: { at: string; value: number }[];
}

export interface MetricQuery {
  id: string;
  namespace: string;
  metric: string;
  dimensions: Record<string, string>;
  stat: 'Sum' | 'Average' | 'Maximum' | 'p95' | 'p99';
  periodSeconds: number;
}

/** One recorded management event, as CloudTrail keeps it. */
export interface TrailEvent {
  id: string;
  at: string;
  /** `UpdateIntegration`; Lambda's dated suffix is cut off. */
  name: string;
  /** `apigateway.amazonaws.com`. */
  source: string;
  /** Person or role session that did it, as short as it stays clear: `alice`, `deploy-role/ci-42`. */
  who: string;
  /** Service that did it on somebody's behalf, e.g. `cloudformation.amazonaws.com`. */
  invokedBy: string | null;
  errorCode: string | null;
  region: string;
  requestParameters: Record<string, unknown>;
  responseElements: Record<string, unknown>;
}

export interface WebAcl {
  arn: string;
  name: string;
  id: string;
  /** What its metrics are called by; mostly its name. */
  metricName: string;
  defaultAction: 'ALLOW' | 'BLOCK';
  rules: { name: string; metricName: string; action: string; blockStatusCode: number | null }[];
}

/** Where a web ACL logs to. */
export interface WafLogging {
  /** CloudWatch Logs group; null where it logs to S3 or Firehose only, which this program does not read. */
  logGroup: string | null;
  /** ARNs. */
  destinations: string[];
}

/** One request that WAF decided on, from its log or from its samples. */
export interface WafRequest {
  at: string;
  action: string;
  rule: string | null;
  method: string | null;
  uri: string | null;
  clientIp: string | null;
  country: string | null;
  /** Extended request id, the join to the access log. */
  requestId: string | null;
  responseCode: number | null;
  source: 'log' | 'sample';
}

export interface ServiceEvent {
  service: string;
  region: string;
  summary: string;
  startedAt: string | null;
  open: boolean;
}

export interface VpcLink {
  id: string;
  name: string;
  status: string;
  statusMessage: string | null;
  targetArns: string[];
  version: 1 | 2;
}

export interface TargetHealth {
  targetGroupArn: string;
  target: string;
  state: string;
  reason: string | null;
  description: string | null;
}

export interface Alarm {
  name: string;
  arn: string;
  state: string;
  stateChangedAt: string | null;
  threshold: number | null;
  /** `GreaterThanThreshold`, …; null for composite alarms. */
  comparison: string | null;
  metrics: AlarmMetric[];
  /** Composite alarms: the rule text; null for others. */
  rule: string | null;
}

/** A metric that an alarm watches, by itself or in an expression. */
export interface AlarmMetric {
  namespace: string;
  metric: string;
  dimensions: Record<string, string>;
  /** `Sum`, `p95`, …; null where it is not known. */
  stat: string | null;
  periodSeconds: number | null;
  /** Where the metric is of another account than the alarm, as in a monitoring account; null for the alarm's own. */
  accountId: string | null;
  /** The threshold is held against this metric itself, and against nothing else. */
  compared: boolean;
}
