import { cliLine } from '../../aws/links.ts';
import { endpointRegion } from '../../aws/regions.ts';
import type { Api, Deployment, Listed, ServiceEvent, Stage } from '../../aws/types.ts';
import { apiCommand, apiLink, readOf, stageLink } from '../api-source.ts';
import { type Aspect, claim, judgeAspects } from '../aspects.ts';
import { keysOf, routeParameters } from '../faults.ts';
import { attempt, defineStep, type Fact, gapsOf, type Notebook, notebook, type Reading } from '../finding.ts';
import { requestFact } from '../request-fact.ts';
import { routeServing, withoutStage } from '../routes.ts';
import { readsOf } from '../signal-reads.ts';
import type { Deployed, Failures } from '../signals.ts';
import { mendedInDraft } from '../stale-deployment.ts';
import type { Target } from '../types.ts';
import { counted, excerpt, listed, utc } from '../wording.ts';

interface Facts {
  api: Reading<Api | null>;
  stage: Reading<Stage | null>;
  deployments: Reading<Listed<Deployment>>;
  deployed: Reading<Deployed>;
  failures: Reading<Failures>;
  events: Reading<ServiceEvent[]>;
}

/** At most this many differences between draft and stage are shown. */
const shownDifferences = 5;

export const apiAndServiceHealth = defineStep<Facts>({
  group: 'step',
  number: 1,
  id: 'api-and-service-health',
  title: 'API and service health',
  question: 'Does the API exist, is it deployed to the stage, and are the AWS services in the Region healthy?',
  reads: readsOf(['api', 'stage', 'deployments', 'deployed', 'failures', 'serviceEvents']),
  notApplicable: () => null,

  async gather({ signals }) {
    const [api, stage, deployments, deployed, failures, events] = await Promise.all([
      attempt(signals.api()),
      attempt(signals.stage()),
      attempt(signals.deployments()),
      attempt(signals.deployed()),
      attempt(signals.failures()),
      attempt(signals.serviceEvents()),
    ]);
    return { api, stage, deployments, deployed, failures, events };
  },

  evaluate(facts, { target }) {
    const { api, stage, deployments, deployed, events } = facts;
    const notes = notebook();
    const aspects = [
      ...apiAspects(api, target, notes),
      ...stageAspects(facts, target, notes),
      ...draftAspects(facts, target, notes),
      ...routeAspects(facts, target, notes),
      ...healthAspects(events, target, notes),
    ];
    const running = stage.value?.deploymentId == null ? 'is deployed' : `runs deployment ${stage.value.deploymentId}`;
    const health = events.value === null ? '' : `, and AWS reports no open event in ${target.region}`;
    return judgeAspects(aspects, `API ${target.apiName} exists, its stage ${target.stage} ${running}${health}.`, {
      evidence: notes.evidence,
      gaps: gapsOf(api, stage, deployments, deployed, events),
    });
  },
});

function apiAspects({ value: api, unread }: Facts['api'], target: Target, notes: Notebook): Aspect[] {
  if (unread !== null) return [unreadable(`API ${target.apiName} (${target.apiId})`)];
  const place = {
    source: readOf(target, 'apigateway:GetRestApi', 'apigatewayv2:GetApi'),
    resource: target.apiId,
    link: apiLink(target),
    cli: apiCommand(target, target.apiType === 'REST' ? 'get-rest-api' : 'get-api'),
  };
  if (api === null) {
    const sentence = `API ${target.apiId} does not exist in ${target.region}, so no request to it can be served.`;
    return [absent(sentence, notes.note({ ...place, text: sentence }))];
  }
  const endpoint = api.endpointTypes.length === 0 ? '' : `, ${api.endpointTypes.join(' and ')}`;
  const created = api.createdAt === null ? '' : `, created at ${utc(api.createdAt)}`;
  notes.note({ ...place, text: `API ${api.name} (${api.id}) is of type ${api.type}${endpoint}${created}.` });
  if (api.executeApiEndpointDisabled) {
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-disable-default-endpoint.html
    const answer = api.type === 'REST' ? '403' : '404';
    notes.note({
      ...place,
      text: `The invoke URL of API ${api.name} is disabled and answers ${answer}; only its custom domain names reach it.`,
    });
  }
  return [];
}

function stageAspects(facts: Facts, target: Target, notes: Notebook): Aspect[] {
  const { value: stage, unread } = facts.stage;
  if (unread !== null) return [unreadable(`stage ${target.stage} of API ${target.apiName}`)];
  const place = {
    source: readOf(target, 'apigateway:GetStage', 'apigatewayv2:GetStage'),
    resource: `${target.apiId}/${target.stage}`,
    link: stageLink(target),
    cli: apiCommand(target, 'get-stage', { 'stage-name': target.stage }),
  };
  const refused = `requests to it get ${target.apiType === 'REST' ? '403' : '404'}, not 500`;
  if (stage === null) {
    const sentence = `API ${target.apiName} has no stage ${target.stage}: ${refused}.`;
    return [absent(sentence, notes.note({ ...place, text: sentence }))];
  }
  if (stage.deploymentId === null && !stage.autoDeploy) {
    const sentence = `Stage ${target.stage} of API ${target.apiName} has no deployment: ${refused}.`;
    return [absent(sentence, notes.note({ ...place, text: sentence }))];
  }
  const deployment = facts.deployments.value?.items.find(one => one.id === stage.deploymentId) ?? null;
  const name = stage.deploymentId === null ? 'is deployed automatically' : `runs deployment ${stage.deploymentId}`;
  const made =
    deployment === null || deployment.autoDeployed ? '' : `, made at ${utc(deployment.createdAt)}${remark(deployment)}`;
  notes.note({ ...place, text: `Stage ${stage.name} ${name}${made}.`, at: deployment?.createdAt ?? null });
  const ok: Aspect = {
    status: 'ok',
    sentence: `Stage ${stage.name} ${name}.`,
    ruledOut: [{ id: 'api-not-deployed', because: `Stage ${stage.name} ${name}.` }],
  };
  return [ok, ...failedDeployment(facts, stage, place, notes), ...canary(stage, place, notes)];
}

type Place = Omit<Fact, 'text'>;

/** An automatic deployment that fails leaves the stage as it was. */
function failedDeployment(facts: Facts, stage: Stage, place: Place, notes: Notebook): Aspect[] {
  const newest = facts.deployments.value?.items[0];
  const message =
    newest?.status === 'FAILED' ? (newest.statusMessage ?? 'no reason given') : failureIn(stage.lastDeploymentMessage);
  if (message === null) return [];
  const sentence = `The last deployment of API ${facts.api.value?.name ?? stage.name} failed, so stage ${stage.name} still runs the one before.`;
  notes.note({ ...place, text: sentence, excerpt: excerpt(message) });
  return [{ status: 'warning', sentence }];
}

/** The message of a stage tells of success, too. */
function failureIn(message: string | null): string | null {
  return message !== null && /fail|error|invalid|not found/i.test(message) ? message : null;
}

function canary({ name, canary: share }: Stage, place: Place, notes: Notebook): Aspect[] {
  if (share === null || share.percentTraffic === 0) return [];
  const runs = share.deploymentId === null ? '' : ` and runs deployment ${share.deploymentId}`;
  const sentence = `A canary gets ${share.percentTraffic} % of the requests to stage ${name}${runs}.`;
  notes.note({ ...place, text: sentence });
  return [{ status: 'warning', sentence }];
}

/** What the draft has that the stage does not run. */
function draftAspects({ deployed: reading, stage, failures }: Facts, target: Target, notes: Notebook): Aspect[] {
  const { value: deployed, unread } = reading;
  const api = `API ${target.apiName}`;
  if (unread !== null) return [unreadable(`what stage ${target.stage} of ${api} runs`)];
  const place = {
    source: readOf(target, 'apigateway:GetExport', 'apigatewayv2:ExportApi'),
    resource: `${target.apiId}/${target.stage}`,
    link: stageLink(target),
    cli: apiCommand(target, 'create-deployment', { 'stage-name': target.stage }),
  };
  const { undeployed } = deployed;
  if (undeployed === null) return uncompared(deployed, target, place, notes);
  if (undeployed.length === 0) return [];
  for (const { route, field, deployed: runs, draft } of undeployed.slice(0, shownDifferences)) {
    notes.note({
      ...place,
      text: `${route}: ${field} differs between the draft of ${api} and the deployment that stage ${target.stage} runs.`,
      excerpt: `stage: ${excerpt(runs, 250)}\ndraft: ${excerpt(draft, 250)}`,
    });
  }
  const more = undeployed.length - shownDifferences;
  if (more > 0)
    notes.note({ ...place, text: `${counted(more, 'more difference')} between draft and stage ${target.stage}.` });
  const routes = [...new Set(undeployed.map(one => (one.route === '*' ? 'the whole API' : one.route)))];
  const sentence = `${api} was changed and not deployed to stage ${target.stage}: ${counted(undeployed.length, 'difference')} in ${listed(routes)}.`;
  const mended = mendedInDraft(deployed, failures.value?.requests ?? [], target.apiType);
  const [first] = mended;
  if (first === undefined) return [{ status: 'warning', sentence }];
  const fixed = [...new Set(mended.map(one => one.route))];
  const stale = `Stage ${target.stage} of ${api} fails with ${listed([...new Set(mended.map(one => one.cause))])} in ${listed(fixed)}, while the draft differs there in ${listed([...new Set(mended.flatMap(one => one.fields))])} and waits to be deployed.`;
  const evidence = notes.note({ ...place, text: stale });
  const deploymentId = stage.value?.deploymentId;
  const parameters = { routes: fixed, ...(deploymentId == null ? {} : { deploymentId }) };
  const claims = [claim('stale-deployment', 'configuration', [evidence], parameters)];
  return [{ status: 'problem', sentence: stale, claims }];
}

function uncompared(deployed: Deployed, { apiType, apiName, stage }: Target, place: Place, notes: Notebook): Aspect[] {
  if (apiType !== 'REST') {
    if (deployed.faithful) return [];
    const manual = `Stage ${stage} does not deploy by itself, so what API ${apiName} is configured to do may differ from what it runs.`;
    notes.note({ ...place, text: manual });
    return [];
  }
  const gap = deployed.unread ?? {
    source: 'apigateway:GetResources',
    reason: 'capped' as const,
    permission: null,
    remedy: `API ${apiName} has more resources than are read; compare it with the stage's export by hand.`,
  };
  return [
    {
      status: 'unknown',
      sentence: `API ${apiName} exists, but whether it was changed after the deployment of stage ${stage} could not be told.`,
      gaps: [gap],
    },
  ];
}

/** Refused requests to routes that the stage does not run, though the draft has them. */
function routeAspects({ deployed, failures }: Facts, target: Target, notes: Notebook): Aspect[] {
  const { configuration, draft, faithful } = deployed.value ?? {};
  if (!configuration || !draft || !faithful) return [];
  const refused = (failures.value?.requests ?? []).filter(
    ({ cause, status }) => cause === 'api-not-deployed' || (cause === null && (status === 403 || status === 404)),
  );
  const waiting = refused.flatMap(request => {
    const called = request.route === null ? null : withoutStage(request.route, target.stage);
    if (called === null || routeServing(configuration.routes, called) !== null) return [];
    const route = routeServing(draft.routes, called);
    return route === null ? [] : [{ request, route }];
  });
  const [first] = waiting;
  if (first === undefined) return [];
  const routes = [...new Set(waiting.map(one => one.route))];
  const status = first.request.status ?? 403;
  const sentence = `Stage ${target.stage} of API ${target.apiName} does not run ${listed(keysOf(routes))}, which its draft has: ${counted(waiting.length, 'request')} got ${status}, not 500.`;
  const evidence = [
    notes.note({
      text: sentence,
      source: readOf(target, 'apigateway:GetExport', 'apigatewayv2:ExportApi'),
      resource: `${target.apiId}/${target.stage}`,
      link: stageLink(target),
      cli: apiCommand(target, 'create-deployment', { 'stage-name': target.stage }),
    }),
    notes.note(requestFact(first.request, `A request to ${first.route.key} was refused`, target)),
  ];
  const parameters = { ...routeParameters(routes), statusCode: String(status) };
  return [
    {
      status: 'problem',
      sentence,
      claims: [claim('api-not-deployed', 'signature', evidence, parameters, waiting.length)],
    },
  ];
}

/** An open event is a lead, never the cause by itself. */
function healthAspects({ value: events }: Facts['events'], target: Target, notes: Notebook): Aspect[] {
  if (events === null) return [];
  const open = events.filter(event => event.open);
  if (open.length === 0) {
    const because = `AWS reports no open event of API Gateway or Lambda in ${target.region}.`;
    notes.note({ ...healthRead(target), text: because });
    return [{ status: 'ok', sentence: because, ruledOut: [{ id: 'aws-service-event', because }] }];
  }
  const ids = open.map(event =>
    notes.note({
      text: `AWS reports an open event of ${event.service} in ${event.region}${event.startedAt === null ? '' : ` since ${utc(event.startedAt)}`}.`,
      ...healthRead(target),
      at: event.startedAt,
      excerpt: excerpt(event.summary),
    }),
  );
  const services = [...new Set(open.map(event => event.service))];
  return [
    {
      status: 'warning',
      sentence: `AWS reports ${counted(open.length, 'open event')} of ${listed(services)} in ${target.region}: a lead, not a cause by itself.`,
      claims: [claim('aws-service-event', 'symptom', ids, { message: open[0]?.summary })],
    },
  ];
}

/** The Health API answers in one Region for all. https://docs.aws.amazon.com/health/latest/ug/health-api.html */
function healthRead({ region }: Target): Omit<Fact, 'text'> {
  return {
    source: 'health:DescribeEvents',
    resource: region,
    link: 'https://health.aws.amazon.com/health/status',
    cli: cliLine('health describe-events', {
      filter: `services=APIGATEWAY,LAMBDA,regions=${region},eventStatusCodes=open`,
      region: endpointRegion('health', region),
    }),
  };
}

function absent(sentence: string, evidence: string): Aspect {
  return { status: 'problem', sentence, claims: [claim('api-not-deployed', 'configuration', [evidence], {})] };
}

function remark({ description }: Deployment): string {
  return description === null || description === '' ? '' : ` (${excerpt(description, 80)})`;
}

function unreadable(what: string): Aspect {
  return { status: 'unknown', sentence: `${what[0]?.toUpperCase()}${what.slice(1)} could not be read.` };
}
