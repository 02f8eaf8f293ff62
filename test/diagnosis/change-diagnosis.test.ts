import { describe, expect, it } from 'vitest';
import type { ChangeFacts } from '../../src/diagnosis/diagnoses/change-diagnosis.ts';
import { integrationTimeoutChange } from '../../src/diagnosis/diagnoses/integration-timeout-change.ts';
import { lambdaRoleChange } from '../../src/diagnosis/diagnoses/lambda-role-change.ts';
import { judge } from '../../src/diagnosis/finding.ts';
import type { Changes } from '../../src/diagnosis/signals.ts';
import type { Finding, Gap, RelevantChange, Run } from '../../src/diagnosis/types.ts';
import { beforeOnset } from '../../src/render/words.ts';

const onset = '2026-03-01T12:00:00.000Z';
const window = { start: '2026-03-01T11:50:00.000Z', end: '2026-03-01T12:05:00.000Z', onset, extendedTo: null };
const target = {
  accountId: '111122223333',
  region: 'eu-west-1',
  apiId: 'a1b2c3d4e5',
  apiName: 'orders-api',
  apiType: 'REST',
  stage: 'prod',
} as const;
const run = { target, window } as unknown as Run;
const denied: Gap = {
  source: 'cloudtrail:LookupEvents',
  reason: 'access_denied',
  permission: 'cloudtrail:LookupEvents',
  remedy: 'Grant it.',
};

function change(over: Partial<RelevantChange>): RelevantChange {
  return {
    at: '2026-03-01T11:58:00.000Z',
    effectiveAt: '2026-03-01T11:58:00.000Z',
    who: 'alice',
    event: 'RemovePermission',
    resource: 'function orders-fn',
    detail: '',
    minutesBeforeOnset: 2,
    kind: 'lambda-permission',
    also: [],
    grants: false,
    touches: ['orders-fn'],
    deploymentId: null,
    eventId: 'e1',
    ...over,
  };
}

function facts(changes: RelevantChange[], over: Partial<Changes> = {}, first: string | null = onset): ChangeFacts {
  const traffic = { onset: first, impact: { errors: first === null ? 0 : 9 } } as never;
  return {
    changes: {
      changes,
      since: window.start,
      gaps: [],
      complete: true,
      regionUnread: null,
      globalUnread: null,
      effectUnread: null,
      ...over,
    },
    traffic: { value: traffic, unread: null },
    executionRoles: [],
  };
}

const permission: Finding = {
  ...judge('problem', 'No statement allows it.', {
    claims: [
      {
        cause: 'lambda-invoke-permission-missing',
        basis: 'signature',
        requests: 9,
        evidence: [],
        parameters: { functionName: 'orders-fn' },
      },
    ],
  }),
  group: 'step',
  number: 8,
  id: 'api-logs',
  title: 'Logs',
  durationMs: 1,
  at: onset,
};

const evaluate = (given: ChangeFacts, findings: Finding[] = [permission]) =>
  lambdaRoleChange.evaluate(given, run, findings);

describe('the distance of a change', () => {
  it('is told in the same words as on the card', () => {
    for (const minutesBeforeOnset of [1.6, 0.4, 0, 4]) {
      const made = change({ minutesBeforeOnset });
      const { summary } = lambdaRoleChange.evaluate(facts([made]), run, [permission]);
      expect(summary).toContain(`on function orders-fn ${beforeOnset(made)}, which fits`);
    }
    const wide = { ...run, window: { ...window, extendedTo: window.start } };
    const { summary } = lambdaRoleChange.evaluate(facts([change({ minutesBeforeOnset: 12.4 })]), wide, [permission]);
    expect(summary).toContain('12 minutes before the first error');
  });
});

describe('a change diagnosis', () => {
  it('is a problem where a change shortly before the onset fits what the steps name', () => {
    expect(evaluate(facts([change({})]))).toMatchObject({
      status: 'problem',
      claims: [{ cause: 'lambda-invoke-permission-missing', basis: 'change' }],
    });
  });

  it('is a warning where the change only precedes: another function, a grant, or nothing named', () => {
    expect(evaluate(facts([change({ touches: ['other-fn'] })])).status).toBe('warning');
    expect(evaluate(facts([change({ grants: true, event: 'AddPermission' })])).status).toBe('warning');
    expect(evaluate(facts([change({})]), []).status).toBe('warning');
  });

  it('is ok where there is none, or it came later or long before', () => {
    expect(evaluate(facts([])).status).toBe('ok');
    expect(evaluate(facts([change({ minutesBeforeOnset: -3 })])).status).toBe('ok');
    expect(evaluate(facts([change({ minutesBeforeOnset: 9 })])).status).toBe('ok');
  });

  it('is unknown where the events were not seen, unless what was seen is enough', () => {
    expect(evaluate(facts([], { regionUnread: denied }))).toMatchObject({ status: 'unknown', gaps: [denied] });
    expect(evaluate(facts([change({})], { globalUnread: denied })).status).toBe('problem');
    const timeout = integrationTimeoutChange.evaluate(facts([], { globalUnread: denied }), run, []);
    expect(timeout.status).toBe('ok');
    expect(integrationTimeoutChange.evaluate(facts([], { effectUnread: denied }), run, []).status).toBe('unknown');
  });

  it('is ok without errors, whatever changed', () => {
    expect(evaluate(facts([change({ minutesBeforeOnset: null })], {}, null)).status).toBe('ok');
  });
});
