/** What must hold of every message, whatever is in the record. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Handoff, Investigation } from '../../src/investigations/types.ts';
import { LIMITS, type Message, sizeOf } from '../../src/render/blocks.ts';
import { card } from '../../src/render/card.ts';
import { evidenceMessage } from '../../src/render/evidence.ts';
import { fallbackMessage, handoffMessage, receiverMessage, reminderMessage } from '../../src/render/handoff.ts';
import { acceptForm, declineForm, handoffForm } from '../../src/render/handoff-form.ts';
import { answerReply, chooseHandoffReply, offeredReply } from '../../src/render/handoff-replies.ts';
import { helpMessage } from '../../src/render/help.ts';
import { homeView } from '../../src/render/home.ts';
import { markdownOf } from '../../src/render/markdown.ts';
import { noteForm, startModal } from '../../src/render/modals.ts';
import { notesMessage } from '../../src/render/notes.ts';
import { playbookMessage } from '../../src/render/playbook.ts';
import { refusalMessage } from '../../src/render/refusals.ts';
import { joinedReply, openReply, problemReply, unpostedReply } from '../../src/render/replies.ts';
import { statusReply } from '../../src/render/status.ts';
import { reportText } from '../../src/render/text.ts';
import { refuseBlocks, refuseView } from '../../src/sandbox/slack/validation.ts';
import { anyCandidates, anyInvestigation, anyText } from '../support/arbitrary-records.ts';
import { sampleChecks } from '../support/samples.ts';

/** Mentions, dates and links of ours; anything else between angle brackets came in from outside. */
const ours =
  /<(?:@[UW][A-Z0-9]+|!subteam\^S[A-Z0-9]+|#[CGD][A-Z0-9]+|!date\^\d+\^\{date_short_pretty\} \{time(?:_secs)?\}\|[\d :-]+UTC|https?:\/\/[^\s<>|"`]+\|[^<>|]+)>/g;
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

const handoffStates = ['offered', 'accepted', 'declined', 'superseded', 'taken'] as const;

/** With the same text wherever people may say something. */
function spokenOf(investigation: Investigation, text: string, state: Handoff['state']): Investigation {
  const at = '2026-11-22T14:10:00.000Z';
  const words = { state: text, impact: text, tried: text, next: text, contingency: text };
  const handoff: Handoff = {
    id: 'handoff-1',
    from: 'U0ALICE',
    owner: null,
    to: { kind: 'group', id: 'S0ONCALL' },
    words,
    offeredAt: at,
    state,
    remindAt: null,
    fallbackAt: null,
    reminded: true,
    fellBack: true,
    answer: state === 'offered' ? null : { by: 'U0BOB', at, words: text },
  };
  return {
    ...investigation,
    handoffs: [handoff],
    notes: Array.from({ length: 30 }, (_, index) => ({
      id: `${index}`,
      by: 'U0ALICE',
      at,
      text,
      link: `https://x.example/${text}`,
    })),
    feedback: [{ by: 'U0ALICE', at, answer: 'another', cause: null, words: text }],
  };
}

/** What Markdown reads as text. */
function outsideFences(markdown: string): string {
  let fence: string | null = null;
  const kept = markdown.split('\n').filter(line => {
    const [mark] = /^`{3,}$/.exec(line) ?? [];
    if (fence === null && mark !== undefined) fence = mark;
    else if (fence !== null && line === fence) {
      fence = null;
      return false;
    }
    return fence === null;
  });
  return kept.join('\n');
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

  it('what people have said of it is safe wherever it is shown, and within the limits', () => {
    fc.assert(
      fc.property(anyInvestigation, anyText, fc.constantFrom(...handoffStates), (found, text, state) => {
        const investigation = spokenOf(found, text, state);
        const [handoff] = investigation.handoffs;
        if (handoff === undefined) throw new Error('There is no handoff.');
        const about = { investigation, handoff, cardLink: `https://x.example/${text}` };
        const many = Array.from({ length: 20 }, () => investigation);
        const messages = [
          card(investigation, sampleChecks),
          handoffMessage(about),
          receiverMessage(about),
          reminderMessage(about),
          fallbackMessage(about, 'S0ONCALL'),
          notesMessage(investigation),
          statusReply(investigation, `https://x.example/${text}`),
          answerReply(investigation, { outcome: 'answered', handoff }, 'accepted', null),
          answerReply(investigation, { outcome: 'not_yours', to: handoff.to }, 'declined', about.cardLink),
          chooseHandoffReply(many, handoff.to),
          offeredReply(
            many.map(one => ({ investigation: one, outcome: 'offered', archived: true })),
            handoff.to,
            2,
          ),
        ];
        for (const message of messages) {
          if (message === null) continue;
          expectSafe(message);
          expectWithinLimits(message);
        }
        const { words } = handoff;
        const context = { channelId: 'C1', responseUrl: `https://hooks.example/${text}` };
        const form = { groups: [{ id: 'S0ONCALL', handle: text }], to: handoff.to, words, context };
        const modals = [
          handoffForm({ ...form, investigations: [investigation], problem: text }),
          handoffForm({ ...form, investigations: many, total: 99 }),
          acceptForm(investigation, handoff, context),
          declineForm(investigation, handoff, context),
          noteForm(
            many.map((one, index) => ({ ...one, id: `inv-${index}` })),
            context,
            text,
          ),
        ];
        for (const modal of modals) expect(refuseView(modal, 'modal')).toBeNull();
        const home = {
          open: [
            ...many,
            ...many.map(one => ({ ...one, owner: null })),
            ...many.map(one => ({ ...one, owner: 'U0EVE' })),
          ],
          closed: many,
          userId: investigation.owner ?? '',
          links: new Map([[investigation.id, about.cardLink]]),
          setup: { doors: ['SNS'], routes: 2, channel: 'C0OPS' },
        };
        expect(refuseView(homeView(home), 'home')).toBeNull();
        expectSafe({ text: 'home', blocks: homeView(home).blocks as Message['blocks'] });
      }),
      runs,
    );
  });

  it('the export holds no HTML, no mention and no link that somebody else has made', () => {
    fc.assert(
      fc.property(anyInvestigation, anyText, fc.constantFrom(...handoffStates), (found, text, state) => {
        const entry = { at: '2026-11-22T14:10:00.000Z', teamId: 'T0TEAM', investigationId: 'inv-1', via: 'slack' };
        const audit = [{ ...entry, who: text, action: 'note_added' as const, detail: text }];
        const prose = outsideFences(markdownOf(spokenOf(found, text, state), audit));
        const bare = prose.replace(/`[^`\n]+`/g, '').replace(/<https?:\/\/[^\s<>]+>/g, '');
        // Two stars stand around the headline, which is ours.
        expect(bare.replace(/^\*\*[^*\n]+\*\*/gm, '')).not.toMatch(/[<>@`[\]*~]|:\/\//);
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
