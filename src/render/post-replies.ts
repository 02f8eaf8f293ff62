/** What a person is told in private who asked about a post that starts nothing. */
import { code, LIMITS, type Message, md } from './blocks.ts';
import { slashCommand } from './ids.ts';
import { note } from './replies.ts';

export function nothingInPostReply(): Message {
  return note(
    `I found no alarm, API or address of an API in this message, so nothing was started. Type ${slashCommand} with the API instead.`,
  );
}

/** `target`: what it points to; null: nothing. */
export function restingPostReply(target: string | null): Message {
  const over = 'This message says that it is over, so nothing was started.';
  if (target === null) return note(`${over} Type ${slashCommand} with an API to look all the same.`);
  const command = `${slashCommand} ${quoted(target)}`;
  return note(
    `${over} Type ${command} to look all the same.`,
    md`${over} Type ${code(command, LIMITS.excerpt)} to look all the same.`,
  );
}

export function askedAlreadyReply(target: string): Message {
  const asked = 'This message was asked about already: see its thread, or the list of';
  const command = `${slashCommand} ${quoted(target)}`;
  return note(
    `${asked} ${slashCommand} status. To look again, type ${command}.`,
    md`${asked} ${code(`${slashCommand} status`)}. To look again, type ${code(command, LIMITS.excerpt)}.`,
  );
}

export function ownPostReply(): Message {
  return note('This message is my own. Its card has a button to run the diagnosis again.');
}

/** It was deleted, or Slack does not show it. */
export function postGoneReply(): Message {
  return note(`Slack does not show me this message any more. Type ${slashCommand} with the API instead.`);
}

/** As it has to be typed: a name may have blanks. */
function quoted(target: string): string {
  return /\s/.test(target) ? `"${target.replaceAll('"', '')}"` : target;
}
