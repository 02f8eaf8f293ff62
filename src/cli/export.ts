/** The record of one investigation, from the store, also beside a running bot. */
import { createAudit } from '../investigations/audit.ts';
import { StoreError } from '../investigations/database.ts';
import { readDatabase } from '../investigations/open-database.ts';
import { createStore } from '../investigations/store.ts';
import { markdownOf } from '../render/markdown.ts';
import { createLog } from '../telemetry.ts';
import { type CommandContext, type ExitCode, mistake } from './command.ts';

export const usage = `Usage: apigw-500 export <investigation> [--json]

Prints the record of an investigation as Markdown: verdict, timeline, changes, findings with their
evidence, notes, handoffs, feedback and audit. The id stands at the foot of its card. The store is
the one of DATABASE_URL, or of DATA_DIR; the bot may be running.

  --json   the stored record, with its audit, as one JSON document

Exit: 0 done, 2 usage, or a store that cannot be read, 3 there is no such investigation.
`;

export async function run(
  args: readonly string[],
  context: Pick<CommandContext, 'config' | 'clock' | 'out' | 'err'>,
): Promise<ExitCode> {
  const flags = args.filter(word => word.startsWith('-'));
  const [id, ...more] = args.filter(word => !word.startsWith('-'));
  const unknown = flags.find(flag => flag !== '--json');
  if (unknown !== undefined) return mistake(context, 'export', `There is no option ${unknown}.`);
  if (id === undefined || more.length > 0) {
    return mistake(context, 'export', 'Give the id of one investigation; it stands at the foot of its card.');
  }
  const config = context.config('command');
  const log = createLog(config.logLevel ?? 'warn', { write: line => context.err(line) });
  try {
    const database = await readDatabase(config, log);
    try {
      const investigation = await createStore(database, context.clock).get(id);
      if (investigation === null) {
        const where = config.databaseUrl === null ? `the store in ${config.dataDir} (DATA_DIR)` : 'DATABASE_URL';
        context.err(
          `There is no investigation ${id} in ${where}: set DATA_DIR or DATABASE_URL to the bot's own, or it was deleted after RETENTION_DAYS.\n`,
        );
        return 3;
      }
      const audit = await createAudit(database.db, context.clock).of(id);
      if (flags.includes('--json')) {
        // With its address for answers anybody could write to the channel, for a while.
        const conversation = { ...investigation.conversation, responseUrl: null };
        context.out(`${JSON.stringify({ ...investigation, conversation, audit })}\n`);
      } else context.out(markdownOf(investigation, audit));
      return 0;
    } finally {
      await database.close();
    }
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    context.err(`${error.message}\n`);
    return 2;
  }
}
