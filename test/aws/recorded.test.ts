import { describe, expect, it } from 'vitest';
import type { OutputOf } from '../../src/aws/operations.ts';
import { recorded, withCallsOf } from '../../src/aws/recorded.ts';
import type { Send } from '../../src/aws/send.ts';

/** AWS whose answers the test gives, one by one. */
function heldAnswers() {
  let now = 0;
  const waiting = new Map<string, PromiseWithResolvers<unknown>>();
  const send = ((_operation: string, input: { restApiId: string }) => {
    const answer = Promise.withResolvers<unknown>();
    waiting.set(input.restApiId, answer);
    return answer.promise;
  }) as unknown as Send;
  const record = recorded(send, () => new Date(now));
  const calls = new Map<string, Promise<unknown>>();
  return {
    record,
    ask: (id: string) => {
      calls.set(id, record.send('apigateway:GetRestApi', { restApiId: id }));
      calls.get(id)?.catch(() => undefined);
    },
    /** Answers after so many milliseconds. */
    answer: async (id: string, ms: number) => {
      now += ms;
      waiting.get(id)?.resolve({});
      await calls.get(id);
    },
    fail: async (id: string, ms: number) => {
      now += ms;
      waiting.get(id)?.reject(new Error('no'));
      await calls.get(id)?.catch(() => undefined);
    },
  };
}

describe('recorded', () => {
  it('counts calls by the name that reports use', async () => {
    const answering = (async () => ({}) as OutputOf<'sts:GetCallerIdentity'>) as unknown as Send;
    const { send, stats } = recorded(answering, () => new Date(0));

    await send('apigateway:GetStage', { restApiId: 'a', stageName: 'prod' });
    await send('apigatewayv2:GetStage', { ApiId: 'a', StageName: 'prod' });
    await send('lambda:GetAccountSettings', {});

    expect(stats().awsCalls).toEqual({
      total: 3,
      byOperation: { 'apigateway:GetStage': 2, 'lambda:GetAccountSettings': 1 },
    });
  });

  it('is empty before the first call', () => {
    const { record } = heldAnswers();

    expect(record.stats()).toEqual({ awsCalls: { total: 0, byOperation: {} }, depth: 0, criticalPathMs: 0 });
  });

  it('takes calls that are under way together as one wave, as long as the slowest', async () => {
    const { record, ask, answer } = heldAnswers();

    ask('a');
    ask('b');
    await answer('a', 100);
    await answer('b', 50);

    expect(record.stats()).toMatchObject({ depth: 1, criticalPathMs: 150 });
  });

  it('follows the longest chain of calls, each asked after the one before had answered', async () => {
    const { record, ask, answer } = heldAnswers();

    ask('slow'); // 0 .. 1000, alone
    ask('a'); // 0 .. 100
    await answer('a', 100);
    ask('b'); // 100 .. 150, after a
    ask('c'); // 100 .. 200, after a
    await answer('b', 50);
    ask('d'); // 150 .. 210, after b
    await answer('c', 50);
    await answer('d', 10);
    await answer('slow', 790);

    expect(record.stats()).toMatchObject({ depth: 3, criticalPathMs: 100 + 50 + 60 });
  });

  it('counts a call that failed', async () => {
    const { record, ask, answer, fail } = heldAnswers();

    ask('a');
    await fail('a', 20);
    ask('b');
    await answer('b', 30);

    expect(record.stats()).toMatchObject({ depth: 2, criticalPathMs: 50, awsCalls: { total: 2 } });
  });
});

describe('withCallsOf', () => {
  it('adds what was asked elsewhere, and keeps the chain of its own', () => {
    const stats = (byOperation: Record<string, number>, depth: number) => ({
      awsCalls: { total: Object.values(byOperation).reduce((sum, calls) => sum + calls, 0), byOperation },
      depth,
      criticalPathMs: depth * 100,
    });

    expect(withCallsOf(stats({ a: 1 }, 1), [stats({ a: 2, b: 1 }, 3), stats({ b: 4 }, 1)])).toEqual({
      awsCalls: { total: 8, byOperation: { a: 3, b: 5 } },
      depth: 1,
      criticalPathMs: 100,
    });
  });
});
