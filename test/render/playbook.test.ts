import { describe, expect, it } from 'vitest';
import { card } from '../../src/render/card.ts';
import { evidenceMessage } from '../../src/render/evidence.ts';
import { playbookMessage } from '../../src/render/playbook.ts';
import { joinedReply, openReply, unpostedReply } from '../../src/render/replies.ts';
import {
  diagnosedInvestigation,
  openedInvestigation,
  sampleChange,
  sampleChecks,
  sampleEvidence,
  sampleFinding,
  sampleFindings,
  sampleGap,
  sampleRecord,
} from '../support/samples.ts';
import { buttonsOf, readable } from '../support/slack-stage.ts';

const step4 = {
  group: 'step',
  number: 4,
  id: 'iam-and-lambda-permissions',
  title: 'IAM and Lambda permissions',
} as const;
const press = { by: 'U0BOB', at: '2026-11-22T14:12:00.000Z' };

function present<T>(value: T | null): T {
  if (value === null) throw new Error('There is nothing.');
  return value;
}

describe('the playbook message', () => {
  it('has a row for each step and diagnosis: status in words, the sentence, a button', () => {
    const steps = playbookMessage(diagnosedInvestigation(), sampleChecks, 'step');
    const diagnoses = playbookMessage(diagnosedInvestigation(), sampleChecks, 'diagnosis');
    expect(buttonsOf(steps)).toHaveLength(9);
    expect(buttonsOf(diagnoses)).toHaveLength(5);
    expect(readable(steps)).toContain(
      '*4 · IAM and Lambda permissions* · 🔴 Problem\nThe function orders-prod does not let API Gateway invoke it.',
    );
    expect(steps.text).toBe(
      'Playbook for orders-api, stage prod (eu-west-1 · account 123456789012): 9 of 9 steps done; 1 problem, 8 OK.',
    );
  });

  it.each([
    ['the card', card(diagnosedInvestigation(), sampleChecks)],
    ['the playbook', playbookMessage(diagnosedInvestigation(), sampleChecks, 'step')],
    ['the diagnoses', playbookMessage(diagnosedInvestigation(), sampleChecks, 'diagnosis')],
    ['the evidence', present(evidenceMessage(diagnosedInvestigation(), sampleChecks, 'step:4'))],
    ['the list', openReply([diagnosedInvestigation()], new Map())],
    ['what runs already', joinedReply(openedInvestigation(), null)],
    ['what ran before', joinedReply(diagnosedInvestigation(), null)],
    ['what could not be posted', unpostedReply('I am not in it.', null, diagnosedInvestigation())],
  ])('%s names account and Region, as every message about an API does', (_, message) => {
    const blocks = readable({ text: '', blocks: message.blocks });
    for (const part of ['eu-west-1', 'account 123456789012']) expect(blocks).toContain(part);
  });

  it('shows what has come, and that the rest runs', () => {
    const message = playbookMessage(
      openedInvestigation({ progress: sampleFindings().slice(0, 2) }),
      sampleChecks,
      'step',
    );
    expect(buttonsOf(message)).toEqual(['step:1', 'step:2']);
    expect(readable(message)).toContain('*10 · WAF* · ⏳ Running');
  });

  it('says who runs a row again, and lets nobody press it meanwhile', () => {
    const running = diagnosedInvestigation({ presses: { 'step:4': { ...press, state: 'running' } } });
    const message = playbookMessage(running, sampleChecks, 'step');
    expect(readable(message)).toContain('⏳ Running again, by <@U0BOB>\nThe function orders-prod');
    expect(buttonsOf(message)).not.toContain('step:4');
  });

  it.each([
    ['done', 'Run again by <@U0BOB>, <!date^'],
    ['failed', 'The run asked for by <@U0BOB> could not be finished'],
  ] as const)('says what became of a press that is %s', (state, sentence) => {
    const message = playbookMessage(
      diagnosedInvestigation({ presses: { 'step:4': { ...press, state } } }),
      sampleChecks,
      'step',
    );
    expect(readable(message)).toContain(sentence);
    expect(buttonsOf(message)).toContain('step:4');
  });

  it('says that a check was not run where the run failed', () => {
    const message = playbookMessage(openedInvestigation({ state: 'diagnosed', failure: 'No.' }), sampleChecks, 'step');
    expect(readable(message)).toContain('*1 · API and service health* · ➖ Not run');
    expect(buttonsOf(message)).toEqual([]);
  });

  it('shows the wider look with the diagnoses', () => {
    const wider = sampleFinding({ group: 'extended', number: null, id: 'lambda-errors', title: 'Lambda errors' });
    const record = { ...sampleRecord(), findings: [...sampleFindings(), wider] };
    const message = playbookMessage(diagnosedInvestigation({ record }), sampleChecks, 'diagnosis');
    expect(readable(message)).toContain('*Lambda errors* · 🟢 OK');
  });
});

describe('the evidence message', () => {
  const shown = (more: Parameters<typeof sampleFinding>[1]) => {
    const record = { ...sampleRecord(), findings: [sampleFinding(step4, more)] };
    return readable(present(evidenceMessage(diagnosedInvestigation({ record }), sampleChecks, 'step:4')));
  };

  it('shows the question, the status, every fact with its excerpt, time, link and command', () => {
    const text = shown({
      status: 'problem',
      evidence: [sampleEvidence('step-4.1', { excerpt: 'line with `backticks` & <tags>' })],
    });
    expect(text).toContain('*Step 4: IAM and Lambda permissions* · 🔴 Problem');
    expect(text).toContain('Is IAM and Lambda permissions right?');
    expect(text).toContain('*1.* The policy of orders-prod');
    expect(text).toContain('line with `backticks` & <tags>');
    expect(text).toContain('>, 14:05:10 UTC · ');
    expect(text).toContain('|Open in the AWS console>');
    expect(text).toContain('aws lambda get-policy --function-name orders-prod');
  });

  it('says once who ran it again and when, and that nothing was found where nothing was', () => {
    const presses = { 'step:4': { ...press, state: 'done' } } as const;
    const record = { ...sampleRecord(), findings: [sampleFinding(step4, { status: 'ok', evidence: [] })] };
    const message = evidenceMessage(diagnosedInvestigation({ record, presses }), sampleChecks, 'step:4');
    const text = readable(present(message));
    expect(text.match(/Run (again by <@U0BOB>, )?<!date/g)).toEqual(['Run again by <@U0BOB>, <!date']);
    expect(text).toContain('There is nothing more to show of it.');
  });

  it('lists all changes beside the diagnoses, as a table and in older blocks, once the run has ended', () => {
    const changes = Array.from({ length: 25 }, (_, index) => ({ ...sampleChange, event: `Change${index}` }));
    const done = diagnosedInvestigation({ record: sampleRecord({ changes }) });
    const message = playbookMessage(done, sampleChecks, 'diagnosis');
    const listed = message.blocks.find(block => block.type === 'table');
    expect(listed?.rows).toHaveLength(21);
    expect(JSON.stringify(listed)).toContain('3 minutes before the first error');
    expect(readable(message)).toContain('and 5 more changes, in the JSON report.');
    expect(JSON.stringify(message.classic)).toContain('Change19 on orders-prod by deploy-pipeline');
    const running = playbookMessage({ ...done, state: 'investigating' }, sampleChecks, 'diagnosis');
    expect(running).not.toHaveProperty('classic');
    expect(playbookMessage(done, sampleChecks, 'step')).not.toHaveProperty('classic');
  });

  it('shows what was not read and what was ruled out', () => {
    const text = shown({
      status: 'unknown',
      gaps: [sampleGap],
      ruledOut: [{ id: 'waf-blocked', because: 'No web ACL is attached.' }],
    });
    expect(text).toContain('*Not read:* logs:FilterLogEvents: access denied');
    expect(text).toContain('*Ruled out:* WAF blocked. No web ACL is attached.');
  });

  it('leaves out whole facts where there are too many, and says how many', () => {
    const many = Array.from({ length: 40 }, (_, index) =>
      sampleEvidence(`step-4.${index}`, { text: 'x '.repeat(200) }),
    );
    expect(shown({ evidence: many })).toMatch(/_\d+ more of 40 facts have no room here/);
  });

  it('keeps the outcome before while everything runs again, and is nothing before there is one', () => {
    const running = diagnosedInvestigation({ state: 'investigating' });
    expect(readable(present(evidenceMessage(running, sampleChecks, 'step:4')))).toContain(
      'this is the outcome of the run before',
    );
    expect(evidenceMessage(openedInvestigation(), sampleChecks, 'step:4')).toBeNull();
  });
});
