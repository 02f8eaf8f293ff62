import { cliLine } from '../../aws/links.ts';
import type { CauseParameters, Target } from '../types.ts';
import { type Options, patch, regionOf, restMethod, thenDeploy, updateIntegration } from './command-line.ts';
import { forRoutes, inBrackets, integrationNamed } from './names.ts';
import { type CauseRecord, defineCause, everywhere, executionLog, notOnHttpApis } from './record.ts';

const responseTypes = ['API_CONFIGURATION_ERROR'];
const templates = 'https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings.html';
const encodings =
  'https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings-workflow.html';
const integrationResponses =
  'https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-integration-settings-integration-response.html';

export const mappingCauses: readonly CauseRecord[] = [
  defineCause({
    id: 'request-mapping-failed',
    family: 'mapping',
    title: 'The request cannot be mapped to the integration',
    statuses: notOnHttpApis,
    signatures: [
      executionLog(/Unable to transform request/i),
      executionLog(/configuration error: ?[\w-]+ header already present/i),
      executionLog(/request body before transformations: ?\[Binary Data\]/i, null),
    ],
    responseTypes,
    confirms: ['apigateway:GetExport', 'apigateway:GetResources', 'apigatewayv2:GetIntegrations'],
    changedBy: ['mapping', 'integration', 'deployment'],
    summary: p => `The request template of ${integrationNamed(p)} fails${inBrackets(place(p))}`,
    remedy: (_, target) =>
      `Mend the template; where clients send binary content, set contentHandling to CONVERT_TO_TEXT; do not map headers that API Gateway sets itself.${thenDeploy(target)}`,
    cli: (p, target) =>
      updateIntegration(p, target, templateChange('/requestTemplates/application~1json', p.template ?? '<template>')),
    docs: templates,
  }),
  defineCause({
    id: 'response-mapping-failed',
    family: 'mapping',
    title: 'The answer of the integration cannot be mapped',
    statuses: notOnHttpApis,
    signatures: [executionLog(/Unable to transform response(?! from server)/i)],
    responseTypes,
    integrationStatuses: [200],
    confirms: ['apigateway:GetExport', 'apigateway:GetResources'],
    changedBy: ['mapping', 'function-code', 'deployment'],
    summary: p => `The response template of ${integrationNamed(p)} fails${inBrackets(place(p))}`,
    remedy: (_, target) =>
      `Mend the template, and look whether the backend still answers in the shape that it expects.${thenDeploy(target)}`,
    cli: (p, target) =>
      integrationResponse(
        p,
        target,
        patch('replace', '/responseTemplates/application~1json', p.template ?? '<template>'),
      ),
    docs: templates,
  }),
  defineCause({
    id: 'output-mapping-invalid',
    family: 'mapping',
    title: 'An integration response names a status that the method does not declare',
    statuses: notOnHttpApis,
    signatures: [executionLog(/Output mapping refers to an invalid method response/i)],
    responseTypes,
    integrationStatuses: [200],
    confirms: ['apigateway:GetExport', 'apigateway:GetResources'],
    changedBy: ['mapping', 'deployment'],
    summary: p =>
      `An integration response maps to method response ${p.statusCode ?? 'code'}, which the method does not declare${forRoutes(p)}`,
    remedy: (_, target) => `Declare the method response, or map to one that is declared.${thenDeploy(target)}`,
    cli: (p, target) =>
      restLine(target, 'put-method-response', { ...restMethod(p, target), 'status-code': p.statusCode ?? '<status>' }),
    docs: 'https://repost.aws/knowledge-center/api-gateway-internal-server-error',
  }),
  defineCause({
    id: 'no-integration-response-match',
    family: 'mapping',
    title: 'No integration response matches the answer',
    statuses: notOnHttpApis,
    signatures: [executionLog(/No match for output mapping and no default output mapping configured/i)],
    responseTypes,
    integrationStatuses: [200, 400, 403, 404, 500],
    confirms: ['apigateway:GetExport', 'apigateway:GetResources'],
    changedBy: ['mapping', 'integration', 'deployment'],
    summary: p =>
      `No integration response matches what the endpoint answers${inBrackets(p.statusCode === undefined ? undefined : `status ${p.statusCode}`)}, and none is the default${forRoutes(p)}`,
    remedy: (_, target) =>
      `Add an integration response without a selection pattern; where the endpoint answers 4xx, its own error in the log is what to mend first.${thenDeploy(target)}`,
    cli: (p, target) =>
      restLine(target, 'put-integration-response', {
        ...restMethod(p, target),
        'status-code': 200,
        'selection-pattern': '',
      }),
    docs: integrationResponses,
  }),
  defineCause({
    id: 'binary-base64-decode-failed',
    family: 'mapping',
    title: 'A body is not the base64 that it is said to be',
    statuses: notOnHttpApis,
    signatures: [executionLog(/Unable to base64 decode the body/i)],
    responseTypes,
    integrationStatuses: [200],
    confirms: ['apigateway:GetRestApi', 'apigateway:GetExport'],
    changedBy: ['mapping', 'function-code', 'integration', 'deployment'],
    summary: p => `A body of ${integrationNamed(p)} is treated as base64 but is not`,
    remedy: (_, target) =>
      `Let the function set isBase64Encoded only for base64 bodies; without proxy integration, drop CONVERT_TO_BINARY or the binary media type.${thenDeploy(target)}`,
    cli: (p, target) => integrationResponse(p, target, patch('replace', '/contentHandling', 'CONVERT_TO_TEXT')),
    docs: encodings,
  }),
  defineCause({
    id: 'response-payload-too-large',
    family: 'mapping',
    title: 'The answer of the integration is larger than 10 MB',
    statuses: everywhere(500),
    signatures: [executionLog(/Integration response of reported length \d+ is larger than allowed maximum/i)],
    responseTypes,
    integrationStatuses: [200],
    confirms: ['logs:FilterLogEvents'],
    changedBy: ['function-code', 'integration'],
    summary: p => `The backend answers with more than the 10 MB that API Gateway passes on${forRoutes(p)}`,
    remedy: () => 'Redirect to a presigned S3 URL, page or compress the answer, or stream it.',
    docs: 'https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html',
  }),
  defineCause({
    id: 'mock-statuscode-invalid',
    family: 'mapping',
    title: 'The mock integration is given no status code',
    statuses: notOnHttpApis,
    signatures: [executionLog(/Unable to parse statusCode\b/i)],
    responseTypes,
    confirms: ['apigateway:GetExport', 'apigateway:GetResources'],
    changedBy: ['mapping', 'integration', 'deployment'],
    summary: p =>
      `The request template of mock integration${forRoutes(p).replace(' for ', ' ')} yields no whole number as statusCode`,
    remedy: (_, target) =>
      `Let the request template return an object with a statusCode such as 200.${thenDeploy(target)}`,
    cli: (p, target) =>
      updateIntegration(p, target, templateChange('/requestTemplates/application~1json', '{"statusCode": 200}')),
    docs: 'https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html',
  }),
  defineCause({
    id: 'mapping-status-override',
    family: 'mapping',
    title: 'A mapping turns a good answer into 5xx',
    statuses: everywhere(500),
    // No line says so: the endpoint succeeds and the client still gets 5xx.
    signatures: [],
    integrationStatuses: [200],
    confirms: ['apigateway:GetExport', 'apigatewayv2:GetIntegrations', 'apigateway:GetResources'],
    changedBy: ['mapping', 'integration', 'deployment'],
    summary: p =>
      `A mapping of ${integrationNamed(p)} replaces the status of the backend with ${p.statusCode ?? 'a 5xx'}`,
    remedy: (_, target) =>
      target?.apiType === 'HTTP'
        ? `Take overwrite:statuscode out of the response parameters, or give it the right value.${thenDeploy(target)}`
        : `Look for responseOverride.status in the templates and for integration responses that map to 5xx.${thenDeploy(target)}`,
    cli: (p, target) =>
      target?.apiType === 'HTTP'
        ? cliLine('apigatewayv2 get-integrations', {
            'api-id': target.apiId,
            query: 'Items[].[IntegrationId,ResponseParameters]',
            region: target.region,
          })
        : restLine(target, 'get-integration', restMethod(p, target)),
    docs: 'https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-override-request-response-parameters.html',
  }),
];

function place({ line, column }: CauseParameters): string | undefined {
  if (line === undefined) return undefined;
  return column === undefined ? `line ${line}` : `line ${line}, column ${column}`;
}

function templateChange(path: string, value: string): { path: string; option: string; value: string } {
  return { path, option: 'request-templates', value };
}

function integrationResponse(p: CauseParameters, target: Target | null, operations: string): string | null {
  return restLine(target, 'update-integration-response', {
    ...restMethod(p, target),
    'status-code': p.statusCode ?? '<status>',
    'patch-operations': operations,
  });
}

/** null for API types that keep their responses elsewhere. */
function restLine(target: Target | null, command: string, options: Options): string | null {
  if (target !== null && target.apiType !== 'REST') return null;
  return cliLine(`apigateway ${command}`, { ...options, region: regionOf(target) });
}
