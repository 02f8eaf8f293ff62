import { describe, expect, it } from 'vitest';
import type { Stage, TrailEvent } from '../../src/aws/types.ts';
import { type ChangeScope, relevantChanges } from '../../src/diagnosis/changes.ts';

const onset = '2026-03-01T12:00:00.000Z';

const stage: Stage = {
  name: 'prod',
  deploymentId: 'dep2',
  createdAt: null,
  lastUpdatedAt: null,
  variables: {},
  logging: { level: 'ERROR', dataTrace: false, detailedMetrics: false },
  routeLogging: {},
  accessLogs: null,
  canary: null,
  webAclArn: null,
  autoDeploy: false,
  lastDeploymentMessage: null,
  tracing: false,
};

const scope: ChangeScope = {
  target: {
    accountId: '111122223333',
    region: 'eu-west-1',
    apiId: 'a1b2c3d4e5',
    apiName: 'orders-api',
    apiType: 'REST',
    stage: 'prod',
  },
  stage,
  deployments: [],
  functionNames: ['orders-fn'],
  roleNames: ['orders-role'],
  policyArns: ['arn:aws:iam::111122223333:policy/orders'],
  onset,
  since: '2026-02-28T00:00:00Z',
};

function event(name: string, source: string, at: string, requestParameters: Record<string, unknown>): TrailEvent {
  return {
    id: `${name}-${at}`,
    at,
    name,
    source: `${source}.amazonaws.com`,
    who: 'alice',
    invokedBy: null,
    errorCode: null,
    region: 'eu-west-1',
    requestParameters,
    responseElements: {},
  };
}

const timeoutPatch = (at: string, value: string) =>
  event('UpdateIntegration', 'apigateway', at, {
    restApiId: 'a1b2c3d4e5',
    resourceId: 'r1',
    httpMethod: 'GET',
    updateIntegrationInput: { patchOperations: [{ op: 'replace', path: '/timeoutInMillis', value }] },
    template: false,
  });

const deploy = (at: string) =>
  event('CreateDeployment', 'apigateway', at, {
    restApiId: 'a1b2c3d4e5',
    createDeploymentInput: { stageName: 'prod' },
  });

describe('relevantChanges', () => {
  it('counts a REST change from the deployment that carried it', () => {
    const changes = relevantChanges(
      [timeoutPatch('2026-02-28T09:00:00Z', '3000'), deploy('2026-03-01T11:58:00Z')],
      scope,
    );
    expect(changes.find(change => change.kind === 'integration-timeout')).toMatchObject({
      effectiveAt: '2026-03-01T11:58:00Z',
      minutesBeforeOnset: 2,
      who: 'alice',
      detail: 'timeoutInMillis set to 3000',
    });
  });

  it('counts a change in the minute of the first error as none before or after it, also in JSON', () => {
    for (const second of ['00', '02', '40']) {
      const [change] = relevantChanges([deploy(`2026-03-01T12:00:${second}Z`)], scope);
      expect(change?.minutesBeforeOnset).toBe(0);
    }
  });

  it('leaves a change without effect while nothing deploys it', () => {
    const [change] = relevantChanges([timeoutPatch('2026-03-01T11:59:00Z', '3000')], scope);
    expect(change).toMatchObject({ effectiveAt: null, minutesBeforeOnset: null });
  });

  it('tells the value before where an earlier event set it', () => {
    const changes = relevantChanges(
      [timeoutPatch('2026-03-01T10:00:00Z', '29000'), timeoutPatch('2026-03-01T11:00:00Z', '3000')],
      scope,
    );
    expect(changes[0]?.detail).toBe('timeoutInMillis 29000 -> 3000');
  });

  it('uses the date of the current deployment where no event tells of it', () => {
    const changes = relevantChanges([timeoutPatch('2026-03-01T11:50:00Z', '3000')], {
      ...scope,
      deployments: [
        {
          id: 'dep2',
          createdAt: '2026-03-01T11:57:00Z',
          description: null,
          autoDeployed: false,
          status: 'DEPLOYED',
          statusMessage: null,
        },
      ],
    });
    expect(changes).toContainEqual(expect.objectContaining({ event: 'Deployment', who: null, minutesBeforeOnset: 3 }));
    expect(changes).toContainEqual(
      expect.objectContaining({ kind: 'integration-timeout', effectiveAt: '2026-03-01T11:57:00Z' }),
    );
  });

  it('does not tell of a deployment from before the time that was read', () => {
    const old = { id: 'dep2', createdAt: '2026-02-01T00:00:00Z', description: null, autoDeployed: false };
    const deployments = [{ ...old, status: 'DEPLOYED' as const, statusMessage: null }];
    expect(relevantChanges([], { ...scope, deployments })).toEqual([]);
  });

  it('takes a rollback as the effect of what that deployment holds, not of later changes', () => {
    const rollback = event('UpdateStage', 'apigateway', '2026-03-01T11:59:00Z', {
      restApiId: 'a1b2c3d4e5',
      stageName: 'prod',
      updateStageInput: { patchOperations: [{ op: 'replace', path: '/deploymentId', value: 'dep1' }] },
    });
    const changes = relevantChanges([timeoutPatch('2026-03-01T11:50:00Z', '3000'), rollback], {
      ...scope,
      deployments: [
        {
          id: 'dep1',
          createdAt: '2026-02-01T00:00:00Z',
          description: null,
          autoDeployed: false,
          status: 'DEPLOYED',
          statusMessage: null,
        },
      ],
    });
    expect(changes.find(change => change.kind === 'integration-timeout')?.effectiveAt).toBeNull();
  });

  it('keeps what touches the function, its role and that role’s policies, by any form of name', () => {
    const changes = relevantChanges(
      [
        event('RemovePermission', 'lambda', '2026-03-01T11:58:00Z', {
          functionName: 'arn:aws:lambda:eu-west-1:111122223333:function:orders-fn:live',
          statementId: 's1',
        }),
        event('DetachRolePolicy', 'iam', '2026-03-01T11:57:00Z', {
          roleName: 'orders-role',
          policyArn: 'arn:aws:iam::aws:policy/X',
        }),
        event('CreatePolicyVersion', 'iam', '2026-03-01T11:56:00Z', {
          policyArn: 'arn:aws:iam::111122223333:policy/orders',
        }),
        event('UpdateFunctionConfiguration', 'lambda', '2026-03-01T11:55:00Z', {
          functionName: 'orders-fn',
          role: 'arn:aws:iam::111122223333:role/other',
        }),
        event('RemovePermission', 'lambda', '2026-03-01T11:58:30Z', { functionName: 'other-fn', statementId: 's1' }),
        event('AttachRolePolicy', 'iam', '2026-03-01T11:58:30Z', {
          roleName: 'unrelated',
          policyArn: 'arn:aws:iam::aws:policy/X',
        }),
      ],
      scope,
    );
    expect(changes.map(change => change.kind)).toEqual(['lambda-permission', 'iam', 'iam', 'function-role']);
  });

  it('leaves out failed writes and other APIs, and knows that AddPermission only gives', () => {
    const denied = { ...deploy('2026-03-01T11:58:00Z'), errorCode: 'AccessDenied' };
    const other = event('UpdateRestApi', 'apigateway', '2026-03-01T11:58:00Z', { restApiId: 'zzzzzzzzzz' });
    const added = event('AddPermission', 'lambda', '2026-03-01T11:59:00Z', { functionName: 'orders-fn' });
    expect(relevantChanges([denied, other, added], scope).map(change => [change.event, change.grants])).toEqual([
      ['AddPermission', true],
    ]);
  });

  it('counts a change within the onset minute as 0 minutes before, and a later one as negative', () => {
    const at = (time: string) =>
      event('RemovePermission', 'lambda', time, { functionName: 'orders-fn', statementId: time });
    const changes = relevantChanges([at('2026-03-01T12:00:40Z'), at('2026-03-01T12:05:00Z')], scope);
    expect(changes.map(change => change.minutesBeforeOnset)).toEqual([-5, 0]);
  });

  it('knows a resource policy change from other changes of the API', () => {
    const policy = event('UpdateRestApi', 'apigateway', '2026-03-01T11:58:00Z', {
      restApiId: 'a1b2c3d4e5',
      updateRestApiInput: { patchOperations: [{ op: 'replace', path: '/policy', value: '{}' }] },
    });
    const described = event('UpdateRestApi', 'apigateway', '2026-03-01T11:58:00Z', {
      restApiId: 'a1b2c3d4e5',
      updateRestApiInput: { patchOperations: [{ op: 'replace', path: '/description', value: 'x' }] },
    });
    expect(relevantChanges([policy, described], scope).map(change => change.kind)).toEqual([
      'resource-policy',
      'other',
    ]);
  });
});
