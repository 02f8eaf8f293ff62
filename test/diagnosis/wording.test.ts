import { expect, test } from 'vitest';
import { counted, excerpt, listed, span, utc } from '../../src/diagnosis/wording.ts';

test('counts and lists as people write them', () => {
  expect([counted(0, 'request'), counted(1, 'request'), counted(2, 'entry', 'entries')]).toEqual([
    '0 requests',
    '1 request',
    '2 entries',
  ]);
  expect([listed([]), listed(['a']), listed(['a', 'b']), listed(['a', 'b', 'c'])]).toEqual([
    '',
    'a',
    'a and b',
    'a, b and c',
  ]);
  expect(listed(['a', 'b', 'c', 'd', 'e'])).toBe('a, b, c and 2 more');
  expect(listed(['a', 'b', 'c'], 1)).toBe('a and 2 more');
});

test('times and durations carry their unit', () => {
  expect(utc('2026-11-22T10:02:11.500Z')).toBe('2026-11-22 10:02:11 UTC');
  expect([span(0), span(999.4), span(1_000), span(29_000), span(3_149)]).toEqual([
    '0 ms',
    '999 ms',
    '1 s',
    '29 s',
    '3.1 s',
  ]);
});

test('an excerpt is trimmed and cut', () => {
  expect(excerpt('  a line\n')).toBe('a line');
  expect(excerpt('x'.repeat(20), 10)).toBe(`${'x'.repeat(9)}…`);
});
