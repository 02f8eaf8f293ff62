/**
 * `npm run test:moto`: installs moto's server (https://docs.getmoto.org) into a cache of its own, starts it on loopback,
 * runs the suite of vitest.moto.config.ts against it, and stops it. Arguments go to vitest.
 *
 * Exit: vitest's own; 69 where Python is missing; 75 where it could not be installed, because the package index cannot be reached.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { env, execPath } from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../test/support/free-port.ts';
import { CannotRunError, installed, root, runWith } from './python.ts';

const motoVersion = '5.2.5';
const startMs = 60_000;

const bin = () =>
  installed({
    script: 'test:moto',
    name: 'moto',
    version: motoVersion,
    requirement: `moto[server]==${motoVersion}`,
    module: 'moto.server',
  });

/** Ends with its input, so also when this process is killed. */
const server = `
import os, sys, threading
def watch():
    sys.stdin.read()
    os._exit(0)
threading.Thread(target=watch, daemon=True).start()
from moto.server import main
main(["-H", "127.0.0.1", "-p", sys.argv[1]])
`;

/** Resolves when it answers. Its access log is kept to its last lines, for when it fails. */
async function start(python: string, port: number): Promise<{ url: string; stop(): Promise<void> }> {
  const child = spawn(python, ['-c', server, String(port)], {
    stdio: ['pipe', 'ignore', 'pipe'],
    // The policies that AWS manages; they are not loaded otherwise.
    env: { ...env, MOTO_IAM_LOAD_MANAGED_POLICIES: 'true' },
  });
  let log = '';
  child.stderr.on('data', chunk => {
    log = `${log}${chunk}`.slice(-4_000);
  });
  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + startMs;
  while (!(await answers(url))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new CannotRunError(`moto's server does not start:\n${log}`, 1);
    }
    await delay(200);
  }
  return {
    url,
    async stop() {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.stdin.end();
      await ended;
    },
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/moto-api/`)).ok;
  } catch {
    return false;
  }
}

/** Its exit code. */
async function runTests(url: string): Promise<number> {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const child: ChildProcess = spawn(
    execPath,
    [vitest, 'run', '--config', 'vitest.moto.config.ts', ...process.argv.slice(2)],
    { cwd: root, stdio: 'inherit', env: { ...env, MOTO_ENDPOINT: url } },
  );
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  const [code] = await once(child, 'exit');
  return code ?? 1;
}

async function main(): Promise<number> {
  const python = join(bin(), 'python');
  const moto = await start(python, await freePort());
  try {
    return await runTests(moto.url);
  } finally {
    await moto.stop();
  }
}

await runWith(main);
