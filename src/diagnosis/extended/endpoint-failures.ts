import { metricsLink } from '../../aws/links.ts';
import { integrationLatency, integrationRead, metricCommand } from '../api-source.ts';
import { type Aspect, judgeAspects } from '../aspects.ts';
import { faultContext, keysOf } from '../faults.ts';
import { attempt, defineStep, gapsOf, judge, type Notebook, notebook, type Reading } from '../finding.ts';
import { causeAspects, classified } from '../request-causes.ts';
import { backendServing, failingFirst } from '../serving.ts';
import { readsOf } from '../signal-reads.ts';
import type { Backend, Deployed, FailedRequest, Failures, Traffic } from '../signals.ts';
import type { Run } from '../types.ts';
import { judgeVpcLink, readVpcLinks, type VpcLinkReading, vpcLinkReads } from '../vpc-links.ts';
import { counted, listed, span } from '../wording.ts';

interface Facts {
  backends: Reading<Backend[]>;
  deployed: Reading<Deployed>;
  failures: Reading<Failures>;
  traffic: Reading<Traffic>;
  links: VpcLinkReading[];
}

/** At most this many endpoints are shown, the failing ones first. */
const shownEndpoints = 6;

export const endpointFailures = defineStep<Facts>({
  group: 'extended',
  number: null,
  id: 'endpoint-failures',
  title: 'Endpoint failures',
  question: 'Did the HTTP and private endpoints behind the API fail over the last 30 minutes?',
  reads: readsOf(['backends', 'deployed', 'failures', 'traffic'], vpcLinkReads),
  notApplicable: () => null,

  async gather(run) {
    const { signals } = run;
    const [backends, deployed, failures, traffic] = await Promise.all([
      attempt(signals.backends()),
      attempt(signals.deployed()),
      attempt(signals.failures()),
      attempt(signals.traffic()),
    ]);
    const links = await readVpcLinks(run, backends.value ?? [], deployed.value?.stageVariables ?? {});
    return { backends, deployed, failures, traffic, links };
  },

  evaluate({ backends, deployed, failures, traffic, links }, run) {
    const { target } = run;
    if (backends.value === null || deployed.value === null) {
      const sentence = `The integrations of API ${target.apiName} could not be read.`;
      return judge('unknown', sentence, { gaps: gapsOf(backends) });
    }
    const endpoints = backends.value.filter(isEndpoint);
    if (endpoints.length === 0) {
      return judge('not_applicable', `No route of API ${target.apiName} leads to an HTTP or private endpoint.`);
    }
    const notes = notebook();
    const setup = {
      target,
      overrides: run.overrides,
      backends: backends.value,
      deployed: deployed.value,
      functions: [],
      links,
    };
    const all = backends.value;
    const requests = classified(failures.value?.requests ?? [], [], setup).filter(request => {
      const backend = backendServing(all, request);
      return backend !== null && isEndpoint(backend);
    });
    const context = faultContext(deployed.value, failures);
    const aspects: Aspect[] = [
      ...causeAspects(requests, setup, notes),
      ...links.flatMap(link => judgeVpcLink(link, { target, context, notes })),
    ];
    noteEndpoints(failingFirst(endpoints, requests), requests, run, deployed.value, notes);
    noteLatency(traffic.value, run, notes);
    if (failures.unread !== null) {
      aspects.push({
        status: 'unknown',
        sentence: `How often the endpoints behind API ${target.apiName} failed could not be read.`,
      });
    } else if (!failures.value.sources.some(source => source.state === 'read' || source.state === 'empty')) {
      aspects.push({
        status: 'unknown',
        sentence: `No log of stage ${target.stage} tells how often its endpoints failed.`,
      });
    }
    const names = [...new Set(endpoints.map(endpoint => endpoint.uri ?? 'an endpoint without an address'))];
    return judgeAspects(aspects, `Nothing shows a failure of ${listed(names)} over the last 30 minutes.`, {
      evidence: notes.evidence,
      gaps: gapsOf(failures, traffic),
    });
  },
});

function isEndpoint({ kind }: Backend): boolean {
  return kind === 'http' || kind === 'vpc-link';
}

function noteEndpoints(
  endpoints: Backend[],
  requests: FailedRequest[],
  run: Run,
  deployed: Deployed,
  notes: Notebook,
): void {
  for (const endpoint of endpoints.slice(0, shownEndpoints)) {
    const failed = requests.filter(request => backendServing(endpoints, request) === endpoint);
    const statuses = [...new Set(failed.map(request => request.status ?? 'no status'))];
    const how =
      failed.length === 0
        ? 'no failing request in the logs'
        : `${counted(failed.length, 'failing request')}, answered ${listed(statuses.map(String))}`;
    notes.note({
      text: `${listed(keysOf(endpoint.routes))} with ${endpoint.uri ?? 'no address'}: ${how}.`,
      ...integrationRead(run.target, deployed, endpoint.integration),
      resource: endpoint.uri ?? run.target.apiId,
    });
  }
}

function noteLatency(traffic: Traffic | null, { target, window }: Run, notes: Notebook): void {
  const series = traffic?.stage.find(one => one.id === 'integrationLatencyP95');
  const values = (series?.points ?? []).filter(point => point.at >= window.start).map(point => point.value);
  const metric = integrationLatency(target);
  if (values.length === 0 || metric === undefined) return;
  notes.note({
    text: `The endpoints of stage ${target.stage} took up to ${span(Math.max(...values))} in the slowest minute of the last 30 (95th percentile).`,
    source: 'cloudwatch:GetMetricData',
    resource: `${target.apiName} ${target.stage}`,
    link: metricsLink(target.region, metric, window),
    cli: metricCommand(metric, window, target.region),
  });
}
