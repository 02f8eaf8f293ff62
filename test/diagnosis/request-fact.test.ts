import { describe, expect, test } from 'vitest';
import { requestFact } from '../../src/diagnosis/request-fact.ts';
import type { FailedRequest } from '../../src/diagnosis/signals.ts';
import { decisiveWords } from '../../src/diagnosis/signature-match.ts';
import { excerptAround } from '../../src/diagnosis/wording.ts';

const request = {
  logGroup: 'API-Gateway-Execution-Logs_a1b2c3d4e5/prod',
  at: '2026-11-22T14:05:10.000Z',
  requestId: 'e4278638-1ae7-4e61-a38e-b3a740368ea1',
  cause: 'lambda-invoke-permission-missing',
  decisive: {
    message: `${'padding '.repeat(120)}Execution failed due to configuration error: Invalid permissions on Lambda function`,
  },
} as FailedRequest;

describe('the line that decided', () => {
  test('is shown around the words that say the cause', () => {
    const { excerpt = '', match = '' } = requestFact(request, 'One request', { region: 'eu-west-1' });
    expect(match).toContain('Invalid permissions on Lambda function');
    expect(excerpt).toContain(match);
    expect(excerpt.length).toBeLessThanOrEqual(600);
    expect(excerpt.startsWith('…')).toBe(true);
  });

  test('its link opens the log group at the time and with the request id as the filter', () => {
    const { link } = requestFact(request, 'One request', { region: 'eu-west-1' });
    const { hash } = new URL(link ?? '');
    const fragment = decodeURIComponent(hash.replaceAll('$', '%'));
    expect(fragment).toBe(
      `#logsV2:log-groups/log-group/API-Gateway-Execution-Logs_a1b2c3d4e5%2Fprod/log-events?start=${Date.parse('2026-11-22T14:04:10Z')}&end=${Date.parse('2026-11-22T14:06:10Z')}&filterPattern=%22e4278638-1ae7-4e61-a38e-b3a740368ea1%22`,
    );
  });

  test('quoted function errors are the words, where no phrase of the cause is in the line', () => {
    const line =
      '{"integrationError":"The Lambda function returned the following error: orders.map is not a function."}';
    expect(decisiveWords(line, 'lambda-function-error')).toContain('orders.map is not a function');
    expect(decisiveWords('nothing of the kind', 'waf-blocked')).toBeNull();
  });

  test('a short text stays whole, and one whose words come early is cut behind them', () => {
    expect(excerptAround('short', 'short')).toBe('short');
    const early = `the words ${'x'.repeat(700)}`;
    expect(excerptAround(early, 'the words')).toMatch(/^the words x+…$/);
  });
});
