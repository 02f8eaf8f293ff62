/** How each AWS service that is served speaks on the wire, and the operations that its SDK client declares. */
import type { ServicePrefix } from '../../../aws/operations.ts';
import { type OperationSchema, operationsOf } from './schema.ts';

export interface ServiceWire {
  prefix: ServicePrefix;
  /** `@aws-sdk/client-…` */
  client: string;
  /** Service name in the SigV4 credential scope. */
  signingName: string;
  protocol: 'rest-json' | 'json' | 'query';
  /** First half of `X-Amz-Target`, and the service's name in CBOR paths. */
  target: string | null;
  xmlNamespace: string | null;
  /** Errors also carry the code that the service had when it spoke Query. */
  queryCompatible: boolean;
  /** Not bound to a Region: answers the same wherever it is asked. */
  global: boolean;
}

function service(
  prefix: ServicePrefix,
  client: string,
  protocol: ServiceWire['protocol'],
  rest: Partial<ServiceWire> = {},
): ServiceWire {
  return {
    prefix,
    client,
    protocol,
    signingName: prefix,
    target: null,
    xmlNamespace: null,
    queryCompatible: false,
    global: false,
    ...rest,
  };
}

export const services: Record<ServicePrefix, ServiceWire> = {
  apigateway: service('apigateway', 'api-gateway', 'rest-json'),
  apigatewayv2: service('apigatewayv2', 'apigatewayv2', 'rest-json', { signingName: 'apigateway' }),
  lambda: service('lambda', 'lambda', 'rest-json'),
  iam: service('iam', 'iam', 'query', { xmlNamespace: 'https://iam.amazonaws.com/doc/2010-05-08/', global: true }),
  sts: service('sts', 'sts', 'query', { xmlNamespace: 'https://sts.amazonaws.com/doc/2011-06-15/', global: true }),
  elasticloadbalancing: service('elasticloadbalancing', 'elastic-load-balancing-v2', 'query', {
    xmlNamespace: 'http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/',
  }),
  logs: service('logs', 'cloudwatch-logs', 'json', { target: 'Logs_20140328' }),
  cloudwatch: service('cloudwatch', 'cloudwatch', 'json', {
    signingName: 'monitoring',
    target: 'GraniteServiceVersion20100801',
    queryCompatible: true,
  }),
  cloudtrail: service('cloudtrail', 'cloudtrail', 'json', { target: 'CloudTrail_20131101' }),
  wafv2: service('wafv2', 'wafv2', 'json', { target: 'AWSWAF_20190729' }),
  health: service('health', 'health', 'json', { target: 'AWSHealth_20160804', global: true }),
};

export interface IndexedOperation {
  schema: OperationSchema;
  /** REST-JSON only. */
  http: { method: string; path: RegExp; labels: string[]; query: URLSearchParams; literalLength: number } | null;
}

const indexes = new Map<ServicePrefix, Promise<Map<string, IndexedOperation>>>();

/** Operations of a service, loaded with its client when first asked for. */
export function operationIndex(wire: ServiceWire): Promise<Map<string, IndexedOperation>> {
  let index = indexes.get(wire.prefix);
  if (index === undefined) {
    index = import(`@aws-sdk/client-${wire.client}`).then(indexOf);
    indexes.set(wire.prefix, index);
  }
  return index;
}

function indexOf(client: Record<string, unknown>): Map<string, IndexedOperation> {
  const operations = operationsOf(client);
  return new Map([...operations].map(([name, schema]) => [name, { schema, http: httpOf(schema) }]));
}

/** `/restapis/{restApiId}/exports/{type+}?mode=x` as a pattern. */
function httpOf(schema: OperationSchema): IndexedOperation['http'] {
  const { http } = schema.traits;
  if (http === undefined) return null;
  const [method, template] = http;
  const [path = '', query = ''] = template.split('?');
  const labels: string[] = [];
  const pattern = path.split(/(\{[^}]+\})/).map(part => {
    const label = part.match(/^\{(.+?)(\+)?\}$/);
    if (label === null) return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    labels.push(label[1] ?? '');
    return label[2] === '+' ? '(.+)' : '([^/]+)';
  });
  return {
    method,
    path: new RegExp(`^${pattern.join('')}/?$`),
    labels,
    query: new URLSearchParams(query),
    literalLength: path.replace(/\{[^}]+\}/g, '').length + query.length,
  };
}

/** The operation that a REST-JSON request asks for; the most literal path wins. */
export function matchRest(
  index: Map<string, IndexedOperation>,
  method: string,
  path: string,
  query: URLSearchParams,
): { operation: IndexedOperation; labels: Record<string, string> } | null {
  let best: { operation: IndexedOperation; labels: Record<string, string>; literalLength: number } | null = null;
  for (const operation of index.values()) {
    const { http } = operation;
    if (http === null || http.method !== method || ![...http.query].every(([key, value]) => query.get(key) === value))
      continue;
    const found = http.path.exec(path);
    if (found === null || http.literalLength < (best?.literalLength ?? 0)) continue;
    const labels = Object.fromEntries(http.labels.map((label, i) => [label, decodeURIComponent(found[i + 1] ?? '')]));
    best = { operation, labels, literalLength: http.literalLength };
  }
  return best;
}
