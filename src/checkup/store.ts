import type { Config } from '../config.ts';
import { StoreError, type StoreState } from '../investigations/database.ts';
import { NewerSchemaError } from '../investigations/migrations.ts';
import { inspectDatabase } from '../investigations/open-database.ts';
import { redact } from '../redact.ts';
import { createLog } from '../telemetry.ts';
import type { Line } from './types.ts';

const fix = 'Let the user that DATABASE_URL names make and change tables in its database.';

/** Whether `serve` could work with the store. It is only looked at: nothing is made or changed. */
export async function checkStore(config: Config): Promise<Line[]> {
  const { dataDir, databaseUrl } = config;
  const subject = databaseUrl === null ? `DATA_DIR (${dataDir})` : 'DATABASE_URL';
  try {
    const state = await inspectDatabase(config, createLog('silent'));
    return [{ area: 'store', subject, status: 'ok', finding: findingOf(state, databaseUrl !== null), fix: null }];
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    if (!(error instanceof StoreError) && !(error instanceof NewerSchemaError)) {
      // What a database says itself: no right to make tables, say.
      if (code === undefined) throw error;
      const finding = `The store opens, and is not usable (${code}): ${redact(message)}.`;
      return [{ area: 'store', subject, status: 'problem', finding, fix }];
    }
    // The bot itself, most likely, beside which this command runs.
    if (/ is in use by /.test(message)) return [{ area: 'store', subject, status: 'warning', ...inUse(message) }];
    return [{ area: 'store', subject, status: 'problem', ...halves(message) }];
  }
}

function findingOf(state: StoreState, tables: boolean): string {
  switch (state.kind) {
    case 'absent':
      return tables ? 'There are no tables yet; serve will make them.' : 'There is no store yet; serve will make it.';
    case 'behind':
      return `The tables are ${state.changes} ${state.changes === 1 ? 'version' : 'versions'} behind; serve brings them up to date.`;
    case 'current':
      return 'The store opens, and its tables are up to date.';
  }
}

function inUse(message: string): Pick<Line, 'finding' | 'fix'> {
  const { finding, fix } = halves(message);
  return { finding, fix: `Where that is the running bot, all is well. Else: ${fix}` };
}

/** The first sentence says what is wrong, the rest what to do. */
function halves(message: string): Pick<Line, 'finding' | 'fix'> {
  const [, finding = message, fix = ''] = /^(.*?\.) ([A-Z].*)$/s.exec(message) ?? [];
  return { finding, fix: fix === '' ? null : fix };
}
