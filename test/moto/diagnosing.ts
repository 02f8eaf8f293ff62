import { expect } from 'vitest';
import type { Access } from '../../src/aws/types.ts';
import { createDiagnosisService } from '../../src/diagnosis/diagnose.ts';
import type { DiagnosisRecord, DiagnosisRequest, Finding, Location } from '../../src/diagnosis/types.ts';

const overrides = { functionName: null, roleName: null, policyArn: null, logGroup: null };

/** The real diagnosis, as every surface runs it, without the public status feed. A defect in a check fails the test. */
export function diagnosisOver(access: Access) {
  const defects: unknown[] = [];
  const service = createDiagnosisService({
    access,
    clock: () => new Date(),
    newId: () => 'moto',
    healthFeedUrl: null,
    fetch,
    onDefect: (check, error) => defects.push([check, error]),
  });
  const requestFor = (target: string, stage: string | null): DiagnosisRequest => ({
    target,
    stage,
    region: null,
    accountId: null,
    span: { minutes: 15 },
    overrides,
  });
  const locate = (target: string, stage: string | null = null): Promise<Location> =>
    service.locate(requestFor(target, stage));
  return {
    locate,
    async diagnose(target: string, stage: string | null = null): Promise<DiagnosisRecord> {
      const request = requestFor(target, stage);
      const location = await service.locate(request);
      if (location.kind !== 'found') throw new Error(`${target} was not found: ${JSON.stringify(location)}`);
      const record = await service.diagnose({ kind: 'cli', by: null, at: new Date().toISOString(), request }, location);
      expect(defects).toEqual([]);
      return record;
    },
  };
}

/** Everything that the readers ask and moto's server does not have, or has in another form than AWS. */
const lackingInMoto: readonly string[] = [
  'apigateway:ExportApi',
  'apigateway:GetDeployments',
  'apigateway:GetExport',
  'cloudtrail:LookupEvents',
  'health:DescribeEvents',
  'iam:SimulatePrincipalPolicy',
  'lambda:GetAccountSettings',
  'wafv2:GetSampledRequests',
];

/** What cannot be judged for sure without a source that moto lacks. */
const needs: Record<string, readonly string[]> = {
  'api-and-service-health': ['health:DescribeEvents', 'apigateway:GetExport', 'apigateway:GetDeployments'],
  'resource-policy': ['apigateway:GetExport'],
  'api-type': ['apigateway:GetExport'],
  'iam-and-lambda-permissions': ['iam:SimulatePrincipalPolicy', 'apigateway:GetExport', 'apigateway:ExportApi'],
  'integration-timeout': ['apigateway:GetExport', 'apigateway:ExportApi'],
  'integration-endpoint': ['apigateway:GetExport', 'apigateway:ExportApi'],
  waf: ['wafv2:GetSampledRequests'],
  authorizers: ['apigateway:GetExport'],
  'resource-policy-change': ['cloudtrail:LookupEvents'],
  'iam-permission-change': ['cloudtrail:LookupEvents'],
  'lambda-role-change': ['cloudtrail:LookupEvents'],
  'integration-timeout-change': ['cloudtrail:LookupEvents'],
};

export interface Expected {
  /** Sources that moto lacks and this diagnosis asks for. */
  missing: readonly string[];
  /** Checks that may be `problem`, because what was created makes them one. */
  problems: readonly string[];
}

/** The report is whole; what could not be read is told, with its reason, and nothing is concluded from its silence. */
export function expectHonest({ report, findings }: DiagnosisRecord, { missing, problems }: Expected): void {
  expect(report.steps.map(step => step.number)).toEqual([1, 2, 3, 4, 6, 7, 8, 9, 10]);
  expect(report.diagnoses.map(diagnosis => diagnosis.number)).toEqual([1, 2, 3, 4, 5]);
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);

  for (const source of missing) {
    const remedy = expect.stringMatching(/\.$/);
    expect(report.verdict.gaps).toContainEqual({ source, reason: 'timeout', permission: null, remedy });
  }
  const unread = report.verdict.gaps.filter(gap => gap.reason === 'timeout').map(gap => gap.source);
  expect(lackingInMoto).toEqual(expect.arrayContaining(unread));

  for (const finding of findings) {
    expect(finding.summary).toMatch(/\.$/);
    if (finding.status === 'not_applicable') continue;
    const lacking = (needs[finding.id] ?? []).filter(source => missing.includes(source));
    expect(sourcesOf(finding), finding.id).toEqual(expect.arrayContaining(lacking));
    if (lacking.length > 0) expectReserved(finding, lacking);
  }
  expect(findings.filter(one => one.status === 'problem').map(one => one.id)).toEqual(problems);
  expect(report.changes.filter(change => change.event !== 'Deployment')).toEqual([]);
}

function sourcesOf({ gaps }: Finding): string[] {
  return gaps.map(gap => gap.source);
}

/**
 * Not `ok`, with two exceptions that say less: that the API and its stage exist, without a word on the service's health;
 * and that API Gateway may call a function, where no role of an integration has to be simulated for it.
 */
function expectReserved({ id, status, summary, evidence }: Finding, lacking: readonly string[]): void {
  const simulated = evidence.filter(fact => fact.source === 'iam:SimulatePrincipalPolicy');
  if (id === 'api-and-service-health') expect(summary).not.toContain('AWS reports no open event');
  else if (lacking.join() === 'iam:SimulatePrincipalPolicy') expect(simulated).toEqual([]);
  else expect(status, id).not.toBe('ok');
}
