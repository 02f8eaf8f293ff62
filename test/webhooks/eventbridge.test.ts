import { beforeEach, describe, expect, test } from 'vitest';
import { createEventBridgeHandler } from '../../src/webhooks/eventbridge.ts';
import { createWebhookStage, sendForever, sendRaw, type WebhookStage } from './stage.ts';

const path = '/webhooks/eventbridge';
const apiKey = 'correct-horse-battery-staple';

const event = {
  version: '0',
  id: '6a7e8feb-b491-4cf7-a9f1-bf3703467718',
  'detail-type': 'CloudWatch Alarm State Change',
  source: 'aws.cloudwatch',
  account: '123456789012',
  time: '2026-11-22T14:04:06Z',
  region: 'eu-west-1',
  resources: ['arn:aws:cloudwatch:eu-west-1:123456789012:alarm:orders-5xx'],
  detail: {
    alarmName: 'orders-5xx',
    state: { value: 'ALARM', reason: 'Threshold Crossed.', timestamp: '2026-11-22T14:04:05.123+0000' },
    previousState: { value: 'OK', reason: 'Fine.', timestamp: '2026-11-22T13:00:00.000+0000' },
    configuration: {
      metrics: [
        {
          id: 'm1',
          metricStat: {
            metric: {
              namespace: 'AWS/ApiGateway',
              name: '5xx',
              dimensions: { ApiId: 'a1b2c3d4e5', Stage: '$default' },
            },
            period: 60,
            stat: 'Sum',
          },
          returnData: true,
        },
      ],
    },
  },
};

let stage: WebhookStage;
beforeEach(() => {
  stage = createWebhookStage();
});

const serve = () => stage.serve(path, createEventBridgeHandler({ ...stage.dependencies, apiKey }));

async function post(port: number, body: unknown, headers: Record<string, string> = { 'x-api-key': apiKey }) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', body: text, headers });
}

async function expectRefused(answer: Response, status: number, outcome: string): Promise<string> {
  expect(answer.status).toBe(status);
  expect(stage.outcomes).toEqual([outcome]);
  expect(stage.lines).toHaveLength(1);
  const text = await answer.text();
  expect(text + stage.lines.join()).not.toContain(apiKey);
  expect(stage.stored.size).toBe(0);
  return text;
}

describe('an event with the key', () => {
  test('is stored, then answered', async () => {
    expect((await post(await serve(), event)).status).toBe(200);
    expect([...stage.stored]).toEqual([
      [
        `eventbridge:${event.id}`,
        {
          arn: event.resources[0],
          name: 'orders-5xx',
          accountId: '123456789012',
          region: 'eu-west-1',
          state: 'ALARM',
          at: '2026-11-22T14:04:05.123Z',
          reason: 'Threshold Crossed.',
          metrics: [
            { namespace: 'AWS/ApiGateway', name: '5xx', dimensions: { ApiId: 'a1b2c3d4e5', Stage: '$default' } },
          ],
        },
      ],
    ]);
    expect(stage.outcomes).toEqual(['stored']);
  });

  test('that comes again is answered 200 and not stored again', async () => {
    const port = await serve();
    await post(port, event);
    expect((await post(port, event)).status).toBe(200);
    expect(stage.outcomes).toEqual(['stored', 'repeated']);
    expect(stage.stored.size).toBe(1);
  });

  test('with fields that are not known is stored', async () => {
    expect((await post(await serve(), { ...event, more: [1], detail: { ...event.detail, more: {} } })).status).toBe(
      200,
    );
  });

  test('that cannot be stored is to be sent again', async () => {
    stage.failure = new Error('full');
    const answer = await post(await serve(), event);
    expect(answer.headers.get('retry-after')).toBe('30');
    await expectRefused(answer, 503, 'not_stored');
  });

  test('of another type is told what is expected', async () => {
    const other = { ...event, 'detail-type': 'CloudWatch Alarm Configuration Change' };
    const text = await expectRefused(await post(await serve(), other), 400, 'unexpected_event');
    expect(text).toContain('"CloudWatch Alarm State Change"');
  });

  test.each([
    ['truncated JSON', JSON.stringify(event).slice(0, -9)],
    ['an empty body', ''],
    ['a list', JSON.stringify([event])],
    ['only the detail', JSON.stringify(event.detail)],
    ['no id', JSON.stringify({ ...event, id: undefined })],
    ['no account', JSON.stringify({ ...event, account: 'me' })],
    ['a Region that is none', JSON.stringify({ ...event, region: 'x/../y' })],
    ['a detail without a state', JSON.stringify({ ...event, detail: { alarmName: 'a' } })],
  ])('%s: 400', async (_, body) => {
    await expectRefused(await post(await serve(), body), 400, 'malformed');
  });

  test('of 300 KB: 413', async () => {
    await expectRefused(await post(await serve(), { ...event, more: 'x'.repeat(300_000) }), 413, 'too_large');
  });
});

describe('an event without the key', () => {
  test.each([[undefined], [''], [`${apiKey} `.repeat(2)], [apiKey.slice(0, -1)], [apiKey.toUpperCase()]])(
    'with %j: 401',
    async key => {
      const headers: Record<string, string> = key === undefined ? {} : { 'x-api-key': key };
      await expectRefused(await post(await serve(), event, headers), 401, 'wrong_key');
    },
  );

  test('is refused before its body came', async () => {
    const answered = await sendRaw(await serve(), `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n`);
    expect(answered).toMatch(/^HTTP\/1\.1 401 /);
  });

  test('and with a body that does not end is cut off', async () => {
    const sent = await sendForever(await serve(), path);
    expect(sent).toBeLessThan(20_000_000);
    expect(stage.outcomes).toEqual(['wrong_key']);
  });

  test('and a handler without a key is never made', () => {
    expect(() => createEventBridgeHandler({ ...stage.dependencies, apiKey: '' })).toThrow('EVENTBRIDGE_API_KEY');
  });
});
