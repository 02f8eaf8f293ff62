import { Readable } from 'node:stream';
import type { CommandContext } from '../../src/cli/command.ts';
import { type Environment, parseConfig } from '../../src/config.ts';
import { start } from '../investigations/data.ts';

export interface Terminal extends CommandContext {
  stdout: string;
  stderr: string;
}

/** A terminal that keeps what was written to it. */
export function terminal(environment: Environment = {}): Terminal {
  const written: Terminal = {
    stdout: '',
    stderr: '',
    config: purpose => parseConfig(environment, purpose),
    port: environment.PORT,
    clock: () => start,
    out(text) {
      written.stdout += text;
    },
    err(text) {
      written.stderr += text;
    },
    stdin: Readable.from([]),
    terminal: null,
    progress: false,
    stopped: () => Promise.resolve(),
    version: '0.0.0',
  };
  return written;
}
