import type { App } from '@slack/bolt';
import { parseRequest, splitWords } from '../diagnosis/request.ts';
import { helpMessage } from '../render/help.ts';
import { slashCommand } from '../render/ids.ts';
import { startModal } from '../render/modals.ts';
import { openReply, problemReply } from '../render/replies.ts';
import { type Here, type Surface, whereTyped } from './surface.ts';

/** `/apigw-500 <target> [stage] [since]`, `status` or `list`, `help`, and nothing for the form. */
export function registerCommands(app: App, surface: Surface): readonly string[] {
  app.command(slashCommand, async ({ command, ack }) => {
    const here = whereTyped(command);
    const words = splitWords(command.text ?? '');
    const [first] = words;
    if (first === 'help') return ack({ response_type: 'ephemeral', ...helpMessage() });
    if (first === undefined || first === 'status' || first === 'list') {
      await ack();
      await surface.permit(here);
      return first === undefined ? openForm(surface, here, command.trigger_id) : tellOpen(surface, here);
    }
    const now = surface.clock();
    const parsed = parseRequest(words, now);
    if ('problem' in parsed) {
      return ack({ response_type: 'ephemeral', ...problemReply(parsed.problem, command.text) });
    }
    await ack();
    await surface.permit(here);
    await surface.investigations.submit({
      // Slack gives every command a trigger of its own; a repeated delivery has the same.
      key: `command:${command.trigger_id}`,
      trigger: { kind: 'command', by: here.userId, at: now.toISOString(), request: parsed.request },
      conversation: here,
    });
  });
  return [slashCommand];
}

async function openForm({ client }: Surface, { channelId, responseUrl }: Here, triggerId: string): Promise<void> {
  await client.views.open({ trigger_id: triggerId, view: startModal({ channelId, responseUrl }) });
}

const listedAtMost = 20;

async function tellOpen({ investigations, publisher, answers }: Surface, here: Here): Promise<void> {
  const open = await investigations.listOpen({ teamId: here.teamId, channelId: here.channelId });
  const links = await Promise.all(
    open.slice(0, listedAtMost).map(async ({ id }) => [id, await publisher.permalink(id)] as const),
  );
  const known = links.flatMap(([id, url]) => (url === null ? [] : [[id, url] as const]));
  await answers.tell(here, openReply(open, new Map(known)));
}
