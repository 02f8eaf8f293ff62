import { defineChangeDiagnosis } from './change-diagnosis.ts';

export const integrationTimeoutChange = defineChangeDiagnosis({
  number: 4,
  id: 'integration-timeout-change',
  title: 'Integration timeout change',
  question: 'Did the integration timeout change shortly before the errors began?',
  subject: 'integration timeout changes',
  trails: ['region'],
  deployable: true,
  selects: change => change.kind === 'integration-timeout',
  remark: 'An integration timeout is answered with 504, by HTTP APIs also with 503.',
});
