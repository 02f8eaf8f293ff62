import { authorizerCauses } from './authorizer.ts';
import { edgeCauses } from './edge.ts';
import { functionCauses } from './function.ts';
import { type CauseId, causeIds } from './ids.ts';
import { integrationCauses } from './integration.ts';
import { lambdaCauses } from './lambda.ts';
import { mappingCauses } from './mapping.ts';
import type { CauseRecord } from './record.ts';
import { roleCauses } from './role.ts';

const byId = new Map(
  [
    ...lambdaCauses,
    ...functionCauses,
    ...roleCauses,
    ...integrationCauses,
    ...mappingCauses,
    ...authorizerCauses,
    ...edgeCauses,
  ].map(record => [record.id, record]),
);

/** Everything that is said about causes, in the order of the public list. */
export const catalogue: readonly CauseRecord[] = causeIds.map(causeRecord);

export function causeRecord(id: CauseId): CauseRecord {
  const record = byId.get(id);
  if (record === undefined) throw new Error(`No catalogue record for cause ${id}.`);
  return record;
}
