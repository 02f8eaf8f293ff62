import { causeRecord } from './causes/catalogue.ts';
import type {
  CauseId,
  Change,
  ChangeKind,
  Claim,
  Finding,
  MadeChange,
  RankedCause,
  RelevantChange,
  Target,
  Window,
} from './types.ts';
import { rankCauses } from './verdict.ts';

/** A change counts as close to the onset within 5 minutes before it; within 30 in the extended pass. */
export function correlationMinutes({ extendedTo }: Window): number {
  return extendedTo === null ? 5 : 30;
}

export function isShortlyBefore(change: Change, window: Window): boolean {
  const minutes = change.minutesBeforeOnset;
  return minutes !== null && minutes >= 0 && minutes <= correlationMinutes(window);
}

/**
 * The causes named so far that a change can have brought about: it is of a kind that leads to the cause
 * (causes/, `changedBy`), does more than give rights, and touches what the cause is about.
 */
export function broughtAbout(change: RelevantChange, findings: readonly Finding[], target: Target): RankedCause[] {
  if (change.grants) return [];
  return rankCauses(findings, target).filter(
    cause =>
      [change.kind, ...change.also].some(kind => leadsTo(kind, cause.id)) &&
      touches(change, claimsFor(cause, findings)),
  );
}

/** What an imported document holds. */
const imported: readonly ChangeKind[] = [
  'resource-policy',
  'integration',
  'integration-timeout',
  'mapping',
  'authorizer',
  'gateway-response',
];

function leadsTo(kind: ChangeKind, cause: CauseId): boolean {
  const { changedBy } = causeRecord(cause);
  return kind === 'import' ? imported.some(one => changedBy.includes(one)) : changedBy.includes(kind);
}

/** Kinds whose events name one function or role; all others act on the API or what it shares. */
const named: readonly ChangeKind[] = [
  'iam',
  'lambda-permission',
  'function-role',
  'function-code',
  'function-configuration',
  'function-concurrency',
  'function-alias',
];

/** Functions and roles that a change names; empty for what acts on more than one. */
function concernsOf({ kind, touches }: RelevantChange): string[] {
  return named.includes(kind) ? touches.filter(name => !name.includes(':policy/')) : [];
}

/** A change of one function or role touches a cause on that one, or a cause that names neither. */
function touches(change: RelevantChange, claims: Claim[]): boolean {
  const changed = concernsOf(change);
  const concerned = claims.flatMap(({ parameters }) =>
    [parameters.functionName, parameters.roleName, parameters.roleArn?.split('/').at(-1)].filter(
      name => name !== undefined,
    ),
  );
  return changed.length === 0 || concerned.length === 0 || changed.some(name => concerned.includes(name));
}

function claimsFor(cause: RankedCause, findings: readonly Finding[]): Claim[] {
  return findings.flatMap(finding => finding.claims).filter(claim => claim.cause === cause.id);
}

/** Those that can have brought about a named cause first, then the closest before the onset, then the rest. */
export function byRelevance(
  changes: RelevantChange[],
  findings: readonly Finding[],
  target: Target,
  window: Window,
): RelevantChange[] {
  const weight = (change: RelevantChange) => {
    const close = isShortlyBefore(change, window);
    // A deployment only carries what somebody changed.
    if (close && broughtAbout(change, findings, target).length > 0) return change.kind === 'deployment' ? 1 : 0;
    if (close) return 2;
    return (change.minutesBeforeOnset ?? -1) >= 0 ? 3 : 4;
  };
  const distance = (change: RelevantChange) => Math.abs(change.minutesBeforeOnset ?? Number.POSITIVE_INFINITY);
  return changes
    .map(change => ({ change, weight: weight(change), distance: distance(change) }))
    .toSorted((a, b) => a.weight - b.weight || a.distance - b.distance)
    .map(({ change }) => change);
}

/** Changes shortly before the onset that can have brought about what is named with some confidence, as their events tell them. */
export function madeChanges(
  changes: readonly RelevantChange[],
  findings: readonly Finding[],
  target: Target,
  window: Window,
): MadeChange[] {
  return changes.flatMap(change => {
    const { who, event, at, resource, minutesBeforeOnset, made } = change;
    if (made === undefined || !isShortlyBefore(change, window)) return [];
    const likely = broughtAbout(change, findings, target).filter(cause => cause.confidence !== 'low');
    const causes = [...new Set(likely.map(cause => cause.id))];
    if (causes.length === 0) return [];
    return [{ causes, who, event, at, resource, minutesBeforeOnset, concerns: concernsOf(change), ...made }];
  });
}

/** What the report shows of a change. */
export function reported({
  at,
  effectiveAt,
  who,
  event,
  resource,
  detail,
  minutesBeforeOnset,
}: RelevantChange): Change {
  return { at, effectiveAt, who, event, resource, detail, minutesBeforeOnset };
}
