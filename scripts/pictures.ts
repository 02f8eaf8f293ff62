/** Takes the pictures of the README from the running sandbox: `npm run pictures`. */
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { startSandbox } from '../src/sandbox/sandbox.ts';
import { createLog } from '../src/telemetry.ts';
import { launchChromium } from '../test/support/chromium.ts';

const folder = fileURLToPath(new URL('../docs/pictures/', import.meta.url));

interface Shot {
  name: string;
  options: BrowserContextOptions;
  pose(page: Page): Promise<void>;
}

const wide = { viewport: { width: 1360, height: 850 }, deviceScaleFactor: 1.25 };

const shots: Shot[] = [
  { name: 'thread', options: wide, pose: openThread },
  { name: 'thread-dark', options: { ...wide, colorScheme: 'dark' }, pose: openThread },
  {
    name: 'evidence',
    options: wide,
    async pose(page) {
      await openThread(page);
      await page.locator('#thread [data-action-id="step:4"]').click();
      await page.locator('#thread').getByText('Step 4: ').first().waitFor();
      await page.locator('#typing').waitFor({ state: 'hidden' });
      await page.locator('#thread .message').last().scrollIntoViewIfNeeded();
      await page
        .locator('#thread .message')
        .last()
        .evaluate(element => element.scrollIntoView({ block: 'start' }));
    },
  },
  {
    name: 'calls',
    options: wide,
    async pose(page) {
      await page.locator('#calls-toggle').click();
      await page.locator('#calls .run').first().waitFor();
    },
  },
  {
    name: 'phone',
    options: { viewport: { width: 390, height: 780 }, deviceScaleFactor: 2, hasTouch: true },
    pose: async () => {},
  },
];

async function openThread(page: Page): Promise<void> {
  await page.locator('.thread-link').first().click();
  await page.locator('#thread [data-action-id="step:10"]').waitFor();
}

/** Scrolling bars and carets are no part of a picture. */
const quiet = '::-webkit-scrollbar { display: none } * { caret-color: transparent !important }';

async function take(browser: Browser, url: string, { name, options, pose }: Shot): Promise<void> {
  const context = await browser.newContext({ ...options, timezoneId: 'Europe/Madrid' });
  const page = await context.newPage();
  await page.goto(url);
  await page.locator('.thread-link').first().waitFor();
  // The page allows no style but its own; a sheet that is built in it is not loaded, and so is allowed.
  await page.evaluate(
    `(() => { const sheet = new CSSStyleSheet(); sheet.replaceSync(${JSON.stringify(quiet)}); document.adoptedStyleSheets = [sheet]; })()`,
  );
  await pose(page);
  await page.mouse.move(0, 0);
  await page.screenshot({ path: `${folder}${name}.png`, animations: 'disabled' });
  await context.close();
}

async function main(): Promise<void> {
  await mkdir(folder, { recursive: true });
  const sandbox = await startSandbox({ port: 0, clock: () => new Date(), log: createLog('warn') });
  const browser = await launchChromium();
  try {
    await sandbox.slack.command('ana', 'incidents', '/apigw-500 orders-api prod');
    await sandbox.idle();
    for (const shot of shots) {
      await take(browser, sandbox.url, shot);
      console.log(`docs/pictures/${shot.name}.png`);
    }
  } finally {
    await browser.close();
    await sandbox.stop();
  }
}

await main();
