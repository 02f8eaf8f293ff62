/**
 * What every command is: a file of this folder that exports `usage` and `run`. It returns its exit code (0 done,
 * 2 usage, 3 target not found or ambiguous, 4 nothing could be read from AWS, 1 a defect of ours) and never exits itself.
 */
import type { Config, ConfigPurpose } from '../config.ts';

export type ExitCode = 0 | 1 | 2 | 3 | 4;

export interface Command {
  /** Printed for `--help`; ends with a line break. */
  usage: string;
  run(args: readonly string[], context: CommandContext): Promise<ExitCode>;
}

/** What a person who typed something else than the usage is told: what is wrong, then where more stands. */
export function mistake(context: Pick<CommandContext, 'err'>, command: string, sentence: string): 2 {
  context.err(`${sentence}\napigw-500 ${command} --help tells more.\n`);
  return 2;
}

export interface CommandContext {
  /** Reads the configuration; throws ConfigError, which main prints. `serve` also asks for the Slack settings. */
  config(purpose: ConfigPurpose): Config;
  /** `PORT` as the shell has set it; .env, which is the bot's, is not read for it. */
  port: string | undefined;
  clock(): Date;
  /** Results: what the command was asked for. */
  out(text: string): void;
  /** Everything else. */
  err(text: string): void;
  stdin: NodeJS.ReadableStream;
  /** Of stdout; null where it is a pipe or a file. */
  terminal: { columns: number; colour: boolean } | null;
  /** stderr is a terminal, so that a line there can be written over. */
  progress: boolean;
  /** From the first call on, SIGTERM and SIGINT do not end the process but resolve this. */
  stopped(): Promise<void>;
  version: string;
}
