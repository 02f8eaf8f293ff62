import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { datapoints } from '../../src/sandbox/aws/derived/metrics.ts';
import { streamsOf } from '../../src/sandbox/aws/derived/requests.ts';
import { loadScenario, loadScenarios, type Scenario, shippedFolder } from '../../src/sandbox/scenario.ts';

const shipped = await loadScenarios();
const minute = 60_000;

/** 5xx answers of all REST APIs of a world in the minutes before time zero. */
function errorsBefore({ world }: Scenario, minutes: number): number[] {
  const zero = Date.parse('2026-11-22T12:00:00.000Z');
  return Object.values(world.restApis).flatMap(({ name }) =>
    datapoints(
      { world, zero, now: zero },
      { namespace: 'AWS/ApiGateway', metric: '5XXError', dimensions: { ApiName: name } },
      'Sum',
      minute,
      zero - minutes * minute,
      zero,
    ).map(({ value }) => value),
  );
}

async function folder(files: Record<string, string>): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'scenarios-'));
  onTestFinished(() => rm(path, { recursive: true }));
  for (const [name, content] of Object.entries(files)) await writeFile(join(path, name), content);
  return path;
}

const head = (id: string) => `id: ${id}\nstory: One.\nargs: [x]\nexpected: { status: no_errors, causes: [] }\n`;
const world = "world: { accountId: '111122223333', region: eu-west-1 }\n";

describe('the shipped scenarios', () => {
  const incidents = [...shipped.values()].filter(({ expected }) => expected.status === 'cause_found');

  it('hold six incidents and more, each with a mended twin, a healthy API and one that does not log', () => {
    expect(incidents.length).toBeGreaterThanOrEqual(6);
    for (const { id } of incidents)
      expect(shipped.get(`${id}-mended`)?.expected).toMatchObject({ status: 'no_errors', causes: [] });
    expect(shipped.get('healthy-api')?.expected.status).toBe('no_errors');
    expect(shipped.get('logging-off')?.expected).toMatchObject({ status: 'inconclusive', gaps: ['logging_off'] });
  });

  it('have accounts of their own, and names that differ', () => {
    const accounts = [...shipped.values()].map(scenario => scenario.world.accountId);
    const apis = incidents.flatMap(scenario => Object.values(scenario.world.restApis).map(({ name }) => name));

    expect(new Set(accounts).size).toBe(shipped.size);
    expect(new Set(apis).size).toBe(incidents.length);
    expect(apis).toContain('orders-api');
  });

  it.each([...shipped.values()].map(scenario => [scenario.id, scenario] as const))(
    '%s fails as it says',
    (_, scenario) => {
      const errors = errorsBefore(scenario, 10).filter(count => count > 0);

      if (scenario.expected.status === 'no_errors') expect(errors).toEqual([]);
      else if (scenario.expected.pattern === 'constant') expect(errors).toHaveLength(10);
      else expect(errors.length).toBeGreaterThan(2);
      expect(streamsOf(scenario.world)).toHaveLength(Object.keys(scenario.world.traffic).length);
    },
  );

  it.each(incidents.map(scenario => [scenario.id, scenario] as const))(
    '%s has its change in the trail',
    (_, { expected, world: { trail } }) => {
      const names = Object.values(trail).map(({ eventName, who }) => ({
        event: eventName.replace(/\d{8}(v\d)?$/, ''),
        who,
      }));

      expect(names).toContainEqual(expected.change);
      expect(names.length, 'a red herring or two').toBeGreaterThan(1);
    },
  );

  it('never hold the cause that they expect in what AWS would answer', () => {
    for (const { id, world: served, expected } of incidents) {
      for (const cause of expected.causes) expect(JSON.stringify(served), id).not.toContain(cause);
    }
  });
});

describe('scenario files', () => {
  it('may be JSON, and start from one beside them or from a shipped one', async () => {
    const path = await folder({
      'first.yaml': head('first') + world,
      'second.yml': `${head('second')}world: { base: first, patch: { accountId: '222233334444' } }\n`,
      'third.json': JSON.stringify({
        id: 'third',
        story: 'Three.',
        args: ['orders-api'],
        expected: { status: 'no_errors', causes: [] },
        world: { base: 'logging-off', patch: { traffic: { fails: null } } },
      }),
      'other-name.yaml': `${head('fourth')}world: { base: second }\n`,
      'fifth.yaml': `${head('fifth')}world: { base: fourth, patch: { region: us-east-1 } }\n`,
      'readme.txt': 'not a scenario',
    });

    const scenarios = await loadScenarios(path);

    expect([...scenarios.keys()].sort()).toEqual(['fifth', 'first', 'fourth', 'second', 'third']);
    expect(scenarios.get('fifth')?.world).toMatchObject({ accountId: '222233334444', region: 'us-east-1' });
    expect(Object.keys(scenarios.get('third')?.world.traffic ?? {})).toEqual(['answers']);
  });

  it('keep what a snapshot removes until the deployment is made of it', async () => {
    const timeout = 'integrations: { web: { timeoutInMillis: null } }';
    const path = await folder({
      'http.yaml': `${head('http')}world:
  accountId: '123412341234'
  region: eu-west-1
  httpApis:
    h1:
      name: web
      routes: { GET /a: { target: integrations/web } }
      integrations: { web: { integrationType: HTTP_PROXY, integrationUri: 'https://a.example', timeoutInMillis: 900 } }
      deployments: { d1: { createdDate: -1d, snapshot: { integrations: { web: { timeoutInMillis: 500 } } } } }
`,
      'then.yaml': `${head('then')}world: { base: http, patch: { httpApis: { h1: { deployments: { d1: { snapshot: { ${timeout} } } } } } } }\n`,
    });

    const { deployments, draft } = (await loadScenarios(path)).get('then')?.world.httpApis.h1 ?? {};

    expect(draft?.integrations.web).toMatchObject({ timeoutInMillis: 900 });
    expect(deployments?.d1?.configuration.integrations.web).not.toHaveProperty('timeoutInMillis');
  });

  it.each([
    ['an unknown field', `${head('x')}${world}cause: y\n`, /x\.yaml: the document: Unrecognized key: "cause"\.$/],
    [
      'an unknown cause',
      `${head('x').replace('causes: []', 'causes: [nope]')}${world}`,
      /x\.yaml: expected\.causes\.0: /,
    ],
    [
      'a mistake in the world',
      `${head('x')}${world.replace('eu-west-1', 'Ireland')}`,
      /x\.yaml: world\.region: must be a Region code such as eu-west-1\.$/,
    ],
    [
      'a base that nobody has',
      `${head('x')}world: { base: nowhere }\n`,
      /x\.yaml: world\.base: no scenario nowhere beside it or shipped\.$/,
    ],
    [
      'a base that leads back',
      `${head('x')}world: { base: x }\n`,
      /x\.yaml: world\.base: x leads back to this file\.$/,
    ],
    ['no YAML', 'id: [', /x\.yaml: is not YAML or JSON: /],
    ['no world', head('x'), /x\.yaml: world: /],
  ])('with %s are refused by file and place', async (_, content, message) => {
    const path = await folder({ 'x.yaml': content });

    await expect(loadScenario(join(path, 'x.yaml'))).rejects.toThrow(message);
  });

  it('must not share an id', async () => {
    const path = await folder({ 'a.yaml': head('same') + world, 'b.yaml': head('same') + world });

    await expect(loadScenarios(path)).rejects.toThrow(/b\.yaml: another file has the id same too\./);
  });
});

describe('what is written about them', () => {
  it('holds a first example that works', async () => {
    const guide = await readFile(new URL('../../docs/scenarios.md', import.meta.url), 'utf8');
    const [, example = ''] = /```yaml\n(.*?)```/s.exec(guide) ?? [];
    const path = await folder({ 'example.yaml': example });

    expect(errorsBefore(await loadScenario(join(path, 'example.yaml')), 10)).toEqual(Array(10).fill(20));
  });

  it('agrees with the JSON schema, which takes every shipped file and refuses a misspelt one', async () => {
    const schema = JSON.parse(await readFile(new URL('../../docs/scenario.schema.json', import.meta.url), 'utf8'));
    const valid = new Ajv2020({ strict: false }).compile(schema);

    const files = await readdir(shippedFolder, { recursive: true });
    for (const name of files.filter(file => file.endsWith('.yaml'))) {
      const document = parse(await readFile(join(shippedFolder, name), 'utf8'), { merge: true });
      expect(valid(document), `${name}: ${JSON.stringify(valid.errors)}`).toBe(true);
      expect(valid({ ...document, stroy: 'One.' })).toBe(false);
    }
  });
});
