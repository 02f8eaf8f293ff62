import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRequest, splitWords } from '../../src/diagnosis/request.ts';

const now = new Date('2026-11-22T14:00:00.000Z');

function request(line: string) {
  const parsed = parseRequest(splitWords(line), now);
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed.request;
}

function problem(line: string): string {
  const parsed = parseRequest(splitWords(line), now);
  return 'problem' in parsed ? parsed.problem : `no problem: ${JSON.stringify(parsed.request)}`;
}

describe('a request', () => {
  it('is a target, then a stage and a time where they are given', () => {
    expect(request('orders-api')).toEqual({
      target: 'orders-api',
      stage: null,
      region: null,
      accountId: null,
      span: { minutes: 15 },
      overrides: { functionName: null, roleName: null, policyArn: null, logGroup: null },
    });
    expect(request('orders-api prod')).toMatchObject({ stage: 'prod', span: { minutes: 15 } });
    expect(request('orders-api prod 2h')).toMatchObject({ stage: 'prod', span: { minutes: 120 } });
    expect(request('orders-api 30m')).toMatchObject({ stage: null, span: { minutes: 30 } });
    expect(request('orders-api $default 1d')).toMatchObject({ stage: '$default', span: { minutes: 1_440 } });
  });

  it('takes every flag, anywhere, with a space or an equals sign', () => {
    const given = request(
      '--region eu-west-1 orders-api --account=1234-5678-9012 --stage prod --since 45m --function f --role arn:aws:iam::123456789012:role/path/api-role --policy arn:aws-us-gov:iam::123456789012:policy/p --log-group /aws/apigateway/x',
    );
    expect(given).toEqual({
      target: 'orders-api',
      stage: 'prod',
      region: 'eu-west-1',
      accountId: '123456789012',
      span: { minutes: 45 },
      overrides: {
        functionName: 'f',
        roleName: 'api-role',
        policyArn: 'arn:aws-us-gov:iam::123456789012:policy/p',
        logGroup: '/aws/apigateway/x',
      },
    });
  });

  it('takes a fixed span, with offsets, and times back from now', () => {
    expect(request('a --from 2026-11-22T14:00:00+01:00 --to 2026-11-22T13:30Z').span).toEqual({
      from: '2026-11-22T13:00:00.000Z',
      to: '2026-11-22T13:30:00.000Z',
    });
    expect(request('a --since 2026-11-22T13:00:00Z').span).toEqual(request('a 2026-11-22T14:00:00+01:00').span);
    expect(request('a --from 2h').span).toEqual({ from: '2026-11-22T12:00:00.000Z', to: '2026-11-22T14:00:00.000Z' });
    expect(request('a --from 2026-11-22T14:00:00+0100 --to 15m').span).toMatchObject({
      to: '2026-11-22T13:45:00.000Z',
    });
  });

  it('reads what phones and Slack make of it', () => {
    expect(request('orders-api —stage prod').stage).toBe('prod');
    expect(request('“orders api” prod')).toMatchObject({ target: 'orders api', stage: 'prod' });
    expect(request("'orders api'").target).toBe('orders api');
    expect(request('"open quote').target).toBe('open quote');
    expect(request('<https://x.execute-api.eu-west-1.amazonaws.com/prod?a=1&amp;b=2|x.execute-api…>').target).toBe(
      'https://x.execute-api.eu-west-1.amazonaws.com/prod?a=1&b=2',
    );
    expect(request('<mailto:a@b.example|orders@api>').target).toBe('orders@api');
    expect(request('orders\u200b-api\u0000\u202e\n\tprod')).toMatchObject({ target: 'orders-api', stage: 'prod' });
  });

  it('takes arguments of a shell as they are', () => {
    expect(parseRequest(['orders api', '--stage', 'prod'], now)).toMatchObject({ request: { target: 'orders api' } });
  });
});

describe('a mistake', () => {
  it.each([
    ['', 'Say which API'],
    ['--stage prod', 'Say which API'],
    ['a --regoin x', 'There is no option "--regoin". Known are --stage'],
    ['a --stage', '--stage needs a value.'],
    ['a --stage --since 5m', '--stage needs a value.'],
    ['a --stage= b', '--stage needs a value.'],
    ['a --stage x --stage y', '--stage was given twice'],
    ['a x --stage y', 'The stage was given twice'],
    ['a x 5m --since 6m', 'The time was given twice'],
    ['a b 5m d', '"d" is one word too many'],
    ['a b c', '"c" is no time; write 15m, 2h, or 2026-11-22T14:00:00Z.'],
    ['a --since 0m', 'at least one minute'],
    ['a --since 2d', 'At most 24 hours'],
    ['a <!channel>', 'a stage has letters'],
    ['a --region narnia', 'a Region looks like eu-west-1'],
    ['a --account 123', 'an account id has 12 digits'],
    ['a --policy AdministratorAccess', 'a policy is given by its ARN'],
    ['a --to 5m', '--to needs --from.'],
    ['a --since 5m --from 2h', 'Give either --since'],
    ['a --from 2026-11-22T14:00:00', '--from needs a time with its offset'],
    ['a --from 2026-13-40T14:00:00Z', '--from needs a time with its offset'],
    ['a --from 1h --to 2h', 'The time span must begin before it ends.'],
    ['a --from 1h --to 2026-11-22T15:00:00Z', 'The time span lies in the future.'],
    ['a --from 2d', 'At most 24 hours'],
    ['a prod 2026-11-22T15:00:00Z', 'must begin before it ends'],
    ['a prod 2026-11-22T13:00:00', 'is no time'],
    ['a --from 2026-10-01T00:00:00Z --to 2026-10-01T01:00:00Z', 'for 15 days'],
  ])('%s: %s', (line, sentence) => {
    expect(problem(line)).toContain(sentence);
    expect(problem(line)).toMatch(/\.$/);
  });

  it('is a target that is too long', () => {
    expect(problem('x'.repeat(100_000))).toBe('The target is too long: 2048 characters are taken.');
    expect(problem(`a --function ${'y'.repeat(5_000)}`)).toContain('too long');
  });
});

it('answers any line with a request or with a sentence', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), line => {
      const parsed = parseRequest(splitWords(line), now);
      if ('problem' in parsed) {
        expect(parsed.problem).toMatch(/\.$/);
        expect(parsed.problem.length).toBeLessThan(400);
      } else {
        expect(parsed.request.target).not.toBe('');
      }
    }),
  );
});
