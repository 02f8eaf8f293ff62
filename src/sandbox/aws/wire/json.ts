/** Values between what handlers deal in (Dates, byte arrays) and JSON or CBOR, by schema. */
import { type SchemaRef, type Shape, shapeOf, type TimestampFormat } from './schema.ts';

export interface JsonRules {
  /** REST-JSON writes members under their `jsonName`. */
  jsonName: boolean;
  /** CBOR keeps Dates and bytes as they are. */
  binary: boolean;
}

export function toWire(ref: SchemaRef, value: unknown, rules: JsonRules): unknown {
  if (value === undefined || value === null) return undefined;
  const shape = shapeOf(ref);
  switch (shape.kind) {
    case 'timestamp':
      return rules.binary ? value : writeTimestamp(value as Date, shape.format, 'epoch-seconds');
    case 'blob':
      return rules.binary ? value : Buffer.from(value as Uint8Array).toString('base64');
    case 'list':
      return (value as unknown[]).map(item => toWire(shape.member, item, rules) ?? null);
    case 'map':
      return mapValues(value as object, member => toWire(shape.value, member, rules) ?? null);
    case 'structure':
      return structure(
        shape,
        value as Record<string, unknown>,
        (name, traits) => (rules.jsonName ? (traits ?? name) : name),
        rules,
      );
    default:
      return value;
  }
}

function structure(
  shape: Extract<Shape, { kind: 'structure' }>,
  value: Record<string, unknown>,
  wireName: (name: string, jsonName: string | undefined) => string,
  rules: JsonRules,
): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [name, member] of shape.members) {
    const encoded = toWire(member, value[name], rules);
    if (encoded !== undefined) out[wireName(name, shapeOf(member).traits.jsonName)] = encoded;
  }
  return out;
}

export function fromWire(ref: SchemaRef, value: unknown, rules: JsonRules): unknown {
  if (value === undefined || value === null) return undefined;
  const shape = shapeOf(ref);
  switch (shape.kind) {
    case 'timestamp':
      return value instanceof Date ? value : readTimestamp(value as string | number);
    case 'blob':
      return value instanceof Uint8Array ? value : Buffer.from(String(value), 'base64');
    case 'list':
      return (value as unknown[]).map(item => fromWire(shape.member, item, rules));
    case 'map':
      return mapValues(value as object, member => fromWire(shape.value, member, rules));
    case 'structure': {
      const source = value as Record<string, unknown>;
      const out: Record<string, unknown> = {};
      for (const [name, member] of shape.members) {
        const wireName = rules.jsonName ? (shapeOf(member).traits.jsonName ?? name) : name;
        const decoded = fromWire(member, source[wireName], rules);
        if (decoded !== undefined) out[name] = decoded;
      }
      return out;
    }
    default:
      return value;
  }
}

function mapValues(value: object, change: (member: unknown) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, change(member)]));
}

export function writeTimestamp(value: Date, format: TimestampFormat, fallback: TimestampFormat): string | number {
  switch (format === 'default' ? fallback : format) {
    case 'date-time':
      return value.toISOString().replace('.000Z', 'Z');
    case 'http-date':
      return value.toUTCString();
    default:
      return value.getTime() / 1000;
  }
}

/** Epoch seconds, or anything Date can read. */
export function readTimestamp(value: string | number): Date {
  const seconds = Number(value);
  return Number.isNaN(seconds) ? new Date(value) : new Date(seconds * 1000);
}
