/** The bot as users run it: `bin` and the compiled `dist`, without sources, in a process of its own. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const path = (relative: string) => fileURLToPath(new URL(`../../${relative}`, import.meta.url));

export interface Meter {
  rssMb: number;
  heapUsedMb: number;
  heapTotalMb: number;
  externalMb: number;
  eventLoopP999Ms: number;
  eventLoopMaxMs: number;
}

export interface Bot {
  /** From the start of the process until it says that it is ready. */
  readyMs: number;
  url: string;
  /** `begin`: the event loop's delay is measured anew from here. */
  meter(asked?: 'begin' | 'read'): Promise<Meter>;
  /** Value of a counter of `/metrics`, over all of its labels. */
  counted(name: string): Promise<number>;
  stop(): Promise<void>;
}

export interface Installed {
  folder: string;
  start(environment: Record<string, string>): Promise<Bot>;
  remove(): void;
}

/** Builds, and lays the package out as npm installs it. */
export function install(): Installed {
  execFileSync(process.execPath, [path('scripts/build.ts')], { stdio: ['ignore', 2, 2] });
  const folder = mkdtempSync(join(tmpdir(), 'apigw-500-bench-'));
  for (const part of ['bin', 'dist', 'package.json']) cpSync(path(part), join(folder, part), { recursive: true });
  symlinkSync(path('node_modules'), join(folder, 'node_modules'));
  let started = 0;
  return {
    folder,
    start(environment) {
      const data = join(folder, `data-${++started}`);
      mkdirSync(data);
      return startBot(folder, data, environment);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function startBot(folder: string, data: string, environment: Record<string, string>): Promise<Bot> {
  const flags = (process.env.BENCH_NODE_FLAGS ?? '').split(' ').filter(flag => flag !== '');
  const began = performance.now();
  const child = spawn(
    process.execPath,
    [...flags, '--import', path('test/bench/meter.js'), join(folder, 'bin/apigw-500.js'), 'serve'],
    {
      // No .env of the checkout is read.
      cwd: data,
      env: { PATH: process.env.PATH ?? '', PORT: '0', DATA_DIR: data, ...environment },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    },
  );
  const { port, readyMs } = await ready(child, began);
  const url = `http://127.0.0.1:${port}`;
  return {
    readyMs,
    url,
    async meter(asked = 'read') {
      child.send(asked);
      const [answer] = (await once(child, 'message')) as [Meter];
      return answer;
    },
    async counted(name) {
      const text = await (await fetch(`${url}/metrics`)).text();
      const values = text.split('\n').filter(line => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
      return values.reduce((all, line) => all + Number(line.slice(line.lastIndexOf(' '))), 0);
    },
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** What it logs besides is passed on where it warns. */
function ready(child: ChildProcess, began: number): Promise<{ port: number; readyMs: number }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ port: number; readyMs: number }>();
  if (child.stderr === null) throw new Error('The log of the bot is not connected.');
  createInterface({ input: child.stderr }).on('line', line => {
    if (line.includes('"msg":"Ready."')) {
      resolve({ port: (JSON.parse(line) as { port: number }).port, readyMs: Math.round(performance.now() - began) });
    } else if (!/"level":"(info|debug)"/.test(line)) console.error(line);
  });
  child.once('exit', code => reject(new Error(`The bot ended with code ${code} before it was ready.`)));
  return promise;
}
