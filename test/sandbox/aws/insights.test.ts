import { expect, it } from 'vitest';
import { openAccess } from '../../../src/aws/access.ts';
import { countLogLines } from '../../../src/aws/log-insights.ts';
import { failing, minute, ordersWorld, serve, zero } from './support.ts';

const settings = { methodSettings: { '*/*': { loggingLevel: 'ERROR' as const } } };
const group = 'API-Gateway-Execution-Logs_a1b2c3d4e5/prod';
const query = {
  start: new Date(zero.getTime() - 15 * minute).toISOString(),
  end: zero.toISOString(),
  terms: ['Execution failed', 'Method completed with status: 500'],
};

async function stage() {
  const { options } = await serve({ ...ordersWorld(settings), traffic: { failing } });
  const access = openAccess({ ...options, clock: () => zero });
  return (await access.open(null, null)).send;
}

it('counts the lines of all requests by their sentence', async () => {
  const counts = await countLogLines(await stage(), group, query);
  const [first, second, ...others] = counts.sentences;
  expect(others).toEqual([]);
  expect([first?.text, second?.text].toSorted()).toEqual([
    'Execution failed due to configuration error: Invalid permissions on Lambda function',
    'Method completed with status: 500',
  ]);
  expect(first?.lines).toBe(20);
  expect(counts.bytesScanned).toBeGreaterThan(1_000);
});

it('knows no other group, and no other query', async () => {
  const send = await stage();
  await expect(countLogLines(send, 'nothing', query)).rejects.toMatchObject({ reason: 'not_found' });
  const span = { startTime: 0, endTime: zero.getTime() / 1_000 };
  await expect(
    send('logs:StartQuery', { logGroupName: group, ...span, queryString: 'fields @message' }),
  ).rejects.toMatchObject({ source: 'logs:StartQuery' });
  await expect(send('logs:GetQueryResults', { queryId: 'none' })).rejects.toMatchObject({ reason: 'not_found' });
});
