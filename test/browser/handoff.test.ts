/** A whole handoff as people meet it: two of them, on the sandbox page, where one can be the other. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { createLog } from '../../src/telemetry.ts';
import { launchChromium } from '../support/chromium.ts';
import { openPage, picture } from './support.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

/** A fresh sandbox; the test fails where the bot logs an error. */
async function staged() {
  const errors: string[] = [];
  const log = createLog('error', { write: line => void errors.push(line) });
  const sandbox = await startSandbox({ port: 0, clock: () => new Date(), log });
  onTestFinished(async () => {
    await sandbox.stop();
    expect(errors).toEqual([]);
  });
  return sandbox;
}

const card = (page: Page) => page.locator('#messages .message', { has: page.locator('h3') }).last();
const dialog = (page: Page, name: string) => page.getByRole('dialog', { name });
/** The offer that waits for an answer; other messages may speak of handoffs after it. */
const offered = (page: Page) =>
  page.locator('#messages .message', { has: page.locator('[data-action-id="handoff_accept"]') }).last();

/** The page has a switch: it is loaded anew, and what stands there before is still another person's. */
async function become(page: Page, user: string): Promise<void> {
  await page.getByRole('combobox', { name: 'You are' }).selectOption(user);
  await page.waitForURL(new RegExp(`[?&]user=${user}`));
  await page.locator('.incident').first().waitFor({ state: 'attached' });
}

async function offer(page: Page, receiver: string, next: string): Promise<void> {
  await card(page).locator('[data-action-id="handoff"]').click();
  const form = dialog(page, 'Hand off');
  await form.getByLabel('To a person').selectOption(receiver);
  await form.getByLabel('Next actions').fill(next);
  await picture(page, 'handoff-form');
  // Its middle scrolls, and nothing else of it does.
  expect(await page.locator('#modal').evaluate(element => element.scrollHeight - element.clientHeight)).toBe(0);
  expect(
    await page.locator('#modal .modal-body').evaluate(element => element.scrollHeight > element.clientHeight),
  ).toBe(true);
  await form.getByRole('button', { name: 'Offer' }).click();
  await form.getByText(/Offered to/).waitFor();
  await form.getByRole('button', { name: 'Close' }).last().click();
}

test('a handoff: offered, declined, offered again, accepted with a read-back', async () => {
  const sandbox = await staged();
  const page = await openPage(browser, sandbox.url);
  await page.getByRole('button', { name: 'Type /apigw-500 orders-api prod' }).first().click();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: /Cause found: orders-api, stage prod/ }).waitFor();

  await offer(page, 'U0SBXBEN02', 'Give the permission back (Ben)');
  await become(page, 'U0SBXBEN02');
  await offered(page).locator('[data-action-id="handoff_decline"]').click();
  const decline = dialog(page, 'Decline the handoff');
  await decline.getByLabel('Why not').fill('I am on the payments incident');
  await decline.getByRole('button', { name: 'Decline' }).click();
  await decline.getByText(/You have declined/).waitFor();
  await decline.getByRole('button', { name: 'Close' }).last().click();
  await page.getByText('I am on the payments incident').first().waitFor();

  await become(page, 'U0SBXANA01');
  await offer(page, 'U0SBXBEN02', 'Only the permission');
  await become(page, 'U0SBXBEN02');
  await offered(page).locator('[data-action-id="handoff_accept"]').click();
  const accept = dialog(page, 'Accept the handoff');
  await accept.getByText('Only the permission').waitFor();
  await accept.getByLabel('What you will do first').fill('Run add-permission');
  await picture(page, 'handoff-accept');
  await accept.getByRole('button', { name: 'Accept' }).click();
  await accept.getByText(/is yours now/).waitFor();
  await accept.getByRole('button', { name: 'Close' }).last().click();
  await page.getByText('Run add-permission').first().waitFor();
  await card(page).getByText('@Ben Okafor').first().waitFor();
  await picture(page, 'handoff-accepted');
});
