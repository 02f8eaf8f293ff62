import { describe, expect, it } from 'vitest';
import type { Claim, Finding, Impact, Target } from '../../src/diagnosis/types.ts';
import { judgeVerdict } from '../../src/diagnosis/verdict.ts';

const target: Target = {
  accountId: '111122223333',
  region: 'eu-west-1',
  apiId: 'a1b2c3d4e5',
  apiName: 'orders-api',
  apiType: 'REST',
  stage: 'prod',
};

function impact(errors: number | null): Impact {
  const requests = errors === null ? null : 300;
  const share = errors === null ? null : errors / 300;
  return {
    requests,
    errors,
    errorShare: share,
    routes: null,
    latencyP95Ms: null,
    baseline: { errorShare: 0, latencyP95Ms: null },
  };
}

function finding(id: string, claims: Partial<Claim>[], rest: Partial<Finding> = {}): Finding {
  return {
    group: 'step',
    number: null,
    id,
    title: id,
    status: 'problem',
    summary: '',
    evidence: [],
    claims: claims.map(claim => ({
      cause: 'lambda-function-error',
      basis: 'signature',
      requests: null,
      evidence: [`${id}.1`],
      parameters: {},
      ...claim,
    })),
    ruledOut: [],
    gaps: [],
    durationMs: 1,
    at: '2026-03-01T12:00:00.000Z',
    ...rest,
  };
}

function judge(findings: Finding[], errors: number | null = 100) {
  return judgeVerdict(findings, { impact: impact(errors), pattern: 'constant', metricsSettled: false }, target);
}

describe('judgeVerdict', () => {
  it('is surer of what both the logs and the configuration say', () => {
    const logs = finding('api-logs', [{ cause: 'lambda-invoke-permission-missing', requests: 100 }]);
    const permissions = finding('permissions', [{ cause: 'lambda-invoke-permission-missing', basis: 'configuration' }]);
    const both = judge([logs, permissions]).causes[0];
    expect(both).toMatchObject({ id: 'lambda-invoke-permission-missing', confidence: 'high', errorShare: 1 });
    expect(both?.score).toBeGreaterThan(judge([logs]).causes[0]?.score ?? 1);
    expect(both?.evidence).toEqual(['api-logs.1', 'permissions.1']);
  });

  it('orders several causes by their share of the failing requests', () => {
    const verdict = judge([
      finding('api-logs', [
        { cause: 'lambda-timeout', requests: 20 },
        { cause: 'lambda-malformed-response', requests: 80 },
      ]),
    ]);
    expect(verdict.causes.map(cause => [cause.id, cause.errorShare])).toEqual([
      ['lambda-malformed-response', 0.8],
      ['lambda-timeout', 0.2],
    ]);
  });

  it('does not believe a configuration that the logs contradict', () => {
    const verdict = judge([
      finding('api-logs', [{ cause: 'lambda-throttled', requests: 100 }]),
      finding('permissions', [{ cause: 'lambda-invoke-permission-missing', basis: 'configuration' }]),
    ]);
    expect(verdict.causes.map(cause => [cause.id, cause.confidence])).toEqual([
      ['lambda-throttled', 'high'],
      ['lambda-invoke-permission-missing', 'low'],
    ]);
  });

  it('names a configuration at medium without logs, and at high with a change that fits', () => {
    const claim = { cause: 'lambda-invoke-permission-missing', basis: 'configuration' } as const;
    expect(judge([finding('permissions', [claim])]).causes[0]?.confidence).toBe('medium');
    const change = finding('lambda-role-change', [{ cause: claim.cause, basis: 'change' }]);
    expect(judge([finding('permissions', [claim]), change]).causes[0]?.confidence).toBe('high');
  });

  it('makes no cause of a change alone', () => {
    const verdict = judge([
      finding('lambda-role-change', [{ cause: 'lambda-invoke-permission-missing', basis: 'change' }]),
    ]);
    expect(verdict).toMatchObject({ status: 'inconclusive', causes: [] });
  });

  it('is inconclusive with symptoms alone', () => {
    const verdict = judge([finding('lambda-errors', [{ cause: 'lambda-throttled', basis: 'symptom' }])]);
    expect(verdict).toMatchObject({ status: 'inconclusive', causes: [{ id: 'lambda-throttled', confidence: 'low' }] });
  });

  it('names nothing without errors, but for what only answers 4xx', () => {
    const verdict = judge(
      [
        finding('permissions', [{ cause: 'lambda-invoke-permission-missing', basis: 'configuration' }]),
        finding('waf', [{ cause: 'waf-blocked', requests: 12 }]),
      ],
      0,
    );
    expect(verdict).toMatchObject({ status: 'no_errors', pattern: 'none', causes: [{ id: 'waf-blocked' }] });
    expect(verdict.causes).toHaveLength(1);
  });

  it('does not blame blocked requests for server errors, unless the block answers 5xx', () => {
    const blocked = (statusCode: string) =>
      judge([finding('waf', [{ cause: 'waf-blocked', requests: 50, parameters: { statusCode } }])]);
    expect(blocked('403')).toMatchObject({ status: 'inconclusive', causes: [] });
    expect(blocked('503')).toMatchObject({ status: 'cause_found', causes: [{ id: 'waf-blocked' }] });
  });

  it('believes failing requests in the logs before the metrics have arrived', () => {
    const logs = finding('api-logs', [{ cause: 'lambda-timeout', requests: 3 }]);
    expect(judge([logs], 0).status).toBe('cause_found');
    expect(judge([logs], null).status).toBe('cause_found');
  });

  it('is inconclusive, never all clear, where neither metrics nor logs could be read', () => {
    expect(judge([], null).status).toBe('inconclusive');
  });

  it('names a service event at medium, and only where nothing else explains the errors', () => {
    const event = finding('health', [{ cause: 'aws-service-event', basis: 'symptom' }]);
    expect(judge([event])).toMatchObject({
      status: 'cause_found',
      causes: [{ id: 'aws-service-event', confidence: 'medium' }],
    });
    const logs = finding('api-logs', [{ cause: 'lambda-timeout', requests: 100 }]);
    expect(judge([event, logs]).causes.map(cause => cause.id)).toEqual(['lambda-timeout']);
  });

  it('keeps what is ruled out apart from what is named, and each gap once', () => {
    const gap = {
      source: 'iam:GetRole',
      reason: 'access_denied',
      permission: 'iam:GetRole',
      remedy: 'Grant it.',
    } as const;
    const verdict = judge([
      finding('api-logs', [{ cause: 'lambda-timeout', requests: 100 }], {
        ruledOut: [
          { id: 'lambda-timeout', because: 'no' },
          { id: 'lambda-throttled', because: 'no throttles' },
        ],
        gaps: [gap],
      }),
      finding('permissions', [], { gaps: [gap] }),
    ]);
    expect(verdict.ruledOut.map(one => one.id)).toEqual(['lambda-throttled']);
    expect(verdict.gaps).toEqual([gap]);
  });
});
