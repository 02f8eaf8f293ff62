/** The app, until it is told to stop. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createApp, SlackUnreachableError } from '../app.ts';
import { createLog } from '../telemetry.ts';
import { type CommandContext, type ExitCode, mistake } from './command.ts';

export const usage = `Usage: apigw-500 serve

Answers Slack until SIGTERM or SIGINT: in Socket Mode where SLACK_APP_TOKEN is set, else over HTTP on
PORT. All settings come from the environment, .env and CONFIG_FILE; docs/configuration.md lists them.
`;

export async function run(args: readonly string[], context: CommandContext): Promise<ExitCode> {
  if (args.length > 0) return mistake(context, 'serve', 'serve takes no arguments.');
  keepHeapSmall();
  const config = context.config('serve');
  const log = createLog(config.logLevel ?? 'info');
  const told = context.stopped();
  const app = await createApp(config, { log });
  try {
    const started = await Promise.race([app.start(), told]);
    if (started !== undefined) {
      const mode = config.slack?.appToken ? 'socket' : 'http';
      log.info({ port: started.port, mode, version: context.version }, 'Ready.');
      collectStartUp();
      const broken = await Promise.race([told, app.broken]);
      // Whoever runs the program starts it again; the work goes on where it was.
      if (broken !== undefined) throw broken;
    }
    log.info({}, 'Stopping.');
  } catch (error) {
    if (!(error instanceof SlackUnreachableError)) throw error;
    context.err(`${error.message}\n`);
    return 2;
  } finally {
    await app.stop();
  }
  log.info({}, 'Stopped.');
  return 0;
}

/**
 * V8 lets a heap grow to four times what lives in it while there is work: of a hundred megabytes, four hundred. It is told
 * to collect sooner instead, which costs a fifth of the time under full load (docs/performance.md, "Memory").
 */
function keepHeapSmall(): void {
  setFlagsFromString('--optimize-for-size');
}

/** What starting has left over is given back at once; V8 would keep the room until it is needed again. */
function collectStartUp(): void {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  collect();
}
