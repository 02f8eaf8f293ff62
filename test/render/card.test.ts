import { describe, expect, it } from 'vitest';
import type { Investigation } from '../../src/investigations/types.ts';
import { card } from '../../src/render/card.ts';
import {
  diagnosedInvestigation,
  openedInvestigation,
  sampleCause,
  sampleChange,
  sampleChecks,
  sampleFindings,
  sampleGap,
  sampleRecord,
  sampleTarget,
} from '../support/samples.ts';
import { buttonsOf, readable } from '../support/slack-stage.ts';

const show = (investigation: Investigation) => readable(card(investigation, sampleChecks));

describe('the card', () => {
  it('names the API, its stage, type, Region and account in every state', () => {
    const states: Investigation[] = [
      openedInvestigation(),
      diagnosedInvestigation(),
      diagnosedInvestigation({ state: 'recovered' }),
      diagnosedInvestigation({ state: 'resolved' }),
      openedInvestigation({ state: 'diagnosed', failure: 'AWS did not answer.' }),
    ];
    for (const state of states) {
      const message = card(state, sampleChecks);
      for (const part of ['orders-api', 'prod', 'REST API', 'eu-west-1', 'account 123456789012']) {
        expect(message.text).toContain(part);
        expect(readable({ text: '', blocks: message.blocks })).toContain(part);
      }
    }
  });

  it('shows how far a run is, and what it has found so far', () => {
    const text = show(openedInvestigation({ progress: sampleFindings().slice(0, 5) }));
    expect(text).toContain('Investigating: orders-api');
    expect(text).toContain('5 of 14 checks are done. So far: 1 problem, 4 OK.');
    expect(text).toContain('The function orders-prod does not let API Gateway invoke it.');
  });

  it('says what a run waits for', () => {
    const waitingFor = 'its share of CloudTrail calls in eu-west-1';
    const text = show(openedInvestigation({ progress: sampleFindings().slice(0, 5), waitingFor }));
    expect(text).toContain('5 of 14 checks are done. Waiting for its share of CloudTrail calls in eu-west-1. So far:');
  });

  it('says that a run waits for its turn', () => {
    expect(show(openedInvestigation({ waitingSince: '2026-11-22T14:10:01.000Z' }))).toContain('Waiting for a turn');
  });

  it('keeps the verdict of the run before in sight while it runs again', () => {
    const text = show(diagnosedInvestigation({ state: 'investigating' }));
    expect(text).toContain('Investigating again');
    expect(text).toContain(`Cause found: ${sampleCause.summary} Confidence: high.`);
  });

  it('names the cause, its confidence, the decisive evidence, the fix and the command', () => {
    const text = show(diagnosedInvestigation());
    expect(text).toContain(sampleCause.summary);
    expect(text).toContain('Confidence: high (shown by direct evidence) · explains 98 % of the failing requests');
    expect(text).toContain('Evidence: The policy of orders-prod has no statement');
    expect(text).toContain('{ "Statement": [] }');
    expect(text).toContain(sampleCause.remedy);
    expect(text).toContain(sampleCause.cli);
  });

  it('says what changed, who did it, and how long before the first error', () => {
    const text = show(diagnosedInvestigation());
    expect(text).toContain('*RemovePermission* on orders-prod by deploy-pipeline, 3 minutes before the first error');
  });

  it('gives the figures: first failing minute, pattern and trend, requests, checks, owner', () => {
    const text = show(diagnosedInvestigation());
    expect(text).toContain('14:05 UTC');
    expect(text).toContain('*Trend*\ngetting worse; errors in nearly every minute');
    expect(text).toContain('*Impact*\n96 of 1,200 requests failed (8 %) in the 15 minutes to');
    expect(text).toContain('1 problem, 13 OK');
    expect(text).toContain('*Owner*\n<@U0ALICE>');
  });

  it('shows several causes, each with its share, and counts the rest', () => {
    const causes = [0.5, 0.3, 0.1, 0.05].map((errorShare, index) => ({
      ...sampleCause,
      errorShare,
      summary: `Cause ${index}.`,
    }));
    const text = show(diagnosedInvestigation({ record: sampleRecord({}, { causes }) }));
    expect(text).toContain('4 causes found');
    expect(text).toContain('*1.* *Cause 0.*');
    expect(text).toContain('explains 30 % of the failing requests');
    expect(text).not.toContain('Cause 3.');
    expect(text).toContain('and 1 more cause');
  });

  it('names what could not be read, why, and the permission that is missing', () => {
    const record = sampleRecord({}, { status: 'inconclusive', causes: [], gaps: [sampleGap] });
    const text = show(diagnosedInvestigation({ record }));
    expect(text).toContain('No cause could be shown');
    expect(text).toContain('1 source could not be read');
    expect(text).toContain('access denied (missing permission: logs:FilterLogEvents). Allow logs:FilterLogEvents');
  });

  it('tells what is on its way apart from what could not be read', () => {
    const late = { ...sampleGap, reason: 'delivery_lag', permission: null, remedy: 'Run again in 5 minutes.' } as const;
    const gaps = [sampleGap, late];
    const text = show(
      diagnosedInvestigation({ record: sampleRecord({}, { status: 'inconclusive', causes: [], gaps }) }),
    );
    expect(text).toContain('1 source could not be read');
    expect(text.indexOf('*Not yet delivered*')).toBeGreaterThan(text.indexOf('*Could not be read*'));
    const record = sampleRecord({}, { status: 'inconclusive', causes: [], gaps: [late] });
    expect(show(diagnosedInvestigation({ record }))).not.toMatch(/could not be read/i);
  });

  it('says of a change that a deployment carried when it was made and when it began to act', () => {
    const change = { ...sampleChange, at: '2026-11-21T21:47:24.000Z', effectiveAt: '2026-11-22T14:05:10.000Z' };
    const record = sampleRecord({ changes: [{ ...change, minutesBeforeOnset: 0 }] });
    expect(show(diagnosedInvestigation({ record }))).toMatch(
      /carried by a deployment in the minute of the first error \(<!date[^>]*14:05:10 UTC>, 14:05:10 UTC\); made <!date[^>]*2026-11-21 21:47:24 UTC>/,
    );
  });

  it('names no cause where there are no errors, but a refusal with 4xx', () => {
    const quiet = sampleRecord({}, { status: 'no_errors', causes: [] });
    expect(show(diagnosedInvestigation({ record: quiet }))).toContain(
      'No request ended with a 5xx in the 15 minutes to <!date',
    );
    const blocked = sampleRecord({}, { status: 'no_errors', causes: [{ ...sampleCause, id: 'waf-blocked' }] });
    expect(show(diagnosedInvestigation({ record: blocked }))).toContain('Requests are refused with a 4xx, though:');
  });

  it('never shows what could not be read as zero', () => {
    const record = sampleRecord({
      impact: {
        requests: null,
        errors: null,
        errorShare: null,
        routes: null,
        latencyP95Ms: null,
        baseline: { errorShare: null, latencyP95Ms: null },
      },
      series: { periodSeconds: 60, points: null, threshold: null },
    });
    expect(show(diagnosedInvestigation({ record }))).toContain('unknown: the metrics could not be read');
  });

  it('says why a run failed, and what to press', () => {
    const text = show(openedInvestigation({ state: 'diagnosed', failure: 'AWS did not answer.' }));
    expect(text).toContain('The diagnosis could not be finished');
    expect(text).toContain('AWS did not answer. Press *Run again* to try once more.');
  });

  it('says who closed it', () => {
    const resolved = { by: 'U0BOB', at: '2026-11-22T15:00:00.000Z' };
    expect(show(diagnosedInvestigation({ state: 'resolved', resolved }))).toContain('Closed by <@U0BOB>');
  });

  it('asks before it is closed, within the limits of Slack, and says how that is taken back', () => {
    const asked = (apiName: string) => {
      const button = card(diagnosedInvestigation({ target: { ...sampleTarget, apiName } }), sampleChecks)
        .blocks.flatMap(block => (block.type === 'actions' ? block.elements : []))
        .find(element => 'action_id' in element && element.action_id === 'resolve');
      return button !== undefined && 'confirm' in button ? (button.confirm?.text.text ?? '') : '';
    };
    const usual = asked('orders-api');
    for (const said of ['closes it for everybody', 'watch stops', 'reminders', 'Reopen', 'orders-api, stage prod']) {
      expect(usual).toContain(said);
    }
    expect(asked('orders-'.repeat(60))).toMatch(/Reopen/);
    expect(asked('orders-'.repeat(60)).length).toBeLessThanOrEqual(300);
  });

  it('says who opened it again', () => {
    const reopened = { by: 'U0BOB', at: '2026-11-22T15:10:00.000Z' };
    expect(show(diagnosedInvestigation({ reopened }))).toContain('opened again by <@U0BOB>');
  });

  it('names who asked first, also where others asked or pressed since', () => {
    const [at, later] = ['2026-11-22T14:10:00.000Z', '2026-11-22T14:11:00.000Z'];
    const both = {
      occurrences: [
        { at, by: 'U0ALICE' },
        { at: later, by: 'U0BOB' },
      ],
      occurrenceCount: 2,
    };
    const trigger = { ...diagnosedInvestigation().trigger, by: 'U0BOB', at: later };
    expect(show(diagnosedInvestigation({ ...both, trigger }))).toMatch(
      /Asked by <@U0ALICE>, .* · asked for twice, last by <@U0BOB>, /,
    );
    const once = { occurrences: [{ at, by: 'U0ALICE' }], occurrenceCount: 1 };
    expect(show(diagnosedInvestigation({ ...once, trigger: { ...trigger, kind: 'rerun' } }))).toMatch(
      /Asked by <@U0ALICE>, .* · run again by <@U0BOB>, /,
    );
    // So many have asked that the first is not kept.
    expect(show(diagnosedInvestigation({ ...both, occurrenceCount: 60, trigger }))).toContain('Asked by <@U0BOB>');
  });

  it('counts how often it was asked for', () => {
    const occurrences = [1, 2, 3].map(() => ({ at: '2026-11-22T14:10:00.000Z', by: 'U0ALICE' }));
    expect(show(diagnosedInvestigation({ occurrences, occurrenceCount: 3 }))).toContain('asked for 3 times');
  });

  it('has only the buttons that do something now', () => {
    const buttons = (investigation: Investigation) => buttonsOf(card(investigation, sampleChecks));
    const feedback = ['feedback:yes', 'feedback:no', 'feedback:another'];
    const usual = ['rerun', 'handoff', 'note', 'watch', 'export', 'resolve'];
    expect(buttons(diagnosedInvestigation())).toEqual([...feedback, ...usual, 'link:1']);
    expect(buttons(openedInvestigation())).toEqual([]);
    expect(buttons(diagnosedInvestigation({ state: 'recovered' }))).not.toContain('watch');
    expect(buttons(diagnosedInvestigation({ state: 'resolved' }))).toEqual(['reopen', 'export']);
    expect(buttons(openedInvestigation({ state: 'diagnosed', failure: 'No.' }))).toEqual(usual);
  });
});
