import { describe, expect, it } from 'vitest';
import type { Impact } from '../../src/diagnosis/types.ts';
import { causeName } from '../../src/render/cause-name.ts';
import {
  around,
  beforeOnset,
  byNearness,
  cut,
  impactWords,
  named,
  percent,
  printable,
  tally,
  trend,
  withCommand,
  withoutDay,
} from '../../src/render/words.ts';
import { sampleChange, sampleReport } from '../support/samples.ts';

describe('words', () => {
  it('cut between words, and never through a character', () => {
    expect(cut('one two three', 9)).toBe('one two…');
    expect(cut('abcdefghij', 5)).toBe('abcd…');
    expect(cut('ab👩cd', 4)).toBe('ab…');
    expect(cut('It is long. It is long.', 14)).toBe('It is long…');
    expect(cut('payments-orchestrator', 12)).toBe('payments…');
    expect(cut('with Authorization: [masked: authorization header] it fails', 40)).toBe('with Authorization…');
  });

  it('keep the stage in sight behind a long name', () => {
    const name = 'payments-and-refunds-orchestration-service';
    expect(named({ apiName: 'orders', stage: 'prod' }, 40)).toBe('orders, stage prod');
    expect(named({ apiName: name, stage: 'prod' }, 40)).toBe('payments-and-refunds…, stage prod');
  });

  it('say a cause as people do', () => {
    expect(causeName('waf-blocked')).toBe('WAF blocked');
    expect(causeName('vpc-link-unavailable')).toBe('VPC link unavailable');
  });

  it('drop what cannot be seen', () => {
    expect(printable('a\u0000b\u001b[31mc\u202ed\r\ne\ud800')).toBe('ab[31mcd\ne\ufffd');
  });

  it('never round a share to nothing or to all', () => {
    expect(percent(0)).toBe('0 %');
    expect(percent(0.0001)).toBe('less than 0.1 %');
    expect(percent(0.9999)).toBe('more than 99.9 %');
    expect(percent(0.072)).toBe('7.2 %');
  });

  it('count findings by status', () => {
    expect(tally(['ok', 'problem', 'ok', 'unknown', 'not_applicable'])).toBe(
      '1 problem, 2 OK, 1 could not be checked, 1 does not apply',
    );
    expect(tally([])).toBe('none yet');
  });

  it('tell where the errors are going', () => {
    const series = (errors: number[]) => ({
      periodSeconds: 60 as const,
      threshold: null,
      points: errors.map(count => ({ at: '', requests: 100, errors: count })),
    });
    expect(trend(series([...Array(5).fill(1), ...Array(5).fill(10)]))).toBe('getting worse');
    expect(trend(series([...Array(5).fill(10), ...Array(5).fill(1)]))).toBe('getting better');
    expect(trend(series([...Array(5).fill(10), ...Array(5).fill(9)]))).toBe('steady');
    expect(trend(series([...Array(5).fill(10), ...Array(5).fill(0)]))).toBe('no errors in the last 5 minutes');
    expect(trend(series([1, 2]))).toBeNull();
    expect(trend({ periodSeconds: 60, points: null, threshold: null })).toBeNull();
  });

  it('place a change against the first error', () => {
    const at = (minutesBeforeOnset: number | null, effectiveAt: string | null = sampleChange.at) =>
      beforeOnset({ ...sampleChange, minutesBeforeOnset, effectiveAt });
    expect(at(1)).toBe('1 minute before the first error');
    expect(at(0)).toBe('in the minute of the first error');
    expect(at(1.9)).toBe('1.9 minutes before the first error');
    expect(at(12.4)).toBe('12 minutes before the first error');
    expect(at(-4)).toBe('4 minutes after the first error');
    expect([at(121), at(3_000), at(28_787)].map(text => text.replace(' before the first error', ''))).toEqual([
      '2 hours',
      '2 days',
      '20 days',
    ]);
    expect(at(null, null)).toBe('not in effect: it is not deployed');
    const sorted = byNearness([-2, 40, null, 3].map(minutesBeforeOnset => ({ ...sampleChange, minutesBeforeOnset })));
    expect(sorted.map(change => change.minutesBeforeOnset)).toEqual([3, 40, -2, null]);
  });

  it('keep unknown figures apart from zero', () => {
    const { impact, window } = sampleReport();
    const told = (figures: Partial<Impact>) => impactWords({ impact: { ...impact, ...figures }, window });
    expect(told({ requests: null })).toBe('unknown: the metrics could not be read');
    expect(told({ requests: 0, errors: 0, errorShare: 0 })).toContain('0 of 0 requests failed in the 15 minutes to');
    expect(told({ errors: null, errorShare: null })).toContain('unknown, of 1,200 requests');
  });

  it('measure the impact since the first error where that is known, and name the time', () => {
    const report = sampleReport();
    expect(impactWords(report)).toBe('96 of 1,200 requests failed (8 %) in the 15 minutes to 2026-11-22 14:10:00 UTC');
    const [start, end] = ['2026-11-22T14:05:00.000Z', '2026-11-22T14:10:00.000Z'];
    const sinceOnset = { start, end, requests: 400, errors: 400, errorShare: 1 };
    expect(impactWords({ ...report, impact: { ...report.impact, sinceOnset } })).toBe(
      '400 of 400 requests failed (100 %) in the 5 minutes from the first error to 2026-11-22 14:10:00 UTC',
    );
  });
});

describe('texts for people', () => {
  it('leave out the day that everybody knows', () => {
    const text = 'From 2026-11-22T14:03:31.000Z to 2026-11-22 14:15:29 UTC, before on 2026-11-21 23:59:00 UTC.';
    expect(withoutDay(text, '2026-11-22T14:20:00.000Z')).toBe(
      'From 14:03:31 UTC to 14:15:29 UTC, before on 2026-11-21 23:59:00 UTC.',
    );
  });

  it('show of a long line what stands around the words that count', () => {
    const line = `{${'"field": "value", '.repeat(40)}"error": "Task timed out after 3.00 seconds", ${'"more": "of it", '.repeat(40)}}`;
    const shown = around(line, 'Task timed out after 3.00 seconds', 200);
    expect(shown).toContain('Task timed out after 3.00 seconds');
    expect(shown.length).toBeLessThanOrEqual(200);
    expect(shown).toMatch(/^….*…$/);
    expect(around('short', 'short', 200)).toBe('short');
  });

  it('set the command of a remedy apart', () => {
    expect(withCommand('Turn it on: aws logs tail /a --region eu-west-1')).toEqual({
      sentence: 'Turn it on:',
      command: 'aws logs tail /a --region eu-west-1',
    });
    expect(withCommand('Ask the owner.')).toEqual({ sentence: 'Ask the owner.', command: null });
  });
});
