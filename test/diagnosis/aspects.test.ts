import { describe, expect, test } from 'vitest';
import { type Aspect, claim, judgeAspects } from '../../src/diagnosis/aspects.ts';

const empty = { evidence: [], gaps: [] };
const gap = { source: 'logs:FilterLogEvents', reason: 'throttled', permission: null, remedy: 'Wait.' } as const;

describe('judgeAspects', () => {
  test('the gravest aspect gives status and summary, and unreadable weighs more than ok', () => {
    const ok: Aspect = { status: 'ok', sentence: 'Fine.' };
    const unknown: Aspect = { status: 'unknown', sentence: 'Unread.' };
    const warning: Aspect = { status: 'warning', sentence: 'Odd.' };
    const problem: Aspect = { status: 'problem', sentence: 'Broken.' };
    expect(judgeAspects([ok], 'All is well.', empty)).toMatchObject({ status: 'ok', summary: 'All is well.' });
    expect(judgeAspects([], 'All is well.', empty).status).toBe('ok');
    expect(judgeAspects([ok, unknown], '', empty)).toMatchObject({ status: 'unknown', summary: 'Unread.' });
    expect(judgeAspects([unknown, warning], '', empty)).toMatchObject({ status: 'warning', summary: 'Odd.' });
    expect(judgeAspects([warning, problem, unknown], '', empty)).toMatchObject({
      status: 'problem',
      summary: 'Broken.',
    });
    expect(judgeAspects([problem, problem], '', empty).summary).toBe('Broken; one more finding is in the evidence.');
    expect(judgeAspects([problem, problem, problem], '', empty).summary).toBe(
      'Broken; 2 more findings are in the evidence.',
    );
  });

  test('collects what every aspect says, whatever its status', () => {
    const judgement = judgeAspects(
      [
        { status: 'ok', sentence: '', ruledOut: [{ id: 'throttled', because: 'No limit was met.' }] },
        { status: 'unknown', sentence: 'Unread.', gaps: [gap] },
      ],
      '',
      { evidence: [], gaps: [gap] },
    );
    expect(judgement.ruledOut).toHaveLength(1);
    expect(judgement.gaps).toEqual([gap, gap]);
  });

  test('claims of one cause and basis become one, about what the first names', () => {
    const { claims } = judgeAspects(
      [
        {
          status: 'problem',
          sentence: 'a',
          claims: [claim('lambda-not-ready', 'configuration', ['1', '2'], { functionName: 'a' })],
        },
        {
          status: 'problem',
          sentence: 'b',
          claims: [
            claim('lambda-not-ready', 'configuration', ['2', '3'], { functionName: 'b', message: 'of b' }),
            claim('lambda-not-ready', 'configuration', ['4'], { functionName: 'a', message: 'of a' }),
            claim('lambda-not-ready', 'signature', ['5'], {}, 2),
            claim('lambda-not-ready', 'signature', ['6'], {}, 3),
          ],
        },
      ],
      '',
      empty,
    );
    expect(claims).toEqual([
      {
        cause: 'lambda-not-ready',
        basis: 'configuration',
        requests: null,
        evidence: ['1', '2', '4'],
        parameters: { functionName: 'a', message: 'of a' },
      },
      {
        cause: 'lambda-not-ready',
        basis: 'configuration',
        requests: null,
        evidence: ['2', '3'],
        parameters: { functionName: 'b', message: 'of b' },
      },
      { cause: 'lambda-not-ready', basis: 'signature', requests: 5, evidence: ['5', '6'], parameters: {} },
    ]);
  });
});

test('a claim leaves out what is not known', () => {
  const { parameters } = claim('lambda-timeout', 'symptom', [], { functionName: null, timeoutMs: undefined, line: 0 });
  expect(parameters).toEqual({ line: 0 });
});
