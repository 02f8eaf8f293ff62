/** One account with many APIs that all fail at once, each with two alarms; made of a shipped scenario. */
import type { World } from '../../src/sandbox/aws/world.ts';
import { loadScenarios, type Scenario } from '../../src/sandbox/scenario.ts';

const original = 'lambda-permission-removed';
export const stormScenarioId = 'storm';

/** What the alarms of each API are called behind its name. */
const alarmSuffixes = ['5xx', '5xx-page'] as const;

export async function stormScenario(apis: number): Promise<Scenario> {
  const scenario = (await loadScenarios()).get(original);
  if (scenario === undefined) throw new Error(`There is no scenario ${original}.`);
  const worlds = Array.from({ length: apis }, (_, index) => copyOf(scenario.world, index));
  const [first] = worlds;
  if (first === undefined) throw new Error('A storm needs an API.');
  const world: World = structuredClone(first);
  for (const other of worlds) {
    for (const part of ['restApis', 'functions', 'roles', 'trail', 'alarms', 'traffic'] as const) {
      Object.assign(world[part], other[part]);
    }
  }
  return { ...scenario, id: stormScenarioId, world };
}

/** The same world with names of its own. */
function copyOf(world: World, index: number): World {
  const number = String(index).padStart(2, '0');
  const text = JSON.stringify(world)
    .replaceAll('a1b2c3d4e5', `a1b2c3d4${number}`)
    .replaceAll('orders', `shop${number}`);
  const copy = JSON.parse(text) as World;
  const { removed } = copy.trail;
  const [alarm] = Object.values(copy.alarms);
  if (removed === undefined || alarm === undefined) throw new Error(`The scenario ${original} is another one by now.`);
  return {
    ...copy,
    trail: { [`removed${number}`]: removed },
    traffic: Object.fromEntries(Object.entries(copy.traffic).map(([label, flow]) => [`${label}${number}`, flow])),
    alarms: Object.fromEntries(alarmSuffixes.map(suffix => [`shop${number}-api-${suffix}`, alarm])),
  };
}
