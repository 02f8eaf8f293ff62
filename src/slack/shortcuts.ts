import type { App, GlobalShortcut, MessageShortcut } from '@slack/bolt';
import { shortcutIds } from '../render/ids.ts';
import { openExplain } from './explain.ts';
import { addNote } from './note-shortcut.ts';
import { askAbout } from './posts.ts';
import type { Surface } from './surface.ts';

/** The menu of a message. The payload holds all of it, so that this works where the bot is no member too. */
export function registerShortcuts(app: App, surface: Surface): readonly string[] {
  app.shortcut<MessageShortcut>(
    { callback_id: shortcutIds.diagnoseAlarm, type: 'message_action' },
    async ({ ack, shortcut }) => {
      await ack();
      const { channel, user, response_url: responseUrl, message } = shortcut;
      const { teamId } = surface.identity();
      const here = { teamId, channelId: channel.id, responseUrl, userId: user.id };
      await surface.permit(here);
      await askAbout(surface, 'shortcut', message, here);
    },
  );
  app.shortcut<MessageShortcut>(
    { callback_id: shortcutIds.addNote, type: 'message_action' },
    async ({ ack, shortcut }) => {
      await ack();
      const { channel, user, response_url: responseUrl } = shortcut;
      const { teamId } = surface.identity();
      await addNote(surface, { teamId, channelId: channel.id, threadTs: null, responseUrl, userId: user.id }, shortcut);
    },
  );

  app.shortcut<GlobalShortcut>({ callback_id: shortcutIds.explainLog, type: 'shortcut' }, async ({ ack, shortcut }) => {
    await ack();
    const { teamId } = surface.identity();
    const here = { teamId, channelId: '', threadTs: null, responseUrl: null, userId: shortcut.user.id };
    await openExplain(surface, here, shortcut.trigger_id);
  });

  return [shortcutIds.diagnoseAlarm, shortcutIds.addNote, shortcutIds.explainLog];
}
