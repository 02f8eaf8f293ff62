import { parsePolicy } from '../../src/aws/policy-document.ts';
import type { IamPolicy } from '../../src/aws/policy-statements.ts';
import { evaluatePolicy } from '../../src/diagnosis/policy.ts';
import type { AuthorizedCall } from './policy-calls.ts';

/** The calls that a role with this policy alone may not make, each once. */
export function refusedCalls(policy: IamPolicy, calls: readonly AuthorizedCall[]): string[] {
  const document = parsePolicy(JSON.stringify(policy));
  // A policy on a role names no principal: it is for whoever has the role.
  const statements = document.statements.map(statement => ({ ...statement, principal: '*' as const }));
  const refused = calls.flatMap(({ operation, action, resources, region }) =>
    resources.flatMap(resource => {
      const { decision } = evaluatePolicy(
        { ...document, statements },
        { principal: { kind: 'signed' }, action, resource, context: { 'aws:requestedregion': region } },
      );
      return decision === 'allow' ? [] : [`${operation} on ${resource} in ${region}: ${decision}`];
    }),
  );
  return [...new Set(refused)].toSorted();
}
