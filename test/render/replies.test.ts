import { describe, expect, it } from 'vitest';
import type { Candidate } from '../../src/diagnosis/types.ts';
import { helpMessage } from '../../src/render/help.ts';
import { refusalMessage } from '../../src/render/refusals.ts';
import { joinedReply, openReply, problemReply, slackErrorWords, unpostedReply } from '../../src/render/replies.ts';
import { diagnosedInvestigation, openedInvestigation, sampleTarget } from '../support/samples.ts';
import { buttonsOf, readable } from '../support/slack-stage.ts';

const candidate = (stage: string): Candidate => ({ ...sampleTarget, stages: [stage] });
const about = { inboxId: 'inbox-1', target: 'orders' };

describe('refusals', () => {
  it('offer each candidate with what tells it apart, and a button', () => {
    const message = refusalMessage({ kind: 'ambiguous', ...about, candidates: [candidate('prod'), candidate('beta')] });
    expect(readable(message)).toContain('`orders` fits 2 APIs or stages.');
    expect(readable(message)).toContain('REST API · a1b2c3d4e5 · stage beta · eu-west-1 · account 123456789012');
    expect(buttonsOf(message)).toEqual(['candidate:0', 'candidate:1']);
    expect(JSON.stringify(message.blocks)).toContain('"value":"inbox-1"');
  });

  it('say what to check where nothing is close, and offer what is', () => {
    const nothing = refusalMessage({ kind: 'not_found', ...about, region: 'eu-west-1', candidates: [] });
    expect(readable(nothing)).toContain('Check the name, the Region (`--region`) and the account (`--account`)');
    const close = refusalMessage({ kind: 'not_found', ...about, region: 'eu-west-1', candidates: [candidate('prod')] });
    expect(readable(close)).toContain('This name is close:');
    expect(buttonsOf(close)).toEqual(['candidate:0']);
  });

  it('name the stages of an API that has not the one that was typed, and what to type', () => {
    const candidates = [candidate('prod')];
    const message = refusalMessage({
      kind: 'not_found',
      ...about,
      target: 'orders-api',
      region: 'eu-west-1',
      candidates,
    });
    expect(readable(message)).toContain(
      'API orders-api has no such stage; it has prod. Type `/apigw-500 a1b2c3d4e5 prod`, or choose:',
    );
    const unread = refusalMessage({
      kind: 'not_found',
      ...about,
      region: 'eu-west-1',
      candidates: [{ ...candidate('prod'), stages: [] }],
    });
    expect(readable(unread)).toContain('REST API · a1b2c3d4e5 · eu-west-1 ·');
  });

  it('say what an alarm watches that is about no API', () => {
    const watches = 'The alarm nightly watches Errors of AWS/Lambda (FunctionName nightly), and no API is behind it.';
    const message = refusalMessage({ kind: 'unrelated', ...about, alarm: 'nightly', watches });
    expect(readable(message)).toContain(`${watches} No diagnosis was started.`);
    expect(buttonsOf(message)).toEqual([]);
  });

  it('carry the remedy where AWS could not be read', () => {
    const message = refusalMessage({ kind: 'unreadable', ...about, message: 'AWS denied it.', remedy: 'Allow it.' });
    expect(readable(message)).toContain('AWS denied it.\n*What to do:* Allow it.');
  });
});

describe('private answers', () => {
  it('name every flag in the help', () => {
    const help = readable(helpMessage());
    for (const flag of ['stage', 'region', 'account', 'since', 'from', 'function', 'role', 'policy', 'log-group']) {
      expect(help).toContain(`--${flag}`);
    }
  });

  it('show what was typed, and an example', () => {
    expect(readable(problemReply('That is wrong.', 'orders --x <y>'))).toContain(
      'Typed: `/apigw-500 orders --x &lt;y&gt;`',
    );
  });

  it('list what is open with its state and verdict', () => {
    const list = openReply(
      [diagnosedInvestigation(), openedInvestigation({ id: 'inv-2' })],
      new Map([['inv-1', 'https://x.example/p1']]),
    );
    expect(readable(list)).toContain('2 open investigations in this channel');
    expect(readable(list)).toContain('· Cause found\n');
    expect(readable(list)).toContain('\nAPI Gateway may not invoke the function orders-prod. Confidence: high.');
    expect(buttonsOf(list)).toEqual(['link:0']);
    expect(readable(openReply([], new Map()))).toContain('No investigation is open in this channel.');
  });

  it('point at the card that exists', () => {
    const message = joinedReply(diagnosedInvestigation(), 'https://x.example/p1');
    expect(readable(message)).toContain('was last diagnosed <!date');
    expect(readable(message)).toContain('Its card is in <#C0OPS> since <!date');
    const running = joinedReply(openedInvestigation(), null);
    expect(readable(running)).toContain('is being investigated already: in <#C0OPS> since');
    const asked = (by: string | null, you: string | null = null) =>
      readable(joinedReply(openedInvestigation({ occurrences: [{ at: createdAt, by }] }), null, true, you));
    const { createdAt } = openedInvestigation();
    expect(asked('U0ALICE', 'U0BOB')).toContain('asked for by <@U0ALICE>');
    expect(asked('U0ALICE', 'U0ALICE')).toContain('asked for by you');
    // An alarm was first, although a person asked last.
    expect(asked(null, 'U0BOB')).toContain('opened by an alarm');
    expect(buttonsOf(message)).toEqual(['link:0']);
    expect(buttonsOf(joinedReply(diagnosedInvestigation(), null))).toEqual([]);
  });

  it('give the verdict where the card cannot be posted, with the line to type', () => {
    const text = readable(
      unpostedReply(slackErrorWords({ code: 'not_in_channel' }), '/invite @apigw-500', diagnosedInvestigation()),
    );
    expect(text).toContain('Type `/invite @apigw-500` in the channel');
    expect(text).toContain('Give API Gateway the permission again.');
    expect(text).toContain('aws lambda add-permission');
  });

  it('have words for what Slack refuses, also for what is new', () => {
    expect(slackErrorWords({ code: 'is_archived' })).toContain('archived');
    expect(slackErrorWords({ code: 'constructor' })).toContain('(constructor)');
  });
});
