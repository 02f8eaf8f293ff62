import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

interface Import {
  from: string;
  to: string;
  typesOnly: boolean;
}

const root = resolve(import.meta.dirname, '..');
const src = join(root, 'src');

function filesIn(folder: string, ending: RegExp): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(file => ending.test(file))
    .map(file => join(folder, file))
    .sort();
}

const sources = filesIn(src, /\.ts$/);
const tests = [...filesIn(join(root, 'test'), /\.ts$/), ...filesIn(join(root, 'scripts'), /\.ts$/)];
const texts = new Map(sources.map(file => [file, readFileSync(file, 'utf8')]));

/** Static and dynamic imports, `export … from`, and `import('…').Type`. */
const statement =
  /(?:^|\n)\s*(import|export)\s+(type\s+)?(?:([\w*{][^'"`;]*?)\s+from\s+)?['"]([^'"]+)['"]|(?<!\w)import\(\s*['"`]([^'"`]+)['"`]\s*\)(\.)?/g;

function importsOf(file: string): Import[] {
  const found: Import[] = [];
  for (const match of (texts.get(file) ?? '').matchAll(statement)) {
    const [, , type, names = '', static_ = '', dynamic = '', member] = match;
    const to = static_ || dynamic;
    const onlyTypeNames = /^\{\s*(?:type\s+[\w$]+(?:\s+as\s+[\w$]+)?\s*,?\s*)+\}$/.test(names.trim());
    found.push({ from: file, to, typesOnly: type !== undefined || onlyTypeNames || member === '.' });
  }
  return found;
}

const imports = sources.flatMap(importsOf);
const name = (file: string) => relative(src, file);
const local = imports
  .filter(({ to }) => to.startsWith('.'))
  .map(one => ({ ...one, to: resolve(dirname(one.from), one.to) }));

/** The room of a file: its folder below src, or the file itself where it lies in src. */
function roomOf(file: string): string {
  return name(file).split('/')[0] ?? '';
}

/** Anyone may import these. */
const leaves = ['files.ts', 'lasting.ts', 'redact.ts', 'telemetry.ts'];

/** What a room may import, rooms or single files, beside itself and the leaves; `types` only as types. */
const rooms: Record<string, { may: string[]; types?: string[] }> = {
  aws: { may: [] },
  diagnosis: { may: ['aws'] },
  investigations: { may: ['diagnosis'] },
  render: { may: [], types: ['diagnosis', 'investigations', 'aws'] },
  webhooks: { may: ['investigations', 'server.ts', 'aws/regions.ts'], types: ['diagnosis'] },
  slack: { may: ['investigations', 'render', 'webhooks', 'diagnosis/request.ts'], types: ['diagnosis'] },
  sandbox: { may: ['app.ts', 'diagnosis/causes/ids.ts'], types: ['aws', 'diagnosis', 'config.ts', 'settings.ts'] },
  cli: {
    may: [
      'app.ts',
      'checkup',
      'diagnosis',
      'render',
      'investigations',
      'sandbox',
      'aws/policy-statements.ts',
      'aws/regions.ts',
    ],
    types: ['config.ts', 'settings.ts'],
  },
  'app.ts': {
    may: [
      'aws',
      'diagnosis',
      'investigations',
      'render',
      'slack',
      'webhooks',
      'config.ts',
      'settings.ts',
      'server.ts',
      'metrics.ts',
    ],
  },
  checkup: { may: ['aws', 'investigations', 'app.ts', 'config.ts', 'settings.ts'] },
  'server.ts': { may: [] },
  'metrics.ts': { may: [] },
  'config.ts': { may: ['settings.ts'] },
  'settings.ts': { may: [] },
  'main.ts': { may: ['cli', 'config.ts'] },
  'files.ts': { may: [] },
  'lasting.ts': { may: [] },
  'redact.ts': { may: [] },
  'telemetry.ts': { may: [], types: ['settings.ts'] },
};

describe('who may import whom', () => {
  test('every room is known', () => {
    expect([...new Set(sources.map(roomOf))].filter(room => !(room in rooms))).toEqual([]);
  });

  test('a room imports only what it may', () => {
    const wrong = local.flatMap(({ from, to, typesOnly }) => {
      const [own, other] = [roomOf(from), roomOf(to)];
      const { may = [], types = [] } = rooms[own] ?? {};
      const allowed =
        own === other ||
        [...leaves, ...may].some(place => place === other || place === name(to)) ||
        (typesOnly && types.includes(other));
      return allowed ? [] : [`${name(from)} -> ${name(to)}${typesOnly ? ' (types)' : ''}`];
    });
    expect(wrong).toEqual([]);
  });

  test('only aws speaks to AWS, and only slack to Slack', () => {
    const wrong = imports.filter(({ from, to, typesOnly }) => {
      const room = roomOf(from);
      if (to.startsWith('@aws-sdk/') || to.startsWith('@smithy/')) {
        return !['aws', 'app.ts'].includes(room) && !name(from).startsWith('sandbox/aws/');
      }
      if (to.startsWith('@slack/')) return room !== 'slack' && !(typesOnly && ['render', 'sandbox'].includes(room));
      return false;
    });
    expect(wrong.map(({ from, to }) => `${name(from)} -> ${to}`)).toEqual([]);
  });

  test('every import of our own names a file that exists', () => {
    expect(local.filter(({ to }) => !texts.has(to)).map(({ from, to }) => `${name(from)} -> ${name(to)}`)).toEqual([]);
  });

  test('no module needs itself, however far around', () => {
    const needs = new Map<string, string[]>();
    for (const { from, to, typesOnly } of local) {
      if (!typesOnly) needs.set(from, [...(needs.get(from) ?? []), to]);
    }
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (file: string, path: string[]): void => {
      if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].map(name).join(' -> '));
      else if (!done.has(file)) {
        for (const next of needs.get(file) ?? []) visit(next, [...path, file]);
        done.add(file);
      }
    };
    for (const file of sources) visit(file, []);
    expect(cycles).toEqual([]);
  });
});

describe('house style', () => {
  const without = (file: string) => (texts.get(file) ?? '').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');

  function offenders(files: readonly string[], pattern: RegExp): string[] {
    return files.filter(file => pattern.test(without(file))).map(name);
  }

  test('no file is longer than 400 lines', () => {
    const scripts = tests.filter(file => relative(root, file).startsWith('scripts/'));
    const long = [...sources, ...scripts].flatMap(file => {
      const lines = readFileSync(file, 'utf8').split('\n').length - 1;
      return lines > 400 ? [`${relative(root, file)}: ${lines}`] : [];
    });
    expect(long).toEqual([]);
  });

  test('file names are kebab-case', () => {
    expect(
      sources.map(name).filter(file => !/^([a-z0-9]+(-[a-z0-9]+)*\/)*[a-z0-9]+(-[a-z0-9]+)*\.ts$/.test(file)),
    ).toEqual([]);
  });

  test('only config.ts reads the environment', () => {
    expect(
      offenders(
        sources.filter(file => name(file) !== 'config.ts'),
        /process\.env\b|\benv\s*}\s*=\s*process\b/,
      ),
    ).toEqual([]);
  });

  test('only main.ts ends the process', () => {
    expect(
      offenders(
        sources.filter(file => name(file) !== 'main.ts'),
        /process\.exit\b/,
      ),
    ).toEqual([]);
  });

  test('no default exports, no enums, no barrels', () => {
    expect(offenders(sources, /^export default\b|^export (const )?enum\b|^export \* from\b/m)).toEqual([]);
    expect(sources.filter(file => file.endsWith('/index.ts')).map(name)).toEqual([]);
  });

  test('no partition is assumed: it comes from the Region', () => {
    const own = sources.filter(file => roomOf(file) !== 'sandbox');
    expect(offenders(own, /arn:aws:/)).toEqual([]);
  });

  test('nothing is skipped, focused or mocked', () => {
    const marks = /\b(?:describe|test|it)\.(?:only|skip|todo|skipIf|runIf|fails)\b|\bvi\.mock\(/;
    const files = tests.filter(file => !file.endsWith('architecture.test.ts'));
    expect(files.filter(file => marks.test(readFileSync(file, 'utf8'))).map(file => relative(root, file))).toEqual([]);
  });
});
