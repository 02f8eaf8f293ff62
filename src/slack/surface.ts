/** What every listener is given, and how a payload says who asks and where. */
import type { BlockAction, ButtonAction, SlashCommand } from '@slack/bolt';
import type { WebClient } from '@slack/web-api';
import type { Explanation } from '../diagnosis/explain.ts';
import type { Conversation, Investigation, Investigations } from '../investigations/types.ts';
import { formContext } from '../render/forms.ts';
import { goneReply } from '../render/replies.ts';
import type { Log } from '../telemetry.ts';
import { type Address, type After, type Answers, Refused } from './answers.ts';
import type { Channels } from './channels.ts';
import type { Members } from './members.ts';
import type { Permission } from './permission.ts';
import type { Publisher } from './publish.ts';

/** The bot as `auth.test` shows it. */
export interface Identity {
  teamId: string;
  botId: string;
  botUserId: string;
  /** The handle that /invite takes. */
  botName: string;
  /** Ends with a slash. */
  workspaceUrl: string;
}

/** What log lines say; `truncated` where only the first part was read. */
export type Explain = (text: string) => Promise<{ explanation: Explanation; truncated: boolean }>;

export interface Surface extends Permission {
  investigations: Investigations;
  publisher: Publisher;
  client: WebClient;
  answers: Answers;
  members: Members;
  channels: Channels;
  explain: Explain;
  identity(): Identity;
  clock: () => Date;
  /** How waiting is done. */
  after: After;
  log: Log;
}

/** Somebody who typed or pressed something, and where the answer goes. */
export type Here = Conversation & { userId: string };

export type Press = BlockAction<ButtonAction>;

export function whereTyped(command: SlashCommand): Here {
  return {
    teamId: command.team_id,
    channelId: command.channel_id,
    threadTs: null,
    responseUrl: command.response_url,
    userId: command.user_id,
  };
}

/** `channelId` is empty for App Home. */
export function wherePressed(body: Press, surface: Surface): Here {
  const { channelId, ...address } = addressOf(body);
  return { ...address, teamId: surface.identity().teamId, channelId: channelId ?? '', userId: body.user.id };
}

/** Where a form that was sent came from. */
export function whereSent(body: { user: { id: string }; view: { private_metadata: string } }, surface: Surface): Here {
  const { channelId, ...address } = addressOf(body);
  return { ...address, teamId: surface.identity().teamId, channelId: channelId ?? '', userId: body.user.id };
}

/**
 * The investigation that somebody acts on. What came back from Slack is looked up; it must belong to where it was
 * pressed, and the person must be let into its channel, from wherever they act. Rejects with `Refused`.
 */
export async function investigationOf(surface: Surface, here: Here, value: string | undefined): Promise<Investigation> {
  const investigation = value === undefined ? null : await surface.investigations.get(value);
  const { channelId, userId } = here;
  if (investigation === null || investigation.conversation.teamId !== here.teamId) {
    await surface.permit({ channelId, userId, ...(isOwnPlace(here) ? { own: true } : {}) });
    throw new Refused(goneReply());
  }
  const { id, conversation } = investigation;
  await surface.permit({ channelId: conversation.channelId, userId, investigationId: id });
  if (conversation.channelId === channelId) return investigation;
  if (isOwnPlace(here) && (await mayKnow(surface, investigation, userId))) return investigation;
  throw new Refused(goneReply());
}

/** App Home, or the direct message with the app: what is about several channels comes together there. */
function isOwnPlace({ channelId }: Here): boolean {
  return channelId === '' || channelId.startsWith('D');
}

/** Whoever it belongs to, or is offered to, need not be in its channel. */
export async function mayKnow(surface: Surface, investigation: Investigation, userId: string): Promise<boolean> {
  const { owner, handoffs, conversation } = investigation;
  if (owner === userId || handoffs.some(handoff => handoff.to.id === userId)) return true;
  return surface.channels.mayRead(conversation.channelId, userId);
}

/** Workspaces that a payload speaks of; the one of a person in a shared channel may be another than the channel's. */
export function teamsOf(body: unknown): string[] {
  const { team_id, team, user } = body as {
    team_id?: unknown;
    team?: { id?: unknown } | null;
    user?: { team_id?: unknown } | string | null;
  };
  const users = typeof user === 'object' ? user?.team_id : undefined;
  return [team_id, team?.id, users].filter(id => typeof id === 'string');
}

/** Where the person behind any payload can be reached. */
export function addressOf(body: unknown): Address {
  const { response_url, channel_id, channel, user_id, user, view, message, container, event } = body as {
    response_url?: string;
    channel_id?: string;
    channel?: { id?: string };
    user_id?: string;
    user?: { id?: string };
    view?: { private_metadata?: string };
    message?: { ts?: string; thread_ts?: string };
    container?: { message_ts?: string; thread_ts?: string };
    event?: { type?: string; user?: string; item?: { channel?: string }; channel?: string; thread_ts?: string };
  };
  // A form that was sent has no address of its own; it carries the one of the command that opened it.
  const opener = view?.private_metadata === undefined ? null : formContext(view.private_metadata);
  // Of what happens by itself, only a reaction and a mention are somebody's wish.
  const reaction = event?.type === 'reaction_added' ? event : undefined;
  const mention = event?.type === 'app_mention' ? event : undefined;
  // A reply has a thread that a private message is shown in; the channel's own message has none yet.
  const thread = message?.thread_ts ?? container?.thread_ts ?? mention?.thread_ts;
  return {
    responseUrl: response_url ?? opener?.responseUrl ?? null,
    channelId: channel_id ?? channel?.id ?? opener?.channelId ?? reaction?.item?.channel ?? mention?.channel ?? null,
    // The root of a thread names itself as its thread, but is read in the channel. A private message is only named.
    threadTs: thread === (message?.ts ?? container?.message_ts) ? null : (thread ?? opener?.threadTs ?? null),
    userId: user_id ?? user?.id ?? reaction?.user ?? mention?.user ?? null,
  };
}
