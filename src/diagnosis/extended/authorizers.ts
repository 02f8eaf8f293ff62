import { readFunctionPolicy } from '../../aws/lambda.ts';
import { metricsLink } from '../../aws/links.ts';
import { readMetrics } from '../../aws/metrics.ts';
import type { Authorizer, Listed, MetricQuery, MetricSeries, PolicyDocument } from '../../aws/types.ts';
import { functionMetric, metricCommand } from '../api-source.ts';
import { type Aspect, claim, judgeAspects } from '../aspects.ts';
import { causeRecord } from '../causes/catalogue.ts';
import { exportGaps } from '../deployed.ts';
import { faultContext, keysOf } from '../faults.ts';
import { attempt, defineStep, gapOf, gapsOf, judge, type Notebook, notebook, type Reading } from '../finding.ts';
import { type FunctionLog, functionLogAspects, readFunctionLogs } from '../function-logs.ts';
import { functionParameters, qualifiedName } from '../function-state.ts';
import { type Call, callsOf } from '../permissions/calls.ts';
import { judgeFunctionPolicy } from '../permissions/function-policy.ts';
import { readAuthorizerIds } from '../permissions/readings.ts';
import { causeAspects, classified, setupOf } from '../request-causes.ts';
import { readsOf } from '../signal-reads.ts';
import type { Backend, Deployed, Failures, FunctionFacts, LambdaReference } from '../signals.ts';
import type { ApiType, Run } from '../types.ts';
import { counted, listed, span } from '../wording.ts';

interface Facts {
  deployed: Reading<Deployed>;
  backends: Reading<Backend[]>;
  functions: Reading<Listed<FunctionFacts>>;
  failures: Reading<Failures>;
  policies: { call: Call & { lambda: LambdaReference }; policy: Reading<PolicyDocument | null> }[];
  metrics: Reading<MetricSeries[]>;
  logs: FunctionLog[];
}

/**
 * How long API Gateway waits for an authorizer. An HTTP API gives it 10 s; REST and WebSocket APIs as long as an
 * integration. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
 */
const waitsMs: Record<ApiType, number> = { HTTP: 10_000, REST: 29_000, WEBSOCKET: 29_000 };

const functionCap = 5;

export const authorizers = defineStep<Facts>({
  group: 'extended',
  number: null,
  id: 'authorizers',
  title: 'Authorizers',
  question: 'Did the authorizers of the API fail, were they refused, or were they slow over the last 30 minutes?',
  reads: readsOf(
    ['deployed', 'backends', 'functions', 'failures'],
    ['lambda:GetPolicy', 'cloudwatch:GetMetricData', 'apigateway:GetAuthorizers'],
  ),
  notApplicable: () => null,

  async gather(run) {
    const { signals, aws, window } = run;
    const [deployed, backends, functions, failures] = await Promise.all([
      attempt(signals.deployed()),
      attempt(signals.backends()),
      attempt(signals.functions()),
      attempt(signals.failures()),
    ]);
    const own = authorizerFunctions(functions.value?.items ?? []);
    const queries = own.flatMap(({ reference }) => functionQueries(reference.name));
    const [policies, metrics, logs] = await Promise.all([
      readPolicies(run, deployed.value, backends.value ?? []),
      attempt(queries.length === 0 ? Promise.resolve([]) : readMetrics(aws.send, queries, window.start, window.end)),
      readFunctionLogs(run, own),
    ]);
    return { deployed, backends, functions, failures, policies, metrics, logs };
  },

  evaluate(facts, run) {
    const { deployed, functions, failures, policies, metrics, logs } = facts;
    const { target, aws } = run;
    const name = `API ${target.apiName}`;
    if (deployed.value === null) {
      return judge('unknown', `The authorizers of ${name} could not be read.`, { gaps: gapsOf(deployed) });
    }
    const used = usedAuthorizers(deployed.value);
    const routes = deployed.value.configuration.routes.filter(route => route.authorizerId !== null);
    if (used.length === 0 && routes.length > 0) {
      // The draft that stands in for an export is read without them.
      const sentence = `The authorizers of ${listed(keysOf(routes))} of ${name} could not be read.`;
      return judge('unknown', sentence, { gaps: exportGaps(deployed.value) });
    }
    if (used.length === 0) return judge('not_applicable', `No route of ${name} has an authorizer.`);
    const notes = notebook();
    const setup = setupOf(run, facts);
    const requests = classified(failures.value?.requests ?? [], [], setup);
    const context = {
      api: { ...target, partition: aws.partition, accountId: target.accountId ?? aws.accountId },
      ...faultContext(deployed.value, failures),
      notes,
    };
    const aspects = [
      ...causeAspects(requests, setup, notes, cause => causeRecord(cause).family === 'authorizer'),
      ...policies.map(reading => judgeFunctionPolicy(reading, context)),
      ...functionLogAspects(logs, requests, run, notes),
      ...authorizerFunctions(functions.value?.items ?? []).flatMap(one => metricAspects(one, metrics, run, notes)),
    ];
    if (functions.unread !== null) {
      aspects.push({ status: 'unknown', sentence: `The functions of the authorizers of ${name} could not be read.` });
    }
    if (metrics.unread !== null) {
      aspects.push({ status: 'unknown', sentence: `The metrics of the authorizers of ${name} could not be read.` });
    }
    const policyGaps = policies.flatMap(({ policy }) => (policy.unread === null ? [] : [gapOf(policy.unread)]));
    const names = listed(used.map(one => one.name));
    return judgeAspects(aspects, `Nothing shows a failure of authorizer ${names} over the last 30 minutes.`, {
      evidence: notes.evidence,
      gaps: [...gapsOf(functions, metrics), ...policyGaps],
    });
  },
});

function usedAuthorizers({ configuration }: Deployed): Authorizer[] {
  const ids = new Set(configuration.routes.map(route => route.authorizerId));
  return configuration.authorizers.filter(one => ids.has(one.id));
}

/** Each function once, as several authorizers may share it. */
function authorizerFunctions(functions: readonly FunctionFacts[]): FunctionFacts[] {
  const known = functions.filter(one => one.usedBy !== 'integration' && one.configuration !== null);
  return [...new Map(known.map(one => [one.reference.name, one])).values()].slice(0, functionCap);
}

/** Of authorizers that API Gateway calls as itself: a role of theirs is step 4's. */
async function readPolicies(run: Run, deployed: Deployed | null, backends: Backend[]): Promise<Facts['policies']> {
  if (deployed === null) return [];
  const ids = await readAuthorizerIds(run, deployed);
  const calls = callsOf(backends, deployed, ids.value ?? new Map(), run.target).flatMap(call =>
    call.usedBy === 'authorizer' && call.lambda !== null && call.roleArn === null
      ? [{ ...call, lambda: call.lambda }]
      : [],
  );
  return Promise.all(
    calls.slice(0, functionCap).map(async call => ({
      call,
      policy: await attempt(readFunctionPolicy(run.aws.send, call.lambda.arn, call.lambda.qualifier)),
    })),
  );
}

function functionQueries(name: string): MetricQuery[] {
  const measured = [
    ['Invocations', 'Sum'],
    ['Errors', 'Sum'],
    ['Throttles', 'Sum'],
    ['Duration', 'Maximum'],
  ] as const;
  return measured.map(([metric, stat]) => ({
    ...functionMetric(name, metric),
    id: `${name} ${metric}`,
    stat,
    periodSeconds: 60,
  }));
}

function metricAspects(facts: FunctionFacts, metrics: Reading<MetricSeries[]>, run: Run, notes: Notebook): Aspect[] {
  if (metrics.value === null) return [];
  const { reference } = facts;
  const values = (metric: string) =>
    metrics.value.find(series => series.id === `${reference.name} ${metric}`)?.points.map(point => point.value) ?? [];
  const total = (metric: string) => values(metric).reduce((all, value) => all + value, 0);
  const errors = total('Errors');
  const throttles = total('Throttles');
  const longestMs = Math.max(0, ...values('Duration'));
  const limitMs = waitsMs[run.target.apiType];
  const name = `Authorizer function ${qualifiedName(reference)}`;
  const evidence = notes.note({
    text: `${name}: ${counted(total('Invocations'), 'invocation')}, the longest ${span(longestMs)}; ${counted(errors, 'error')}, ${counted(throttles, 'throttle')} over the last 30 minutes.`,
    source: 'cloudwatch:GetMetricData',
    resource: reference.name,
    link: metricsLink(reference.region, functionQueries(reference.name), run.window),
    cli: metricCommand(functionMetric(reference.name, 'Errors'), run.window, reference.region),
  });
  const slow = longestMs >= limitMs;
  if (errors === 0 && throttles === 0 && !slow) return [];
  const what = [
    errors > 0 ? counted(errors, 'error') : null,
    throttles > 0 ? counted(throttles, 'throttle') : null,
    slow ? `a call of ${span(longestMs)}, longer than the ${span(limitMs)} that API Gateway waits` : null,
  ].filter(part => part !== null);
  const parameters = { ...functionParameters(reference), durationMs: longestMs };
  return [
    {
      status: 'warning',
      sentence: `${name} had ${listed(what)} over the last 30 minutes.`,
      claims: [claim('authorizer-failure', 'symptom', [evidence], parameters)],
    },
  ];
}
