import { defineChangeDiagnosis } from './change-diagnosis.ts';

export const iamPermissionChange = defineChangeDiagnosis({
  number: 2,
  id: 'iam-permission-change',
  title: 'IAM permission change',
  question: 'Did IAM permissions of a role or policy on the path change shortly before the errors began?',
  subject: 'IAM permission changes',
  trails: ['global'],
  selects: change => change.kind === 'iam',
});
