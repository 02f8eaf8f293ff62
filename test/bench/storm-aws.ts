/** The embedded AWS of bench:storm in a process of its own. Arguments: the delay in milliseconds, and how many APIs fail. */
import { startAwsServer } from '../../src/sandbox/aws/server.ts';
import { stormScenario, stormScenarioId } from './storm-world.ts';

const [latencyMs = 0, apis = 1] = process.argv.slice(2).map(Number);
const scenario = await stormScenario(apis);
scenario.world.faults.latencyMs = latencyMs;
const server = await startAwsServer({ scenarios: new Map([[scenario.id, scenario]]), clock: () => new Date() });
const calls: { at: string; operation: string; error?: string | undefined }[] = [];
server.wire.onCall((_id, { at, operation, error }) => calls.push({ at, operation, error }));
process.on('message', () => process.send?.({ calls }));
process.on('disconnect', () => process.exit());
process.send?.({ endpoint: server.endpoint(stormScenarioId), alarms: scenario.world.alarms });
