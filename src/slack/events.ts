import type { App } from '@slack/bolt';
import type { Surface } from './surface.ts';

/** Once the bot is let into a channel, the cards that it could not post there appear. */
export function registerEvents(app: App, { investigations, publisher, identity }: Surface): readonly string[] {
  app.event('member_joined_channel', async ({ event }) => {
    const { teamId, botUserId } = identity();
    if (event.user !== botUserId) return;
    await publisher.retry(await investigations.listOpen({ teamId, channelId: event.channel }));
  });
  return ['member_joined_channel'];
}
