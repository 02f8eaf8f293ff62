import type { App } from '@slack/bolt';
import { afterEach, describe, expect, test } from 'vitest';
import { httpTransport } from '../../../src/sandbox/slack/delivery.ts';
import type { WorkspaceOptions } from '../../../src/sandbox/slack/workspace.ts';
import { fullManifest, manualTime, openStage, type Stage, startBolt } from './support.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function staged(register: (app: App) => void, options: WorkspaceOptions = {}): Promise<Stage> {
  const stage = await openStage(options);
  closing.push(stage.close);
  const bolt = await startBolt(stage, register);
  closing.push(bolt.stop);
  return stage;
}

const plain = (text: string) => ({ type: 'plain_text' as const, text });

const blocks = [
  { type: 'section', text: { type: 'mrkdwn', text: 'Choose' } },
  {
    type: 'actions',
    block_id: 'row',
    elements: [
      { type: 'button', action_id: 'go', text: { type: 'plain_text', text: 'Go' }, value: '42' },
      { type: 'users_select', action_id: 'who' },
    ],
  },
];

describe('slash commands', () => {
  test('reach the app as a signed form, with the text as it was typed', async () => {
    let seen: Record<string, unknown> = {};
    const { slack } = await staged(app =>
      app.command('/demo', async ({ command, ack }) => {
        seen = command;
        await ack();
      }),
    );
    expect(await slack.command('ana', 'incidents', '/demo  orders-api @ben <b> ')).toEqual({ ok: true });
    expect(seen).toMatchObject({
      command: '/demo',
      text: 'orders-api @ben <b>',
      user_id: 'U0SBXANA01',
      channel_id: 'C0SBXINC01',
      channel_name: 'incidents',
      team_id: 'T0SANDBOX1',
    });
  });

  test('should_escape turns names into references', async () => {
    const [command] = fullManifest.commands;
    const manifest = { ...fullManifest, commands: command ? [{ ...command, shouldEscape: true }] : [] };
    const texts: string[] = [];
    const { slack } = await staged(
      app =>
        app.command('/demo', async ({ command: { text }, ack }) => {
          texts.push(text);
          await ack();
        }),
      { manifest },
    );
    await slack.command('ana', 'incidents', '/demo handoff @ben #payments @oncall a&b');
    expect(texts).toEqual(['handoff <@U0SBXBEN02> <#C0SBXPAY02|payments> <!subteam^S0SBXONC01> a&amp;b']);
  });

  test('a private channel and a direct message do not tell their names', async () => {
    const names: string[] = [];
    const { slack } = await staged(app =>
      app.command('/demo', async ({ command, ack }) => {
        names.push(command.channel_name);
        await ack();
      }),
    );
    await slack.command('ana', 'war-room', '/demo');
    await slack.command('ana', slack.state.directMessage('U0SBXANA01').id, '/demo');
    expect(names).toEqual(['privategroup', 'directmessage']);
  });

  test('what comes with the acknowledgement is shown to the person only', async () => {
    const { slack } = await staged(app => app.command('/demo', ({ ack }) => ack({ text: 'Usage: …' })));
    await slack.command('ana', 'general', '/demo');
    expect(slack.messages('ana', 'general').map(message => message.text)).toEqual(['Usage: …']);
    expect(slack.messages('ben', 'general')).toEqual([]);
  });

  test('no acknowledgement within three seconds is operation_timeout', async () => {
    const time = manualTime();
    const { slack } = await staged(app => app.command('/demo', async () => time.advance(3000)), time);
    expect(await slack.command('ana', 'incidents', '/demo')).toEqual({ ok: false, error: 'operation_timeout' });
    expect(slack.messages('ana', 'incidents')[0]?.text).toBe('/demo failed with the error "operation_timeout"');
  });

  test('an app that cannot be reached, or refuses, is dispatch_failed', async () => {
    const { slack } = await staged(() => {});
    slack.connect(httpTransport('http://127.0.0.1:1/slack/events', slack.signingSecret, slack.clock));
    expect(await slack.command('ana', 'incidents', '/demo')).toEqual({ ok: false, error: 'dispatch_failed' });
    slack.connect(null);
    expect(await slack.command('ana', 'incidents', '/demo')).toEqual({ ok: false, error: 'dispatch_failed' });
  });

  test('a request with another secret, or an old one, is refused by Bolt', async () => {
    const { slack } = await staged(app => app.command('/demo', ({ ack }) => ack()), {
      clock: () => new Date(Date.now() - 6 * 60_000),
    });
    expect(await slack.command('ana', 'incidents', '/demo')).toEqual({ ok: false, error: 'dispatch_failed' });
  });

  test('a command that the manifest lacks is not sent', async () => {
    const { slack } = await staged(() => {});
    expect(await slack.command('ana', 'incidents', '/other')).toMatchObject({ ok: false, error: 'invalid_command' });
    expect(slack.messages('ana', 'incidents')[0]?.text).toBe('/other is not a valid command.');
  });

  test('/invite brings the bot into the channel', async () => {
    const joined: string[] = [];
    const { slack } = await staged(app =>
      app.event('member_joined_channel', async ({ event }) => {
        joined.push(event.channel);
      }),
    );
    await slack.command('ana', 'general', '/invite @demo');
    await slack.until(() => joined.length > 0);
    expect(slack.state.channels.get('C0SBXGEN03')?.members.has('U0SBXBOT04')).toBe(true);
  });
});

describe('response URLs', () => {
  async function respondTimes(
    register: (respond: (text: string) => Promise<Response>) => Promise<void>,
    options: WorkspaceOptions = {},
  ) {
    let done: Promise<void> = Promise.resolve();
    const stage = await staged(
      app =>
        app.command('/demo', async ({ ack, command }) => {
          await ack();
          done = register(text =>
            fetch(command.response_url, {
              method: 'POST',
              body: JSON.stringify({ text }),
              headers: { 'content-type': 'application/json' },
            }),
          );
        }),
      options,
    );
    await stage.slack.command('ana', 'general', '/demo');
    await stage.slack.until(() => done);
    await done;
    return stage;
  }

  test('work where the bot is not a member, five times', async () => {
    const answers: [number, string][] = [];
    const { slack } = await respondTimes(async respond => {
      for (let count = 1; count <= 6; count++) {
        const response = await respond(`answer ${count}`);
        answers.push([response.status, await response.text()]);
      }
    });
    expect(answers.slice(0, 5)).toEqual(Array.from({ length: 5 }, () => [200, 'ok']));
    expect(answers[5]).toEqual([404, '{"ok":false,"error":"used_url"}']);
    expect(slack.messages('ana', 'general')).toHaveLength(5);
    expect(slack.messages('ben', 'general')).toEqual([]);
  });

  test('expire after 30 minutes', async () => {
    const time = manualTime();
    const answers: number[] = [];
    await respondTimes(async respond => {
      answers.push((await respond('in time')).status);
      time.advance(30 * 60_000 + 1);
      answers.push((await respond('too late')).status);
    }, time);
    expect(answers).toEqual([200, 404]);
  });

  test('refuse bad blocks and empty answers', async () => {
    const answers: number[] = [];
    await respondTimes(async respond => {
      answers.push((await respond('')).status);
    });
    expect(answers).toEqual([400]);
  });
});

describe('buttons', () => {
  test('tell who, what and where, and may answer through the message', async () => {
    const { slack, client } = await staged(app =>
      app.action('go', async ({ ack, action, body, respond }) => {
        await ack();
        const value = 'value' in action ? action.value : '';
        await respond({ replace_original: true, text: `${body.user.id} chose ${value}` });
      }),
    );
    const { ts } = await client.chat.postMessage({ channel: 'C0SBXINC01', text: 'Choose', blocks });
    const ref = { channelId: 'C0SBXINC01', ts: String(ts) };
    expect(await slack.press('ben', ref, 'go')).toEqual({ ok: true });
    const message = await slack.until(() => slack.messages('ana', 'incidents').find(item => item.editedAt));
    expect(message).toMatchObject({ ts, text: 'U0SBXBEN02 chose 42', blocks: [] });
  });

  test('carry the message and the state of its menus', async () => {
    let body: Record<string, unknown> = {};
    const { slack, client } = await staged(app =>
      app.action('who', async ({ ack, body: seen }) => {
        body = seen as unknown as Record<string, unknown>;
        await ack();
      }),
    );
    const { ts } = await client.chat.postMessage({ channel: 'C0SBXINC01', text: 'Choose', blocks });
    await slack.press('ana', { channelId: 'C0SBXINC01', ts: String(ts) }, 'who', 'U0SBXBEN02');
    expect(body).toMatchObject({
      container: { type: 'message', message_ts: ts, is_ephemeral: false },
      message: { ts, text: 'Choose' },
      state: { values: { row: { who: { type: 'users_select', selected_user: 'U0SBXBEN02' } } } },
      actions: [{ action_id: 'who', selected_user: 'U0SBXBEN02' }],
    });
  });

  test('of an ephemeral message do not carry it, and can replace or delete it', async () => {
    let body: Record<string, unknown> = {};
    const { slack, client } = await staged(app =>
      app.action('go', async ({ ack, body: seen, respond }) => {
        body = seen as unknown as Record<string, unknown>;
        await ack();
        await respond({ delete_original: true });
      }),
    );
    const { message_ts } = await client.chat.postEphemeral({
      channel: 'C0SBXINC01',
      user: 'U0SBXANA01',
      text: 'Choose',
      blocks,
    });
    await slack.press('ana', { channelId: 'C0SBXINC01', ts: String(message_ts) }, 'go');
    await slack.until(() => slack.messages('ana', 'incidents').length === 0);
    expect(body).toMatchObject({ container: { is_ephemeral: true, message_ts } });
    expect(body).not.toHaveProperty('message');
  });

  test('that nobody acknowledges show an error', async () => {
    const time = manualTime();
    const { slack, client } = await staged(app => app.action('go', async () => time.advance(3000)), time);
    const { ts } = await client.chat.postMessage({ channel: 'C0SBXINC01', text: 'Choose', blocks });
    const shown = await slack.press('ana', { channelId: 'C0SBXINC01', ts: String(ts) }, 'go');
    expect(shown).toEqual({ ok: false, error: 'operation_timeout' });
  });
});

test('an app whose manifest has no interactivity hears of no button', async () => {
  const heard: string[] = [];
  const { slack, client } = await staged(
    app =>
      app.action('go', async ({ ack }) => {
        heard.push('go');
        await ack();
      }),
    { manifest: { ...fullManifest, interactive: false } },
  );
  const { ts } = await client.chat.postMessage({ channel: 'C0SBXINC01', text: 'Choose', blocks });
  const shown = await slack.press('ana', { channelId: 'C0SBXINC01', ts: String(ts) }, 'go');
  expect(shown).toEqual({ ok: false, error: 'dispatch_failed' });
  expect(heard).toEqual([]);
});

test('shortcuts carry the message they were used on', async () => {
  const seen: string[] = [];
  const { slack } = await staged(app => {
    app.shortcut({ callback_id: 'look', type: 'message_action' }, async ({ ack, shortcut }) => {
      await ack();
      seen.push(`look ${shortcut.message.text} in ${shortcut.channel.name}`);
    });
    app.shortcut('begin', async ({ ack, shortcut }) => {
      await ack();
      seen.push(`begin ${shortcut.user.id}`);
    });
  });
  await slack.messageShortcut('ana', slack.say('ben', 'incidents', 'It is down'), 'look');
  await slack.globalShortcut('ana', 'begin');
  expect(seen).toEqual(['look It is down in incidents', 'begin U0SBXANA01']);
});

test('a shortcut works where the app is not, on what another app posted; its answer is private', async () => {
  const seen: unknown[] = [];
  const { slack } = await staged(app => {
    app.shortcut({ callback_id: 'look', type: 'message_action' }, async ({ ack, shortcut, respond }) => {
      await ack();
      seen.push(shortcut.message);
      await respond({ text: 'I am not here: /invite @demo' });
    });
  });
  const post = slack.postAs('Amazon Q Developer', 'general', { attachments: [{ fallback: 'an alarm' }] });
  await slack.messageShortcut('ana', post, 'look');
  await slack.until(() => slack.messages('ana', 'general').length === 2);
  expect(seen).toMatchObject([{ subtype: 'bot_message', text: '', attachments: [{ fallback: 'an alarm' }] }]);
  expect(slack.messages('ben', 'general')).toHaveLength(1);
});

test('the buttons of another app are not ours to hear of', async () => {
  const { slack } = await staged(() => {});
  const post = slack.postAs('Amazon Q Developer', 'incidents', { blocks });
  await expect(async () => slack.press('ana', post, 'go')).rejects.toThrow('This belongs to another app');
});

test('a form tells where it may answer, for the conversation that was chosen', async () => {
  const urls: string[] = [];
  const { slack } = await staged(app => {
    app.command('/demo', async ({ ack, command, client }) => {
      await ack();
      const element = { type: 'conversations_select' as const, action_id: 'where', response_url_enabled: true };
      const where = { type: 'input' as const, block_id: 'where', label: plain('Where'), element };
      const view = { type: 'modal' as const, callback_id: 'form', title: plain('F'), submit: plain('S') };
      await client.views.open({ trigger_id: command.trigger_id, view: { ...view, blocks: [where] } });
    });
    app.view('form', async ({ ack, body }) => {
      await ack();
      for (const one of 'response_urls' in body ? (body.response_urls ?? []) : []) urls.push(one.response_url);
    });
  });
  await slack.command('ana', 'incidents', '/demo');
  await slack.until(() => slack.modal('ana'));
  await slack.submitView('ana', { where: 'C0SBXPAY02' });
  expect(urls).toHaveLength(1);
  const headers = { 'content-type': 'application/json' };
  await fetch(String(urls[0]), { method: 'POST', headers, body: JSON.stringify({ text: 'Here' }) });
  expect(slack.messages('ana', 'payments')).toMatchObject([{ text: 'Here', onlyFor: 'U0SBXANA01' }]);
});

test('both tabs of the app are told of when they are opened', async () => {
  const tabs: string[] = [];
  const { slack } = await staged(app =>
    app.event('app_home_opened', async ({ event }) => void tabs.push(String(event.tab))),
  );
  slack.openHome('ana');
  slack.openHome('ana', 'messages');
  await expect.poll(() => [...tabs].sort()).toEqual(['home', 'messages']);
});
