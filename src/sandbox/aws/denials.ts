/** Errors that come before any answer: credentials, permissions, throttling, failures; each as its service words it. */
import { WireError } from './wire/errors.ts';
import type { Asked } from './wire/protocols.ts';
import { callerArn, functionArn, partitionOf } from './world/lookup.ts';
import type { World } from './world.ts';

/** What IAM calls the operation: every read of API Gateway is `apigateway:GET`. */
export function iamAction({ wire, name }: Pick<Asked, 'wire' | 'name'>): string {
  return wire.signingName === 'apigateway' ? 'apigateway:GET' : `${wire.prefix}:${name}`;
}

/**
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html: the message names who asked, the
 * action, the resource, and what kind of policy is lacking.
 */
export function accessDenied(world: World, asked: Asked, path: string): WireError {
  const action = iamAction(asked);
  const because =
    asked.wire.signingName === 'apigateway' ? '' : ` because no identity-based policy allows the ${action} action`;
  const message = `User: ${callerArn(world)} is not authorized to perform: ${action} on resource: ${resourceOf(world, asked, path)}${because}`;
  switch (asked.wire.protocol) {
    case 'query':
      return new WireError('AccessDenied', 403, message);
    case 'rest-json':
      return new WireError('AccessDeniedException', 403, message);
    case 'json':
      // CloudWatch keeps the code that it had as a Query service.
      return new WireError(
        asked.wire.queryCompatible ? 'AccessDenied' : 'AccessDeniedException',
        asked.wire.queryCompatible ? 403 : 400,
        message,
      );
  }
}

function resourceOf(world: World, { wire, input }: Asked, path: string): string {
  const text = (name: string) => (typeof input[name] === 'string' ? input[name] : '');
  const partition = partitionOf(world.region);
  switch (wire.prefix) {
    case 'apigateway':
    case 'apigatewayv2':
      return `arn:${partition}:apigateway:${world.region}::${path.replace(/^\/v2/, '')}`;
    case 'lambda':
      return text('FunctionName') === ''
        ? '*'
        : functionArn(world, text('FunctionName').replace(/^arn:.*:function:/, ''));
    case 'sts':
      return text('RoleArn') || '*';
    case 'iam':
      return `role ${text('RoleName') || text('PolicySourceArn').split('/').at(-1)}`;
    case 'logs':
      return `arn:${partition}:logs:${world.region}:${world.accountId}:log-group:${text('logGroupName') || text('logGroupNamePrefix')}:log-stream:`;
    case 'wafv2':
      return text('ResourceArn') || text('WebAclArn') || text('WebACLArn') || text('ARN') || '*';
    default:
      return '*';
  }
}

export function expiredCredentials({ wire }: Asked): WireError {
  const message = 'The security token included in the request is expired';
  if (wire.protocol === 'query' || wire.queryCompatible) return new WireError('ExpiredToken', 403, message);
  return new WireError('ExpiredTokenException', wire.protocol === 'json' ? 400 : 403, message);
}

/** The key is none that AWS has issued, or the session's token is not the one that belongs to it. */
export function unknownCredentials({ wire }: Asked): WireError {
  const message = 'The security token included in the request is invalid.';
  if (wire.protocol === 'query') return new WireError('InvalidClientTokenId', 403, message);
  return new WireError('UnrecognizedClientException', wire.protocol === 'json' ? 400 : 403, message);
}

export function unsigned({ wire }: Asked): WireError {
  const message = 'Missing Authentication Token';
  if (wire.protocol === 'query')
    return new WireError('MissingAuthenticationToken', 403, 'Request is missing Authentication Token');
  return new WireError('MissingAuthenticationTokenException', wire.protocol === 'json' ? 400 : 403, message);
}

export function throttled({ wire }: Asked): WireError {
  switch (wire.prefix) {
    case 'apigateway':
    case 'apigatewayv2':
      return new WireError('TooManyRequestsException', 429, 'Too Many Requests', { retryAfterSeconds: '1' });
    case 'lambda':
      return new WireError('TooManyRequestsException', 429, 'Rate exceeded', {
        Reason: 'CallerRateLimitExceeded',
        Type: 'User',
      });
    case 'iam':
    case 'sts':
    case 'elasticloadbalancing':
    case 'cloudwatch':
      return new WireError('Throttling', 400, 'Rate exceeded');
    default:
      return new WireError('ThrottlingException', 400, 'Rate exceeded');
  }
}

export function failed({ wire }: Asked): WireError {
  const message = 'An internal error occurred. Please retry your request.';
  if (wire.prefix === 'lambda') return new WireError('ServiceException', 500, message);
  return new WireError(wire.protocol === 'query' ? 'InternalFailure' : 'InternalServerError', 500, message);
}

/**
 * What each service says of a thing that is not there, by operation; the `Errors` section of each operation's reference
 * page. An operation that is not named has no such answer: a list is empty then.
 */
const absences: readonly (readonly [operations: RegExp, code: string, status: number, message: string])[] = [
  [
    /^apigateway:Get(RestApi|Stages?|Deployments|Resources|Export|Authorizers|GatewayResponses|VpcLink|BasePathMappings)$/,
    'NotFoundException',
    404,
    'Invalid identifier specified',
  ],
  [
    /^apigatewayv2:(Get(Api|Stages?|Deployments|Routes|Integrations|Authorizers|VpcLink|ApiMappings)|ExportApi)$/,
    'NotFoundException',
    404,
    'Invalid identifier specified',
  ],
  [
    /^lambda:Get(FunctionConfiguration|Policy|FunctionConcurrency)$/,
    'ResourceNotFoundException',
    404,
    'The resource you requested does not exist.',
  ],
  [/^iam:/, 'NoSuchEntity', 404, 'The role with that name cannot be found.'],
  [/^logs:/, 'ResourceNotFoundException', 400, 'The specified log group does not exist.'],
  [/^cloudwatch:ListTagsForResource$/, 'ResourceNotFoundException', 404, 'The resource does not exist.'],
  [
    /^wafv2:(GetWebACL|GetLoggingConfiguration|ListResourcesForWebACL|GetSampledRequests)$/,
    'WAFNonexistentItemException',
    400,
    'AWS WAF couldn’t perform the operation because your resource doesn’t exist.',
  ],
  [
    /^elasticloadbalancing:DescribeTarget(Groups|Health)$/,
    'TargetGroupNotFound',
    400,
    'One or more target groups not found',
  ],
  [/^elasticloadbalancing:DescribeLoadBalancers$/, 'LoadBalancerNotFound', 400, 'Load balancers not found'],
  [/^elasticloadbalancing:DescribeListeners$/, 'ListenerNotFound', 400, 'One or more listeners not found'],
];

/** null: AWS documents no such answer for the operation. */
export function missing(operation: string): WireError | null {
  const known = absences.find(([operations]) => operations.test(operation));
  if (known === undefined) return null;
  const [, code, status, message] = known;
  return new WireError(code, status, message);
}
