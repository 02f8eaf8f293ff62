import { cliLine, logGroupLink } from '../../aws/links.ts';
import { readLogEvents } from '../../aws/logs.ts';
import type { Listed, LogEvent, Stage } from '../../aws/types.ts';
import { apiCommand, stageLink } from '../api-source.ts';
import { type Aspect, claim, judgeAspects } from '../aspects.ts';
import { attempt, defineStep, gapsOf, judge, notebook, type Reading } from '../finding.ts';
import { isServerError } from '../function-logs.ts';
import { assembleFailures, readExecutionLines } from '../log-lines.ts';
import { failurePattern } from '../log-patterns.ts';
import { causeAspects, classified, setupOf } from '../request-causes.ts';
import { readsOf } from '../signal-reads.ts';
import type { Backend, Deployed, FailedRequest, Failures, Traffic } from '../signals.ts';
import type { Target } from '../types.ts';
import { counted, utc } from '../wording.ts';

interface Facts {
  stage: Stage | null;
  failures: Reading<Failures>;
  traffic: Reading<Traffic>;
  deployed: Reading<Deployed>;
  backends: Reading<Backend[]>;
  /** null: the stage has no canary, or the canary no log group. */
  log: Reading<Listed<LogEvent> | null>;
  /** Requests that failed in the canary. */
  requests: FailedRequest[];
}

/** At most this many events are read. */
const eventCap = 2_000;

export const canary = defineStep<Facts>({
  group: 'extended',
  number: null,
  id: 'canary',
  title: 'Canary release',
  question: 'Does a canary release get a share of the requests, and is it the canary that fails?',
  reads: readsOf(['stage', 'failures', 'traffic', 'deployed', 'backends']),
  // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-vs-rest.html
  notApplicable: ({ apiType, apiName }) =>
    apiType === 'REST' ? null : `API ${apiName} is of type ${apiType}; only REST APIs have canary releases.`,

  async gather(run) {
    const { signals, aws, window, target } = run;
    const stage = await signals.stage();
    const { start, end } = window;
    const query = { start, end, pattern: failurePattern, limit: eventCap };
    const [failures, traffic, deployed, backends, log] = await Promise.all([
      attempt(signals.failures()),
      attempt(signals.traffic()),
      attempt(signals.deployed()),
      attempt(signals.backends()),
      attempt(hasCanary(stage) ? readLogEvents(aws.send, canaryGroup(target), query) : Promise.resolve(null)),
    ]);
    const lines = await readExecutionLines(log.value?.items ?? []);
    const failed = await assembleFailures(lines, new Map(), { execution: canaryGroup(target), access: null });
    return { stage, failures, traffic, deployed, backends, log, requests: failed.filter(isServerError) };
  },

  evaluate(facts, run) {
    const { stage, failures, traffic, log, requests } = facts;
    const { target, window } = run;
    const share = stage?.canary ?? null;
    if (stage === null || share === null || !hasCanary(stage)) {
      return judge('not_applicable', `Stage ${target.stage} of API ${target.apiName} has no canary release.`);
    }
    const notes = notebook();
    const runs = share.deploymentId === null ? '' : ` and runs deployment ${share.deploymentId}`;
    const errors = traffic.value?.impact.errorShare ?? null;
    const settings = notes.note({
      text: `The canary gets ${share.percentTraffic} % of the requests to stage ${stage.name}${runs}${errors === null ? '' : `; ${Math.round(errors * 1_000) / 10} % of all requests fail`}.`,
      source: 'apigateway:GetStage',
      resource: `${target.apiId}/${target.stage}`,
      link: stageLink(target),
      cli: apiCommand(target, 'get-stage', { 'stage-name': target.stage }),
    });
    const group = canaryGroup(target);
    const read = notes.note({
      text: logText(group, requests.length, log),
      source: 'logs:FilterLogEvents',
      resource: group,
      link: logGroupLink(target.region, group, window),
      cli: cliLine('logs filter-log-events', {
        'log-group-name': group,
        'start-time': Date.parse(window.start),
        'end-time': Date.parse(window.end),
        region: target.region,
      }),
    });
    const name = `The canary of stage ${stage.name}`;
    // Metrics also count what no log tells; the share is drawn by lot, so it is not met exactly.
    const beyond = (errors ?? 0) > (1.5 * share.percentTraffic) / 100;
    const own = failures.value === null ? null : stageFailures(failures.value, requests);
    const setup = setupOf(run, { ...facts, functions: { value: { items: [], complete: false }, unread: null } });
    const named = causeAspects(classified(requests, [], setup), setup, notes);
    const gaps = gapsOf(log, failures);
    const parameters = { deploymentId: share.deploymentId };
    const aspects = [...(requests.length === 0 ? silence() : failing())];
    return judgeAspects(aspects, `${name} logged no failing request.`, { evidence: notes.evidence, gaps });

    function* failing(): Generator<Aspect> {
      const count = counted(requests.length, 'failing request');
      const since = utc(requests.reduce((first, { at }) => (at < first ? at : first), requests[0]?.at ?? ''));
      if (own === 0 && !beyond) {
        const sentence = `${name} fails and the stage itself does not: ${count} since ${since}, all in the canary's log.`;
        const claims = [claim('canary-deployment-failing', 'signature', [read, settings], parameters, requests.length)];
        yield { status: 'problem', sentence, claims };
        // The same requests must not count twice.
        for (const { sentence: text, claims: causes = [] } of named) {
          const fitting = causes.map(one => ({ ...one, basis: 'symptom' as const, requests: null }));
          yield { status: 'warning', sentence: text, claims: fitting };
        }
        return;
      }
      const beside =
        own === null
          ? 'whether the stage itself fails, too, could not be told'
          : own === 0
            ? 'but more requests fail than it gets'
            : `and the stage itself has ${own} beside them`;
      const claims =
        own === null || own === 0 ? [claim('canary-deployment-failing', 'symptom', [read, settings], parameters)] : [];
      yield { status: 'warning', sentence: `${name} has ${count} since ${since}; ${beside}.`, claims };
      yield* named;
    }

    function* silence(): Generator<Aspect> {
      if (log.unread !== null) {
        yield { status: 'unknown', sentence: `The log of the canary, ${group}, could not be read.` };
      } else if (log.value === null || stage?.logging.level === 'OFF') {
        const off = failures.value?.sources.find(source => source.kind === 'execution')?.gap ?? null;
        const sentence = `${name} has written no execution log, so nothing tells whether it fails.`;
        yield { status: 'unknown', sentence, gaps: off === null ? [] : [off] };
      } else if (!log.value.complete) {
        yield { status: 'unknown', sentence: `The log of the canary, ${group}, was read in part only.` };
      } else {
        const because = `${name} logged no failing request, while its log was read whole.`;
        yield { status: 'ok', sentence: because, ruledOut: [{ id: 'canary-deployment-failing', because }] };
      }
    }
  },
});

export function hasCanary(stage: Stage | null): boolean {
  return (stage?.canary?.percentTraffic ?? 0) > 0;
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/canary-release.html */
function canaryGroup({ apiId, stage }: Target): string {
  return `API-Gateway-Execution-Logs_${apiId}/${stage}/Canary`;
}

function logText(group: string, count: number, { value, unread }: Facts['log']): string {
  if (unread !== null) return `The canary's execution log ${group} could not be read.`;
  if (value === null) return `The canary's execution log ${group} does not exist.`;
  return `The canary's execution log ${group} tells of ${counted(count, 'failing request')}${value.complete ? '' : ', and there is more in it than was read'}.`;
}

/**
 * Failing requests that are not the canary's. Access logs hold both, so they are told apart by their ids; null where the
 * stage's own execution log was not read whole, because then the canary's lines alone do not compare.
 */
function stageFailures({ requests, sources }: Failures, ofCanary: readonly FailedRequest[]): number | null {
  const own = sources.find(source => source.kind === 'execution');
  if (own === undefined || !(own.state === 'read' || own.state === 'empty') || !own.complete) return null;
  const ids = new Set(ofCanary.map(request => request.requestId));
  return requests.filter(request => isServerError(request) && !ids.has(request.requestId)).length;
}
