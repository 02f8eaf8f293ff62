import { expect, test } from 'vitest';
import { boundedAll } from '../../src/aws/bounded.ts';

test('so many at once and never more, with the results in order', async () => {
  let [running, most] = [0, 0];
  const finish: (() => void)[] = [];
  const all = boundedAll([3, 1, 2, 5, 4], 2, async item => {
    running++;
    most = Math.max(most, running);
    await new Promise<void>(resolve => finish.push(resolve));
    running--;
    return item * 10;
  });

  while (finish.length > 0) {
    finish.pop()?.();
    await new Promise(resolve => setImmediate(resolve));
  }

  expect(await all).toEqual([30, 10, 20, 50, 40]);
  expect(most).toBe(2);
});

test('nothing to do is done at once', async () => {
  expect(await boundedAll([], 4, () => Promise.reject(new Error('asked')))).toEqual([]);
});

test('a failure is the failure of all', async () => {
  const work = (item: number) => (item === 2 ? Promise.reject(new Error('two')) : Promise.resolve(item));
  await expect(boundedAll([1, 2, 3], 2, work)).rejects.toThrow('two');
});
