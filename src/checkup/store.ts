import type { Config } from '../config.ts';
import { StoreError } from '../investigations/database.ts';
import { NewerSchemaError } from '../investigations/migrations.ts';
import { openDatabase } from '../investigations/open-database.ts';
import { redact } from '../redact.ts';
import { createLog } from '../telemetry.ts';
import type { Line } from './types.ts';

const fix = 'Let the user that DATABASE_URL names make and change tables in its database.';

/** Opens the store as `serve` would, and closes it. */
export async function checkStore(config: Config, clock: () => Date): Promise<Line[]> {
  const { dataDir, databaseUrl } = config;
  const subject = databaseUrl === null ? `DATA_DIR (${dataDir})` : 'DATABASE_URL';
  try {
    const database = await openDatabase(config, clock, createLog('silent'));
    await database.close();
    return [
      { area: 'store', subject, status: 'ok', finding: 'The store opens, and its tables are up to date.', fix: null },
    ];
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

function inUse(message: string): Pick<Line, 'finding' | 'fix'> {
  const { finding, fix } = halves(message);
  return { finding, fix: `Where that is the running bot, all is well. Else: ${fix}` };
}

/** The first sentence says what is wrong, the rest what to do. */
function halves(message: string): Pick<Line, 'finding' | 'fix'> {
  const [, finding = message, fix = ''] = /^(.*?\.) ([A-Z].*)$/s.exec(message) ?? [];
  return { finding, fix: fix === '' ? null : fix };
}
