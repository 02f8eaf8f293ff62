import { readFileSync } from 'node:fs';
import { type CollectionTag, parse, type ScalarTag, type YAMLSeq } from 'yaml';

export interface Resource {
  Type: string;
  Condition?: string;
  Properties: Record<string, unknown>;
}

export interface Template {
  Parameters: Record<string, { Type: string; Default?: unknown }>;
  Resources: Record<string, Resource>;
}

/** The short forms of CloudFormation's functions, each as `{ name: argument }`. */
const functions = ['Ref', 'Sub', 'GetAtt', 'If', 'Join', 'Select', 'Split', 'FindInMap', 'Equals', 'Not', 'And'];

const customTags: (ScalarTag | CollectionTag)[] = [...functions, 'Condition'].flatMap(name => [
  { tag: `!${name}`, resolve: (text: string) => ({ [name]: text }) },
  { tag: `!${name}`, collection: 'seq' as const, resolve: (seq: unknown) => ({ [name]: (seq as YAMLSeq).toJSON() }) },
]);

export function readTemplate(name: string): Template {
  return parse(readFileSync(new URL(`../../deploy/${name}`, import.meta.url), 'utf8'), {
    customTags,
    logLevel: 'error',
  });
}

export function resourceOf(template: Template, name: string): Resource {
  const resource = template.Resources[name];
  if (resource === undefined) throw new Error(`There is no resource ${name}.`);
  return resource;
}
