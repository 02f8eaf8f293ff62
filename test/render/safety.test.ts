/** What must hold of every message, whatever is in the record. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS, type Message, sizeOf } from '../../src/render/blocks.ts';
import { card } from '../../src/render/card.ts';
import { evidenceMessage } from '../../src/render/evidence.ts';
import { helpMessage } from '../../src/render/help.ts';
import { startModal } from '../../src/render/modals.ts';
import { playbookMessage } from '../../src/render/playbook.ts';
import { refusalMessage } from '../../src/render/refusals.ts';
import { joinedReply, openReply, problemReply, unpostedReply } from '../../src/render/replies.ts';
import { reportText } from '../../src/render/text.ts';
import { refuseBlocks, refuseView } from '../../src/sandbox/slack/validation.ts';
import { anyCandidates, anyInvestigation, anyText } from '../support/arbitrary-records.ts';
import { sampleChecks } from '../support/samples.ts';

/** Mentions, dates and links of ours; anything else between angle brackets came in from outside. */
const ours =
  /<(?:@[UW][A-Z0-9]+|#[CGD][A-Z0-9]+|!date\^\d+\^\{date_short_pretty\} \{time(?:_secs)?\}\|[\d :-]+UTC|https?:\/\/[^\s<>|"`]+\|[^<>|]+)>/g;
const entities = /&(?:amp|lt|gt);/g;

function textsOf(value: unknown, inRichText = false): string[] {
  if (Array.isArray(value)) return value.flatMap(item => textsOf(item, inRichText));
  if (typeof value !== 'object' || value === null) return [];
  const rich = inRichText || ('type' in value && ['rich_text', 'table'].includes(String(value.type)));
  return Object.entries(value).flatMap(([name, item]) =>
    name === 'text' && typeof item === 'string' ? (rich ? [] : [item]) : textsOf(item, rich),
  );
}

function expectSafe(message: Message): void {
  for (const text of [message.text, ...textsOf(message.blocks)]) {
    expect(text.replace(ours, '').replace(entities, '')).not.toMatch(/[<>&]/);
    expect(text.isWellFormed()).toBe(true);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may go out
    expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f\u202a-\u202e\u2066-\u2069]/);
  }
  expect(JSON.stringify(message.blocks)).not.toMatch(/"type":"(?:user|usergroup|broadcast|channel)"/);
  if (message.classic !== undefined) expectSafe({ text: message.text, blocks: message.classic });
}

function expectWithinLimits(message: Message): void {
  expect(message.text.trim()).not.toBe('');
  expect(message.text.length).toBeLessThanOrEqual(LIMITS.fallback);
  expect(message.blocks.length).toBeLessThanOrEqual(LIMITS.blocks);
  expect(sizeOf(message.blocks)).toBeLessThanOrEqual(LIMITS.message);
  expect(refuseBlocks(message.blocks)).toBeNull();
  if (message.classic === undefined) return;
  expect(JSON.stringify(message.classic)).not.toContain('"type":"table"');
  expectWithinLimits({ text: message.text, blocks: message.classic });
}

// Shrinking records of this size takes minutes; the seed that failed is printed.
const runs = { numRuns: 60, endOnFailure: true };

describe('whatever a record says', () => {
  it('its card, its thread and its private answers are safe, and within the limits', () => {
    fc.assert(
      fc.property(anyInvestigation, anyText, (investigation, text) => {
        const messages = [
          card(investigation, sampleChecks),
          playbookMessage(investigation, sampleChecks, 'step'),
          playbookMessage(investigation, sampleChecks, 'diagnosis'),
          ...sampleChecks.map(check => evidenceMessage(investigation, sampleChecks, `${check.group}:${check.number}`)),
          openReply(
            Array.from({ length: 60 }, () => investigation),
            new Map([['inv-1', `https://x.example/${text}`]]),
          ),
          joinedReply(investigation, `https://x.example/${text}`),
          unpostedReply(text, '/invite @apigw-500', investigation),
        ];
        for (const message of messages) {
          if (message === null) continue;
          expectSafe(message);
          expectWithinLimits(message);
        }
      }),
      runs,
    );
  });

  it('its text on a terminal cannot drive the terminal', () => {
    fc.assert(
      fc.property(anyInvestigation, investigation => {
        if (investigation.record === null) return;
        const text = reportText(investigation.record.report, { width: 80, colour: false });
        // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may go out
        expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
      }),
      runs,
    );
  });
});

describe('whatever a person types', () => {
  it('the refusals and the form are safe, and within the limits', () => {
    fc.assert(
      fc.property(anyText, anyText, anyCandidates, (target, message, candidates) => {
        const about = { inboxId: 'inbox-1', target };
        const messages = [
          refusalMessage({ kind: 'ambiguous', ...about, candidates }),
          refusalMessage({ kind: 'not_found', ...about, region: message, candidates }),
          refusalMessage({ kind: 'unrelated', ...about, alarm: message, watches: message }),
          refusalMessage({ kind: 'unreadable', ...about, message, remedy: message }),
          refusalMessage({ kind: 'failed', ...about, message }),
          problemReply(message, target),
        ];
        for (const one of messages) {
          expectSafe(one);
          expectWithinLimits(one);
        }
        expect(
          refuseView(startModal({ channelId: 'C1', responseUrl: `https://hooks.example/${target}` }), 'modal'),
        ).toBeNull();
      }),
      runs,
    );
  });

  it('help is one message', () => {
    expectWithinLimits(helpMessage());
    expect(refuseBlocks(helpMessage().blocks)).toBeNull();
  });
});
