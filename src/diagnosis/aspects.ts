import type { CauseId, CauseParameters, Claim, Evidence, FindingStatus, Gap, Judgement, RuledOut } from './types.ts';

/** One thing that a check looks at: what was found, in one sentence that names the resource. */
export interface Aspect {
  status: Exclude<FindingStatus, 'not_applicable'>;
  sentence: string;
  claims?: Claim[];
  ruledOut?: RuledOut[];
  gaps?: Gap[];
}

const severity = ['problem', 'warning', 'unknown', 'ok'] as const satisfies Aspect['status'][];

/**
 * One judgement of many aspects: the gravest gives the status and the summary; where several are as grave, their
 * number is told. `calm` is the summary where none is worse than ok.
 */
export function judgeAspects(aspects: Aspect[], calm: string, rest: { evidence: Evidence[]; gaps: Gap[] }): Judgement {
  const status = severity.find(level => aspects.some(one => one.status === level)) ?? 'ok';
  const gravest = status === 'ok' ? [] : aspects.filter(one => one.status === status);
  const [first, ...others] = gravest;
  return {
    status,
    summary:
      first === undefined ? calm : others.length === 0 ? first.sentence : withOthers(first.sentence, others.length),
    claims: merged(aspects.flatMap(one => one.claims ?? [])),
    ruledOut: aspects.flatMap(one => one.ruledOut ?? []),
    evidence: rest.evidence,
    gaps: [...rest.gaps, ...aspects.flatMap(one => one.gaps ?? [])],
  };
}

function withOthers(sentence: string, others: number): string {
  return `${sentence.replace(/\.$/, '')}; ${others === 1 ? 'one more finding is' : `${others} more findings are`} in the evidence.`;
}

/** One claim for each cause, basis and function, with all its evidence; what is known first counts. */
function merged(claims: Claim[]): Claim[] {
  const byCause = Map.groupBy(claims, ({ cause, basis, parameters }) => `${cause} ${basis} ${parameters.functionName}`);
  return [...byCause.values()].flatMap(group => {
    const [first] = group;
    if (first === undefined) return [];
    const counts = group.flatMap(one => one.requests ?? []);
    return {
      ...first,
      evidence: [...new Set(group.flatMap(one => one.evidence))],
      requests: counts.length === 0 ? null : counts.reduce((all, count) => all + count, 0),
      parameters: Object.assign({}, ...group.toReversed().map(one => one.parameters)),
    };
  });
}

type Loose = { [Name in keyof CauseParameters]?: CauseParameters[Name] | null | undefined };

/** A claim; parameters that are not known are left out. */
export function claim(
  cause: CauseId,
  basis: Claim['basis'],
  evidence: string[],
  parameters: Loose,
  requests: number | null = null,
): Claim {
  const known = Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined);
  return { cause, basis, requests, evidence, parameters: Object.fromEntries(known) };
}
