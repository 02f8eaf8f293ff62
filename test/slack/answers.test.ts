import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebClient } from '@slack/web-api';
import { expect, it, onTestFinished } from 'vitest';
import { UntoldError } from '../../src/investigations/untold.ts';
import { note } from '../../src/render/replies.ts';
import { createAnswers } from '../../src/slack/answers.ts';
import { addressOf } from '../../src/slack/surface.ts';
import { createLog } from '../../src/telemetry.ts';

/** A response_url that answers these statuses, and then 200. */
async function responseUrl(...statuses: number[]) {
  const pauses: number[] = [];
  let asked = 0;
  const server = createServer((_request, response) => {
    asked += 1;
    response.writeHead(statuses.shift() ?? 200, { 'retry-after': '7' }).end();
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const client = new WebClient('xoxb-none', { slackApiUrl: url, retryConfig: { retries: 0 } });
  const after = (ms: number, run: () => void) => {
    pauses.push(ms);
    run();
    return () => {};
  };
  const answers = createAnswers(client, createLog('silent'), after);
  return {
    answers,
    pauses,
    asked: () => asked,
    to: { responseUrl: url, channelId: null, threadTs: null, userId: null },
  };
}

it('is tried again after the pause that Slack asks for, and where Slack is down', async () => {
  const { answers, pauses, asked, to } = await responseUrl(429, 503);
  await answers.tell(to, note('Hello.'));
  expect(asked()).toBe(3);
  expect(pauses[0]).toBe(7_000);
});

it('is not tried again where the address is used up', async () => {
  const { answers, pauses, asked, to } = await responseUrl(404);
  await answers.tell(to, note('Hello.'));
  expect([asked(), pauses]).toEqual([1, []]);
});

it('is handed back to who can wait longer', async () => {
  const { answers, to } = await responseUrl(429);
  const failure = await answers.tellOnce(to, note('Hello.')).catch(error => error);
  expect(failure).toBeInstanceOf(UntoldError);
  expect(failure.retryAfterMs).toBe(7_000);
});

it.each([
  [{ message: { ts: '2.0', thread_ts: '1.0' } }, '1.0'],
  [{ message: { ts: '1.0', thread_ts: '1.0' } }, null],
  [{ container: { message_ts: '2.0', thread_ts: '1.0' } }, '1.0'],
  [{ container: { message_ts: '2.0' } }, null],
])('goes where the person looks: %j', (body, threadTs) => {
  expect(addressOf(body).threadTs).toBe(threadTs);
});
