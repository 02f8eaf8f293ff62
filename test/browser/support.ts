import { mkdirSync } from 'node:fs';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';

const folder = 'test-results';

/** Opens the page; the test fails where it loads anything from elsewhere, or the browser complains. */
export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  const { origin } = new URL(url);
  page.on('request', request => {
    if (new URL(request.url()).origin !== origin) complaints.push(`asks ${request.url()}`);
  });
  page.on('console', message => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', error => complaints.push(error.message));
  onTestFinished(async () => {
    await context.close();
    expect(complaints).toEqual([]);
  });
  await page.goto(url);
  await page.locator('.incident').first().waitFor({ state: 'attached' });
  return page;
}

/** Leaves a picture for people to look at. */
export async function picture(page: Page, name: string, part: Page | Locator = page): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await part.screenshot({ path: `${folder}/${name}.png`, animations: 'disabled' });
}
