import { describe, expect, it } from 'vitest';
import { createPace } from '../../src/slack/pace.ts';

describe('pace', () => {
  it('lets a channel have one post at a time, and the next a second after its answer', () => {
    const pace = createPace();
    expect(pace.postAt('C1', 5_000)).toBe(5_000);
    pace.posting('C1');
    expect(pace.postAt('C1', 5_500)).toBe(Number.POSITIVE_INFINITY);
    expect(pace.postAt('C2', 5_500)).toBe(5_500);
    pace.posted('C1', 6_000);
    expect(pace.postAt('C1', 6_100)).toBe(7_000);
  });

  it('lets edits have forty-five in any minute, however fast each arrives, and progress thirty of them', () => {
    const pace = createPace();
    for (let index = 0; index < 30; index += 1) pace.edited(index);
    expect(pace.editAt(true, 100)).toBe(100);
    expect(pace.editAt(false, 100)).toBe(62_000);
    for (let index = 30; index < 45; index += 1) pace.edited(index);
    expect(pace.editAt(true, 100)).toBe(62_000);
    expect(pace.editAt(true, 62_000)).toBe(62_000);
    expect(pace.editAt(true, 120_000)).toBe(120_000);
  });

  it('waits as long as Slack says, for edits everywhere and for posts in the channel', () => {
    const pace = createPace();
    pace.hold('edit', 'C1', 9_000);
    pace.posted('C1', 0);
    pace.hold('post', 'C1', 8_000);
    expect(pace.editAt(true, 1_000)).toBe(9_000);
    expect(pace.postAt('C1', 1_000)).toBe(8_000);
    expect(pace.postAt('C2', 1_000)).toBe(1_000);
  });
});
