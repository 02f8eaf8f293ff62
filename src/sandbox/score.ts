import type { UnreadReason } from '../aws/unread.ts';
import type { Confidence, Report, Verdict } from '../diagnosis/types.ts';
import type { Expected, Scenario } from './scenario.ts';

/** What a diagnosis of a scenario came to: a report, or that the target could not be located. */
export type Outcome = { report: Report } | { report: null; reason: UnreadReason; message: string };

export interface Score {
  id: string;
  expected: string[];
  got: string[];
  pass: boolean;
  confidentWrong: boolean;
  /** Every expectation that was not met, in words; empty where all were. */
  misses: string[];
  awsCalls: number;
  durationMs: number;
}

export interface BenchTotal {
  scenarios: number;
  top1: number;
  top3: number;
  confidentWrong: number;
  /** null where there is no world without a fault. */
  controls: number | null;
  /** null where no scenario says what must be read. */
  evidenceCoverage: number | null;
  awsCallsMedian: number;
  durationMsMedian: number;
}

/** `asked`: the operations that AWS was asked, as `service:Operation`. */
export function scoreScenario(
  { id, expected }: Scenario,
  outcome: Outcome,
  asked: string[],
  durationMs: number,
): Score {
  const verdict = verdictOf(outcome);
  return {
    id,
    expected: expected.causes.length > 0 ? expected.causes : [expected.status],
    got: verdict.causes.length > 0 ? verdict.causes.map(cause => cause.id) : [verdict.status],
    pass: isTop(expected, verdict, 1),
    confidentWrong: isConfidentlyWrong(expected, verdict),
    misses: missesOf(expected, verdict, outcome, asked),
    awsCalls: asked.length,
    durationMs,
  };
}

function verdictOf(outcome: Outcome): Verdict {
  if (outcome.report !== null) return outcome.report.verdict;
  const gap = { source: 'apigateway:GetRestApi', reason: outcome.reason, permission: null, remedy: outcome.message };
  return { status: 'inconclusive', causes: [], pattern: 'unknown', ruledOut: [], gaps: [gap] };
}

/** One of the expected causes is among the first `places`; without one, the exact status and every named gap. */
function isTop(expected: Expected, verdict: Verdict, places: number): boolean {
  if (expected.causes.length === 0) {
    return verdict.status === expected.status && missingGaps(expected, verdict).length === 0;
  }
  const first = verdict.causes.slice(0, places).map(cause => cause.id);
  return expected.causes.some(cause => first.includes(cause));
}

function isConfidentlyWrong(expected: Expected, verdict: Verdict): boolean {
  const sure = (confidence: Confidence | undefined) => confidence === 'high' || confidence === 'medium';
  const [first] = verdict.causes;
  const wrongFirst =
    verdict.status === 'cause_found' && sure(first?.confidence) && !expected.causes.some(id => id === first?.id);
  const forbidden = verdict.causes.some(cause => sure(cause.confidence) && expected.forbidden?.includes(cause.id));
  return wrongFirst || forbidden;
}

function missingGaps(expected: Expected, verdict: Verdict): string[] {
  return (expected.gaps ?? []).filter(reason => !verdict.gaps.some(gap => gap.reason === reason));
}

function missesOf(expected: Expected, verdict: Verdict, outcome: Outcome, asked: string[]): string[] {
  const misses: string[] = [];
  const expect = (met: boolean, miss: string) => {
    if (!met) misses.push(miss);
  };
  const causes = verdict.causes.map(cause => cause.id);
  expect(verdict.status === expected.status, `status is ${verdict.status}, not ${expected.status}`);
  expect(
    isTop(expected, verdict, 1),
    `first cause is ${causes[0] ?? 'none'}, not ${expected.causes.join(' or ') || 'none'}`,
  );
  for (const id of expected.alsoExpected ?? []) expect(causes.includes(id), `${id} is not named`);
  for (const id of expected.forbidden ?? []) {
    const named = verdict.causes.find(cause => cause.id === id && cause.confidence !== 'low');
    expect(named === undefined, `${id} is named at ${named?.confidence}`);
  }
  for (const reason of missingGaps(expected, verdict)) misses.push(`no gap tells ${reason}`);
  if (expected.pattern)
    expect(verdict.pattern === expected.pattern, `pattern is ${verdict.pattern}, not ${expected.pattern}`);
  if (expected.cli) {
    const cli = verdict.causes[0]?.cli ?? '';
    expect(cli.includes(expected.cli), `the command line "${cli}" lacks "${expected.cli}"`);
  }
  for (const operation of missedReads(expected, asked)) misses.push(`${operation} was not read`);
  if (outcome.report !== null) misses.push(...reportMisses(expected, outcome.report));
  return misses;
}

function reportMisses(expected: Expected, report: Report): string[] {
  const misses: string[] = [];
  for (const [group, findings] of [
    ['steps', report.steps],
    ['diagnoses', report.diagnoses],
  ] as const) {
    for (const [number, status] of Object.entries(expected[group] ?? {})) {
      const finding = findings.find(one => String(one.number) === number);
      if (finding?.status !== status)
        misses.push(`${group} ${number} is ${finding?.status}, not ${status}: ${finding?.summary}`);
    }
  }
  const { change } = expected;
  if (change) {
    const [first] = report.changes;
    const found = first?.event === change.event && first.who === change.who;
    if (!found)
      misses.push(`the first change is ${first?.event} by ${first?.who}, not ${change.event} by ${change.who}`);
  }
  const text = JSON.stringify(report);
  for (const secret of expected.mustNotContain ?? [])
    if (text.includes(secret)) misses.push(`the report holds "${secret}"`);
  return misses;
}

function missedReads(expected: Expected, asked: string[]): string[] {
  return (expected.mustRead ?? []).filter(operation => !asked.includes(operation));
}

/** The totals over at least one scenario. Shares run from 0 to 1. */
export function totalOf(runs: { scenario: Scenario; outcome: Outcome; asked: string[]; score: Score }[]): BenchTotal {
  const share = <T>(items: T[], holds: (item: T) => boolean) => round(items.filter(holds).length / items.length);
  const controls = runs.filter(run => run.scenario.expected.status === 'no_errors');
  const reads = runs.flatMap(({ scenario, asked }) =>
    (scenario.expected.mustRead ?? []).map(operation => asked.includes(operation)),
  );
  return {
    scenarios: runs.length,
    top1: share(runs, run => run.score.pass),
    top3: share(runs, run => isTop(run.scenario.expected, verdictOf(run.outcome), 3)),
    confidentWrong: share(runs, run => run.score.confidentWrong),
    controls: controls.length === 0 ? null : share(controls, run => verdictOf(run.outcome).status === 'no_errors'),
    evidenceCoverage: reads.length === 0 ? null : share(reads, read => read),
    awsCallsMedian: median(runs.map(run => run.score.awsCalls)),
    durationMsMedian: median(runs.map(run => run.score.durationMs)),
  };
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
