import { grantToRole, thenDeploy, trustService } from './command-line.ts';
import { capital, integrationNamed, roleNamed } from './names.ts';
import { awsAccessDenied, cannotAssumeRole, cannotCallIntegration, notAuthorized, refusedWith403 } from './phrases.ts';
import { accessLog, type CauseRecord, defineCause, everywhere, executionLog } from './record.ts';

const docs = 'https://docs.aws.amazon.com/apigateway/latest/developerguide/permissions.html';

export const roleCauses: readonly CauseRecord[] = [
  defineCause({
    id: 'integration-role-not-assumable',
    family: 'role',
    title: 'API Gateway cannot assume the role of the integration',
    statuses: everywhere(500),
    signatures: [
      executionLog(cannotAssumeRole, null),
      accessLog(/permissions? to assume the IAM role configured on the integration/i),
    ],
    responseTypes: ['API_CONFIGURATION_ERROR'],
    confirms: ['iam:GetRole', 'apigateway:GetExport', 'apigatewayv2:GetIntegrations'],
    changedBy: ['iam', 'integration'],
    summary: p => `API Gateway cannot assume ${roleNamed(p, 'the role')}, which ${integrationNamed(p)} calls with`,
    remedy: (_, target) =>
      `Create the role again if it is gone, and let apigateway.amazonaws.com assume it; the line sets the whole trust policy, so add other principals that it needs. Naming another role on the integration is a change of the API.${thenDeploy(target)}`,
    cli: (p, target) => trustService(p, target, 'apigateway.amazonaws.com'),
    docs,
  }),
  defineCause({
    id: 'integration-role-lacks-permission',
    family: 'role',
    title: 'The role of the integration lacks a permission',
    statuses: everywhere(500),
    signatures: [
      executionLog(refusedWith403, null),
      accessLog(cannotCallIntegration, null),
      // API Gateway names its own sessions so; in the answer of an AWS service this tells its role from others.
      executionLog(/BackplaneAssumeRoleSession is not authorized to perform/i),
      executionLog(notAuthorized, null),
      executionLog(awsAccessDenied, null),
    ],
    responseTypes: ['API_CONFIGURATION_ERROR', 'INTEGRATION_FAILURE'],
    integrationStatuses: [403],
    confirms: ['iam:SimulatePrincipalPolicy', 'iam:GetRole', 'iam:ListAttachedRolePolicies'],
    changedBy: ['iam', 'integration'],
    summary: p =>
      `${capital(roleNamed(p, 'the role'))}, which ${integrationNamed(p)} calls with, may not perform ${p.action ?? 'the call'}${p.resource === undefined ? '' : ` on ${p.resource}`}`,
    remedy: () =>
      'Give the action to the role, or take away the statement or boundary that denies it; it takes effect within seconds, without a deployment.',
    cli: (p, target) =>
      grantToRole(p, target, {
        action: p.action ?? (p.functionArn === undefined ? '<service:Action>' : 'lambda:InvokeFunction'),
        resource: p.resource ?? p.functionArn ?? '<resource-arn>',
      }),
    docs,
  }),
];
