/** The sandbox as people meet it: the real bot, the page and the scripted AWS, in a real browser. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { createLog } from '../../src/telemetry.ts';
import { launchChromium } from '../support/chromium.ts';
import { openPage, picture } from './support.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

/** A fresh sandbox and its page; the test fails where the bot logs an error. */
async function staged(options: BrowserContextOptions = {}): Promise<{ sandbox: Sandbox; page: Page }> {
  const errors: string[] = [];
  const log = createLog('error', { write: line => void errors.push(line) });
  const sandbox = await startSandbox({ port: 0, clock: () => new Date(), log });
  onTestFinished(async () => {
    await sandbox.stop();
    expect(errors).toEqual([]);
  });
  return { sandbox, page: await openPage(browser, sandbox.url, options) };
}

const box = (page: Page) => page.getByRole('combobox', { name: /^Message/ });
const card = (page: Page) => page.locator('#messages .message', { has: page.locator('h3') }).last();
const thread = (page: Page) => page.getByRole('complementary', { name: 'Thread' });

async function send(page: Page, line: string): Promise<void> {
  await box(page).fill(line);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Enter');
}

test('an incident from the first look to the evidence, and mended', async () => {
  const { page } = await staged();
  await picture(page, 'sandbox-start');
  await page.getByRole('button', { name: 'Type /apigw-500 orders-api prod' }).first().click();
  expect(await box(page).inputValue()).toBe('/apigw-500 orders-api prod');
  await page.keyboard.press('Enter');
  await page.getByText('apigw-500 is asking AWS…').waitFor();

  await page.getByRole('heading', { name: /Cause found: orders-api, stage prod/ }).waitFor();
  await card(page).getByText('aws lambda add-permission').waitFor();
  await card(page).getByText('RemovePermission', { exact: true }).waitFor();
  await picture(page, 'sandbox-card');

  await card(page)
    .getByRole('button', { name: /replies/ })
    .click();
  const steps = thread(page).locator('[data-action-id^="step:"]');
  const diagnoses = thread(page).locator('[data-action-id^="diagnosis:"]');
  await expect.poll(() => steps.count()).toBe(9);
  await expect.poll(() => diagnoses.count()).toBe(5);
  await picture(page, 'sandbox-thread');

  // The chart comes last.
  await thread(page).getByRole('img', { name: /5xx/ }).first().waitFor();
  const replies = await thread(page).locator('.message').count();
  await thread(page).locator('[data-action-id="step:4"]').click();
  await thread(page)
    .getByText(/Run again by @Ana Ruiz/)
    .first()
    .waitFor();
  await expect.poll(() => thread(page).locator('.message').count()).toBe(replies + 1);
  await thread(page).getByRole('button', { name: 'New below' }).click();
  await picture(page, 'sandbox-evidence');

  await page.getByRole('button', { name: /What AWS was asked/ }).click();
  await page.locator('#calls').getByText('lambda:GetPolicy').first().waitFor();
  await picture(page, 'sandbox-calls');

  await page.getByRole('button', { name: 'Mended' }).click();
  await page.getByText('mended', { exact: true }).waitFor();
  await card(page).getByRole('button', { name: 'Run again' }).click();
  await page.getByRole('heading', { name: /Recovered/ }).waitFor();
  await picture(page, 'sandbox-mended');
});

test('the form, a private answer with its button, and what another person sees', async () => {
  const { sandbox, page } = await staged();
  await send(page, '/apigw-500');
  const form = page.getByRole('dialog', { name: 'Why does it answer 500?' });
  await form.getByRole('button', { name: 'Diagnose' }).click();
  await form.getByText('Please complete this required field.').waitFor();
  await form.getByLabel('API').fill('ordres-api');
  await picture(page, 'sandbox-form');
  await page.keyboard.press('Enter');
  const answer = page.locator('.message.ephemeral');
  await answer.getByText('Only visible to you').waitFor();
  await picture(page, 'sandbox-private');
  await send(page, '/apigw-500 help');
  const help = page.locator('.message.ephemeral', { hasText: 'The target is one of' });
  await help.getByRole('button', { name: 'Dismiss' }).click();
  await expect.poll(() => page.locator('.message.ephemeral').count()).toBe(1);

  const ben = await openPage(browser, `${sandbox.url}?user=U0SBXBEN02`);
  expect(await ben.getByRole('combobox', { name: 'You are' }).inputValue()).toBe('U0SBXBEN02');
  expect(await ben.locator('.message').count()).toBe(0);

  await answer
    .getByRole('button', { name: /Diagnose/ })
    .first()
    .click();
  await ben.getByRole('heading', { name: /orders-api/ }).waitFor();
  await card(ben)
    .getByRole('button', { name: /replies/ })
    .click();
  await thread(ben).locator('[data-action-id="diagnosis:5"]').click();
  await thread(ben)
    .getByText(/Run again by @Ben Okafor/)
    .first()
    .waitFor();

  await page.getByRole('combobox', { name: 'You are' }).selectOption({ label: 'Chika Mori' });
  await page.getByRole('heading', { name: /orders-api/ }).waitFor();
  expect(await page.locator('.message.ephemeral').count()).toBe(0);
});

test('Enter takes the suggested command where only its beginning is typed, and sends what is whole', async () => {
  const { page } = await staged();
  const box = page.locator('#composer textarea');
  await box.fill('/apig');
  await box.press('Enter');
  expect(await box.inputValue()).toBe('/apigw-500 orders-api prod');
  await box.fill('/apigw-500');
  await box.press('Enter');
  await page.getByRole('dialog', { name: 'Why does it answer 500?' }).waitFor();
});

test('where the bot is not, it says how to bring it, and comes', async () => {
  const { page } = await staged();
  await page.getByRole('button', { name: 'general' }).click();
  await send(page, '/apigw-500 orders-api');
  await page.locator('.message.ephemeral').getByText('/invite @apigw-500').first().waitFor();
  await picture(page, 'sandbox-not-invited');
  await send(page, '/invite @apigw-500');
  await page.getByRole('heading', { name: /orders-api/ }).waitFor();
});

test('an alarm fires, and the card is there; it recovers, and the same card says so', async () => {
  const { page } = await staged();
  const alarm = page.getByRole('group', { name: 'Alarm orders-api-5xx' });
  await alarm.getByRole('button', { name: 'Alarm fires' }).click();
  await alarm.getByText('AWS has told the bot that it fires.').waitFor();
  await page.getByRole('heading', { name: /Cause found: orders-api, stage prod/ }).waitFor();
  await picture(page, 'sandbox-alarm');
  await alarm.getByRole('button', { name: 'Alarm recovers' }).click();
  await page.getByRole('heading', { name: /Recovered( after .*)?: orders-api, stage prod/ }).waitFor();
  await page.getByText('mended', { exact: true }).waitFor();
  expect(await page.locator('#messages .message').count()).toBe(1);
});

test('another app posts the alarm; the magnifying glass on it brings the card into its thread', async () => {
  const { sandbox, page } = await staged();
  await page.getByRole('button', { name: 'Another app posts it here' }).click();
  const post = page.locator('#messages .message').last();
  await post.getByText('CloudWatch Alarm').first().waitFor();
  await post.hover();
  await post.getByRole('button', { name: 'Add a reaction' }).click();
  await post.getByRole('menuitem', { name: 'mag', exact: true }).click();
  await post
    .getByRole('button', { name: /replies|reply/ })
    .last()
    .click();
  await thread(page)
    .getByRole('heading', { name: /Cause found: orders-api, stage prod/ })
    .waitFor();
  await picture(page, 'sandbox-post');
  await sandbox.idle();
  // The menu of the message asks the same, and hears that it was asked.
  await post.hover();
  await post.getByRole('button', { name: 'More actions' }).click();
  await post.getByRole('menuitem', { name: 'Diagnose alarm' }).click();
  await page.locator('.message.ephemeral').getByText('asked about already').first().waitFor();
  expect(await page.locator('#messages .message:not(.ephemeral)').count()).toBe(1);
});

test('works by keyboard alone', async () => {
  const { page } = await staged();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect.poll(() => page.evaluate('document.activeElement.id')).toBe('composer-text');
  await page.keyboard.type('/api');
  await page.getByRole('listbox', { name: 'Commands' }).getByRole('option').first().waitFor();
  await page.keyboard.press('ArrowDown');
  expect(await box(page).getAttribute('aria-activedescendant')).toBe('composer-suggestions-0');
  await page.keyboard.press('Enter');
  expect(await box(page).inputValue()).toBe('/apigw-500 orders-api prod');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: /Cause found/ }).waitFor();
  await page.keyboard.press('ArrowUp');
  expect(await box(page).inputValue()).toBe('/apigw-500 orders-api prod');

  await card(page)
    .getByRole('button', { name: /replies/ })
    .focus();
  await page.keyboard.press('Enter');
  await thread(page).locator('[data-action-id="step:1"]').focus();
  await page.keyboard.press('Enter');
  await thread(page)
    .getByText(/Run again by @Ana Ruiz/)
    .first()
    .waitFor();
  await page.keyboard.press('Escape');
  await expect.poll(() => thread(page).isVisible()).toBe(false);
  await expect.poll(() => page.evaluate('document.activeElement.className')).toBe('thread-link');
});

test('on a phone, in the dark', async () => {
  const { page } = await staged({ viewport: { width: 390, height: 844 }, colorScheme: 'dark', hasTouch: true });
  await page.getByRole('button', { name: 'Channels and incidents' }).click();
  await page.getByRole('button', { name: 'Integration timeout lowered' }).click();
  await page.getByRole('button', { name: 'Type /apigw-500 reports-api prod' }).first().waitFor();
  await picture(page, 'phone-menu');
  await page.getByRole('button', { name: 'Type /apigw-500 reports-api prod' }).first().click();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: /Cause found: reports-api/ }).waitFor();
  await picture(page, 'phone-card');
  await card(page)
    .getByRole('button', { name: /replies/ })
    .click();
  await thread(page).locator('[data-action-id="step:6"]').scrollIntoViewIfNeeded();
  await picture(page, 'phone-thread');
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
  await page.getByRole('button', { name: 'Dark or light' }).click();
  expect(await page.evaluate('getComputedStyle(document.documentElement).colorScheme')).toBe('light');
});

test('every incident ends with a card', async () => {
  const { page } = await staged();
  const titles = await page.locator('.incident-title').allTextContents();
  expect(titles.length).toBeGreaterThanOrEqual(8);
  for (const title of titles) {
    await page.getByRole('button', { name: title, exact: true }).click();
    const command = page.locator('.incident.picked .command');
    await command.waitFor();
    const line = (await command.locator('code').textContent()) ?? '';
    await send(page, line);
    // Eight incidents in a row can use up the workspace's 45 edits a minute; the next ones come within that minute.
    await page
      .getByRole('heading', {
        name: new RegExp(`(causes? found|No 5xx errors|No cause could be shown).*${line.split(' ')[1]}`, 'i'),
      })
      .waitFor({ timeout: 70_000 });
  }
});

test('all fourteen buttons bring evidence', async () => {
  const { sandbox, page } = await staged();
  await send(page, '/apigw-500 orders-api prod');
  await page.getByRole('heading', { name: /Cause found/ }).waitFor();
  await sandbox.idle();
  await card(page)
    .getByRole('button', { name: /replies/ })
    .click();
  const ids = await page.evaluate(
    "[...document.querySelectorAll('#thread [data-action-id]')].map(node => node.dataset.actionId)",
  );
  const checks = (ids as string[]).filter(id => /^(step|diagnosis):/.test(id));
  expect(checks).toHaveLength(14);
  for (const id of checks) {
    await thread(page).locator(`[data-action-id="${id}"]`).first().click();
    await sandbox.idle();
  }
  // The card, the playbook, the diagnoses, the chart, and one message of evidence for each.
  await expect.poll(() => thread(page).locator('.message').count()).toBe(4 + 14);
});

test('a form that was left open does not open in a page that is loaded anew, and the next one does', async () => {
  const { page } = await staged();
  await send(page, '/apigw-500');
  await page.getByRole('dialog').waitFor();
  await page.reload();
  await page.getByRole('navigation', { name: 'Channels and incidents' }).waitFor();
  await box(page).waitFor();
  expect(await page.getByRole('dialog').count()).toBe(0);
  await send(page, '/apigw-500');
  await page.getByRole('dialog').waitFor();
});

test('the answer to a command is scrolled to, wherever its reader was', async () => {
  const { page } = await staged({ viewport: { width: 1280, height: 500 } });
  await send(page, '/apigw-500 orders-api prod');
  await page.getByRole('heading', { name: /Cause found: orders-api, stage prod/ }).waitFor();
  await send(page, '/apigw-500 help');
  await page.getByText('Why does my API answer 500?').waitFor();
  await page.evaluate("document.querySelector('#scroll').scrollTop = 0");
  await send(page, '/apigw-500 list');
  const answer = page.locator('#messages .message').last();
  await expect.poll(() => answer.innerText()).toContain('1 open investigation');
  await expect.poll(() => page.locator('#newer').isHidden()).toBe(true);
  const top = "document.querySelector('#messages .message:last-child').getBoundingClientRect().top";
  const end = "document.querySelector('#scroll').getBoundingClientRect().bottom";
  expect(await page.evaluate(`${top} < ${end}`)).toBe(true);
});
