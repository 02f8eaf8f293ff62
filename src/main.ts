/** Arguments -> a command of cli/. Commands are loaded when they are asked for, and only this file ends the process. */
import { readFileSync } from 'node:fs';
import type { Command, CommandContext, ExitCode } from './cli/command.ts';
import { fileBeside } from './files.ts';

interface Entry {
  synopsis: string;
  about: string;
  load(): Promise<Command>;
}

const commands: Record<string, Entry> = {
  serve: {
    synopsis: 'serve',
    about: 'the Slack app: commands and buttons (Socket Mode where SLACK_APP_TOKEN is set, else HTTP) and health',
    load: () => import('./cli/serve.ts'),
  },
  sandbox: {
    synopsis: 'sandbox [--port 3500] [--scenario ID]',
    about: 'the same app on a page of its own and a scripted AWS: no account, no token',
    load: () => import('./cli/sandbox.ts'),
  },
  diagnose: {
    synopsis: 'diagnose <target> [--stage S] [--since 30m] [--json] …',
    about: 'one diagnosis to the terminal',
    load: () => import('./cli/diagnose.ts'),
  },
  explain: {
    synopsis: 'explain [FILE|-] [--json]',
    about: 'names the cause of pasted log lines, offline',
    load: () => import('./cli/explain.ts'),
  },
  bench: {
    synopsis: 'bench [--scenarios DIR] [--json]',
    about: 'scores the diagnosis over scenario files',
    load: () => import('./cli/bench.ts'),
  },
  export: {
    synopsis: 'export <investigation> [--json]',
    about: 'the record of an investigation as Markdown, or as it is stored',
    load: () => import('./cli/export.ts'),
  },
  'iam-policy': {
    synopsis: 'iam-policy [--partition P] [--region R] [--account A] …',
    about: 'prints the read-only policy that the bot needs, made from what it can ask of AWS',
    load: () => import('./cli/iam-policy.ts'),
  },
  doctor: {
    synopsis: 'doctor [--json]',
    about: 'checks settings, Slack, store and AWS permissions, and says what to put right',
    load: () => import('./cli/doctor.ts'),
  },
};

const usage = `Usage: apigw-500 <command>

${Object.values(commands)
  .map(({ synopsis, about }) => `  ${synopsis}\n      ${about}`)
  .join('\n')}

  apigw-500 <command> --help    more on a command
  apigw-500 --version
`;

/** Runs one command and ends the process with its exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  // A reader that has seen enough (`| head`) closes the pipe: no reason for a stack trace.
  process.stdout.on('error', error => process.exit((error as NodeJS.ErrnoException).code === 'EPIPE' ? 0 : 1));
  const code = await exitCodeOf(argv);
  await Promise.all([written(process.stdout), written(process.stderr)]);
  process.exit(code);
}

async function exitCodeOf([name, ...args]: readonly string[]): Promise<ExitCode> {
  const { out, err } = terminal;
  if (name === '--version') {
    out(`${version()}\n`);
    return 0;
  }
  if (name === '--help' || name === '-h' || name === 'help') {
    out(usage);
    return 0;
  }
  const entry = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (entry === undefined) {
    if (name === undefined) err(`Say which command.\n\n${usage}`);
    else err(`There is no command "${name}".\napigw-500 --help lists those that there are.\n`);
    return 2;
  }
  const [command, { ConfigError, portOfShell, readConfig }] = await Promise.all([entry.load(), import('./config.ts')]);
  if (args.includes('--help') || args.includes('-h')) {
    out(command.usage);
    return 0;
  }
  try {
    return await command.run(args, { ...terminal, config: readConfig, port: portOfShell(), version: version() });
  } catch (error) {
    if (error instanceof ConfigError) {
      const { problems } = error;
      const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
      err(`The configuration has ${count}.\n${problems.map(problem => `  - ${problem}\n`).join('')}`);
      return 2;
    }
    err(`apigw-500 ${name} ended because of a defect: ${error instanceof Error ? error.stack : String(error)}\n`);
    return 1;
  }
}

const terminal: Omit<CommandContext, 'config' | 'port' | 'version'> = {
  clock: () => new Date(),
  out: text => void process.stdout.write(text),
  err: text => void process.stderr.write(text),
  stdin: process.stdin,
  terminal: process.stdout.isTTY ? { columns: process.stdout.columns, colour: process.stdout.hasColors() } : null,
  progress: process.stderr.isTTY === true,
  stopped,
};

function version(): string {
  return JSON.parse(readFileSync(fileBeside('../package.json'), 'utf8')).version;
}

let stopping: Promise<void> | undefined;

/** The same signal may come more than once: the terminal sends it to npm and to us, and npm passes it on. */
function stopped(): Promise<void> {
  stopping ??= new Promise(resolve => {
    process.on('SIGTERM', () => resolve());
    process.on('SIGINT', () => resolve());
  });
  return stopping;
}

/** What is written to a pipe may still be under way when the process ends. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise(resolve => stream.write('', () => resolve()));
}
