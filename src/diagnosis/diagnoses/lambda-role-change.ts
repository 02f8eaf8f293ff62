import { defineChangeDiagnosis } from './change-diagnosis.ts';

/** The function's role swapped, that role's policies or trust changed, or permissions on the function changed. */
export const lambdaRoleChange = defineChangeDiagnosis({
  number: 3,
  id: 'lambda-role-change',
  title: 'Execution role and Lambda permission change',
  question: 'Did the execution role, or who may invoke the function, change shortly before the errors began?',
  subject: 'execution role or Lambda permission changes',
  trails: ['region', 'global'],
  selects: (change, { executionRoles }) =>
    change.kind === 'function-role' ||
    change.also.includes('function-role') ||
    change.kind === 'lambda-permission' ||
    (change.kind === 'iam' && change.touches.some(name => executionRoles.includes(name))),
});
