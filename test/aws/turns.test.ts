import { expect, it } from 'vitest';
import { inTurns } from '../../src/aws/turns.ts';

it('answers in order, and lets others be answered after a few', async () => {
  const items = Array.from({ length: 1_050 }, (_, at) => at);
  let turns = 0;
  let working = true;
  const others = () => {
    turns += 1;
    if (working) setImmediate(others);
  };
  setImmediate(others);
  const doubled = await inTurns(items, item => item * 2);
  working = false;
  expect(doubled).toEqual(items.map(item => item * 2));
  expect(turns).toBeGreaterThanOrEqual(10);
  expect(turns).toBeLessThan(130);
});
