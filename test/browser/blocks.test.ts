/** The page against an app that uses everything a page can be asked to draw. */
import type { KnownBlock } from '@slack/types';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { openStage, type Stage, servePage, startBolt } from '../sandbox/slack/support.ts';
import { launchChromium } from '../support/chromium.ts';
import { openPage, picture } from './support.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

const plain = (text: string) => ({ type: 'plain_text' as const, text });
const mrkdwn = (text: string) => ({ type: 'mrkdwn' as const, text });
const incidents = 'C0SBXINC01';

const everything: KnownBlock[] = [
  { type: 'header', text: plain(':red_circle: Everything &amp; more') },
  {
    type: 'section',
    text: mrkdwn(
      '*Bold*, _italic with <@U0SBXBEN02>_, ~struck~, `code *kept*`, <https://example.com/a|a link>, <!subteam^S0SBXONC01>, <#C0SBXPAY02|payments>, &lt;not a tag&gt; :warning:\n&gt; quoted\n• <!date^1700000000^{date_short} {time_secs}|2023-11-14 22:13:20 UTC>',
    ),
    accessory: {
      type: 'button',
      action_id: 'go',
      text: plain('Stop it'),
      style: 'danger',
      confirm: {
        title: plain('Stop it?'),
        text: mrkdwn('This *cannot* be undone.'),
        confirm: plain('Stop'),
        deny: plain('Keep'),
      },
    },
  },
  { type: 'section', fields: [mrkdwn('*Stage*\nprod'), mrkdwn('*Region*\neu-west-1')] },
  {
    type: 'actions',
    elements: [
      { type: 'button', action_id: 'slow', text: plain('Nobody answers') },
      {
        type: 'static_select',
        action_id: 'choose',
        placeholder: plain('Window'),
        options: [
          { text: plain('15 minutes'), value: '15m' },
          { text: plain('1 hour'), value: '1h' },
        ],
      },
      { type: 'users_select', action_id: 'who', placeholder: plain('Owner') },
      { type: 'overflow', action_id: 'more', options: [{ text: plain('Export'), value: 'export' }] },
    ],
  },
  {
    type: 'rich_text',
    elements: [
      {
        type: 'rich_text_section',
        elements: [
          { type: 'text', text: 'Rich ', style: { bold: true } },
          { type: 'text', text: '<b>never</b> parsed' },
        ],
      },
      {
        type: 'rich_text_list',
        style: 'bullet',
        elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text: 'an item' }] }],
      },
      { type: 'rich_text_preformatted', elements: [{ type: 'text', text: '{ "Effect": "Deny" }' }] },
    ],
  },
  { type: 'divider' },
  {
    type: 'table',
    rows: [
      [
        { type: 'raw_text', text: 'Route' },
        { type: 'raw_text', text: 'Errors' },
      ],
      [
        { type: 'raw_text', text: 'GET /orders' },
        { type: 'raw_text', text: '248' },
      ],
    ],
    column_settings: [{}, { align: 'right' }],
  },
  { type: 'markdown', text: '## Heading\n\n- one **bold**\n- two `code`' },
  { type: 'image', alt_text: 'a picture from elsewhere', image_url: 'https://example.com/p.png' },
  { type: 'context', elements: [mrkdwn('Asked by <@U0SBXANA01>')] },
];

async function staged(): Promise<{ stage: Stage; page: Page; url: string }> {
  const stage = await openStage();
  const served = await servePage(stage);
  onTestFinished(async () => {
    await served.close();
    await stage.close();
  });
  return { stage, url: served.url, page: await openPage(browser, served.url) };
}

async function registered(stage: Stage, register: Parameters<typeof startBolt>[1]): Promise<void> {
  const bolt = await startBolt(stage, register);
  onTestFinished(bolt.stop);
}

test('every block is drawn, and text is never markup', async () => {
  const { stage, page } = await staged();
  await stage.client.chat.postMessage({ channel: incidents, text: 'all', blocks: everything });
  const message = page.locator('#messages .message').last();
  await message.waitFor();
  expect(await message.locator('.undrawn').count()).toBe(0);
  expect(await message.locator('h3').textContent()).toBe(' Everything & more');
  expect(await message.locator('h3 svg').getAttribute('aria-label')).toBe('red circle');
  expect(await message.locator('em .mention').textContent()).toBe('@Ben Okafor');
  expect(await message.locator('.block-section code').first().textContent()).toBe('code *kept*');
  expect(await message.getByText('<not a tag>').count()).toBe(1);
  expect(await message.getByText('<b>never</b> parsed').count()).toBe(1);
  expect(await message.locator('time').last().textContent()).toBe('14 Nov 2023 23:13:20');
  expect(await message.locator('td').allTextContents()).toEqual(['GET /orders', '248']);
  expect(await message.getByRole('link', { name: 'a link' }).getAttribute('rel')).toBe('noopener noreferrer');
  await picture(page, 'blocks-light', message);
  await page.emulateMedia({ colorScheme: 'dark' });
  await picture(page, 'blocks-dark', message);
  await page.setViewportSize({ width: 390, height: 844 });
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
  await picture(page, 'blocks-phone');
});

test('buttons ask where they must, wait, and show what went wrong', async () => {
  const { stage, page } = await staged();
  const pressed: string[] = [];
  let release = () => {};
  await registered(stage, app => {
    app.action('go', async ({ ack, body }) => {
      await new Promise<void>(resolve => {
        release = resolve;
      });
      await ack();
      pressed.push(`go by ${body.user.id}`);
    });
    for (const id of ['choose', 'who', 'more']) {
      app.action(id, async ({ ack, action }) => {
        await ack();
        pressed.push(JSON.stringify(action).match(/"(15m|export|U0SBXBEN02)"/)?.[1] ?? '?');
      });
    }
  });
  await stage.client.chat.postMessage({ channel: incidents, text: 'all', blocks: everything });

  await page.getByRole('button', { name: 'Stop it' }).click();
  const dialog = page.getByRole('dialog', { name: 'Stop it?' });
  await picture(page, 'confirm');
  await dialog.getByRole('button', { name: 'Keep' }).click();
  await page.getByRole('button', { name: 'Stop it' }).click();
  await dialog.getByRole('button', { name: 'Stop', exact: true }).click();
  const button = page.locator('[data-action-id="go"]');
  await expect.poll(() => button.getAttribute('aria-busy')).toBe('true');
  release();
  await expect.poll(() => button.getAttribute('aria-busy')).toBeNull();

  await page.locator('[data-action-id="choose"]').selectOption('15m');
  await page.locator('[data-action-id="who"]').selectOption({ label: 'Ben Okafor' });
  await page.getByRole('button', { name: 'More', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Export' }).click();
  await expect.poll(() => pressed).toEqual(['go by U0SBXANA01', '15m', 'U0SBXBEN02', 'export']);

  stage.slack.connect(null);
  await page.getByRole('button', { name: 'Nobody answers' }).click();
  await page.getByRole('alert').filter({ hasText: 'dispatch_failed' }).waitFor();
});

test('reactions, threads, broadcasts, direct messages, files and unread marks', async () => {
  const { stage, page } = await staged();
  const { ts } = await stage.client.chat.postMessage({ channel: incidents, text: 'The root' });
  const root = page.locator(`#messages [data-ts="${ts}"]`);
  await root.hover();
  await root.getByRole('button', { name: 'Add a reaction' }).click();
  await root.getByRole('menuitem', { name: 'eyes', exact: true }).click();
  await root.getByRole('button', { name: 'eyes, 1: Ana Ruiz' }).waitFor();

  await stage.client.chat.postMessage({ channel: incidents, text: 'Quiet', thread_ts: String(ts) });
  await stage.client.chat.postMessage({
    channel: incidents,
    text: 'Loud',
    thread_ts: String(ts),
    reply_broadcast: true,
  });
  await page.getByText('Replied to a thread').waitFor();
  await root.getByRole('button', { name: '2 replies' }).click();
  const thread = page.getByRole('complementary', { name: 'Thread' });
  await thread.getByText('Quiet').waitFor();
  await thread.getByRole('combobox').fill('/demo');
  await page.keyboard.press('Enter');
  await thread.getByText('is not supported in threads').waitFor();
  await thread.getByRole('combobox').fill('I look at it');
  await page.keyboard.press('Enter');
  await thread.locator('.message', { hasText: 'I look at it' }).waitFor();

  await stage.client.filesUploadV2({
    channel_id: incidents,
    thread_ts: String(ts),
    filename: 'report.md',
    content: '# Report',
  });
  await thread.getByRole('link', { name: 'report.md' }).waitFor();
  await picture(page, 'thread');
  await page.keyboard.press('Escape');
  await expect.poll(() => thread.isVisible()).toBe(false);

  await stage.client.chat.postMessage({ channel: 'C0SBXPAY02', text: 'Elsewhere' });
  await page.getByRole('button', { name: 'payments, unread' }).waitFor();
  await stage.client.chat.postMessage({ channel: 'U0SBXANA01', text: 'Only you' });
  await page.getByRole('button', { name: 'demo, direct messages, unread' }).click();
  await page.locator('.message', { hasText: 'Only you' }).waitFor();
});

test('a form with every kind of field, and the home tab', async () => {
  const { stage, page } = await staged();
  let values: unknown;
  let told = false;
  const options = [
    { text: plain('Worse'), value: 'worse' },
    { text: plain('Better'), value: 'better' },
  ];
  await registered(stage, app => {
    app.command('/demo', async ({ ack, command, client }) => {
      await ack();
      await client.views.open({
        trigger_id: command.trigger_id,
        view: {
          type: 'modal',
          callback_id: 'form',
          title: plain('Hand off'),
          submit: plain('Send'),
          close: plain('Cancel'),
          blocks: [
            {
              type: 'input',
              block_id: 'to',
              label: plain('To whom'),
              element: { type: 'users_select', action_id: 'to' },
            },
            {
              type: 'input',
              block_id: 'note',
              label: plain('Note'),
              hint: plain('One line.'),
              element: { type: 'plain_text_input', action_id: 'note', multiline: true },
            },
            {
              type: 'input',
              block_id: 'trend',
              label: plain('Trend'),
              element: { type: 'radio_buttons', action_id: 'trend', options },
            },
            {
              type: 'input',
              block_id: 'tried',
              optional: true,
              label: plain('Tried'),
              element: { type: 'checkboxes', action_id: 'tried', options },
            },
            {
              type: 'input',
              block_id: 'when',
              optional: true,
              label: plain('When'),
              element: { type: 'datepicker', action_id: 'when' },
            },
            {
              type: 'input',
              block_id: 'until',
              optional: true,
              label: plain('Until'),
              element: { type: 'datetimepicker', action_id: 'until', initial_date_time: 1_767_225_600 },
            },
            {
              type: 'input',
              block_id: 'where',
              label: plain('Where'),
              element: { type: 'conversations_select', action_id: 'where', default_to_current_conversation: true },
            },
            {
              type: 'input',
              block_id: 'with',
              label: plain('With'),
              element: { type: 'multi_users_select', action_id: 'with' },
            },
            {
              type: 'input',
              block_id: 'urgency',
              dispatch_action: true,
              optional: true,
              label: plain('Urgency'),
              element: { type: 'static_select', action_id: 'urgency', options },
            },
          ],
        },
      });
    });
    app.action('urgency', async ({ ack, action }) => {
      await ack();
      told = JSON.stringify(action).includes('"worse"');
    });
    app.view('form', async ({ ack, view }) => {
      values = view.state.values;
      await ack();
    });
    app.event('app_home_opened', async ({ event, client }) => {
      await client.views.publish({
        user_id: event.user,
        view: { type: 'home', blocks: [{ type: 'header', text: plain('Nothing is open') }] },
      });
    });
  });

  await page.getByRole('combobox', { name: 'Message #incidents' }).fill('/demo');
  await page.keyboard.press('Enter');
  const form = page.getByRole('dialog', { name: 'Hand off' });
  await form.getByLabel('With').selectOption([{ label: 'Ben Okafor' }, { label: 'Chika Mori' }]);
  await form.getByLabel('Urgency').selectOption('worse');
  await expect.poll(() => told).toBe(true);
  await form.getByRole('button', { name: 'Send' }).click();
  await form.getByText('Please complete this required field.').first().waitFor();
  await picture(page, 'form');
  await form.getByLabel('To whom').selectOption({ label: 'Ben Okafor' });
  await form.getByLabel('Note').fill('Roll back');
  await form.getByLabel('Better').first().check();
  await form.getByRole('button', { name: 'Send' }).click();
  await expect.poll(() => form.isVisible()).toBe(false);
  expect(values).toMatchObject({
    to: { to: { selected_user: 'U0SBXBEN02' } },
    note: { note: { value: 'Roll back' } },
    trend: { trend: { selected_option: { value: 'better' } } },
    tried: { tried: { selected_options: [] } },
    until: { until: { selected_date_time: 1_767_225_600 } },
    where: { where: { selected_conversation: incidents } },
    with: { with: { selected_users: ['U0SBXBEN02', 'U0SBXCHK03'] } },
    urgency: { urgency: { selected_option: { value: 'worse' } } },
  });

  await page.getByRole('button', { name: 'demo home' }).click();
  await page.getByRole('heading', { name: 'Nothing is open' }).waitFor();
});
