/**
 * Glossary.
 *
 * trigger    what asked for a diagnosis: a command, a webhook, a reaction, the CLI.
 * target     the one API and stage that it means.
 * window     the time that is looked at; `onset` is the first minute of the failing episode.
 * signal     a derived reading that several steps share: 5xx per minute, failing requests, what the stage runs, changes.
 * step       one question of the playbook; a diagnosis correlates changes or time; the extended pass looks wider.
 * evidence   one observed fact and where it came from.
 * claim      a step's statement that a cause makes requests fail, with the direct evidence that says so.
 * finding    the outcome of one step, diagnosis or extended check.
 * cause      an entry of the catalogue (causes/), named by its id.
 * verdict    the ranked causes, what was ruled out, and what could not be seen.
 * report     all of it, as plain JSON.
 *
 * Flow: Trigger -> Target + Window -> steps (concurrent) -> diagnoses -> extended, when needed -> Verdict -> Report.
 */
import type { OperationName, Source } from '../aws/operations.ts';
import type { OnWait } from '../aws/send.ts';
import type { ApiType, Aws } from '../aws/types.ts';
import type { UnreadReason } from '../aws/unread.ts';
import type { CauseId } from './causes/ids.ts';
import type { CauseParameters } from './causes/parameters.ts';
import type { Observation, Report } from './report-types.ts';
import type { Signals } from './signals.ts';

export type { CallStats, Impact, Measured, Observation, Report, ReportedFinding, Series } from './report-types.ts';
export type { ApiType, CauseId, CauseParameters };

/** What asked, and what it asked for. Stored before anything is done with it. */
export interface Trigger {
  kind: 'cli' | 'command' | 'mention' | 'form' | 'candidate' | 'rerun' | 'alarm' | 'reaction' | 'shortcut' | 'post';
  /** Who asked, as the surface knows them (a Slack user id, an OS user); null for machines. */
  by: string | null;
  at: string;
  request: DiagnosisRequest;
  /** Set where an alarm asked, by a webhook. */
  alarm?: AlarmNotice;
}

/** An alarm's change of state, as a signed message tells it. What the alarm watches is asked of CloudWatch. */
export interface AlarmNotice {
  arn: string;
  name: string;
  accountId: string;
  region: string;
  state: 'ALARM' | 'OK' | 'INSUFFICIENT_DATA';
  /** When it went into that state, ISO 8601. */
  at: string;
  /** CloudWatch's own reason, masked. */
  reason: string;
  /** What it watches, as far as the message says; empty for composite alarms. Used where CloudWatch cannot be asked. */
  metrics: { namespace: string; name: string; dimensions: Record<string, string> }[];
}

/** A request as people type it; everything but the target may be left to be found. */
export interface DiagnosisRequest {
  /** API id, API name, invoke URL, custom-domain URL, API or stage ARN, `alarm:NAME` or an alarm's ARN. */
  target: string;
  /** What else the same message may mean: tried in order while those before are not found. */
  alternatives?: readonly string[];
  stage: string | null;
  region: string | null;
  accountId: string | null;
  /** Minutes back from now, or a fixed span. */
  span: { minutes: number } | { from: string; to: string };
  /** Given by hand instead of found. */
  overrides: Overrides;
}

export interface Overrides {
  functionName: string | null;
  roleName: string | null;
  policyArn: string | null;
  logGroup: string | null;
}

export interface Target {
  accountId: string | null;
  region: string;
  apiId: string;
  apiName: string;
  apiType: ApiType;
  stage: string;
}

/** Two or more APIs, or stages, fit; or none does and these names are close. */
export interface Candidate {
  apiId: string;
  apiName: string;
  apiType: ApiType;
  accountId: string | null;
  region: string;
  stages: string[];
}

export interface Window {
  start: string;
  end: string;
  /** First minute of the failing episode that the end of the window belongs to; null without errors or metrics. */
  onset: string | null;
  /** The new start where the 30-minute pass ran. */
  extendedTo: string | null;
}

export interface Evidence {
  /** Unique in the report: `step-8.2`. */
  id: string;
  /** One observed fact, one sentence that names the resource. */
  text: string;
  /** `service:Operation` with the IAM prefix. */
  source: Source;
  resource: string;
  at: string | null;
  /** Console deep link. */
  link: string | null;
  /** AWS CLI line that shows the same fact. */
  cli: string | null;
  /** What is shown as it stands, monospaced: the log line, the policy statement, the template's line. */
  excerpt?: string;
  /** The words in the excerpt that decided; where it is too long to be shown, what stands around them is. */
  match?: string;
}

export type FindingStatus = 'problem' | 'warning' | 'ok' | 'unknown' | 'not_applicable';
export type Confidence = 'high' | 'medium' | 'low';
export type Pattern = 'constant' | 'intermittent' | 'none' | 'unknown';

/** A cause said to make requests fail, and why it may be said. */
export interface Claim {
  cause: CauseId;
  /**
   * `signature`: failing requests say so in their logs. `configuration`: the stage runs something that must fail.
   * `symptom`: a metric or a neighbouring log fits, but does not prove it; never above `low` by itself.
   * `change`: a change took effect shortly before the onset that can bring it about; raises a cause, never makes one.
   */
  basis: 'signature' | 'configuration' | 'symptom' | 'change';
  /** Failing requests that carry the signature; null for every other basis. */
  requests: number | null;
  /** Evidence ids, the decisive one first. */
  evidence: string[];
  /** Fills the catalogue's sentences and CLI lines; see causes/. */
  parameters: CauseParameters;
}

/** A change shortly before the onset, as its event tells it, so that exactly that can be put back. */
export interface MadeChange extends Pick<RelevantChange, 'who' | 'event' | 'at' | 'resource' | 'minutesBeforeOnset'> {
  /** The causes that it can have brought about. */
  causes: CauseId[];
  /** Functions and roles that it touches; empty for what acts on the whole API. */
  concerns: string[];
  /** Request parameters by name; of a REST patch by path. */
  set: Record<string, string>;
  /** What the same held before: only what an earlier event tells; null: it was not there. */
  before: Record<string, string | null>;
}

export interface Gap {
  source: string;
  reason: UnreadReason;
  permission: Source | null;
  remedy: string;
}

/** A cause that was looked for and is not there, with what shows it. */
export interface RuledOut {
  id: CauseId;
  because: string;
}

/** What a step's pure judgement says. */
export interface Judgement {
  status: FindingStatus;
  /** One sentence that names the resource and says what was found, ending with a period. */
  summary: string;
  evidence: Evidence[];
  claims: Claim[];
  ruledOut: RuledOut[];
  gaps: Gap[];
}

export type FindingGroup = 'step' | 'diagnosis' | 'extended';

/** The outcome of one step, diagnosis or extended check. Stored; the report shows it without the claims. */
export interface Finding extends Judgement {
  group: FindingGroup;
  /** Playbook number; null in the extended pass. */
  number: number | null;
  id: string;
  title: string;
  durationMs: number;
  /** When it was last run. */
  at: string;
}

/** One run of the playbook over one target: what steps are handed. */
export interface Run {
  aws: Aws;
  target: Target;
  window: Window;
  overrides: Overrides;
  now: Date;
  signals: Signals;
}

interface Check<Facts> {
  id: string;
  title: string;
  /** The playbook's question, as a person would ask it. */
  question: string;
  /** Reads it may make; held against the calls really made, and the source of the IAM policy. */
  reads: readonly OperationName[];
  /** The only asynchronous part. A rejected read ends as `unknown` with its gap (finding.ts). */
  gather(run: Run): Promise<Facts>;
}

/** One question of the playbook. */
export interface Step<Facts = unknown> extends Check<Facts> {
  group: 'step' | 'extended';
  number: number | null;
  /** Why the question does not arise for this target, or null. */
  notApplicable(target: Target): string | null;
  /** Pure. */
  evaluate(facts: Facts, run: Run): Judgement;
}

/** A correlation; it is also given what the steps found. */
export interface Diagnosis<Facts = unknown> extends Check<Facts> {
  group: 'diagnosis';
  number: number;
  notApplicable(target: Target): string | null;
  /** Pure. */
  evaluate(facts: Facts, run: Run, findings: readonly Finding[]): Judgement;
}

export interface RankedCause {
  id: CauseId;
  confidence: Confidence;
  /** 0..1 */
  score: number;
  summary: string;
  remedy: string;
  cli: string | null;
  evidence: string[];
  /** Share of the failing requests, 0..1; null where requests could not be told apart. */
  errorShare: number | null;
}

export interface Verdict {
  status: 'cause_found' | 'no_errors' | 'inconclusive';
  causes: RankedCause[];
  pattern: Pattern;
  ruledOut: RuledOut[];
  gaps: Gap[];
}

/** What a change can be the reason of; causes/ names the kinds that lead to each cause. */
export type ChangeKind =
  | 'resource-policy'
  /** An OpenAPI document put over the whole API: anything in it may have changed. */
  | 'import'
  | 'iam'
  | 'lambda-permission'
  | 'function-role'
  | 'function-code'
  | 'function-configuration'
  | 'function-concurrency'
  | 'function-alias'
  | 'integration'
  | 'integration-timeout'
  | 'mapping'
  | 'authorizer'
  | 'gateway-response'
  | 'deployment'
  | 'stage'
  | 'waf'
  | 'network'
  | 'kms'
  | 'other';

export interface Change {
  at: string;
  /** When it began to act: for REST the next deployment to the stage; null while it is not deployed. */
  effectiveAt: string | null;
  who: string | null;
  event: string;
  resource: string;
  /** What it changed: `timeoutInMillis 29000 -> 3000`. */
  detail: string;
  /** From `effectiveAt` to the onset, in minutes; negative for later changes; null without onset or effect. */
  minutesBeforeOnset: number | null;
}

/** A change with what the correlations need; the report shows it as Change. */
export interface RelevantChange extends Change {
  kind: ChangeKind;
  /** Kinds that it may be of besides. */
  also: ChangeKind[];
  /** It only gives rights, so it cannot be why something is refused. */
  grants: boolean;
  /** Role names, function names, policy ARNs, API and stage that it touches. */
  touches: string[];
  /** The deployment that carried it, where one did. */
  deploymentId: string | null;
  eventId: string | null;
  /** What its event set, and what was before; absent where there is no event. */
  made?: Pick<MadeChange, 'set' | 'before'>;
}

/** A report with the findings it was judged from, so that one step can be run again and the verdict judged anew. */
export interface DiagnosisRecord {
  report: Report;
  findings: Finding[];
  overrides: Overrides;
  /** Accounts where the target was not looked for; no finding has these gaps. */
  unseen?: Gap[];
  /** What the remedies name; absent in records from before it was stored. */
  made?: MadeChange[];
}

/** Where a request leads. */
export type Location =
  /** `unseen`: other accounts could not be looked at, where there may be one of the same name. */
  | { kind: 'found'; target: Target; window: Window; threshold: number | null; unseen?: Gap[] }
  | { kind: 'ambiguous'; candidates: Candidate[] }
  /** `region`: where it was looked for, in words: the Region alone where the account is not known. */
  | { kind: 'not_found'; region: string; candidates: Candidate[] }
  /** An alarm with no API behind what it watches. `watches` is one sentence that names the alarm and what that is. */
  | { kind: 'unrelated'; alarm: string; watches: string }
  | { kind: 'unreadable'; message: string; remedy: string };

/** The one diagnosis service that every surface shares. */
export interface DiagnosisService {
  /**
   * `notice`: what the alarm that asks says of itself; used where CloudWatch cannot be asked about it. The request's
   * alternatives are tried in order while what comes before is not found or unrelated; where none is found, the answer
   * is that of the target itself.
   */
  locate(request: DiagnosisRequest, notice?: AlarmNotice): Promise<Location>;
  /** Tags of an alarm by its ARN; empty where there is no such alarm. Rejects with UnreadError where they cannot be read. */
  alarmTags(arn: string): Promise<Record<string, string>>;
  /**
   * Runs the whole playbook; `onFinding` is called as each finding comes, `onWait` when a call begins to wait more than
   * two seconds for its share of an AWS quota.
   */
  diagnose(
    trigger: Trigger,
    location: Extract<Location, { kind: 'found' }>,
    onFinding?: (finding: Finding) => void,
    options?: { onWait?: OnWait | undefined },
  ): Promise<DiagnosisRecord>;
  /** Runs one step or diagnosis of a record again (`step:4`, `diagnosis:2`) and judges the verdict anew. */
  rerun(record: DiagnosisRecord, check: string): Promise<DiagnosisRecord>;
  /** Reads the changes again, once CloudTrail has delivered what was under way, and judges anew; `late` are the new ones. */
  recheck(record: DiagnosisRecord): Promise<{ record: DiagnosisRecord; late: Change[] }>;
  /** Reads the metrics of the last 15 minutes: one call, two for a stage with many metrics. */
  observe(record: DiagnosisRecord): Promise<Observation>;
}
