/** A command about an API without errors, on its whole way: the card answers, and nothing stays open. */
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { catalogueFolder, loadScenario } from '../src/sandbox/scenario.ts';
import { openBot } from './bench/faults/bot.ts';

test('is closed at once, with the command that looks again, and can be kept open', { timeout: 30_000 }, async () => {
  const scenario = await loadScenario(join(catalogueFolder, '..', 'healthy-api.yaml'));
  const bot = await openBot({ scenario });
  onTestFinished(() => bot.stop());
  await bot.start();
  const { workspace, app } = bot;
  const { args, world } = scenario;
  const [apiId = ''] = Object.keys(world.restApis ?? {});
  await workspace.command('ana', 'incidents', `/apigw-500 ${args.join(' ')}`);
  const shown = () => JSON.stringify(workspace.messages('ana', 'incidents'));
  expect(await bot.until(() => shown().includes('There is nothing to investigate'))).toBe(true);
  await app.idle();

  expect(shown()).toContain('No 5xx errors in the window');
  expect(shown()).toContain(`/apigw-500 ${apiId} prod`);
  expect(shown()).not.toContain('"text":"Run again"');
  const teamId = 'T0SANDBOX1';
  expect(await app.investigations.listOpen({ teamId })).toEqual([]);
  const [closed] = await app.investigations.listClosed(teamId, 1);
  expect(closed).toMatchObject({ state: 'resolved', resolved: { by: 'apigw-500' }, owner: 'U0SBXANA01' });
  const audit = await app.investigations.audit(closed?.id ?? '');
  expect(audit.at(-1)).toMatchObject({ who: 'apigw-500', action: 'resolved' });

  await app.investigations.reopen(closed?.id ?? '', 'U0SBXANA01');
  await app.idle();
  expect(await app.investigations.listOpen({ teamId })).toMatchObject([{ id: closed?.id, state: 'diagnosed' }]);
});
