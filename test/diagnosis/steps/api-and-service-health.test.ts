import { describe, expect, test } from 'vitest';
import type { Deployment } from '../../../src/aws/types.ts';
import { apiAndServiceHealth } from '../../../src/diagnosis/steps/api-and-service-health.ts';
import { denied, deployed, failures, route, runStep, signalsOf, target } from './fixtures.ts';
import { api, stage } from './readings.ts';

function deployment(over: Partial<Deployment> = {}): Deployment {
  return {
    id: 'd1',
    createdAt: '2026-11-20T08:00:00.000Z',
    description: 'release 12',
    autoDeployed: false,
    status: 'DEPLOYED',
    statusMessage: null,
    ...over,
  };
}

type Readings = NonNullable<Parameters<typeof signalsOf>[0]>;

const run = (over: Readings = {}, on: Partial<typeof target> = {}) =>
  runStep(apiAndServiceHealth, {
    target: { ...target, ...on },
    signals: signalsOf({
      api: api(),
      stage: stage(),
      deployments: { items: [deployment()], complete: true },
      deployed: deployed(),
      failures: failures(),
      serviceEvents: [],
      ...over,
    }),
  });

describe('api-and-service-health', () => {
  test('an API that is deployed, in a Region without events, is ok', async () => {
    const finding = await run();
    expect(finding.status).toBe('ok');
    expect(finding.summary).toContain('runs deployment d1');
    expect(finding.ruledOut.map(one => one.id)).toEqual(['api-not-deployed', 'aws-service-event']);
    expect(finding.evidence[1]).toMatchObject({ source: 'apigateway:GetStage', at: '2026-11-20T08:00:00.000Z' });
    expect(finding.evidence.every(one => one.link !== null)).toBe(true);
  });

  test('an API or a stage that is not there is a problem, and is told to be no 500', async () => {
    const gone = await run({ api: null });
    expect(gone).toMatchObject({ status: 'problem', claims: [{ cause: 'api-not-deployed', basis: 'configuration' }] });
    const noStage = await run({ stage: null });
    expect(noStage.status).toBe('problem');
    expect(noStage.summary).toContain('403, not 500');
  });

  test('a stage without a deployment serves nothing, unless it deploys by itself', async () => {
    const never = await run({ stage: stage({ deploymentId: null }) }, { apiType: 'HTTP' });
    expect(never.claims.map(one => one.cause)).toEqual(['api-not-deployed']);
    expect(never.summary).toContain('404, not 500');
    const automatic = await run(
      {
        stage: stage({ deploymentId: null, autoDeploy: true }),
        deployed: deployed({ basis: 'draft', undeployed: null }),
      },
      { apiType: 'HTTP' },
    );
    expect(automatic.status).toBe('ok');
  });

  test('a draft that differs is changed, not deployed: a warning that shows both, and no claim', async () => {
    const undeployed = Array.from({ length: 7 }, (_, at) => ({
      route: `GET /orders/${at}`,
      field: 'timeoutMs',
      deployed: '3000',
      draft: '29000',
    }));
    const finding = await run({ deployed: deployed({ undeployed }) });
    expect(finding).toMatchObject({ status: 'warning', claims: [] });
    expect(finding.summary).toBe(
      'API orders-api was changed and not deployed to stage prod: 7 differences in GET /orders/0, GET /orders/1, GET /orders/2 and 4 more.',
    );
    expect(finding.evidence.filter(one => one.excerpt === 'stage: 3000\ndraft: 29000')).toHaveLength(5);
    expect(finding.evidence.some(one => one.text.startsWith('2 more differences'))).toBe(true);
  });

  test('failing requests to a route that only the draft has name it', async () => {
    const finding = await run({
      deployed: deployed({
        undeployed: [{ route: 'POST /refunds', field: 'route', deployed: 'absent', draft: 'present' }],
        draft: { ...deployed().configuration, routes: [route('GET /orders'), route('POST /refunds')] },
      }),
      failures: failures([
        { status: 403, route: 'POST /refunds', cause: 'api-not-deployed' },
        // Access logs may tell the path with the stage in front.
        { status: 403, route: 'POST /prod/refunds', possible: ['api-not-deployed'] },
        { status: 403, route: 'GET /orders' },
      ]),
    });
    expect(finding).toMatchObject({
      status: 'problem',
      claims: [
        {
          cause: 'api-not-deployed',
          basis: 'signature',
          requests: 2,
          parameters: { route: 'POST /refunds', statusCode: '403' },
        },
      ],
    });
    expect(finding.summary).toContain('2 requests got 403, not 500');
  });

  test('a route that nobody configured is a matter of the client', async () => {
    const finding = await run({
      deployed: deployed({ draft: deployed().configuration }),
      failures: failures([{ status: 403, route: 'GET /wp-admin', cause: 'api-not-deployed' }]),
    });
    expect(finding.status).toBe('ok');
  });

  test('an open service event is a lead and no more', async () => {
    const event = {
      service: 'lambda',
      region: 'eu-west-1',
      summary: 'Increased error rates',
      startedAt: '2026-11-22T09:50:00.000Z',
      open: true,
    };
    const finding = await run({ serviceEvents: [event] });
    expect(finding).toMatchObject({
      status: 'warning',
      claims: [
        {
          cause: 'aws-service-event',
          basis: 'symptom',
          requests: null,
          parameters: { message: 'Increased error rates' },
        },
      ],
    });
  });

  test('unreadable service health leaves the rest as it is, with its gap', async () => {
    const finding = await run({ serviceEvents: denied('health:DescribeEvents') });
    expect(finding.status).toBe('ok');
    expect(finding.summary).not.toContain('no open event');
    expect(finding.gaps).toMatchObject([{ source: 'health:DescribeEvents', reason: 'access_denied' }]);
  });

  test('an API that cannot be read is unknown, and the stage is still told', async () => {
    const finding = await run({ api: denied('apigateway:GetRestApi') });
    expect(finding.status).toBe('unknown');
    expect(finding.gaps).toMatchObject([{ permission: 'apigateway:GetRestApi' }]);
    expect(finding.evidence.some(one => one.text.startsWith('Stage prod runs deployment d1'))).toBe(true);
  });

  test('a draft or an export that could not be read is a gap of its own', async () => {
    const gap = {
      source: 'apigateway:GetExport',
      reason: 'access_denied',
      permission: null,
      remedy: 'Allow it.',
    } as const;
    const finding = await run({
      deployed: deployed({ basis: 'draft', faithful: false, undeployed: null, unread: gap }),
    });
    expect(finding).toMatchObject({ status: 'unknown', gaps: [gap] });
  });

  test('a canary and a failed deployment are risks', async () => {
    const canary = await run({
      stage: stage({ canary: { deploymentId: 'd2', percentTraffic: 10, variables: {} } }),
    });
    expect(canary).toMatchObject({ status: 'warning', claims: [] });
    expect(canary.summary).toContain('10 %');
    const failed = await run({
      deployments: {
        items: [deployment({ id: 'd3', status: 'FAILED', statusMessage: 'bad import' }), deployment()],
        complete: true,
      },
    });
    expect(failed.status).toBe('warning');
    expect(failed.evidence.some(one => one.excerpt === 'bad import')).toBe(true);
  });

  test('a disabled invoke URL is told', async () => {
    const finding = await run({ api: api({ executeApiEndpointDisabled: true }) });
    expect(finding.status).toBe('ok');
    expect(finding.evidence.some(one => one.text.includes('only its custom domain names reach it'))).toBe(true);
  });
});
