/** Locating against the wire-level AWS: one world, the SDK's own clients, the whole service. */
import { onTestFinished } from 'vitest';
import { openAccess } from '../../src/aws/access.ts';
import { createDiagnosisService } from '../../src/diagnosis/diagnose.ts';
import type { AlarmNotice, DiagnosisRequest, DiagnosisService, Location } from '../../src/diagnosis/types.ts';
import type { WorldDocument } from '../../src/sandbox/aws/world.ts';
import { minute, serve, zero } from '../sandbox/aws/support.ts';

export const accountId = '111122223333';
export const region = 'eu-west-1';

export interface Locating {
  service: DiagnosisService;
  locate(target: string, over?: Partial<DiagnosisRequest>, notice?: AlarmNotice): Promise<Location>;
  /** Operations asked so far, in order, without who is asking. */
  asked(): string[];
}

/** Ten minutes into a world. */
export async function locating(world: Partial<WorldDocument>): Promise<Locating> {
  const { server, options, at } = await serve(world);
  at(10 * minute);
  let now = zero.getTime() + 10 * minute;
  const access = openAccess({
    region,
    endpoint: options.endpoint,
    credentials: options.credentials,
    quotaShare: 1,
    clock: () => new Date(now),
    sleep: async ms => {
      now += ms;
    },
  });
  onTestFinished(() => access.close());
  const service = createDiagnosisService({
    access,
    clock: () => new Date(now),
    newId: () => 'r',
    healthFeedUrl: null,
    fetch,
    onDefect(id, error) {
      throw new Error(`defect in ${id}`, { cause: error });
    },
  });
  return {
    service,
    locate: (target, over = {}, notice) =>
      service.locate(
        {
          target,
          stage: null,
          region: null,
          accountId: null,
          span: { minutes: 15 },
          overrides: { functionName: null, roleName: null, policyArn: null, logGroup: null },
          ...over,
        },
        notice,
      ),
    asked: () =>
      server.wire
        .calls('test')
        .map(call => call.operation)
        .filter(operation => operation !== 'sts:GetCallerIdentity'),
  };
}
