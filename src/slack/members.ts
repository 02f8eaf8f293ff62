/** Who people are, and which user groups they are in, as Slack says. What cannot be read rejects. */
import type { WebClient } from '@slack/web-api';
import { failureOf } from './errors.ts';

/**
 * `guest`: a guest of this workspace. `stranger`: of another workspace, in a shared channel. `gone`: left, or was never
 * here. https://docs.slack.dev/reference/objects/user-object
 */
export type Standing = 'member' | 'guest' | 'stranger' | 'app' | 'gone';

export interface UserGroup {
  id: string;
  /** Without `@`. */
  handle: string;
}

export interface Members {
  standing(userId: string): Promise<Standing>;
  /** `keptMs`: how old what was read before may be. */
  inGroup(groupId: string, keptMs?: number): Promise<ReadonlySet<string>>;
  /** As people call them; null where Slack does not know them any more. */
  nameOf(userId: string): Promise<string | null>;
  /** By handle; for a choice in a form. */
  groups(): Promise<UserGroup[]>;
}

export const keptMs = 5 * 60_000;
const slackbotId = 'USLACKBOT';

export function createMembers(client: WebClient, teamId: () => string, clock: () => Date): Members {
  const standings = createMemory<Standing>(clock);
  const members = createMemory<ReadonlySet<string>>(clock);
  const lists = createMemory<UserGroup[]>(clock);
  const names = createMemory<string | null>(clock);

  async function askStanding(userId: string): Promise<Standing> {
    try {
      const { user } = await client.users.info({ user: userId });
      if (user === undefined || user.deleted === true) return 'gone';
      if (user.is_bot === true || user.id === slackbotId) return 'app';
      if (user.is_stranger === true || (user.team_id !== undefined && user.team_id !== teamId())) return 'stranger';
      return user.is_restricted === true || user.is_ultra_restricted === true ? 'guest' : 'member';
    } catch (error) {
      const failure = failureOf(error);
      if (failure.kind === 'refused' && ['user_not_found', 'user_not_visible'].includes(failure.code)) return 'gone';
      throw error;
    }
  }

  async function askName(userId: string): Promise<string | null> {
    const { user } = await client.users.info({ user: userId });
    return user?.real_name ?? user?.name ?? null;
  }

  return {
    nameOf: userId => names.of(userId, keptMs, () => askName(userId)),
    standing: userId => standings.of(userId, keptMs, () => askStanding(userId)),
    inGroup: (groupId, kept = keptMs) =>
      members.of(groupId, kept, async () => {
        const { users } = await client.usergroups.users.list({ usergroup: groupId });
        return new Set(users ?? []);
      }),
    groups: () =>
      lists.of('', keptMs, async () => {
        const { usergroups } = await client.usergroups.list();
        return (usergroups ?? [])
          .flatMap(({ id, handle, date_delete }) =>
            id === undefined || (date_delete ?? 0) > 0 ? [] : [{ id, handle: handle ?? id }],
          )
          .toSorted((a, b) => a.handle.localeCompare(b.handle));
      }),
  };
}

/** What was asked, for a while; what could not be read is asked for again the next time. */
export function createMemory<T>(clock: () => Date) {
  const known = new Map<string, { value: Promise<T>; at: number }>();
  const mostKept = 5_000;
  return {
    of(key: string, kept: number, ask: () => Promise<T>): Promise<T> {
      const now = clock().getTime();
      const before = known.get(key);
      if (before !== undefined && now - before.at < kept) return before.value;
      if (known.size >= mostKept) known.clear();
      const entry = { value: ask(), at: now };
      known.set(key, entry);
      entry.value.catch(() => {
        if (known.get(key) === entry) known.delete(key);
      });
      return entry.value;
    },
  };
}
