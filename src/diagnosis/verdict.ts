import { causeRecord } from './causes/catalogue.ts';
import { putBack } from './causes/put-back.ts';
import type {
  CauseId,
  CauseParameters,
  Claim,
  Confidence,
  Finding,
  Gap,
  Impact,
  MadeChange,
  Pattern,
  RankedCause,
  RuledOut,
  Target,
  Verdict,
} from './types.ts';

/** What beside the findings decides. */
export interface VerdictFacts {
  impact: Impact;
  pattern: Pattern;
  /** The metrics have had the time to count every failing request that the logs tell of. */
  metricsSettled: boolean;
  /** What somebody changed shortly before the onset: the first remedy is to put it back. */
  made?: readonly MadeChange[];
}

/**
 * How much each kind of evidence is worth, 0..1. A signature comes from failing requests themselves; a configuration
 * that must fail is weaker, because it may sit on a route that nobody calls; a symptom alone proves nothing.
 */
const weights = { signatureAndConfiguration: 0.95, signature: 0.85, configuration: 0.6, symptom: 0.2 } as const;
/** A change shortly before the onset that can bring the cause about. */
const changeRaise = 0.04;
/** A configuration that must fail, while the logs name something else for every failing request. */
const contradicted = 0.3;

/** Metrics may count a little more than the logs tell; beyond this the logs do not speak for all failing requests. */
const unloggedFactor = 1.5;
/** A signature in a smaller share of the failing requests explains too little to be sure of, or to be named. */
const sureShare = 0.1;
const namedShare = 0.03;

/** These answer 4xx by themselves: they explain a 5xx only where the request's own status says so. */
const clientErrorCauses: readonly CauseId[] = [
  'waf-blocked',
  'resource-policy-denied',
  'throttled',
  'api-not-deployed',
];

/** Pure: the same findings and facts give the same verdict. */
export function judgeVerdict(findings: readonly Finding[], facts: VerdictFacts, target: Target): Verdict {
  const groups = groupClaims(findings);
  const seen = failingRequests(groups.filter(group => !clientErrorOnly(group)));
  const errors = errorsOf(facts, seen);
  const ruledOut = unique(
    findings.flatMap(finding => finding.ruledOut),
    one => one.id,
  );
  const gaps = unique(
    findings.flatMap(finding => finding.gaps),
    gap => [gap.source, gap.reason, gap.permission, gap.remedy].join(' '),
  );

  if (errors === 0) {
    const blocked = groups.filter(group => clientErrorOnly(group) && group.bases.has('signature'));
    const causes = ordered(blocked.map(group => rank(group, { total: 0, explained: false, made: [] }, target)));
    return { status: 'no_errors', causes, pattern: 'none', ruledOut: without(ruledOut, causes), gaps };
  }
  const ranked = rankCauses(findings, target, errors ?? 0, facts.made);
  // Without one error seen anywhere, a fault is a lead: it may sit where no request goes.
  const causes = errors === null ? ranked.map(cause => ({ ...cause, confidence: 'low' as const })) : ranked;
  const found = causes.some(cause => cause.confidence !== 'low');
  return {
    status: found ? 'cause_found' : 'inconclusive',
    causes,
    pattern: facts.pattern,
    ruledOut: without(ruledOut, causes),
    gaps,
  };
}

/** null: neither metrics nor logs could tell. Logs are ahead of metrics for a while, and count where they say more. */
function errorsOf({ impact, metricsSettled }: VerdictFacts, seen: number): number | null {
  if (impact.errors === null) return seen === 0 ? null : seen;
  return metricsSettled ? impact.errors : Math.max(impact.errors, seen);
}

/**
 * The causes that the claims support, best first. Also what the change diagnoses are measured against.
 * @param errors failing requests by the metrics: where the logs tell of far fewer, shares are of these
 */
export function rankCauses(
  findings: readonly Finding[],
  target: Target,
  errors = 0,
  made: readonly MadeChange[] = [],
): RankedCause[] {
  const groups = groupClaims(findings).filter(group => !clientErrorOnly(group) && hasGround(group));
  const seen = failingRequests(groups);
  const cut = findings.some(finding => finding.gaps.some(gap => gap.reason === 'capped' && /^logs:/.test(gap.source)));
  const total = cut || errors <= unloggedFactor * seen ? seen : errors;
  const named = groups.filter(group => group.bases.has('signature') && group.id !== 'unclassified');
  const explained = total > 0 && failingRequests(named) >= total;
  return raiseServiceEvent(ordered(groups.map(group => rank(group, { total, explained, made }, target))));
}

interface ClaimGroup {
  id: CauseId;
  bases: Set<Claim['basis']>;
  /** Failing requests with the signature: the most that one finding counted. */
  requests: number | null;
  evidence: string[];
  parameters: CauseParameters;
}

const basisOrder: readonly Claim['basis'][] = ['signature', 'configuration', 'symptom', 'change'];

/** One group for a cause, or one for each function, role or endpoint where its claims name several. */
function groupClaims(findings: readonly Finding[]): ClaimGroup[] {
  const claims = findings
    .flatMap(finding => finding.claims)
    .toSorted((a, b) => basisOrder.indexOf(a.basis) - basisOrder.indexOf(b.basis));
  return [...Map.groupBy(claims, claim => claim.cause).values()].flatMap(ofCause => {
    const subjects = [...new Set(ofCause.map(subjectOf).filter(subject => subject !== null))];
    if (subjects.length < 2) return [groupOf(ofCause)];
    // What names none is about the first, where the most requests fail; a change concerns them all.
    return subjects.map((subject, index) =>
      groupOf(
        ofCause.filter(claim => {
          const own = subjectOf(claim);
          return own === subject || (own === null && (index === 0 || claim.basis === 'change'));
        }),
      ),
    );
  });
}

function subjectOf({ parameters }: Claim): string | null {
  return parameters.functionName ?? parameters.roleName ?? parameters.vpcLinkId ?? parameters.endpoint ?? null;
}

function groupOf(claims: Claim[]): ClaimGroup {
  const [first] = claims;
  if (first === undefined) throw new RangeError('A cause without a claim.');
  const counts = claims.flatMap(claim => claim.requests ?? []);
  // What the configuration says is exact; what a log line says may be cut or resolved.
  const exact = claims.filter(claim => claim.basis === 'configuration');
  return {
    id: first.cause,
    bases: new Set(claims.map(claim => claim.basis)),
    requests: counts.length === 0 ? null : Math.max(...counts),
    evidence: [...new Set(claims.flatMap(claim => claim.evidence))],
    parameters: Object.assign(
      {},
      ...claims.toReversed().map(one => one.parameters),
      ...exact.map(one => one.parameters),
    ),
  };
}

function hasGround({ bases }: ClaimGroup): boolean {
  return bases.has('signature') || bases.has('configuration') || bases.has('symptom');
}

function clientErrorOnly({ id, parameters }: ClaimGroup): boolean {
  return clientErrorCauses.includes(id) && !(parameters.statusCode ?? '').startsWith('5');
}

function failingRequests(groups: ClaimGroup[]): number {
  return groups.reduce((all, group) => all + (group.requests ?? 0), 0);
}

interface Context {
  /** Failing requests that the logs tell apart. */
  total: number;
  /** Every one of them carries the signature of a known cause. */
  explained: boolean;
  made: readonly MadeChange[];
}

function rank(group: ClaimGroup, context: Context, target: Target): RankedCause {
  const { id, parameters, evidence } = group;
  const record = causeRecord(id);
  const { score, confidence } = weigh(group, context);
  const errorShare = group.requests === null || context.total === 0 ? null : round(group.requests / context.total);
  const change = decisiveChange(group, context.made);
  const remedy = { remedy: record.remedy(parameters, target), cli: record.cli(parameters, target) };
  return {
    id,
    confidence,
    score,
    summary: record.summary(parameters, target),
    ...(change === null ? remedy : putBack(change, record, parameters, target)),
    evidence,
    errorShare,
  };
}

/** The last change before the onset that is about what the cause names. */
function decisiveChange({ id, parameters }: ClaimGroup, made: readonly MadeChange[]): MadeChange | null {
  const { functionName, roleName, roleArn, resourceId, integrationId } = parameters;
  const names = [functionName, roleName, roleArn?.split('/').at(-1)].filter(name => name !== undefined);
  const same = (a: string | undefined, b: string | undefined) => a === undefined || b === undefined || a === b;
  const about = made.filter(
    ({ causes, concerns, set, event }) =>
      causes.includes(id) &&
      // What it is stale of is mended already.
      (id !== 'stale-deployment' || event === 'UpdateStage') &&
      (concerns.length === 0 || names.length === 0 || concerns.some(name => names.includes(name))) &&
      same(set.resourceId, resourceId) &&
      same(set.integrationId, integrationId),
  );
  // What carried a change comes after the change itself.
  const distance = ({ event, minutesBeforeOnset }: MadeChange) =>
    (minutesBeforeOnset ?? Number.POSITIVE_INFINITY) + (event === 'CreateDeployment' ? 1_000 : 0);
  return about.toSorted((a, b) => distance(a) - distance(b))[0] ?? null;
}

function weigh(group: ClaimGroup, { total, explained }: Context): { score: number; confidence: Confidence } {
  const signature = group.bases.has('signature');
  const configuration = group.bases.has('configuration');
  const raise = group.bases.has('change') ? changeRaise : 0;
  if (group.id === 'unclassified') return { score: weights.symptom, confidence: 'low' };
  if (signature) {
    const weight = configuration ? weights.signatureAndConfiguration : weights.signature;
    const share = total === 0 ? 1 : (group.requests ?? 0) / total;
    const confidence = share >= sureShare ? 'high' : share >= namedShare ? 'medium' : 'low';
    return { score: round(weight * (0.5 + 0.5 * share) + raise), confidence };
  }
  if (configuration) {
    // A stale deployment is no other reason: it is why a reason that the logs tell is still there.
    if (explained && group.id !== 'stale-deployment') return { score: contradicted, confidence: 'low' };
    return { score: round(weights.configuration + raise), confidence: raise > 0 ? 'high' : 'medium' };
  }
  return { score: round(weights.symptom + raise), confidence: 'low' };
}

/** An open service event is named, at medium at most, only where nothing else explains the errors. */
function raiseServiceEvent(causes: RankedCause[]): RankedCause[] {
  const alone = causes.every(cause => cause.id === 'aws-service-event' || cause.confidence === 'low');
  if (!alone) return causes.filter(cause => cause.id !== 'aws-service-event');
  return ordered(
    causes.map(cause => (cause.id === 'aws-service-event' ? { ...cause, confidence: 'medium', score: 0.5 } : cause)),
  );
}

function ordered(causes: RankedCause[]): RankedCause[] {
  return causes.toSorted((a, b) => b.score - a.score || (b.errorShare ?? 0) - (a.errorShare ?? 0));
}

function without(ruledOut: RuledOut[], causes: RankedCause[]): RuledOut[] {
  const named = new Set(causes.filter(cause => cause.confidence !== 'low').map(cause => cause.id));
  return ruledOut.filter(one => !named.has(one.id));
}

function unique<T extends RuledOut | Gap>(items: T[], key: (item: T) => string): T[] {
  return [...new Map(items.toReversed().map(item => [key(item), item])).values()].toReversed();
}

function round(value: number): number {
  return Math.round(Math.min(1, value) * 100) / 100;
}
