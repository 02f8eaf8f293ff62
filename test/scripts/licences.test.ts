import { describe, expect, it } from 'vitest';
import { type Exception, judge, type LockedPackage } from '../../scripts/licence-rules.ts';

const named: Record<string, Exception> = {
  'fonts-*': { licence: 'OFL-1.1', reason: 'Letters.' },
  readme: { licence: 'SEE LICENSE IN README', version: '1.0.0', reason: 'Read.' },
};
const known: LockedPackage[] = [
  { name: 'fonts-a', version: '3.0.0', licence: 'OFL-1.1', installed: undefined },
  { name: 'readme', version: '1.0.0', licence: 'SEE LICENSE IN README', installed: 'SEE LICENSE IN README' },
];

function problems(licence: string | null, rest: Partial<LockedPackage> = {}): string[] {
  return judge([...known, { name: 'thing', version: '2.0.0', licence, installed: undefined, ...rest }], named).problems;
}

describe('a package that is shipped', () => {
  it.each(['MIT', 'BlueOak-1.0.0', '(MIT OR GPL-2.0-only)', 'Apache-2.0 OR MIT'])('may have %s', licence => {
    expect(problems(licence)).toEqual([]);
  });

  it.each([null, 'GPL-3.0-only', 'AGPL-3.0-or-later', 'UNLICENSED', '(MIT AND GPL-2.0-only)', 'GPL-2.0 OR MPL-2.0'])(
    'may not have %s unless it is named',
    licence => {
      expect(problems(licence)).toEqual([expect.stringContaining('thing 2.0.0 has the licence')]);
    },
  );

  it('must say itself what the lock file says', () => {
    expect(problems('MIT', { installed: 'MIT' })).toEqual([]);
    expect(problems('MIT', { installed: 'GPL-3.0-only' })).toEqual([expect.stringContaining('find out which holds')]);
    expect(problems('MIT', { installed: null })).toHaveLength(1);
  });

  it('is read again where it was named with another licence or another version', () => {
    const others = [
      { name: 'fonts-a', version: '3.0.0', licence: 'GPL-3.0-only', installed: undefined },
      { name: 'readme', version: '1.1.0', licence: 'SEE LICENSE IN README', installed: undefined },
    ];
    expect(judge(others, named).problems).toEqual([
      expect.stringContaining('fonts-a 3.0.0'),
      expect.stringContaining('readme 1.1.0'),
    ]);
  });

  it('is not named for nothing', () => {
    expect(judge(known.slice(0, 1), named).problems).toEqual([expect.stringContaining('readme is named')]);
  });
});
