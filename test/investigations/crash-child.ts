/** A process to be killed: opens the store of a folder, starts a run that never ends, and says so. */

import { createInvestigations } from '../../src/investigations/investigations.ts';
import { openSqlite } from '../../src/investigations/sqlite.ts';
import type { Outlets } from '../../src/investigations/types.ts';
import { createLog } from '../../src/telemetry.ts';
import { finding, found, submission } from './data.ts';

const [folder = ''] = process.argv.slice(2);
const clock = () => new Date();
const quiet: Outlets = {
  teamId: () => 'T1',
  async publishStorm() {},
  async refreshHomes() {},
  async publish(investigation) {
    if (investigation.progress.length > 0) process.stdout.write('running\n');
  },
  async refuse() {},
  async joined() {},
};

const database = await openSqlite(folder, clock);
const investigations = createInvestigations({
  database,
  service: {
    locate: async () => found(),
    alarmTags: async () => ({}),
    diagnose: (_trigger, _location, onFinding) => {
      onFinding?.(finding(1));
      return new Promise(() => {});
    },
    rerun: () => new Promise(() => {}),
    recheck: () => new Promise(() => {}),
    observe: () => new Promise(() => {}),
  },
  outlets: quiet,
  clock,
  newId: () => 'the-one',
  log: createLog('silent'),
  alarms: { routes: [], channel: null },
  retentionDays: 90,
});
await investigations.start();
await investigations.submit(submission('one'));
