import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const root = join(import.meta.dirname, '..', '..');
const folder = join(root, '.github', 'workflows');
const scripts = Object.keys(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts);

const permissions = z.record(z.string(), z.enum(['read', 'write']));
const step = z.strictObject({
  name: z.string().optional(),
  id: z.string().optional(),
  if: z.string().optional(),
  uses: z.string().optional(),
  run: z.string().optional(),
  with: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  env: z.record(z.string(), z.string()).optional(),
});

/** Only what we use of https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax. */
const workflowSchema = z.strictObject({
  name: z.string(),
  on: z.record(z.string(), z.unknown()),
  permissions,
  concurrency: z.unknown().optional(),
  jobs: z.record(
    z.string(),
    z.strictObject({
      name: z.string().optional(),
      needs: z.string().optional(),
      environment: z.string().optional(),
      'runs-on': z.string(),
      'timeout-minutes': z.number(),
      permissions: permissions.optional(),
      strategy: z
        .strictObject({
          'fail-fast': z.boolean(),
          matrix: z.record(z.string(), z.array(z.union([z.string(), z.number()]))),
        })
        .optional(),
      steps: z.array(step).min(1),
    }),
  ),
});

const workflows = readdirSync(folder).map(file => ({
  file,
  workflow: workflowSchema.parse(parse(readFileSync(join(folder, file), 'utf8'))),
}));

describe.each(workflows)('$file', ({ workflow }) => {
  const jobs = Object.values(workflow.jobs);
  const steps = jobs.flatMap(job => job.steps);

  it('may read the code, and more only in the job that needs it', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' });
    const writing = jobs.flatMap(job => Object.entries(job.permissions ?? {})).filter(([, right]) => right === 'write');
    const known = ['packages', 'id-token', 'attestations', 'security-events'];
    expect(writing.map(([what]) => what).filter(what => !known.includes(what))).toEqual([]);
  });

  it('does one thing in a step, with actions of a told version', () => {
    expect(steps.filter(({ uses, run }) => (uses === undefined) === (run === undefined))).toEqual([]);
    expect(steps.flatMap(({ uses }) => uses ?? []).filter(uses => !/^[\w-]+(\/[\w-]+)+@v\d+$/.test(uses))).toEqual([]);
  });

  it('leaves no credentials in the checkout, and puts nothing of an event into a shell', () => {
    const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'));
    expect(checkouts.every(checkout => checkout.with?.['persist-credentials'] === false)).toBe(true);
    expect(steps.flatMap(({ run }) => run ?? []).filter(run => run.includes('${{'))).toEqual([]);
  });

  it('runs scripts that there are', () => {
    const named = steps.flatMap(({ run = '' }) =>
      [...run.matchAll(/npm run (?:-s )?([\w:]+)/g)].map(([, name]) => name),
    );
    const suites = jobs.flatMap(job => job.strategy?.matrix.suite ?? []);
    expect([...named, ...suites].filter(name => !scripts.includes(String(name)))).toEqual([]);
  });
});

test('every suite of .ci/run runs on GitHub too', () => {
  const local = [...readFileSync(join(root, '.ci', 'run'), 'utf8').matchAll(/^step (.*)$/gm)].map(([, words]) => words);
  const names = local.flatMap(words => words?.match(/(test:\w+|lint:\w+|licences)/)?.[1] ?? []);
  const ci = JSON.stringify(workflows.find(({ file }) => file === 'ci.yml')?.workflow);
  expect(names.length).toBeGreaterThan(4);
  expect(names.filter(name => !ci.includes(name))).toEqual([]);
});

test('dependencies of every kind are kept up to date', () => {
  const { updates } = parse(readFileSync(join(root, '.github', 'dependabot.yml'), 'utf8'));
  const ecosystems = updates.map((one: Record<string, unknown>) => one['package-ecosystem']);
  expect(ecosystems.toSorted()).toEqual(['docker', 'github-actions', 'npm']);
});
