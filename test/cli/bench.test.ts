import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run } from '../../src/cli/bench.ts';
import { shippedFolder } from '../../src/sandbox/scenario.ts';
import { temporaryFolder } from '../investigations/fixtures.ts';
import { terminal } from './support.ts';

async function bench(...args: string[]) {
  const screen = terminal();
  screen.progress = true;
  const code = await run(args, screen);
  return { code, stdout: screen.stdout, stderr: screen.stderr };
}

test('a folder without a scenario, one that does not exist, and a file are told in a sentence', async () => {
  const folder = temporaryFolder();
  expect(await bench('--scenarios', folder)).toEqual({
    code: 2,
    stdout: '',
    stderr: `There is no scenario file in ${folder}: give a folder with .yaml, .yml or .json files.\n`,
  });
  const nowhere = join(folder, 'nowhere');
  expect((await bench('--scenarios', nowhere)).stderr).toBe(
    `${nowhere} does not exist: give --scenarios a folder that does.\n`,
  );
  const file = join(folder, 'notes.txt');
  writeFileSync(file, 'Nothing.');
  expect((await bench('--scenarios', file)).stderr).toContain('is no folder');
});

test('one scenario is scored, the progress stands on stderr, and a share over nothing is none', async () => {
  const folder = temporaryFolder();
  const name = 'lambda-permission-removed.yaml';
  copyFileSync(join(shippedFolder, name), join(folder, name));
  const { code, stdout, stderr } = await bench('--scenarios', folder, '--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout).total).toMatchObject({ scenarios: 1, top1: 1, confidentWrong: 0, controls: null });
  expect(stderr).toContain('1 of 1');
});

test('an option that there is not ends with 2', async () => {
  expect(await bench('--folder', 'x')).toMatchObject({ code: 2, stdout: '' });
});
