/** Which incident is picked, which of them are mended, and the AWS that the bot sees because of it. */
import { openAws } from '../app.ts';
import type { Access } from '../aws/types.ts';
import type { AwsWire } from './aws/server.ts';
import type { Scenario } from './scenario.ts';
import type { Desk, Incident } from './slack/page-server.ts';

const mendedSuffix = '-mended';
/** What the sandbox starts with: the failure that people ask about most. */
const first = 'lambda-permission-removed';

const credentials = { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' };

/**
 * The same account, mended: a twin as the sandbox serves it has the account of its incident, so that the card of the
 * incident can be run again after the repair. In their files the two are accounts of their own.
 */
export function asOneAccount(scenarios: ReadonlyMap<string, Scenario>): ReadonlyMap<string, Scenario> {
  return new Map(
    [...scenarios].map(([id, scenario]) => {
      const incident = id.endsWith(mendedSuffix) ? scenarios.get(id.slice(0, -mendedSuffix.length)) : undefined;
      if (incident === undefined) return [id, scenario];
      return [id, { ...scenario, world: renamed(scenario.world, scenario.world.accountId, incident.world.accountId) }];
    }),
  );
}

/** A copy in which one text stands for another in every string. */
function renamed<T>(value: T, from: string, to: string): T {
  if (typeof value === 'string') return value.replaceAll(from, to) as T;
  if (Array.isArray(value)) return value.map(item => renamed(item, from, to)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, item]) => [name.replaceAll(from, to), renamed(item, from, to)]);
  return Object.fromEntries(entries) as T;
}

export interface SandboxDesk extends Omit<Desk, 'alarm' | 'alarmPost'> {
  /** The scenario whose world the bot sees now: the incident, or its mended twin. */
  current(): Scenario;
}

export interface DeskOptions {
  scenarios: ReadonlyMap<string, Scenario>;
  wire: AwsWire;
  /** To begin with: an incident, or a mended twin. */
  scenarioId: string | undefined;
  origin: string;
}

export function createDesk({ scenarios, wire, scenarioId = first, origin }: DeskOptions): SandboxDesk {
  const mended = new Set<string>();
  const listeners = new Set<() => void>();
  const incidents = [...scenarios.values()]
    .filter(({ id }) => !scenarios.has(baseOf(id)) || baseOf(id) === id)
    .sort((a, b) => rank(a) - rank(b));
  let picked = incidents[0]?.id ?? '';
  pick(scenarios.has(baseOf(scenarioId)) ? baseOf(scenarioId) : scenarioId, scenarioId.endsWith(mendedSuffix));

  function rank({ id }: Scenario): number {
    return id === first ? 0 : scenarios.has(id + mendedSuffix) ? 1 : 2;
  }

  function pick(id: string, asMended: boolean): void {
    if (!incidents.some(incident => incident.id === id)) throw new Error(`There is no incident ${id}.`);
    picked = id;
    if (asMended && scenarios.has(id + mendedSuffix)) mended.add(id);
    else mended.delete(id);
    // An incident is always minutes old when somebody looks.
    wire.anchor(current().id);
    for (const listener of [...listeners]) listener();
  }

  function current(id = picked): Scenario {
    const scenario = scenarios.get(mended.has(id) ? id + mendedSuffix : id);
    if (scenario === undefined) throw new Error(`There is no scenario ${id}.`);
    return scenario;
  }

  function incidentOf(scenario: Scenario): Incident {
    const { id, args } = scenario;
    const shown = current(id);
    return {
      id,
      title: scenario.title ?? id.replaceAll('-', ' '),
      story: shown.story,
      command: `/apigw-500 ${spoken(args)}`,
      mendable: scenarios.has(id + mendedSuffix),
      mended: mended.has(id),
      healthy: scenario.expected.status === 'no_errors',
      alarm: Object.keys(scenario.world.alarms)[0] ?? null,
    };
  }

  return {
    current: () => current(),
    pick,
    picker: () => ({
      incidents: incidents.map(incidentOf),
      picked,
      tryLine: tryLine(origin, current()),
    }),
    calls: () => wire.calls(current().id),
    onPick(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onCall: listener => wire.onCall((id, call) => id === current().id && listener(call)),
  };

  function baseOf(id: string): string {
    return id.endsWith(mendedSuffix) ? id.slice(0, -mendedSuffix.length) : id;
  }
}

/**
 * The bot's way into the worlds. Its own account is that of the incident that is picked; another account is the world
 * that has it, as it is now: an older investigation keeps its account when somebody picks another incident.
 */
export async function worldAccess(
  { current, picker }: SandboxDesk,
  scenarios: ReadonlyMap<string, Scenario>,
  endpoint: (scenarioId: string) => string,
  clock: () => Date,
): Promise<Access> {
  const opened = new Map<string, Promise<Access>>();

  function accessTo(scenario: Scenario): Promise<Access> {
    const known = opened.get(scenario.id);
    if (known !== undefined) return known;
    const { region } = scenario.world;
    const access = openAws({ region, endpoint: endpoint(scenario.id), credentials, clock });
    opened.set(scenario.id, access);
    return access;
  }

  function worldOf(accountId: string): Scenario {
    const now = current();
    if (now.world.accountId === accountId) return now;
    for (const incident of picker().incidents) {
      const scenario = scenarios.get(incident.mended ? incident.id + mendedSuffix : incident.id);
      if (scenario?.world.accountId === accountId) return scenario;
    }
    // The world that is picked says in its own words that it does not know this account.
    return now;
  }

  return {
    async open(accountId, region) {
      const scenario = accountId === null ? current() : worldOf(accountId);
      return (await accessTo(scenario)).open(accountId, region);
    },
    ownAccountId: async () => (await accessTo(current())).ownAccountId(),
    places: () => [{ accountId: null, region: current().world.region }],
    close() {
      for (const access of opened.values()) void access.then(one => one.close());
    },
  };
}

/** One complete line that asks the world that is picked from a terminal. */
function tryLine(origin: string, { id, args, world }: Scenario): string {
  const endpoint = `${origin}/aws/${id}`;
  const settings = {
    AWS_ENDPOINT_URL: endpoint,
    HEALTH_FEED_URL: `${endpoint}/health-feed`,
    AWS_REGION: world.region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  const environment = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  return [...environment, 'npm run -s apigw-500 -- diagnose', ...args.map(quoted)].join(' ');
}

/** Arguments as people type them in a channel: the stage needs no flag. */
function spoken(args: readonly string[]): string {
  const [target = '', flag, stage, ...rest] = args;
  const words = flag === '--stage' && stage !== undefined ? [target, stage, ...rest] : args;
  return words.map(quoted).join(' ');
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
