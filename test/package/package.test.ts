import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const run = promisify(execFile);

const folder = mkdtempSync(join(tmpdir(), 'apigw-500-package-'));
const program = join(folder, 'node_modules', '.bin', 'apigw-500');
let packed: string[] = [];

/** As a user has it: npm scripts put this repository's own Node in front, and nobody else has that. */
const environment = {
  PATH: (process.env.PATH ?? '')
    .split(delimiter)
    .filter(part => !part.startsWith(root))
    .join(delimiter),
  HOME: folder,
  npm_config_cache: process.env.npm_config_cache,
  npm_config_registry: process.env.npm_config_registry,
  npm_config_userconfig: process.env.npm_config_userconfig,
};

beforeAll(async () => {
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: root,
    maxBuffer: 2 ** 24,
  });
  const [tarball] = JSON.parse(stdout.slice(stdout.indexOf('[\n')));
  packed = tarball.files.map((file: { path: string }) => file.path);
  const install = ['install', '--no-audit', '--no-fund', '--prefer-offline', join(folder, tarball.filename)];
  await run('npm', install, { cwd: folder, maxBuffer: 2 ** 24 });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the package holds the compiled code, the page and every scenario, and nothing else', () => {
  const kinds =
    /^(bin\/apigw-500\.js|dist\/.+|docs\/(configuration|scenarios)\.md|manifest\.yml|CHANGELOG\.md|README\.md|LICENSE|package\.json)$/;
  expect(packed.filter(path => !kinds.test(path))).toEqual([]);
  expect(packed.filter(path => /\.(ts|map|sqlite|env)$|(^|\/)(test|data)\//.test(path))).toEqual([]);
  expect(packed).toEqual(expect.arrayContaining(['bin/apigw-500.js', 'dist/main.js', 'LICENSE', 'manifest.yml']));
  // What is bundled goes on with its licence.
  const licences = readFileSync(join(root, 'dist/LICENSES.txt'), 'utf8');
  for (const bundled of ['@slack/bolt', 'kysely', '@aws-sdk/client-lambda']) {
    expect(licences).toMatch(new RegExp(`^${bundled} \\S+: (MIT|Apache-2.0)$`, 'm'));
  }
  expect(licences).toContain('Permission is hereby granted, free of charge');

  const shipped = (place: string) =>
    packed.filter(path => path.startsWith(`dist/${place}/`)).map(path => path.slice(5));
  const written = (place: string) =>
    readdirSync(join(root, 'src', place), { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile() && !entry.name.endsWith('.ts'))
      .map(entry => join(entry.parentPath, entry.name).slice(join(root, 'src').length + 1));
  for (const place of ['sandbox/scenarios', 'sandbox/slack/page']) {
    expect(written(place).length).toBeGreaterThan(0);
    expect(
      shipped(place)
        .filter(path => !path.endsWith('.js') || written(place).includes(path))
        .sort(),
    ).toEqual(written(place).sort());
  }
});

test('the installed program tells its version', async () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const { stdout } = await run(program, ['--version'], { cwd: folder, env: environment });
  expect(stdout).toBe(`${version}\n`);
});

test('the installed sandbox serves its page, draws the chart, and the line that it prints is diagnosed', async () => {
  const sandbox = spawn(program, ['sandbox', '--port', '0'], { cwd: folder, env: environment });
  onTestFinished(async () => {
    if (sandbox.exitCode !== null) return;
    sandbox.kill('SIGTERM');
    await once(sandbox, 'exit');
  });
  let said = '';
  for (const stream of [sandbox.stdout, sandbox.stderr]) {
    stream.on('data', data => {
      said += data;
    });
  }
  const line = /^.*\bAWS_ENDPOINT_URL=.*\bdiagnose .*$/m;
  await expect.poll(() => said, { timeout: 30_000 }).toMatch(line);

  const [page] = said.match(/http:\/\/(127\.0\.0\.1|localhost):\d+\/?\S*/) ?? [];
  const answered = await fetch(page ?? '');
  expect([answered.status, answered.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);

  // Written in one thread, drawn in another, with fonts and compiled code from packages of their own.
  const command = { user: 'ana', channelId: 'incidents', text: '/apigw-500 orders-api prod' };
  const headers = { 'content-type': 'application/json' };
  await fetch(`${page}sandbox/command`, { method: 'POST', headers, body: JSON.stringify(command) });
  const picture = async () => {
    const state = await (await fetch(`${page}sandbox/state?user=ana`)).text();
    return /"slack_file":\{"id":"(\w+)"/.exec(state)?.[1] ?? null;
  };
  await expect.poll(picture, { timeout: 30_000 }).not.toBeNull();
  const drawn = await fetch(`${page}sandbox/files/${await picture()}`);
  expect([drawn.status, drawn.headers.get('content-type')]).toEqual([200, 'image/png']);

  const [words = ''] = said.match(line) ?? [];
  const variables = Object.fromEntries(
    [...words.matchAll(/\b([A-Z_]+)=(\S+)/g)].map(([, name, value]) => [name, value]),
  );
  const args = words
    .slice(words.indexOf('diagnose '))
    .trim()
    .split(/\s+/)
    .filter(word => word !== '--json');
  const diagnosed = await run(program, [...args, '--json'], { cwd: folder, env: { ...environment, ...variables } });
  const report = JSON.parse(diagnosed.stdout);
  expect(report).toMatchObject({ schemaVersion: 1, verdict: { status: 'cause_found' } });
  expect(report.steps).toHaveLength(9);
  expect(report.diagnoses).toHaveLength(5);

  sandbox.kill('SIGTERM');
  expect(await once(sandbox, 'exit')).toEqual([0, null]);
});
