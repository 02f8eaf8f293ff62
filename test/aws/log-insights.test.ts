import { expect, it } from 'vitest';
import { countLogLines } from '../../src/aws/log-insights.ts';
import { memoised } from '../../src/aws/send.ts';
import { wire } from './wire.ts';

const query = {
  start: '2026-11-20T10:00:00.500Z',
  end: '2026-11-20T10:15:00.000Z',
  terms: ['Execution failed', 'status: 5'],
};

/** A query that ends as told, after so many looks at it. */
async function insights(status: string, looks: number) {
  let looked = 0;
  const { send, calls } = await wire(({ body }) => {
    if ('queryString' in body) return { body: { queryId: 'q1' } };
    looked += 1;
    if (looked < looks) return { body: { status: looked === 1 ? 'Scheduled' : 'Running' } };
    return {
      body: {
        status,
        results: [
          [
            { field: 'sentence', value: 'Execution failed: Authorization=Bearer abc123456' },
            { field: 'lines', value: '28800' },
          ],
        ],
        statistics: { bytesScanned: 12_500_000 },
      },
    };
  });
  return { send: memoised(send), calls };
}

it('asks until the query is complete, and masks secrets', async () => {
  const { send, calls } = await insights('Complete', 3);
  expect(await countLogLines(send, 'group', query)).toEqual({
    sentences: [{ text: 'Execution failed: Authorization=[masked: authorization header]', lines: 28_800 }],
    bytesScanned: 12_500_000,
  });
  expect(calls).toHaveLength(4);
  expect(calls[0]?.body).toMatchObject({
    logGroupName: 'group',
    startTime: Date.parse('2026-11-20T10:00:00Z') / 1_000,
    endTime: Date.parse('2026-11-20T10:15:00Z') / 1_000,
    queryString: expect.stringMatching(
      /^filter @message like "Execution failed" or @message like "status: 5" \| parse /,
    ),
  });
});

it('is unread where the query fails or never ends', async () => {
  const failed = await insights('Failed', 1);
  await expect(countLogLines(failed.send, 'group', query)).rejects.toMatchObject({
    source: 'logs:GetQueryResults',
    reason: 'timeout',
  });
  const endless = await insights('Complete', 1_000);
  await expect(countLogLines(endless.send, 'group', query)).rejects.toMatchObject({ reason: 'timeout' });
  expect(endless.calls.length).toBeLessThan(30);
});
