import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { conditionHolds, matchesResource } from '../../src/diagnosis/policy-match.ts';

const resource = 'arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/prod/GET/orders';

describe('conditionHolds', () => {
  const context = {
    'aws:SourceArn': resource,
    'aws:SourceIp': '192.0.2.17',
    'aws:SourceAccount': '123456789012',
    'aws:TagKeys': ['team', 'cost'],
    'aws:MultiFactorAuthAge': '300',
    'aws:CurrentTime': '2026-11-22T10:00:00Z',
    'aws:SecureTransport': 'true',
    'aws:SourceVpce': null,
  };
  const v6 = { 'aws:SourceIp': '2001:db8::17' };

  test.each<[operator: string, key: string, wanted: string[], holds: boolean, context?: Record<string, string>]>([
    ['StringEquals', 'AWS:sourceaccount', ['123456789012'], true],
    ['StringEquals', 'aws:SourceAccount', ['1', '123456789012'], true],
    ['StringEquals', 'aws:SourceAccount', ['1234*'], false],
    ['StringLike', 'aws:SourceAccount', ['1234*'], true],
    ['StringNotEquals', 'aws:SourceAccount', ['1', '2'], true],
    ['StringNotEquals', 'aws:SourceAccount', ['1', '123456789012'], false],
    ['StringNotLike', 'aws:SourceAccount', ['1234*'], false],
    ['StringEqualsIgnoreCase', 'aws:SourceArn', [resource.toUpperCase()], true],
    ['StringNotEqualsIgnoreCase', 'aws:SourceArn', [resource.toUpperCase()], false],
    ['ArnLike', 'aws:SourceArn', ['arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/*/GET/orders'], true],
    ['ArnEquals', 'aws:SourceArn', ['arn:aws:execute-api:*:*:a1b2c3/*'], true],
    ['ArnLike', 'aws:SourceArn', ['arn:aws:execute-api:*:a1b2c3/*:x:y'], false],
    ['ArnNotLike', 'aws:SourceArn', ['arn:aws:execute-api:*:*:a1b2c3/*'], false],
    ['ArnNotEquals', 'aws:SourceArn', ['arn:aws:execute-api:*:*:zzz/*'], true],
    ['IpAddress', 'aws:SourceIp', ['192.0.2.0/24'], true],
    ['IpAddress', 'aws:SourceIp', ['192.0.2.17'], true],
    ['IpAddress', 'aws:SourceIp', ['198.51.100.0/24', '10.0.0.0/8'], false],
    ['NotIpAddress', 'aws:SourceIp', ['192.0.2.0/24'], false],
    ['IpAddress', 'aws:SourceIp', ['2001:db8::/32'], true, v6],
    ['IpAddress', 'aws:SourceIp', ['192.0.2.0/24'], false, v6],
    ['Bool', 'aws:SecureTransport', ['TRUE'], true],
    ['Bool', 'aws:SecureTransport', ['false'], false],
    ['NumericLessThan', 'aws:MultiFactorAuthAge', ['3600'], true],
    ['NumericGreaterThanEquals', 'aws:MultiFactorAuthAge', ['301'], false],
    ['NumericNotEquals', 'aws:MultiFactorAuthAge', ['300.0'], false],
    ['DateLessThan', 'aws:CurrentTime', ['2026-11-22T10:00:01Z'], true],
    ['DateGreaterThan', 'aws:CurrentTime', ['1795000000'], true],
    ['Null', 'aws:SourceVpce', ['true'], true],
    ['Null', 'aws:SourceVpce', ['false'], false],
    ['Null', 'aws:SourceIp', ['false'], true],
    ['StringEquals', 'aws:SourceVpce', ['vpce-1'], false],
    ['StringNotEquals', 'aws:SourceVpce', ['vpce-1'], true],
    ['StringEqualsIfExists', 'aws:SourceVpce', ['vpce-1'], true],
    ['StringEqualsIfExists', 'aws:SourceAccount', ['1'], false],
    ['ForAllValues:StringEquals', 'aws:SourceVpce', ['vpce-1'], true],
    ['ForAnyValue:StringEquals', 'aws:SourceVpce', ['vpce-1'], false],
    ['ForAllValues:StringEquals', 'aws:TagKeys', ['team', 'cost', 'other'], true],
    ['ForAllValues:StringEquals', 'aws:TagKeys', ['team'], false],
    ['ForAnyValue:StringLike', 'aws:TagKeys', ['co*'], true],
  ])('%s %s %j is %s', (operator, key, wanted, holds, given) => {
    expect(conditionHolds(operator, key, wanted, given ?? context)).toBe(holds);
  });

  test.each([
    ['a key that is not known', 'StringEquals', 'aws:PrincipalTag/team', ['x']],
    ['Null of a key that is not known', 'Null', 'aws:PrincipalTag/team', ['true']],
    ['an operator that is not evaluated', 'BinaryEquals', 'aws:SourceIp', ['eA==']],
    ['a name every object has', 'constructor', 'aws:SourceIp', ['x']],
    ['a policy variable', 'StringEquals', 'aws:SourceIp', ['${aws:username}']],
    ['an ARN that is none', 'ArnLike', 'aws:SourceArn', ['*']],
    ['a network that is none', 'IpAddress', 'aws:SourceIp', ['192.0.2.0/99']],
  ])('%s cannot be told', (_, operator, key, wanted) => {
    expect(conditionHolds(operator, key, wanted, context)).toEqual(expect.any(String));
  });
});

describe('wildcards', () => {
  test('what a pattern covers is what the same regular expression covers', () => {
    const chars = fc.string({ maxLength: 12, unit: fc.constantFrom('a', 'b', '/') });
    const patterns = fc.string({ maxLength: 10, unit: fc.constantFrom('a', 'b', '/', '*', '?') });
    fc.assert(
      fc.property(patterns, chars, (pattern, value) => {
        const source = pattern.replaceAll('*', '[^]*').replaceAll('?', '[^]');
        const expected = new RegExp(`^${source}$`).test(value);
        expect(conditionHolds('StringLike', 'k', [pattern], { k: value })).toBe(expected);
      }),
      { numRuns: 1000 },
    );
  });

  test('a pattern made to backtrack answers at once', () => {
    const pattern = `${'a*'.repeat(400)}b`;
    expect(conditionHolds('StringLike', 'k', [pattern], { k: 'a'.repeat(4_000) })).toBe(false);
  });
});

describe('matchesResource', () => {
  test.each<[pattern: string, value: string, expected: boolean]>([
    ['*', resource, true],
    ['arn:aws:execute-api:*', resource, true],
    ['arn:aws:execute-api:*:*:a1b2c3/*', resource, true],
    ['arn:aws:*:a1b2c3/*', resource, false],
    ['arn:aws:lambda:*', resource, false],
    ['arn:aws:lambda:r:1:function:f', 'arn:aws:lambda:r:1:function:f', true],
    ['arn:aws:lambda:r:1:function:f', 'arn:aws:lambda:r:1:function:f:live', false],
    ['arn:aws:lambda:r:1:function:f*', 'arn:aws:lambda:r:1:function:f:live', true],
  ])('%s and %s', (pattern, value, expected) => {
    expect(matchesResource(pattern, value)).toBe(expected);
  });
});
