/**
 * Scenarios: one story each, with the world that AWS would show and what the diagnosis is expected to say. One format
 * for the sandbox, the bench and the tests; docs/scenarios.md tells how to write one.
 */
import { readdir, readFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import type { UnreadReason } from '../aws/unread.ts';
import { causeIds } from '../diagnosis/causes/ids.ts';
import type { FindingStatus, Pattern, Verdict } from '../diagnosis/types.ts';
import { fileBeside } from '../files.ts';
import { isObject, mergePatch } from './aws/world/merge-patch.ts';
import { fillIn, worldSchema, worldShape } from './aws/world.ts';

const cause = z.enum(causeIds).meta({ id: 'cause' });
const findingStatus = z.enum(['problem', 'warning', 'ok', 'unknown', 'not_applicable'] satisfies FindingStatus[]);

/** Of the playbook, which has no step 5. */
const stepNumbers = ['1', '2', '3', '4', '6', '7', '8', '9', '10'] as const;

const expectedSchema = z.strictObject({
  status: z.enum(['cause_found', 'no_errors', 'inconclusive'] satisfies Verdict['status'][]),
  causes: z.array(cause).describe('Ids that are accepted as the first cause; empty where none may be named.'),
  alsoExpected: z.array(cause).optional().describe('Causes that must be named too, in any place.'),
  forbidden: z.array(cause).optional().describe('Causes that must not be named with a confidence above low.'),
  pattern: z.enum(['constant', 'intermittent', 'none', 'unknown'] satisfies Pattern[]).optional(),
  steps: z.partialRecord(z.enum(stepNumbers), findingStatus).optional().describe("Status by the step's number."),
  diagnoses: z
    .partialRecord(z.enum(['1', '2', '3', '4', '5']), findingStatus)
    .optional()
    .describe("Status by the diagnosis's number."),
  /** Reasons of gaps that must be told. */
  gaps: z
    .array(
      z.enum([
        'access_denied',
        'logging_off',
        'throttled',
        'timeout',
        'not_found',
        'unsupported_plan',
        'delivery_lag',
        'not_deployed',
        'capped',
      ] satisfies UnreadReason[]),
    )
    .optional(),
  change: z
    .strictObject({ event: z.string(), who: z.string().nullable() })
    .optional()
    .describe('The change that made it, as CloudTrail names it, and who did it; null where nobody can be named.'),
  cli: z.string().optional().describe("Part of the first cause's command line."),
  mustRead: z
    .array(z.string().regex(/^[a-z0-9]+:[A-Z]\w+$/, 'must be service:Operation'))
    .optional()
    .describe('Reads without which the verdict would be a guess.'),
  mustNotContain: z.array(z.string()).optional().describe('Texts that must be nowhere in the report: secrets.'),
});

const header = {
  id: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be lower-case words joined by hyphens'),
  title: z.string().optional().describe('One line for lists.'),
  story: z.string().min(1).describe('What happened, as people would tell it afterwards.'),
  args: z.array(z.string()).min(1).describe('Arguments of `diagnose`.'),
  expected: expectedSchema,
};

const basedWorld = z.strictObject({
  base: z.string().describe('Id of the scenario whose world this one starts from.'),
  patch: z.record(z.string(), z.unknown()).default({}).describe('JSON merge patch over that world.'),
});

/** A scenario as it stands in a file. */
export const scenarioFileSchema = z.strictObject({ ...header, world: z.union([basedWorld, worldShape]) });

const headerSchema = z.strictObject({ ...header, world: z.unknown() });
const scenarioSchema = z.strictObject({ ...header, world: worldSchema });

export type Scenario = z.output<typeof scenarioSchema>;
export type Expected = z.output<typeof expectedSchema>;

/** Folder of the scenarios that come with the program. */
export const shippedFolder = fileURLToPath(fileBeside('sandbox/scenarios/'));

/** The many more that the bench scores: one cause or one trap each. */
export const catalogueFolder = fileURLToPath(fileBeside('sandbox/scenarios/catalogue/'));

/** A scenario file that cannot be used; the message names the file and every place in it that is wrong. */
export class ScenarioError extends Error {
  constructor(file: string, problems: string[]) {
    super(`${file}: ${problems.join('; ')}.`);
    this.name = 'ScenarioError';
  }
}

/** Reads one file. Rejects with ScenarioError. */
export async function loadScenario(file: string): Promise<Scenario> {
  return resolve(file, await readDocument(file));
}

/** Reads all scenario files of a folder, by id in the order of their names. Rejects with ScenarioError. */
export async function loadScenarios(folder: string = shippedFolder): Promise<Map<string, Scenario>> {
  const scenarios = new Map<string, Scenario>();
  for (const file of await scenarioFiles(folder)) {
    const scenario = await loadScenario(file);
    if (scenarios.has(scenario.id)) throw new ScenarioError(file, [`another file has the id ${scenario.id} too`]);
    scenarios.set(scenario.id, scenario);
  }
  return scenarios;
}

async function resolve(file: string, document: unknown): Promise<Scenario> {
  checked(file, headerSchema, document);
  const world = await wholeWorld(file, document, []);
  return checked(file, scenarioSchema, { ...(document as object), world: fillIn(world) });
}

/** The world of a document, its bases followed; `seen` are the files that lead here. */
async function wholeWorld(file: string, document: unknown, seen: string[]): Promise<unknown> {
  const world = isObject(document) ? document.world : undefined;
  if (!isObject(world) || !('base' in world)) return world;
  const { base, patch } = checked(file, basedWorld, world, ['world']);
  const trail = [...seen, file];
  const baseFile = (await findScenario(dirname(file), base)) ?? (await findScenario(shippedFolder, base));
  if (baseFile === undefined) throw new ScenarioError(file, [`world.base: no scenario ${base} beside it or shipped`]);
  if (trail.includes(baseFile)) throw new ScenarioError(file, [`world.base: ${base} leads back to this file`]);
  const merged = mergePatch(await wholeWorld(baseFile, await readDocument(baseFile), trail), patch);
  restoreSnapshots(merged, patch);
  return merged;
}

/** A deployment's snapshot is a merge patch itself: it replaces the base's, and its nulls mean something later. */
function restoreSnapshots(merged: unknown, patch: unknown): void {
  if (!isObject(merged) || !isObject(patch)) return;
  for (const [key, value] of Object.entries(patch)) {
    if (key === 'snapshot' && value !== null) merged[key] = value;
    else restoreSnapshots(merged[key], value);
  }
}

/** By file name first, because that needs no reading. */
async function findScenario(folder: string, id: string): Promise<string | undefined> {
  const files = await scenarioFiles(folder);
  const named = files.find(file => file.slice(folder.length).replace(/^\//, '') === `${id}${extname(file)}`);
  if (named !== undefined) return named;
  for (const file of files) {
    const document = await readDocument(file);
    if (isObject(document) && document.id === id) return file;
  }
  return undefined;
}

async function scenarioFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names
    .filter(name => /\.(ya?ml|json)$/.test(name))
    .sort()
    .map(name => join(folder, name));
}

async function readDocument(file: string): Promise<unknown> {
  const content = await readFile(file, 'utf8');
  try {
    return parseYaml(content, { merge: true });
  } catch (error) {
    throw new ScenarioError(file, [`is not YAML or JSON: ${(error as Error).message.split('\n')[0]}`]);
  }
}

function checked<S extends z.ZodType>(file: string, schema: S, document: unknown, at: string[] = []): z.output<S> {
  const result = schema.safeParse(document);
  if (result.success) return result.data;
  throw new ScenarioError(
    file,
    result.error.issues.map(({ path, message }) => `${[...at, ...path].join('.') || 'the document'}: ${message}`),
  );
}
