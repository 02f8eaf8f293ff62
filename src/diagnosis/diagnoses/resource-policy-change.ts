import { defineChangeDiagnosis } from './change-diagnosis.ts';

export const resourcePolicyChange = defineChangeDiagnosis({
  number: 1,
  id: 'resource-policy-change',
  title: 'Resource policy change',
  question: 'Did the resource policy of the API change shortly before the errors began?',
  subject: 'resource policy changes',
  trails: ['region'],
  deployable: true,
  selects: change => change.kind === 'resource-policy',
  // https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-create-attach.html
  remark: 'A resource policy acts from the next deployment on, and a denial by it is 403.',
  notApplicable: ({ apiType }) =>
    apiType === 'REST' ? null : `${apiType} APIs have no resource policy, so none can have changed.`,
});
