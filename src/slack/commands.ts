import type { App } from '@slack/bolt';
import { redact } from '../redact.ts';
import { slashCommand } from '../render/ids.ts';
import { unescaped } from './mentions.ts';
import { obey } from './orders.ts';
import { type Surface, whereTyped } from './surface.ts';

export function registerCommands(app: App, surface: Surface): readonly string[] {
  app.command(slashCommand, async ({ command, ack }) => {
    // Somebody may have pasted more than a name.
    const text = redact(unescaped(command.text ?? ''));
    const { trigger_id: triggerId } = command;
    await ack();
    // Slack gives every command a trigger of its own; a repeated delivery has the same.
    await obey(surface, whereTyped(command), { kind: 'command', key: `command:${triggerId}`, text, triggerId });
  });
  return [slashCommand];
}
