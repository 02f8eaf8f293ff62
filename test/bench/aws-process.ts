/** The embedded AWS in a process of its own, with every answer delayed. Started by the benchmarks; stops with them. */

import { startAwsServer } from '../../src/sandbox/aws/server.ts';
import { loadScenarios } from '../../src/sandbox/scenario.ts';

const latencyMs = Number(process.argv[2]);
const scenarios = await loadScenarios();
for (const { world } of scenarios.values()) world.faults.latencyMs = latencyMs;
const server = await startAwsServer({ scenarios, clock: () => new Date() });
process.on('message', (message: { calls: string } | { latencyMs: number }) => {
  if ('calls' in message) process.send?.({ calls: server.wire.calls(message.calls) });
});
process.on('disconnect', () => process.exit());
process.send?.({ url: server.url });
