import { expect, test } from 'vitest';
import type { Standing } from '../../src/slack/members.ts';
import { createPermission } from '../../src/slack/permission.ts';
import { createLog } from '../../src/telemetry.ts';

function permission(standing: Standing | null, guests: boolean) {
  const denied: string[] = [];
  const members = {
    async standing() {
      if (standing === null) throw new Error('Slack does not answer.');
      return standing;
    },
    inGroup: async () => new Set<string>(),
    nameOf: async () => null,
    groups: async () => [],
  };
  const { permit } = createPermission(
    members,
    { channels: null, userGroups: null, guests },
    createLog('silent'),
    async ({ userId }) => void denied.push(userId),
  );
  return { permit: () => permit({ channelId: 'C1', userId: 'U1' }), denied };
}

test.each([
  ['member', false, true],
  ['app', false, true],
  ['guest', false, false],
  ['stranger', false, false],
  // Whom Slack does not show.
  ['gone', false, false],
  [null, false, false],
  ['guest', true, true],
  ['stranger', true, true],
  [null, true, true],
] as const)('%s, guests allowed: %s, may: %s', async (standing, guests, may) => {
  const { permit, denied } = permission(standing, guests);
  if (may) await permit();
  else await expect(permit()).rejects.toThrow();
  expect(denied).toEqual(may ? [] : ['U1']);
});
