import { describe, expect, test } from 'vitest';
import type { Integration } from '../../src/aws/types.ts';
import { undeployedDifferences } from '../../src/diagnosis/deployed.ts';
import type { Deployed } from '../../src/diagnosis/signals.ts';
import { mendedInDraft } from '../../src/diagnosis/stale-deployment.ts';
import type { CauseId } from '../../src/diagnosis/types.ts';
import { deployed, failures, integration, route } from './steps/fixtures.ts';

async function compared(
  runs: Partial<Integration>,
  draft: Partial<Integration>,
  rest: Partial<Deployed> = {},
): Promise<Deployed> {
  const running = deployed({ routes: [route('GET /orders', { integration: integration(runs) })] });
  const drafted = deployed({ routes: [route('GET /orders', { integration: integration(draft) })] }).configuration;
  return {
    ...running,
    draft: drafted,
    undeployed: await undeployedDifferences(running.configuration, drafted),
    ...rest,
  };
}

function mended(given: Deployed, cause: CauseId | null, possible: CauseId[] = []) {
  const { requests } = failures([{ route: 'GET /orders', cause, possible }]);
  return mendedInDraft(given, requests, 'REST').map(one => `${one.cause} ${one.fields.join(' ')}`);
}

describe('mendedInDraft', () => {
  test('a timeout that the draft raises', async () => {
    const given = await compared({ timeoutMs: 1000 }, { timeoutMs: 15_000 });
    expect(mended(given, 'integration-timeout')).toEqual(['integration-timeout timeoutMs']);
    expect(mended(given, null, ['integration-timeout', 'backend-5xx'])).toEqual(['integration-timeout timeoutMs']);
  });

  test('not what makes matters worse, has nothing to do with it, or is as broken', async () => {
    expect(mended(await compared({ timeoutMs: 3000 }, { timeoutMs: 1000 }), 'integration-timeout')).toEqual([]);
    expect(mended(await compared({ timeoutMs: 1000 }, { timeoutMs: 3000 }), 'backend-5xx')).toEqual([]);
    expect(mended(await compared({ timeoutMs: 1000 }, { timeoutMs: 3000 }), 'endpoint-address-invalid')).toEqual([]);
    const hollow = await compared(
      { uri: 'https://${stageVariables.old}/a' },
      { uri: 'https://${stageVariables.new}/a' },
    );
    expect(mended(hollow, 'stage-variable-undefined')).toEqual([]);
    expect(mended({ ...hollow, stageVariables: { new: 'example.com' } }, 'stage-variable-undefined')).toEqual([
      'stage-variable-undefined uri',
    ]);
  });

  test('a template that is whole again, and not one that is broken otherwise', async () => {
    const broken = { type: 'AWS' as const, requestTemplates: { 'application/json': '#if($a) x' } };
    const whole = { ...broken, requestTemplates: { 'application/json': '#if($a) x #end' } };
    const other = { ...broken, requestTemplates: { 'application/json': '#foreach($a in $b) x' } };
    expect(mended(await compared(broken, whole), 'request-mapping-failed')).toEqual([
      'request-mapping-failed requestTemplates',
    ]);
    expect(mended(await compared(broken, other), 'request-mapping-failed')).toEqual([]);
  });

  test('nothing where what the stage runs, or the draft, is not known', async () => {
    const change = [{ timeoutMs: 1000 }, { timeoutMs: 15_000 }] as const;
    expect(mended(await compared(...change, { faithful: false }), 'integration-timeout')).toEqual([]);
    expect(mended(await compared(...change, { undeployed: null }), 'integration-timeout')).toEqual([]);
    expect(mended(await compared(...change, { draft: null }), 'integration-timeout')).toEqual([]);
  });
});
