import { App, LogLevel } from '@slack/bolt';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type SocketMode, serveSocketMode } from '../../support/slack-socket-mode.ts';
import { type ManualTime, manualTime, openStage, type Stage } from './support.ts';

let stage: Stage;
let sockets: SocketMode;
let time: ManualTime;
let app: App;

beforeEach(async () => {
  time = manualTime();
  stage = await openStage(time);
  sockets = await serveSocketMode(stage.slack);
  app = new App({
    socketMode: true,
    appToken: stage.slack.appToken,
    token: stage.slack.botToken,
    clientOptions: { slackApiUrl: stage.apiUrl },
    logLevel: LogLevel.ERROR,
  });
});

afterEach(async () => {
  await app.stop();
  await sockets.close();
  await stage.close();
});

test('commands, buttons and events reach unmodified Bolt over a WebSocket', async () => {
  const heard: string[] = [];
  app.command('/demo', async ({ ack, command, client }) => {
    await ack('Working on it');
    await client.chat.postMessage({
      channel: command.channel_id,
      text: 'card',
      blocks: [
        { type: 'actions', elements: [{ type: 'button', action_id: 'go', text: { type: 'plain_text', text: 'Go' } }] },
      ],
    });
  });
  app.action('go', async ({ ack, body }) => {
    await ack();
    heard.push(`pressed by ${body.user.id}`);
  });
  app.message(async ({ message }) => {
    heard.push((message as { text: string }).text);
  });
  await app.start();

  expect(await stage.slack.command('ana', 'incidents', '/demo')).toEqual({ ok: true });
  const card = await stage.slack.until(() =>
    stage.slack.messages('ana', 'incidents').find(item => item.text === 'card'),
  );
  expect(stage.slack.messages('ana', 'incidents').map(item => item.text)).toContain('Working on it');
  await stage.slack.press('ana', card, 'go');
  stage.slack.say('ben', 'incidents', 'hello');
  await expect.poll(() => heard).toEqual(['pressed by U0SBXANA01', 'hello']);
});

test('no acknowledgement within three seconds is operation_timeout', async () => {
  app.command('/demo', async () => time.advance(3000));
  await app.start();
  expect(await stage.slack.command('ana', 'incidents', '/demo')).toEqual({ ok: false, error: 'operation_timeout' });
});

test('without a connection it is dispatch_failed', async () => {
  expect(await stage.slack.command('ana', 'incidents', '/demo')).toEqual({ ok: false, error: 'dispatch_failed' });
});
