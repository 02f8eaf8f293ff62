import type { App } from '@slack/bolt';
import { parseRequest, splitWords } from '../diagnosis/request.ts';
import { redact } from '../redact.ts';
import { helpMessage } from '../render/help.ts';
import { slashCommand } from '../render/ids.ts';
import { startModal } from '../render/modals.ts';
import { openReply, problemReply } from '../render/replies.ts';
import { statusReply } from '../render/status.ts';
import { openExplain } from './explain.ts';
import { handoffCommand } from './handoffs.ts';
import { type Here, type Surface, whereTyped } from './surface.ts';

/** `/apigw-500 <target> [stage] [since]`, `status`, `list`, `handoff @user`, `explain`, `help`, and nothing for the form. */
export function registerCommands(app: App, surface: Surface): readonly string[] {
  app.command(slashCommand, async ({ command, ack }) => {
    const here = whereTyped(command);
    // Somebody may have pasted more than a name.
    const text = redact(unescaped(command.text ?? ''));
    const words = splitWords(text);
    const [first, ...rest] = words;
    await ack();
    if (first === 'handoff') return handoffCommand(surface, here, rest, command.trigger_id);
    if (first === 'explain') return openExplain(surface, here, command.trigger_id);
    await surface.permit(here);
    const now = surface.clock();
    if (first === undefined) return openStart(surface, here, command.trigger_id);
    if (first === 'status' || first === 'list') return tellOpen(surface, here, first);
    if (first === 'help') return surface.answers.tell(here, helpMessage());
    const parsed = parseRequest(words, now);
    if ('problem' in parsed) return surface.answers.tell(here, problemReply(parsed.problem, text));
    await surface.investigations.submit({
      // Slack gives every command a trigger of its own; a repeated delivery has the same.
      key: `command:${command.trigger_id}`,
      trigger: { kind: 'command', by: here.userId, at: now.toISOString(), request: parsed.request },
      conversation: here,
    });
  });
  return [slashCommand];
}

/** Slack escapes what is typed, so that a mention can be told from its look. */
function unescaped(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

async function openStart({ client }: Surface, { channelId, responseUrl }: Here, triggerId: string): Promise<void> {
  await client.views.open({ trigger_id: triggerId, view: startModal({ channelId, responseUrl }) });
}

const listedAtMost = 20;

/** `status` of the only one that is open here is told in full. */
async function tellOpen(
  { investigations, publisher, answers }: Surface,
  here: Here,
  word: 'status' | 'list',
): Promise<void> {
  const filter = { teamId: here.teamId, channelId: here.channelId };
  const [open, total] = await Promise.all([
    investigations.listOpen(filter, listedAtMost),
    investigations.countOpen(filter),
  ]);
  const [only, ...others] = open;
  if (word === 'status' && only !== undefined && others.length === 0) {
    return answers.tell(here, statusReply(only, await publisher.permalink(only.id)));
  }
  const links = await Promise.all(open.map(async ({ id }) => [id, await publisher.permalink(id)] as const));
  const known = links.flatMap(([id, url]) => (url === null ? [] : [[id, url] as const]));
  await answers.tell(here, openReply(open, new Map(known), total));
}
