/** A process to be killed: opens the store that it is given, starts a run that never ends, and says so. */

import { createInvestigations } from '../../src/investigations/investigations.ts';
import { openDatabase } from '../../src/investigations/open-database.ts';
import type { Outlets } from '../../src/investigations/types.ts';
import { createLog } from '../../src/telemetry.ts';
import { finding, found, submission } from './data.ts';

const [settings = ''] = process.argv.slice(2);
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

const log = createLog('silent');
const database = await openDatabase(JSON.parse(settings), clock, log);
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
  log,
  alarms: { routes: [], channel: null },
  retentionDays: 90,
});
await investigations.start();
await investigations.submit(submission('one'));
