import { readCloudWatchRole } from '../../aws/api-gateway.ts';
import type { Listed, Stage } from '../../aws/types.ts';
import { type Aspect, claim, judgeAspects } from '../aspects.ts';
import { attempt, defineStep, gapsOf, type Notebook, notebook, type Reading } from '../finding.ts';
import {
  type FunctionLog,
  functionLogAspects,
  functionsToRead,
  isServerError,
  readFunctionLogs,
} from '../function-logs.ts';
import { silenceAspects, sourceFact, sourceGaps, writerFact } from '../log-sources.ts';
import { type LogVolume, readLogVolume, volumeAspects } from '../log-volume.ts';
import { causeAspects, classified, setupOf } from '../request-causes.ts';
import { requestFact } from '../request-fact.ts';
import { readsOf } from '../signal-reads.ts';
import type { Backend, Deployed, FailedRequest, Failures, FunctionFacts, Traffic } from '../signals.ts';
import type { Target } from '../types.ts';
import { readVpcLinks, type VpcLinkReading, vpcLinkReads } from '../vpc-links.ts';
import { counted, excerpt } from '../wording.ts';

interface Facts {
  failures: Reading<Failures>;
  traffic: Reading<Traffic>;
  functions: Reading<Listed<FunctionFacts>>;
  backends: Reading<Backend[]>;
  deployed: Reading<Deployed>;
  stage: Reading<Stage | null>;
  functionLogs: FunctionLog[];
  links: VpcLinkReading[];
  /** Role with which API Gateway writes execution logs; null: not asked. */
  writer: Reading<string | null> | null;
  /** null: the execution log was read whole. */
  volume: LogVolume | null;
}

/** At most this many functions' own logs are read. */
const functionLogCap = 3;

/** More possible causes than this tell nothing. */
const possibleCap = 3;

export const apiLogs = defineStep<Facts>({
  group: 'step',
  number: 8,
  id: 'api-logs',
  title: 'CloudWatch logs',
  question: 'What do the execution and access logs say about the failing requests?',
  reads: readsOf(
    ['failures', 'traffic', 'functions', 'backends', 'deployed', 'stage'],
    ['apigateway:GetAccount', 'logs:StartQuery', 'logs:GetQueryResults', ...vpcLinkReads],
  ),
  notApplicable: () => null,

  async gather(run) {
    const { signals, aws } = run;
    const [failures, traffic, functions, backends, deployed, stage] = await Promise.all([
      attempt(signals.failures()),
      attempt(signals.traffic()),
      attempt(signals.functions()),
      attempt(signals.backends()),
      attempt(signals.deployed()),
      attempt(signals.stage()),
    ]);
    const errors = traffic.value === null || (traffic.value.impact.errors ?? 0) > 0;
    const chosen = functionsToRead(functions.value?.items ?? [], backends.value ?? [], failures.value);
    const undecided = failures.value?.requests.some(one => isServerError(one) && one.cause === null) ?? false;
    const [functionLogs, writer, links, volume] = await Promise.all([
      readFunctionLogs(run, errors ? chosen.slice(0, functionLogCap) : []),
      unwritten(failures.value, stage.value, errors) ? attempt(readCloudWatchRole(aws.send)) : null,
      readVpcLinks(run, undecided ? (backends.value ?? []) : [], deployed.value?.stageVariables ?? {}),
      readLogVolume(run, failures.value),
    ]);
    return { failures, traffic, functions, backends, deployed, stage, functionLogs, writer, links, volume };
  },

  evaluate(facts, run) {
    const { target } = run;
    const notes = notebook();
    if (facts.failures.value === null) {
      return judgeAspects(
        [{ status: 'unknown', sentence: `The logs of stage ${target.stage} could not be read.` }],
        '',
        {
          evidence: [],
          gaps: gapsOf(facts.failures),
        },
      );
    }
    const { sources } = facts.failures.value;
    const setup = setupOf(run, facts);
    const requests = classified(facts.failures.value.requests, facts.functionLogs, setup);
    const aspects = [
      ...causeAspects(requests, setup, notes),
      ...undecidedAspects(requests, target, notes),
      ...functionLogAspects(facts.functionLogs, requests, run, notes),
      ...volumeAspects(facts.volume, requests, run, notes),
      ...(requests.some(isServerError) ? [] : silenceAspects(sources, facts.traffic.value, target)),
    ];
    for (const source of sources) notes.note(sourceFact(source, run));
    if (facts.writer?.unread === null) notes.note(writerFact(facts.writer.value, target));
    return judgeAspects(aspects, `No log of stage ${target.stage} tells of a failing request in the window.`, {
      evidence: notes.evidence,
      gaps: [
        ...sourceGaps(sources, facts.writer, target),
        ...gapsOf(facts.traffic, ...(facts.volume === null ? [] : [facts.volume.counts])),
      ],
    });
  },
});

/** Logging is on at the stage, and nothing was written: the role that writes may be missing. */
function unwritten(failures: Failures | null, stage: Stage | null, errors: boolean): boolean {
  const execution = failures?.sources.find(source => source.kind === 'execution');
  const on = stage !== null && [stage.logging, ...Object.values(stage.routeLogging)].some(one => one.level !== 'OFF');
  return on && (execution?.state === 'absent' || (execution?.state === 'empty' && errors));
}

/** Failing requests whose lines decide nothing: what they may be, and how many. */
function undecidedAspects(requests: FailedRequest[], target: Target, notes: Notebook): Aspect[] {
  const undecided = requests.filter(one => isServerError(one) && (one.cause === null || one.cause === 'unclassified'));
  if (undecided.length === 0) return [];
  const byLine = Map.groupBy(undecided, request => pattern(request.decisive?.message ?? ''));
  const [common] = [...byLine.values()].toSorted((a, b) => b.length - a.length);
  const shown = common?.[0];
  if (shown === undefined) return [];
  const sentence = `The logs do not tell why ${counted(undecided.length, 'request')} of stage ${target.stage} failed.`;
  const evidence = notes.note(
    requestFact(shown, `${sentence.replace(/\.$/, '')}; the commonest line is this one`, target),
  );
  const message = excerpt(shown.decisive?.message ?? '', 160);
  const possible = [...new Set(undecided.flatMap(request => request.possible))];
  const leads = possible.length > possibleCap ? [] : possible.map(cause => claim(cause, 'symptom', [evidence], {}));
  return [
    {
      status: 'warning',
      sentence,
      claims: [claim('unclassified', 'signature', [evidence], { message }, undecided.length), ...leads],
    },
  ];
}

/** A line without what differs from request to request. */
function pattern(line: string): string {
  return line.replace(/[0-9a-f]{8}-[0-9a-f-]{27}|[\w-]{10,}=|\d+/g, '#');
}
