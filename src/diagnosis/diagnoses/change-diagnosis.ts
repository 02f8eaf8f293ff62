import { cliLine, cloudTrailEventLink } from '../../aws/links.ts';
import type { OperationName } from '../../aws/operations.ts';
import { fromFirstError } from '../../lasting.ts';
import { broughtAbout, correlationMinutes, isShortlyBefore } from '../correlation.ts';
import { attempt, defineDiagnosis, gapOf, judge, notebook, type Reading } from '../finding.ts';
import { readsOf } from '../signal-reads.ts';
import type { Changes, Traffic } from '../signals.ts';
import type { Claim, Diagnosis, Finding, Gap, Judgement, RelevantChange, Run, Target } from '../types.ts';

/** What tells one change diagnosis from another. */
interface ChangeQuestion {
  number: number;
  id: string;
  title: string;
  question: string;
  /** What it looks for, in the plural: `resource policy changes`. */
  subject: string;
  /** Where CloudTrail records what it looks for: the API's Region, or the partition's global one for IAM. */
  trails: readonly ('region' | 'global')[];
  /** A change of the API, which acts from a deployment on. */
  deployable?: boolean;
  selects(change: RelevantChange, facts: ChangeFacts): boolean;
  /** How AWS really works where the playbook's question suggests otherwise; ends the summary. */
  remark?: string;
  notApplicable?(target: Target): string | null;
}

export interface ChangeFacts {
  changes: Changes;
  traffic: Reading<Traffic>;
  /** Role names of the functions behind the API. */
  executionRoles: string[];
}

const reads: readonly OperationName[] = readsOf(['changes', 'traffic', 'functions']);

/**
 * Correlates one kind of change with the onset of the errors. `problem`: it took effect shortly before and can have
 * brought about what the steps name. `warning`: it only precedes. `ok`: none, or it came later.
 */
export function defineChangeDiagnosis(question: ChangeQuestion): Diagnosis<ChangeFacts> {
  return defineDiagnosis<ChangeFacts>({
    group: 'diagnosis',
    number: question.number,
    id: question.id,
    title: question.title,
    question: question.question,
    reads,
    notApplicable: target => question.notApplicable?.(target) ?? null,
    gather: ({ signals }) => gatherChanges(signals),
    evaluate: (facts, run, findings) => evaluateChanges(question, facts, run, findings),
  });
}

async function gatherChanges(signals: Run['signals']): Promise<ChangeFacts> {
  const [changes, traffic, functions] = await Promise.all([
    signals.changes(),
    attempt(signals.traffic()),
    attempt(signals.functions()),
  ]);
  const roles = functions.value?.items.flatMap(one => one.configuration?.role.split('/').at(-1) ?? []) ?? [];
  return { changes, traffic, executionRoles: roles };
}

function evaluateChanges(
  question: ChangeQuestion,
  facts: ChangeFacts,
  run: Run,
  findings: readonly Finding[],
): Judgement {
  const { changes, traffic } = facts;
  const unread = missing(question, changes);
  const selected = changes.changes.filter(change => question.selects(change, facts));
  const shortlyBefore = selected.filter(change => isShortlyBefore(change, run.window));
  const guilty = shortlyBefore
    .map(change => ({ change, causes: broughtAbout(change, findings, run.target) }))
    .filter(({ causes }) => causes.length > 0);
  const notes = notebook();
  const shown =
    guilty.length > 0 ? guilty.map(({ change }) => change) : shortlyBefore.length > 0 ? shortlyBefore : selected;
  const ids = new Map(shown.map(change => [change, notes.note(factOf(change, run))]));
  const gaps = [...unread, ...changes.gaps.filter(gap => gap.reason === 'delivery_lag' || gap.reason === 'capped')];
  const tell = (status: Judgement['status'], summary: string, claims: Claim[] = []) =>
    judge(status, question.remark ? `${summary} ${question.remark}` : summary, {
      evidence: notes.evidence,
      claims,
      gaps,
    });

  const [first] = guilty;
  if (first) {
    const claims = guilty.flatMap(({ change, causes }) => causes.map(cause => changeClaim(cause.id, ids.get(change))));
    return tell('problem', `${sentence(first.change)}, which fits what the steps found.`, claims);
  }
  if (traffic.unread !== null) {
    gaps.push(gapOf(traffic.unread));
    return tell('unknown', `The onset of the errors is unknown, so ${question.subject} cannot be measured against it.`);
  }
  const { onset } = traffic.value;
  const [preceding] = shortlyBefore;
  if (preceding) return tell('warning', `${sentence(preceding)}; nothing else links it to the errors.`);
  if (unread.length > 0)
    return tell('unknown', `The change events that would show ${question.subject} could not be read.`);
  if (onset === null) {
    const errors = traffic.value.impact.errors ?? 0;
    if (errors > 0)
      return tell(
        'unknown',
        `The errors began before the metrics that were read, so ${question.subject} cannot be measured against their onset.`,
      );
    return tell('ok', `There are no errors in the window that ${question.subject} could explain.`);
  }
  const minutes = correlationMinutes(run.window);
  const late = gaps.some(gap => gap.reason === 'delivery_lag');
  const later = selected.some(change => (change.minutesBeforeOnset ?? 0) < 0);
  return tell(
    'ok',
    `${late ? `CloudTrail has so far delivered no ${question.subject} that` : `No ${question.subject}`} took effect within ${minutes} minutes before the errors began${later ? '; the ones listed came later' : ''}.`,
  );
}

function missing({ trails, deployable }: ChangeQuestion, { regionUnread, globalUnread, effectUnread }: Changes): Gap[] {
  const unread = { region: regionUnread, global: globalUnread };
  return [...trails.map(trail => unread[trail]), deployable ? effectUnread : null].filter(gap => gap !== null);
}

function changeClaim(cause: Claim['cause'], evidence: string | undefined): Claim {
  return { cause, basis: 'change', requests: null, evidence: evidence === undefined ? [] : [evidence], parameters: {} };
}

/** `alice called RemovePermission on function orders-fn 2.1 minutes before the first error`, without the period. */
function sentence(change: RelevantChange): string {
  const who = change.who ?? 'Somebody';
  const when = fromFirstError(change.minutesBeforeOnset ?? 0);
  const deployed = change.effectiveAt !== null && change.effectiveAt !== change.at;
  const effect = deployed ? ` and deployment ${change.deploymentId ?? ''} carried it ${when}` : ` ${when}`;
  return `${who} called ${change.event} on ${change.resource}${effect}`;
}

function factOf(change: RelevantChange, { target }: Run) {
  const detail = change.detail === '' ? '' : `: ${change.detail}`;
  const by =
    change.who === null
      ? `${change.event} on ${change.resource}`
      : `${change.who} called ${change.event} on ${change.resource}`;
  const effect =
    change.effectiveAt === null
      ? ' It is not deployed to the stage yet.'
      : change.effectiveAt === change.at
        ? ''
        : ` It took effect at ${change.effectiveAt} with deployment ${change.deploymentId ?? ''}.`;
  return {
    text: `${by} at ${change.at}${detail}.${effect}`,
    source: 'cloudtrail:LookupEvents' as const,
    resource: change.resource,
    at: change.at,
    link: change.eventId === null ? null : cloudTrailEventLink(target.region, change.eventId),
    cli:
      change.eventId === null
        ? null
        : cliLine('cloudtrail lookup-events', {
            'lookup-attributes': `AttributeKey=EventId,AttributeValue=${change.eventId}`,
            region: target.region,
          }),
  };
}
