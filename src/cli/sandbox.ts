/** The whole program on a page of its own, until it is told to stop. */
import { parseArgs } from 'node:util';
import { SandboxError, startSandbox } from '../sandbox/sandbox.ts';
import { createLog } from '../telemetry.ts';
import { type CommandContext, type ExitCode, mistake } from './command.ts';

const defaultPort = '3500';

export const usage = `Usage: apigw-500 sandbox [--port ${defaultPort}] [--scenario ID]

Serves a chat workspace with the app in it, and an AWS with incidents to pick from. Needs no Slack, no
AWS account and no token; nothing leaves this machine, and nothing is kept.

  --port N         the port on 127.0.0.1; 0 takes any that is free
  --scenario ID    the incident to begin with; its mended twin is ID-mended
`;

export async function run(args: readonly string[], context: CommandContext): Promise<ExitCode> {
  const options = parse(args);
  if ('problem' in options) return mistake(context, 'sandbox', options.problem);
  const told = context.stopped();
  try {
    const sandbox = await startSandbox({ ...options, clock: context.clock, log: createLog('warn') });
    try {
      context.out(
        `The sandbox is ready: ${sandbox.url}\n\nOr, in another terminal, one line to try:\n\n${sandbox.tryLine}\n\nCtrl+C ends it.\n`,
      );
      await told;
    } finally {
      await sandbox.stop();
    }
    return 0;
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error;
    context.err(`${error.message}\n`);
    return 2;
  }
}

function parse(args: readonly string[]): { port: number; scenario: string | undefined } | { problem: string } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { port: { type: 'string', default: defaultPort }, scenario: { type: 'string' } },
    });
    const port = Number(values.port);
    if (!/^\d{1,5}$/.test(values.port) || port > 65_535) {
      return { problem: `--port must be a whole number from 0 to 65535, not "${values.port}".` };
    }
    return { port, scenario: values.scenario };
  } catch (error) {
    return { problem: problemOf(error) };
  }
}

/** Node's own words about arguments, up to its advice for other cases. */
function problemOf(error: unknown): string {
  const [sentence = ''] = (error instanceof Error ? error.message : String(error)).split(/\.\s|\n/);
  return /[.?!]$/.test(sentence) ? sentence : `${sentence}.`;
}
