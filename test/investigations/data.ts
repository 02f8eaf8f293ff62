import type {
  AlarmNotice,
  Candidate,
  DiagnosisRecord,
  DiagnosisRequest,
  Evidence,
  Finding,
  Location,
  Target,
  Trigger,
} from '../../src/diagnosis/types.ts';
import type { Conversation, Submission } from '../../src/investigations/types.ts';

export const start = new Date('2026-11-22T12:00:00.000Z');

export const conversation: Conversation = {
  teamId: 'T1',
  channelId: 'C1',
  threadTs: null,
  responseUrl: null,
  userId: 'U1',
};

export const orders: Target = {
  accountId: '123456789012',
  region: 'eu-west-1',
  apiId: 'a1b2c3d4e5',
  apiName: 'orders-api',
  apiType: 'REST',
  stage: 'prod',
};

export function request(over: Partial<DiagnosisRequest> = {}): DiagnosisRequest {
  return {
    target: 'orders-api',
    stage: null,
    region: null,
    accountId: null,
    span: { minutes: 15 },
    overrides: { functionName: null, roleName: null, policyArn: null, logGroup: null },
    ...over,
  };
}

export function submission(key: string, over: Partial<Trigger> = {}, where: Conversation = conversation): Submission {
  return {
    key,
    trigger: { kind: 'command', by: 'U1', at: start.toISOString(), request: request(), ...over },
    conversation: where,
  };
}

export function found(target: Target = orders): Extract<Location, { kind: 'found' }> {
  const window = { start: '2026-11-22T11:45:00.000Z', end: '2026-11-22T12:00:00.000Z', onset: null, extendedTo: null };
  return { kind: 'found', target, window, threshold: null };
}

export const candidate: Candidate = {
  apiId: 'a1b2c3d4e5',
  apiName: 'orders-api',
  apiType: 'REST',
  accountId: '123456789012',
  region: 'eu-west-1',
  stages: ['prod', 'test'],
};

export function finding(number: number, over: Partial<Finding> = {}): Finding {
  return {
    group: 'step',
    number,
    id: `check-${number}`,
    title: `Check ${number}`,
    status: 'ok',
    summary: 'All is well.',
    evidence: [],
    claims: [],
    ruledOut: [],
    gaps: [],
    durationMs: 1,
    at: start.toISOString(),
    ...over,
  };
}

export function evidence(id: string, excerpt?: string): Evidence {
  const fact: Evidence = {
    id,
    text: 'A line was logged.',
    source: 'logs:FilterLogEvents',
    resource: 'a log group',
    at: null,
    link: null,
    cli: null,
  };
  return excerpt === undefined ? fact : { ...fact, excerpt };
}

export function record(id: string, trigger: Trigger, target: Target, findings: Finding[]): DiagnosisRecord {
  const { overrides } = trigger.request;
  return {
    findings,
    overrides,
    report: {
      schemaVersion: 1,
      id,
      generatedAt: start.toISOString(),
      trigger: { kind: trigger.kind, by: trigger.by, at: trigger.at, target: trigger.request.target },
      target,
      window: found(target).window,
      impact: {
        requests: null,
        errors: null,
        errorShare: null,
        routes: null,
        latencyP95Ms: null,
        baseline: { errorShare: null, latencyP95Ms: null },
      },
      series: { periodSeconds: 60, points: null, threshold: null },
      verdict: { status: 'inconclusive', causes: [], pattern: 'unknown', ruledOut: [], gaps: [] },
      steps: findings.map(({ id, title, status, summary, evidence, durationMs }) => ({
        id,
        title,
        status,
        summary,
        evidence,
        durationMs,
      })),
      diagnoses: [],
      extended: [],
      changes: [],
      stats: { awsCalls: { total: 0, byOperation: {} }, depth: 0, durationMs: 1, criticalPathMs: 0 },
    },
  };
}

/** What an alarm says of itself; `second`: after `start`, by CloudWatch's clock. */
export function notice(second: number, over: Partial<AlarmNotice> = {}): AlarmNotice {
  const name = over.name ?? 'orders-5xx';
  return {
    arn: `arn:aws:cloudwatch:eu-west-1:123456789012:alarm:${name}`,
    name,
    accountId: '123456789012',
    region: 'eu-west-1',
    state: 'ALARM',
    at: new Date(start.getTime() + second * 1_000).toISOString(),
    reason: 'Threshold Crossed.',
    metrics: [],
    ...over,
  };
}

/** As the webhook submits it. */
export function alarmSubmission(key: string, alarm: AlarmNotice, at: Date = start): Submission {
  const trigger: Trigger = {
    kind: 'alarm',
    by: null,
    at: at.toISOString(),
    request: request({ target: alarm.arn }),
    alarm,
  };
  return { key: `sns:${key}`, trigger, conversation: null };
}
