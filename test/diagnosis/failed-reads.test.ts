import { describe, expect, it } from 'vitest';
import type { Send } from '../../src/aws/send.ts';
import { UnreadError, type UnreadReason } from '../../src/aws/unread.ts';
import { notingFailures, unnamed } from '../../src/diagnosis/failed-reads.ts';

function failing(reason: UnreadReason): Send {
  return (operation, input) =>
    Promise.reject(
      new UnreadError('apigateway:GetApis', reason, `${operation} of ${JSON.stringify(input)}.`, 'Allow it.'),
    );
}

async function failedWith(reason: UnreadReason) {
  const { send, failed } = notingFailures(failing(reason));
  for (const limit of ['1', '2']) await send('apigatewayv2:GetApis', { MaxResults: limit }).catch(() => undefined);
  return failed();
}

describe('a failed read', () => {
  it('is noted once for its kind, and still rejects', async () => {
    const { send } = notingFailures(failing('throttled'));
    await expect(send('apigatewayv2:GetApis', {})).rejects.toBeInstanceOf(UnreadError);
    expect(await failedWith('access_denied')).toEqual([
      { source: 'apigateway:GetApis', reason: 'access_denied', permission: null, remedy: 'Allow it.' },
    ]);
  });

  it.each(['not_found', 'unsupported_plan'] as const)('is none where AWS answers %s', async reason => {
    expect(await failedWith(reason)).toEqual([]);
  });

  it('is named only where no finding does it', async () => {
    const failed = await failedWith('timeout');
    expect(unnamed(failed, [])).toEqual(failed);
    expect(unnamed(failed, failed)).toEqual([]);
  });
});
