/** Records with any text in them, for properties that must hold whatever AWS, a log line or a person says. */
import fc from 'fast-check';
import type { Candidate, Change, Evidence, Finding, Gap, RankedCause } from '../../src/diagnosis/types.ts';
import type { Investigation } from '../../src/investigations/types.ts';
import {
  openedInvestigation,
  sampleCause,
  sampleChange,
  sampleChecks,
  sampleFinding,
  sampleRecord,
} from './samples.ts';

/** Marks that Slack would act on, long words, markup, control characters, half characters. */
const nasty = fc.constantFrom(
  '<!channel>',
  '<@U0VICTIM>',
  '<https://evil.example|click>',
  '<!subteam^S1|x>',
  '&lt;!here&gt;',
  '&amp;&<>',
  '*bold* _it_ ~no~ `code` ```fence```',
  ':lambda: arn:aws:iam::1:role/x',
  '> quote\n# head',
  '\u0000\u001b[31m\u202e\u2066\ufeff',
  '\ud800',
  '👩‍👩‍👧‍👦',
  'x'.repeat(700),
  '&'.repeat(900),
  '<'.repeat(3_500),
  '`'.repeat(200),
  '_a_ '.repeat(400),
);

export const anyText = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.array(fc.oneof(nasty, fc.string({ unit: 'binary' })), { maxLength: 6 }).map(parts => parts.join(' ')),
  },
  { weight: 1, arbitrary: fc.array(nasty, { minLength: 5, maxLength: 12 }).map(parts => parts.join('')) },
);

const time = fc.constantFrom('2026-11-22T14:05:00.000Z', 'never', '');
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const status = fc.constantFrom('problem', 'warning', 'ok', 'unknown', 'not_applicable');
const source = fc.constant('logs:FilterLogEvents' as const);

const evidence: fc.Arbitrary<Evidence> = fc.record({
  id: fc.constant('step-4.1'),
  text: anyText,
  source,
  resource: anyText,
  at: maybe(time),
  link: maybe(
    fc.oneof(
      anyText,
      anyText.map(text => `https://console.example/${text}`),
    ),
  ),
  cli: maybe(anyText),
  excerpt: anyText,
});

const gap: fc.Arbitrary<Gap> = fc.record({
  source: anyText,
  reason: fc.constantFrom('access_denied', 'logging_off', 'capped'),
  permission: maybe(source),
  remedy: anyText,
});

const cause: fc.Arbitrary<RankedCause> = fc.record({
  id: fc.constant(sampleCause.id),
  confidence: fc.constantFrom('high', 'medium', 'low'),
  score: fc.constant(0.5),
  summary: anyText,
  remedy: anyText,
  cli: maybe(anyText),
  evidence: fc.constant(['step-4.1']),
  errorShare: maybe(fc.double({ min: 0, max: 1, noNaN: true })),
});

const change: fc.Arbitrary<Change> = fc.record({
  at: time,
  effectiveAt: maybe(time),
  who: maybe(anyText),
  event: anyText,
  resource: anyText,
  detail: anyText,
  minutesBeforeOnset: maybe(fc.integer({ min: -60, max: 60 })),
});

const findings: fc.Arbitrary<Finding[]> = fc.tuple(
  ...sampleChecks.map(check =>
    fc
      .record({
        title: anyText,
        status,
        summary: anyText,
        evidence: fc.array(evidence, { maxLength: check.number === 4 ? 30 : 1 }),
        gaps: fc.array(gap, { maxLength: 2 }),
        ruledOut: fc.array(fc.record({ id: fc.constant(sampleCause.id), because: anyText }), { maxLength: 2 }),
      })
      .map(more => sampleFinding(check, more)),
  ),
);

const names = fc.record({ apiName: anyText, stage: anyText, apiId: anyText, region: anyText });

export const anyInvestigation: fc.Arbitrary<Investigation> = fc
  .record({
    names,
    findings,
    causes: fc.array(cause, { maxLength: 5 }),
    gaps: fc.array(gap, { maxLength: 7 }),
    changes: fc.array(change, { maxLength: 6 }),
    verdict: fc.constantFrom('cause_found', 'no_errors', 'inconclusive'),
    state: fc.constantFrom('investigating', 'diagnosed', 'recovered', 'resolved'),
    failure: maybe(anyText),
    by: maybe(anyText),
    recorded: fc.boolean(),
    routes: fc.array(fc.record({ method: anyText, path: anyText, errors: fc.nat() }), { maxLength: 4 }),
    pressed: fc.constantFrom('running', 'done', 'failed'),
  })
  .map(
    ({
      names: name,
      findings: found,
      causes,
      gaps,
      changes,
      verdict,
      state,
      failure,
      by,
      recorded,
      routes,
      pressed,
    }) => {
      const opened = openedInvestigation();
      const target = { ...opened.target, ...name };
      const record = sampleRecord({ target, changes: [...changes, sampleChange] }, { status: verdict, causes, gaps });
      const step = found.find(finding => finding.number === 4);
      record.report.impact.routes = routes;
      if (step !== undefined && record.report.steps[3] !== undefined) record.report.steps[3].evidence = step.evidence;
      return {
        ...opened,
        target,
        state,
        failure,
        owner: by,
        trigger: { ...opened.trigger, by },
        progress: state === 'investigating' ? found : [],
        record: recorded ? { ...record, findings: found } : null,
        presses: { 'step:4': { by: by ?? 'U0ALICE', at: '2026-11-22T14:10:00.000Z', state: pressed } },
        resolved: { by: by ?? 'U0ALICE', at: '2026-11-22T14:10:00.000Z' },
      };
    },
  );

export const anyCandidates: fc.Arbitrary<Candidate[]> = fc.array(
  fc.record({
    apiId: anyText,
    apiName: anyText,
    apiType: fc.constantFrom('REST', 'HTTP', 'WEBSOCKET'),
    accountId: maybe(fc.constant('123456789012')),
    region: anyText,
    stages: fc.array(anyText, { maxLength: 3 }),
  }),
  { maxLength: 60 },
);
