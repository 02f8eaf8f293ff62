/** Who may use the bot, and where. A rule that cannot be read refuses; who is refused is told, and it is written down. */
import { note } from '../render/replies.ts';
import type { Log } from '../telemetry.ts';
import { Refused } from './answers.ts';
import type { Members, Standing } from './members.ts';

export interface Allowed {
  /** Channel ids; null: every channel. */
  channels: readonly string[] | null;
  /** User group ids; null: everybody in the workspace. */
  userGroups: readonly string[] | null;
  /** Guests, and people of other workspaces in shared channels. */
  guests: boolean;
}

export interface Asker {
  channelId: string | null;
  userId: string;
  /** It is their own list that they read, or nothing of a channel at all: no channel need be allowed for that. */
  own?: true;
  /** What they wanted to act on, for the audit. */
  investigationId?: string;
}

/** Rejects with `Refused` where the person may not, or where that cannot be told. */
export type Permit = (asker: Asker) => Promise<void>;

export interface Permission {
  permit: Permit;
  /** Why this person may not use the bot at all; null where they may. */
  whyNot(userId: string): Promise<string | null>;
}

/** `denied` writes down who was refused what. */
export function createPermission(
  members: Members,
  allowed: Allowed,
  log: Log,
  denied: (asker: Asker, why: string) => Promise<void>,
): Permission {
  const { channels, userGroups, guests } = allowed;

  async function whyNot(userId: string): Promise<string | null> {
    let standing: Standing;
    try {
      standing = await members.standing(userId);
    } catch (error) {
      // Nothing depends on it where everybody may.
      if (guests && userGroups === null) return null;
      log.error({ err: error }, 'Slack does not tell who somebody is, so they are not let in.');
      return 'Guests may not use this app, and Slack does not tell who you are, so I cannot let you in. Try again in a minute; if it lasts, ask who runs the app to check its users:read scope.';
    }
    // Whom Slack does not show is nobody of this workspace.
    if (!guests && standing !== 'member' && standing !== 'app') {
      return 'Only members of this workspace may use this app: no guests, and nobody of another workspace in a shared channel. Ask who runs it to allow guests.';
    }
    return userGroups === null ? null : whyInNone(userId, userGroups);
  }

  async function whyInNone(userId: string, groups: readonly string[]): Promise<string | null> {
    const lists = await Promise.allSettled(groups.map(group => members.inGroup(group)));
    if (lists.some(list => list.status === 'fulfilled' && list.value.has(userId))) return null;
    const unread = lists.find(list => list.status === 'rejected');
    if (unread === undefined) {
      return 'Only members of some user groups may use this app. Ask who runs it to allow a group that you are in.';
    }
    log.error({ err: unread.reason }, 'The members of a user group could not be read, so the asker is not let in.');
    return 'Only some user groups may use this app, and Slack does not tell who is in them, so I cannot let you in. Ask who runs the app to check its usergroups:read scope.';
  }

  function whyNotHere({ channelId, own }: Asker): string | null {
    if (channels === null || own === true || (channelId !== null && channels.includes(channelId))) return null;
    return 'This app answers in some channels only, and this is none of them. Ask who runs it to allow this channel.';
  }

  return {
    whyNot,
    async permit(asker) {
      const why = whyNotHere(asker) ?? (await whyNot(asker.userId));
      if (why === null) return;
      await denied(asker, why);
      throw new Refused(note(why));
    },
  };
}
