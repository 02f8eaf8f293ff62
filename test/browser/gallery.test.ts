/** Every message as people see it: against Slack's limits, and photographed by day, by night and on a phone. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { refuseBlocks } from '../../src/sandbox/slack/validation.ts';
import { launchChromium } from '../support/chromium.ts';
import { gallery } from '../support/gallery.ts';
import { photograph, views } from './photograph.ts';

// GALLERY_DIR keeps the pictures, for people to look at.
const { GALLERY_DIR: kept } = env;
const folder = kept ?? mkdtempSync(join(tmpdir(), 'gallery-'));

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(async () => {
  await browser.close();
  if (kept === undefined) rmSync(folder, { recursive: true });
});

const messages = gallery();

test.each([...messages.keys()])('Slack takes %s', name => {
  expect(refuseBlocks(messages.get(name)?.blocks)).toBeNull();
});

test.each(Object.keys(views))('every message is drawn whole: %s', async view => {
  const shots = await photograph(browser, messages, view, folder);
  expect(shots).toHaveLength(messages.size);
  expect(shots.filter(shot => shot.undrawn > 0 || shot.tooWide)).toEqual([]);
});
