import { errorFrequency } from './diagnoses/error-frequency.ts';
import { iamPermissionChange } from './diagnoses/iam-permission-change.ts';
import { integrationTimeoutChange } from './diagnoses/integration-timeout-change.ts';
import { lambdaRoleChange } from './diagnoses/lambda-role-change.ts';
import { resourcePolicyChange } from './diagnoses/resource-policy-change.ts';
import { apiTypeDifferences } from './extended/api-type-differences.ts';
import { authorizers } from './extended/authorizers.ts';
import { canary } from './extended/canary.ts';
import { endpointFailures } from './extended/endpoint-failures.ts';
import { errorHistory } from './extended/error-history.ts';
import { externalDependencies } from './extended/external-dependencies.ts';
import { gradualDegradation } from './extended/gradual-degradation.ts';
import { lambdaErrors } from './extended/lambda-errors.ts';
import { stageVariables } from './extended/stage-variables.ts';
import { websocket } from './extended/websocket.ts';
import { apiAndServiceHealth } from './steps/api-and-service-health.ts';
import { apiLogs } from './steps/api-logs.ts';
import { apiType } from './steps/api-type.ts';
import { iamAndLambdaPermissions } from './steps/iam-and-lambda-permissions.ts';
import { integrationEndpoint } from './steps/integration-endpoint.ts';
import { integrationTimeout } from './steps/integration-timeout.ts';
import { mappingTemplates } from './steps/mapping-templates.ts';
import { resourcePolicy } from './steps/resource-policy.ts';
import { waf } from './steps/waf.ts';
import type { Diagnosis, Step } from './types.ts';

/** Steps judge facts of their own kind, which only they know; a list of them forgets it. */
function step<Facts>(definition: Step<Facts>): Step {
  return definition as unknown as Step;
}

function diagnosis<Facts>(definition: Diagnosis<Facts>): Diagnosis {
  return definition as unknown as Diagnosis;
}

/** In the playbook's order and with its numbers; it has no step 5. */
export const steps: readonly Step[] = [
  step(apiAndServiceHealth),
  step(resourcePolicy),
  step(apiType),
  step(iamAndLambdaPermissions),
  step(integrationTimeout),
  step(integrationEndpoint),
  step(apiLogs),
  step(mappingTemplates),
  step(waf),
];

export const diagnoses: readonly Diagnosis[] = [
  diagnosis(resourcePolicyChange),
  diagnosis(iamPermissionChange),
  diagnosis(lambdaRoleChange),
  diagnosis(integrationTimeoutChange),
  diagnosis(errorFrequency),
];

/** Run in the first pass too where a stage has one: its log is another than the stage's. */
export const canaryRelease: Step = step(canary);

/** Run over 30 minutes when nothing explains the errors. */
export const extended: readonly Step[] = [
  step(lambdaErrors),
  step(endpointFailures),
  step(gradualDegradation),
  step(externalDependencies),
  step(authorizers),
  step(apiTypeDifferences),
  step(websocket),
  step(errorHistory),
  step(stageVariables),
  canaryRelease,
];
