/**
 * Accounts with many APIs in a process of their own, every answer delayed. Started by the benchmarks; stops with them.
 * Arguments: the delay in milliseconds, the number of accounts, and of APIs in each.
 */
import { startAwsServer } from '../../src/sandbox/aws/server.ts';
import { manyApis } from './many-apis.ts';

const [latencyMs = 0, accounts = 1, apis = 50] = process.argv.slice(2).map(Number);
const { scenario, others } = manyApis(accounts, apis);
for (const world of [scenario.world, ...others]) world.faults.latencyMs = latencyMs;
const server = await startAwsServer({
  scenarios: new Map([[scenario.id, scenario]]),
  others: new Map([[scenario.id, others]]),
  clock: () => new Date(),
});
process.on('disconnect', () => process.exit());
process.send?.({ endpoint: `${server.url}/aws/${scenario.id}` });
