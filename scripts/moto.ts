/**
 * `npm run test:moto`: installs moto's server (https://docs.getmoto.org) into a cache of its own, starts it on loopback,
 * runs the suite of vitest.moto.config.ts against it, and stops it. Arguments go to vitest.
 *
 * Exit: vitest's own; 69 where Python is missing; 75 where it could not be installed, because the package index cannot be reached.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { env, execPath } from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const motoVersion = '5.2.5';
const startMs = 60_000;

/** sysexits.h: EX_UNAVAILABLE and EX_TEMPFAIL. */
const exits = { noPython: 69, noIndex: 75 } as const;

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'node_modules', '.cache', `moto-${motoVersion}`);
const complete = join(folder, 'complete');
const python = join(folder, 'bin', 'python');

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

class CannotRunError extends Error {
  readonly code: number;

  constructor(message: string, code: number) {
    super(message);
    this.code = code;
  }
}

function install(): void {
  // A newer Python of the system's breaks an environment that was made with the one before.
  if (existsSync(complete) && spawnSync(python, ['-c', 'import moto.server']).status === 0) return;
  const probe = 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))';
  if (spawnSync('python3', ['-c', probe]).status !== 0) {
    const needs = 'Python 3.10 or newer with venv and pip: apt-get install python3 python3-venv python3-pip.';
    throw new CannotRunError(`test:moto needs ${needs}`, exits.noPython);
  }
  console.error(`Installing moto ${motoVersion} into ${folder}; this is done once.`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const made = spawnSync('python3', ['-m', 'venv', folder], { encoding: 'utf8' });
  if (made.status !== 0) throw new CannotRunError(`No virtual environment could be made: ${made.stderr}`, 1);
  const options = ['--quiet', '--no-input', '--disable-pip-version-check', '--prefer-binary', '--retries', '2'];
  const pip = spawnSync(python, ['-m', 'pip', 'install', ...options, `moto[server]==${motoVersion}`], {
    encoding: 'utf8',
    env: { PIP_DEFAULT_TIMEOUT: '20', ...env },
  });
  if (pip.status !== 0) throw notInstalled(`${pip.stdout}${pip.stderr}`);
  writeFileSync(complete, '');
}

/** pip fails with the same code whatever it fails of; only its text tells. */
function notInstalled(output: string): CannotRunError {
  const unreachable =
    /connection broken by|Failed to establish|Max retries exceeded|timed out|ProxyError|SSLError|Temporary failure in name/i;
  return unreachable.test(output)
    ? new CannotRunError('test:moto did not run: the Python package index (PyPI) cannot be reached.', exits.noIndex)
    : new CannotRunError(`moto ${motoVersion} could not be installed:\n${output}`, 1);
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new TypeError('A TCP server has a port.');
  return address.port;
}

/** Resolves when it answers. Its access log is kept to its last lines, for when it fails. */
async function start(port: number): Promise<{ url: string; stop(): Promise<void> }> {
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
  install();
  const moto = await start(await freePort());
  try {
    return await runTests(moto.url);
  } finally {
    await moto.stop();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof CannotRunError)) throw error;
  console.error(error.message);
  process.exitCode = error.code;
}
