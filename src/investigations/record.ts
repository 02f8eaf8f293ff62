/** The life of one investigation, as pure functions: each answers a new record, or the same one where nothing changes. */
import type {
  DiagnosisRecord,
  DiagnosisRequest,
  Evidence,
  Finding,
  ReportedFinding,
  Target,
  Trigger,
} from '../diagnosis/types.ts';
import type { Conversation, Investigation, Press } from './types.ts';

export function openInvestigation(
  id: string,
  trigger: Trigger,
  conversation: Conversation,
  target: Target,
  at: string,
): Investigation {
  return {
    id,
    version: 1,
    state: 'investigating',
    conversation,
    trigger,
    target,
    owner: trigger.by,
    occurrences: [{ at: trigger.at, by: trigger.by }],
    occurrenceCount: 1,
    record: null,
    progress: [],
    presses: {},
    failure: null,
    ...nothingYet(),
    createdAt: at,
    updatedAt: at,
  };
}

/** What people, alarms and the schedule add to a record; one that an earlier version has stored lacks it. */
export function nothingYet() {
  return {
    alarms: [],
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
  } satisfies Partial<Investigation>;
}

/** As many occurrences as a record keeps; all are counted. */
const occurrencesKept = 50;

export function occurredAgain(investigation: Investigation, trigger: Trigger, at: string): Investigation {
  const { unwatched: _, ...rest } = investigation;
  const occurrences = [...investigation.occurrences, { at: trigger.at, by: trigger.by }].slice(-occurrencesKept);
  return { ...rest, occurrences, occurrenceCount: investigation.occurrenceCount + 1, updatedAt: at };
}

/** It was asked for again: one more occurrence, and a run that answers the new request. */
export function askAgain(open: Investigation, trigger: Trigger, at: string): Investigation {
  const again: Investigation = { ...occurredAgain(open, trigger, at), state: 'investigating', trigger };
  return trigger.by === null ? again : withThread(again);
}

/** Of a storm: somebody looks at this one, so its card and thread are written. */
export function withThread(investigation: Investigation): Investigation {
  const { storm } = investigation;
  return storm === null || storm.opened ? investigation : { ...investigation, storm: { ...storm, opened: true } };
}

/** The same request again, by a button. */
export function runAgain(investigation: Investigation, by: string, at: string): Investigation {
  const trigger: Trigger = { kind: 'rerun', by, at, request: investigation.trigger.request };
  return { ...investigation, state: 'investigating', trigger, progress: [], failure: null, updatedAt: at };
}

export function resolve(investigation: Investigation, by: string, at: string): Investigation {
  const { waitingSince: _, waitingFor: __, reopened: ___, ...rest } = investigation;
  const { watch, recheckAt } = investigation;
  return {
    ...rest,
    state: 'resolved',
    progress: [],
    watch: null,
    recheckAt: null,
    resolved: { by, at, watch, recheckAt },
    updatedAt: at,
  };
}

/** Closed by mistake, or too early: it stands as it stood before; what never had an outcome is run. */
export function unresolve(investigation: Investigation, by: string, at: string): Investigation {
  const { resolved, ...rest } = investigation;
  if (resolved === undefined || investigation.state !== 'resolved') return investigation;
  const { watch = null, recheckAt = null } = resolved;
  const { recovered, record, failure } = investigation;
  const unrun = record === null && failure === null;
  return {
    ...rest,
    state: recovered !== undefined ? 'recovered' : unrun ? 'investigating' : 'diagnosed',
    watch: watch !== null && watch.until > at ? watch : null,
    recheckAt,
    reopened: { by, at },
    updatedAt: at,
  };
}

/** The evidence of a check stands in the thread from now on. */
export function showing(investigation: Investigation, check: string, at: string): Investigation {
  if (investigation.shown.includes(check)) return investigation;
  return { ...investigation, shown: [...investigation.shown, check], updatedAt: at };
}

export function isOpen(investigation: Investigation): boolean {
  return investigation.state === 'investigating' || investigation.state === 'diagnosed';
}

/** A whole run is wanted or under way, or a pressed button is. */
export function isPending(investigation: Investigation): boolean {
  return investigation.state === 'investigating' || pendingChecks(investigation).length > 0;
}

/** Who waits for the work that is due; null for machines and where nothing is due. */
export function requester(investigation: Investigation): string | null {
  if (investigation.state === 'investigating') return investigation.trigger.by;
  return Object.values(investigation.presses).find(press => press.state === 'running')?.by ?? null;
}

/** The finding that a button asks for: `step:4`, `diagnosis:2`; the extended pass has no buttons. */
export function findingOf(record: DiagnosisRecord | null, check: string): Finding | null {
  return record?.findings.find(finding => `${finding.group}:${finding.number}` === check) ?? null;
}

/** Checks that were pressed and not yet run. */
export function pendingChecks({ presses }: Investigation): string[] {
  return Object.keys(presses).filter(check => presses[check]?.state === 'running');
}

export function pressed(investigation: Investigation, check: string, by: string, at: string): Investigation {
  return withPress(investigation, check, { by, at, state: 'running' }, at);
}

/** A pressed check was run: the record with its new finding and verdict, or null where it could not be run. */
export function pressEnded(
  investigation: Investigation,
  check: string,
  record: DiagnosisRecord | null,
  at: string,
): Investigation {
  const press = investigation.presses[check];
  if (press === undefined) return investigation;
  const ended = withPress(investigation, check, { ...press, state: record === null ? 'failed' : 'done' }, at);
  return record === null ? ended : { ...ended, record };
}

function withPress(investigation: Investigation, check: string, press: Press, at: string): Investigation {
  return { ...investigation, presses: { ...investigation.presses, [check]: press }, updatedAt: at };
}

export function runStarted(investigation: Investigation, at: string): Investigation {
  const { waitingSince: _, waitingFor: __, ...rest } = investigation;
  return { ...rest, progress: [], failure: null, updatedAt: at };
}

/** What a run has found so far, and what it waits for; null: it gets on. */
export function gotOn(
  investigation: Investigation,
  progress: Finding[],
  waitingFor: string | null,
  at: string,
): Investigation {
  const { waitingFor: _, ...rest } = investigation;
  return { ...rest, progress, ...(waitingFor === null ? {} : { waitingFor }), updatedAt: at };
}

/** What is wanted of it waits for a turn. */
export function waits(investigation: Investigation, at: string): Investigation {
  if (!isPending(investigation) || investigation.waitingSince !== undefined) return investigation;
  return { ...investigation, waitingSince: at, updatedAt: at };
}

/** Pressed checks have their turn. */
export function checksStarted(investigation: Investigation, at: string): Investigation {
  if (investigation.waitingSince === undefined) return investigation;
  const { waitingSince: _, ...rest } = investigation;
  return { ...rest, updatedAt: at };
}

/**
 * A whole run ended, with a record or with the sentence why not. What was pressed meanwhile is answered by it. Where
 * somebody asked for something else meanwhile (another time span, say), the next run is wanted at once.
 */
export function runEnded(
  investigation: Investigation,
  answered: Trigger,
  outcome: { record: DiagnosisRecord } | { failure: string },
  at: string,
): Investigation {
  const succeeded = 'record' in outcome;
  const presses = Object.entries(investigation.presses).map(([check, press]): [string, Press] => [
    check,
    press.state === 'running' ? { ...press, state: succeeded ? 'done' : 'failed' } : press,
  ]);
  const again = !sameRequest(investigation.trigger.request, answered.request);
  const { waitingFor: _, ...rest } = investigation;
  return {
    ...rest,
    state: investigation.state === 'investigating' && !again ? 'diagnosed' : investigation.state,
    record: succeeded ? outcome.record : investigation.record,
    failure: succeeded ? null : outcome.failure,
    progress: [],
    presses: Object.fromEntries(presses),
    late: succeeded ? null : investigation.late,
    updatedAt: at,
  };
}

/** Two requests that the same run answers; how the target was written does not matter. */
function sameRequest(one: DiagnosisRequest, other: DiagnosisRequest): boolean {
  return JSON.stringify([one.span, one.overrides]) === JSON.stringify([other.span, other.overrides]);
}

/** What finds the investigation's own target again, and nothing else. */
export function exactRequest({ trigger, target }: Investigation): DiagnosisRequest {
  const { apiId, stage, region, accountId } = target;
  const { alternatives: _, ...request } = trigger.request;
  return { ...request, target: apiId, stage, region, accountId };
}

/** Time of the oldest finding that still shows a log excerpt; null where none does. */
export function oldestExcerpt(investigation: Investigation): string | null {
  const findings = [...(investigation.record?.findings ?? []), ...investigation.progress];
  return findings.reduce<string | null>((oldest, finding) => {
    if (!finding.evidence.some(hasExcerpt)) return oldest;
    return oldest === null || finding.at < oldest ? finding.at : oldest;
  }, null);
}

/** Without the excerpts of findings made before `cutoff`; when it was last changed stays as it is. */
export function withoutExcerptsBefore(investigation: Investigation, cutoff: string): Investigation {
  const { record } = investigation;
  const stale = new Set<string>();
  for (const finding of [...(record?.findings ?? []), ...investigation.progress]) {
    if (finding.at < cutoff) for (const evidence of finding.evidence) stale.add(evidence.id);
  }
  const trim = <T extends Finding | ReportedFinding>(findings: T[]): T[] =>
    findings.map(finding => ({ ...finding, evidence: finding.evidence.map(item => withoutExcerpt(item, stale)) }));
  if (record === null) return { ...investigation, progress: trim(investigation.progress) };
  const { report } = record;
  return {
    ...investigation,
    progress: trim(investigation.progress),
    record: {
      ...record,
      findings: trim(record.findings),
      report: {
        ...report,
        steps: trim(report.steps),
        diagnoses: trim(report.diagnoses),
        extended: trim(report.extended),
      },
    },
  };
}

function hasExcerpt(evidence: Evidence): boolean {
  return evidence.excerpt !== undefined;
}

function withoutExcerpt(evidence: Evidence, stale: ReadonlySet<string>): Evidence {
  if (!stale.has(evidence.id)) return evidence;
  const { excerpt: _, ...rest } = evidence;
  return rest;
}
