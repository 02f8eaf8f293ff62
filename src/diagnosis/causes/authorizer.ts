import { cliLine } from '../../aws/links.ts';
import type { CauseParameters, Target } from '../types.ts';
import { addPermission, grantToRole, regionOf, tailFunctionLog, thenDeploy, trustService } from './command-line.ts';
import { capital, functionNamed, inBrackets, roleNamed } from './names.ts';
import { cannotAssumeRole } from './phrases.ts';
import { accessLog, type CauseRecord, defineCause, everywhere, executionLog } from './record.ts';

const docs = 'https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html';
const responseTypes = ['AUTHORIZER_CONFIGURATION_ERROR'];

export const authorizerCauses: readonly CauseRecord[] = [
  defineCause({
    id: 'authorizer-invoke-permission-missing',
    family: 'authorizer',
    title: 'API Gateway may not invoke the authorizer',
    statuses: everywhere(500),
    signatures: [
      accessLog(/permissions? to call the authorizer/i),
      // Becomes the authorizer's in a request whose other lines say so.
      executionLog(/Invalid permissions on Lambda function/i, null),
    ],
    responseTypes,
    integrationStatuses: [403],
    confirms: ['lambda:GetPolicy', 'apigateway:GetAuthorizers', 'apigatewayv2:GetAuthorizers'],
    changedBy: ['lambda-permission', 'authorizer', 'iam', 'function-alias'],
    summary: p =>
      hasRole(p)
        ? `${capital(roleNamed(p, 'the role'))} of ${authorizerNamed(p)} may not invoke ${functionNamed(p)}`
        : `API Gateway may not invoke ${functionNamed(p)} for ${authorizerNamed(p)}`,
    remedy: () =>
      'Allow the call for the authorizer itself (its source ARN ends in authorizers/ID and names no stage); it takes effect at once, without a deployment.',
    cli: (p, target) =>
      hasRole(p)
        ? grantToRole(p, target, { action: 'lambda:InvokeFunction', resource: p.functionArn ?? '<function-arn>' })
        : addPermission(p, target, true),
    docs: 'https://repost.aws/knowledge-center/api-gateway-http-lambda-integrations',
  }),
  defineCause({
    id: 'authorizer-role-not-assumable',
    family: 'authorizer',
    title: 'API Gateway cannot assume the role of the authorizer',
    statuses: everywhere(500),
    signatures: [
      executionLog(cannotAssumeRole, null),
      accessLog(/permissions? to assume the IAM role configured on the authorizer/i),
    ],
    responseTypes,
    confirms: ['iam:GetRole', 'apigateway:GetAuthorizers', 'apigatewayv2:GetAuthorizers'],
    changedBy: ['iam', 'authorizer'],
    summary: p => `API Gateway cannot assume ${roleNamed(p, 'the role')}, which ${authorizerNamed(p)} is called with`,
    remedy: (_, target) =>
      `Create the role again if it is gone, and let apigateway.amazonaws.com assume it; the line sets the whole trust policy, so add other principals that it needs. Naming another role on the authorizer is a change of the API.${thenDeploy(target)}`,
    cli: (p, target) => trustService(p, target, 'apigateway.amazonaws.com'),
    docs,
  }),
  defineCause({
    id: 'authorizer-invalid-response',
    family: 'authorizer',
    title: 'The authorizer answers in a shape that API Gateway refuses',
    statuses: everywhere(500),
    signatures: [
      executionLog(/Could not parse policy/i),
      executionLog(
        /configuration error: ?Invalid JSON in response(?!.{0,20}Unrecognized field "error(?:Type|Message)")/i,
      ),
      accessLog(/response from the (?:Lambda )?authorizer doesn't match the format/i),
      executionLog(/Authorizer result body before parsing: ?(?:null\b|$|"|\[|\d)/i, null),
      executionLog(/Authorizer result body before parsing: ?\{ ?"?(?:statusCode|message|body|headers)\b/i, null),
    ],
    responseTypes,
    integrationStatuses: [200],
    confirms: ['logs:FilterLogEvents', 'apigateway:GetAuthorizers', 'apigatewayv2:GetAuthorizers'],
    changedBy: ['function-code', 'function-alias', 'authorizer'],
    summary: p =>
      `${capital(functionNamed(p))} of ${authorizerNamed(p)} does not return a policy that API Gateway can read`,
    remedy: (_, target) =>
      target?.apiType === 'HTTP'
        ? 'Return isAuthorized where simple responses are enabled with payload format 2.0, else principalId and policyDocument.'
        : 'Return principalId and a policyDocument under 8 KB, with only strings, numbers and booleans in context; never a proxy response with statusCode.',
    cli: testAuthorizer,
    docs: 'https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html',
  }),
  defineCause({
    id: 'authorizer-failure',
    family: 'authorizer',
    title: 'The authorizer fails',
    statuses: everywhere(500),
    signatures: [
      executionLog(/Authorizer function failed with/i),
      // Lambda's error object where a policy should be: the function failed.
      executionLog(/Invalid JSON in response.{0,20}Unrecognized field "error(?:Type|Message)"/i),
      executionLog(/Authorizer result body before parsing: ?\{ ?"?error(?:Type|Message)\b/i, null),
      executionLog(/\bAuthorizer error\b|AuthorizerConfigurationException/i, 'medium'),
      executionLog(/\bAUTHORIZER_(?:CONFIGURATION_ERROR|FAILURE)\b/i, 'medium'),
    ],
    responseTypes: [...responseTypes, 'AUTHORIZER_FAILURE'],
    confirms: [
      'apigateway:GetAuthorizers',
      'apigatewayv2:GetAuthorizers',
      'lambda:GetFunctionConfiguration',
      'logs:FilterLogEvents',
    ],
    changedBy: [
      'authorizer',
      'function-code',
      'function-configuration',
      'function-concurrency',
      'function-alias',
      'function-role',
      'iam',
    ],
    summary: p => `${capital(authorizerNamed(p))} fails before it decides${inBrackets(p.message)}`,
    remedy: () =>
      'Read the log of the function of the authorizer: an error, its own timeout, throttling or missing permissions end the same way.',
    cli: (p, target) =>
      p.functionName === undefined && p.functionArn === undefined
        ? testAuthorizer(p, target)
        : tailFunctionLog(p, target),
    docs,
  }),
];

function hasRole({ roleName, roleArn }: CauseParameters): boolean {
  return roleName !== undefined || roleArn !== undefined;
}

function authorizerNamed({ authorizerId }: CauseParameters): string {
  return authorizerId === undefined ? 'the authorizer' : `authorizer ${authorizerId}`;
}

/** Only REST APIs can call an authorizer on trial. */
function testAuthorizer({ authorizerId = '<authorizer-id>' }: CauseParameters, target: Target | null): string {
  if (target === null || target.apiType === 'REST') {
    return cliLine('apigateway test-invoke-authorizer', {
      'rest-api-id': target?.apiId ?? '<api-id>',
      'authorizer-id': authorizerId,
      headers: '{"Authorization":"<token>"}',
      region: regionOf(target),
    });
  }
  return cliLine('apigatewayv2 get-authorizer', {
    'api-id': target.apiId,
    'authorizer-id': authorizerId,
    region: target.region,
  });
}
