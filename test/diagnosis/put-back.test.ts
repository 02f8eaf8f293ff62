import { describe, expect, it } from 'vitest';
import type { TrailEvent } from '../../src/aws/types.ts';
import { causeRecord } from '../../src/diagnosis/causes/catalogue.ts';
import { putBack } from '../../src/diagnosis/causes/put-back.ts';
import { type ChangeScope, relevantChanges } from '../../src/diagnosis/changes.ts';
import { withMade } from '../../src/diagnosis/made-change.ts';
import type { CauseId, CauseParameters, Finding, MadeChange, Target } from '../../src/diagnosis/types.ts';
import { judgeVerdict } from '../../src/diagnosis/verdict.ts';

const target: Target = {
  accountId: '111122223333',
  region: 'eu-west-1',
  apiId: 'a1b2c3d4e5',
  apiName: 'orders-api',
  apiType: 'REST',
  stage: 'prod',
};
const policyArn = 'arn:aws:iam::111122223333:policy/orders';
const scope: ChangeScope = {
  target,
  stage: null,
  deployments: [],
  functionNames: ['orders-fn'],
  roleNames: ['orders-role'],
  policyArns: [policyArn],
  onset: '2026-03-01T12:00:00.000Z',
  since: '2026-03-01T10:00:00.000Z',
};

/** Request parameters as CloudTrail records them; the last is what is put back. */
type Told = [name: string, parameters: Record<string, unknown>, answer?: Record<string, unknown>];

function eventsOf(told: readonly Told[]): TrailEvent[] {
  return told.map(([name, requestParameters, responseElements = {}], index) => {
    const isIam = /Role|PolicyVersion/.test(name);
    const isApi = /Integration|Stage/.test(name);
    return {
      id: `e${index}`,
      at: `2026-03-01T11:5${index}:00.000Z`,
      name,
      source: `${isIam ? 'iam' : isApi ? 'apigateway' : 'lambda'}.amazonaws.com`,
      who: 'marta',
      invokedBy: null,
      errorCode: null,
      region: 'eu-west-1',
      requestParameters,
      responseElements,
    };
  });
}

function madeBy(...told: Told[]): MadeChange {
  const events = eventsOf(told);
  const last = withMade(relevantChanges(events, scope), events).find(one => one.eventId === `e${told.length - 1}`);
  if (last?.made === undefined) throw new Error('The event is no change of the target.');
  const { who, event, at, resource, minutesBeforeOnset, made } = last;
  return { causes: [], who, event, at, resource, minutesBeforeOnset, concerns: [], ...made };
}

function remedyFor(cause: CauseId, parameters: CauseParameters, ...told: Told[]) {
  return putBack(madeBy(...told), causeRecord(cause), parameters, target);
}

const role = { roleName: 'orders-role' };
const lacks: CauseParameters = {
  roleName: 'orders-role',
  action: 'sqs:SendMessage',
  resource: 'arn:aws:sqs:eu-west-1:1:q',
};

describe('what somebody changed', () => {
  it('is named first, with who and when, and the usual remedy after it', () => {
    const { remedy } = remedyFor('integration-role-lacks-permission', lacks, [
      'DetachRolePolicy',
      { ...role, policyArn },
    ]);
    expect(remedy).toMatch(/^Undo DetachRolePolicy on role orders-role by marta: attach /);
    expect(remedy).toContain('Otherwise: Give the action to the role');
  });

  it.each<[string, Told[], string]>([
    [
      'a detached policy is attached again',
      [['DetachRolePolicy', { ...role, policyArn }]],
      `aws iam attach-role-policy --role-name orders-role --policy-arn ${policyArn} --region eu-west-1`,
    ],
    [
      'a policy that an earlier event holds is put as it was',
      [
        ['PutRolePolicy', { ...role, policyName: 'send', policyDocument: '{"old":1}' }],
        ['DeleteRolePolicy', { ...role, policyName: 'send' }],
      ],
      `aws iam put-role-policy --role-name orders-role --policy-name send --policy-document '{"old":1}' --region eu-west-1`,
    ],
    [
      'a policy that was deleted before is deleted again',
      [
        ['PutRolePolicy', { ...role, policyName: 'send', policyDocument: '{"old":1}' }],
        ['DeleteRolePolicy', { ...role, policyName: 'send' }],
        ['PutRolePolicy', { ...role, policyName: 'send', policyDocument: '{"new":1}' }],
      ],
      'aws iam delete-role-policy --role-name orders-role --policy-name send --region eu-west-1',
    ],
    [
      'an earlier default version is the default again',
      [
        ['SetDefaultPolicyVersion', { policyArn, versionId: 'v3' }],
        ['CreatePolicyVersion', { policyArn, setAsDefault: true, policyDocument: '{}' }],
      ],
      `aws iam set-default-policy-version --policy-arn ${policyArn} --version-id v3 --region eu-west-1`,
    ],
    [
      'an unknown default version is left to be looked up',
      [['CreatePolicyVersion', { policyArn, setAsDefault: true, policyDocument: '{}' }]],
      `aws iam set-default-policy-version --policy-arn ${policyArn} --version-id '<earlier-version>' --region eu-west-1`,
    ],
    [
      'an earlier trust policy is set again',
      [
        ['UpdateAssumeRolePolicy', { ...role, policyDocument: '{"old":1}' }],
        ['UpdateAssumeRolePolicy', { ...role, policyDocument: '{"new":1}' }],
      ],
      `aws iam update-assume-role-policy --role-name orders-role --policy-document '{"old":1}' --region eu-west-1`,
    ],
    [
      'reserved concurrency is what an earlier event set, whether that names the function or its ARN',
      [
        [
          'PutFunctionConcurrency',
          {
            functionName: 'arn:aws:lambda:eu-west-1:111122223333:function:orders-fn',
            reservedConcurrentExecutions: 40,
          },
        ],
        ['PutFunctionConcurrency', { functionName: 'orders-fn', reservedConcurrentExecutions: 0 }],
      ],
      'aws lambda put-function-concurrency --function-name orders-fn --reserved-concurrent-executions 40 --region eu-west-1',
    ],
    [
      'reserved concurrency is removed where nothing tells of another',
      [['PutFunctionConcurrency', { functionName: 'orders-fn', reservedConcurrentExecutions: 0 }]],
      'aws lambda delete-function-concurrency --function-name orders-fn --region eu-west-1',
    ],
    [
      'a statement is added as the event that added it had it',
      [
        [
          'AddPermission',
          {
            functionName: 'orders-fn',
            statementId: 'api',
            action: 'lambda:InvokeFunction',
            principal: 'apigateway.amazonaws.com',
            sourceArn: 'arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/*/GET/orders',
          },
        ],
        ['RemovePermission', { functionName: 'orders-fn', statementId: 'api' }],
      ],
      `aws lambda add-permission --function-name orders-fn --statement-id api --action lambda:InvokeFunction --principal apigateway.amazonaws.com --source-arn 'arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/*/GET/orders' --region eu-west-1`,
    ],
    [
      'an alias points at its earlier version',
      [
        ['CreateAlias', { functionName: 'orders-fn', name: 'live', functionVersion: '41' }],
        ['UpdateAlias', { functionName: 'orders-fn', name: 'live', functionVersion: '42' }],
      ],
      'aws lambda update-alias --function-name orders-fn --name live --function-version 41 --region eu-west-1',
    ],
    [
      'a setting of the function is what an earlier answer tells',
      [
        ['UpdateFunctionCode', { functionName: 'orders-fn' }, { timeout: 10, memorySize: 512 }],
        ['UpdateFunctionConfiguration', { functionName: 'orders-fn', timeout: 2 }],
      ],
      'aws lambda update-function-configuration --function-name orders-fn --timeout 10 --region eu-west-1',
    ],
    [
      'a timeout is what an earlier patch of the same integration set',
      [
        ['UpdateIntegration', patchOf('29000')],
        ['UpdateIntegration', { ...patchOf('100'), resourceId: 'other' }],
        ['UpdateIntegration', patchOf('3000')],
      ],
      `aws apigateway update-integration --rest-api-id a1b2c3d4e5 --resource-id r1 --http-method GET --patch-operations '[{"op":"replace","path":"/timeoutInMillis","value":"29000"}]' --region eu-west-1`,
    ],
  ])('%s', (_, told, cli) => {
    expect(remedyFor('unclassified', {}, ...told).cli).toBe(cli);
  });

  it('never has an earlier value that no event told', () => {
    const timeout = remedyFor('integration-timeout', { resourceId: 'r1', route: 'GET /orders' }, [
      'UpdateIntegration',
      patchOf('3000'),
    ]);
    expect(timeout.remedy).toContain(
      'CloudTrail does not hold what timeoutInMillis was before; the previous deployment',
    );
    const deleted = remedyFor('integration-role-lacks-permission', lacks, [
      'DeleteRolePolicy',
      { ...role, policyName: 'send' },
    ]);
    expect(deleted.remedy).toContain('CloudTrail does not hold what it said');
    expect(deleted.cli).toContain('--policy-name send');
    expect(deleted.cli).toContain('"Action":"sqs:SendMessage"');
    const removed = remedyFor('lambda-invoke-permission-missing', { functionName: 'orders-fn' }, [
      'RemovePermission',
      { functionName: 'orders-fn', statementId: 'api' },
    ]);
    expect(removed.remedy).toContain('CloudTrail does not hold what it said');
    expect(removed.cli).toContain('--statement-id api --action lambda:InvokeFunction');
    const failed = eventsOf([
      ['PutFunctionConcurrency', { functionName: 'orders-fn', reservedConcurrentExecutions: 7 }],
    ]);
    const off = eventsOf([
      ['x', {}],
      ['PutFunctionConcurrency', { functionName: 'orders-fn', reservedConcurrentExecutions: 0 }],
    ]);
    const events = [...failed.map(one => ({ ...one, errorCode: 'AccessDenied' })), ...off.slice(1)];
    expect(withMade(relevantChanges(events, scope), events)[0]?.made?.before).toEqual({});
  });
});

describe('an earlier value', () => {
  it('is not known any more once an event has set it without telling to what', () => {
    const policy = { policyArn, setAsDefault: true, policyDocument: '{}' };
    const versions = madeBy(
      ['SetDefaultPolicyVersion', { policyArn, versionId: 'v3' }],
      ['CreatePolicyVersion', policy],
      ['SetDefaultPolicyVersion', { policyArn, versionId: 'v2' }],
    );
    expect(versions.before).toEqual({});
    const answered = madeBy(
      ['CreatePolicyVersion', policy, { policyVersion: { versionId: 'v4', isDefaultVersion: true } }],
      ['SetDefaultPolicyVersion', { policyArn, versionId: 'v2' }],
    );
    expect(answered.before).toEqual({ versionId: 'v4' });
    const { updateIntegrationInput: _, ...place } = patchOf('');
    const put = { ...place, putIntegrationInput: { type: 'AWS_PROXY', httpMethod: 'POST', uri: 'arn:x' } };
    const integration = madeBy(
      ['UpdateIntegration', patchOf('29000')],
      ['PutIntegration', put],
      ['UpdateIntegration', patchOf('3000')],
    );
    expect(integration.before.timeoutInMillis).toBeUndefined();
    expect(integration.before.uri).toBe('arn:x');
    const statement = { functionName: 'orders-fn', statementId: 'api' };
    const swept = madeBy(
      ['AddPermission', { ...statement, action: 'lambda:InvokeFunction', principal: '*' }],
      ['PutResourcePolicy', { resourceArn: 'orders-fn' }],
      ['RemovePermission', statement],
    );
    expect(swept.before).toEqual({});
  });
});

describe('the verdict', () => {
  const finding = (parameters: CauseParameters): Finding => ({
    group: 'step',
    number: 8,
    id: 'api-logs',
    title: 'Logs',
    status: 'problem',
    summary: 'They fail.',
    evidence: [],
    claims: [{ cause: 'lambda-throttled', basis: 'signature', requests: 9, evidence: [], parameters }],
    ruledOut: [],
    gaps: [],
    durationMs: 1,
    at: '2026-03-01T12:05:00.000Z',
  });
  const impact = {
    requests: 9,
    errors: 9,
    errorShare: 1,
    routes: null,
    latencyP95Ms: null,
    baseline: { errorShare: 0, latencyP95Ms: null },
  };
  const change: MadeChange = {
    ...madeBy(['PutFunctionConcurrency', { functionName: 'orders-fn', reservedConcurrentExecutions: 0 }]),
    causes: ['lambda-throttled'],
    concerns: ['orders-fn'],
  };
  const judge = (parameters: CauseParameters, made: MadeChange[]) =>
    judgeVerdict([finding(parameters)], { impact, pattern: 'constant', metricsSettled: false, made }, target).causes[0];

  it('begins its remedy with the last change, of the function that it names', () => {
    const earlier = { ...change, who: 'ivo', minutesBeforeOnset: 14 };
    expect(judge({ functionName: 'orders-fn' }, [earlier, change])?.remedy).toMatch(/^Undo \w+ on .* by marta: /);
    expect(judge({ functionName: 'stock-fn' }, [change])?.remedy).not.toContain('Undo');
    expect(judge({ functionName: 'orders-fn' }, [{ ...change, causes: ['lambda-timeout'] }])?.remedy).not.toContain(
      'Put back',
    );
  });
});

/** https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html */
function patchOf(value: string): Record<string, unknown> {
  return {
    restApiId: 'a1b2c3d4e5',
    resourceId: 'r1',
    httpMethod: 'GET',
    updateIntegrationInput: { patchOperations: [{ op: 'replace', path: '/timeoutInMillis', value }] },
    template: false,
  };
}
