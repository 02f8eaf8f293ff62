import { byRelevance, madeChanges, reported } from './correlation.ts';
import { unnamed } from './failed-reads.ts';
import { attempt } from './finding.ts';
import { isServerError } from './function-logs.ts';
import type { FailedRequest, Failures, Traffic } from './signals.ts';
import type {
  CallStats,
  DiagnosisRecord,
  Finding,
  FindingGroup,
  Gap,
  Impact,
  Report,
  ReportedFinding,
  Run,
  Series,
  Trigger,
  Verdict,
} from './types.ts';
import { judgeVerdict } from './verdict.ts';

/** What a report is made of beside the run and its findings. */
export interface ReportOptions {
  id: string;
  trigger: Trigger;
  generatedAt: Date;
  threshold: number | null;
  stats: CallStats;
  /** Gaps of the search for the target. */
  unseen: readonly Gap[];
  /** Gaps of all reads that failed, those that findings tell of among them. */
  failed: readonly Gap[];
}

/** A report, and the changes that its remedies name. */
export type Concluded = Pick<DiagnosisRecord, 'report' | 'made'>;

/** Judges the findings and puts the report together from the run's shared signals. */
export async function concludeReport(
  run: Run,
  findings: readonly Finding[],
  options: ReportOptions,
): Promise<Concluded> {
  const [traffic, failures, changes] = await Promise.all([
    attempt(run.signals.traffic()),
    attempt(run.signals.failures()),
    attempt(run.signals.changes()),
  ]);
  const impact = impactOf(traffic.value, failures.value?.requests ?? null);
  const pattern = traffic.value?.pattern ?? 'unknown';
  const window = { ...run.window, onset: traffic.value?.onset ?? null };
  const { id, trigger, generatedAt, stats, unseen, failed } = options;
  const series: Series = traffic.value?.series ?? { periodSeconds: 60, points: null, threshold: null };
  const made = madeChanges(changes.value?.changes ?? [], findings, run.target, run.window);
  const facts = { impact, pattern, metricsSettled: isSettled(failures.value, run), made };
  const report: Report = {
    schemaVersion: 1,
    id,
    generatedAt: generatedAt.toISOString(),
    trigger: { kind: trigger.kind, by: trigger.by, at: trigger.at, target: trigger.request.target },
    target: run.target,
    window,
    impact,
    series: { ...series, threshold: options.threshold },
    verdict: withGaps(judgeVerdict(findings, facts, run.target), unseen, failed),
    ...findingsOf(findings),
    changes: byRelevance(changes.value?.changes ?? [], findings, run.target, run.window).map(reported),
    stats,
  };
  return { report, made };
}

/** The same report with findings of a later run: verdict and findings anew, the rest as it was. */
export function judgeAgain(
  { report, unseen = [], made = [] }: Omit<DiagnosisRecord, 'findings'>,
  findings: readonly Finding[],
  generatedAt: Date,
): Report {
  const metricsSettled = report.verdict.status === 'no_errors';
  const facts = { impact: report.impact, pattern: report.verdict.pattern, metricsSettled, made };
  return {
    ...report,
    generatedAt: generatedAt.toISOString(),
    verdict: withGaps(judgeVerdict(findings, facts, report.target), unseen),
    ...findingsOf(findings),
  };
}

function withGaps(verdict: Verdict, unseen: readonly Gap[], failed: readonly Gap[] = []): Verdict {
  const gaps = [...verdict.gaps, ...unseen];
  return { ...verdict, gaps: [...gaps, ...unnamed(failed, gaps)] };
}

/** Gaps of a report that no finding tells of; they stay where a single check runs again. */
export function gapsBeside(report: Report, findings: readonly Finding[]): Gap[] {
  const told = new Set(findings.flatMap(finding => finding.gaps).map(gap => JSON.stringify(gap)));
  return report.verdict.gaps.filter(gap => !told.has(JSON.stringify(gap)));
}

/** CloudWatch has a stage's metrics within a minute or two; what older log lines tell and metrics do not, is not the stage's. */
const metricsDelayMinutes = 5;

function isSettled(failures: Failures | null, { window }: Run): boolean {
  const settled = Date.parse(window.end) - metricsDelayMinutes * 60_000;
  const newest = failures?.requests.filter(isServerError).map(request => Date.parse(request.at)) ?? [];
  return newest.length > 0 && newest.every(at => at < settled);
}

function findingsOf(findings: readonly Finding[]): Pick<Report, 'steps' | 'diagnoses' | 'extended'> {
  const of = (group: FindingGroup) => findings.filter(finding => finding.group === group).map(shown);
  return { steps: of('step'), diagnoses: of('diagnosis'), extended: of('extended') };
}

function shown({ number, id, title, status, summary, evidence, durationMs }: Finding): ReportedFinding {
  return { ...(number === null ? {} : { number }), id, title, status, summary, evidence, durationMs };
}

const unreadImpact: Impact = {
  requests: null,
  errors: null,
  errorShare: null,
  routes: null,
  latencyP95Ms: null,
  baseline: { errorShare: null, latencyP95Ms: null },
};

function impactOf(traffic: Traffic | null, failed: FailedRequest[] | null): Impact {
  const logged = failed === null ? null : routesOf(failed);
  // Where nothing is logged, the metrics of single routes may tell.
  const routes = logged === null || logged.length === 0 ? (measuredRoutes(traffic) ?? logged) : logged;
  const impact = traffic?.impact ?? unreadImpact;
  // Errors that no log and no metric gives a route are not errors of no route.
  const unknown = routes?.length === 0 && impact.errors !== 0;
  return { ...impact, routes: unknown ? null : routes };
}

/** Errors by route, most first; null where no log names the route of a failing request. */
function routesOf(failed: FailedRequest[]): Impact['routes'] {
  const errors = failed.filter(request => (request.status ?? 0) >= 500);
  const counts = new Map<string, number>();
  for (const { route } of errors) if (route !== null) counts.set(route, (counts.get(route) ?? 0) + 1);
  if (errors.length > 0 && counts.size === 0) return null;
  return [...counts].toSorted(([, a], [, b]) => b - a).map(([route, count]) => failingRoute(route, count));
}

function measuredRoutes(traffic: Traffic | null): Impact['routes'] {
  return traffic?.routes?.map(({ key, errors }) => failingRoute(key, errors)) ?? null;
}

function failingRoute(route: string, errors: number): NonNullable<Impact['routes']>[number] {
  const [method = '', path = ''] = route.includes(' ') ? route.split(' ', 2) : ['', route];
  return { method, path, errors };
}
