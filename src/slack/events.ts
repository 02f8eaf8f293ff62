import type { App } from '@slack/bolt';
import type { WebClient } from '@slack/web-api';
import { postGoneReply } from '../render/post-replies.ts';
import { askAbout, hear, type SlackMessage } from './posts.ts';
import { isSameReaction } from './reaction-names.ts';
import type { Surface } from './surface.ts';

export interface EventSettings {
  /** Name of the reaction that asks for a diagnosis. */
  reaction: string;
  /** Channels where an alarm that another app posts is diagnosed by itself. */
  alarmPostChannels: readonly string[];
}

export function registerEvents(app: App, surface: Surface, settings: EventSettings): readonly string[] {
  const { investigations, publisher, identity, permit, client, answers } = surface;

  /** Once the bot is let into a channel, the cards that it could not post there appear. */
  app.event('member_joined_channel', async ({ event }) => {
    const { teamId, botUserId } = identity();
    if (event.user !== botUserId) return;
    await publisher.retry(await investigations.listOpen({ teamId, channelId: event.channel }));
  });

  app.event('reaction_added', async ({ event }) => {
    const { item, user, reaction } = event;
    if (item.type !== 'message' || !isSameReaction(reaction, settings.reaction)) return;
    const here = { teamId: identity().teamId, channelId: item.channel, responseUrl: null, userId: user };
    await permit(here);
    const message = await messageAt(client, item.channel, item.ts);
    if (message === null) return answers.tell({ ...here, threadTs: null }, postGoneReply());
    await askAbout(surface, 'reaction', message, here);
  });

  app.event('message', async ({ event }) => {
    if (!settings.alarmPostChannels.includes(event.channel) || !isNew(event)) return;
    await hear(surface, event, { teamId: identity().teamId, channelId: event.channel });
  });

  return ['member_joined_channel', 'reaction_added', 'message.channels', 'message.groups'];
}

const newMessages: readonly (string | undefined)[] = [undefined, 'bot_message', 'file_share', 'thread_broadcast'];

/** Neither an edit nor a deletion, nor what Slack itself says. https://docs.slack.dev/reference/events/message#subtypes */
function isNew<E extends { subtype?: string | undefined }>(event: E): event is E & SlackMessage {
  return newMessages.includes(event.subtype);
}

/** A reaction only names its message. Replies are not in the channel's history. null: it is not there. */
async function messageAt(client: WebClient, channel: string, ts: string): Promise<SlackMessage | null> {
  const history = await client.conversations.history({ channel, latest: ts, oldest: ts, inclusive: true, limit: 1 });
  const posted = history.messages?.find(message => message.ts === ts);
  if (posted !== undefined) return { ...posted, ts };
  const replies = await client.conversations.replies({ channel, ts, limit: 1 }).catch(error => {
    if (error?.data?.error === 'thread_not_found') return { messages: [] };
    throw error;
  });
  const reply = replies.messages?.find(message => message.ts === ts);
  return reply === undefined ? null : { ...reply, ts };
}
