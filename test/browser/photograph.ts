import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { onTestFinished } from 'vitest';
import type { Message } from '../../src/render/blocks.ts';
import { openStage, servePage } from '../sandbox/slack/support.ts';
import { openPage } from './support.ts';

const incidents = 'C0SBXINC01';

/** How people read: at a desk, by night, on the way. */
export const views: Record<string, BrowserContextOptions> = {
  light: { viewport: { width: 1200, height: 3600 }, colorScheme: 'light' },
  dark: { viewport: { width: 1200, height: 3600 }, colorScheme: 'dark' },
  phone: { viewport: { width: 390, height: 5000 }, hasTouch: true },
};

export interface Photographed {
  name: string;
  /** Blocks of the message that the page could not draw. */
  undrawn: number;
  /** Wider than its place, so that something of it cannot be read without scrolling sideways. */
  tooWide: boolean;
}

/** Alone in the list, nothing scrolls while the picture is taken. */
const alone = `element => {
  for (const other of element.parentElement.children) other.hidden = other !== element;
  return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
}`;

/** Posts each message to a workspace of its own, as the bot does, and takes its picture into the folder. */
export async function photograph(
  browser: Browser,
  messages: ReadonlyMap<string, Message>,
  view: string,
  folder: string,
): Promise<Photographed[]> {
  mkdirSync(folder, { recursive: true });
  const stage = await openStage();
  const served = await servePage(stage);
  onTestFinished(async () => {
    await served.close();
    await stage.close();
  });
  const page = await openPage(browser, served.url, { ...views[view], timezoneId: 'Europe/Madrid' });
  const shots: Photographed[] = [];
  for (const [name, { text, blocks }] of messages) {
    const { ts } = await stage.client.chat.postMessage({ channel: incidents, text, blocks });
    const message = page.locator(`#messages [data-ts="${ts}"]`);
    await message.waitFor();
    await message.evaluate(alone);
    // The first picture after a scroll may still be of the frame before.
    await message.screenshot({ animations: 'disabled' });
    await message.screenshot({ path: join(folder, `${name}-${view}.png`), animations: 'disabled' });
    shots.push({
      name,
      undrawn: await message.locator('.undrawn').count(),
      tooWide: await message.evaluate('element => element.scrollWidth > element.clientWidth + 1'),
    });
  }
  return shots;
}
