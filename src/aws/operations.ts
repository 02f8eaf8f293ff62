/**
 * Everything this program may ask of AWS: one line for each read. What is not listed here is refused before it is
 * signed (see send.ts), and the IAM policy is generated from this table.
 *
 * Keys are `service:Operation` with the IAM prefix of the service; the HTTP and WebSocket flavour of API Gateway
 * has keys of its own (`apigatewayv2:`) because both APIs have a GetStage. `sourceOf` gives the name that reports use.
 */
import type * as rest from '@aws-sdk/client-api-gateway';
import type * as v2 from '@aws-sdk/client-apigatewayv2';
import type * as cloudtrail from '@aws-sdk/client-cloudtrail';
import type * as cloudwatch from '@aws-sdk/client-cloudwatch';
import type * as logs from '@aws-sdk/client-cloudwatch-logs';
import type * as elb from '@aws-sdk/client-elastic-load-balancing-v2';
import type * as health from '@aws-sdk/client-health';
import type * as iam from '@aws-sdk/client-iam';
import type * as lambda from '@aws-sdk/client-lambda';
import type * as sts from '@aws-sdk/client-sts';
import type * as wafv2 from '@aws-sdk/client-wafv2';

/** Request and response of each declared read, as the SDK types them. */
export interface OperationTypes {
  'apigateway:GetRestApi': [rest.GetRestApiCommandInput, rest.GetRestApiCommandOutput];
  'apigateway:GetRestApis': [rest.GetRestApisCommandInput, rest.GetRestApisCommandOutput];
  'apigateway:GetStage': [rest.GetStageCommandInput, rest.GetStageCommandOutput];
  'apigateway:GetStages': [rest.GetStagesCommandInput, rest.GetStagesCommandOutput];
  'apigateway:GetDeployments': [rest.GetDeploymentsCommandInput, rest.GetDeploymentsCommandOutput];
  'apigateway:GetResources': [rest.GetResourcesCommandInput, rest.GetResourcesCommandOutput];
  'apigateway:GetExport': [rest.GetExportCommandInput, rest.GetExportCommandOutput];
  'apigateway:GetAuthorizers': [rest.GetAuthorizersCommandInput, rest.GetAuthorizersCommandOutput];
  'apigateway:GetAccount': [rest.GetAccountCommandInput, rest.GetAccountCommandOutput];
  'apigateway:GetVpcLink': [rest.GetVpcLinkCommandInput, rest.GetVpcLinkCommandOutput];
  'apigateway:GetVpcLinks': [rest.GetVpcLinksCommandInput, rest.GetVpcLinksCommandOutput];
  'apigateway:GetBasePathMappings': [rest.GetBasePathMappingsCommandInput, rest.GetBasePathMappingsCommandOutput];

  'apigatewayv2:GetApi': [v2.GetApiCommandInput, v2.GetApiCommandOutput];
  'apigatewayv2:GetApis': [v2.GetApisCommandInput, v2.GetApisCommandOutput];
  'apigatewayv2:GetStage': [v2.GetStageCommandInput, v2.GetStageCommandOutput];
  'apigatewayv2:GetStages': [v2.GetStagesCommandInput, v2.GetStagesCommandOutput];
  'apigatewayv2:GetDeployments': [v2.GetDeploymentsCommandInput, v2.GetDeploymentsCommandOutput];
  'apigatewayv2:GetRoutes': [v2.GetRoutesCommandInput, v2.GetRoutesCommandOutput];
  'apigatewayv2:GetIntegrations': [v2.GetIntegrationsCommandInput, v2.GetIntegrationsCommandOutput];
  'apigatewayv2:GetAuthorizers': [v2.GetAuthorizersCommandInput, v2.GetAuthorizersCommandOutput];
  'apigatewayv2:ExportApi': [v2.ExportApiCommandInput, v2.ExportApiCommandOutput];
  'apigatewayv2:GetVpcLink': [v2.GetVpcLinkCommandInput, v2.GetVpcLinkCommandOutput];
  'apigatewayv2:GetApiMappings': [v2.GetApiMappingsCommandInput, v2.GetApiMappingsCommandOutput];

  'lambda:GetFunctionConfiguration': [
    lambda.GetFunctionConfigurationCommandInput,
    lambda.GetFunctionConfigurationCommandOutput,
  ];
  'lambda:GetPolicy': [lambda.GetPolicyCommandInput, lambda.GetPolicyCommandOutput];
  'lambda:GetFunctionConcurrency': [
    lambda.GetFunctionConcurrencyCommandInput,
    lambda.GetFunctionConcurrencyCommandOutput,
  ];
  'lambda:GetAccountSettings': [lambda.GetAccountSettingsCommandInput, lambda.GetAccountSettingsCommandOutput];

  'iam:GetRole': [iam.GetRoleCommandInput, iam.GetRoleCommandOutput];
  'iam:ListAttachedRolePolicies': [iam.ListAttachedRolePoliciesCommandInput, iam.ListAttachedRolePoliciesCommandOutput];
  'iam:SimulatePrincipalPolicy': [iam.SimulatePrincipalPolicyCommandInput, iam.SimulatePrincipalPolicyCommandOutput];

  'logs:FilterLogEvents': [logs.FilterLogEventsCommandInput, logs.FilterLogEventsCommandOutput];
  'logs:StartQuery': [logs.StartQueryCommandInput, logs.StartQueryCommandOutput];
  'logs:GetQueryResults': [logs.GetQueryResultsCommandInput, logs.GetQueryResultsCommandOutput];
  'logs:DescribeMetricFilters': [logs.DescribeMetricFiltersCommandInput, logs.DescribeMetricFiltersCommandOutput];

  'cloudwatch:GetMetricData': [cloudwatch.GetMetricDataCommandInput, cloudwatch.GetMetricDataCommandOutput];
  'cloudwatch:DescribeAlarms': [cloudwatch.DescribeAlarmsCommandInput, cloudwatch.DescribeAlarmsCommandOutput];
  'cloudwatch:ListTagsForResource': [
    cloudwatch.ListTagsForResourceCommandInput,
    cloudwatch.ListTagsForResourceCommandOutput,
  ];

  'cloudtrail:LookupEvents': [cloudtrail.LookupEventsCommandInput, cloudtrail.LookupEventsCommandOutput];

  'wafv2:GetWebACL': [wafv2.GetWebACLCommandInput, wafv2.GetWebACLCommandOutput];
  'wafv2:GetLoggingConfiguration': [
    wafv2.GetLoggingConfigurationCommandInput,
    wafv2.GetLoggingConfigurationCommandOutput,
  ];
  'wafv2:ListWebACLs': [wafv2.ListWebACLsCommandInput, wafv2.ListWebACLsCommandOutput];
  'wafv2:ListResourcesForWebACL': [wafv2.ListResourcesForWebACLCommandInput, wafv2.ListResourcesForWebACLCommandOutput];
  'wafv2:GetSampledRequests': [wafv2.GetSampledRequestsCommandInput, wafv2.GetSampledRequestsCommandOutput];

  'elasticloadbalancing:DescribeTargetGroups': [
    elb.DescribeTargetGroupsCommandInput,
    elb.DescribeTargetGroupsCommandOutput,
  ];
  'elasticloadbalancing:DescribeTargetHealth': [
    elb.DescribeTargetHealthCommandInput,
    elb.DescribeTargetHealthCommandOutput,
  ];
  'elasticloadbalancing:DescribeLoadBalancers': [
    elb.DescribeLoadBalancersCommandInput,
    elb.DescribeLoadBalancersCommandOutput,
  ];
  'elasticloadbalancing:DescribeListeners': [elb.DescribeListenersCommandInput, elb.DescribeListenersCommandOutput];

  'health:DescribeEvents': [health.DescribeEventsCommandInput, health.DescribeEventsCommandOutput];

  'sts:GetCallerIdentity': [sts.GetCallerIdentityCommandInput, sts.GetCallerIdentityCommandOutput];
  /** Reads nothing: the way into the other accounts (assume-role.ts), and the only thing listed here that is no read. */
  'sts:AssumeRole': [sts.AssumeRoleCommandInput, sts.AssumeRoleCommandOutput];
}

export type OperationName = keyof OperationTypes;
export type InputOf<N extends OperationName> = OperationTypes[N][0];
export type OutputOf<N extends OperationName> = OperationTypes[N][1];

/** `service:Operation` as reports, gaps and scenarios name it: `apigateway` for both API Gateway APIs. */
export type Source = `${string}:${string}`;

/** SDK package (`@aws-sdk/client-…`) that serves a key's prefix. */
export const clientPackages = {
  apigateway: 'api-gateway',
  apigatewayv2: 'apigatewayv2',
  lambda: 'lambda',
  iam: 'iam',
  logs: 'cloudwatch-logs',
  cloudwatch: 'cloudwatch',
  cloudtrail: 'cloudtrail',
  wafv2: 'wafv2',
  elasticloadbalancing: 'elastic-load-balancing-v2',
  health: 'health',
  sts: 'sts',
} as const;

export type ServicePrefix = keyof typeof clientPackages;

/**
 * What each read must be allowed on. `{partition}`, `{region}` and `{account}` are filled in; API Gateway's ARNs have
 * no account. Log groups are those with a name that AWS gives; one that people named (access logs, a function's own
 * choice) has to be granted by its name.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
const resources: { readonly [N in OperationName]: readonly string[] } = {
  'apigateway:GetRestApi': [gateway('/restapis/*')],
  'apigateway:GetRestApis': [gateway('/restapis')],
  'apigateway:GetStage': [gateway('/restapis/*/stages/*')],
  'apigateway:GetStages': [gateway('/restapis/*/stages')],
  'apigateway:GetDeployments': [gateway('/restapis/*/deployments')],
  'apigateway:GetResources': [gateway('/restapis/*/resources')],
  'apigateway:GetExport': [gateway('/restapis/*/stages/*/exports/*')],
  'apigateway:GetAuthorizers': [gateway('/restapis/*/authorizers')],
  'apigateway:GetAccount': [gateway('/account')],
  'apigateway:GetVpcLink': [gateway('/vpclinks/*')],
  'apigateway:GetVpcLinks': [gateway('/vpclinks')],
  'apigateway:GetBasePathMappings': [gateway('/domainnames/*/basepathmappings')],

  'apigatewayv2:GetApi': [gateway('/apis/*')],
  'apigatewayv2:GetApis': [gateway('/apis')],
  'apigatewayv2:GetStage': [gateway('/apis/*/stages/*')],
  'apigatewayv2:GetStages': [gateway('/apis/*/stages')],
  'apigatewayv2:GetDeployments': [gateway('/apis/*/deployments')],
  'apigatewayv2:GetRoutes': [gateway('/apis/*/routes')],
  'apigatewayv2:GetIntegrations': [gateway('/apis/*/integrations')],
  'apigatewayv2:GetAuthorizers': [gateway('/apis/*/authorizers')],
  'apigatewayv2:ExportApi': [gateway('/apis/*/exports/*')],
  'apigatewayv2:GetVpcLink': [gateway('/vpclinks/*')],
  'apigatewayv2:GetApiMappings': [gateway('/domainnames/*/apimappings')],

  'lambda:GetFunctionConfiguration': [local('lambda', 'function:*')],
  'lambda:GetPolicy': [local('lambda', 'function:*')],
  'lambda:GetFunctionConcurrency': [local('lambda', 'function:*')],
  'lambda:GetAccountSettings': ['*'],

  'iam:GetRole': ['arn:{partition}:iam::{account}:role/*'],
  'iam:ListAttachedRolePolicies': ['arn:{partition}:iam::{account}:role/*'],
  'iam:SimulatePrincipalPolicy': ['arn:{partition}:iam::{account}:role/*'],

  // A query reads; its IAM access level is Read.
  'logs:StartQuery': [
    local('logs', 'log-group:API-Gateway-Execution-Logs_*'),
    local('logs', 'log-group:/aws/apigateway/*'),
  ],
  // Older references know no resource for it.
  'logs:GetQueryResults': ['*'],
  'logs:FilterLogEvents': [
    local('logs', 'log-group:API-Gateway-Execution-Logs_*'),
    local('logs', 'log-group:/aws/apigateway/*'),
    local('logs', 'log-group:/aws/lambda/*'),
    local('logs', 'log-group:aws-waf-logs-*'),
  ],

  // All groups are searched: a filter is looked for by the metric that it feeds.
  'logs:DescribeMetricFilters': [local('logs', 'log-group:*')],

  'cloudwatch:GetMetricData': ['*'],
  // A narrower scope hides composite alarms.
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
  'cloudwatch:DescribeAlarms': ['*'],
  'cloudwatch:ListTagsForResource': [local('cloudwatch', 'alarm:*')],

  'cloudtrail:LookupEvents': ['*'],

  'wafv2:GetWebACL': [local('wafv2', 'regional/webacl/*/*')],
  'wafv2:GetLoggingConfiguration': [local('wafv2', 'regional/webacl/*/*')],
  'wafv2:ListWebACLs': ['*'],
  'wafv2:ListResourcesForWebACL': [local('wafv2', 'regional/webacl/*/*')],
  'wafv2:GetSampledRequests': [local('wafv2', 'regional/webacl/*/*')],

  'elasticloadbalancing:DescribeTargetGroups': ['*'],
  'elasticloadbalancing:DescribeTargetHealth': ['*'],
  'elasticloadbalancing:DescribeLoadBalancers': ['*'],
  'elasticloadbalancing:DescribeListeners': ['*'],

  'health:DescribeEvents': ['*'],

  'sts:GetCallerIdentity': ['*'],
  // The roles are those of the configuration file, in accounts of their own.
  'sts:AssumeRole': ['arn:{partition}:iam::{account}:role/*'],
};

function gateway(path: string): string {
  return `arn:{partition}:apigateway:{region}::${path}`;
}

function local(service: string, resource: string): string {
  return `arn:{partition}:${service}:{region}:{account}:${resource}`;
}

/** All declared reads. */
export const operationNames = Object.keys(resources) as readonly OperationName[];

/** Whether a name is one of the declared reads; the only thing that the read-only guard asks. */
export function isOperation(name: string): name is OperationName {
  return Object.hasOwn(resources, name);
}

/** The name that reports use: both API Gateway APIs are `apigateway`. */
export function sourceOf(operation: OperationName | Source): Source {
  return operation.replace(/^apigatewayv2:/, 'apigateway:') as Source;
}

/**
 * The IAM action that allows a read. API Gateway's actions are HTTP verbs.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagement.html
 */
export function permissionOf(operation: OperationName): Source {
  return operation.startsWith('apigateway') ? 'apigateway:GET' : operation;
}

/** ARN templates of what the read must be allowed on, with `{partition}`, `{region}` and `{account}` open. */
export function resourcesOf(operation: OperationName): readonly string[] {
  return resources[operation];
}

export function serviceOf(operation: OperationName): ServicePrefix {
  return operation.slice(0, operation.indexOf(':')) as ServicePrefix;
}
