/**
 * The embedded AWS in a process of its own, with every answer delayed. Started by the benchmarks; stops with them.
 * Arguments: the delay in milliseconds, and the number of routes of a large API beside the shipped scenarios.
 */
import { startAwsServer } from '../../src/sandbox/aws/server.ts';
import { loadScenarios } from '../../src/sandbox/scenario.ts';
import { largeScenario } from './large-world.ts';

const [latencyMs, routes] = process.argv.slice(2).map(Number);
const scenarios = await loadScenarios();
if (routes !== undefined) {
  const large = largeScenario(routes);
  scenarios.set(large.id, large);
}
for (const { world } of scenarios.values()) world.faults.latencyMs = latencyMs ?? 0;
const server = await startAwsServer({ scenarios, clock: () => new Date() });
process.on('message', (message: { calls: string }) => {
  process.send?.({ calls: server.wire.calls(message.calls) });
});
process.on('disconnect', () => process.exit());
process.send?.({ url: server.url });
