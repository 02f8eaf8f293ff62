/** The embedded AWS of bench:crash in a process of its own. Argument: how many APIs. Stops with the benchmark. */
import { startAwsServer } from '../../src/sandbox/aws/server.ts';
import { manyId, manyScenario } from './many-world.ts';

const scenarios = new Map([[manyId, manyScenario(Number(process.argv[2]))]]);
const server = await startAwsServer({ scenarios, clock: () => new Date() });
process.on('disconnect', () => process.exit());
process.send?.({ url: `${server.url}/aws/${manyId}` });
