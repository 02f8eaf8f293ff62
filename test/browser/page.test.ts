/** What people do on the page beside pressing an app's buttons: menus, files, other apps, alarms, the keyboard. */
import { crc32, deflateSync } from 'node:zlib';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Desk } from '../../src/sandbox/slack/page-server.ts';
import { openStage, type Stage, servePage, startBolt } from '../sandbox/slack/support.ts';
import { launchChromium } from '../support/chromium.ts';
import { openPage, picture } from './support.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

const incidents = 'C0SBXINC01';

async function staged(desk: Partial<Desk> = {}, options: BrowserContextOptions = {}) {
  const stage = await openStage();
  const served = await servePage(stage, desk);
  onTestFinished(async () => {
    await served.close();
    await stage.close();
  });
  return { stage, page: await openPage(browser, served.url, options) };
}

async function registered(stage: Stage, register: Parameters<typeof startBolt>[1]): Promise<void> {
  const bolt = await startBolt(stage, register);
  onTestFinished(bolt.stop);
}

const newest = (page: Page) => page.locator('#messages .message').last();

test('the shortcuts of a message stand in its menu, those that stand alone beside the box', async () => {
  const { stage, page } = await staged();
  const used: string[] = [];
  await registered(stage, app => {
    app.shortcut('look', async ({ ack, shortcut }) => {
      await ack();
      used.push('message' in shortcut ? `look at ${shortcut.message.text}` : '?');
    });
    app.shortcut('begin', async ({ ack, shortcut }) => {
      await ack();
      used.push(`begin by ${shortcut.user.id}`);
    });
  });
  stage.slack.say('ben', 'incidents', 'It is down');
  await newest(page).hover();
  await newest(page).getByRole('button', { name: 'More actions' }).click();
  await picture(page, 'message-menu');
  // The first entry has the focus; the arrows walk, Escape closes.
  await page.keyboard.press('ArrowDown');
  await expect.poll(() => page.evaluate('document.activeElement.textContent')).toBe('Copy link');
  await page.keyboard.press('Escape');
  expect(await newest(page).getByRole('menu', { name: 'More actions' }).isVisible()).toBe(false);
  expect(await page.evaluate("document.activeElement.getAttribute('aria-label')")).toBe('More actions');
  await page.keyboard.press('Enter');
  await page.getByRole('menuitem', { name: 'Look at this' }).press('Enter');
  await page.getByRole('button', { name: 'Shortcuts' }).click();
  await page.getByRole('menuitem', { name: 'Begin' }).click();
  await expect.poll(() => used).toEqual(['look at It is down', 'begin by U0SBXANA01']);

  stage.slack.connect(null);
  await newest(page).hover();
  await newest(page).getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Look at this' }).click();
  await newest(page).getByRole('alert').filter({ hasText: 'dispatch_failed' }).waitFor();
});

test('another app posts the alarm; the magnifying glass on it reaches the app', async () => {
  const heard: unknown[] = [];
  const { stage, page } = await staged();
  await registered(stage, app => {
    app.event('reaction_added', async ({ event }) => void heard.push(event.reaction, event.item_user ?? null));
  });
  await page.getByRole('button', { name: 'Another app posts it here' }).click();
  await newest(page).getByText('changed state to ALARM').waitFor();
  await page.getByText('React with the magnifying glass.').waitFor();
  const text = { type: 'mrkdwn', text: '*<https://example.com|CloudWatch Alarm>*' };
  const attachment = { color: '#d13212', fallback: 'an alarm', blocks: [{ type: 'section', text }] };
  stage.slack.postAs('Amazon Q Developer', 'incidents', {
    attachments: [attachment, { fallback: 'only a fallback' }, { title: 'T', fields: [{ title: 'F', value: 'v' }] }],
  });
  const post = newest(page);
  await post.getByRole('link', { name: 'CloudWatch Alarm' }).waitFor();
  await post.getByText('only a fallback').waitFor();
  expect(await post.locator('.by').textContent()).toContain('Amazon Q DeveloperAPP');
  const bar = await page.evaluate(
    "getComputedStyle(document.querySelector('#messages .message:last-child .attachment')).borderLeftColor",
  );
  expect(bar).toBe('rgb(209, 50, 18)');
  await post.hover();
  await post.getByRole('button', { name: 'Add a reaction' }).click();
  await post.getByRole('menuitem', { name: 'mag', exact: true }).click();
  await post.getByRole('button', { name: 'mag, 1: Ana Ruiz' }).waitFor();
  await expect.poll(() => heard).toEqual(['mag', null]);
  await picture(page, 'other-app');
});

test('the alarm fires and recovers, and it is said where the bot did not take it', async () => {
  const told: string[] = [];
  const { page } = await staged({
    async alarm(state) {
      told.push(state);
      if (state === 'OK') throw new Error("The bot's /webhooks/sns answered 503.");
    },
  });
  const alarm = page.getByRole('group', { name: 'Alarm orders-5xx' });
  await alarm.getByRole('button', { name: 'Alarm fires' }).click();
  await alarm.getByText('AWS has told the bot that it fires.').waitFor();
  await alarm.getByRole('button', { name: 'Alarm recovers' }).click();
  await alarm.getByText('/webhooks/sns answered 503').waitFor();
  expect(told).toEqual(['ALARM', 'OK']);
});

test('files: a picture is shown, of a text the beginning', async () => {
  const { stage, page } = await staged();
  const { ts } = await stage.client.chat.postMessage({ channel: incidents, text: 'The root' });
  await page.locator(`[data-ts="${ts}"]`).hover();
  await page.locator(`[data-ts="${ts}"]`).getByRole('button', { name: 'Reply in thread' }).click();
  const thread = page.getByRole('complementary', { name: 'Thread' });
  const place = { channel_id: incidents, thread_ts: String(ts) };
  const alt = '5xx each minute';
  await stage.client.filesUploadV2({ ...place, filename: 'timeline.png', file: greyPicture(320, 120), alt_text: alt });
  await stage.client.filesUploadV2({ ...place, filename: 'report.md', content: '# Report\n\n<b>as it is</b>' });
  await thread.getByRole('img', { name: alt }).waitFor();
  await expect.poll(() => page.evaluate("document.querySelector('#thread img.wide').naturalWidth")).toBe(320);
  expect(await thread.locator('pre').textContent()).toBe('# Report\n\n<b>as it is</b>');
  await picture(page, 'files');
});

test('works at 360 pixels: nothing is wider than the screen, whatever is open', async () => {
  const { stage, page } = await staged({}, { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true });
  const width = () => page.evaluate('document.documentElement.scrollWidth');
  stage.slack.say('ben', 'incidents', 'A message with aVeryLongWordThatHasNoPlaceToBreakAtAll'.repeat(4));
  await newest(page).tap();
  await newest(page).getByRole('button', { name: 'More actions' }).tap();
  await page.getByRole('menu').waitFor();
  expect(await width()).toBe(360);
  await picture(page, 'phone-message-menu');
  await page.keyboard.press('Escape');
  await newest(page).getByRole('button', { name: 'Add a reaction' }).tap();
  const faces = await newest(page).getByRole('menu', { name: 'Reactions' }).boundingBox();
  expect(faces?.x).toBeGreaterThanOrEqual(0);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Channels and incidents' }).tap();
  await page.getByRole('button', { name: 'Alarm fires' }).waitFor();
  expect(await width()).toBe(360);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: /AWS/ }).tap();
  expect(await width()).toBe(360);
});

test('the keyboard walks through messages and places, and opens a thread', async () => {
  const { stage, page } = await staged();
  for (const text of ['one', 'two', 'three']) stage.slack.say('ben', 'incidents', text);
  await newest(page).getByText('three').waitFor();
  const focused = () => page.evaluate("document.activeElement.querySelector('.prose')?.textContent ?? ''");
  await page.locator('#scroll').focus();
  await page.keyboard.press('ArrowUp');
  expect(await focused()).toBe('three');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  expect(await focused()).toBe('one');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  const thread = page.getByRole('complementary', { name: 'Thread' });
  await thread.getByText('two').waitFor();
  await page.keyboard.press('Escape');
  expect(await focused()).toBe('two');
  await page.getByRole('button', { name: 'incidents', exact: true }).focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: '#payments' }).waitFor();
});

test('an archived channel can be read and nothing more; who left is not in the list', async () => {
  const { stage, page } = await staged();
  stage.slack.say('ben', 'incidents', 'Before');
  await newest(page).getByText('Before').waitFor();
  stage.slack.archive('ana', 'incidents');
  await page.getByText('This channel is archived.').waitFor();
  expect(await page.getByRole('combobox', { name: /^Message/ }).count()).toBe(0);
  stage.slack.deactivate('ben');
  await page.reload();
  await newest(page).getByText('Before').waitFor();
  expect(await page.getByRole('combobox', { name: 'You are' }).locator('option').allTextContents()).toEqual([
    'Ana Ruiz (@oncall)',
    'Chika Mori',
  ]);
});

/** A PNG of one colour. https://www.w3.org/TR/png-3/ */
function greyPicture(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    return Buffer.concat([word(data.length), body, word(crc32(body))]);
  };
  const head = Buffer.concat([word(width), word(height), Buffer.from([8, 0, 0, 0, 0])]);
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(width, 0xbb)]);
  const rows = deflateSync(Buffer.concat(Array.from({ length: height }, () => row)));
  const magic = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([magic, chunk('IHDR', head), chunk('IDAT', rows), chunk('IEND', Buffer.alloc(0))]);
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}
