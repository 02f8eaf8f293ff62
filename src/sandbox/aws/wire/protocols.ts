/** Requests in and answers out, for the protocols that the SDK's clients speak. */
import { randomUUID } from 'node:crypto';
import { decodeCbor, encodeCbor } from './cbor.ts';
import type { WireError } from './errors.ts';
import { fromWire, type JsonRules, readTimestamp, toWire, writeTimestamp } from './json.ts';
import { escapeXml, fromForm, toXml } from './query.ts';
import { type SchemaRef, type Shape, shapeOf } from './schema.ts';
import { type IndexedOperation, matchRest, operationIndex, type ServiceWire, services } from './services.ts';

export interface WireRequest {
  method: string;
  /** Without the world's prefix and the query. */
  path: string;
  query: URLSearchParams;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

export interface WireAnswer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

/** What a request asks for. */
export interface Asked {
  wire: ServiceWire;
  protocol: 'rest-json' | 'json' | 'query' | 'cbor';
  /** Region of the credential scope. */
  region: string;
  signed: boolean;
  /** Empty where it is not signed. */
  accessKeyId: string;
  sessionToken: string | null;
  name: string;
  operation: IndexedOperation;
  input: Record<string, unknown>;
}

const restRules: JsonRules = { jsonName: true, binary: false };
const rpcRules: JsonRules = { jsonName: false, binary: false };
const cborRules: JsonRules = { jsonName: false, binary: true };

/** Finds the operation and decodes its input; a string says why there is none. */
export async function readRequest(request: WireRequest): Promise<Asked | string> {
  const scope = /Credential=([^/]+)\/\d+\/([^/]+)\/([^/]+)\/aws4_request/.exec(header(request, 'authorization') ?? '');
  const [, accessKeyId = '', region = '', signingName = ''] = scope ?? [];
  const sessionToken = header(request, 'x-amz-security-token') ?? null;
  const common = { region, signed: scope !== null, accessKeyId, sessionToken };
  const target = header(request, 'x-amz-target');
  const rpcPath = /^\/service\/([^/]+)\/operation\/([^/]+)$/.exec(request.path);

  if (target !== undefined || rpcPath !== null) {
    const [serviceName, name = ''] = target?.split('.') ?? [rpcPath?.[1], rpcPath?.[2]];
    const wire = Object.values(services).find(candidate => candidate.target === serviceName);
    const operation = wire && (await operationIndex(wire)).get(name);
    if (wire === undefined || operation === undefined) return `no service serves ${serviceName}.${name}`;
    const protocol = rpcPath === null ? 'json' : 'cbor';
    const rules = protocol === 'cbor' ? cborRules : rpcRules;
    const document =
      request.body.length === 0
        ? {}
        : protocol === 'cbor'
          ? decodeCbor(request.body)
          : JSON.parse(request.body.toString());
    const input = (fromWire(operation.schema.input, document, rules) ?? {}) as Record<string, unknown>;
    return { ...common, wire, protocol, name, operation, input };
  }

  const form = new URLSearchParams(request.method === 'POST' ? request.body.toString() : '');
  const action = form.get('Action');
  if (action !== null) {
    const wire = Object.values(services).find(one => one.protocol === 'query' && one.signingName === signingName);
    const operation = wire && (await operationIndex(wire)).get(action);
    if (wire === undefined || operation === undefined) return `no service serves ${signingName}:${action}`;
    const input = fromForm(operation.schema.input, form) as Record<string, unknown>;
    return { ...common, wire, protocol: 'query', name: action, operation, input };
  }
  return readRest(request, signingName, common);
}

async function readRest(
  request: WireRequest,
  signingName: string,
  common: Pick<Asked, 'region' | 'signed' | 'accessKeyId' | 'sessionToken'>,
): Promise<Asked | string> {
  // Both API Gateway APIs sign as apigateway; only the path tells them apart.
  const isV2 = request.path.startsWith('/v2/');
  const wire = Object.values(services).find(
    one => one.protocol === 'rest-json' && one.signingName === signingName && (one.prefix === 'apigatewayv2') === isV2,
  );
  if (wire === undefined) return `no service is signed as ${signingName || 'nothing'}`;
  const found = matchRest(await operationIndex(wire), request.method, request.path, request.query);
  if (found === null) return `${wire.prefix} has no operation ${request.method} ${request.path}`;
  const { operation, labels } = found;
  return {
    ...common,
    wire,
    protocol: 'rest-json',
    name: operation.schema.name,
    operation,
    input: readBindings(request, operation, labels),
  };
}

function readBindings(
  request: WireRequest,
  { schema, http }: IndexedOperation,
  labels: Record<string, string>,
): Record<string, unknown> {
  const shape = structureOf(schema.input);
  const input: Record<string, unknown> = {};
  const body = request.body.length === 0 ? {} : () => JSON.parse(request.body.toString()) as Record<string, unknown>;
  const document = typeof body === 'function' && isJson(request) ? body() : {};
  const bound = new Set([
    ...shape.members.flatMap(([, member]) => shapeOf(member).traits.httpQuery ?? []),
    ...(http?.query.keys() ?? []),
  ]);
  for (const [name, member] of shape.members) {
    const { traits, ...memberShape } = shapeOf(member);
    if (traits.httpLabel) input[name] = scalar(memberShape, labels[name]);
    else if (traits.httpQuery !== undefined) {
      const values = request.query.getAll(traits.httpQuery);
      if (values.length > 0) input[name] = memberShape.kind === 'list' ? values : scalar(memberShape, values[0]);
    } else if (traits.httpQueryParams) {
      input[name] = Object.fromEntries([...request.query].filter(([key]) => !bound.has(key)));
    } else if (traits.httpHeader !== undefined) input[name] = scalar(memberShape, header(request, traits.httpHeader));
    else if (traits.httpPayload)
      input[name] = memberShape.kind === 'blob' ? request.body : fromWire(member, document, restRules);
    else {
      const value = fromWire(member, document[traits.jsonName ?? name], restRules);
      if (value !== undefined) input[name] = value;
    }
  }
  return input;
}

function isJson(request: WireRequest): boolean {
  return (header(request, 'content-type') ?? '').includes('json');
}

function scalar(shape: { kind: Shape['kind'] }, text: string | undefined): unknown {
  if (text === undefined) return undefined;
  if (shape.kind === 'number') return Number(text);
  if (shape.kind === 'boolean') return text === 'true';
  return shape.kind === 'timestamp' ? readTimestamp(text) : text;
}

export function writeOutput(asked: Asked, output: Record<string, unknown>): WireAnswer {
  const { schema } = asked.operation;
  const requestId = randomUUID();
  const headers: Record<string, string> = { 'x-amzn-requestid': requestId };
  switch (asked.protocol) {
    case 'json': {
      headers['content-type'] = `application/x-amz-json-${asked.wire.prefix === 'cloudwatch' ? '1.0' : '1.1'}`;
      return { status: 200, headers, body: jsonBytes(toWire(schema.output, output, rpcRules) ?? {}) };
    }
    case 'cbor':
      headers['content-type'] = 'application/cbor';
      headers['smithy-protocol'] = 'rpc-v2-cbor';
      return { status: 200, headers, body: encodeCbor(toWire(schema.output, output, cborRules) ?? {}) };
    case 'query': {
      headers['content-type'] = 'text/xml';
      const result = toXml(schema.output, output, `${schema.name}Result`);
      const metadata = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
      const xml = `<${schema.name}Response xmlns="${asked.wire.xmlNamespace}">${result}${metadata}</${schema.name}Response>`;
      return { status: 200, headers, body: Buffer.from(xml) };
    }
    case 'rest-json':
      return writeRest(schema.output, schema.traits.http?.[2] ?? 200, headers, output);
  }
}

function writeRest(
  ref: SchemaRef,
  status: number,
  headers: Record<string, string>,
  output: Record<string, unknown>,
): WireAnswer {
  const document: Record<string, unknown> = {};
  let payload: Buffer | null = null;
  headers['content-type'] = 'application/json';
  for (const [name, member] of structureOf(ref).members) {
    const value = output[name];
    const shape = shapeOf(member);
    if (value === undefined || value === null) continue;
    if (shape.traits.httpHeader !== undefined) {
      const text = shape.kind === 'timestamp' ? writeTimestamp(value as Date, shape.format, 'http-date') : value;
      headers[shape.traits.httpHeader.toLowerCase()] = String(text);
    } else if (shape.traits.httpPayload) {
      payload = shape.kind === 'blob' ? Buffer.from(value as Uint8Array) : jsonBytes(toWire(member, value, restRules));
    } else if (!shape.traits.httpResponseCode)
      document[shape.traits.jsonName ?? name] = toWire(member, value, restRules);
  }
  return { status, headers, body: payload ?? jsonBytes(document) };
}

/** An error in the shape of the protocol, with the service's own code. */
export function writeError(asked: Pick<Asked, 'protocol' | 'wire'>, error: WireError): WireAnswer {
  const requestId = randomUUID();
  const headers: Record<string, string> = { 'x-amzn-requestid': requestId };
  const { code, message, status, members } = error;
  switch (asked.protocol) {
    case 'rest-json':
      headers['content-type'] = 'application/json';
      headers['x-amzn-errortype'] = code;
      return { status, headers, body: jsonBytes({ message, ...members }) };
    case 'query': {
      headers['content-type'] = 'text/xml';
      const type = status < 500 ? 'Sender' : 'Receiver';
      const detail = `<Type>${type}</Type><Code>${escapeXml(code)}</Code><Message>${escapeXml(message)}</Message>`;
      const xml = `<ErrorResponse xmlns="${asked.wire.xmlNamespace}"><Error>${detail}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
      return { status, headers, body: Buffer.from(xml) };
    }
    case 'json':
    case 'cbor': {
      const body = { __type: code, message, ...members };
      if (asked.wire.queryCompatible) headers['x-amzn-query-error'] = `${code};${status < 500 ? 'Sender' : 'Receiver'}`;
      if (asked.protocol === 'json') headers['content-type'] = 'application/x-amz-json-1.1';
      else {
        headers['content-type'] = 'application/cbor';
        headers['smithy-protocol'] = 'rpc-v2-cbor';
      }
      return { status, headers, body: asked.protocol === 'json' ? jsonBytes(body) : encodeCbor(body) };
    }
  }
}

function structureOf(ref: SchemaRef): Extract<Shape, { kind: 'structure' }> {
  const shape = shapeOf(ref);
  return shape.kind === 'structure' ? shape : { kind: 'structure', name: 'unit', members: [], traits: {} };
}

function header(request: WireRequest, name: string): string | undefined {
  const value = request.headers[name.toLowerCase()];
  return Array.isArray(value) ? value[0] : value;
}

function jsonBytes(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
