import type { Api } from '../../aws/types.ts';
import { apiCommand, apiLink, readOf } from '../api-source.ts';
import { type Aspect, claim, judgeAspects } from '../aspects.ts';
import { attempt, defineStep, gapsOf, type Notebook, notebook, type Reading } from '../finding.ts';
import { requestFact } from '../request-fact.ts';
import { readsOf } from '../signal-reads.ts';
import type { Deployed, FailedRequest, Failures } from '../signals.ts';
import type { ApiType, CauseId, Target } from '../types.ts';
import { counted, listed } from '../wording.ts';

interface Facts {
  api: Reading<Api | null>;
  deployed: Reading<Deployed>;
  failures: Reading<Failures>;
}

const docs = 'https://docs.aws.amazon.com/apigateway/latest/developerguide';

/** How each type answers errors, and what follows for the other steps; with the document that says so. */
const behaviour: Record<ApiType, readonly (readonly [text: string, link: string])[]> = {
  REST: [
    [
      'A REST API answers 500 where it may not or cannot call the integration, 502 for a malformed response or an error of the function, 504 for an integration timeout, and 403 where a resource policy or WAF refuses the request.',
      `${docs}/supported-gateway-response-types.html`,
    ],
    [
      'A REST API can have a resource policy, WAF, mapping templates, gateway responses and an execution log, so every step applies.',
      `${docs}/http-api-vs-rest.html`,
    ],
  ],
  HTTP: [
    [
      'An HTTP API answers 500 where it may not or cannot call the integration and for an error or a malformed response of the function, and 503 or 504 where the endpoint cannot be reached in time.',
      `${docs}/http-api-troubleshooting-lambda.html`,
    ],
    [
      'An HTTP API has no resource policy, no WAF, no gateway responses and no execution log: its access log tells the reason in $context.integrationErrorMessage.',
      `${docs}/http-api-vs-rest.html`,
    ],
  ],
  WEBSOCKET: [
    [
      'A WebSocket API answers a failed message with a frame that says "Internal server error" on the open connection; only a failing $connect is an HTTP status, 500 or 502.',
      `${docs}/apigateway-websocket-api-route-keys-connect-disconnect.html`,
    ],
    [
      'A WebSocket API has no resource policy and no WAF; its metrics are ExecutionError and IntegrationError, and its routes are chosen by the message.',
      `${docs}/apigateway-websocket-api-logging.html`,
    ],
  ],
};

/** Answered 4xx by API Gateway itself: a 5xx of theirs was made by a gateway response. */
const clientErrors: readonly CauseId[] = [
  'gateway-response-override',
  'waf-blocked',
  'resource-policy-denied',
  'throttled',
  'api-not-deployed',
];

/**
 * The response types that are 5xx by themselves.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
 */
const serverErrorTypes =
  /^(DEFAULT_5XX|API_CONFIGURATION_ERROR|AUTHORIZER_CONFIGURATION_ERROR|AUTHORIZER_FAILURE|INTEGRATION_FAILURE|INTEGRATION_TIMEOUT)$/;

export const apiType = defineStep<Facts>({
  group: 'step',
  number: 3,
  id: 'api-type',
  title: 'API type',
  question: 'Which type of API is it, and how does that type answer errors?',
  reads: readsOf(['api', 'deployed', 'failures']),
  notApplicable: () => null,

  async gather({ signals }) {
    const [api, deployed, failures] = await Promise.all([
      attempt(signals.api()),
      attempt(signals.deployed()),
      attempt(signals.failures()),
    ]);
    return { api, deployed, failures };
  },

  evaluate({ api, deployed, failures }, { target }) {
    const notes = notebook();
    const place = {
      source: readOf(target, 'apigateway:GetRestApi', 'apigatewayv2:GetApi'),
      resource: target.apiId,
      link: apiLink(target),
      cli: apiCommand(target, target.apiType === 'REST' ? 'get-rest-api' : 'get-api'),
    };
    const endpoint = api.value?.endpointTypes.length ? ` with ${listed(api.value.endpointTypes)} endpoint` : '';
    const kind = `API ${target.apiName} is of type ${target.apiType}${endpoint}`;
    notes.note({ ...place, text: `${kind}.` });
    for (const [text, link] of behaviour[target.apiType]) notes.note({ ...place, text, link, cli: null });
    const aspects = target.apiType === 'REST' ? gatewayResponses(deployed, failures, target, notes) : [];
    return judgeAspects(aspects, `${kind}: ${calm[target.apiType]}`, {
      evidence: notes.evidence,
      // Only REST APIs have gateway responses to be read from what is deployed.
      gaps: target.apiType === 'REST' ? gapsOf(api, deployed) : gapsOf(api),
    });
  },
});

const calm: Record<ApiType, string> = {
  REST: 'a function error or a malformed response is 502, a timeout 504, a refusal by policy or WAF 403, and the rest of what goes wrong 500.',
  HTTP: 'an error of the function is 500, an endpoint that cannot be reached in time 503 or 504, and only the access log tells why.',
  WEBSOCKET: 'an error is a frame on the open connection, and an HTTP status only for $connect.',
};

function gatewayResponses(
  { value: deployed }: Reading<Deployed>,
  failures: Reading<Failures>,
  target: Target,
  notes: Notebook,
): Aspect[] {
  // The draft that stands in for an export is read without them.
  if (deployed === null || deployed.basis === 'draft') {
    const gaps = deployed?.unread ? [deployed.unread] : [];
    return [{ status: 'unknown', sentence: `The gateway responses of API ${target.apiName} could not be read.`, gaps }];
  }
  const rewritten = (failures.value?.requests ?? []).filter(isRewritten);
  const aspects = deployed.configuration.gatewayResponses.flatMap(response =>
    response.statusCode === null ? [] : rewriting(response.responseType, response.statusCode),
  );
  if (aspects.some(one => one.status !== 'ok')) return aspects;
  const because = `No gateway response of API ${target.apiName} turns a 4xx into a 5xx.`;
  return [...aspects, { status: 'ok', sentence: because, ruledOut: [{ id: 'gateway-response-override', because }] }];

  function rewriting(responseType: string, statusCode: string): Aspect[] {
    const effect = `Gateway response ${responseType} of API ${target.apiName} answers ${statusCode}`;
    const id = notes.note({
      text: `${effect}, whatever the status would be without it.`,
      source: 'apigateway:GetExport',
      resource: `${target.apiId}/gatewayresponses/${responseType}`,
      link: apiLink(target),
      cli: apiCommand(target, 'get-gateway-response', { 'response-type': responseType }),
    });
    if (!statusCode.startsWith('5') || serverErrorTypes.test(responseType)) return [];
    const shown = rewritten.filter(request => String(request.status) === statusCode);
    const [example] = shown;
    if (example === undefined) {
      return [{ status: 'warning', sentence: `${effect}: what would be a 4xx may reach clients as ${statusCode}.` }];
    }
    const count = counted(shown.length, 'failing request');
    const proof = notes.note(
      requestFact(example, `${count} answered ${statusCode} would be a 4xx without it, one of them`, target),
    );
    const parameters = { statusCode, resource: responseType, route: example.route };
    return [
      {
        status: 'problem',
        sentence: `${effect}: ${count} would be a 4xx without it.`,
        claims: [claim('gateway-response-override', 'configuration', [id, proof], parameters)],
      },
    ];
  }
}

function isRewritten({ cause, status }: FailedRequest): boolean {
  return cause !== null && clientErrors.includes(cause) && (status ?? 0) >= 500;
}
