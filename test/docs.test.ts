import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createMetrics } from '../src/metrics.ts';
import { variables } from '../src/settings.ts';
import { readTemplate } from './deploy/template.ts';

const root = resolve(import.meta.dirname, '..');
const docs = readdirSync(join(root, 'docs')).filter(file => file.endsWith('.md'));
const pages = ['README.md', 'SECURITY.md', 'CHANGELOG.md', ...docs.map(file => join('docs', file))];
const textOf = (page: string) => readFileSync(join(root, page), 'utf8');
const { scripts } = JSON.parse(textOf('package.json'));

function anchorsOf(page: string): string[] {
  const headings = [...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  return headings.map(heading =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

describe.each(pages)('%s', page => {
  it('leads only to what there is', () => {
    const links = [...textOf(page).matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)]*))?\)/g)];
    const broken = links.filter(([, path = '', anchor]) => {
      const target = path === '' ? page : join(dirname(page), path);
      if (!existsSync(join(root, target))) return true;
      return anchor !== undefined && !anchorsOf(target).includes(anchor);
    });
    expect(broken.map(([link]) => link)).toEqual([]);
  });

  it('names scripts that there are', () => {
    const named = [...textOf(page).matchAll(/npm run (?:-s )?([a-z][\w:-]*)/g)].map(([, name]) => name ?? '');
    expect(named.filter(name => !(name in scripts))).toEqual([]);
  });
});

describe('docs/deploy.md', () => {
  const text = textOf('docs/deploy.md');

  it('names parameters of the template', () => {
    const { Parameters } = readTemplate('apigw-500.yaml');
    const [list = '[]'] = text.match(/^\[\n[\s\S]*?^\]$/m) ?? [];
    const given = (JSON.parse(list) as string[]).map(one => one.slice(0, one.indexOf('=')));
    expect(given.filter(name => !(name in Parameters))).toEqual([]);
    const needed = Object.entries(Parameters).filter(([, { Default }]) => Default === undefined);
    expect(needed.map(([name]) => name).filter(name => !given.includes(name))).toEqual([]);
  });

  it('names variables that the bot reads', () => {
    const named = [...text.matchAll(/\b((?:SLACK|ALARM|SNS|EVENTBRIDGE|CONFIG|DATABASE|DATA)_[A-Z_]+)\b/g)].map(
      ([, one]) => one,
    );
    expect(named.filter(name => name !== undefined && !(name in variables))).toEqual([]);
  });

  it('shows a configuration file that is one', async () => {
    const { fileSchema } = await import('../src/settings.ts');
    const [, yaml = ''] = text.match(/```yaml\n([\s\S]*?)```/) ?? [];
    const lines = yaml.replace(/^ {3}/gm, '').replace('5f2c…', '5f2c1d9a');
    expect(fileSchema.parse(parse(lines)).accounts).toHaveLength(2);
  });
});

describe('docs/operations.md', () => {
  it('lists the metrics that there are, and asks for no other', async () => {
    const { body } = await createMetrics({ queueAge: async () => null }).text();
    const counted = [...body.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name);
    const own = counted.filter(name => !/^apigw500_(process|nodejs)_/.test(name));
    const text = textOf('docs/operations.md');
    const named = [...text.matchAll(/apigw500_[a-z_]*[a-z]\b/g)].map(([name]) => name.replace(/_bucket$/, ''));
    expect(own.length).toBeGreaterThan(7);
    expect(own.filter(name => !text.includes(`| \`${name}\` |`))).toEqual([]);
    expect([...new Set(named)].filter(name => !own.includes(name) && !/_(process|nodejs)$/.test(name))).toEqual([]);
  });
});
