import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Sandbox, SandboxError, type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.ts';
import { createLog } from '../../src/telemetry.ts';
import { fastTime } from '../support/fast-time.ts';

const log = createLog('silent');

async function started(options: Partial<SandboxOptions> = {}): Promise<Sandbox> {
  const { clock, after } = fastTime();
  const sandbox = await startSandbox({ port: 0, clock, after, log, ...options });
  onTestFinished(() => sandbox.stop());
  return sandbox;
}

function dataFolders(): string[] {
  return readdirSync(tmpdir()).filter(name => name.startsWith('apigw-500-sandbox-'));
}

/** The header of the newest card that a person sees. */
function cardTitle({ slack }: Sandbox, user: string, channel: string): string | undefined {
  const headers = slack
    .messages(user, channel)
    .flatMap(message => message.blocks.filter(({ type }) => type === 'header'));
  return (headers.at(-1)?.text as { text: string } | undefined)?.text;
}

function cardOf({ slack }: Sandbox, channel: string) {
  const card = slack.messages('ana', channel).find(message => message.threadTs === null && message.onlyFor === null);
  if (card === undefined) throw new Error(`There is no card in ${channel}.`);
  return card;
}

async function pick(sandbox: Sandbox, id: string, mended: boolean): Promise<void> {
  const response = await fetch(`${sandbox.url}sandbox/pick`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ id, mended }),
  });
  expect(await response.json()).toEqual({ ok: true });
}

describe('one command', () => {
  test('brings the bot, the workspace and an AWS, on loopback only, and leaves nothing', async () => {
    const before = dataFolders();
    const sandbox = await startSandbox({ port: 0, clock: () => new Date(), log });
    expect(sandbox.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    const during = dataFolders().filter(name => !before.includes(name));
    expect(during).toHaveLength(1);
    await sandbox.slack.command('ana', 'incidents', '/apigw-500 orders-api prod');
    await sandbox.slack.until(() => cardTitle(sandbox, 'ben', 'incidents')?.includes('Cause found'));
    await sandbox.stop();
    expect(during.filter(name => existsSync(`${tmpdir()}/${name}`))).toEqual([]);
    await expect(fetch(sandbox.url)).rejects.toThrow();
  });

  test('prints one complete line for the terminal, of the world that is picked', async () => {
    const { tryLine, url } = await started({ scenario: 'healthy-api' });
    const endpoint = `${url}aws/healthy-api`;
    expect(tryLine).toBe(
      `AWS_ENDPOINT_URL=${endpoint} HEALTH_FEED_URL=${endpoint}/health-feed AWS_REGION=eu-west-1 AWS_ACCESS_KEY_ID=sandbox AWS_SECRET_ACCESS_KEY=sandbox AWS_EC2_METADATA_DISABLED=true npm run -s apigw-500 -- diagnose catalogue-api --stage prod`,
    );
  });

  test('refuses a scenario that is not there, with those that are', async () => {
    const starting = startSandbox({ port: 0, scenario: 'nothing', clock: () => new Date(), log });
    await expect(starting).rejects.toThrow(SandboxError);
    await expect(starting).rejects.toThrow(/There is no scenario "nothing"[\s\S]*lambda-permission-removed/);
  });

  test('says what to do where the port is taken', async () => {
    const other = createServer();
    await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;
    const before = dataFolders();
    await expect(startSandbox({ port, clock: () => new Date(), log })).rejects.toThrow(
      `Port ${port} is taken by another program, perhaps by another sandbox. Give another one with --port, or 0 for any that is free.`,
    );
    expect(dataFolders()).toEqual(before);
  });
});

describe('an alarm', () => {
  test('opens the investigation by the webhook of the bot, and its recovery ends it', async () => {
    const sandbox = await started({ scenario: 'reserved-concurrency-throttled-mended' });
    const change = async (state: string) => {
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify({ state });
      const response = await fetch(`${sandbox.url}sandbox/alarm`, { method: 'POST', headers, body });
      expect(await response.json()).toEqual({ ok: true });
    };
    await change('ALARM');
    await sandbox.slack.until(() => cardTitle(sandbox, 'ana', 'incidents')?.includes('Cause found: checkout-api'));
    await sandbox.idle();
    await change('OK');
    await sandbox.slack.until(() =>
      /Recovered( after .*)?: checkout-api/.test(cardTitle(sandbox, 'ana', 'incidents') ?? ''),
    );
    await sandbox.idle();
  });

  test('that another app posts is answered in its thread, by a reaction or by the menu where the bot is not', async () => {
    const sandbox = await started({ scenario: 'reserved-concurrency-throttled' });
    async function posted(channelId: string, channel: string) {
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify({ channelId });
      const response = await fetch(`${sandbox.url}sandbox/alarm-post`, { method: 'POST', headers, body });
      expect(await response.json()).toEqual({ ok: true });
      const post = sandbox.slack.messages('ana', channel).at(-1);
      if (post === undefined) throw new Error('Nothing was posted.');
      return post;
    }
    const post = await posted('C0SBXPAY02', 'payments');
    sandbox.slack.react('ana', post, 'mag');
    await sandbox.slack.until(() => cardTitle(sandbox, 'ana', 'payments')?.includes('Cause found: checkout-api'));
    await sandbox.idle();
    expect(sandbox.slack.messages('ana', 'payments').every(({ ts, threadTs }) => (threadTs ?? ts) === post.ts)).toBe(
      true,
    );

    const elsewhere = await posted('C0SBXGEN03', 'general');
    await sandbox.slack.messageShortcut('ana', elsewhere, 'diagnose_alarm');
    const answer = await sandbox.slack.until(() =>
      sandbox.slack.messages('ana', 'general').find(({ onlyFor }) => onlyFor !== null),
    );
    expect(JSON.stringify(answer)).toContain('checkout-api');
    expect(JSON.stringify(answer)).toContain('in another channel');
    await sandbox.idle();
  });
});

describe('who is answered', () => {
  test('not a name that leads here, nor another origin; this holds for every address', async () => {
    const { url } = await started();
    for (const path of ['', 'sandbox/state', 'api/auth.test', 'aws/healthy-api/health-feed']) {
      expect((await fetch(url + path, { headers: { origin: 'https://evil.example' } })).status).toBe(403);
      expect((await fetch(url + path)).status).toBe(200);
    }
  });
});

describe('what is picked', () => {
  test('is the account that the bot sees; mended, the same card says so when it runs again', async () => {
    const sandbox = await started();
    await pick(sandbox, 'reserved-concurrency-throttled', false);
    await sandbox.slack.command('ana', 'payments', '/apigw-500 checkout-api prod');
    await sandbox.slack.until(() => cardTitle(sandbox, 'ana', 'payments')?.includes('Cause found: checkout-api'));
    await sandbox.idle();
    await pick(sandbox, 'reserved-concurrency-throttled', true);
    await sandbox.slack.press('ana', cardOf(sandbox, 'payments'), 'rerun');
    await sandbox.slack.until(() => cardTitle(sandbox, 'ana', 'payments')?.includes('Recovered'));
    // What was found about the errors stays.
    expect(JSON.stringify(cardOf(sandbox, 'payments').blocks)).toContain('checkout-handler');
    await sandbox.idle();
  });

  test('does not take away the account of an older investigation', async () => {
    const sandbox = await started();
    await sandbox.slack.command('ana', 'incidents', '/apigw-500 orders-api prod');
    await sandbox.slack.until(() => cardTitle(sandbox, 'ana', 'incidents')?.includes('Cause found'));
    await sandbox.idle();
    await pick(sandbox, 'healthy-api', false);
    const card = cardOf(sandbox, 'incidents');
    const edited = card.editedAt;
    await sandbox.slack.press('ana', card, 'rerun');
    await sandbox.slack.until(() => card.editedAt !== edited);
    await sandbox.idle();
    expect(cardTitle(sandbox, 'ana', 'incidents')).toContain('Cause found: orders-api');
  });

  test('is told to the page with its calls', async () => {
    const sandbox = await started({ scenario: 'lambda-permission-removed-mended' });
    const read = async () =>
      (await (await fetch(`${sandbox.url}sandbox/state`)).json()) as {
        picked: string;
        incidents: { id: string; mended: boolean }[];
        calls: { operation: string }[];
      };
    const before = await read();
    expect(before.picked).toBe('lambda-permission-removed');
    expect(before.incidents[0]).toMatchObject({ id: 'lambda-permission-removed', mended: true });
    expect(before.incidents.length).toBeGreaterThanOrEqual(8);
    await sandbox.slack.command('ana', 'incidents', '/apigw-500 orders-api prod');
    await sandbox.slack.until(() => cardTitle(sandbox, 'ana', 'incidents')?.includes('No 5xx errors'));
    await sandbox.idle();
    expect((await read()).calls.map(call => call.operation)).toContain('apigateway:GetStage');
  });
});
