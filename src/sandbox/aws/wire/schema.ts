/**
 * Reads the operation schemas that the SDK clients export for themselves: static tuples, see
 * https://github.com/smithy-lang/smithy-typescript/tree/main/packages/core/src/submodules/schema.
 */
export type SchemaRef = number | string | readonly unknown[] | (() => SchemaRef);

export interface Traits {
  httpLabel?: 1;
  httpPayload?: 1;
  httpResponseCode?: 1;
  httpQueryParams?: 1;
  httpHeader?: string;
  httpQuery?: string;
  http?: readonly [method: string, path: string, status: number];
  jsonName?: string;
  xmlName?: string;
  xmlFlattened?: 1;
  awsQueryError?: readonly [code: string, status: number];
  httpError?: number;
}

export type TimestampFormat = 'default' | 'date-time' | 'http-date' | 'epoch-seconds';

/** One schema, its references followed. */
export type Shape =
  | { kind: 'string' | 'number' | 'boolean' | 'blob' | 'document' | 'unit'; traits: Traits }
  | { kind: 'timestamp'; format: TimestampFormat; traits: Traits }
  | { kind: 'list'; member: SchemaRef; traits: Traits }
  | { kind: 'map'; value: SchemaRef; traits: Traits }
  | { kind: 'structure'; name: string; members: readonly (readonly [string, SchemaRef])[]; traits: Traits };

export interface OperationSchema {
  name: string;
  traits: Traits;
  input: SchemaRef;
  output: SchemaRef;
}

/** Traits that are written as bits. */
const bitTraits = ['httpLabel', '', '', '', 'httpPayload', 'httpResponseCode', 'httpQueryParams'] as const;

function traitsOf(indicator: unknown): Traits {
  if (typeof indicator === 'object' && indicator !== null) return indicator as Traits;
  const traits: Record<string, 1> = {};
  bitTraits.forEach((name, bit) => {
    if (name !== '' && ((Number(indicator) >> bit) & 1) === 1) traits[name] = 1;
  });
  return traits;
}

const timestampFormats: TimestampFormat[] = ['default', 'date-time', 'http-date', 'epoch-seconds'];

export function shapeOf(ref: SchemaRef): Shape {
  const schema = typeof ref === 'function' ? ref() : ref;
  if (typeof schema === 'number') return numberShape(schema);
  if (typeof schema === 'string') return { kind: 'unit', traits: {} };
  if (typeof schema === 'function') return shapeOf(schema);
  if (schema.length === 2) {
    const inner = shapeOf(schema[0] as SchemaRef);
    return { ...inner, traits: { ...inner.traits, ...traitsOf(schema[1]) } };
  }
  const [kind, , name, indicator] = schema;
  const traits = traitsOf(indicator);
  switch (kind) {
    case 0:
      return { ...shapeOf(schema[4] as SchemaRef), traits };
    case 1:
      return { kind: 'list', member: schema[4] as SchemaRef, traits };
    case 2:
      return { kind: 'map', value: schema[5] as SchemaRef, traits };
    default: {
      const names = schema[4] as string[];
      const members = schema[5] as SchemaRef[];
      return {
        kind: 'structure',
        name: String(name),
        members: names.map((member, index) => [member, members[index] ?? 15] as const),
        traits,
      };
    }
  }
}

function numberShape(code: number): Shape {
  const traits: Traits = {};
  if (code >= 128) return { kind: 'map', value: code & 0b0011_1111, traits };
  if (code >= 64) return { kind: 'list', member: code & 0b0011_1111, traits };
  if (code >= 4 && code <= 7) return { kind: 'timestamp', format: timestampFormats[code - 4] ?? 'default', traits };
  if (code === 0) return { kind: 'string', traits };
  if (code === 1 || code === 17 || code === 19) return { kind: 'number', traits };
  if (code === 2) return { kind: 'boolean', traits };
  return { kind: code === 21 || code === 42 ? 'blob' : 'document', traits };
}

/** All operations that a client module exports, by name. */
export function operationsOf(client: Record<string, unknown>): Map<string, OperationSchema> {
  const operations = new Map<string, OperationSchema>();
  for (const exported of Object.values(client)) {
    if (!Array.isArray(exported) || exported[0] !== 9) continue;
    const [, , name, traits, input, output] = exported as [number, string, string, unknown, SchemaRef, SchemaRef];
    operations.set(name, { name, traits: traitsOf(traits), input, output });
  }
  return operations;
}
