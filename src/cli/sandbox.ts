/** The whole program on a page of its own, until it is told to stop. */
import { parseArgs } from 'node:util';
import { SandboxError, startSandbox } from '../sandbox/sandbox.ts';
import { createLog } from '../telemetry.ts';
import { type CommandContext, type ExitCode, mistake } from './command.ts';

const defaultPort = '3500';

export const usage = `Usage: apigw-500 sandbox [--port ${defaultPort}] [--scenario ID]

Serves a chat workspace with the app in it, and an AWS with incidents to pick from. Needs no Slack, no
AWS account and no token; nothing leaves this machine, and nothing is kept.

  --port N         the port on 127.0.0.1; 0 takes any that is free. Without it, PORT of the shell
  --scenario ID    the incident to begin with; its mended twin is ID-mended
`;

export async function run(args: readonly string[], context: CommandContext): Promise<ExitCode> {
  const options = parse(args, context.port);
  if ('problem' in options) return mistake(context, 'sandbox', options.problem);
  const told = context.stopped();
  try {
    const sandbox = await startSandbox({ ...options, clock: context.clock, log: createLog('warn') });
    try {
      context.out(
        `The sandbox is ready: ${sandbox.url}
Open it in a browser. This program plays Slack and AWS too, so it works offline, and nothing is kept.

In another terminal, this line diagnoses the same incident, asking the AWS that is played here:

${sandbox.tryLine}

Ctrl+C ends the sandbox.
`,
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

function parse(
  args: readonly string[],
  portOfShell: string | undefined,
): { port: number; scenario: string | undefined } | { problem: string } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { port: { type: 'string' }, scenario: { type: 'string' } },
    });
    const given = values.port ?? (portOfShell === '' ? undefined : portOfShell) ?? defaultPort;
    const port = Number(given);
    if (!/^\d{1,5}$/.test(given) || port > 65_535) {
      const what = values.port === undefined ? 'PORT' : '--port';
      return { problem: `${what} must be a whole number from 0 to 65535, not "${given}".` };
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
