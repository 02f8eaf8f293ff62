import type { App } from '@slack/bolt';
import { WebAPIPlatformError } from '@slack/web-api';
import { afterEach, describe, expect, test } from 'vitest';
import type { WorkspaceOptions } from '../../../src/sandbox/slack/workspace.ts';
import { fullManifest, manualTime, openStage, type Stage, startBolt } from './support.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const plain = (text: string) => ({ type: 'plain_text' as const, text });
const form = (more: object = {}) => ({
  type: 'modal' as const,
  callback_id: 'form',
  title: plain('Form'),
  submit: plain('Go'),
  blocks: [
    {
      type: 'input' as const,
      block_id: 'target',
      label: plain('API'),
      element: { type: 'plain_text_input' as const, action_id: 'target', max_length: 20 },
    },
    {
      type: 'input' as const,
      block_id: 'since',
      optional: true,
      label: plain('Since'),
      element: {
        type: 'static_select' as const,
        action_id: 'since',
        initial_option: { text: plain('15 min'), value: '15m' },
        options: [
          { text: plain('15 min'), value: '15m' },
          { text: plain('1 h'), value: '1h' },
        ],
      },
    },
  ],
  ...more,
});

/** An app whose command opens a view, and what came of it. */
async function staged(view: object, register: (app: App) => void = () => {}, options: WorkspaceOptions = {}) {
  const stage = await openStage(options);
  closing.push(stage.close);
  const triggers: string[] = [];
  const bolt = await startBolt(stage, app => {
    app.command('/demo', async ({ ack, command }) => {
      await ack();
      triggers.push(command.trigger_id);
      if (command.text === 'open')
        await stage.client.views.open({ trigger_id: command.trigger_id, view: view as never });
    });
    register(app);
  });
  closing.push(bolt.stop);
  return { ...stage, triggers };
}

async function open(stage: Stage): Promise<void> {
  await stage.slack.command('ana', 'incidents', '/demo open');
  await stage.slack.until(() => stage.slack.modal('ana'));
}

async function errorOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => 'none',
    error => (error instanceof WebAPIPlatformError ? error.data.error : error),
  );
}

describe('triggers', () => {
  test('serve once: exchanged_trigger_id', async () => {
    const stage = await staged(form());
    await open(stage);
    const again = stage.client.views.open({ trigger_id: String(stage.triggers[0]), view: form() });
    expect(await errorOf(again)).toBe('exchanged_trigger_id');
  });

  test('expire after three seconds: expired_trigger_id', async () => {
    const time = manualTime();
    const stage = await staged(form(), undefined, time);
    await stage.slack.command('ana', 'incidents', '/demo');
    time.advance(3001);
    const late = stage.client.views.open({ trigger_id: String(stage.triggers[0]), view: form() });
    expect(await errorOf(late)).toBe('expired_trigger_id');
  });

  test('cannot be made up: invalid_trigger_id', async () => {
    const stage = await staged(form());
    expect(await errorOf(stage.client.views.open({ trigger_id: '1.2.3', view: form() }))).toBe('invalid_trigger_id');
  });
});

describe('modals', () => {
  test('are seen by the one who opened them, with a view that Slack accepts', async () => {
    const stage = await staged(form());
    await open(stage);
    expect(stage.slack.modal('ana')).toMatchObject({ callback_id: 'form' });
    expect(stage.slack.modal('ben')).toBeNull();
  });

  test('an update needs the hash of what it replaces: hash_conflict', async () => {
    const stage = await staged(form());
    await open(stage);
    const opened = stage.slack.state.modalsOf('U0SBXANA01')[0];
    const update = (hash: string) =>
      stage.client.views.update({ view_id: String(opened?.id), hash, view: form({ title: plain('Second') }) });
    const hash = String(opened?.hash);
    await update(hash);
    expect(stage.slack.modal('ana')).toMatchObject({ title: plain('Second') });
    expect(await errorOf(update(hash))).toBe('hash_conflict');
    expect(await errorOf(stage.client.views.update({ view_id: 'V404', view: form() }))).toBe('not_found');
  });

  test('three at most lie on each other: push_limit_reached', async () => {
    const stage = await staged(form());
    await open(stage);
    const push = async () => {
      await stage.slack.command('ana', 'incidents', '/demo');
      return errorOf(stage.client.views.push({ trigger_id: String(stage.triggers.at(-1)), view: form() }));
    };
    expect([await push(), await push(), await push()]).toEqual(['none', 'none', 'push_limit_reached']);
  });
});

describe('submissions', () => {
  test('carry the state of every field, initial values included', async () => {
    let values: unknown;
    const stage = await staged(form(), app =>
      app.view('form', async ({ ack, view }) => {
        values = view.state.values;
        await ack();
      }),
    );
    await open(stage);
    expect(await stage.slack.submitView('ana', { target: 'orders-api' })).toEqual({ ok: true });
    expect(values).toEqual({
      target: { target: { type: 'plain_text_input', value: 'orders-api' } },
      since: { since: { type: 'static_select', selected_option: { text: plain('15 min'), value: '15m' } } },
    });
    expect(stage.slack.modal('ana')).toBeNull();
  });

  test('are held back by the client where a field is missing or too long', async () => {
    const stage = await staged(form());
    await open(stage);
    expect(await stage.slack.submitView('ana')).toEqual({
      ok: false,
      error: 'form',
      fields: { target: 'Please complete this required field.' },
    });
    expect(await stage.slack.submitView('ana', { target: 'x'.repeat(21) })).toMatchObject({ error: 'form' });
  });

  test('may be answered with errors, another view, or an end to all of them', async () => {
    let answer: object = { response_action: 'errors', errors: { target: 'There is no such API.' } };
    const stage = await staged(form(), app => app.view('form', ({ ack }) => ack(answer as never)));
    await open(stage);
    const submit = () => stage.slack.submitView('ana', { target: 'orders-api' });
    expect(await submit()).toEqual({ ok: false, error: 'form', fields: { target: 'There is no such API.' } });
    answer = { response_action: 'update', view: form({ title: plain('Second') }) };
    await submit();
    expect(stage.slack.modal('ana')).toMatchObject({ title: plain('Second') });
    answer = { response_action: 'push', view: form({ title: plain('Third') }) };
    await submit();
    expect(stage.slack.state.modalsOf('U0SBXANA01')).toHaveLength(2);
    answer = { response_action: 'clear' };
    await submit();
    expect(stage.slack.modal('ana')).toBeNull();
  });

  test('that are not acknowledged leave the modal open', async () => {
    const time = manualTime();
    const stage = await staged(form(), app => app.view('form', async () => time.advance(3000)), time);
    await open(stage);
    expect(await stage.slack.submitView('ana', { target: 'a' })).toEqual({ ok: false, error: 'operation_timeout' });
    expect(stage.slack.modal('ana')).not.toBeNull();
  });

  test('a closed modal tells the app where it asked for that', async () => {
    const closed: boolean[] = [];
    const stage = await staged(form({ notify_on_close: true }), app =>
      app.view({ callback_id: 'form', type: 'view_closed' }, async ({ ack, body }) => {
        closed.push('is_cleared' in body && body.is_cleared);
        await ack();
      }),
    );
    await open(stage);
    await stage.slack.closeView('ana');
    expect(closed).toEqual([false]);
  });
});

describe('the home tab', () => {
  const home = {
    type: 'home' as const,
    blocks: [
      { type: 'actions' as const, elements: [{ type: 'button' as const, action_id: 'again', text: plain('Again') }] },
    ],
  };

  test('is published when it is opened, and its buttons work', async () => {
    const pressed: string[] = [];
    const stage = await staged(form(), app => {
      app.event('app_home_opened', async ({ event, client }) => {
        await client.views.publish({ user_id: event.user, view: home });
      });
      app.action('again', async ({ ack, body }) => {
        pressed.push(body.user.id);
        await ack();
      });
    });
    stage.slack.openHome('ana');
    await stage.slack.until(() => stage.slack.home('ana'));
    await stage.slack.pressInView('ana', 'again', undefined, {}, 'home');
    expect(pressed).toEqual(['U0SBXANA01']);
  });

  test('must be switched on in the manifest: not_enabled', async () => {
    const stage = await staged(form(), undefined, { manifest: { ...fullManifest, homeTab: false } });
    expect(await errorOf(stage.client.views.publish({ user_id: 'U0SBXANA01', view: home }))).toBe('not_enabled');
  });
});
