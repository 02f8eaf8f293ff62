import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createSlackWorkspace } from '../../src/sandbox/slack/workspace.ts';
import { temporaryFolder } from '../investigations/fixtures.ts';

const root = join(import.meta.dirname, '..', '..');

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The program as it is installed, in an empty folder and with nothing but these variables set. */
function start(args: string[], environment: Record<string, string> = {}) {
  const started = startIn(temporaryFolder(), args, environment);
  onTestFinished(() => void started.child.kill('SIGKILL'));
  return started;
}

function startIn(folder: string, args: string[], environment: Record<string, string>) {
  const child = spawn(process.execPath, [join(root, 'bin/apigw-500.js'), ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', HOME: folder, AWS_EC2_METADATA_DISABLED: 'true', ...environment },
  });
  const ended: Ended = { code: null, stdout: '', stderr: '' };
  child.stdout.on('data', data => {
    ended.stdout += data;
  });
  child.stderr.on('data', data => {
    ended.stderr += data;
  });
  const end = once(child, 'close').then(([code]): Ended => ({ ...ended, code }));
  return { child, end, ended };
}

const run = (args: string[], environment?: Record<string, string>) => start(args, environment).end;

// It tries for seconds before it gives up; the other tests need not wait for that.
let unreachable: ReturnType<typeof startIn>;
const itsFolder = mkdtempSync(join(tmpdir(), 'apigw-500-test-'));
beforeAll(() => {
  unreachable = startIn(itsFolder, ['serve'], {
    SLACK_BOT_TOKEN: 'xoxb-1-2-three',
    SLACK_SIGNING_SECRET: '0123456789abcdef0123456789abcdef',
    SLACK_API_URL: 'http://127.0.0.1:1/api/',
    AWS_REGION: 'eu-west-1',
    PORT: '0',
  });
});
afterAll(() => {
  unreachable.child.kill('SIGKILL');
  rmSync(itsFolder, { recursive: true, force: true });
});

test('--version and --help', async () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  expect(await run(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  const help = await run(['--help']);
  expect(help).toMatchObject({ code: 0, stderr: '' });
  for (const command of ['serve', 'sandbox', 'diagnose', 'explain']) expect(help.stdout).toContain(`  ${command}`);
  expect((await run(['diagnose', '--help'])).stdout).toContain('Usage: apigw-500 diagnose');
});

test.each([[[]], [['frobnicate']], [['toString']], [['--json']]])(
  '%j is answered with where the commands stand and code 2',
  async args => {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^Say which command\.\n\nUsage: |^There is no command ".*"\.\napigw-500 --help lists/);
  },
);

test('serve without a configuration names all that is missing, code 2', async () => {
  const { code, stderr } = await run(['serve'], { PORT: 'abc' });
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /has 3 problems\.\n {2}- PORT is not valid.*\n {2}- SLACK_BOT_TOKEN.*\n {2}- SLACK_SIGNING_SECRET/,
  );
  expect(stderr).not.toContain('    at ');
});

test('diagnose without a Region says which setting is missing', async () => {
  const { code, stdout, stderr } = await run(['diagnose', 'orders-api', '--json']);
  expect(code).toBe(2);
  expect(JSON.parse(stdout).error.code).toBe('failed');
  expect(stderr).toMatch(/AWS_REGION is not set/);
});

/** `serve` in a workspace of its own, once it is ready. */
async function serving(environment: Record<string, string> = {}) {
  const workspace = createSlackWorkspace();
  const { apiUrl, close } = await workspace.listen();
  onTestFinished(close);
  const process = start(['serve'], {
    ...environment,
    SLACK_BOT_TOKEN: workspace.botToken,
    SLACK_SIGNING_SECRET: workspace.signingSecret,
    SLACK_API_URL: apiUrl,
    AWS_REGION: 'eu-west-1',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
    HEALTH_FEED_URL: '',
    PORT: '0',
  });
  await expect.poll(() => process.ended.stderr, { timeout: 10_000 }).toContain('"Ready."');
  return process;
}

test('serve whose store has ended under it ends with 1 and says why, so that it is started again', async () => {
  const { child, end } = await serving({
    NODE_OPTIONS: `--import=${new URL('../support/end-store-thread.mjs', import.meta.url).href}`,
  });
  child.kill('SIGUSR2');
  const { code, stdout, stderr } = await end;
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain("The store's thread has ended");
  expect(stderr).toContain('start the program again');
}, 20_000);

test('serve becomes ready, says so on stderr alone, and ends with 0 when it is told to, also when told twice', async () => {
  const { child, end, ended } = await serving();
  const { port } = JSON.parse(ended.stderr.split('\n').find(line => line.includes('"Ready."')) ?? '{}');
  const ready = await fetch(`http://127.0.0.1:${port}/readyz`);
  expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready', store: 'ok', slack: 'ok' }]);

  child.kill('SIGTERM');
  child.kill('SIGINT');
  const { code, stdout, stderr } = await end;
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  expect(stderr).toContain('"Stopped."');
});

test('serve names the host of Slack where nothing answers there, in one line', async () => {
  const { code, stderr } = await unreachable.end;
  expect(code).toBe(2);
  // One line, however often it was tried.
  expect(stderr).toMatch(/^Slack cannot be reached at 127\.0\.0\.1:1 .*; then start again\.\n$/);
}, 15_000);
