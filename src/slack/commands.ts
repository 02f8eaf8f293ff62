import type { App } from '@slack/bolt';
import { parseRequest, splitWords } from '../diagnosis/request.ts';
import { helpMessage } from '../render/help.ts';
import { slashCommand } from '../render/ids.ts';
import { startModal } from '../render/modals.ts';
import { note, openReply, problemReply } from '../render/replies.ts';
import { handoffCommand } from './handoffs.ts';
import { type Here, type Surface, whereTyped } from './surface.ts';

/** A word that no API is looked for by: a later version does something with it. */
const reserved = new Map([
  [
    'explain',
    note(
      'This version does not explain log lines in Slack yet. In a terminal, the command apigw-500 explain FILE names the cause of the lines in FILE.',
    ),
  ],
]);

/** `/apigw-500 <target> [stage] [since]`, `status` or `list`, `handoff @user`, `help`, and nothing for the form. */
export function registerCommands(app: App, surface: Surface): readonly string[] {
  app.command(slashCommand, async ({ command, ack }) => {
    const here = whereTyped(command);
    const words = splitWords(unescaped(command.text ?? ''));
    const [first, ...rest] = words;
    await ack();
    if (first === 'handoff') return handoffCommand(surface, here, rest, command.trigger_id);
    await surface.permit(here);
    const now = surface.clock();
    if (first === undefined) return openStart(surface, here, command.trigger_id);
    if (first === 'status' || first === 'list') return tellOpen(surface, here);
    const known = first === 'help' ? helpMessage() : reserved.get(first);
    if (known !== undefined) return surface.answers.tell(here, known);
    const parsed = parseRequest(words, now);
    if ('problem' in parsed) return surface.answers.tell(here, problemReply(parsed.problem, unescaped(command.text)));
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

async function tellOpen({ investigations, publisher, answers }: Surface, here: Here): Promise<void> {
  const filter = { teamId: here.teamId, channelId: here.channelId };
  const [open, total] = await Promise.all([
    investigations.listOpen(filter, listedAtMost),
    investigations.countOpen(filter),
  ]);
  const links = await Promise.all(open.map(async ({ id }) => [id, await publisher.permalink(id)] as const));
  const known = links.flatMap(([id, url]) => (url === null ? [] : [[id, url] as const]));
  await answers.tell(here, openReply(open, new Map(known), total));
}
