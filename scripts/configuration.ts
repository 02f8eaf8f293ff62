/** docs/configuration.md and .env.example, from the variables and the file schema of src/settings.ts. */
import { z } from 'zod';
import { fileSchema, variables } from '../src/settings.ts';
import type { GeneratedFile } from './generate.ts';

interface Words {
  about: string;
  default?: string;
}

const entries = Object.entries<Words>(variables).map(([name, { about, default: preset }]) => ({
  name,
  preset,
  about,
}));

export function configurationFiles(): GeneratedFile[] {
  return [
    { path: 'docs/configuration.md', content: page() },
    { path: '.env.example', content: example() },
  ];
}

function page(): string {
  const rows = entries.map(({ name, about, preset }) => `| \`${name}\` | ${cell(about)} | ${presetOf(preset)} |`);
  return `# Configuration

<!-- Made from src/settings.ts by "npm run generate". -->

All settings are environment variables; a file \`.env\` in the working directory is read too and never overrides a variable
that is set. Every problem is reported at once, by name, with the fix and without the value. A variable that is empty counts
as not set, but for \`HEALTH_FEED_URL\`, where empty means off.

| variable | meaning | where it is not set |
|---|---|---|
${rows.join('\n')}

The AWS SDK reads its own variables (\`AWS_PROFILE\`, \`AWS_ACCESS_KEY_ID\`, \`AWS_ENDPOINT_URL\`, …) and files.

## CONFIG_FILE

A YAML file. Every field may be left out; a field that is not listed here is refused.

| field | type | meaning |
|---|---|---|
${fieldRows(z.toJSONSchema(fileSchema), '').join('\n')}

\`\`\`yaml
${fileExample}\`\`\`
`;
}

/** Held against the schema by a test. */
export const fileExample = `accounts:
  - id: "123456789012"
    roleArn: arn:aws:iam::123456789012:role/apigw-500-read
    externalId: a-shared-word
    regions: [eu-west-1, us-east-1]
alarmRoutes:
  - { account: "123456789012", name: "orders-*", channel: C0123456789 }
allow:
  channels: [C0123456789]
  userGroups: [S0123456789]
quotaShare: 0.5
`;

interface JsonSchema {
  type?: string;
  description?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
}

function fieldRows(schema: unknown, prefix: string): string[] {
  const { properties = {}, required = [] } = schema as JsonSchema;
  return Object.entries(properties).flatMap(([name, field]) => {
    const path = `${prefix}${name}`;
    const needed = prefix !== '' && required.includes(name) ? ', needed' : '';
    const inner = field.type === 'array' ? field.items : field;
    const below = field.type === 'array' ? `${path}[].` : `${path}.`;
    return [
      `| \`${path}\` | ${typeOf(field)}${needed} | ${cell(field.description ?? '')} |`,
      ...(inner?.properties === undefined ? [] : fieldRows(inner, below)),
    ];
  });
}

function typeOf(field: JsonSchema): string {
  if (field.type === 'array') return field.items?.type === 'object' ? 'list' : 'list of text';
  return { object: 'group', string: 'text', number: 'number' }[field.type ?? ''] ?? 'text';
}

function example(): string {
  const lines = entries.map(({ name, about, preset }) => {
    const value = preset === undefined || /\s/.test(preset) ? '' : preset;
    // What the page shows below has no place here.
    const here = about.replace('; see below', '; docs/configuration.md lists its fields');
    return `${wrapped(here)}\n# ${name}=${value}\n`;
  });
  return `# Copy to .env and uncomment what you need. A variable that is set in the environment wins.
# Made from src/settings.ts by "npm run generate"; docs/configuration.md says more.

${lines.join('\n')}`;
}

function wrapped(text: string): string {
  return text.replace(/(.{1,100})(?:\s+|$)/g, '# $1\n').trimEnd();
}

function presetOf(preset: string | undefined): string {
  if (preset === undefined) return 'none';
  return /\s/.test(preset) ? preset : `\`${preset}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
