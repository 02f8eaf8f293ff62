import { describe, expect, it } from 'vitest';
import type { Investigation } from '../../src/investigations/types.ts';
import { card } from '../../src/render/card.ts';
import { diagnosedInvestigation, openedInvestigation, sampleChange, sampleChecks } from '../support/samples.ts';
import { readable } from '../support/slack-stage.ts';
import { fired, offered, recoveredRecord, watched } from '../support/standings.ts';

/** What is read, with dates as a reader in UTC sees them. */
const show = (investigation: Investigation) =>
  readable(card(investigation, sampleChecks)).replace(/<!date[^|]*\|([^>]*) UTC>, [\d:]+ UTC/g, '$1');

describe('how an investigation stands', () => {
  it('recovered: after how long, when, and what says so', () => {
    const text = show(recoveredRecord());
    expect(text).toContain('Recovered after 23 minutes: orders-api, stage prod');
    expect(text).toContain('The errors have ended after 23 minutes, 2026-11-22 14:28: its alarm says so.');
    expect(text).toContain('*Trend*\nno errors any more; none of the last 900 requests failed, as of 2026-11-22 14:40');
    const { recovered: _, ...unsaid } = recoveredRecord();
    expect(show(unsaid)).toContain('🟢 Recovered: orders-api');
  });

  it('watched: the trend as last observed, the next check, and when that ends', () => {
    const text = show(watched());
    expect(text).toContain('getting worse; 340 of the last 900 requests failed (37.8 %), as of 2026-11-22 14:20');
    expect(text).toContain('*Watched*\nevery 2 min, until 2026-11-22 15:30; next check 2026-11-22 14:22');
  });

  it('watched: how much fails now, with the minute that it is of', () => {
    const { observation } = watched();
    if (observation === null) throw new Error('The sample was observed.');
    const [start, end] = ['2026-11-22T14:13:00.000Z', '2026-11-22T14:18:00.000Z'];
    const seen = (errors: number) => ({
      ...observation,
      recent: { start, end, requests: 300, errors, errorShare: errors / 300 },
    });
    const [now, none] = [291, 0].map(errors => show({ ...watched(), observation: seen(errors) }));
    expect(now).toContain('*Trend*\ngetting worse; now 97 % of requests fail (2026-11-22 14:18)');
    expect(none).toContain('now 0 % of requests fail (2026-11-22 14:18)');
    const unasked = { ...seen(0), recent: { start, end, requests: 0, errors: 0, errorShare: null } };
    expect(show({ ...watched(), observation: unasked })).toContain('now no requests (2026-11-22 14:18)');
  });

  it('an observation older than the report does not take its place', () => {
    const { observation } = watched();
    if (observation === null) throw new Error('The sample was observed.');
    const old = { ...observation, at: '2026-11-22T14:00:00.000Z' };
    expect(show({ ...watched(), observation: old })).toContain('getting worse; errors in nearly every minute');
  });

  it('what the metrics do not tell is unknown', () => {
    const { observation } = watched();
    if (observation === null) throw new Error('The sample was observed.');
    const silent = { ...observation, direction: 'unknown' as const, requests: null, errors: null };
    expect(show({ ...watched(), observation: silent })).toContain('unknown: the metrics tell too little, as of');
  });

  it('alarms: how often they fired, when last, and how they are', () => {
    const text = show(fired());
    expect(text).toContain('fired 4 times, last 2026-11-22 14:32');
    expect(text).toContain('*Alarm*\norders-prod-5xx: in alarm since 2026-11-22 14:32');
  });

  it('asked for by people, or by both', () => {
    const occurrences = ['U0ALICE', 'U0BOB'].map(by => ({ by, at: '2026-11-22T14:32:00.000Z' }));
    expect(show(openedInvestigation({ occurrences, occurrenceCount: 2 }))).toContain('asked for twice, last by');
    const mixed = [...occurrences, { by: null, at: '2026-11-22T14:33:00.000Z' }];
    expect(show(openedInvestigation({ occurrences: mixed, occurrenceCount: 9 }))).toContain(
      'fired or asked for 9 times',
    );
  });

  it('an offered handoff leaves the owner on the card', () => {
    expect(show(offered())).toContain('*Owner*\n<@U0SBXANA01>, offered to <@U0SBXBEN02>');
    const handoffs = offered().handoffs.map(handoff => ({ ...handoff, state: 'declined' as const }));
    expect(show({ ...offered(), handoffs })).toContain('*Owner*\n<@U0SBXANA01>\n');
    expect(show(diagnosedInvestigation({ owner: null }))).toContain('*Owner*\nnobody yet');
  });

  it('what came later: changes that CloudTrail delivered, and what people tried', () => {
    const changes = Array.from({ length: 5 }, () => ({ ...sampleChange, event: 'PutRolePolicy', who: null }));
    const note = { id: 'n', by: 'U0BOB', at: '2026-11-22T14:20:00.000Z', text: 'Rolled back to *v41*.', link: null };
    const text = show(
      diagnosedInvestigation({
        late: { at: '2026-11-22T14:25:00.000Z', changes },
        notes: [note, { ...note, text: 'second' }, { ...note, text: 'third' }],
      }),
    );
    expect(text).toContain('*Delivered by CloudTrail since*, 2026-11-22 14:25');
    expect(text).toContain('*PutRolePolicy* on orders-prod by somebody unknown, 3 minutes before the first error');
    expect(text).toContain('and 2 more changes');
    expect(text).toContain('• third (<@U0BOB>, 2026-11-22 14:20)');
    expect(text).toContain('and 1 earlier note');
    expect(text).not.toContain('Rolled back');
  });
});
