import { metricsLink } from '../../aws/links.ts';
import { metricCommand, stageMetrics } from '../api-source.ts';
import { type Aspect, claim, judgeAspects } from '../aspects.ts';
import { attempt, defineStep, gapsOf, judge, type Notebook, notebook, type Reading } from '../finding.ts';
import { integrationTimeoutMs } from '../serving.ts';
import { readsOf } from '../signal-reads.ts';
import type { Backend, Traffic } from '../signals.ts';
import { metricsStart } from '../traffic.ts';
import { type Quarter, quartersOf, type Trend, type TrendPoint, trendOf } from '../trend.ts';
import type { ApiType, Run } from '../types.ts';
import { span, utc } from '../wording.ts';

interface Facts {
  traffic: Traffic;
  backends: Reading<Backend[]>;
}

/** From this share of the integration timeout on, some requests meet it. */
const close = 0.8;

export const gradualDegradation = defineStep<Facts>({
  group: 'extended',
  number: null,
  id: 'gradual-degradation',
  title: 'Gradual degradation',
  question: 'Did latency and errors grow over the last hours, steadily or in one step?',
  reads: readsOf(['traffic', 'backends']),
  notApplicable: () => null,

  async gather({ signals }) {
    const [traffic, backends] = await Promise.all([signals.traffic(), attempt(signals.backends())]);
    return { traffic, backends };
  },

  evaluate({ traffic, backends }, run) {
    const { apiName, stage } = run.target;
    const name = `stage ${stage} of API ${apiName}`;
    const quarters = quartersOf(traffic.stage, run.window);
    if (quarters.length === 0) {
      return judge('not_applicable', `There was no request to ${name} in the hours before, so nothing could degrade.`);
    }
    const notes = notebook();
    const integration = noted(measureOf(quarters, 'integrationLatencyP95'), 'integrationLatencyP95', run, notes);
    const latency = noted(measureOf(quarters, 'latencyP95'), 'latencyP95', run, notes);
    const errors = noted(measureOf(quarters, 'errorShare'), 'errorShare', run, notes);
    const aspects: Aspect[] = [];
    if (isUp(integration.trend)) {
      aspects.push(slower(`The integrations behind ${name}`, integration, backends.value ?? [], run.target.apiType));
    } else if (isUp(latency.trend)) {
      // https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
      const sentence = `Requests to ${name} ${grown(latency.trend, span)} while the integrations did not: the time goes to what API Gateway does before and after them, such as authorizers and WAF.`;
      aspects.push({ status: 'warning', sentence });
    }
    if (errors.trend.shape === 'rising') {
      const sentence = `The errors on ${name} ${grown(errors.trend, percent)}, which points to something that fills up or wears out, not to one change.`;
      aspects.push({ status: 'warning', sentence });
    }
    if (errors.trend.shape === 'unknown') {
      const sentence = `There were too few requests to ${name} in the hours before to tell a trend.`;
      aspects.push({ status: 'unknown', sentence });
    }
    const began =
      errors.trend.since === null
        ? 'the share of errors did not grow either'
        : `the errors ${grown(errors.trend, percent)}`;
    return judgeAspects(aspects, `Latency on ${name} did not grow over the last hours, and ${began}.`, {
      evidence: notes.evidence,
      gaps: gapsOf(backends),
    });
  },
});

type Measure = Exclude<keyof Quarter, 'at'>;

function measureOf(quarters: readonly Quarter[], measure: Measure): TrendPoint[] {
  return quarters.flatMap(({ at, [measure]: value }) => (value === null ? [] : [{ at, value }]));
}

const measures: Record<Measure, { text: string; ids: string[] }> = {
  latencyP95: { text: 'latency (95th percentile)', ids: ['latencyP95'] },
  integrationLatencyP95: { text: 'integration latency (95th percentile)', ids: ['integrationLatencyP95'] },
  errorShare: { text: 'share of errors', ids: ['errors', 'executionErrors', 'integrationErrors'] },
};

interface Noted {
  trend: Trend;
  evidence: string[];
}

function noted(points: TrendPoint[], measure: Measure, { target, window }: Run, notes: Notebook): Noted {
  const trend = trendOf(points);
  const { text, ids } = measures[measure];
  const metrics = stageMetrics(target, ids);
  const [metric] = metrics;
  if (points.length === 0 || metric === undefined) return { trend, evidence: [] };
  const shown = measure === 'errorShare' ? percent : span;
  const hours = { start: metricsStart(window), end: window.end };
  const id = notes.note({
    text: `The ${text} of stage ${target.stage} went from ${shown(trend.from)} to ${shown(trend.to)} since ${utc(hours.start)}: ${shapes[trend.shape]}${trend.since === null ? '' : ` since about ${utc(trend.since)}`}.`,
    source: 'cloudwatch:GetMetricData',
    resource: `${target.apiName} ${target.stage}`,
    at: trend.since,
    link: metricsLink(target.region, metrics, hours),
    cli: metricCommand(metric, hours, target.region),
    excerpt: points.map(({ at, value }) => `${at.slice(11, 16)} ${shown(value)}`).join('\n'),
  });
  return { trend, evidence: [id] };
}

const shapes: Record<Trend['shape'], string> = {
  rising: 'rising steadily',
  step: 'up in one step',
  flat: 'no lasting rise',
  unknown: 'too few values for a trend',
};

function isUp({ shape }: Trend): boolean {
  return shape === 'rising' || shape === 'step';
}

/** `grew steadily from 400 ms to 9 s since about …`. */
function grown({ shape, from, to, since }: Trend, shown: (value: number) => string): string {
  const how = shape === 'rising' ? 'grew steadily' : 'went up in one step';
  return `${how} from ${shown(from)} to ${shown(to)}${since === null ? '' : ` since about ${utc(since)}`}`;
}

/** The stage's metric does not tell one destination from another, so the timeout is claimed only where there is one. */
function slower(who: string, { trend, evidence }: Noted, backends: readonly Backend[], apiType: ApiType): Aspect {
  const sentence = `${who} became slower: their latency ${grown(trend, span)}.`;
  const waiting = backends.filter(backend => backend.kind !== 'mock');
  const [only, ...others] = waiting;
  return { status: 'warning', sentence, claims: only === undefined || others.length > 0 ? [] : claims(only) };

  function claims({ integration }: Backend) {
    const timeoutMs = integrationTimeoutMs(integration, apiType);
    if (trend.to < close * timeoutMs) return [];
    return [claim('integration-timeout', 'symptom', evidence, { timeoutMs, durationMs: Math.round(trend.to) })];
  }
}

function percent(share: number): string {
  return `${Math.round(share * 1_000) / 10} %`;
}
