import { readAccountConcurrency, readReservedConcurrency } from '../aws/lambda.ts';
import { cliLine, functionLink, metricsLink } from '../aws/links.ts';
import type { OperationName } from '../aws/operations.ts';
import type { AccountConcurrency, Route } from '../aws/types.ts';
import { functionMetric, metricCommand } from './api-source.ts';
import type { Aspect } from './aspects.ts';
import { type FaultContext, fault } from './faults.ts';
import { attempt, gapOf, gapsOf, type Notebook, type Reading } from './finding.ts';
import { functionParameters } from './function-state.ts';
import { backendServing, failingFirst } from './serving.ts';
import type { Backend, Failures, LambdaReference, Traffic } from './signals.ts';
import type { Run } from './types.ts';
import { counted } from './wording.ts';

export interface ThrottlingReading {
  lambda: LambdaReference;
  routes: Route[];
  /** Throttled invocations in the window, by the metric. */
  throttles: number;
  /** Failing requests say so in their logs. */
  logged: boolean;
  /** null: none is reserved. */
  reserved: Reading<number | null>;
  /** null: not asked. */
  account: Reading<AccountConcurrency> | null;
}

export const throttlingReads = [
  'lambda:GetFunctionConcurrency',
  'lambda:GetAccountSettings',
] as const satisfies OperationName[];

/** Where nothing explains the errors, reserved concurrency is looked up for this many functions. */
const unexplainedFunctions = 3;

/** Asks for limits only where metrics or logs show throttling, or where nothing explains the errors. */
export async function readThrottling(
  { aws }: Pick<Run, 'aws'>,
  backends: readonly Backend[],
  traffic: Traffic | null,
  failures: Failures | null,
): Promise<ThrottlingReading[]> {
  const requests = failures?.requests ?? [];
  const called = new Map<string, Omit<ThrottlingReading, 'reserved' | 'account'>>();
  for (const backend of failingFirst(backends, requests)) {
    const { lambda, routes } = backend;
    if (lambda === null) continue;
    const known = called.get(lambda.arn);
    const throttles = traffic?.functions[lambda.name]?.throttles ?? 0;
    const says = requests.some(one => one.cause === 'lambda-throttled' && backendServing(backends, one) === backend);
    const logged = says || (known?.logged ?? false);
    called.set(lambda.arn, { lambda, throttles, logged, routes: [...(known?.routes ?? []), ...routes] });
  }
  const functions = [...called.values()];
  const throttled = functions.filter(({ throttles, logged }) => throttles > 0 || logged);
  const unexplained = (traffic?.impact.errors ?? 0) > 0 && requests.every(one => one.cause === null);
  const asked = throttled.length > 0 || !unexplained ? throttled : functions.slice(0, unexplainedFunctions);
  return Promise.all(
    asked.map(async one => {
      const [reserved, account] = await Promise.all([
        attempt(readReservedConcurrency(aws.send, one.lambda.arn)),
        throttled.length > 0 ? attempt(readAccountConcurrency(aws.send)) : null,
      ]);
      return { ...one, reserved, account };
    }),
  );
}

/** A reserved concurrency of 0 must fail; any other limit is a symptom, however often it was met. Pure. */
export function judgeThrottling(
  reading: ThrottlingReading,
  run: Run,
  context: FaultContext,
  notes: Notebook,
): Aspect[] {
  const { lambda, routes, throttles, logged, reserved, account } = reading;
  const { name } = lambda;
  const metric = throttles === 0 ? [] : [noteThrottles(reading, run, notes)];
  const gaps = account === null ? [] : gapsOf(account);
  if (reserved.unread !== null) {
    const sentence = `The reserved concurrency of function ${name} could not be read.`;
    return [{ status: 'unknown', sentence, gaps: [gapOf(reserved.unread), ...gaps] }];
  }
  const limit = reserved.value;
  const unreserved = account?.value?.unreserved ?? null;
  const shared = unreserved === null ? '' : `, and shares the ${unreserved} that its account leaves unreserved`;
  const limited = `Function ${name} has ${limit === null ? `no reserved concurrency${shared}` : `a reserved concurrency of ${limit}`}`;
  const evidence = notes.note({
    text: `${limited}.`,
    source: 'lambda:GetFunctionConcurrency',
    resource: lambda.arn,
    link: functionLink(lambda.region, name),
    cli: cliLine('lambda get-function-concurrency', { 'function-name': lambda.arn, region: lambda.region }),
  });
  const about = 'lambda-throttled';
  const parameters = { ...functionParameters(lambda), ...(limit === null ? {} : { reservedConcurrency: limit }) };
  if (limit === 0) {
    const sentence = `${limited}, which switches it off: every invocation is throttled.`;
    return [fault(context, { about, routes, sentence, evidence: [evidence, ...metric], parameters })];
  }
  if (throttles === 0 && !logged) return gaps.length === 0 ? [] : [{ status: 'ok', sentence: `${limited}.`, gaps }];
  const sentence = throttles === 0 ? `${limited}, and requests to it were throttled.` : throttledSentence(reading);
  const found = fault(context, {
    about,
    routes,
    sentence,
    evidence: [...metric, evidence],
    parameters,
    basis: 'symptom',
  });
  return [{ ...found, gaps }];
}

function throttledSentence({ throttles, lambda }: ThrottlingReading): string {
  return `Lambda throttled ${counted(throttles, 'invocation')} of function ${lambda.name} in the window.`;
}

function noteThrottles(reading: ThrottlingReading, { window }: Run, notes: Notebook): string {
  const { name, region } = reading.lambda;
  const metric = functionMetric(name, 'Throttles');
  return notes.note({
    text: throttledSentence(reading),
    source: 'cloudwatch:GetMetricData',
    resource: name,
    link: metricsLink(region, metric, window),
    cli: metricCommand(metric, window, region),
  });
}
