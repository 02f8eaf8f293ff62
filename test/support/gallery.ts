/** Every state of the card and every message, made from records as they are stored. */
import { diagnoses, steps } from '../../src/diagnosis/playbook.ts';
import type { DiagnosisRecord, Evidence, Finding, Gap, RankedCause } from '../../src/diagnosis/types.ts';
import type { Investigation } from '../../src/investigations/types.ts';
import type { Message } from '../../src/render/blocks.ts';
import { card } from '../../src/render/card.ts';
import { evidenceMessage } from '../../src/render/evidence.ts';
import { fallbackMessage, handoffMessage, receiverMessage, reminderMessage } from '../../src/render/handoff.ts';
import { helpMessage } from '../../src/render/help.ts';
import { type Check, playbookMessage } from '../../src/render/playbook.ts';
import { refusalMessage } from '../../src/render/refusals.ts';
import {
  chosenReply,
  failureReply,
  goneReply,
  joinedReply,
  openReply,
  problemReply,
  runningReply,
  slackErrorWords,
  unpostedReply,
} from '../../src/render/replies.ts';
import { stormMessage } from '../../src/render/storm.ts';
import {
  diagnosedInvestigation,
  openedInvestigation,
  sampleCause,
  sampleChange,
  sampleChecks,
  sampleEvidence,
  sampleFinding,
  sampleFindings,
  sampleGap,
  sampleRecord,
  sampleTarget,
  sampleTrigger,
} from './samples.ts';
import { fired, handoff, offered, recoveredRecord, watched } from './standings.ts';

/** With the questions as they are asked. */
const checks: readonly Check[] = [...steps, ...diagnoses];

const people = { ana: 'U0SBXANA01', ben: 'U0SBXBEN02' };

/** Asked for by one of them, in a channel of theirs. */
const ours: Partial<Investigation> = {
  owner: people.ana,
  trigger: { ...sampleTrigger, by: people.ana },
  occurrences: [{ at: sampleTrigger.at, by: people.ana }],
  conversation: { ...openedInvestigation().conversation, channelId: 'C0SBXINC01' },
};

const timeout: RankedCause = {
  ...sampleCause,
  id: 'integration-timeout',
  confidence: 'medium',
  summary:
    'The integration of GET /orders gives up after 3000 ms before the function has answered, which clients get as 504.',
  remedy:
    'Make the backend faster, or let the integration wait longer (aws apigateway create-deployment --rest-api-id a1b2c3d4e5 --stage-name prod --region eu-west-1).',
  cli: "aws apigateway update-integration --rest-api-id a1b2c3d4e5 --resource-id k3x9 --http-method GET --patch-operations 'op=replace,path=/timeoutInMillis,value=29000' --region eu-west-1",
  evidence: ['step-6.1'],
  errorShare: 0.24,
};

const loggingOff: Gap = {
  ...sampleGap,
  reason: 'logging_off',
  permission: null,
  remedy:
    "Turn execution logging of stage prod on: aws apigateway update-stage --rest-api-id a1b2c3d4e5 --stage-name prod --patch-operations 'op=replace,path=/*/*/logging/loglevel,value=ERROR' --region eu-west-1",
};
const late: Gap = {
  source: 'cloudtrail:LookupEvents',
  reason: 'delivery_lag',
  permission: null,
  remedy: 'CloudTrail delivers within about 15 minutes; run this again then.',
};

const accessLine = `{"requestId":"gmMErzKylnvfCvC=","ip":"203.0.113.10","requestTime":"22/Nov/2026:14:05:33 +0000","httpMethod":"GET","routeKey":"GET /orders","status":"500","errorMessage":"Internal Server Error","errorType":"-","integrationError":"The Lambda function returned the following error: orders.map is not a function. Check your Lambda function code and try again.","authorizerError":"-","functionStatus":"-","serviceStatus":"200","integrationLatency":"26"}`;
const policy = [
  '1 of 3: Allow "AllowAll"',
  '> 2 of 3 decides: Deny "only-staging"',
  '  {',
  '    "Sid": "only-staging",',
  '    "Effect": "Deny",',
  '    "Principal": "*",',
  '    "Action": "execute-api:Invoke",',
  '    "Resource": "execute-api:/prod/*"',
  '  }',
  '3 of 3: Allow',
].join('\n');

/** What an engineer reads: a log line, a policy's statement, a template with a caret. */
const seen = {
  logs: sampleEvidence('step-8.1', {
    text: 'The logs of 96 requests of GET /orders from 2026-11-22 14:05:10 UTC to 2026-11-22 14:09:58 UTC say: The function ends with an error; one of them at 2026-11-22 14:05:33 UTC, in /apigateway/orders.',
    source: 'logs:FilterLogEvents',
    resource: '/apigateway/orders',
    excerpt: accessLine,
    cli: 'aws logs filter-log-events --log-group-name /apigateway/orders --start-time 1795356273000 --end-time 1795356393000 --region eu-west-1',
    match: 'The Lambda function returned the following error: orders.map is not a function.',
  }),
  policy: sampleEvidence('step-2.1', {
    text: 'The resource policy of API orders-api, asked for GET /orders: statement "only-staging" denies execute-api:Invoke.',
    source: 'apigateway:GetRestApi',
    resource: 'orders-api',
    excerpt: policy,
    match: '> 2 of 3 decides: Deny "only-staging"',
    cli: 'aws apigateway get-rest-api --rest-api-id a1b2c3d4e5 --region eu-west-1',
  }),
  template: sampleEvidence('step-9.1', {
    text: 'Request template application/json of POST /orders is broken at line 5, column 3: #if is not closed by #end.',
    source: 'apigateway:GetExport',
    resource: 'a1b2c3d4e5/prod',
    excerpt: '#if($body.discount)\n  ^',
    cli: 'aws apigateway get-export /dev/stdout --rest-api-id a1b2c3d4e5 --stage-name prod --export-type oas30 --region eu-west-1',
  }),
};

function withEvidence(number: number, more: Partial<Finding>): Investigation {
  const findings = sampleFindings().map(finding =>
    finding.group === 'step' && finding.number === number ? { ...finding, ...more } : finding,
  );
  const record = sampleRecord();
  return diagnosedInvestigation({ owner: people.ana, record: { ...record, findings } });
}

const longName = 'payments-and-refunds-orchestration-service-for-the-european-market-internal-gateway-v2-blue-green';

/** As much of everything as a record can hold, with the longest names. */
function crowded(): Investigation {
  const evidence = Array.from({ length: 30 }, (_, index) =>
    sampleEvidence(`step-4.${index + 1}`, {
      text: `Policy statement ${index + 1} of ${longName} lets ${longName} call it. ${'It is long. '.repeat(30)}`,
      resource: `arn:aws:lambda:eu-west-1:123456789012:function:${longName}`,
      excerpt: `${accessLine}\n${accessLine}`,
    }),
  );
  const summary = `Function ${longName} does not let API Gateway invoke it. ${'More of it. '.repeat(40)}`;
  const findings = [
    ...sampleChecks.map(check =>
      sampleFinding(check, { status: 'problem', summary, evidence: check.number === 4 ? evidence : [] }),
    ),
    ...Array.from({ length: 16 }, (_, index) =>
      sampleFinding(
        { group: 'extended', number: null, id: `wider-${index}`, title: `${longName} ${index}` },
        { status: 'warning', summary },
      ),
    ),
  ];
  const causes = Array.from({ length: 5 }, () => ({ ...sampleCause, summary, remedy: summary }));
  const gaps = Array.from({ length: 12 }, () => ({ ...loggingOff, source: 'logs:FilterLogEvents' }));
  const changes = Array.from({ length: 20 }, () => ({ ...sampleChange, resource: longName, detail: summary }));
  const target = { ...sampleTarget, apiName: `${longName}-${longName}`, stage: longName };
  return diagnosedInvestigation({
    ...ours,
    target,
    record: { ...sampleRecord({ target, changes }, { causes, gaps }), findings },
  });
}

/** Gives a step of a report one fact. */
function evidenceOf({ report }: DiagnosisRecord, number: number, fact: Partial<Evidence>): void {
  const step = report.steps.find(one => one.number === number);
  step?.evidence.push(sampleEvidence(`step-${number}.1`, fact));
}

function cards(): Record<string, Investigation> {
  const middle = sampleFindings().slice(0, 5);
  const start = openedInvestigation(ours);
  const found = diagnosedInvestigation(ours);
  const first = found.record?.report.steps.find(step => step.number === 4)?.evidence[0];
  if (first !== undefined) Object.assign(first, seen.logs, { id: first.id });
  const unclear = sampleRecord({}, { status: 'inconclusive', causes: [], gaps: [loggingOff, sampleGap, late] });
  const quiet = sampleRecord(
    {
      impact: { ...sampleRecord().report.impact, errors: 0, errorShare: 0, routes: [] },
      window: { ...sampleRecord().report.window, onset: null },
      changes: [],
    },
    { status: 'no_errors', causes: [], pattern: 'none' },
  );
  for (const step of quiet.report.steps) step.status = 'ok';
  const blocked = {
    ...sampleCause,
    id: 'waf-blocked' as const,
    summary: 'The web ACL shop of stage prod blocks requests, which clients get as 403.',
    remedy: 'Let the rule count instead of block, or take what it matches out of it.',
    cli: null,
    evidence: ['step-10.1'],
    errorShare: null,
  };
  const refused = structuredClone(quiet);
  Object.assign(refused.report.verdict, { causes: [blocked] });
  evidenceOf(refused, 10, {
    text: '64 requests of GET /orders were blocked by rule RateLimit of web ACL shop from 2026-11-22 13:58:02 UTC to 2026-11-22 14:09:44 UTC.',
    source: 'logs:FilterLogEvents',
    resource: 'aws-waf-logs-shop',
  });
  const two = sampleRecord({}, { causes: [{ ...sampleCause, errorShare: 0.76 }, timeout] });
  evidenceOf(two, 6, {
    text: '23 failing requests met the integration timeout, one of them at 2026-11-22 14:06:12 UTC, in /apigateway/orders.',
    source: 'logs:FilterLogEvents',
    resource: '/apigateway/orders',
  });
  return {
    waiting: { ...start, waitingSince: '2026-11-22T14:10:01.000Z' },
    start,
    middle: { ...start, progress: middle },
    again: { ...found, state: 'investigating', progress: middle.slice(0, 2) },
    'cause-found': found,
    'two-causes': { ...found, record: two },
    inconclusive: { ...found, owner: null, record: unclear },
    'no-errors': { ...found, record: quiet },
    'refused-4xx': { ...found, record: refused },
    failed: { ...start, state: 'diagnosed', failure: 'AWS did not answer within 60 seconds.' },
    watched: { ...watched(), ...ours },
    'fired-again': { ...ours, ...fired() },
    offered: { ...offered(), ...ours },
    recovered: { ...recoveredRecord(), ...ours },
    resolved: { ...found, state: 'resolved', resolved: { by: people.ben, at: '2026-11-22T15:00:00.000Z' } },
    crowded: crowded(),
  };
}

function threads(): Record<string, Message | null> {
  const start = openedInvestigation({ owner: people.ana });
  const found = diagnosedInvestigation({ owner: people.ana });
  const pressed = {
    ...found,
    presses: { 'step:4': { by: people.ben, at: '2026-11-22T14:12:00.000Z', state: 'running' as const } },
  };
  const wider = sampleFinding(
    { group: 'extended', number: null, id: 'gradual-degradation', title: 'Gradual degradation' },
    { status: 'warning', summary: 'Latency of orders-api rose from 40 ms to 900 ms over the last 30 minutes.' },
  );
  const extended: Investigation = {
    ...found,
    record: { ...sampleRecord(), findings: [...sampleFindings(), wider] },
  };
  const evidence = (of: Investigation, check: string) => evidenceMessage(of, checks, check);
  return {
    'steps-start': playbookMessage(start, checks, 'step'),
    'steps-middle': playbookMessage({ ...start, progress: sampleFindings().slice(0, 5) }, checks, 'step'),
    'steps-done': playbookMessage(found, checks, 'step'),
    'steps-pressed': playbookMessage(pressed, checks, 'step'),
    'steps-crowded': playbookMessage(crowded(), checks, 'step'),
    diagnoses: playbookMessage(found, checks, 'diagnosis'),
    'diagnoses-wider': playbookMessage(extended, checks, 'diagnosis'),
    'diagnoses-crowded': playbookMessage(crowded(), checks, 'diagnosis'),
    'evidence-logs': evidence(
      withEvidence(8, {
        status: 'problem',
        summary: 'Logs of 96 failing requests of GET /orders say: The function ends with an error.',
        evidence: [seen.logs],
      }),
      'step:8',
    ),
    'evidence-policy': evidence(
      withEvidence(2, {
        status: 'warning',
        summary: 'The resource policy of API orders-api refuses everybody on stage prod: clients get 403, not 500.',
        evidence: [seen.policy],
      }),
      'step:2',
    ),
    'evidence-template': evidence(
      withEvidence(9, {
        status: 'problem',
        summary: 'Request template application/json of POST /orders cannot be evaluated.',
        evidence: [seen.template],
      }),
      'step:9',
    ),
    'evidence-unread': evidence(
      withEvidence(8, {
        status: 'unknown',
        summary: 'No log of stage prod could be read.',
        gaps: [loggingOff, sampleGap],
      }),
      'step:8',
    ),
    'evidence-nothing': evidence(withEvidence(10, {}), 'step:10'),
    'evidence-crowded': evidence(crowded(), 'step:4'),
  };
}

function others(): Record<string, Message> {
  const about = { investigation: offered(), handoff, cardLink: 'https://sandbox.slack.com/archives/C0SBXINC01/p1' };
  const answer = { by: people.ben, at: '2026-11-22T14:40:00.000Z', words: 'I give the permission back.' };
  const storm = (total: number) => ({
    id: 'storm-1',
    version: 1,
    teamId: 'T0TEAM',
    channelId: 'C0OPS',
    startedAt: handoff.offeredAt,
    total,
    investigating: Math.round((total * 2) / 3),
  });
  const members = Array.from({ length: 60 }, (_, index) => ({
    ...(index % 3 === 0 ? fired() : openedInvestigation()),
    id: `inv-${index}`,
    target: { ...sampleTarget, apiName: index === 1 ? longName : `orders-${index}` },
    storm: { id: 'storm-1', opened: index % 2 === 0 },
  }));
  return {
    'handoff-offered': handoffMessage(about),
    'handoff-accepted': handoffMessage({ ...about, handoff: { ...handoff, state: 'accepted', answer } }),
    'handoff-declined': handoffMessage({ ...about, handoff: { ...handoff, state: 'declined', answer } }),
    'handoff-direct': receiverMessage(about),
    'handoff-reminder': reminderMessage(about),
    'handoff-fallback': fallbackMessage(about, 'S0SBXONC01'),
    'handoff-crowded': handoffMessage({ ...about, investigation: { ...offered(), ...crowded() } }),
    storm: stormMessage(storm(7), members.slice(0, 7)),
    'storm-crowded': stormMessage(storm(150), members),
  };
}

function answers(): Record<string, Message> {
  const found = diagnosedInvestigation(ours);
  const where = { inboxId: 'inbox-1', target: 'orders' };
  const candidates = ['prod', 'staging'].map(stage => ({
    apiId: stage === 'prod' ? 'a1b2c3d4e5' : 'f6g7h8i9j0',
    apiName: `orders-${stage}`,
    apiType: 'REST' as const,
    accountId: '123456789012',
    region: 'eu-west-1',
    stages: [stage],
  }));
  const url = 'https://sandbox.slack.com/archives/C0SBXINC01/p1';
  return {
    help: helpMessage(),
    problem: problemReply('There is no option --stag.', 'orders-api --stag prod'),
    gone: goneReply(),
    chosen: chosenReply(null),
    running: runningReply(),
    failure: failureReply(),
    'open-none': openReply([], new Map()),
    open: openReply([found, openedInvestigation({ ...ours, id: 'inv-2' })], new Map([['inv-1', url]]), 9),
    'joined-running': joinedReply(openedInvestigation(ours), url),
    joined: joinedReply(found, url, false),
    unposted: unpostedReply(slackErrorWords({ code: 'not_in_channel' }), '/invite @apigw-500', found),
    ambiguous: refusalMessage({ kind: 'ambiguous', ...where, candidates }),
    'not-found': refusalMessage({
      kind: 'not_found',
      ...where,
      region: 'eu-west-1',
      candidates: candidates.slice(0, 1),
    }),
    'not-found-none': refusalMessage({ kind: 'not_found', ...where, region: 'eu-west-1', candidates: [] }),
    unrelated: refusalMessage({
      kind: 'unrelated',
      ...where,
      alarm: 'disk-full',
      watches: 'The alarm disk-full watches the disk of an EC2 instance, and no API was found behind it.',
    }),
    unreadable: refusalMessage({
      kind: 'unreadable',
      ...where,
      message: 'apigateway:GetRestApis was denied.',
      remedy: 'Grant apigateway:GET to the role of the bot.',
    }),
    'not-started': refusalMessage({ kind: 'failed', ...where, message: 'The store did not answer.' }),
  };
}

/** By name; the pictures are called after them. */
export function gallery(): Map<string, Message> {
  const messages = new Map<string, Message>();
  for (const [name, investigation] of Object.entries(cards()))
    messages.set(`card-${name}`, card(investigation, checks));
  for (const [name, message] of Object.entries({ ...threads(), ...others(), ...answers() })) {
    if (message === null) throw new Error(`There is nothing to show as ${name}.`);
    messages.set(name, message);
  }
  return messages;
}
