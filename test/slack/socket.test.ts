import { LogLevel } from '@slack/bolt';
import { expect, it, onTestFinished } from 'vitest';
import { createSlackWorkspace } from '../../src/sandbox/slack/workspace.ts';
import { createSocket } from '../../src/slack/socket.ts';
import { createLog } from '../../src/telemetry.ts';
import { serveSocketMode } from '../support/slack-socket-mode.ts';
import { openSlackStage } from '../support/slack-stage.ts';

const quiet = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  setLevel() {},
  getLevel: () => LogLevel.ERROR,
  setName() {},
};

async function connected() {
  const workspace = createSlackWorkspace({ rateLimits: 'off' });
  const served = await workspace.listen();
  const mode = await serveSocketMode(workspace);
  const pauses: number[] = [];
  const after = (ms: number, run: () => void) => {
    pauses.push(ms);
    run();
    return () => {};
  };
  const settings = { appToken: workspace.appToken, apiUrl: served.apiUrl };
  const logged: string[] = [];
  const log = createLog('info', { write: line => void logged.push(line) });
  const socket = createSocket(settings, quiet, log, after);
  onTestFinished(async () => {
    await socket.close();
    await mode.close();
    await served.close();
  });
  return { workspace, mode, socket, pauses, logged };
}

it('connects again where Slack refused that for a while, and rejects nothing', async () => {
  const { workspace, socket, pauses } = await connected();
  await socket.start();
  workspace.fail('apps.connections.open', { error: 'account_inactive' }, 2);
  await socket.receiver.client.start();
  expect(pauses).toEqual([30_000, 30_000]);
  expect(socket.isConnected()).toBe(true);
});

it.each(['invalid_auth', 'token_revoked'])('says so where Slack refuses the first connection with %s', async code => {
  const { workspace, socket } = await connected();
  workspace.fail('apps.connections.open', { error: code }, Number.POSITIVE_INFINITY);
  await expect(socket.start()).rejects.toThrow(`Slack refuses SLACK_APP_TOKEN (${code})`);
});

it('says once that Slack cannot be reached, and once that it is again', async () => {
  const { workspace, socket, logged } = await connected();
  await socket.start();
  expect(logged).toEqual([]);
  workspace.fail('apps.connections.open', 'reset', 2);
  await socket.receiver.client.start();
  expect(logged.map(line => JSON.parse(line))).toMatchObject([
    { level: 'error', msg: expect.stringContaining('Check the network') },
    { level: 'info', msg: 'Slack is reached again.' },
  ]);
  expect(socket.isConnected()).toBe(true);
});

it('does not connect any more once it is closed', async () => {
  const { workspace, mode, socket } = await connected();
  await socket.close();
  await socket.receiver.client.start();
  expect(mode.connections()).toBe(0);
  expect(workspace.calls).toEqual([]);
});

it('takes no command while the program stops', async () => {
  const { slack, workspace, diagnosis, idle } = await openSlackStage({ mode: 'socket' });
  await slack.close();
  await workspace.command('ana', 'incidents', '/apigw-500 orders-api').catch(() => {});
  await idle();
  expect(diagnosis.diagnosed).toBe(0);
}, 10_000);
