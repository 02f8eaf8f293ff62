/** Which of several APIs and stages fail in the window: by their metrics, and by their logs where these are shared. */
import { logGroupOfArn, readLogEvents } from '../aws/logs.ts';
import { readMetrics } from '../aws/metrics.ts';
import type { ApiSummary, Aws, MetricQuery, Stage } from '../aws/types.ts';
import { accessLogParser } from './access-log.ts';
import { attempt } from './finding.ts';
import { executionGroups, failedStatusPattern, failurePattern, serverErrorPattern } from './log-patterns.ts';
import { metricQueries } from './traffic.ts';
import type { Target, Window } from './types.ts';

interface Asking {
  aws: Aws;
  window: Window;
}

const errorMetrics = ['errors', 'executionErrors', 'integrationErrors'];

function errorQueries(target: Target): MetricQuery[] {
  return metricQueries(target, []).filter(query => errorMetrics.includes(query.id));
}

/** Those with 5xx in the window, in their order; null where metrics cannot be read. Adds one GetMetricData. */
export async function failingByMetric(targets: readonly Target[], { aws, window }: Asking): Promise<Target[] | null> {
  const failing = await failingSeries(targets.map(errorQueries), { aws, window });
  return failing === null ? null : targets.filter((_, index) => failing.has(index));
}

/** APIs with 5xx on any stage in the window; null where metrics cannot be read. Adds one GetMetricData for 250 APIs. */
export async function failingApis(apis: readonly ApiSummary[], { aws, window }: Asking): Promise<ApiSummary[] | null> {
  const queries = apis.map(api => {
    const { accountId, region } = aws;
    const target = { accountId, region, apiId: api.id, apiName: api.name, apiType: api.type, stage: '' };
    return errorQueries(target).map(query => {
      const { Stage: _, ...dimensions } = query.dimensions;
      return { ...query, dimensions };
    });
  });
  const failing = await failingSeries(queries, { aws, window });
  return failing === null ? null : apis.filter((_, index) => failing.has(index));
}

async function failingSeries(queries: MetricQuery[][], { aws, window }: Asking): Promise<Set<number> | null> {
  const flat = queries.flatMap((each, index) => each.map(query => ({ ...query, id: `${index}_${query.id}` })));
  if (flat.length === 0) return new Set();
  const { value } = await attempt(readMetrics(aws.send, flat, window.start, window.end));
  if (value === null) return null;
  const failing = value.filter(series => series.points.some(point => point.value > 0));
  return new Set(failing.map(series => Number.parseInt(series.id, 10)));
}

/** One stage of an API, with its settings. */
export interface StageOption {
  target: Target;
  stage: Stage;
}

/**
 * Those that fail in the window; empty where none can be shown to. REST APIs of one name share their metrics: of those
 * that share them the logs tell, each by itself. Adds one GetMetricData, and FilterLogEvents for each log of those that
 * share (at most two each).
 */
export async function failingOptions(options: readonly StageOption[], asking: Asking): Promise<StageOption[]> {
  const byMetric = await failingByMetric(
    options.map(option => option.target),
    asking,
  );
  const counted = options.filter(({ target }) => byMetric === null || byMetric.includes(target));
  const shares = ({ target }: StageOption) =>
    byMetric === null || options.filter(one => metricKey(one.target) === metricKey(target)).length > 1;
  const told = await Promise.all(
    counted.map(async option => !shares(option) || (await failsInLogs(option, options, asking))),
  );
  return counted.filter((_, index) => told[index]);
}

function metricKey(target: Target): string {
  return JSON.stringify(errorQueries(target).map(query => query.dimensions));
}

/** A few lines are enough to see that one is a failure. */
const linesRead = 50;

/** Whether a log that is the stage's own has a failing request. A log that cannot be read, or tells of none, is no "no". */
async function failsInLogs(
  option: StageOption,
  others: readonly StageOption[],
  { aws, window }: Asking,
): Promise<boolean> {
  const { target, stage } = option;
  const read = async (group: string, pattern: string) => {
    const query = { start: window.start, end: window.end, pattern, limit: linesRead };
    return (await attempt(readLogEvents(aws.send, group, query))).value?.items ?? [];
  };
  const logs = stage.logging.level !== 'OFF' || Object.values(stage.routeLogging).some(one => one.level !== 'OFF');
  const pattern = target.apiType === 'REST' ? failedStatusPattern : failurePattern;
  for (const group of logs ? executionGroups(target) : []) {
    if ((await read(group, pattern)).length > 0) return true;
  }
  const access = accessGroup(stage);
  if (access === null || others.some(one => one !== option && accessGroup(one.stage) === access)) return false;
  const parse = accessLogParser(stage.accessLogs?.format ?? '');
  return (await read(access, serverErrorPattern)).some(({ message }) => parse(message)?.status?.startsWith('5'));
}

function accessGroup({ accessLogs }: Stage): string | null {
  return accessLogs === null ? null : logGroupOfArn(accessLogs.destinationArn);
}
