import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type BenchRun, runScenarios } from '../src/cli/bench.ts';
import { readConfig } from '../src/config.ts';
import { beforeOnset } from '../src/render/words.ts';
import { catalogueFolder, loadScenario, loadScenarios, type Scenario } from '../src/sandbox/scenario.ts';

const scenarios = await loadScenarios();
const runs = await runScenarios(scenarios, { clock: () => new Date(), config: readConfig });

function runOf(id: string): BenchRun {
  const run = runs.find(one => one.scenario.id === id);
  if (run === undefined) throw new Error(`There is no scenario ${id}.`);
  return run;
}

describe('the shipped scenarios', () => {
  it.each([...scenarios.keys()])('%s is diagnosed as expected, in every point', id => {
    expect(runOf(id).score.misses).toEqual([]);
  });

  it.each([...scenarios.keys()].filter(id => id.endsWith('-mended')))(
    '%s clears what its incident is blamed for',
    id => {
      const incident = runOf(id.replace(/-mended$/, ''));
      const blamed = incident.outcome.report?.verdict.causes[0]?.id;
      const cleared = runOf(id).outcome.report?.verdict;
      expect(blamed).toBeDefined();
      expect(cleared?.causes.map(cause => cause.id)).not.toContain(blamed);
    },
  );
});

describe('a report', () => {
  it.each([...scenarios.keys()])('of %s is plain JSON whose evidence can be followed', id => {
    const { report } = runOf(id).outcome;
    if (report === null) throw new Error('There is no report.');
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    const findings = [...report.steps, ...report.diagnoses, ...report.extended];
    const evidence = findings.flatMap(finding => finding.evidence.map(one => one.id));
    expect(new Set(evidence).size).toBe(evidence.length);
    for (const cause of report.verdict.causes) {
      expect(cause.evidence.length).toBeGreaterThan(0);
      expect(evidence).toEqual(expect.arrayContaining(cause.evidence));
    }
    expect(report.steps.map(step => step.number)).toEqual([1, 2, 3, 4, 6, 7, 8, 9, 10]);
    expect(report.diagnoses.map(diagnosis => diagnosis.number)).toEqual([1, 2, 3, 4, 5]);
    for (const finding of findings) expect(finding.summary).toMatch(/\.$/);
  });
});

describe('what could not be read', () => {
  it('is null, not empty: no route is known where logging is off', () => {
    expect(runOf('logging-off').outcome.report?.impact.routes).toBeNull();
    expect(runOf('healthy-api').outcome.report?.impact.routes).toEqual([]);
  });
});

describe('the impact', () => {
  it('of errors that began within the window is told since then, beside that of the window', () => {
    const { impact, window } = runOf('lambda-permission-removed').outcome.report ?? {};
    expect(impact?.sinceOnset?.start).toBe(window?.onset);
    expect(impact?.sinceOnset?.errors).toBe(impact?.errors);
    expect(impact?.sinceOnset?.errorShare).toBeGreaterThan((impact?.errorShare ?? 1) + 0.1);
    expect(runOf('healthy-api').outcome.report?.impact).not.toHaveProperty('sinceOnset');
  });
});

describe('a change', () => {
  it('is as far from the first error in the finding as on the card', () => {
    const { diagnoses = [], changes = [] } = runOf('lambda-permission-removed').outcome.report ?? {};
    const removed = changes.find(change => change.event === 'RemovePermission');
    if (removed === undefined) throw new Error('There is no such change.');
    expect(diagnoses[2]?.summary).toContain(`on function orders-handler ${beforeOnset(removed)}, which`);
  });
});

describe('the call plan', () => {
  // docs/architecture.md, "The call plan"; sts:GetCallerIdentity is asked once for a process and not counted here.
  const changesHealthAndFunction = [
    'cloudtrail:LookupEvents',
    'cloudtrail:LookupEvents',
    'health:DescribeEvents',
    'cloudwatch:GetMetricData',
    'lambda:GetFunctionConfiguration',
    'lambda:GetPolicy',
    'iam:GetRole',
  ];
  const rest = [
    'apigateway:GetRestApi',
    'apigateway:GetStage',
    'apigateway:GetExport',
    'apigateway:GetResources',
    'apigateway:GetDeployments',
    'logs:FilterLogEvents',
    'logs:FilterLogEvents',
    ...changesHealthAndFunction,
  ];
  const http = [
    'apigateway:GetApi',
    'apigateway:GetStage',
    'apigateway:GetRoutes',
    'apigateway:GetIntegrations',
    'logs:FilterLogEvents',
    ...changesHealthAndFunction,
  ];

  it.each([
    { type: 'REST', id: 'lambda-permission-removed', args: ['a1b2c3d4e5', 'prod'], plan: rest, most: 16 },
    { type: 'HTTP', id: 'http-permission-removed', args: ['h4x8m2k1pq', '$default'], plan: http, most: 12 },
  ])('of a $type API is what is asked from an id and a stage, behind one function, in three waves', async one => {
    const scenario = structuredClone(one.type === 'REST' ? runOf(one.id).scenario : await fromCatalogue(one.id));
    scenario.args = one.args;
    // Long enough for the waves to be told apart on a busy machine.
    scenario.world.faults.latencyMs = 250;
    const [run] = await runScenarios(new Map([[scenario.id, scenario]]), {
      clock: () => new Date(),
      config: readConfig,
    });
    expect(run?.asked.toSorted()).toEqual(one.plan.toSorted());
    expect(one.plan.length).toBeLessThanOrEqual(one.most);
    expect(run?.outcome.report?.stats.depth).toBe(3);
    expect(run?.outcome.report?.verdict.causes[0]?.id).toBe('lambda-invoke-permission-missing');
  });

  async function fromCatalogue(id: string): Promise<Scenario> {
    return loadScenario(join(catalogueFolder, `${id}.yaml`));
  }
});
