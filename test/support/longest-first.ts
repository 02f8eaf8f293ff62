import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Those that take long for their size, on an idle machine; a small file that starts last would be waited for alone. */
const long = [
  'test/investigations/stop.test.ts',
  'test/faults.test.ts',
  'test/cli/main.test.ts',
  'test/sandbox/sandbox.test.ts',
  'test/render/safety.test.ts',
  'test/webhooks/properties.test.ts',
  'test/secrets.test.ts',
  'test/render/picture.test.ts',
];

/** After these, what has taken longest; on a fresh clone, what is largest. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const index = long.findIndex(name => moduleId.endsWith(`/${name}`));
      return index === -1 ? long.length : index;
    };
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other));
  }
}
