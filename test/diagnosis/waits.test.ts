import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openAccess } from '../../src/aws/access.ts';
import type { Wait } from '../../src/aws/send.ts';
import { createDiagnosisService } from '../../src/diagnosis/diagnose.ts';
import { parseRequest } from '../../src/diagnosis/request.ts';
import { startAwsServer } from '../../src/sandbox/aws/server.ts';
import { loadScenario, shippedFolder } from '../../src/sandbox/scenario.ts';

test('a diagnosis that waits for its share of a quota says for what', async () => {
  let now = Date.now();
  const clock = () => new Date(now);
  const scenario = await loadScenario(join(shippedFolder, 'lambda-permission-removed.yaml'));
  const server = await startAwsServer({ scenarios: new Map([[scenario.id, scenario]]), clock });
  const access = openAccess({
    region: 'eu-west-1',
    endpoint: server.endpoint('lambda-permission-removed'),
    credentials: { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' },
    // A call of Lambda every seven seconds, of API Gateway every ten.
    quotaShare: 0.01,
    clock,
    sleep: async ms => {
      now += ms;
    },
  });
  onTestFinished(async () => {
    access.close();
    await server.stop();
  });
  const service = createDiagnosisService({
    access,
    clock,
    newId: () => 'r',
    healthFeedUrl: null,
    fetch,
    onDefect(id, error) {
      throw new Error(`defect in ${id}`, { cause: error });
    },
  });
  const parsed = parseRequest(['a1b2c3d4e5', 'prod'], clock());
  if ('problem' in parsed) throw new Error(parsed.problem);
  const location = await service.locate(parsed.request);
  if (location.kind !== 'found') throw new Error(location.kind);
  const waits: Wait[] = [];
  const trigger = { kind: 'cli', by: null, at: clock().toISOString(), request: parsed.request } as const;

  await service.diagnose(trigger, location, undefined, { onWait: wait => waits.push(wait) });

  expect(waits.length).toBeGreaterThan(0);
  for (const { ms, region } of waits) {
    expect(ms).toBeGreaterThan(0);
    expect(['eu-west-1', 'us-east-1']).toContain(region);
  }
  expect(waits.map(one => one.service)).toContain('lambda');
});
