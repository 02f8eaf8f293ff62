import { readAccountConcurrency } from '../../aws/lambda.ts';
import { cliLine, metricsLink } from '../../aws/links.ts';
import { readMetrics } from '../../aws/metrics.ts';
import type { AccountConcurrency, MetricSeries } from '../../aws/types.ts';
import { fromFirstError } from '../../lasting.ts';
import { metricCommand } from '../api-source.ts';
import { type Aspect, judgeAspects } from '../aspects.ts';
import { isShortlyBefore } from '../correlation.ts';
import { type FaultContext, fault, faultContext, keysOf } from '../faults.ts';
import { attempt, defineStep, gapsOf, judge, type Notebook, notebook, type Reading } from '../finding.ts';
import { functionParameters, functionRead, qualifiedName, unreadFunctions } from '../function-state.ts';
import { readsOf } from '../signal-reads.ts';
import type { Backend, Changes, Deployed, Failures, FunctionFacts, FunctionList } from '../signals.ts';
import type { Run } from '../types.ts';
import { linkState, readVpcLinks, targetState, type VpcLinkReading, vpcLinkReads } from '../vpc-links.ts';
import { excerpt, listed, utc } from '../wording.ts';

interface Facts {
  backends: Reading<Backend[]>;
  deployed: Reading<Deployed>;
  functions: Reading<FunctionList>;
  failures: Reading<Failures>;
  changes: Reading<Changes>;
  links: VpcLinkReading[];
  limits: Reading<AccountConcurrency>;
  used: Reading<MetricSeries[]>;
}

/** All functions of the account in the Region. https://docs.aws.amazon.com/lambda/latest/dg/monitoring-concurrency.html */
const concurrency = {
  namespace: 'AWS/Lambda',
  metric: 'ConcurrentExecutions',
  dimensions: {},
  stat: 'Maximum',
} as const;

/** From this share of the account's limit on, functions may be throttled by what others use. */
const close = 0.9;

export const externalDependencies = defineStep<Facts>({
  group: 'extended',
  number: null,
  id: 'external-dependencies',
  title: 'External dependencies',
  question: 'Is what the API depends on there: functions and their keys and networks, VPC links, concurrency?',
  reads: readsOf(
    ['backends', 'deployed', 'functions', 'failures', 'changes'],
    [...vpcLinkReads, 'lambda:GetAccountSettings', 'cloudwatch:GetMetricData'],
  ),
  notApplicable: () => null,

  async gather(run) {
    const { signals, aws, window } = run;
    const [backends, deployed, functions, failures, changes] = await Promise.all([
      attempt(signals.backends()),
      attempt(signals.deployed()),
      attempt(signals.functions()),
      attempt(signals.failures()),
      attempt(signals.changes()),
    ]);
    const query = { ...concurrency, id: 'used', periodSeconds: 60 };
    const asked = (functions.value?.items ?? []).length > 0;
    const [links, limits, used] = await Promise.all([
      readVpcLinks(run, backends.value ?? [], deployed.value?.stageVariables ?? {}),
      attempt(asked ? readAccountConcurrency(aws.send) : Promise.resolve({ limit: null, unreserved: null })),
      attempt(asked ? readMetrics(aws.send, [query], window.start, window.end) : Promise.resolve([])),
    ]);
    return { backends, deployed, functions, failures, changes, links, limits, used };
  },

  evaluate(facts, run) {
    const { backends, deployed, functions, failures, changes, links, limits, used } = facts;
    const { apiName } = run.target;
    if (backends.value === null || deployed.value === null) {
      return judge('unknown', `What API ${apiName} depends on could not be read.`, { gaps: gapsOf(backends) });
    }
    const known = functions.value?.items ?? [];
    if (functions.value !== null && known.length === 0 && !functions.value.unread?.length && links.length === 0) {
      return judge(
        'not_applicable',
        `API ${apiName} calls no function and uses no VPC link, so AWS tells no state of what it depends on.`,
      );
    }
    const notes = notebook();
    const context = faultContext(deployed.value, failures);
    const aspects = [
      ...known.flatMap(one => functionAspects(one, context, notes)),
      ...unreadFunctions(functions.value),
      ...links.flatMap(linkAspects),
      ...concurrencyAspects(facts, run, notes),
      ...changeAspects(changes.value, run, notes),
    ];
    if (functions.unread !== null) {
      aspects.push({ status: 'unknown', sentence: `The functions behind API ${apiName} could not be read.` });
    }
    if (limits.unread !== null || used.unread !== null) {
      aspects.push({
        status: 'unknown',
        sentence: 'How much of the concurrency of Lambda the account uses could not be read.',
      });
    }
    const names = [
      ...known.map(one => `function ${qualifiedName(one.reference)}`),
      ...links.map(({ id }) => `VPC link ${id}`),
    ];
    return judgeAspects(aspects, `What API ${apiName} depends on is there: ${listed([...new Set(names)])}.`, {
      evidence: notes.evidence,
      gaps: gapsOf(functions, limits, used, changes),
    });
  },
});

/** Step 7 judges the functions behind the routes: here it is those of authorizers, and what all of them need. */
function functionAspects(
  { reference, configuration, usedBy, routes }: FunctionFacts,
  context: FaultContext,
  notes: Notebook,
): Aspect[] {
  if (configuration === null) return [];
  const { state, stateReason, stateReasonCode, vpc, kmsKeyArn } = configuration;
  const name = qualifiedName(reference);
  const reason = [stateReasonCode, stateReason].filter(part => part !== null).join(': ');
  const needs = [
    ...(kmsKeyArn === null ? [] : [`key ${kmsKeyArn}`]),
    ...(vpc === null ? [] : [`subnets ${listed(vpc.subnetIds)}`, `security groups ${listed(vpc.securityGroupIds)}`]),
  ];
  const evidence = notes.note({
    ...functionRead(reference),
    text: `Function ${name} is ${state ?? 'there'}${needs.length === 0 ? ', without a key or network of its own' : `, with ${listed(needs, 5)}`}.`,
    ...(reason === '' ? {} : { excerpt: excerpt(reason) }),
  });
  if (state === null || state === 'Active') return [];
  const sentence = `Function ${name}, of authorizer ${usedBy} on ${listed(keysOf(routes))}, is ${state}, so invoking it fails.`;
  if (usedBy === 'integration' || usedBy === 'override')
    return [{ status: 'warning', sentence: `Function ${name} is ${state}.` }];
  const parameters = { ...functionParameters(reference), ...(reason === '' ? {} : { message: reason }) };
  return [fault(context, { about: 'authorizer-failure', routes, sentence, evidence: [evidence], parameters })];
}

/** Claimed by step 7, with its evidence. */
function linkAspects(reading: VpcLinkReading): Aspect[] {
  const { id, link, targets } = reading;
  const status = link.value?.status ?? 'missing';
  const gaps = gapsOf(link, ...targets.map(target => target.health));
  if (gaps.length > 0)
    return [{ status: 'unknown', sentence: `VPC link ${id}, or what is behind it, could not be read.`, gaps }];
  if (linkState(reading) === 'fails') return [{ status: 'warning', sentence: `VPC link ${id} is ${status}.` }];
  const behind = targets.length === 0 ? 'works' : targetState(reading);
  if (behind === 'works') return [];
  const how = behind === 'fails' ? 'no target' : 'not every target';
  return [{ status: 'warning', sentence: `Behind VPC link ${id} ${how} can serve requests.` }];
}

/** Other functions of the account may use up what these need. */
function concurrencyAspects({ limits, used }: Facts, { window, target }: Run, notes: Notebook): Aspect[] {
  const limit = limits.value?.limit ?? null;
  const most = Math.max(0, ...(used.value?.[0]?.points ?? []).map(point => point.value));
  if (limit === null || used.value === null) return [];
  const sentence = `The account used up to ${most} of its ${limit} concurrent executions of Lambda in ${target.region}.`;
  notes.note({
    text: sentence,
    source: 'cloudwatch:GetMetricData',
    resource: target.region,
    link: metricsLink(target.region, concurrency, window),
    cli: metricCommand(concurrency, window, target.region),
  });
  notes.note({
    text: `Lambda allows the account ${limit} concurrent executions in ${target.region}.`,
    source: 'lambda:GetAccountSettings',
    resource: target.region,
    cli: cliLine('lambda get-account-settings', { region: target.region }),
  });
  return most >= close * limit ? [{ status: 'warning', sentence }] : [];
}

/** Keys, targets and security groups: a lead where somebody changed one shortly before. */
function changeAspects(changes: Changes | null, { window }: Run, notes: Notebook): Aspect[] {
  const near = (changes?.changes ?? []).filter(
    change => (change.kind === 'kms' || change.kind === 'network') && isShortlyBefore(change, window),
  );
  return near.map((change): Aspect => {
    const sentence = `${change.who ?? 'Somebody'} did ${change.event} on ${change.resource} at ${utc(change.at)}, ${fromFirstError(change.minutesBeforeOnset ?? 0)}.`;
    notes.note({ text: sentence, source: 'cloudtrail:LookupEvents', resource: change.resource, at: change.at });
    return { status: 'warning', sentence };
  });
}
