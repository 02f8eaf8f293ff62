import { describe, expect, it } from 'vitest';
import { markdownOf } from '../../src/render/markdown.ts';
import { safe } from '../../src/render/markdown-text.ts';
import { diagnosedInvestigation } from '../support/samples.ts';
import { handoff, offered } from '../support/standings.ts';

describe('text in Markdown', () => {
  it.each([
    ['orders-api (REST), stage prod: 96 of 1,200 failed!', 'orders-api (REST), stage prod: 96 of 1,200 failed!'],
    ['snake_case and a * b', 'snake_case and a `*` b'],
    ['_word_ (*bold*).', '`_word_` (`*bold*`).'],
    ['GET /orders/{id}, <b>, [a](b) and `x`', 'GET /orders/{id}, `<b>`, `[a](b`) and `ʼxʼ`'],
    ['ask @ben at https://x.example/a.', 'ask `@ben` at `https://x.example/a`.'],
    ['a & b, but AT&amp;T', 'a & b, but `AT&amp;T`'],
    ['key=[masked: api key], then', '`key=[masked: api key]`, then'],
    ['# no heading', '\\# no heading'],
    ['- no list', '\\- no list'],
    ['1. no list', '1\\. no list'],
    ['2026 was', '2026 was'],
  ])('%s', (text, expected) => {
    expect(safe(text)).toBe(expected);
  });
});

describe('the export', () => {
  const investigation = diagnosedInvestigation({ handoffs: [handoff], notes: offered().notes });
  const entry = {
    at: '2026-11-22T14:35:00.000Z',
    teamId: 'T0TEAM',
    investigationId: 'inv-1',
    who: 'U0SBXANA01',
    action: 'handoff_offered' as const,
    via: 'slack',
    detail: 'Offered to U0SBXBEN02.',
  };
  const names = new Map([
    ['U0SBXANA01', 'Ana Ruiz'],
    ['U0SBXBEN02', 'Ben Okafor'],
  ]);

  it('calls people by their names, also in the sentences of the audit', () => {
    const text = markdownOf(investigation, [entry], names);
    expect(text).toContain('- 2026-11-22 14:35:00 UTC: Handoff offered by Ana Ruiz.\n');
    expect(text).toContain('Handoff offered by Ana Ruiz (slack): Offered to Ben Okafor.');
    expect(text).toContain('Ana Ruiz to Ben Okafor, not answered yet');
    expect(text).not.toContain('U0SBX');
  });

  it('says of an id without a name what it is', () => {
    expect(markdownOf(investigation, [entry])).toContain('Handoff offered by Slack user U0SBXANA01.');
  });

  it('reads without backslashes', () => {
    expect(markdownOf(investigation, [entry], names)).not.toMatch(/\\(?!\n)/);
  });
});
