import type { Api } from '../../aws/types.ts';
import { integrationRead } from '../api-source.ts';
import { type Aspect, judgeAspects } from '../aspects.ts';
import { keysOf } from '../faults.ts';
import { attempt, defineStep, gapsOf, judge, notebook, type Reading } from '../finding.ts';
import { isServerError } from '../function-logs.ts';
import { classified, setupOf } from '../request-causes.ts';
import { backendServing } from '../serving.ts';
import { readsOf } from '../signal-reads.ts';
import type { Backend, Deployed, FailedRequest, Failures, FunctionList } from '../signals.ts';
import type { ApiType, CauseId } from '../types.ts';
import { counted, listed } from '../wording.ts';

interface Facts {
  api: Reading<Api | null>;
  deployed: Reading<Deployed>;
  backends: Reading<Backend[]>;
  functions: Reading<FunctionList>;
  failures: Reading<Failures>;
}

const docs = 'https://docs.aws.amazon.com/apigateway/latest/developerguide';

/** Something in the configuration that means something else on another type of API. */
interface Difference {
  type: ApiType;
  is(backend: Backend, deployed: Deployed): boolean;
  /** Failing requests that it may have to do with. */
  concerns(request: FailedRequest): boolean;
  /** After `GET /orders: `, without a period. */
  text: string;
  link: string;
}

/** What a request may carry that the type's behaviour explains further. */
const inFunction: readonly (CauseId | null)[] = [
  null,
  'lambda-function-error',
  'lambda-malformed-response',
  'backend-5xx',
];
const fromFunction = ({ cause }: FailedRequest) => inFunction.includes(cause);
const isProxy = ({ lambda, integration }: Backend) => lambda !== null && integration.type === 'AWS_PROXY';

const differences: readonly Difference[] = [
  {
    type: 'HTTP',
    is: backend => isProxy(backend) && backend.integration.payloadFormatVersion === '2.0',
    concerns: fromFunction,
    text: 'the function gets events of payload format 2.0, which lack httpMethod, path and resource as a REST API sends them; code written for those fails, and an answer without statusCode is taken for the body of a 200',
    link: `${docs}/http-api-develop-integrations-lambda.html`,
  },
  {
    type: 'HTTP',
    is: backend => isProxy(backend) && backend.integration.payloadFormatVersion === '1.0',
    concerns: fromFunction,
    text: 'the function gets events of payload format 1.0 and must answer with a statusCode; format 2.0 would infer it',
    link: `${docs}/http-api-develop-integrations-lambda.html`,
  },
  {
    type: 'HTTP',
    is: isProxy,
    concerns: ({ status, cause }) => status === 500 && cause === null,
    text: 'an HTTP API answers 500 for an error of the function, where a REST API answers 502, so the status does not tell it from a missing permission',
    link: `${docs}/http-api-troubleshooting-lambda.html`,
  },
  {
    type: 'HTTP',
    is: ({ kind }) => kind === 'vpc-link',
    concerns: ({ status }) => status === 503,
    text: 'an HTTP API answers 503 where a private integration cannot be reached, and 503 or 504 where it is too slow',
    link: `${docs}/http-api-develop-integrations-private.html`,
  },
  {
    type: 'HTTP',
    is: ({ kind }) => kind !== 'mock',
    concerns: ({ integrationLatencyMs }) => (integrationLatencyMs ?? 0) >= 29_000,
    text: 'an HTTP API waits 30 s at most, and this cannot be raised',
    link: `${docs}/http-api-quotas.html`,
  },
  {
    type: 'REST',
    is: (backend, { configuration }) => isProxy(backend) && configuration.binaryMediaTypes.includes('*/*'),
    concerns: fromFunction,
    text: 'every media type is binary (*/*), so the function gets each body in base64 with isBase64Encoded set, which code that takes it for text cannot parse',
    link: `${docs}/lambda-proxy-binary-media.html`,
  },
  {
    type: 'REST',
    is: isProxy,
    concerns: ({ status, cause }) => status === 502 && cause === null,
    text: 'a REST API answers 502 for an error or a malformed answer of the function, so a missing permission, which is 500, is not why',
    link: 'https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway-errors.html',
  },
  {
    type: 'REST',
    is: ({ kind, integration }) => kind !== 'mock' && integration.responseTransferMode === 'BUFFERED',
    concerns: ({ integrationLatencyMs }) => (integrationLatencyMs ?? 0) >= 28_500,
    text: 'a REST API waits 29 s unless a quota was raised, which Regional and private APIs can have and edge-optimized ones cannot',
    link: `${docs}/limits.html`,
  },
  {
    type: 'WEBSOCKET',
    is: ({ routes }) => routes.some(({ key }) => key !== '$connect'),
    concerns: ({ route }) => route !== null && route !== '$connect',
    text: 'a failing message is a frame that says "Internal server error" on the open connection; clients see no HTTP status',
    link: `${docs}/apigateway-websocket-api-route-keys-connect-disconnect.html`,
  },
];

export const apiTypeDifferences = defineStep<Facts>({
  group: 'extended',
  number: null,
  id: 'api-type-differences',
  title: 'Differences of the API type',
  question: 'Does the configuration mean something else on this type of API than it would on another?',
  reads: readsOf(['api', 'deployed', 'backends', 'functions', 'failures']),
  notApplicable: () => null,

  async gather({ signals }) {
    const [api, deployed, backends, functions, failures] = await Promise.all([
      attempt(signals.api()),
      attempt(signals.deployed()),
      attempt(signals.backends()),
      attempt(signals.functions()),
      attempt(signals.failures()),
    ]);
    return { api, deployed, backends, functions, failures };
  },

  evaluate(facts, run) {
    const { api, deployed, backends, failures } = facts;
    const { target } = run;
    if (deployed.value === null || backends.value === null) {
      return judge('unknown', `The configuration of API ${target.apiName} could not be read.`, {
        gaps: gapsOf(deployed),
      });
    }
    if (backends.value.length === 0) {
      return judge('not_applicable', `API ${target.apiName} has no integration that its type could treat otherwise.`);
    }
    const running = deployed.value;
    const all = backends.value;
    const notes = notebook();
    const requests = classified(failures.value?.requests ?? [], [], setupOf(run, facts)).filter(isServerError);
    const endpoint = api.value?.endpointTypes.includes('EDGE') ? ', edge-optimized' : '';
    const aspects = differences
      .filter(one => one.type === target.apiType)
      .flatMap((difference): Aspect[] => {
        const { is, concerns, text, link } = difference;
        const having = all.filter(backend => is(backend, running));
        const [first] = having;
        if (first === undefined) return [];
        const hit = requests.filter(request => {
          const backend = backendServing(all, request);
          return backend !== null && having.includes(backend) && concerns(request);
        });
        if (hit.length === 0) return [];
        const routes = [...new Set(hit.flatMap(request => request.route ?? []))];
        const where = listed(routes.length > 0 ? routes : having.flatMap(one => keysOf(one.routes)));
        const sentence = `${counted(hit.length, 'failing request')} of ${where} on API ${target.apiName} (${target.apiType}${endpoint}): ${text}.`;
        const resource = first.uri ?? target.apiId;
        notes.note({ ...integrationRead(target, running, first.integration), text: sentence, resource, link });
        return [{ status: 'warning', sentence }];
      });
    const sources = failures.value?.sources ?? [];
    if (!sources.some(source => source.state === 'read' || source.state === 'empty')) {
      const sentence = `Which requests to API ${target.apiName} fail no log tells, so what its type has to do with them is not known.`;
      aspects.push({ status: 'unknown', sentence, gaps: sources.flatMap(source => source.gap ?? []) });
    }
    const calm = `Nothing in the configuration of API ${target.apiName} means something else because it is of type ${target.apiType}, as far as that would bear on the failing requests.`;
    return judgeAspects(aspects, calm, { evidence: notes.evidence, gaps: gapsOf(failures) });
  },
});
