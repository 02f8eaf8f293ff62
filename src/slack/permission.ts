/** Who may use the bot, and where. A rule that cannot be read refuses. */
import type { WebClient } from '@slack/web-api';
import { note } from '../render/replies.ts';
import type { Log } from '../telemetry.ts';
import { Refused } from './answers.ts';

export interface Allowed {
  /** Channel ids; null: every channel. */
  channels: readonly string[] | null;
  /** User group ids; null: everybody in the workspace. */
  userGroups: readonly string[] | null;
}

export interface Asker {
  channelId: string | null;
  userId: string;
}

/** Rejects with `Refused` where the person may not, or where that cannot be told. */
export type Permit = (asker: Asker) => Promise<void>;

const membersKeptMs = 5 * 60_000;

export function createPermit(client: WebClient, allowed: Allowed, clock: () => Date, log: Log): Permit {
  const known = new Map<string, { members: Promise<ReadonlySet<string>>; at: number }>();

  function membersOf(group: string): Promise<ReadonlySet<string>> {
    const now = clock().getTime();
    const kept = known.get(group);
    if (kept !== undefined && now - kept.at < membersKeptMs) return kept.members;
    const members = client.usergroups.users
      .list({ usergroup: group })
      .then((answer): ReadonlySet<string> => new Set(answer.users ?? []));
    known.set(group, { members, at: now });
    // What could not be read is asked for again at the next press.
    members.catch(() => known.delete(group));
    return members;
  }

  async function isMember(userId: string, groups: readonly string[]): Promise<boolean> {
    const lists = await Promise.allSettled(groups.map(membersOf));
    if (lists.some(list => list.status === 'fulfilled' && list.value.has(userId))) return true;
    const unread = lists.find(list => list.status === 'rejected');
    if (unread === undefined) return false;
    log.error({ err: unread.reason }, 'The members of a user group could not be read, so the asker is not let in.');
    throw new Refused(
      note(
        'Only some user groups may use this app, and Slack does not tell who is in them, so I cannot let you in. Ask who runs the app to check its usergroups:read scope.',
      ),
    );
  }

  return async ({ channelId, userId }) => {
    const { channels, userGroups } = allowed;
    if (channels !== null && (channelId === null || !channels.includes(channelId))) {
      throw new Refused(
        note(
          'This app answers in some channels only, and this is none of them. Ask who runs it to allow this channel.',
        ),
      );
    }
    if (userGroups !== null && !(await isMember(userId, userGroups))) {
      throw new Refused(
        note('Only members of some user groups may use this app. Ask who runs it to allow a group that you are in.'),
      );
    }
  };
}
