/**
 * Tries every declared read where it does no harm: asked for what does not exist, so that the answer is "not found" or
 * an empty list where the read is allowed, and a denial where it is not.
 */
import { boundedAll } from './bounded.ts';
import { type InputOf, type OperationName, operationNames, permissionOf, type Source, sourceOf } from './operations.ts';
import type { Aws } from './types.ts';
import { UnreadError } from './unread.ts';

/** What is asked of the account itself. */
type Read = Exclude<OperationName, `sts:${string}`>;

interface Scene {
  accountId: string;
  region: string;
  partition: string;
  now: Date;
}

/** Nothing has this name; ids have their own shape. */
const nothing = 'apigw-500-doctor';
const noApi = 'apigw500dr';
const noUuid = '00000000-0000-0000-0000-000000000000';

/** The log groups that IAM policies name: another name would be denied although the real ones are allowed. */
const noLogGroup = `API-Gateway-Execution-Logs_${noApi}/none`;

const inputs: { readonly [N in Read]: (scene: Scene) => InputOf<N> } = {
  'apigateway:GetRestApi': () => ({ restApiId: noApi }),
  'apigateway:GetRestApis': () => ({ limit: 1 }),
  'apigateway:GetStage': () => ({ restApiId: noApi, stageName: 'none' }),
  'apigateway:GetStages': () => ({ restApiId: noApi }),
  'apigateway:GetDeployments': () => ({ restApiId: noApi, limit: 1 }),
  'apigateway:GetResources': () => ({ restApiId: noApi, limit: 1 }),
  'apigateway:GetExport': () => ({ restApiId: noApi, stageName: 'none', exportType: 'oas30' }),
  'apigateway:GetAuthorizers': () => ({ restApiId: noApi, limit: 1 }),
  'apigateway:GetAccount': () => ({}),
  'apigateway:GetVpcLink': () => ({ vpcLinkId: noApi }),
  'apigateway:GetVpcLinks': () => ({ limit: 1 }),
  'apigateway:GetBasePathMappings': () => ({ domainName: `${nothing}.example.com`, limit: 1 }),

  'apigatewayv2:GetApi': () => ({ ApiId: noApi }),
  'apigatewayv2:GetApis': () => ({ MaxResults: '1' }),
  'apigatewayv2:GetStage': () => ({ ApiId: noApi, StageName: 'none' }),
  'apigatewayv2:GetStages': () => ({ ApiId: noApi, MaxResults: '1' }),
  'apigatewayv2:GetDeployments': () => ({ ApiId: noApi, MaxResults: '1' }),
  'apigatewayv2:GetRoutes': () => ({ ApiId: noApi, MaxResults: '1' }),
  'apigatewayv2:GetIntegrations': () => ({ ApiId: noApi, MaxResults: '1' }),
  'apigatewayv2:GetAuthorizers': () => ({ ApiId: noApi, MaxResults: '1' }),
  'apigatewayv2:ExportApi': () => ({ ApiId: noApi, Specification: 'OAS30', OutputType: 'JSON' }),
  'apigatewayv2:GetVpcLink': () => ({ VpcLinkId: noApi }),
  'apigatewayv2:GetApiMappings': () => ({ DomainName: `${nothing}.example.com`, MaxResults: '1' }),

  'lambda:GetFunctionConfiguration': () => ({ FunctionName: nothing }),
  'lambda:GetPolicy': () => ({ FunctionName: nothing }),
  'lambda:GetFunctionConcurrency': () => ({ FunctionName: nothing }),
  'lambda:GetAccountSettings': () => ({}),

  'iam:GetRole': () => ({ RoleName: nothing }),
  'iam:ListAttachedRolePolicies': () => ({ RoleName: nothing, MaxItems: 1 }),
  'iam:SimulatePrincipalPolicy': ({ partition, accountId }) => ({
    PolicySourceArn: `arn:${partition}:iam::${accountId}:role/${nothing}`,
    ActionNames: ['lambda:InvokeFunction'],
  }),

  'logs:StartQuery': ({ now }) => ({
    logGroupName: noLogGroup,
    startTime: Math.floor(now.getTime() / 1_000) - 60,
    endTime: Math.floor(now.getTime() / 1_000),
    queryString: 'limit 1',
  }),
  'logs:GetQueryResults': () => ({ queryId: noUuid }),
  'logs:FilterLogEvents': ({ now }) => ({
    logGroupName: noLogGroup,
    startTime: now.getTime() - 60_000,
    endTime: now.getTime(),
    limit: 1,
  }),

  'logs:DescribeMetricFilters': () => ({ metricNamespace: nothing, metricName: 'none', limit: 1 }),

  'cloudwatch:GetMetricData': ({ now }) => ({
    StartTime: new Date(now.getTime() - 60_000),
    EndTime: now,
    MetricDataQueries: [
      {
        Id: 'none',
        MetricStat: {
          Metric: {
            Namespace: 'AWS/ApiGateway',
            MetricName: 'Count',
            Dimensions: [{ Name: 'ApiName', Value: nothing }],
          },
          Period: 60,
          Stat: 'Sum',
        },
      },
    ],
  }),
  'cloudwatch:DescribeAlarms': () => ({ AlarmNames: [nothing] }),
  'cloudwatch:ListTagsForResource': scene => ({ ResourceARN: arn(scene, 'cloudwatch', `alarm:${nothing}`) }),

  'cloudtrail:LookupEvents': ({ now }) => ({
    LookupAttributes: [{ AttributeKey: 'EventId', AttributeValue: noUuid }],
    StartTime: new Date(now.getTime() - 60_000),
    EndTime: now,
    MaxResults: 1,
  }),

  'wafv2:GetWebACL': scene => ({ ARN: webAcl(scene) }),
  'wafv2:GetLoggingConfiguration': scene => ({ ResourceArn: webAcl(scene) }),
  'wafv2:GetSampledRequests': scene => ({
    WebAclArn: webAcl(scene),
    RuleMetricName: 'none',
    Scope: 'REGIONAL',
    TimeWindow: { StartTime: new Date(scene.now.getTime() - 60_000), EndTime: scene.now },
    MaxItems: 1,
  }),
  'wafv2:ListWebACLs': () => ({ Scope: 'REGIONAL', Limit: 1 }),
  'wafv2:ListResourcesForWebACL': scene => ({ WebACLArn: webAcl(scene) }),

  'elasticloadbalancing:DescribeLoadBalancers': () => ({ Names: [nothing] }),
  'elasticloadbalancing:DescribeTargetGroups': scene => ({ LoadBalancerArn: loadBalancer(scene, 'loadbalancer') }),
  'elasticloadbalancing:DescribeTargetHealth': scene => ({
    TargetGroupArn: arn(scene, 'elasticloadbalancing', `targetgroup/${nothing}/0000000000000000`),
  }),
  'elasticloadbalancing:DescribeListeners': scene => ({
    ListenerArns: [`${loadBalancer(scene, 'listener')}/0000000000000000`],
  }),

  'health:DescribeEvents': ({ region }) => ({
    filter: { services: ['APIGATEWAY'], regions: [region], eventStatusCodes: ['upcoming'] },
    maxResults: 10,
  }),
};

function arn({ partition, region, accountId }: Scene, service: string, resource: string): string {
  return `arn:${partition}:${service}:${region}:${accountId}:${resource}`;
}

function webAcl(scene: Scene): string {
  return arn(scene, 'wafv2', `regional/webacl/${nothing}/${noUuid}`);
}

function loadBalancer(scene: Scene, kind: 'loadbalancer' | 'listener'): string {
  return arn(scene, 'elasticloadbalancing', `${kind}/app/${nothing}/0000000000000000`);
}

export interface Probe {
  operation: Source;
  /** The IAM action that it needs. */
  permission: Source;
  /** null: allowed. Else why it could not be read. */
  unread: UnreadError | null;
}

/** More would only wait for the quotas. */
const atOnce = 8;

/** Tries all reads of one account and Region, in the order of their declaration. */
export async function probeReads(aws: Aws & { accountId: string }, now: Date): Promise<Probe[]> {
  const reads = operationNames.filter((name): name is Read => Object.hasOwn(inputs, name));
  return boundedAll(reads, atOnce, operation => probe(aws, operation, now));
}

async function probe<N extends Read>(aws: Aws & { accountId: string }, operation: N, now: Date): Promise<Probe> {
  const result = { operation: sourceOf(operation), permission: permissionOf(operation) };
  try {
    await aws.send(operation, inputs[operation]({ ...aws, now }) as InputOf<N>);
  } catch (error) {
    if (!(error instanceof UnreadError)) throw error;
    if (error.reason !== 'not_found')
      return { ...result, permission: error.permission ?? result.permission, unread: error };
  }
  return { ...result, unread: null };
}
