import { describe, expect, onTestFinished, test } from 'vitest';
import { type App, createApp } from '../src/app.ts';
import type { Access } from '../src/aws/types.ts';
import { UnreadError } from '../src/aws/unread.ts';
import { ConfigError, type Environment, parseConfig } from '../src/config.ts';
import { httpTransport } from '../src/sandbox/slack/delivery.ts';
import { createSlackWorkspace } from '../src/sandbox/slack/workspace.ts';
import { silent, temporaryFolder } from './investigations/fixtures.ts';
import { serveSocketMode } from './support/slack-socket-mode.ts';

/** AWS where nobody is signed in. */
const signedOut: Access = {
  ownAccountId: async () => null,
  places: () => [{ accountId: null, region: 'eu-west-1' }],
  async open() {
    throw new UnreadError('sts:GetCallerIdentity', 'access_denied', 'There are no AWS credentials.', 'Sign in.');
  },
  close() {},
};

async function world(mode: 'http' | 'socket', over: Environment = {}) {
  const workspace = createSlackWorkspace({ rateLimits: 'off' });
  const served = await workspace.listen();
  const socket = mode === 'socket' ? await serveSocketMode(workspace) : null;
  const config = parseConfig(
    {
      SLACK_BOT_TOKEN: workspace.botToken,
      ...(mode === 'http'
        ? { SLACK_SIGNING_SECRET: workspace.signingSecret }
        : { SLACK_APP_TOKEN: workspace.appToken }),
      SLACK_API_URL: served.apiUrl,
      PORT: '0',
      DATA_DIR: temporaryFolder(),
      HEALTH_FEED_URL: '',
      ...over,
    },
    'serve',
  );
  const apps: App[] = [];
  onTestFinished(async () => {
    for (const app of apps) await app.stop();
    await socket?.close();
    await served.close();
  });
  async function open() {
    const app = await createApp(config, { access: signedOut, log: silent });
    apps.push(app);
    return app;
  }
  return { workspace, config, open };
}

describe.each(['http', 'socket'] as const)('over %s', mode => {
  test('a command comes in, is worked on and is answered', async () => {
    const { workspace, open } = await world(mode);
    const app = await open();
    const { port } = await app.start();
    if (mode === 'http') {
      const url = `http://127.0.0.1:${port}/slack/events`;
      workspace.connect(httpTransport(url, workspace.signingSecret, workspace.clock));
    }
    expect(await workspace.command('ana', 'incidents', '/apigw-500 orders-api')).toMatchObject({ ok: true });
    await app.idle();
    const told = await workspace.until(() =>
      workspace.messages('ana', 'incidents').find(message => JSON.stringify(message).includes('no AWS credentials')),
    );
    expect(JSON.stringify(told)).toContain('Sign in.');
  });

  test('health and readiness are answered, and Slack only where it comes over HTTP', async () => {
    const { open } = await world(mode);
    const app = await open();
    const { port } = await app.start();
    const get = async (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${port}${path}`, init);

    expect(await (await get('/healthz')).json()).toEqual({ status: 'ok' });
    expect(await (await get('/readyz')).json()).toEqual({ status: 'ready', store: 'ok', slack: 'ok' });
    expect((await get('/')).status).toBe(404);
    const unsigned = await get('/slack/events', { method: 'POST', body: 'command=%2Fapigw-500' });
    expect(unsigned.status).toBe(mode === 'http' ? 401 : 404);
  });
});

test('what is done is counted for Prometheus', async () => {
  const { workspace, open } = await world('http');
  const app = await open();
  const { port } = await app.start();
  workspace.connect(httpTransport(`http://127.0.0.1:${port}/slack/events`, workspace.signingSecret, workspace.clock));
  await workspace.command('ana', 'incidents', '/apigw-500 help');
  await workspace.until(() => workspace.messages('ana', 'incidents').at(-1));

  const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
  const text = await answer.text();
  expect(text).toMatch(/^apigw500_acknowledgement_seconds_count 1$/m);
  expect(text).toMatch(/^apigw500_queue_age_seconds 0$/m);
});

test('a token that Slack takes no more is told by /readyz and the log, until it is taken again', async () => {
  const { workspace, open } = await world('http');
  const app = await open();
  const { port } = await app.start();
  workspace.connect(httpTransport(`http://127.0.0.1:${port}/slack/events`, workspace.signingSecret, workspace.clock));
  const ready = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`);
    return [answer.status, ((await answer.json()) as { slack: string }).slack];
  };
  workspace.fail('views.open', { error: 'token_revoked' });
  await workspace.command('ana', 'incidents', '/apigw-500');
  await expect.poll(ready).toEqual([503, 'token_revoked']);
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  expect(text).toMatch(/^apigw500_slack_errors_total\{method="views.open",error="token_revoked"\} 1$/m);

  await workspace.command('ana', 'incidents', '/apigw-500');
  await expect.poll(ready).toEqual([200, 'ok']);
});

test('a stop frees the port, the folder and the rest, also twice, and also without a start', async () => {
  const { open, config } = await world('http');
  const first = await open();
  const { port } = await first.start();
  await first.stop();
  await first.stop();
  await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow();

  const second = await createApp(config, { access: signedOut, log: silent });
  await second.stop();
});

test('a stop does not wait for a start that waits for Slack', async () => {
  const { open, workspace } = await world('socket');
  const app = await open();
  workspace.fail('apps.connections.open', { status: 503 }, 2);
  const started = app.start();
  await workspace.until(() => workspace.calls.some(call => call.method === 'apps.connections.open'));
  await Promise.all([app.stop(), expect(started).rejects.toThrow('stopped while it started')]);
});

describe('what stands in the way of a start is told as a configuration problem', () => {
  async function problemsOf(opening: Promise<unknown>): Promise<readonly string[]> {
    const error = await opening.then(
      () => null,
      reason => reason,
    );
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).problems;
  }

  test('a data folder in use', async () => {
    const { open } = await world('http');
    await open();
    expect(await problemsOf(open())).toEqual([expect.stringContaining(`in use by process ${process.pid}`)]);
  });

  test('a port that is taken', async () => {
    const one = await world('http');
    const { port } = await (await one.open()).start();
    const { open } = await world('http', { PORT: String(port) });
    expect(await problemsOf((await open()).start())).toEqual([
      `PORT ${port} is taken by another program: set PORT to another one.`,
    ]);
  });

  test('a token that Slack does not know', async () => {
    const { open } = await world('http', { SLACK_BOT_TOKEN: 'xoxb-of-another-app' });
    expect(await problemsOf((await open()).start())).toEqual([
      expect.stringMatching(/^Slack does not answer as it should: .*\.$/),
    ]);
  });

  test('a database that does not answer, without its password', async () => {
    const { open } = await world('http', { DATABASE_URL: 'postgres://bot:secret-word@127.0.0.1:1/x' });
    const problems = await problemsOf(open());
    expect(problems).toEqual([
      expect.stringMatching(/^The database at 127\.0\.0\.1:1\/x cannot be used \(ECONNREFUSED\)/),
    ]);
    expect(problems.join()).not.toContain('secret-word');
  });
});
