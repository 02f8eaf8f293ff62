/** What the catalogue's texts may name. All optional: a text leaves out what is not known. */
export interface CauseParameters {
  functionName?: string;
  functionArn?: string;
  qualifier?: string;
  roleArn?: string;
  roleName?: string;
  action?: string;
  resource?: string;
  sourceArn?: string;
  statementId?: string;
  route?: string;
  routes?: string[];
  resourceId?: string;
  /** HTTP and WebSocket APIs only. */
  integrationId?: string;
  authorizerId?: string;
  endpoint?: string;
  timeoutMs?: number;
  functionTimeoutSeconds?: number;
  durationMs?: number;
  memoryMb?: number;
  statusCode?: string;
  reservedConcurrency?: number;
  variable?: string;
  template?: string;
  line?: number;
  column?: number;
  webAclArn?: string;
  rule?: string;
  vpcLinkId?: string;
  targetGroupArn?: string;
  deploymentId?: string;
  kmsKeyArn?: string;
  message?: string;
}
