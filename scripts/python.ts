/** Programs of the Python package index, each installed once into a cache of its own below node_modules. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { env } from 'node:process';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** sysexits.h: EX_UNAVAILABLE and EX_TEMPFAIL. */
const exits = { noPython: 69, noIndex: 75 } as const;

/** The program cannot be had here; `code` is the exit code that says why. */
export class CannotRunError extends Error {
  readonly code: number;

  constructor(message: string, code: number) {
    super(message);
    this.code = code;
  }
}

export interface PythonProgram {
  /** The npm script that needs it, for sentences. */
  script: string;
  name: string;
  version: string;
  /** As pip wants it. */
  requirement: string;
  /** A module whose import shows that the installation still works. */
  module: string;
}

/** Answers the folder of its executables. Throws CannotRunError. */
export function installed({ script, name, version, requirement, module }: PythonProgram): string {
  const folder = join(root, 'node_modules', '.cache', `${name}-${version}`);
  const bin = join(folder, 'bin');
  const python = join(bin, 'python');
  const complete = join(folder, 'complete');
  // A newer Python of the system's breaks an environment that was made with the one before.
  if (existsSync(complete) && spawnSync(python, ['-c', `import ${module}`]).status === 0) return bin;
  const probe = 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))';
  if (spawnSync('python3', ['-c', probe]).status !== 0) {
    const needs = 'Python 3.10 or newer with venv and pip: apt-get install python3 python3-venv python3-pip.';
    throw new CannotRunError(`${script} needs ${needs}`, exits.noPython);
  }
  console.error(`Installing ${name} ${version} into ${folder}; this is done once.`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const made = spawnSync('python3', ['-m', 'venv', folder], { encoding: 'utf8' });
  if (made.status !== 0) throw new CannotRunError(`No virtual environment could be made: ${made.stderr}`, 1);
  const options = ['--quiet', '--no-input', '--disable-pip-version-check', '--prefer-binary', '--retries', '2'];
  const pip = spawnSync(python, ['-m', 'pip', 'install', ...options, requirement], {
    encoding: 'utf8',
    env: { PIP_DEFAULT_TIMEOUT: '20', ...env },
  });
  if (pip.status !== 0) throw notInstalled(script, `${name} ${version}`, `${pip.stdout}${pip.stderr}`);
  writeFileSync(complete, '');
  return bin;
}

/** pip fails with the same code whatever it fails of; only its text tells. */
function notInstalled(script: string, what: string, output: string): CannotRunError {
  const unreachable =
    /connection broken by|Failed to establish|Max retries exceeded|timed out|ProxyError|SSLError|Temporary failure in name/i;
  return unreachable.test(output)
    ? new CannotRunError(`${script} did not run: the Python package index (PyPI) cannot be reached.`, exits.noIndex)
    : new CannotRunError(`${what} could not be installed:\n${output}`, 1);
}

/** Sets the exit code to what `main` answers, or says why it cannot run. */
export async function runWith(main: () => number | Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof CannotRunError)) throw error;
    console.error(error.message);
    process.exitCode = error.code;
  }
}
