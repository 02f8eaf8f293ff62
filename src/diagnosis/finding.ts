import { type OperationName, type Source, sourceOf } from '../aws/operations.ts';
import { turn } from '../aws/turns.ts';
import { UnreadError } from '../aws/unread.ts';
import type { Diagnosis, Evidence, Finding, FindingStatus, Gap, Judgement, Run, Step } from './types.ts';

export function defineStep<Facts>(step: Step<Facts>): Step<Facts> {
  return step;
}

export function defineDiagnosis<Facts>(diagnosis: Diagnosis<Facts>): Diagnosis<Facts> {
  return diagnosis;
}

/** A source that was asked: what it said, or why it could not be read. */
export type Reading<T> = { value: T; unread: null } | { value: null; unread: UnreadError };

/** Keeps one unreadable source from hiding what the others say. Defects are not caught. */
export async function attempt<T>(reading: Promise<T>): Promise<Reading<T>> {
  try {
    return { value: await reading, unread: null };
  } catch (error) {
    if (error instanceof UnreadError) return { value: null, unread: error };
    throw error;
  }
}

export function gapOf(error: UnreadError): Gap {
  return { source: error.source, reason: error.reason, permission: error.permission, remedy: error.remedy };
}

/** The gap of whatever was thrown; null where it is no failed read. */
export function gapIn(error: unknown): Gap | null {
  return error instanceof UnreadError ? gapOf(error) : null;
}

/** Why those of several sources could not be read that could not. */
export function gapsOf(...readings: Reading<unknown>[]): Gap[] {
  return readings.flatMap(reading => (reading.unread === null ? [] : [gapOf(reading.unread)]));
}

/** A judgement; what is left out is empty. */
export function judge(
  status: FindingStatus,
  summary: string,
  rest: Partial<Omit<Judgement, 'status' | 'summary'>> = {},
): Judgement {
  return { status, summary, evidence: [], claims: [], ruledOut: [], gaps: [], ...rest };
}

export interface Fact {
  text: string;
  source: OperationName | Source;
  resource: string;
  at?: string | null;
  link?: string | null;
  cli?: string | null;
  excerpt?: string;
  match?: string;
}

/** Collects facts in the order they are observed; `note` answers the id that claims refer to. */
export interface Notebook {
  evidence: Evidence[];
  note(fact: Fact): string;
}

export function notebook(): Notebook {
  const evidence: Evidence[] = [];
  return {
    evidence,
    note(fact) {
      const id = String(evidence.length + 1);
      evidence.push({ at: null, link: null, cli: null, ...fact, id, source: sourceOf(fact.source) });
      return id;
    },
  };
}

/**
 * Runs one step, diagnosis or extended check. The one place where an unread source becomes `unknown` with its gap;
 * a defect of ours in one check becomes `unknown` too, so that the others still answer, and `onDefect` is told.
 */
export async function runCheck(
  check: Step | Diagnosis,
  run: Run,
  findings: readonly Finding[],
  clock: () => Date,
  onDefect: (id: string, error: unknown) => void,
): Promise<Finding> {
  const started = clock();
  const judgement = await judgementOf(check, run, findings, onDefect);
  const ended = clock();
  return {
    group: check.group,
    number: check.number,
    id: check.id,
    title: check.title,
    at: ended.toISOString(),
    durationMs: ended.getTime() - started.getTime(),
    ...numbered(judgement, `${check.group}-${check.number ?? check.id}`),
  };
}

async function judgementOf(
  check: Step | Diagnosis,
  run: Run,
  findings: readonly Finding[],
  onDefect: (id: string, error: unknown) => void,
): Promise<Judgement> {
  const reason = check.notApplicable(run.target);
  if (reason !== null) return judge('not_applicable', reason);
  try {
    const facts = await check.gather(run);
    // What others still wait for goes out before this is judged.
    await turn();
    return check.group === 'diagnosis' ? check.evaluate(facts, run, findings) : check.evaluate(facts, run);
  } catch (error) {
    if (error instanceof UnreadError) {
      return judge('unknown', `Could not be checked: ${error.message}`, { gaps: [gapOf(error)] });
    }
    onDefect(check.id, error);
    return judge('unknown', 'Could not be checked because of a defect in this program; its log has the details.');
  }
}

/** Makes evidence ids unique in the report: `1` of step 8 becomes `step-8.1`. */
function numbered(judgement: Judgement, prefix: string): Judgement {
  const id = (local: string) => `${prefix}.${local}`;
  return {
    ...judgement,
    evidence: judgement.evidence.map(item => ({ ...item, id: id(item.id) })),
    claims: judgement.claims.map(claim => ({ ...claim, evidence: claim.evidence.map(id) })),
  };
}
