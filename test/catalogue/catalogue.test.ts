import { beforeAll, describe, expect, it } from 'vitest';
import { readOnlyPolicy } from '../../src/aws/policy-statements.ts';
import { type BenchRun, runScenarios } from '../../src/cli/bench.ts';
import { readConfig } from '../../src/config.ts';
import { catalogueFolder, loadScenarios } from '../../src/sandbox/scenario.ts';
import { type BenchTotal, totalOf } from '../../src/sandbox/score.ts';
import { type AuthorizedCall, overhearing, ownLogGroups } from '../support/policy-calls.ts';
import { refusedCalls } from '../support/policy-decisions.ts';

const scenarios = await loadScenarios(catalogueFolder);
let runs: BenchRun[] = [];
let total: BenchTotal;
const calls: AuthorizedCall[] = [];

beforeAll(async () => {
  const overhear = overhearing(call => calls.push(call));
  runs = await runScenarios(scenarios, { clock: () => new Date(), config: readConfig, overhear });
  total = totalOf(runs);
});

describe('the catalogue', () => {
  it('has every API type and at least 70 scenarios', () => {
    const types = new Set([...scenarios.keys()].map(id => id.split('-')[0]));
    expect([...types].toSorted()).toEqual(['http', 'rest', 'websocket']);
    expect(scenarios.size).toBeGreaterThanOrEqual(70);
  });

  it('is diagnosed right: the first cause in 95 % and more', () => {
    expect(total.top1).toBeGreaterThanOrEqual(0.95);
  });

  it('meets every expectation of every scenario', () => {
    const missed = runs.filter(run => run.score.misses.length > 0);
    expect(missed.map(run => [run.scenario.id, run.score.misses])).toEqual([]);
  });

  it('is never diagnosed wrongly with confidence', () => {
    expect(runs.filter(run => run.score.confidentWrong).map(run => [run.scenario.id, run.score.got[0]])).toEqual([]);
  });

  it('finds no fault where there is none', () => {
    expect(total.controls).toBe(1);
  });

  it('looks at the evidence: 95 % and more of the reads that a verdict needs', () => {
    expect(total.evidenceCoverage).toBeGreaterThanOrEqual(0.95);
  });

  it('asks nothing that the generated policy does not allow, in three partitions', () => {
    const statements = ['aws', 'aws-cn', 'aws-us-gov'].flatMap(
      partition =>
        readOnlyPolicy({ partition, accountId: '*', regions: [], logGroups: ownLogGroups, roleArns: [] }).Statement,
    );
    expect(calls.length).toBeGreaterThan(1_000);
    expect(refusedCalls({ Version: '2012-10-17', Statement: statements }, calls)).toEqual([]);
  });
});
