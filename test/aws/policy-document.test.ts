import { describe, expect, it } from 'vitest';
import { MalformedPolicyError, parsePolicy } from '../../src/aws/policy-document.ts';

describe('parsePolicy', () => {
  it('makes every text or list a list, and changes nothing else', () => {
    const document = parsePolicy(
      JSON.stringify({
        Version: '2012-10-17',
        Statement: {
          Sid: 'one',
          Effect: 'Deny',
          NotPrincipal: { AWS: ['111122223333', '*'], Service: 'lambda.amazonaws.com' },
          NotAction: 's3:*',
          NotResource: ['arn:a', 'arn:b'],
          Condition: { Bool: { 'aws:SecureTransport': false }, NumericLessThan: { 'aws:MultiFactorAuthAge': [300] } },
        },
      }),
    );

    expect(document).toEqual({
      version: '2012-10-17',
      statements: [
        {
          sid: 'one',
          effect: 'Deny',
          principal: null,
          notPrincipal: { AWS: ['111122223333', '*'], Service: ['lambda.amazonaws.com'] },
          actions: [],
          notActions: ['s3:*'],
          resources: [],
          notResources: ['arn:a', 'arn:b'],
          conditions: {
            Bool: { 'aws:SecureTransport': ['false'] },
            NumericLessThan: { 'aws:MultiFactorAuthAge': ['300'] },
          },
        },
      ],
    });
  });

  it('tells everybody from a list that holds everybody', () => {
    const principalOf = (Principal: unknown) =>
      parsePolicy(JSON.stringify({ Statement: [{ Effect: 'Allow', Principal }] })).statements[0]?.principal;

    expect(principalOf('*')).toBe('*');
    expect(principalOf({ AWS: '*' })).toEqual({ AWS: ['*'] });
  });

  it('reads a policy without statements', () => {
    expect(parsePolicy('{}')).toEqual({ version: null, statements: [] });
  });

  it.each([
    '',
    'no',
    '[]',
    '"x"',
    '{"Statement":["x"]}',
    '{"Statement":[{"Effect":"Maybe"}]}',
    '{"Statement":[{"Effect":"Allow","Principal":"bob"}]}',
    '{"Statement":[{"Effect":"Allow","Condition":[]}]}',
  ])('refuses %s', json => {
    expect(() => parsePolicy(json)).toThrow(MalformedPolicyError);
  });
});
