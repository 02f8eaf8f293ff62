/** How exactly that is put back which somebody changed: the lines are for people to run, nothing here changes anything. */
import { cliLine } from '../../aws/links.ts';
import type { CauseParameters, MadeChange, Target } from '../types.ts';
import { patch, regionOf, stageOptions, thenDeploy } from './command-line.ts';
import type { CauseRecord } from './record.ts';

/** The first remedy where a change brought the cause about. */
export interface Remedy {
  remedy: string;
  cli: string | null;
}

interface Undo {
  /** What to do, as the end of a sentence, without its period. */
  how: string;
  /** null: the catalogue's own line. */
  cli: string | null;
}

/** Who changed what (the report tells when), how to put that back, and what the catalogue says besides. */
export function putBack(
  change: MadeChange,
  record: Pick<CauseRecord, 'remedy' | 'cli'>,
  parameters: CauseParameters,
  target: Target,
): Remedy {
  const { how, cli } = undo(change, parameters, target, record);
  const who = change.who ?? 'somebody unknown';
  const first = `Undo ${change.event} on ${change.resource} by ${who}: ${how}.`;
  const usual = { remedy: record.remedy(parameters, target), cli: record.cli(parameters, target) };
  // The same line needs no second reason.
  if (cli !== null && cli === usual.cli) return { remedy: first, cli };
  return { remedy: `${first} Otherwise: ${usual.remedy}`, cli: cli ?? usual.cli };
}

/** Nothing that was read says what was there before. */
function unknown(what: string, where: string): string {
  return `CloudTrail does not hold ${what}; ${where}`;
}

const elsewhere = 'your infrastructure code has it, or whoever made the change';

/** A deployment is a snapshot. https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-deploy-api.html */
function previousDeployment(target: Target): string {
  const list = cliLine('apigateway get-deployments', { 'rest-api-id': target.apiId, region: regionOf(target) });
  return `the previous deployment of the stage has it, and pointing the stage at that one brings it back at once (${list})`;
}

function undo(change: MadeChange, parameters: CauseParameters, target: Target, record: Pick<CauseRecord, 'cli'>): Undo {
  const { set, before } = change;
  const line = (command: string, options: Record<string, string | undefined>) =>
    cliLine(command, { ...options, region: regionOf(target) });
  const role = { 'role-name': set.roleName };
  const named = { 'function-name': set.functionName };
  switch (change.event) {
    case 'DetachRolePolicy':
      return {
        how: `attach ${set.policyArn} to the role again`,
        cli: line('iam attach-role-policy', { ...role, 'policy-arn': set.policyArn }),
      };
    case 'AttachRolePolicy':
      return {
        how: `detach ${set.policyArn} from the role`,
        cli: line('iam detach-role-policy', { ...role, 'policy-arn': set.policyArn }),
      };
    case 'DeleteRolePolicy':
    case 'PutRolePolicy':
      return inlinePolicy(change, parameters, target);
    case 'UpdateAssumeRolePolicy':
      return before.policyDocument == null
        ? { how: unknown('the trust policy that it replaced', elsewhere), cli: null }
        : {
            how: 'set the trust policy that it had before, which an earlier event holds',
            cli: line('iam update-assume-role-policy', { ...role, 'policy-document': before.policyDocument }),
          };
    case 'PutRolePermissionsBoundary':
      return before.permissionsBoundary == null
        ? {
            how: `${before.permissionsBoundary === null ? 'the role had no boundary before, so take' : 'take'} the boundary ${set.permissionsBoundary} away${before.permissionsBoundary === null ? '' : '; whether the role had another one before, CloudTrail does not hold, and your infrastructure code tells'}`,
            cli: line('iam delete-role-permissions-boundary', role),
          }
        : {
            how: `set the boundary ${before.permissionsBoundary} again`,
            cli: line('iam put-role-permissions-boundary', {
              ...role,
              'permissions-boundary': before.permissionsBoundary,
            }),
          };
    case 'CreatePolicyVersion':
    case 'SetDefaultPolicyVersion': {
      const versions = line('iam list-policy-versions', { 'policy-arn': set.policyArn });
      return {
        how:
          before.versionId == null
            ? `make the version that was the default before the default again; ${unknown('which that was', `the list of versions shows what there is, with dates (${versions})`)}`
            : `make version ${before.versionId}, the default before, the default again`,
        cli: line('iam set-default-policy-version', {
          'policy-arn': set.policyArn,
          'version-id': before.versionId ?? '<earlier-version>',
        }),
      };
    }
    case 'PutFunctionConcurrency':
    case 'DeleteFunctionConcurrency':
      return concurrency(change, target);
    case 'RemovePermission':
      return permission(change, parameters, target, record);
    case 'UpdateAlias': {
      const versions = line('lambda list-versions-by-function', named);
      return {
        how:
          before.functionVersion == null
            ? `point the alias ${set.name} at the version it had before; ${unknown('which that was', `the list of versions shows what there is, with dates (${versions})`)}`
            : `point the alias ${set.name} at version ${before.functionVersion} again`,
        cli: line('lambda update-alias', {
          ...named,
          name: set.name,
          'function-version': before.functionVersion ?? '<earlier-version>',
        }),
      };
    }
    case 'UpdateFunctionConfiguration':
      return functionSettings(change, target);
    case 'PutIntegration':
    case 'UpdateIntegration':
      return integration(change, target);
    case 'UpdateStage':
      return stage(change, target);
    case 'AssociateWebACL':
      return {
        how: `take the web ACL off the stage; ${unknown('whether another one was there before', 'your infrastructure code tells')}`,
        cli: line('wafv2 disassociate-web-acl', { 'resource-arn': set.resourceArn }),
      };
    case 'CreateDeployment': {
      const deployments =
        target.apiType === 'REST'
          ? line('apigateway get-deployments', { 'rest-api-id': target.apiId })
          : line('apigatewayv2 get-deployments', { 'api-id': target.apiId });
      return {
        how: `point the stage at its previous deployment; ${unknown('which that was', `the list of deployments shows what there is, with dates (${deployments})`)}`,
        cli: null,
      };
    }
    case 'UpdateFunctionCode':
      return {
        how: unknown('the code that it replaced', 'an earlier published version, or the last good build, has it'),
        cli: null,
      };
    default:
      return {
        how: unknown('what was there before', set.restApiId === undefined ? elsewhere : previousDeployment(target)),
        cli: null,
      };
  }
}

function inlinePolicy({ event, set, before }: MadeChange, parameters: CauseParameters, target: Target): Undo {
  const { roleName, policyName } = set;
  const names = { 'role-name': roleName, 'policy-name': policyName };
  const region = regionOf(target);
  const put = (document: string) => cliLine('iam put-role-policy', { ...names, 'policy-document': document, region });
  if (before.policyDocument != null) {
    return {
      how: `put the policy ${policyName} as it was before, which an earlier event holds`,
      cli: put(before.policyDocument),
    };
  }
  if (event === 'PutRolePolicy') {
    const remove = cliLine('iam delete-role-policy', { ...names, region });
    if (before.policyDocument === null)
      return { how: `there was no policy ${policyName} before; delete it`, cli: remove };
    return {
      how: `put the policy ${policyName} as it was before, or delete it where it is new (${remove}); ${unknown('what it said before', elsewhere)}`,
      // Written over with a guess, what is left of it would be lost as well.
      cli: null,
    };
  }
  const { action, resource } = parameters;
  const lost = `CloudTrail does not hold what it said (${elsewhere})`;
  if (action === undefined || resource === undefined) {
    return { how: `put the policy ${policyName} again. ${lost}`, cli: put('file://<earlier-policy>.json') };
  }
  const needed = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: action, Resource: resource }] };
  return {
    how: `put the policy ${policyName} again. ${lost}, so the line gives it only what the failing requests lack`,
    cli: put(JSON.stringify(needed)),
  };
}

function concurrency({ event, set, before }: MadeChange, target: Target): Undo {
  const region = regionOf(target);
  const named = { 'function-name': set.functionName };
  const earlier = before.reservedConcurrentExecutions;
  if (earlier != null) {
    return {
      how: `reserve ${earlier} concurrent executions again, as before`,
      cli: cliLine('lambda put-function-concurrency', { ...named, 'reserved-concurrent-executions': earlier, region }),
    };
  }
  if (event === 'DeleteFunctionConcurrency') {
    return { how: unknown('how much was reserved before', 'your infrastructure code tells'), cli: null };
  }
  const removed = `remove the reserved concurrency of ${set.reservedConcurrentExecutions}`;
  return {
    how:
      earlier === null
        ? `${removed}; there was none before`
        : `${removed}; ${unknown('whether another one was set before', 'your infrastructure code tells')}`,
    cli: cliLine('lambda delete-function-concurrency', { ...named, region }),
  };
}

function permission(
  { set, before }: MadeChange,
  parameters: CauseParameters,
  target: Target,
  record: Pick<CauseRecord, 'cli'>,
): Undo {
  const { statementId, functionName, qualifier } = set;
  if (before.action == null || before.principal == null) {
    return {
      how: `add the statement ${statementId} again. CloudTrail does not hold what it said (the template or script that made it does), so the line gives it what lets this API invoke the function`,
      cli: record.cli(statementId === undefined ? parameters : { ...parameters, statementId }, target),
    };
  }
  return {
    how: `add the statement ${statementId} again as it was, which the event that added it holds`,
    cli: cliLine('lambda add-permission', {
      'function-name': functionName,
      qualifier,
      'statement-id': statementId,
      action: before.action,
      principal: before.principal,
      'source-arn': before.sourceArn,
      'source-account': before.sourceAccount,
      'principal-org-id': before.principalOrgID,
      'event-source-token': before.eventSourceToken,
      'function-url-auth-type': before.functionUrlAuthType,
      region: regionOf(target),
    }),
  };
}

const functionOptions: Record<string, string> = {
  role: 'role',
  timeout: 'timeout',
  memorySize: 'memory-size',
  handler: 'handler',
  runtime: 'runtime',
  kmsKeyArn: 'kms-key-arn',
};

function functionSettings({ set, before }: MadeChange, target: Target): Undo {
  const sent = Object.keys(functionOptions).filter(property => set[property] !== undefined);
  const changed = sent.filter(property => before[property] != null && before[property] !== set[property]);
  if (changed.length === 0) {
    const what = sent.length === 0 ? 'the settings that it replaced' : `what ${sent.join(', ')} was before`;
    return { how: unknown(what, 'an earlier published version or your infrastructure code has it'), cli: null };
  }
  const options = Object.fromEntries(
    changed.map(property => [functionOptions[property] ?? property, before[property]]),
  );
  return {
    how: `set ${changed.map(property => `${property} ${before[property]}`).join(', ')} again, as before`,
    cli: cliLine('lambda update-function-configuration', {
      'function-name': set.functionName,
      ...options,
      region: regionOf(target),
    }),
  };
}

/** What a patch or an update can set back. https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html */
const integrationOptions: Record<string, string> = {
  timeoutInMillis: 'timeout-in-millis',
  uri: 'integration-uri',
  integrationUri: 'integration-uri',
  credentials: 'credentials-arn',
  credentialsArn: 'credentials-arn',
  connectionId: 'connection-id',
};

function integration({ set, before }: MadeChange, target: Target): Undo {
  const sent = Object.keys(integrationOptions).filter(property => set[property] !== undefined);
  const property = sent.find(one => before[one] != null && before[one] !== set[one]);
  if (property === undefined) {
    const what = sent.length === 0 ? 'what was there before' : `what ${sent.join(', ')} was before`;
    return { how: unknown(what, target.apiType === 'REST' ? previousDeployment(target) : elsewhere), cli: null };
  }
  const value = before[property] ?? '';
  const how = `set ${property} back to ${value}, as before.${thenDeploy(target)}`.replace(/\.$/, '');
  const region = regionOf(target);
  if (target.apiType !== 'REST') {
    return {
      how,
      cli: cliLine('apigatewayv2 update-integration', {
        'api-id': set.apiId,
        'integration-id': set.integrationId,
        [integrationOptions[property] ?? property]: value,
        region,
      }),
    };
  }
  return {
    how,
    cli: cliLine('apigateway update-integration', {
      'rest-api-id': set.restApiId,
      'resource-id': set.resourceId,
      'http-method': set.httpMethod,
      'patch-operations': patch('replace', `/${property}`, value),
      region,
    }),
  };
}

function stage({ set, before }: MadeChange, target: Target): Undo {
  const paths = Object.keys(set).filter(path => /^(deploymentId$|variables\/)/.test(path));
  const path = paths.find(one => before[one] != null && before[one] !== set[one]);
  if (path === undefined || target.apiType !== 'REST') {
    const where = 'the list of deployments or your infrastructure code has it';
    return {
      how: unknown(paths.length === 0 ? 'what was there before' : `what ${paths.join(', ')} was before`, where),
      cli: null,
    };
  }
  return {
    how: `set ${path} of the stage back to ${before[path]}, as before`,
    cli: cliLine('apigateway update-stage', {
      ...stageOptions(target),
      'patch-operations': patch('replace', `/${path}`, before[path] ?? ''),
      region: regionOf(target),
    }),
  };
}
