/** A PostgreSQL of one's own for tests and benchmarks: a fresh cluster in a temporary folder, on a free port of loopback. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from './free-port.ts';

export interface PostgresServer {
  /** Of the database `postgres`, with user and password. */
  url: string;
  /** Ends it as a crash of the machine's memory would: no goodbye to anybody. */
  down(): Promise<void>;
  /** Starts it again, on the same port. */
  up(): Promise<void>;
  /** Ends it, and removes the folder. */
  stop(): Promise<void>;
}

/** The message says in one line what to install. */
export class NoPostgresError extends Error {}

const password = 'pass-word-of-the-test';

/** Rejects with NoPostgresError where the server's programs are missing. */
export async function startPostgres(): Promise<PostgresServer> {
  const bin = binaries();
  const user = serverUser();
  const folder = mkdtempSync(join(tmpdir(), 'apigw-500-postgres-'));
  const data = join(folder, 'data');
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, password);
  if (user !== null) for (const path of [folder, passwordFile]) chownSync(path, user.uid, user.gid);
  const options = { ...user, cwd: folder };
  // The cluster outlives a crash of the server; that it would outlive one of the machine is not worth the wait.
  const made = spawnSync(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'bot', '-A', 'scram-sha-256', '--pwfile', passwordFile, '-E', 'UTF8', '--locale=C.UTF-8', '-N'],
    { ...options, encoding: 'utf8' },
  );
  if (made.status !== 0) throw new Error(`initdb failed: ${made.error ?? made.stderr}`);

  const port = await freePort();
  let child: ChildProcess | null = null;

  async function up(): Promise<void> {
    const settings = {
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      fsync: 'off',
      max_connections: '200',
      lc_messages: 'C',
    };
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const server = [join(bin, 'postgres'), '-D', data, '-p', String(port), ...flags];
    // Ends with its input, so also when this process is killed.
    const script = '"$@" & server=$!; trap "" INT TERM; read line; kill -"${line:-INT}" $server; wait $server';
    child = spawn('bash', ['-c', script, 'postgres', ...server], { ...options, stdio: ['pipe', 'ignore', 'pipe'] });
    await ready(child);
  }

  async function end(signal: 'QUIT' | 'INT'): Promise<void> {
    if (child === null) return;
    const ended = once(child, 'exit');
    child.stdin?.end(`${signal}\n`);
    child = null;
    await ended;
  }

  await up();
  return {
    url: `postgres://bot:${password}@127.0.0.1:${port}/postgres`,
    up,
    down: () => end('QUIT'),
    async stop() {
      await end('INT');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The newest of Debian's versions, or what the path has. */
function binaries(): string {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const known = [
    ...versions.map(version => join(debian, version, 'bin')),
    ...(process.env.PATH ?? '').split(':').filter(path => path !== ''),
  ];
  const bin = known.find(path => ['initdb', 'postgres'].every(program => existsSync(join(path, program))));
  if (bin === undefined) throw new NoPostgresError('test:postgres needs PostgreSQL: apt-get install postgresql.');
  return bin;
}

/** PostgreSQL refuses to run as root; Debian's package has made a user for it. null: this process's own. */
function serverUser(): { uid: number; gid: number } | null {
  if (process.getuid?.() !== 0) return null;
  for (const name of ['postgres', 'nobody']) {
    try {
      const [uid, gid] = ['-u', '-g'].map(which => Number(execFileSync('id', [which, name], { stdio: 'pipe' })));
      if (uid !== undefined && gid !== undefined) return { uid, gid };
    } catch {
      // There is no such user.
    }
  }
  throw new NoPostgresError('test:postgres needs a user that is not root: apt-get install postgresql makes one.');
}

/** Resolves when it takes connections; what it said otherwise is the reason. */
async function ready(child: ChildProcess): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const said: string[] = [];
  if (child.stderr !== null) {
    createInterface({ input: child.stderr }).on('line', line => {
      if (said.push(line) > 50) said.shift();
      if (line.includes('ready to accept connections')) resolve();
    });
  }
  child.once('exit', () => reject(new Error(`PostgreSQL does not start:\n${said.join('\n')}`)));
  await promise;
}
