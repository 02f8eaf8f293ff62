import { metricsLink } from '../../aws/links.ts';
import { functionMetric, metricCommand } from '../api-source.ts';
import { type Aspect, claim, judgeAspects } from '../aspects.ts';
import { causeRecord } from '../causes/catalogue.ts';
import { faultContext } from '../faults.ts';
import { attempt, defineStep, gapsOf, judge, type Notebook, notebook, type Reading } from '../finding.ts';
import { type FunctionLog, functionLogAspects, readFunctionLogs } from '../function-logs.ts';
import { functionParameters, unreadFunctions } from '../function-state.ts';
import { causeAspects, classified, setupOf } from '../request-causes.ts';
import { readsOf } from '../signal-reads.ts';
import type { Backend, Deployed, Failures, FunctionFacts, FunctionList, Traffic } from '../signals.ts';
import { judgeThrottling, readThrottling, type ThrottlingReading, throttlingReads } from '../throttling.ts';
import type { Run } from '../types.ts';
import { counted, listed, span } from '../wording.ts';

interface Facts {
  functions: Reading<FunctionList>;
  backends: Reading<Backend[]>;
  deployed: Reading<Deployed>;
  traffic: Reading<Traffic>;
  failures: Reading<Failures>;
  logs: FunctionLog[];
  throttling: ThrottlingReading[];
}

/** At most this many functions' logs are read: those with errors first. */
const logCap = 5;

export const lambdaErrors = defineStep<Facts>({
  group: 'extended',
  number: null,
  id: 'lambda-errors',
  title: 'Lambda errors',
  question: 'Did the functions behind the API fail, throttle or slow down over the last 30 minutes?',
  reads: readsOf(['functions', 'backends', 'deployed', 'traffic', 'failures'], throttlingReads),
  notApplicable: () => null,

  async gather(run) {
    const { signals } = run;
    const [functions, backends, deployed, traffic, failures] = await Promise.all([
      attempt(signals.functions()),
      attempt(signals.backends()),
      attempt(signals.deployed()),
      attempt(signals.traffic()),
      attempt(signals.failures()),
    ]);
    const [logs, throttling] = await Promise.all([
      readFunctionLogs(run, failingFunctions(functions.value?.items ?? [], traffic.value).slice(0, logCap)),
      readThrottling(run, backends.value ?? [], traffic.value, failures.value),
    ]);
    return { functions, backends, deployed, traffic, failures, logs, throttling };
  },

  evaluate(facts, run) {
    const { functions, traffic, deployed, failures, logs, throttling } = facts;
    const { apiName } = run.target;
    const called = (functions.value?.items ?? []).filter(one => one.usedBy === 'integration');
    if (functions.value !== null && called.length === 0) {
      return judge('not_applicable', `No route of API ${apiName} calls a Lambda function.`);
    }
    const notes = notebook();
    const setup = setupOf(run, facts);
    const requests = classified(failures.value?.requests ?? [], logs, setup);
    const context = deployed.value === null ? null : faultContext(deployed.value, failures);
    const aspects = [
      ...causeAspects(requests, setup, notes, cause => causeRecord(cause).family === 'lambda'),
      ...functionLogAspects(logs, requests, run, notes),
      ...called.flatMap(one => metricAspects(one, facts, run, notes)),
      ...(context === null ? [] : throttling.flatMap(one => judgeThrottling(one, run, context, notes))),
    ];
    aspects.push(...unreadFunctions(functions.value));
    if (functions.unread !== null) aspects.push(unreadable(`The functions behind API ${apiName}`));
    if (traffic.unread !== null) aspects.push(unreadable(`The metrics of the functions behind API ${apiName}`));
    const names = [...new Set(called.map(one => one.reference.name))];
    const calm = `${names.length === 1 ? 'Function' : 'Functions'} ${listed(names)} had no error and no throttle over the last 30 minutes.`;
    return judgeAspects(aspects, calm, { evidence: notes.evidence, gaps: gapsOf(functions, traffic) });
  },
});

/** Without metrics any of them may fail. */
function failingFunctions(functions: readonly FunctionFacts[], traffic: Traffic | null): FunctionFacts[] {
  const byName = new Map(functions.filter(one => one.usedBy === 'integration').map(one => [one.reference.name, one]));
  const errors = (name: string) => traffic?.functions[name]?.errors ?? 0;
  const known = [...byName.values()].filter(one => one.configuration !== null);
  const failing = known.filter(one => errors(one.reference.name) > 0);
  return (failing.length > 0 || traffic !== null ? failing : known).toSorted(
    (a, b) => errors(b.reference.name) - errors(a.reference.name),
  );
}

function metricAspects({ reference }: FunctionFacts, facts: Facts, run: Run, notes: Notebook): Aspect[] {
  const { name, region } = reference;
  const measured = facts.traffic.value?.functions[name];
  if (measured === undefined) return [];
  const { invocations, errors, throttles, durationMaxMs } = measured;
  const longest = durationMaxMs === null ? '' : `, the longest ${span(durationMaxMs)}`;
  const evidence = notes.note({
    text: `Function ${name}: ${counted(invocations ?? 0, 'invocation')}${longest}; ${counted(errors ?? 0, 'error')}, ${counted(throttles ?? 0, 'throttle')} over the last 30 minutes.`,
    source: 'cloudwatch:GetMetricData',
    resource: name,
    link: metricsLink(
      region,
      ['Errors', 'Throttles'].map(metric => functionMetric(name, metric)),
      run.window,
    ),
    cli: metricCommand(functionMetric(name, 'Errors'), run.window, region),
  });
  if ((errors ?? 0) === 0) return [];
  const sentence = `Function ${name} ended ${counted(errors ?? 0, 'invocation')} of ${invocations ?? 0} with an error over the last 30 minutes.`;
  const told = facts.logs.some(log => log.facts.reference.name === name && log.faults.length > 0);
  const claims = told ? [] : [claim('lambda-function-error', 'symptom', [evidence], functionParameters(reference))];
  return [{ status: 'warning', sentence, claims }];
}

function unreadable(what: string): Aspect {
  return { status: 'unknown', sentence: `${what} could not be read.` };
}
