/** What can be asked of the bot in one line, typed as a command or after a mention. */
import { parseRequest, splitWords } from '../diagnosis/request.ts';
import type { Message } from '../render/blocks.ts';
import { helpMessage } from '../render/help.ts';
import { startModal } from '../render/modals.ts';
import { noFormReply, openReply, problemReply } from '../render/replies.ts';
import { statusReply } from '../render/status.ts';
import { persist } from './answers.ts';
import { openExplain } from './explain.ts';
import { handoffCommand } from './handoffs.ts';
import type { Here, Surface } from './surface.ts';

export interface Order {
  kind: 'command' | 'mention';
  /** One for each time that it was typed, however often Slack tells of it. */
  key: string;
  /** What follows the command or the mention; masked. */
  text: string;
  /** For forms, within three seconds; null: none can be opened. */
  triggerId: string | null;
}

/** `<target> [stage] [since]`, `status`, `list`, `handoff @user`, `explain`, `help`, and nothing for the form. */
export async function obey(surface: Surface, here: Here, { kind, key, text, triggerId }: Order): Promise<void> {
  const words = splitWords(text);
  const [first, ...rest] = words;
  if (triggerId !== null && first === 'handoff') return handoffCommand(surface, here, rest, triggerId);
  if (triggerId !== null && first === 'explain') return openExplain(surface, here, triggerId);
  await surface.permit(here);
  const now = surface.clock();
  if (first === undefined && triggerId !== null) return openStart(surface, here, triggerId);
  if (first === undefined || first === 'help') return answer(surface, here, helpMessage());
  if (first === 'handoff' || first === 'explain') return answer(surface, here, noFormReply(first));
  if (first === 'status' || first === 'list') return tellOpen(surface, here, first);
  const parsed = parseRequest(words, now);
  if ('problem' in parsed) {
    const mention = kind === 'mention' ? `@${surface.identity().botName}` : undefined;
    return answer(surface, here, problemReply(parsed.problem, text, mention));
  }
  await surface.investigations.submit({
    key,
    trigger: { kind, by: here.userId, at: now.toISOString(), request: parsed.request },
    conversation: here,
  });
}

/** In private; where the bot was mentioned, in the thread of that message. */
async function answer({ answers, publisher, after, log }: Surface, here: Here, message: Message): Promise<void> {
  if (here.mention === undefined) return answers.tell(here, message);
  try {
    await persist(after, () => publisher.answer(here, message));
  } catch (error) {
    log.error(
      { err: error, channelId: here.channelId },
      'The answer to a mention could not be posted; it is told in private.',
    );
    await answers.tell({ ...here, threadTs: null }, message);
  }
}

async function openStart({ client }: Surface, { channelId, responseUrl }: Here, triggerId: string): Promise<void> {
  await client.views.open({ trigger_id: triggerId, view: startModal({ channelId, responseUrl }) });
}

const listedAtMost = 20;

/** `status` of the only one that is open here is told in full. */
async function tellOpen(surface: Surface, here: Here, word: 'status' | 'list'): Promise<void> {
  const { investigations, publisher } = surface;
  const filter = { teamId: here.teamId, channelId: here.channelId };
  const [open, total] = await Promise.all([
    investigations.listOpen(filter, listedAtMost),
    investigations.countOpen(filter),
  ]);
  const [only, ...others] = open;
  if (word === 'status' && only !== undefined && others.length === 0) {
    return answer(surface, here, statusReply(only, await publisher.permalink(only.id)));
  }
  const links = await Promise.all(open.map(async ({ id }) => [id, await publisher.permalink(id)] as const));
  const known = links.flatMap(([id, url]) => (url === null ? [] : [[id, url] as const]));
  await answer(surface, here, openReply(open, new Map(known), total));
}
