import { cliLine, logGroupLink, webAclLink } from '../../aws/links.ts';
import type { Stage, WafRequest, WebAcl } from '../../aws/types.ts';
import { apiCommand, stageLink } from '../api-source.ts';
import { type Aspect, claim, judgeAspects } from '../aspects.ts';
import { attempt, defineStep, type Fact, gapsOf, judge, type Notebook, notebook, type Reading } from '../finding.ts';
import { answeredStatus } from '../gateway-responses.ts';
import { requestFact } from '../request-fact.ts';
import { readsOf } from '../signal-reads.ts';
import type { Failures } from '../signals.ts';
import type { Gap, Judgement, Run, Target } from '../types.ts';
import { blockedAt, blockedCap, gatherWaf, isBlocked, type WafFacts } from '../waf-requests.ts';
import { counted, excerpt, listed } from '../wording.ts';

interface Facts {
  stage: Stage | null;
  /** null: the stage has no web ACL. */
  waf: WafFacts | null;
  failures: Reading<Failures>;
}

/** At most this many rules are shown. */
const shownRules = 5;

export const waf = defineStep<Facts>({
  group: 'step',
  number: 10,
  id: 'waf',
  title: 'WAF',
  question: 'Does a web ACL block requests to the stage, and which rule decides?',
  reads: readsOf(
    ['stage', 'deployed', 'failures'],
    ['wafv2:GetWebACL', 'wafv2:GetLoggingConfiguration', 'wafv2:GetSampledRequests', 'logs:FilterLogEvents'],
  ),
  notApplicable: ({ apiType, apiName }) =>
    apiType === 'REST'
      ? null
      : `API ${apiName} is of type ${apiType}, and only stages of REST APIs can have a web ACL.`,

  async gather(run) {
    const [stage, failures] = await Promise.all([
      run.signals.stage().then(async one => ({
        settings: one,
        waf: one?.webAclArn == null ? null : await gatherWaf(run, one.webAclArn),
      })),
      attempt(run.signals.failures()),
    ]);
    return { stage: stage.settings, waf: stage.waf, failures };
  },

  evaluate({ stage, waf, failures }, run) {
    const { target } = run;
    if (stage === null)
      return judge('unknown', `API ${target.apiName} has no stage ${target.stage} that could have a web ACL.`);
    const notes = notebook();
    if (waf === null) {
      const because = `No web ACL is associated with stage ${target.stage} of API ${target.apiName}.`;
      notes.note({ text: because, source: 'apigateway:GetStage', ...stagePlace(target) });
      const judgement = judge('ok', because, {
        evidence: notes.evidence,
        ruledOut: rulingOut(because, ['waf-blocked', 'waf-evaluation-error']),
      });
      return withEvaluationErrors(judgement, null, failures.value, run, notes);
    }
    return withEvaluationErrors(judgeWaf(waf, run, notes), waf.arn, failures.value, run, notes);
  },
});

/** WAF itself has no record of the calls that did not reach it: only the failing requests tell. */
function withEvaluationErrors(
  judgement: Judgement,
  webAclArn: string | null,
  failures: Failures | null,
  { target }: Run,
  notes: Notebook,
): Judgement {
  const id = 'waf-evaluation-error';
  const requests = (failures?.requests ?? []).filter(one => one.cause === id);
  const [example] = requests;
  if (example === undefined) return judgement;
  const failed = `API Gateway got no decision from WAF for ${counted(requests.length, 'failing request')}`;
  const line = notes.note(requestFact(example, `${failed}, one of them`, target));
  return {
    ...judgement,
    status: 'problem',
    summary: `${failed} to stage ${target.stage} of API ${target.apiName}.`,
    evidence: notes.evidence,
    claims: [...judgement.claims, claim(id, 'signature', [line], { webAclArn }, requests.length)],
    ruledOut: judgement.ruledOut.filter(one => one.id !== id),
  };
}

function judgeWaf(facts: WafFacts, run: Run, notes: Notebook): Judgement {
  const { target } = run;
  const { acl, logging, logged, sampled } = facts;
  const name = acl.value?.name ?? facts.arn.split('/').at(-2) ?? facts.arn;
  const gaps = [...gapsOf(acl, logging, logged), ...(sampled === null ? [] : gapsOf(sampled)), ...cut(logged, name)];
  noteAcl(facts, name, run, notes);
  const blocked = (logged.value?.items ?? sampled?.value ?? []).filter(isBlocked);
  const from: Blocked['from'] = logged.value === null ? 'samples' : 'log';
  if (logged.value === null && sampled?.value == null) {
    const sentence = `Whether web ACL ${name} blocks requests to stage ${target.stage} could not be read.`;
    return judgeAspects([{ status: 'unknown', sentence }], '', { evidence: notes.evidence, gaps });
  }
  if (blocked.length === 0) {
    const because =
      from === 'log'
        ? `Web ACL ${name} blocked no request to stage ${target.stage} in the window.`
        : `WAF's samples show no request that web ACL ${name} blocked in the window.`;
    return judge('ok', because, { evidence: notes.evidence, gaps, ruledOut: rulingOut(because, ['waf-blocked']) });
  }
  const groups = [...Map.groupBy(blocked, one => `${one.rule} ${statusOf(one, facts)}`).values()];
  const grave = (requests: WafRequest[]) => requests.some(one => statusOf(one, facts) >= 500);
  const aspects = groups
    .toSorted((a, b) => Number(grave(b)) - Number(grave(a)) || b.length - a.length)
    .slice(0, shownRules)
    // Blocks with 403 beside blocks with 5xx would only blur what is claimed of the latter.
    .map(requests => {
      const claimed = grave(requests) || (from === 'log' && !grave(blocked));
      return blockedAspect({ requests, from, name, facts, claimed }, run, notes);
    });
  const judgement = judgeAspects(aspects, '', { evidence: notes.evidence, gaps });
  if (grave(blocked)) return judgement;
  const because = `Web ACL ${name} answers what it blocks with ${listed([...new Set(blocked.map(one => String(statusOf(one, facts))))])}, not 5xx.`;
  return { ...judgement, ruledOut: rulingOut(because, ['waf-blocked']) };
}

interface Blocked {
  /** By one rule, with one status. */
  requests: WafRequest[];
  from: 'log' | 'samples';
  /** Of the web ACL. */
  name: string;
  facts: WafFacts;
  claimed: boolean;
}

function blockedAspect({ requests, from, name, facts, claimed }: Blocked, run: Run, notes: Notebook): Aspect {
  const { target } = run;
  const [first] = requests;
  const rule = first?.rule ?? null;
  const status = first === undefined ? 403 : statusOf(first, facts);
  const decider = rule === null ? `Web ACL ${name}` : `Rule ${rule} of web ACL ${name}`;
  const number = `${facts.logged.value?.complete === false ? 'at least ' : ''}${counted(requests.length, 'request')}`;
  const where =
    from === 'log'
      ? `to stage ${target.stage}`
      : 'in the samples, which may belong to other resources that it protects';
  const answer = `with ${status}${status >= 500 ? '' : ', which does not explain 5xx'}`;
  const sentence = `${decider} blocked ${number} ${where}, ${answer}.`;
  const id = notes.note({
    text: sentence,
    ...(from === 'log' ? logPlace(facts, run) : samplePlace(facts, rule, run)),
    at: first?.at ?? null,
    excerpt: excerpt(requests.slice(0, 3).map(described).join('\n')),
  });
  const parameters = { webAclArn: facts.arn, rule, statusCode: String(status) };
  // Samples may show requests to something else, so they prove nothing about this stage.
  const shown =
    from === 'log'
      ? claim('waf-blocked', 'signature', [id], parameters, requests.length)
      : claim('waf-blocked', 'symptom', [id], parameters);
  return { status: from === 'log' && status >= 500 ? 'problem' : 'warning', sentence, claims: claimed ? [shown] : [] };
}

/**
 * A custom response of the rule goes before a gateway response of the API.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
 */
function statusOf({ responseCode, rule }: WafRequest, { acl, deployed }: WafFacts): number {
  const custom = responseCode ?? acl.value?.rules.find(one => one.name === rule)?.blockStatusCode;
  return custom ?? answeredStatus(deployed.value?.configuration.gatewayResponses ?? [], 'WAF_FILTERED', 403);
}

function described({ at, method, uri, clientIp, country, requestId }: WafRequest): string {
  const from = [clientIp, country].filter(one => one !== null).join(' ');
  return [at, method, uri, from === '' ? null : `from ${from}`, requestId].filter(one => one !== null).join(' ');
}

function noteAcl({ arn, acl, logging }: WafFacts, name: string, { target }: Run, notes: Notebook): void {
  const associated = `Web ACL ${name} is associated with stage ${target.stage} of API ${target.apiName}`;
  notes.note({ text: `${associated}.`, source: 'apigateway:GetStage', ...stagePlace(target) });
  const place = { source: 'wafv2:GetWebACL', ...aclPlace(arn, name, acl.value, target) } as const;
  if (acl.value !== null) {
    const own = acl.value.rules
      .filter(rule => rule.blockStatusCode !== null)
      .map(rule => `${rule.name} with ${rule.blockStatusCode}`);
    const custom = own.length === 0 ? '' : `; of its own status answer ${listed(own)}`;
    const text = `Web ACL ${name} has ${counted(acl.value.rules.length, 'rule')} and by default ${acl.value.defaultAction === 'BLOCK' ? 'blocks' : 'allows'}${custom}.`;
    notes.note({ ...place, text });
  } else if (acl.unread === null) notes.note({ ...place, text: `Web ACL ${name} does not exist any more.` });
  if (logging.unread !== null) return;
  const destinations = logging.value?.destinations ?? [];
  const to = destinations.length === 0 ? 'does not log' : `logs to ${listed(destinations)}`;
  const readable = logging.value?.logGroup == null ? ', so its samples are looked at instead of a log' : '';
  notes.note({
    ...place,
    source: 'wafv2:GetLoggingConfiguration',
    text: `Web ACL ${name} ${to}${readable}.`,
    cli: cliLine('wafv2 get-logging-configuration', { 'resource-arn': arn, region: target.region }),
  });
}

function cut({ value }: WafFacts['logged'], name: string): Gap[] {
  if (value === null || value.complete) return [];
  const remedy = `Only the first ${blockedCap} blocked requests of web ACL ${name} were read; narrow the time with --from and --to.`;
  return [{ source: 'logs:FilterLogEvents', reason: 'capped', permission: null, remedy }];
}

function rulingOut(because: string, ids: Judgement['ruledOut'][number]['id'][]): Judgement['ruledOut'] {
  return ids.map(id => ({ id, because }));
}

type Place = Pick<Fact, 'resource' | 'link' | 'cli'>;

function stagePlace(target: Target): Place {
  return {
    resource: `${target.apiId}/${target.stage}`,
    link: stageLink(target),
    cli: apiCommand(target, 'get-stage', { 'stage-name': target.stage, query: 'webAclArn' }),
  };
}

function aclPlace(arn: string, name: string, acl: WebAcl | null, { region }: Target): Place {
  return {
    resource: arn,
    link: webAclLink(region, name, acl?.id ?? arn.split('/').at(-1) ?? ''),
    cli: cliLine('wafv2 get-web-acl', { arn, region }),
  };
}

function logPlace({ logging }: WafFacts, { target, window }: Run): Place & Pick<Fact, 'source'> {
  const group = logging.value?.logGroup ?? '';
  const pattern = blockedAt(target);
  return {
    source: 'logs:FilterLogEvents',
    resource: group,
    link: logGroupLink(target.region, group, window, pattern),
    cli: cliLine('logs filter-log-events', {
      'log-group-name': group,
      'start-time': Date.parse(window.start),
      'end-time': Date.parse(window.end),
      'filter-pattern': pattern,
      region: target.region,
    }),
  };
}

function samplePlace(
  { arn, acl }: WafFacts,
  rule: string | null,
  { target, window }: Run,
): Place & Pick<Fact, 'source'> {
  const name = acl.value?.name ?? arn.split('/').at(-2) ?? arn;
  return {
    source: 'wafv2:GetSampledRequests',
    ...aclPlace(arn, name, acl.value, target),
    cli: cliLine('wafv2 get-sampled-requests', {
      'web-acl-arn': arn,
      'rule-metric-name': acl.value?.rules.find(one => one.name === rule)?.metricName ?? rule ?? 'ALL',
      scope: 'REGIONAL',
      'time-window': `StartTime=${window.start},EndTime=${window.end}`,
      'max-items': 100,
      region: target.region,
    }),
  };
}
