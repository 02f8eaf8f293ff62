import type { OperationName } from '../../src/aws/operations.ts';
import type { Send } from '../../src/aws/send.ts';
import type { Access } from '../../src/aws/types.ts';
import type { Scenario } from '../../src/sandbox/scenario.ts';

/** One call as IAM would see it. */
export interface AuthorizedCall {
  operation: OperationName;
  action: string;
  /** More than one where the operation is on several; `*` where the service knows no resources for it. */
  resources: string[];
  region: string;
}

/** Log groups in the scenarios whose names are people's own choice; they have to be granted by name. */
export const ownLogGroups = ['/apigateway/*', 'fulfilment-access', 'orders-cn-access'];

/** For `runScenarios`: hears every call that a diagnosis makes. */
export function overhearing(onCall: (call: AuthorizedCall) => void) {
  return (access: Access, { world }: Scenario): Access => ({
    ...access,
    async open(account, region) {
      const aws = await access.open(account, region);
      const send: Send = (operation, input, options) => {
        const where = options?.region ?? aws.region;
        onCall({ operation, ...authorizationOf(operation, input as Input, where, world.accountId), region: where });
        return aws.send(operation, input, options);
      };
      return { ...aws, send };
    },
  });
}

type Input = Record<string, unknown>;

/**
 * Written down from the Service Authorization Reference and each operation's HTTP path, and not from our own table.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
function authorizationOf(operation: OperationName, input: Input, region: string, accountId: string) {
  const partition = region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
  const [service = '', name = ''] = operation.split(':');
  const arn = (of: string, resource: string) => `arn:${partition}:${of}:${region}:${accountId}:${resource}`;
  const text = (member: string) => String(input[member]);
  switch (service) {
    case 'apigateway':
    case 'apigatewayv2':
      return {
        action: 'apigateway:GET',
        resources: [`arn:${partition}:apigateway:${region}::${gatewayPath(operation, text)}`],
      };
    case 'lambda': {
      if (name === 'GetAccountSettings') return { action: operation, resources: ['*'] };
      const given = text('FunctionName');
      const qualifier = input.Qualifier === undefined ? '' : `:${text('Qualifier')}`;
      return {
        action: operation,
        resources: [`${given.startsWith('arn:') ? given : arn('lambda', `function:${given}`)}${qualifier}`],
      };
    }
    case 'iam': {
      const role = input.PolicySourceArn ?? `arn:${partition}:iam::${accountId}:role/${text('RoleName')}`;
      return { action: operation, resources: [String(role)] };
    }
    case 'logs': {
      const group = input.logGroupIdentifier ?? input.logGroupName;
      const own = String(group).startsWith('arn:') ? String(group) : arn('logs', `log-group:${group}`);
      return { action: operation, resources: [`${own}:log-stream:`] };
    }
    case 'wafv2':
      return {
        action: operation,
        resources: [String(input.ARN ?? input.ResourceArn ?? input.WebACLArn ?? input.WebAclArn)],
      };
    case 'cloudwatch':
      return { action: operation, resources: [name === 'ListTagsForResource' ? text('ResourceARN') : '*'] };
    default:
      return { action: operation, resources: ['*'] };
  }
}

/** https://docs.aws.amazon.com/apigateway/latest/api/API_Operations.html and …/apigatewayv2/latest/api-reference/ */
function gatewayPath(operation: OperationName, text: (member: string) => string): string {
  const api = `/apis/${text('ApiId')}`;
  const rest = `/restapis/${text('restApiId')}`;
  const paths: Partial<Record<OperationName, string>> = {
    'apigateway:GetRestApi': rest,
    'apigateway:GetRestApis': '/restapis',
    'apigateway:GetStage': `${rest}/stages/${text('stageName')}`,
    'apigateway:GetStages': `${rest}/stages`,
    'apigateway:GetDeployments': `${rest}/deployments`,
    'apigateway:GetResources': `${rest}/resources`,
    'apigateway:GetExport': `${rest}/stages/${text('stageName')}/exports/${text('exportType')}`,
    'apigateway:GetAuthorizers': `${rest}/authorizers`,
    'apigateway:GetAccount': '/account',
    'apigateway:GetVpcLink': `/vpclinks/${text('vpcLinkId')}`,
    'apigateway:GetVpcLinks': '/vpclinks',
    'apigateway:GetBasePathMappings': `/domainnames/${text('domainName')}/basepathmappings`,
    'apigatewayv2:GetApi': api,
    'apigatewayv2:GetApis': '/apis',
    'apigatewayv2:GetStage': `${api}/stages/${text('StageName')}`,
    'apigatewayv2:GetStages': `${api}/stages`,
    'apigatewayv2:GetDeployments': `${api}/deployments`,
    'apigatewayv2:GetRoutes': `${api}/routes`,
    'apigatewayv2:GetIntegrations': `${api}/integrations`,
    'apigatewayv2:GetAuthorizers': `${api}/authorizers`,
    'apigatewayv2:ExportApi': `${api}/exports/${text('Specification')}`,
    'apigatewayv2:GetVpcLink': `/vpclinks/${text('VpcLinkId')}`,
    'apigatewayv2:GetApiMappings': `/domainnames/${text('DomainName')}/apimappings`,
  };
  const path = paths[operation];
  if (path === undefined) throw new Error(`Write down the path of ${operation}, for its IAM resource follows from it.`);
  return path;
}
