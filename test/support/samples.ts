/** Hand-made records for the tests of what people see. */
import type {
  Change,
  DiagnosisRecord,
  Evidence,
  Finding,
  Gap,
  RankedCause,
  Report,
  Target,
  Trigger,
  Verdict,
} from '../../src/diagnosis/types.ts';
import type { Investigation } from '../../src/investigations/types.ts';
import type { Check } from '../../src/render/playbook.ts';

export const sampleTarget: Target = {
  accountId: '123456789012',
  region: 'eu-west-1',
  apiId: 'a1b2c3d4e5',
  apiName: 'orders-api',
  apiType: 'REST',
  stage: 'prod',
};

export const sampleTrigger: Trigger = {
  kind: 'command',
  by: 'U0ALICE',
  at: '2026-11-22T14:10:00.000Z',
  request: {
    target: 'orders-api',
    stage: null,
    region: null,
    accountId: null,
    span: { minutes: 15 },
    overrides: { functionName: null, roleName: null, policyArn: null, logGroup: null },
  },
};

const steps: [number, string, string][] = [
  [1, 'api-and-service-health', 'API and service health'],
  [2, 'resource-policy', 'Resource policy'],
  [3, 'api-type', 'API type'],
  [4, 'iam-and-lambda-permissions', 'IAM and Lambda permissions'],
  [6, 'integration-timeout', 'Integration timeout'],
  [7, 'integration-endpoint', 'Integration endpoint'],
  [8, 'api-logs', 'API logs'],
  [9, 'mapping-templates', 'Mapping templates'],
  [10, 'waf', 'WAF'],
];

const diagnoses: [number, string, string][] = [
  [1, 'resource-policy-change', 'Resource policy change'],
  [2, 'iam-permission-change', 'IAM permission change'],
  [3, 'lambda-role-change', 'Execution role change'],
  [4, 'integration-timeout-change', 'Integration timeout change'],
  [5, 'error-frequency', 'Error frequency'],
];

export const sampleChecks: (Check & { id: string })[] = [
  ...steps.map(([number, id, title]) => ({
    group: 'step' as const,
    number,
    id,
    title,
    question: `Is ${title} right?`,
  })),
  ...diagnoses.map(([number, id, title]) => ({
    group: 'diagnosis' as const,
    number,
    id,
    title,
    question: `Did ${title} matter?`,
  })),
];

export function sampleEvidence(id: string, more: Partial<Evidence> = {}): Evidence {
  return {
    id,
    text: 'The policy of orders-prod has no statement for apigateway.amazonaws.com.',
    source: 'lambda:GetPolicy',
    resource: 'orders-prod',
    at: '2026-11-22T14:05:10.000Z',
    link: 'https://eu-west-1.console.aws.amazon.com/lambda/home?region=eu-west-1#/functions/orders-prod?tab=permissions',
    cli: 'aws lambda get-policy --function-name orders-prod --region eu-west-1',
    ...more,
  };
}

export function sampleFinding(
  check: Pick<Finding, 'group' | 'number' | 'id' | 'title'>,
  more: Partial<Finding> = {},
): Finding {
  const { group, number, id, title } = check;
  return {
    group,
    number,
    id,
    title,
    durationMs: 120,
    at: '2026-11-22T14:10:02.000Z',
    status: 'ok',
    summary: `${title} of orders-api is as it should be.`,
    evidence: [],
    claims: [],
    ruledOut: [],
    gaps: [],
    ...more,
  };
}

export const sampleCause: RankedCause = {
  id: 'lambda-invoke-permission-missing',
  confidence: 'high',
  score: 0.97,
  summary: 'API Gateway may not invoke the function orders-prod.',
  remedy: 'Give API Gateway the permission again.',
  cli: 'aws lambda add-permission --function-name orders-prod --principal apigateway.amazonaws.com',
  evidence: ['step-4.1'],
  errorShare: 0.98,
};

export const sampleChange: Change = {
  at: '2026-11-22T14:02:00.000Z',
  effectiveAt: '2026-11-22T14:02:00.000Z',
  who: 'deploy-pipeline',
  event: 'RemovePermission',
  resource: 'orders-prod',
  detail: 'statement apigw-prod removed',
  minutesBeforeOnset: 3,
};

export const sampleGap: Gap = {
  source: 'logs:FilterLogEvents',
  reason: 'access_denied',
  permission: 'logs:FilterLogEvents',
  remedy: 'Allow logs:FilterLogEvents on the log group of the stage.',
};

/** Nine steps and five diagnoses, the fourth step being the problem. */
export function sampleFindings(): Finding[] {
  return sampleChecks.map(check =>
    check.group === 'step' && check.number === 4
      ? sampleFinding(check, {
          status: 'problem',
          summary: 'The function orders-prod does not let API Gateway invoke it.',
          evidence: [
            sampleEvidence('step-4.1', {
              excerpt: '{ "Statement": [] }',
            }),
            sampleEvidence('step-4.2', { link: null, cli: null, at: null }),
          ],
        })
      : sampleFinding(check),
  );
}

export function sampleReport(more: Partial<Report> = {}, verdict: Partial<Verdict> = {}): Report {
  const reported = (group: Finding['group']) =>
    sampleFindings()
      .filter(finding => finding.group === group)
      .map(({ number, id, title, status, summary, evidence, durationMs }) => ({
        ...(number === null ? {} : { number }),
        id,
        title,
        status,
        summary,
        evidence,
        durationMs,
      }));
  return {
    schemaVersion: 1,
    id: 'report-1',
    generatedAt: '2026-11-22T14:10:03.000Z',
    trigger: { kind: 'command', by: 'U0ALICE', at: '2026-11-22T14:10:00.000Z', target: 'orders-api' },
    target: sampleTarget,
    window: {
      start: '2026-11-22T13:55:00.000Z',
      end: '2026-11-22T14:10:00.000Z',
      onset: '2026-11-22T14:05:00.000Z',
      extendedTo: null,
    },
    impact: {
      requests: 1200,
      errors: 96,
      errorShare: 0.08,
      routes: [{ method: 'GET', path: '/orders', errors: 90 }],
      latencyP95Ms: 40,
      baseline: { errorShare: 0, latencyP95Ms: 38 },
    },
    series: {
      periodSeconds: 60,
      threshold: null,
      points: Array.from({ length: 15 }, (_, minute) => ({
        at: new Date(Date.UTC(2026, 10, 22, 13, 55 + minute)).toISOString(),
        requests: 80,
        errors: minute < 10 ? 0 : 20,
      })),
    },
    verdict: {
      status: 'cause_found',
      causes: [sampleCause],
      pattern: 'constant',
      ruledOut: [{ id: 'waf-blocked', because: 'No web ACL is attached to the stage.' }],
      gaps: [],
      ...verdict,
    },
    steps: reported('step'),
    diagnoses: reported('diagnosis'),
    extended: [],
    changes: [sampleChange],
    stats: { awsCalls: { total: 16, byOperation: {} }, depth: 3, durationMs: 1400, criticalPathMs: 900 },
    ...more,
  };
}

export function sampleRecord(more: Partial<Report> = {}, verdict: Partial<Verdict> = {}): DiagnosisRecord {
  return {
    report: sampleReport(more, verdict),
    findings: sampleFindings(),
    overrides: sampleTrigger.request.overrides,
  };
}

/** An investigation that has just been opened. */
export function openedInvestigation(more: Partial<Investigation> = {}): Investigation {
  return {
    id: 'inv-1',
    version: 1,
    state: 'investigating',
    conversation: {
      teamId: 'T0TEAM',
      channelId: 'C0OPS',
      threadTs: null,
      responseUrl: null,
      userId: 'U0ALICE',
    },
    trigger: sampleTrigger,
    target: sampleTarget,
    owner: 'U0ALICE',
    occurrences: [{ at: '2026-11-22T14:10:00.000Z', by: 'U0ALICE' }],
    occurrenceCount: 1,
    alarms: [],
    record: null,
    progress: [],
    presses: {},
    failure: null,
    shown: [],
    watch: null,
    observation: null,
    recheckAt: null,
    late: null,
    notes: [],
    handoffs: [],
    feedback: [],
    storm: null,
    reopenedAt: null,
    createdAt: '2026-11-22T14:10:00.000Z',
    updatedAt: '2026-11-22T14:10:00.000Z',
    ...more,
  };
}

/** One whose run has ended with a cause. */
export function diagnosedInvestigation(more: Partial<Investigation> = {}): Investigation {
  return openedInvestigation({ state: 'diagnosed', record: sampleRecord(), ...more });
}
