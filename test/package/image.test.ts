import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createSlackWorkspace } from '../../src/sandbox/slack/workspace.ts';
import { freePort } from '../support/free-port.ts';
import { buildImage, type Image } from './dockerfile.ts';

const root = join(import.meta.dirname, '..', '..');
const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'apigw-500-image-'));
let image: Image;

/** What npm needs to reach its registry, without what npm and vitest tell their own children. */
function hostEnvironment(): NodeJS.ProcessEnv {
  const kept = /^npm_config_(cache|registry|userconfig|globalconfig)$/;
  const dropped = /^(npm_|NODE_ENV$|NODE_OPTIONS$|VITEST|INIT_CWD$)/;
  const entries = Object.entries(process.env).filter(([name]) => kept.test(name) || !dropped.test(name));
  const path = (process.env.PATH ?? '').split(delimiter).filter(part => !part.includes('node_modules'));
  return { ...Object.fromEntries(entries), PATH: path.join(delimiter) };
}

beforeAll(async () => {
  image = await buildImage(root, folder, hostEnvironment());
}, 600_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const app = () => join(image.root, image.workdir);

function filesBelow(place: string): string[] {
  return readdirSync(place, { recursive: true, encoding: 'utf8' }).toSorted();
}

interface Started {
  child: ChildProcess;
  url: string;
  environment: Record<string, string>;
  output(): string;
}

/** As the image says, with what `docker run -e` would add. */
async function start(added: Record<string, string>): Promise<Started> {
  const port = await freePort();
  const environment = { PATH: join(folder, 'bin'), ...image.environment, ...added, PORT: String(port) };
  const [program = '', ...args] = image.command;
  const child = spawn(program, args, { cwd: app(), env: environment });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', data => {
      output += data;
    });
  }
  return { child, url: `http://127.0.0.1:${port}`, environment, output: () => output };
}

test('the image holds the compiled program and what it needs to run, and no other Node', () => {
  const lock: { packages: Record<string, { dev?: boolean; optional?: boolean }> } = JSON.parse(
    readFileSync(join(root, 'package-lock.json'), 'utf8'),
  );
  const places = Object.entries(lock.packages).filter(([place]) => place !== '');
  const has = ([place]: [string, unknown]) => existsSync(join(app(), place));
  const needed = places.filter(([, { dev, optional }]) => !dev && !optional);
  expect(needed.length).toBeGreaterThan(50);
  expect(needed.filter(one => !has(one))).toEqual([]);
  expect(places.filter(([, { dev }]) => dev === true).filter(has)).toEqual([]);
  expect(readdirSync(join(app(), 'node_modules')).filter(name => name.startsWith('node-linux-'))).toEqual([]);
  expect(readdirSync(app()).toSorted()).toEqual(
    ['LICENSE', 'bin', 'dist', 'manifest.yml', 'node_modules', 'package.json'].toSorted(),
  );
});

test('it is not root, and may write to its volumes alone', () => {
  expect(image.user).toBe('node');
  expect(image.volumes).toEqual(['/data', '/tmp']);
  expect(image.owners).toEqual({ '/data': 'node:node' });
  expect(image.environment.DATA_DIR).toBe(join(image.root, '/data'));
});

test('it starts, is healthy and ready, writes nothing but its data, and ends with 0 within ten seconds', async () => {
  const workspace = createSlackWorkspace();
  const { apiUrl, close } = await workspace.listen();
  onTestFinished(close);
  const before = filesBelow(app());
  const bot = await start({
    SLACK_BOT_TOKEN: workspace.botToken,
    SLACK_SIGNING_SECRET: workspace.signingSecret,
    SLACK_API_URL: apiUrl,
    AWS_REGION: 'eu-west-1',
    AWS_EC2_METADATA_DISABLED: 'true',
    HEALTH_FEED_URL: '',
  });
  await expect.poll(bot.output, { timeout: 30_000 }).toContain('"Ready."');
  const answers = await Promise.all(['/healthz', '/readyz'].map(path => fetch(`${bot.url}${path}`)));
  expect(answers.map(answer => answer.status)).toEqual([200, 200]);
  const [program = '', ...args] = image.healthcheck;
  await run(program, args, { env: bot.environment });

  const told = performance.now();
  bot.child.kill('SIGTERM');
  expect(await once(bot.child, 'exit')).toEqual([0, null]);
  expect(performance.now() - told).toBeLessThan(10_000);
  expect(filesBelow(app())).toEqual(before);
  expect(filesBelow(join(image.root, 'data')).length).toBeGreaterThan(0);
  await expect(run(program, args, { env: bot.environment })).rejects.toMatchObject({ code: 1 });
});

test('without its settings it says which are missing, and ends with 2', async () => {
  const bot = await start({});
  expect(await once(bot.child, 'close')).toEqual([2, null]);
  expect(bot.output()).toMatch(/SLACK_BOT_TOKEN is not set/);
});

test('the stage that is shipped has nothing of the one that built it', () => {
  expect(dirname(image.root)).toBe(folder);
  expect(filesBelow(app()).filter(path => /^(src|test|scripts)\b|\.env$|\.npmrc$/.test(path))).toEqual([]);
});
