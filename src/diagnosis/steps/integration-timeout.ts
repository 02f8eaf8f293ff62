import { metricsLink } from '../../aws/links.ts';
import { functionMetric, integrationLatency, integrationRead, metricCommand } from '../api-source.ts';
import { type Aspect, claim, judgeAspects } from '../aspects.ts';
import { standIn } from '../deployed.ts';
import { keysOf, routeParameters } from '../faults.ts';
import { attempt, defineStep, gapsOf, judge, type Notebook, notebook, type Reading } from '../finding.ts';
import { functionRead, unreadFunctions } from '../function-state.ts';
import { requestFact } from '../request-fact.ts';
import {
  backendServing,
  defaultTimeoutMs,
  failingFirst,
  functionBehind,
  integrationTimeoutMs,
  metTimeout,
} from '../serving.ts';
import { readsOf } from '../signal-reads.ts';
import type { Backend, Deployed, FailedRequest, Failures, FunctionFacts, FunctionList, Traffic } from '../signals.ts';
import type { ApiType, CauseId, Claim, Run, Target } from '../types.ts';
import { counted, listed, span } from '../wording.ts';

interface Facts {
  backends: Reading<Backend[]>;
  deployed: Reading<Deployed>;
  functions: Reading<FunctionList>;
  traffic: Reading<Traffic>;
  failures: Reading<Failures>;
}

/** One destination with everything that has to do with time. */
interface Timing {
  backend: Backend;
  behind: FunctionFacts | null;
  /** `function orders-fn`, or the endpoint. */
  name: string;
  limitMs: number;
  /** null: not a function, or not known. */
  functionTimeoutMs: number | null;
  functionName: string | null;
  functionErrors: number;
  /** The longest call in the window by the metrics, and by the logs too; null where none was measured. */
  metricMs: number | null;
  longestMs: number | null;
  requests: FailedRequest[];
}

/** At most this many destinations are shown, the failing ones first. */
const shownTimings = 4;

/** From this share of the limit on, a duration is close to it. */
const close = 0.8;

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html */
const timeoutAnswer: Record<ApiType, string> = {
  REST: '504, not 500',
  HTTP: '503 or 504, not 500',
  WEBSOCKET: 'an error frame',
};

export const integrationTimeout = defineStep<Facts>({
  group: 'step',
  number: 6,
  id: 'integration-timeout',
  title: 'Integration timeout',
  question: 'Does API Gateway wait long enough for the function or endpoint, and the function long enough for itself?',
  reads: readsOf(['backends', 'deployed', 'functions', 'traffic', 'failures']),
  notApplicable: () => null,

  async gather({ signals }) {
    const [backends, deployed, functions, traffic, failures] = await Promise.all([
      attempt(signals.backends()),
      attempt(signals.deployed()),
      attempt(signals.functions()),
      attempt(signals.traffic()),
      attempt(signals.failures()),
    ]);
    return { backends, deployed, functions, traffic, failures };
  },

  evaluate(facts, run) {
    const { backends, functions, traffic } = facts;
    const { apiName } = run.target;
    const waiting = (backends.value ?? []).filter(backend => backend.kind !== 'mock');
    if (backends.value !== null && waiting.length === 0) {
      return judge(
        'not_applicable',
        `No route of API ${apiName} waits for a function or endpoint, so none can time out.`,
      );
    }
    const notes = notebook();
    const timings = timingsOf(waiting, facts, run);
    const shown = new Map(timings.slice(0, shownTimings).map(one => [one, noteTiming(one, facts, run, notes)]));
    const judged: Judged = { facts, run, notes, timings, idsOf: timing => shown.get(timing) ?? [] };
    const aspects = [...integrationTimeouts(judged), ...functionTimeouts(judged)];
    if (aspects.length === 0) aspects.push(...risks(judged));
    if (backends.unread !== null) aspects.push(unreadable(`The integrations of API ${apiName}`));
    if (functions.unread !== null) aspects.push(unreadable(`The timeouts of the functions behind API ${apiName}`));
    aspects.push(...unreadFunctions(functions.value));
    if (facts.deployed.value !== null) {
      const sentence = `How long stage ${run.target.stage} of API ${apiName} waits could not be read; only how long its draft would could.`;
      aspects.push(...standIn(facts.deployed.value, sentence));
    }
    if (traffic.unread !== null) aspects.push(unreadable(`How long the calls behind API ${apiName} take`));
    if (aspects.length === 0) aspects.push(enough(judged));
    return judgeAspects(aspects, calm(judged), {
      evidence: notes.evidence,
      gaps: gapsOf(backends, functions, traffic),
    });
  },
});

interface Judged {
  facts: Facts;
  run: Run;
  notes: Notebook;
  timings: Timing[];
  /** Evidence of a timing: its limit first, then the function's timeout, then the measured duration. */
  idsOf(timing: Timing): string[];
}

function timingsOf(waiting: Backend[], facts: Facts, { target, window }: Run): Timing[] {
  const requests = facts.failures.value?.requests ?? [];
  const alone = waiting.length === 1;
  return failingFirst(waiting, requests).map(backend => {
    const behind = functionBehind(backend, facts.functions.value?.items ?? []);
    const functionName = behind?.reference.name ?? backend.lambda?.name ?? null;
    const measured = functionName === null ? undefined : facts.traffic.value?.functions[functionName];
    const own = requests.filter(request => backendServing(waiting, request) === backend);
    // The stage's metric does not tell one destination from another.
    const stageMs = backend.lambda === null && alone ? slowest(facts.traffic.value, window.start) : null;
    const metricMs = measured?.durationMaxMs ?? stageMs;
    const durations = [metricMs, ...own.map(request => request.integrationLatencyMs)].filter(one => one !== null);
    const seconds = behind?.configuration?.timeoutSeconds;
    return {
      backend,
      behind,
      name: functionName === null ? (backend.uri ?? 'the endpoint') : `function ${functionName}`,
      limitMs: integrationTimeoutMs(backend.integration, target.apiType),
      functionTimeoutMs: seconds === undefined ? null : seconds * 1_000,
      functionName,
      functionErrors: measured?.errors ?? 0,
      metricMs,
      longestMs: durations.length === 0 ? null : Math.max(...durations),
      requests: own,
    };
  });
}

/** The highest 95th percentile of a minute in the window. */
function slowest(traffic: Traffic | null, since: string): number | null {
  const series = traffic?.stage.find(one => one.id === 'integrationLatencyP95');
  const values = (series?.points ?? []).filter(point => point.at >= since).map(point => point.value);
  return values.length === 0 ? null : Math.max(...values);
}

function noteTiming(timing: Timing, facts: Facts, { target, window }: Run, notes: Notebook): string[] {
  const { backend, name, limitMs, behind, functionName, functionTimeoutMs, metricMs } = timing;
  const byDefault = backend.integration.timeoutMs === null ? ', the default' : '';
  const ids = [
    notes.note({
      ...integrationRead(target, facts.deployed.value ?? { basis: 'export' }, backend.integration),
      text: `${listed(keysOf(backend.routes))}: API Gateway waits ${span(limitMs)} for ${name}${byDefault}.`,
      resource: backend.lambda?.arn ?? backend.uri ?? target.apiId,
    }),
  ];
  if (behind !== null && functionTimeoutMs !== null) {
    ids.push(
      notes.note({
        ...functionRead(behind.reference),
        text: `Function ${behind.reference.name} may run ${span(functionTimeoutMs)}.`,
      }),
    );
  }
  const metric =
    functionName === null ? integrationLatency(target) : functionMetric(functionName, 'Duration', 'Maximum');
  if (metricMs !== null && metric !== undefined) {
    ids.push(
      notes.note({
        text: `The longest call of ${name} in the window took ${span(metricMs)}, by ${metric.metric}.`,
        source: 'cloudwatch:GetMetricData',
        resource: functionName ?? `${target.apiName} ${target.stage}`,
        link: metricsLink(target.region, metric, window),
        cli: metricCommand(metric, window, target.region),
      }),
    );
  }
  return ids;
}

function integrationTimeouts(judged: Judged): Aspect[] {
  const { facts, run, notes, timings, idsOf } = judged;
  const { apiType } = run.target;
  const answer = timeoutAnswer[apiType];
  const limited = timings.map(timing => ({
    timing,
    requests: timing.requests.filter(one => timedOut(one, timing, run.target)),
  }));
  const unplaced = (facts.failures.value?.requests ?? []).filter(
    one => one.cause === 'integration-timeout' && !timings.some(timing => timing.requests.includes(one)),
  );
  const requests = [...limited.flatMap(one => one.requests), ...unplaced];
  const [example] = requests;
  if (example !== undefined) {
    const [worst] = limited
      .filter(one => one.requests.length > 0)
      .toSorted((a, b) => b.requests.length - a.requests.length);
    const count = counted(requests.length, 'failing request');
    const line = notes.note(requestFact(example, `${count} met the integration timeout, one of them`, run.target));
    const what = worst === undefined ? 'The endpoint' : capital(worst.timing.name);
    const limit =
      worst === undefined ? 'the integration timeout' : `the integration timeout of ${span(worst.timing.limitMs)}`;
    return [
      {
        status: 'problem',
        sentence: `${what} did not answer ${count} of API ${run.target.apiName} within ${limit}, which clients get as ${answer}.`,
        claims: [
          timeoutClaim('integration-timeout', 'signature', worst?.timing ?? null, [line], judged, requests.length),
        ],
      },
    ];
  }
  return timings.filter(beyondLimit).map(timing => {
    const sentence = `${capital(timing.name)} was measured at ${span(timing.longestMs ?? 0)}, beyond the ${span(timing.limitMs)} that API Gateway waits; such a call is answered ${answer}.`;
    const failing = (facts.traffic.value?.impact.errors ?? 0) > 0 && facts.deployed.value?.faithful === true;
    // Requests that failed for another reason speak against it: the slow calls may be somebody else's.
    if (!failing || timing.requests.length > 0) return { status: 'warning', sentence };
    return {
      status: 'problem',
      sentence,
      claims: [timeoutClaim('integration-timeout', 'configuration', timing, idsOf(timing).toReversed(), judged)],
    };
  });
}

function timedOut(request: FailedRequest, { backend }: Timing, { apiType }: Target): boolean {
  return request.cause === null ? metTimeout(request, backend, apiType) : request.cause === 'integration-timeout';
}

function beyondLimit({ longestMs, limitMs }: Timing): boolean {
  return longestMs !== null && longestMs >= limitMs;
}

function functionTimeouts(judged: Judged): Aspect[] {
  const { facts, run, notes, timings, idsOf } = judged;
  const requests = (facts.failures.value?.requests ?? []).filter(one => one.cause === 'lambda-timeout');
  const [example] = requests;
  if (example !== undefined) {
    const timing = timings.find(one => one.requests.includes(example)) ?? null;
    const count = counted(requests.length, 'failing request');
    const line = notes.note(requestFact(example, `${count} met the function's own timeout, one of them`, run.target));
    const own =
      timing?.functionTimeoutMs == null ? 'its own timeout' : `its own timeout of ${span(timing.functionTimeoutMs)}`;
    return [
      {
        status: 'problem',
        sentence: `${capital(timing?.name ?? 'the function')} reached ${own} in ${count} of API ${run.target.apiName}, before API Gateway stopped waiting.`,
        claims: [timeoutClaim('lambda-timeout', 'signature', timing, [line], judged, requests.length)],
      },
    ];
  }
  const stopped = timings.filter(
    ({ longestMs, functionTimeoutMs, limitMs, functionErrors, requests: own }) =>
      longestMs !== null &&
      functionTimeoutMs !== null &&
      functionTimeoutMs < limitMs &&
      longestMs >= functionTimeoutMs &&
      functionErrors > 0 &&
      own.length === 0,
  );
  return stopped.map(timing => ({
    status: 'warning',
    sentence: `${capital(timing.name)} was measured at its own timeout of ${span(timing.functionTimeoutMs ?? 0)} and had ${counted(timing.functionErrors, 'error')}.`,
    claims: [timeoutClaim('lambda-timeout', 'symptom', timing, idsOf(timing).toReversed(), judged)],
  }));
}

/** Nothing shows that it happens; it could. */
function risks({ run, timings }: Judged): Aspect[] {
  const answer = timeoutAnswer[run.target.apiType];
  return timings.flatMap(({ name, longestMs, limitMs, functionTimeoutMs }): Aspect[] => {
    if (longestMs !== null && longestMs >= close * limitMs) {
      return [
        {
          status: 'warning',
          sentence: `${capital(name)} was measured at ${span(longestMs)}, close to the ${span(limitMs)} that API Gateway waits before it answers ${answer}.`,
        },
      ];
    }
    // With the default on both sides this is how most functions are set up, and no more than a remark (calm).
    const lowered = limitMs < defaultTimeoutMs(run.target.apiType);
    if (functionTimeoutMs === null || functionTimeoutMs < limitMs || !lowered) return [];
    return [
      {
        status: 'warning',
        sentence: `${capital(name)} may run ${span(functionTimeoutMs)}, but API Gateway waits only ${span(limitMs)} before it answers ${answer}.`,
      },
    ];
  });
}

function enough({ timings, run }: Judged): Aspect {
  const sentence = `No call behind API ${run.target.apiName} came close to its timeout.`;
  const measured = timings.filter(one => one.longestMs !== null);
  if (measured.length < timings.length) return { status: 'ok', sentence };
  const because = `${sentence.replace(/\.$/, '')}: the longest took ${span(Math.max(...measured.map(one => one.longestMs ?? 0)))}.`;
  return { status: 'ok', sentence, ruledOut: [{ id: 'integration-timeout', because }] };
}

function calm({ timings, run }: Judged): string {
  const [tightest] = timings.toSorted((a, b) => (b.longestMs ?? 0) / b.limitMs - (a.longestMs ?? 0) / a.limitMs);
  if (tightest === undefined) return `No integration of API ${run.target.apiName} can time out.`;
  const { name, limitMs, longestMs, functionTimeoutMs } = tightest;
  const took = longestMs === null ? 'was not called in the window' : `took ${span(longestMs)} at most`;
  const longer =
    functionTimeoutMs !== null && functionTimeoutMs >= limitMs
      ? `, though it may itself run ${span(functionTimeoutMs)}`
      : '';
  return `${capital(name)} ${took}${longer}; API Gateway waits ${span(limitMs)} before it answers ${timeoutAnswer[run.target.apiType]}.`;
}

function timeoutClaim(
  cause: CauseId,
  basis: Claim['basis'],
  timing: Timing | null,
  evidence: string[],
  { idsOf }: Judged,
  requests: number | null = null,
): Claim {
  const parameters = {
    ...routeParameters(timing?.backend.routes ?? []),
    functionName: timing?.functionName,
    functionArn: timing?.backend.lambda?.arn,
    qualifier: timing?.backend.lambda?.qualifier,
    endpoint: timing !== null && timing.functionName === null ? timing.backend.uri : null,
    timeoutMs: timing?.limitMs,
    functionTimeoutSeconds: timing?.functionTimeoutMs == null ? null : timing.functionTimeoutMs / 1_000,
    durationMs: timing?.longestMs,
  };
  const all = timing === null ? evidence : [...new Set([...evidence, ...idsOf(timing)])];
  return claim(cause, basis, all, parameters, requests);
}

function capital(text: string): string {
  // An address stays as it is written.
  if (text.includes('://')) return text;
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function unreadable(what: string): Aspect {
  return { status: 'unknown', sentence: `${what} could not be read.` };
}
