/** What a diagnosis gives out: plain JSON, as it is stored, printed and exported. */
import type { Change, Evidence, FindingStatus, Target, Trigger, Verdict, Window } from './types.ts';

/** Requests of a span, by the metrics; both ends are full minutes. */
export interface Measured {
  start: string;
  end: string;
  requests: number;
  errors: number;
  /** 0..1; null without requests. */
  errorShare: number | null;
}

/** Of the whole window, but for `sinceOnset`. */
export interface Impact {
  requests: number | null;
  errors: number | null;
  errorShare: number | null;
  routes: { method: string; path: string; errors: number }[] | null;
  latencyP95Ms: number | null;
  baseline: { errorShare: number | null; latencyP95Ms: number | null };
  /** From the first failing minute to the end of the window, which may be longer than the window; absent without an onset. */
  sinceOnset?: Measured;
}

export interface Series {
  periodSeconds: 60;
  points: { at: string; requests: number; errors: number }[] | null;
  threshold: number | null;
}

export interface ReportedFinding {
  number?: number;
  id: string;
  title: string;
  status: FindingStatus;
  summary: string;
  evidence: Evidence[];
  durationMs: number;
}

export interface CallStats {
  awsCalls: { total: number; byOperation: Record<string, number> };
  /** Longest chain of calls in which each was asked after the one before had answered. */
  depth: number;
  durationMs: number;
  /** Time of that chain. */
  criticalPathMs: number;
}

export interface Report {
  schemaVersion: 1;
  id: string;
  generatedAt: string;
  trigger: { kind: Trigger['kind']; by: string | null; at: string; target: string };
  target: Target;
  window: Window;
  impact: Impact;
  series: Series;
  verdict: Verdict;
  steps: ReportedFinding[];
  diagnoses: ReportedFinding[];
  extended: ReportedFinding[];
  changes: Change[];
  stats: CallStats;
}

/** How an API stands some time after its diagnosis: the last 15 minutes of its metrics. */
export interface Observation {
  at: string;
  /** Against the minutes before; `recovered`: ten full minutes without an error, with requests or with none to fail. */
  direction: 'worse' | 'steady' | 'better' | 'recovered' | 'unknown';
  requests: number | null;
  errors: number | null;
  /** The last minute with an error; null where the metrics show none. */
  lastErrorAt: string | null;
  points: Series['points'];
  /** The last five minutes whose metrics are whole; absent in records from before it was stored. */
  recent?: Measured;
}
