/** What can be wrong with the mappings of one route, beyond the syntax of its templates. Pure. */
import type { Configuration, IntegrationResponse, Route } from '../aws/types.ts';
import type { ApiType, CauseId, CauseParameters, Claim } from './types.ts';
import { lowerFirst } from './wording.ts';

export interface MappingFault {
  about: CauseId;
  /** What is wrong, without the route and without a period: `… of GET /orders`. */
  what: string;
  basis: Claim['basis'];
  parameters: CauseParameters;
  excerpt?: string;
}

/** Whether a route's requests and responses are mapped at all. Proxy integrations pass them through. */
export function isMapped({ integration }: Route): boolean {
  return integration !== null && !integration.type.endsWith('_PROXY');
}

/** `exported`: the reading surely carries every integration response. */
export function mappingFaults(
  route: Route,
  { binaryMediaTypes }: Pick<Configuration, 'binaryMediaTypes'>,
  apiType: ApiType,
  exported: boolean,
): MappingFault[] {
  const responses = apiType === 'REST' ? [...undeclaredStatuses(route), ...unmatchedAnswers(route, exported)] : [];
  return [...mockStatus(route), ...binaryRequests(route, binaryMediaTypes), ...responses, ...overwrittenStatus(route)];
}

/**
 * A MOCK integration takes its status from its request template.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html
 */
function mockStatus({ integration }: Route): MappingFault[] {
  if (integration?.type !== 'MOCK') return [];
  const about = 'mock-statuscode-invalid';
  const templates = Object.entries(integration.requestTemplates);
  if (templates.length === 0) {
    const what = 'The MOCK integration has no request template, so requests themselves must bring a statusCode';
    return [{ about, what, basis: 'symptom', parameters: {} }];
  }
  return templates.flatMap(([contentType, template]): MappingFault[] => {
    const value = /["']?statusCode["']?\s*:\s*("[^"]*"|'[^']*'|[^\s,}]+)/.exec(template)?.[1];
    if (value === undefined ? /[#$]/.test(template) : /^\d{3}$/.test(value) || value.includes('$')) return [];
    const quoted = value !== undefined && /^(["'])\d{3}\1$/.test(value);
    const has = value === undefined ? 'has no statusCode' : `has ${value} as statusCode, which is no integer`;
    return [
      {
        about,
        what: `Request template ${contentType} of the MOCK integration ${has}`,
        // Whether a number in quotes is taken is not documented.
        basis: quoted ? 'symptom' : 'configuration',
        parameters: {},
        excerpt: template,
      },
    ];
  });
}

/**
 * Where every media type is binary, a template meets binary data unless it is converted to text.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings-workflow.html
 */
function binaryRequests({ integration }: Route, binaryMediaTypes: readonly string[]): MappingFault[] {
  const hasTemplate = Object.keys(integration?.requestTemplates ?? {}).length > 0;
  if (!binaryMediaTypes.includes('*/*') || !hasTemplate || integration?.contentHandling === 'CONVERT_TO_TEXT')
    return [];
  const what =
    'All media types are binary (*/*) and the request is not converted to text, so its request template meets binary data';
  return [{ about: 'request-mapping-failed', what, basis: 'symptom', parameters: {} }];
}

function isDefault({ selectionPattern }: IntegrationResponse): boolean {
  return selectionPattern === null || selectionPattern === '';
}

function undeclaredStatuses({ integration, methodResponses }: Route): MappingFault[] {
  const undeclared = integration?.responses.filter(({ statusCode }) => !methodResponses.includes(statusCode)) ?? [];
  return undeclared.map(response => ({
    about: 'output-mapping-invalid',
    what: `${named(response)} has a status that the method does not declare`,
    // One with a pattern fails only where it is chosen.
    basis: isDefault(response) ? 'configuration' : 'symptom',
    parameters: { statusCode: response.statusCode },
  }));
}

/** Statuses that patterns of HTTP and MOCK integrations are tried on. */
const commonStatuses = [
  '200',
  '201',
  '204',
  '301',
  '400',
  '401',
  '403',
  '404',
  '409',
  '422',
  '429',
  '500',
  '502',
  '503',
];

/**
 * An answer that no pattern matches needs a default response. Patterns of Lambda and other AWS integrations match the
 * error message, those of HTTP integrations the status.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-integration-settings-integration-response.html
 */
function unmatchedAnswers({ integration }: Route, exported: boolean): MappingFault[] {
  if (integration === null || integration.responses.some(isDefault)) return [];
  const about = 'no-integration-response-match';
  if (integration.responses.length === 0) {
    const what = 'There is no integration response, so every answer of the backend becomes 500';
    return [{ about, what, basis: exported ? 'configuration' : 'symptom', parameters: {} }];
  }
  const covers = (status: string) => integration.responses.some(response => matches(response, status));
  if (integration.type !== 'AWS' && commonStatuses.every(covers)) return [];
  const what = 'There is no default integration response, so an answer that no pattern matches becomes 500';
  return [{ about, what, basis: 'symptom', parameters: {} }];
}

/** Selection patterns are regular expressions of Java; one that is none here matches nothing. */
function matches({ selectionPattern }: IntegrationResponse, status: string): boolean {
  try {
    return new RegExp(`^(?:${selectionPattern ?? ''})$`).test(status);
  } catch {
    return false;
  }
}

const responseOverride = /\$!?\{?context\.responseOverride\.status\}?\s*=\s*([^\s)]+)/;

/** Where a template or the choice of a response makes a 5xx of what was none. */
function overwrittenStatus({ integration }: Route): MappingFault[] {
  if (integration === null) return [];
  const about = 'mapping-status-override';
  const templates: [string, string][] = [
    ...Object.entries(integration.requestTemplates).map(([type, text]): [string, string] => [
      `Request template ${type}`,
      text,
    ]),
    ...integration.responses.flatMap(response =>
      Object.entries(response.templates).map(([type, text]): [string, string] => [
        `Template ${type} of ${lowerFirst(named(response))}`,
        text,
      ]),
    ),
  ];
  const overrides = templates.flatMap(([name, text]): MappingFault[] => {
    const [line, value] = responseOverride.exec(text) ?? [];
    if (line === undefined || value === undefined || /^["']?[1-4]\d\d["']?$/.test(value)) return [];
    const status = /5\d\d/.exec(value)?.[0];
    const what = `${name} sets the status of the response to ${status ?? value}`;
    return [
      { about, what, basis: 'symptom', parameters: status === undefined ? {} : { statusCode: status }, excerpt: line },
    ];
  });
  const chosen = integration.responses.flatMap((response): MappingFault[] => {
    if (!response.statusCode.startsWith('5')) return [];
    const taken = commonStatuses.filter(status => !status.startsWith('5') && matches(response, status));
    if (!isDefault(response) && (integration.type === 'AWS' || taken.length === 0)) return [];
    const when = isDefault(response) ? 'whatever no pattern matches' : `${taken.join(', ')} of the backend`;
    return [
      {
        about,
        what: `${named(response)} is the answer to ${when}`,
        basis: 'symptom',
        parameters: { statusCode: response.statusCode },
      },
    ];
  });
  return [...overrides, ...chosen];
}

export function named(response: IntegrationResponse): string {
  return `${isDefault(response) ? 'Default integration' : 'Integration'} response ${response.statusCode}`;
}
