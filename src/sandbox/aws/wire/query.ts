/** AWS Query: form fields in, XML out (https://smithy.io/2.0/aws/protocols/aws-query-protocol.html). */
import { readTimestamp, writeTimestamp } from './json.ts';
import { type SchemaRef, shapeOf } from './schema.ts';

/** `A.member.1=x&A.member.2=y` -> { A: ['x', 'y'] }, by schema. */
export function fromForm(ref: SchemaRef, form: URLSearchParams, prefix = ''): unknown {
  const shape = shapeOf(ref);
  const text = form.get(prefix);
  const dotted = prefix === '' ? '' : `${prefix}.`;
  const within = (start: string) => [...form.keys()].some(key => key === start || key.startsWith(`${start}.`));
  switch (shape.kind) {
    case 'structure': {
      const out: Record<string, unknown> = {};
      for (const [name, member] of shape.members) {
        const key = dotted + (shapeOf(member).traits.xmlName ?? name);
        if (within(key)) out[name] = fromForm(member, form, key);
      }
      return out;
    }
    case 'list': {
      const items: unknown[] = [];
      const suffix = shape.traits.xmlFlattened ? '' : `.${shapeOf(shape.member).traits.xmlName ?? 'member'}`;
      for (let i = 1; within(`${prefix}${suffix}.${i}`); i++) {
        items.push(fromForm(shape.member, form, `${prefix}${suffix}.${i}`));
      }
      return items;
    }
    case 'map': {
      const out: Record<string, unknown> = {};
      const entry = shape.traits.xmlFlattened ? prefix : `${prefix}.entry`;
      for (let i = 1; form.has(`${entry}.${i}.key`); i++) {
        out[form.get(`${entry}.${i}.key`) ?? ''] = fromForm(shape.value, form, `${entry}.${i}.value`);
      }
      return out;
    }
    case 'number':
      return Number(text);
    case 'boolean':
      return text === 'true';
    case 'timestamp':
      return readTimestamp(text ?? '');
    case 'blob':
      return Buffer.from(text ?? '', 'base64');
    default:
      return text ?? '';
  }
}

/** XML of one value; `name` is the element's. */
export function toXml(ref: SchemaRef, value: unknown, name: string): string {
  if (value === undefined || value === null) return '';
  return `<${name}>${content(ref, value)}</${name}>`;
}

function content(ref: SchemaRef, value: unknown): string {
  const shape = shapeOf(ref);
  switch (shape.kind) {
    case 'structure': {
      const source = value as Record<string, unknown>;
      return shape.members.map(([name, member]) => memberXml(name, member, source[name])).join('');
    }
    case 'list': {
      const itemName = shapeOf(shape.member).traits.xmlName ?? 'member';
      return (value as unknown[]).map(item => toXml(shape.member, item, itemName)).join('');
    }
    case 'map':
      return Object.entries(value as object)
        .map(([key, item]) => `<entry><key>${escapeXml(key)}</key>${toXml(shape.value, item, 'value')}</entry>`)
        .join('');
    case 'timestamp':
      return String(writeTimestamp(value as Date, shape.format, 'date-time'));
    case 'blob':
      return Buffer.from(value as Uint8Array).toString('base64');
    default:
      return escapeXml(String(value));
  }
}

function memberXml(name: string, member: SchemaRef, value: unknown): string {
  const shape = shapeOf(member);
  const element = shape.traits.xmlName ?? name;
  if (shape.kind === 'list' && shape.traits.xmlFlattened && Array.isArray(value)) {
    return value.map(item => toXml(shape.member, item, element)).join('');
  }
  return toXml(member, value, element);
}

export function escapeXml(text: string): string {
  const named: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };
  return text.replace(/[&<>"']/g, character => named[character] ?? character).replace(/\r/g, '&#xD;');
}
