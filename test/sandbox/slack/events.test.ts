import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { httpTransport } from '../../../src/sandbox/slack/delivery.ts';
import { fullManifest, type ManualTime, manualTime, openStage, type Stage, startBolt } from './support.ts';

interface Received {
  headers: IncomingHttpHeaders;
  body: { event_id: string; event: Record<string, unknown> };
}

/** An app that answers events as it is told. */
let server: Server;
let stage: Stage;
let time: ManualTime;
let received: Received[];
let answer: { status: number; headers?: Record<string, string> };
let arrived: () => void;

beforeEach(async () => {
  time = manualTime();
  received = [];
  answer = { status: 200 };
  arrived = () => {};
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    received.push({ headers: request.headers, body: JSON.parse(body) });
    response.writeHead(answer.status, answer.headers).end();
    response.once('close', () => arrived());
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  stage = await openStage(time);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/slack/events`;
  stage.slack.connect(httpTransport(url, stage.slack.signingSecret, time.clock));
});

afterEach(async () => {
  await stage.close();
  server.closeAllConnections();
  await new Promise(resolve => server.close(resolve));
});

/** Resolves when that many events have come in all; `act` is what makes them come. */
async function afterEvents(count: number, act: () => void): Promise<void> {
  const enough = new Promise<void>(resolve => {
    arrived = () => received.length >= count && resolve();
  });
  act();
  if (received.length < count) await enough;
  // The answer is read by the workspace in the next turns of the event loop.
  for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve));
}

describe('an event that is not acknowledged', () => {
  test('is repeated three times under one id: at once, after a minute, after five', async () => {
    answer = { status: 500 };
    await afterEvents(1, () => stage.slack.say('ana', 'incidents', 'hello'));
    for (const [count, wait] of [
      [2, 0],
      [3, 60_000],
      [4, 300_000],
    ] as const) {
      await afterEvents(count, () => time.advance(wait));
    }
    time.advance(3_600_000);
    expect(new Set(received.map(({ body }) => body.event_id)).size).toBe(1);
    expect(received.map(({ headers }) => headers['x-slack-retry-num'])).toEqual([undefined, '1', '2', '3']);
    expect(received[1]?.headers['x-slack-retry-reason']).toBe('http_error');
  });

  test('is not repeated where the app says so', async () => {
    answer = { status: 503, headers: { 'x-slack-no-retry': '1' } };
    await afterEvents(1, () => stage.slack.say('ana', 'incidents', 'hello'));
    time.advance(600_000);
    expect(received).toHaveLength(1);
  });
});

describe('which events are sent', () => {
  test('a reaction names the message, without its text', async () => {
    const message = stage.slack.say('ana', 'incidents', 'It is down');
    await afterEvents(2, () => stage.slack.react('ben', message, 'mag::skin-tone-2'));
    expect(received[1]?.body.event).toMatchObject({
      type: 'reaction_added',
      reaction: 'mag::skin-tone-2',
      user: 'U0SBXBEN02',
      item: { type: 'message', channel: 'C0SBXINC01', ts: message.ts },
    });
  });

  test('none from a channel that the bot is not in', async () => {
    stage.slack.say('ana', 'general', 'unheard');
    await afterEvents(1, () => stage.slack.say('ana', 'incidents', 'heard'));
    expect(received.map(({ body }) => body.event.text)).toEqual(['heard']);
  });

  test('none that the manifest does not subscribe to', async () => {
    await stage.close();
    stage = await openStage({ ...time, manifest: { ...fullManifest, events: ['reaction_added'] } });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/slack/events`;
    stage.slack.connect(httpTransport(url, stage.slack.signingSecret, time.clock));
    const message = stage.slack.say('ana', 'incidents', 'hello');
    await afterEvents(1, () => stage.slack.react('ben', message, 'eyes'));
    expect(received.map(({ body }) => body.event.type)).toEqual(['reaction_added']);
  });
});

const events = () => received.map(({ body }) => body.event);

describe('what other people and apps do', () => {
  test('a post by another app has no user, and its facts stand in attachments; nor has a reaction to it', async () => {
    const blocks = [{ type: 'section', text: { type: 'mrkdwn', text: '*CloudWatch Alarm | x | eu-west-1*' } }];
    const message = stage.slack.postAs('Amazon Q Developer', 'incidents', { attachments: [{ blocks }] });
    await afterEvents(2, () => stage.slack.react('ben', message, 'mag'));
    expect(events()[0]).toMatchObject({
      type: 'message',
      subtype: 'bot_message',
      bot_id: 'B0SBXAMQ01',
      app_id: 'A6L22LZNH',
      text: '',
      channel_type: 'channel',
      attachments: [{ blocks: [{ ...blocks[0], block_id: expect.any(String) }] }],
    });
    expect(events()[0]).not.toHaveProperty('user');
    expect(events()[1]).not.toHaveProperty('item_user');
  });

  test('a mention of the app is told beside its message, by whomever, but not in a direct message', async () => {
    await stage.close();
    const events = [...fullManifest.events, 'app_mention'];
    const scopes = [...fullManifest.scopes, 'app_mentions:read'];
    stage = await openStage({ ...time, manifest: { ...fullManifest, events, scopes } });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/slack/events`;
    stage.slack.connect(httpTransport(url, stage.slack.signingSecret, time.clock));
    const own = stage.slack.state.directMessage('U0SBXANA01');
    stage.slack.say('ana', own.id, '@demo help');
    const said = stage.slack.say('ana', 'incidents', '@demo orders prod');
    await afterEvents(5, () => stage.slack.postAs('Amazon Q Developer', 'incidents', { text: '<@U0SBXBOT04> look' }));
    const mentions = received.map(({ body }) => body.event).filter(({ type }) => type === 'app_mention');
    expect(mentions).toMatchObject([
      { user: 'U0SBXANA01', text: '<@U0SBXBOT04> orders prod', channel: 'C0SBXINC01', ts: said.ts },
      { bot_id: 'B0SBXAMQ01', text: '<@U0SBXBOT04> look' },
    ]);
    expect(mentions[0]).not.toHaveProperty('channel_type');
  });

  test('an alias of a reaction is told by its first name; what is no name is refused', async () => {
    const message = stage.slack.say('ana', 'incidents', 'It is down');
    await afterEvents(2, () => stage.slack.react('ben', message, 'thumbsup::skin-tone-4'));
    expect(events()[1]).toMatchObject({ reaction: '+1::skin-tone-4', item_user: 'U0SBXANA01' });
    expect(() => stage.slack.react('ben', message, 'Two words')).toThrow('There is no reaction');
  });

  test('the app hears of its own messages, of their edits, and that they are gone', async () => {
    const { ts } = await stage.client.chat.postMessage({ channel: 'C0SBXINC01', text: 'one' });
    await stage.client.chat.update({ channel: 'C0SBXINC01', ts: String(ts), text: 'two' });
    await afterEvents(3, () => void stage.client.chat.delete({ channel: 'C0SBXINC01', ts: String(ts) }));
    expect(events()).toMatchObject([
      { text: 'one', bot_id: 'B0SANDBOX1' },
      { subtype: 'message_changed', message: { text: 'two' }, previous_message: { text: 'one' } },
      { subtype: 'message_deleted', deleted_ts: ts, previous_message: { text: 'two' } },
    ]);
  });

  test('somebody comes, somebody leaves, the channel gets another name', async () => {
    stage.slack.join('chika', 'payments');
    stage.slack.leave('chika', 'payments');
    const subscribed = { ...fullManifest, events: [...fullManifest.events, 'member_left_channel', 'channel_rename'] };
    await afterEvents(1, () => {});
    expect(events()).toMatchObject([
      { type: 'member_joined_channel', user: 'U0SBXCHK03', channel: 'C0SBXPAY02', channel_type: 'C' },
    ]);
    await stage.close();
    stage = await openStage({ ...time, manifest: subscribed });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/slack/events`;
    stage.slack.connect(httpTransport(url, stage.slack.signingSecret, time.clock));
    stage.slack.leave('ben', 'payments');
    await afterEvents(3, () => stage.slack.rename('payments', 'billing'));
    expect(events().slice(1)).toMatchObject([
      { type: 'member_left_channel', user: 'U0SBXBEN02' },
      { type: 'channel_rename', channel: { id: 'C0SBXPAY02', name: 'billing' } },
    ]);
  });

  test('an event whose scope the app has not is not sent', async () => {
    await stage.close();
    const scopes = fullManifest.scopes.filter(scope => scope !== 'channels:history');
    stage = await openStage({ ...time, manifest: { ...fullManifest, scopes } });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/slack/events`;
    stage.slack.connect(httpTransport(url, stage.slack.signingSecret, time.clock));
    const message = stage.slack.say('ana', 'incidents', 'unheard');
    await afterEvents(1, () => stage.slack.react('ben', message, 'eyes'));
    expect(events().map(event => event.type)).toEqual(['reaction_added']);
  });
});

test('Bolt hears events, with the number of the repeat', async () => {
  const heard: unknown[] = [];
  const bolt = await startBolt(stage, app =>
    app.message(async ({ message, context }) => {
      heard.push([(message as { text: string }).text, context.retryNum]);
    }),
  );
  stage.slack.say('ana', 'incidents', 'a <b> & @ben');
  await expect.poll(() => heard).toEqual([['a &lt;b&gt; &amp; <@U0SBXBEN02>', undefined]]);
  await bolt.stop();
});
