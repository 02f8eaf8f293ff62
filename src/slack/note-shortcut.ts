/** A message of the channel becomes a line under what people tried. */
import type { MessageShortcut } from '@slack/bolt';
import type { Investigation } from '../investigations/types.ts';
import { noteForm } from '../render/modals.ts';
import { note } from '../render/replies.ts';
import { flatten } from '../webhooks/post-text.ts';
import { contextOf } from './forms.ts';
import type { Here, Surface } from './surface.ts';

/** Open ones and closed ones that are looked at. */
const lookedAt = 20;

export async function addNote(surface: Surface, here: Here, shortcut: MessageShortcut): Promise<void> {
  const { investigations, answers, client, identity } = surface;
  await surface.permit(here);
  const { message } = shortcut;
  const text = flatten(message).text.trim();
  if (text === '') return answers.tell(here, note('This message has no text to note.'));
  const root = typeof message.thread_ts === 'string' ? message.thread_ts : message.ts;
  const found = await investigationsAt(surface, here, root);
  const link = permalinkOf(identity().workspaceUrl, here.channelId, message.ts, root);
  const [only, ...others] = found;
  if (only === undefined) {
    return answers.tell(here, note('No investigation is open in this channel, so there is none to add a note to.'));
  }
  if (others.length > 0) {
    const view = noteForm(found, { ...contextOf(here), link }, text);
    await client.views.open({ trigger_id: shortcut.trigger_id, view });
    return;
  }
  await investigations.note(only.id, here.userId, text, link);
  const { apiName, stage } = only.target;
  await answers.tell(here, note(`Noted under what people tried for ${apiName}, stage ${stage}.`));
}

/** The one whose thread it is; else those that are open in the channel. */
async function investigationsAt(surface: Surface, here: Here, root: string): Promise<Investigation[]> {
  const { teamId, channelId } = here;
  const { investigations } = surface;
  const [open, closed] = await Promise.all([
    investigations.listOpen({ teamId, channelId }, lookedAt),
    investigations.listClosed(teamId, lookedAt),
  ]);
  const known = [...open, ...closed.filter(one => one.conversation.channelId === channelId)];
  const cards = await Promise.all(known.map(one => investigations.ledger.find(one.id, 'card')));
  const threaded = known.filter((one, index) => cards[index]?.ts === root || one.conversation.threadTs === root);
  return threaded.length > 0 ? threaded : open;
}

function permalinkOf(workspaceUrl: string, channelId: string, ts: string, root: string): string {
  const place = `${workspaceUrl}archives/${channelId}/p${ts.replace('.', '')}`;
  return root === ts ? place : `${place}?thread_ts=${root}&cid=${channelId}`;
}
