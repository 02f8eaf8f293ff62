import type { ReadTrail } from '../aws/shared-trail.ts';
import type {
  Api,
  Aws,
  Configuration,
  Deployment,
  FunctionConfiguration,
  Integration,
  Listed,
  LogEvent,
  MetricSeries,
  Route,
  ServiceEvent,
  Stage,
} from '../aws/types.ts';
import type { UnreadError } from '../aws/unread.ts';
import type { CauseId, Gap, Impact, Overrides, Pattern, RelevantChange, Series, Target, Window } from './types.ts';

/**
 * Derived readings that several steps share. Each is computed once for a run, when first asked for; asking again
 * gives the same promise, a rejected one included. All reject with UnreadError.
 */
export interface Signals {
  /** null: no such API. */
  api(): Promise<Api | null>;
  /** null: no such stage. */
  stage(): Promise<Stage | null>;
  /** Newest first; of a stage that deploys itself only its own, known from the stage. */
  deployments(): Promise<Listed<Deployment>>;
  deployed(): Promise<Deployed>;
  /** Where requests end: one entry for each distinct backend, failing routes first. */
  backends(): Promise<Backend[]>;
  /** The Lambda functions behind the integrations and authorizers, as they are now; capped, the failing ones first. */
  functions(): Promise<FunctionList>;
  traffic(): Promise<Traffic>;
  failures(): Promise<Failures>;
  changes(): Promise<Changes>;
  /** Open events of the Region's services, from the Health API or the public feed. */
  serviceEvents(): Promise<ServiceEvent[]>;
}

/** What the stage runs, and how that is known. */
export interface Deployed {
  configuration: Configuration;
  /**
   * `export`: the stage's own snapshot. `draft`: the snapshot could not be read, and the draft stands in for it;
   * then `faithful` tells whether it can be trusted to be what runs.
   */
  basis: 'export' | 'draft';
  /** False where a draft stands in that may have changed since the deployment: judge `warning`, never `problem`. */
  faithful: boolean;
  /** What the draft has that the stage does not run yet, by route; empty where both agree, null where unknown. */
  undeployed: { route: string; field: string; deployed: string; draft: string }[] | null;
  draft: Configuration | null;
  stageVariables: Record<string, string>;
  /** Why the export, or the draft beside it, could not be read. */
  unread?: Gap | null;
}

/** One destination of requests, stage variables resolved. */
export interface Backend {
  kind: 'lambda' | 'http' | 'aws-service' | 'mock' | 'vpc-link';
  routes: Route[];
  integration: Integration;
  /** Resolved URI; null for MOCK. */
  uri: string | null;
  lambda: LambdaReference | null;
  /** Names of stage variables in the URI that the stage does not define. */
  undefinedVariables: string[];
}

export interface LambdaReference {
  /** Bare function name. */
  name: string;
  /** Alias or version; null for the unqualified function. */
  qualifier: string | null;
  accountId: string;
  region: string;
  /** Without the qualifier. */
  arn: string;
}

/** Rejects only where not one of several functions could be read. */
export interface FunctionList extends Listed<FunctionFacts> {
  /** Functions that could not be read, such as one in another account: not among the items. Absent: none. */
  unread?: { reference: LambdaReference; error: UnreadError }[];
}

export interface FunctionFacts {
  reference: LambdaReference;
  /** `integration`, the authorizer's id, or `override`: given by hand and called by no route. */
  usedBy: 'integration' | 'override' | string;
  routes: Route[];
  /** null: the function (or its alias or version) does not exist. */
  configuration: FunctionConfiguration | null;
}

/** Metrics of the stage and its functions, minute by minute; missing minutes count as zero requests. */
export interface Traffic {
  series: Series;
  impact: Impact;
  onset: string | null;
  pattern: Pattern;
  /** Failing routes of the window, most errors first; null where they are not measured, or not all of them. */
  routes: { key: string; errors: number }[] | null;
  /** Over the baseline and the window: ApiGateway `4xx`, `latencyP95`, `integrationLatencyP95`. */
  stage: MetricSeries[];
  /** By function name: invocations, errors, throttles, durationMax. */
  functions: Record<string, Record<'invocations' | 'errors' | 'throttles' | 'durationMaxMs', number | null>>;
}

/** One failing request, put together from execution and access log lines. */
export interface FailedRequest {
  requestId: string | null;
  at: string;
  status: number | null;
  /** `GET /orders` where the logs tell it. */
  route: string | null;
  /** null: the lines do not decide; then `possible` may narrow it. */
  cause: CauseId | null;
  possible: CauseId[];
  layer: 'integration' | 'authorizer' | null;
  /** The line that decided, or the last of the request. */
  decisive: LogEvent | null;
  logGroup: string;
  lambdaRequestId: string | null;
  /** Function that was called, from the `Sending request to` line. */
  functionArn: string | null;
  integrationLatencyMs: number | null;
  /** Status of the endpoint's own answer; absent or null where the logs do not tell it. */
  endpointStatus?: number | null;
}

export interface Failures {
  requests: FailedRequest[];
  /** Which logs could be read. */
  sources: {
    kind: 'execution' | 'access';
    logGroup: string | null;
    state: 'read' | 'off' | 'absent' | 'empty' | 'not_applicable' | 'unread';
    events: number;
    complete: boolean;
    /** `logging_off`, `access_denied`, … where the state is off, absent or unread. */
    gap: Gap | null;
  }[];
}

export interface Changes {
  changes: RelevantChange[];
  /** From when on change events were read. */
  since: string;
  gaps: Gap[];
  complete: boolean;
  /** Set where the Region's events, or the IAM events of the global Region, could not be read at all. */
  regionUnread: Gap | null;
  globalUnread: Gap | null;
  /** Set where it is not known when a change of the API took effect. */
  effectUnread: Gap | null;
}

/** What signals are read from. */
export interface SignalSources {
  aws: Aws;
  target: Target;
  window: Window;
  overrides: Overrides;
  now: Date;
  /** Public health feed; null: off. */
  healthFeedUrl: string | null;
  fetch: typeof globalThis.fetch;
  /** How change events are read: shared with other runs, where it is told. */
  readTrail: ReadTrail;
}
