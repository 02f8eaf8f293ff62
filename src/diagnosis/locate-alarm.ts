/** From an alarm to the one API and stage that it is about. */
import { listRestApis } from '../aws/api-gateway.ts';
import { listApis, readApi } from '../aws/api-gateway-v2.ts';
import { readAlarms } from '../aws/metrics.ts';
import type { Alarm, AlarmMetric } from '../aws/types.ts';
import { UnreadError } from '../aws/unread.ts';
import { leadsBehind } from './alarm-leads.ts';
import { alarmsInRule } from './alarm-rule.ts';
import { closest } from './close-names.ts';
import { failingApis } from './failing.ts';
import { type ApiReference, candidatesOf, locateId, type Search, stagesOf } from './find-api.ts';
import { attempt } from './finding.ts';
import { type Lead, locateAmong } from './locate-among.ts';
import { isApiId } from './target-reference.ts';
import { metricName } from './traffic.ts';
import type { AlarmNotice, Gap, Location, Target } from './types.ts';
import { excerpt, listed } from './wording.ts';

/** What is known of the alarm that asks, and which others may be asked for. */
export interface AlarmContext {
  /** What the alarm says of itself. */
  notice?: AlarmNotice | undefined;
  /** Alarms that may be asked for in the same place, so that CloudWatch is asked once for all. */
  alarmNames?: readonly string[];
}

/**
 * An alarm by its name. DescribeAlarms: one call, and one more for each level of a composite alarm. Then, by what it watches:
 * an HTTP or WebSocket API: GetApi; a REST API: GetRestApis, because its metrics carry only its name; several that fit: see
 * `locateAmong`; the stage: see `withStage`; what other services measure: see `leadsBehind`. Rejects with UnreadError where that cannot be read.
 */
export async function locateAlarm(name: string, search: Search, context: AlarmContext): Promise<Location> {
  const { aws } = search;
  const alarm = await alarmNamed(name, search, context);
  if (alarm === null) return { kind: 'not_found', region: aws.region, candidates: [] };
  const { alarms, cut } = alarm.rule === null ? { alarms: [alarm], cut: false } : await alarmsUnder(alarm, search);
  // What fires is what a composite alarm fires for.
  const firing = alarms.filter(one => one.state === 'ALARM');
  let unread: UnreadError | null = null;
  for (const group of [firing, alarms.filter(one => !firing.includes(one))]) {
    const location = await attempt(locateBehind(group, search));
    if (location.value !== null) return withThreshold(location.value, alarm, search);
    unread ??= location.unread;
  }
  if (unread !== null) throw unread;
  if (cut) throw tooManyAlarms(alarm);
  return { kind: 'unrelated', alarm: alarm.name, watches: watchesSentence(alarm, alarms) };
}

/** What the alarm said of itself stands in where CloudWatch does not tell of it. */
async function alarmNamed(
  name: string,
  { aws }: Search,
  { notice, alarmNames = [] }: AlarmContext,
): Promise<Alarm | null> {
  const names = alarmNames.includes(name) ? alarmNames : [name];
  const { value, unread } = await attempt(readAlarms(aws.send, names));
  const alarm = value?.find(one => one.name === name);
  if (alarm !== undefined) return alarm;
  if (notice?.name === name && notice.metrics.length > 0) return alarmOf(notice);
  if (unread !== null) throw unread;
  return null;
}

function alarmOf({ name, arn, state, at, metrics }: AlarmNotice): Alarm {
  return {
    name,
    arn,
    state,
    stateChangedAt: at,
    threshold: null,
    comparison: null,
    metrics: metrics.map(({ namespace, name: metric, dimensions }) => {
      return { namespace, metric, dimensions, stat: null, periodSeconds: null, compared: false, accountId: null };
    }),
    rule: null,
  };
}

/** Composite alarms may stand on composite alarms, and in a circle. */
const levelCap = 5;
const alarmCap = 200;

/** The metric alarms that a composite alarm stands on; `cut` where there are more, or deeper ones, than are read. */
async function alarmsUnder(root: Alarm, { aws }: Search): Promise<{ alarms: Alarm[]; cut: boolean }> {
  const seen = new Set([root.name]);
  const alarms: Alarm[] = [];
  let level = [root];
  let cut = false;
  for (let depth = 0; depth < levelCap && level.length > 0; depth++) {
    const names = level.flatMap(one => alarmsInRule(one.rule ?? '')).filter(name => !seen.has(name));
    const next = [...new Set(names)].slice(0, alarmCap - seen.size);
    cut ||= next.length < new Set(names).size;
    for (const name of next) seen.add(name);
    const read = await readAlarms(aws.send, next);
    alarms.push(...read.filter(one => one.rule === null));
    level = read.filter(one => one.rule !== null);
  }
  return { alarms, cut: cut || level.length > 0 };
}

function tooManyAlarms({ name }: Alarm): UnreadError {
  return new UnreadError(
    'cloudwatch:DescribeAlarms',
    'capped',
    `The composite alarm ${excerpt(name, 120)} stands on more than ${alarmCap} alarms or ${levelCap} levels of them, and those that were read are about no API.`,
    'Ask for the alarm below it that is about the API: alarm:NAME.',
  );
}

/** So many metrics of other services are followed. */
const metricCap = 10;

/**
 * null: there is no API behind any of them. What API Gateway counts itself goes before what other services do. Rejects
 * where a metric could not be followed and no other leads to an API.
 */
async function locateBehind(alarms: readonly Alarm[], search: Search): Promise<Location | null> {
  const all = alarms.flatMap(alarm => alarm.metrics);
  const metrics = all.filter(metric => metric.accountId === null);
  const foreign = all.find(metric => metric.accountId !== null);
  if (metrics.length === 0 && foreign !== undefined) throw otherAccount(alarms, foreign);
  const own = metrics.filter(metric => metric.namespace === 'AWS/ApiGateway');
  if (own.length > 0) return locateGateway(own, search);
  const cut: Gap[] = [];
  const readings = await Promise.all(
    metrics.slice(0, metricCap).map(metric => attempt(leadsBehind(metric, search, gap => cut.push(gap)))),
  );
  const location = await locateAmong(
    readings.flatMap(reading => reading.value ?? []),
    search,
  );
  if (location?.kind === 'found' && cut.length > 0)
    return { ...location, unseen: [...(location.unseen ?? []), ...cut] };
  if (location !== null) return location;
  const unread = readings.find(reading => reading.unread !== null)?.unread;
  if (unread) throw unread;
  if (metrics.length > metricCap) throw tooManyMetrics(alarms);
  const [left] = cut;
  if (left !== undefined) throw notFollowed(alarms, left);
  if (foreign !== undefined) throw otherAccount(alarms, foreign);
  return null;
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Unified-Cross-Account.html */
function otherAccount(alarms: readonly Alarm[], foreign: AlarmMetric): UnreadError {
  const name = alarms.find(alarm => alarm.metrics.includes(foreign))?.name ?? '';
  const { accountId } = foreign;
  return new UnreadError(
    'cloudwatch:DescribeAlarms',
    'not_found',
    `The alarm ${excerpt(name, 120)} watches ${metricWords(foreign)} of account ${accountId}, another account than its own.`,
    `Ask for the API in that account: its id or name, and --account ${accountId}.`,
  );
}

/** "None" would be a guess. */
function notFollowed(alarms: readonly Alarm[], { remedy }: Gap): UnreadError {
  const names = listed(alarms.map(one => excerpt(one.name, 80)));
  return new UnreadError(
    'cloudwatch:DescribeAlarms',
    'capped',
    `No API was found behind ${names}, and not all was looked at.`,
    remedy,
  );
}

function tooManyMetrics(alarms: readonly Alarm[]): UnreadError {
  return new UnreadError(
    'cloudwatch:DescribeAlarms',
    'capped',
    `The alarms ${listed(alarms.map(one => excerpt(one.name, 80)))} watch more than ${metricCap} metrics of other services, and those that were followed lead to no API.`,
    'Ask for the API by its id or name.',
  );
}

/** What a metric of API Gateway says of its API. Both null: it counts all APIs together. */
interface Named {
  apiId: string | null;
  apiName: string | null;
  stage: string | null;
}

function namedBy({ dimensions: { ApiId, ApiName, Stage } }: AlarmMetric): Named {
  return { apiId: ApiId ?? null, apiName: ApiId === undefined ? (ApiName ?? null) : null, stage: Stage ?? null };
}

async function locateGateway(metrics: readonly AlarmMetric[], search: Search): Promise<Location> {
  const named = metrics.map(namedBy);
  const distinct = named.filter((one, index) => named.findIndex(other => sameApi(one, other)) === index);
  const [only] = distinct;
  if (only?.apiId != null && distinct.length === 1) {
    const stage = named.find(one => one.stage !== null)?.stage ?? null;
    return locateId({ ...nowhere, apiId: only.apiId, stage }, search, 'v2');
  }
  const leads = (await Promise.all(named.map(one => leadsTo(one, search)))).flat();
  return (await locateAmong(leads, search)) ?? notNamed(distinct, search);
}

const nowhere = { kind: 'api', region: null, accountId: null } as const satisfies Partial<ApiReference>;

function sameApi(a: Named, b: Named): boolean {
  return a.apiId === b.apiId && a.apiName === b.apiName;
}

async function leadsTo({ apiId, apiName, stage }: Named, search: Search): Promise<Lead[]> {
  const { aws } = search;
  if (apiId !== null) {
    const api = await readApi(aws.send, apiId);
    return api === null ? [] : [{ api, stage }];
  }
  if (apiName !== null) {
    const { items } = await listRestApis(aws.send);
    // A name that stays the same without its non-ASCII characters is not preferred: the metrics are one.
    return items.filter(api => metricName(api).trim() === apiName.trim()).map(api => ({ api, stage }));
  }
  const [rest, v2] = await Promise.all([listRestApis(aws.send), listApis(aws.send)]);
  const apis = [...rest.items, ...v2.items];
  const failing = await failingApis(apis, search);
  return (failing?.length ? failing : apis).map(api => ({ api, stage }));
}

/** The API is gone, or its list was cut: an id in place of a name may still be read. */
async function notNamed([only]: readonly Named[], search: Search): Promise<Location> {
  const { aws } = search;
  const name = only?.apiName ?? '';
  if (isApiId(name)) return locateId({ ...nowhere, apiId: name, stage: only?.stage ?? null }, search, 'rest');
  const { items } = await listRestApis(aws.send);
  return { kind: 'not_found', region: aws.region, candidates: await candidatesOf(closest(name, items), aws) };
}

/** Keeps the threshold where the chart of 5xx a minute can show it. Adds GetStages where the alarm names no stage. */
async function withThreshold(location: Location, alarm: Alarm, search: Search): Promise<Location> {
  if (location.kind !== 'found') return location;
  const threshold = await thresholdPerMinute(alarm, location.target, search);
  return { ...location, threshold };
}

/** null where the alarm compares something else than the 5xx of this one stage: a rate, an average, a route, all stages. */
async function thresholdPerMinute(alarm: Alarm, target: Target, { aws }: Search): Promise<number | null> {
  const { threshold, comparison } = alarm;
  const metric = alarm.metrics.find(one => one.compared);
  if (threshold === null || !comparison?.startsWith('Greater') || metric === undefined) return null;
  const { namespace, stat, periodSeconds, dimensions } = metric;
  if (namespace !== 'AWS/ApiGateway' || !['5XXError', '5xx'].includes(metric.metric) || stat !== 'Sum') return null;
  const { ApiId, ApiName, Stage, ...rest } = dimensions;
  if (periodSeconds === null || Object.keys(rest).length > 0) return null;
  if (Stage === undefined) {
    const { value } = await attempt(stagesOf({ id: target.apiId, name: target.apiName, type: target.apiType }, aws));
    if (value?.length !== 1) return null;
  } else if (Stage !== target.stage) return null;
  return (threshold * 60) / periodSeconds;
}

/** One sentence for people who expected an API. */
function watchesSentence(alarm: Alarm, alarms: readonly Alarm[]): string {
  const name = `The alarm ${excerpt(alarm.name, 120)}`;
  const none = 'and no API was found behind it.';
  if (alarm.rule !== null) {
    if (alarms.length === 0) return `${name} stands on alarms that do not exist, ${none}`;
    const names = alarms.map(one => excerpt(one.name, 80));
    return `${name} stands on the ${names.length === 1 ? 'alarm' : 'alarms'} ${listed(names)}, ${none}`;
  }
  const metrics = alarm.metrics.map(metricWords);
  return `${name} watches ${metrics.length === 0 ? 'an expression without metrics' : listed([...new Set(metrics)])}, ${none}`;
}

function metricWords({ metric, namespace, dimensions }: AlarmMetric): string {
  const of = Object.entries(dimensions).map(([key, value]) => `${key} ${value}`);
  const words = `${metric} of ${namespace}`;
  return excerpt(of.length === 0 ? words : `${words} (${of.join(', ')})`, 200);
}
