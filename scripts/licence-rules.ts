/** Which licences what is shipped may have, and the packages that have another one, each with the reason. */

/** SPDX ids of licences that ask for nothing but to be named. */
export const allowed: readonly string[] = [
  'MIT',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  '0BSD',
  'BlueOak-1.0.0',
];

export interface Exception {
  /** What the package calls its licence. */
  licence: string;
  /** Set where that is no SPDX id, so that a person has read the text: of this version. */
  version?: string;
  reason: string;
}

/** By package name; a name that ends with `*` stands for all that begin so. */
export const exceptions: Readonly<Record<string, Exception>> = {
  '@resvg/resvg-js': {
    licence: 'MPL-2.0',
    reason:
      'Draws the chart. Used unchanged as a library of its own; the MPL asks for the source of changed MPL files only.',
  },
  '@resvg/resvg-js-*': {
    licence: 'MPL-2.0',
    reason: 'The compiled part of @resvg/resvg-js for each platform; likewise unchanged.',
  },
  'dejavu-fonts-ttf': {
    licence: 'SEE LICENSE IN README.md AND LICENSE',
    version: '2.37.3',
    reason:
      'The letters of the chart. Bitstream Vera and Arev licences, changes in the public domain: may be used, bundled and passed on; a changed font must be renamed, and the fonts may not be sold by themselves.',
  },
};

export interface LockedPackage {
  name: string;
  version: string;
  /** What the lock file says, which is what the registry had; null: nothing. */
  licence: string | null;
  /** What the installed package says; undefined: it is not installed here (another platform's). */
  installed: string | null | undefined;
}

export interface Verdict {
  problems: string[];
  /** Packages by licence, for the record. */
  counts: Record<string, number>;
  named: { name: string; exception: Exception }[];
}

export function judge(
  packages: readonly LockedPackage[],
  table: Readonly<Record<string, Exception>> = exceptions,
): Verdict {
  const counts: Record<string, number> = {};
  const used = new Set<string>();
  const problems = packages.flatMap(one => {
    const licence = one.licence ?? 'none';
    counts[licence] = (counts[licence] ?? 0) + 1;
    if (one.installed !== undefined && one.installed !== one.licence) {
      return [
        `${titleOf(one)} says "${one.installed}" itself, and "${licence}" in the lock file: find out which holds.`,
      ];
    }
    if (one.licence !== null && isAllowed(one.licence)) return [];
    const key = Object.keys(table).find(pattern => fits(pattern, one.name));
    const exception = key === undefined ? undefined : table[key];
    if (key === undefined || exception === undefined) {
      return [
        `${titleOf(one)} has the licence "${licence}", which is neither allowed nor named in scripts/licence-rules.ts: read it, then name it there with the reason, or do without the package.`,
      ];
    }
    used.add(key);
    if (exception.licence !== licence || (exception.version ?? one.version) !== one.version) {
      return [
        `${titleOf(one)} has the licence "${licence}"; named is ${exception.version ?? 'any version'} with "${exception.licence}": read it again.`,
      ];
    }
    return [];
  });
  const stale = Object.keys(table).filter(key => !used.has(key));
  return {
    problems: [
      ...problems,
      ...stale.map(
        key => `${key} is named in scripts/licence-rules.ts, but nothing that is shipped needs it: remove it.`,
      ),
    ],
    counts,
    named: Object.entries(table).map(([name, exception]) => ({ name, exception })),
  };
}

function titleOf({ name, version }: LockedPackage): string {
  return `${name} ${version}`;
}

/** One id, or a choice of which one is allowed: `(MIT OR GPL-2.0)`. Anything longer is for a person to read. */
function isAllowed(licence: string): boolean {
  const expression = licence.replace(/^\((.*)\)$/, '$1');
  if (/[()]| AND | WITH /.test(expression)) return false;
  return expression.split(' OR ').some(id => allowed.includes(id));
}

function fits(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}
