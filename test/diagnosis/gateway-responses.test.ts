import { expect, test } from 'vitest';
import { answeredStatus } from '../../src/diagnosis/gateway-responses.ts';

test.each<[name: string, responses: [string, string | null][], type: string, status: number, answered: number]>([
  ['none', [], 'ACCESS_DENIED', 403, 403],
  ['its own', [['ACCESS_DENIED', '500']], 'ACCESS_DENIED', 403, 500],
  ['that of its class', [['DEFAULT_4XX', '502']], 'WAF_FILTERED', 403, 502],
  [
    'its own before that of its class',
    [
      ['DEFAULT_4XX', '502'],
      ['WAF_FILTERED', '404'],
    ],
    'WAF_FILTERED',
    403,
    404,
  ],
  ['one without a status', [['DEFAULT_4XX', null]], 'WAF_FILTERED', 403, 403],
  ['the other class', [['DEFAULT_5XX', '503']], 'WAF_FILTERED', 403, 403],
  ['another type', [['THROTTLED', '500']], 'WAF_FILTERED', 403, 403],
])('answeredStatus: %s', (_, responses, type, status, answered) => {
  const given = responses.map(([responseType, statusCode]) => ({ responseType, statusCode }));
  expect(answeredStatus(given, type, status)).toBe(answered);
});
