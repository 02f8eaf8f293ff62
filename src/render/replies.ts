/** Short private answers: to a press, to a list, and where something is not allowed or could not be done. */
import type { Target } from '../diagnosis/types.ts';
import type { Investigation } from '../investigations/types.ts';
import {
  button,
  channel,
  code,
  compose,
  LIMITS,
  type Markup,
  type Message,
  md,
  minute,
  optional,
  part,
  person,
  preformatted,
  safeUrl,
  section,
  when,
  words,
} from './blocks.ts';
import { statusOf } from './card.ts';
import { actionIds, linkId, slashCommand } from './ids.ts';
import { firstAsked } from './standing.ts';
import { oneLineVerdict, verdictLine } from './verdict.ts';
import { count, place, times } from './words.ts';

/** One sentence or two; `markup` where the plain text needs a form of its own. */
export function note(plain: string, markup: Markup = md`${plain}`): Message {
  return compose(plain, [part(section(markup))], () => md``);
}

/** The command could not be understood. `how`: what stood before it. */
export function problemReply(problem: string, typed: string, how: string = slashCommand): Message {
  return note(
    `${problem} Type ${slashCommand} help to see what can be typed.`,
    md`${problem}\nTyped: ${code(`${how} ${typed}`, 2 * LIMITS.name)}\nExample: ${code(`${how} orders-api prod 30m`)} · more: ${code(`${how} help`)}`,
  );
}

/** A mention cannot open a form, as a command and a button can. */
export function noFormReply(word: 'handoff' | 'explain'): Message {
  return note(
    word === 'handoff'
      ? `A mention cannot open a form. Press Hand off on the card, or type ${slashCommand} handoff and whom it goes to.`
      : `A mention cannot open a form. Type ${slashCommand} explain, and paste the log lines there.`,
  );
}

export function goneReply(): Message {
  const closed = 'This investigation is closed or was deleted, so the button does nothing any more.';
  return note(
    `${closed} Press Reopen on its card, or type ${slashCommand} with the API to open a new one.`,
    md`${closed} Press *Reopen* on its card, or type ${code(slashCommand)} with the API to open a new one.`,
  );
}

export function choiceGoneReply(): Message {
  return note(
    `This choice is no longer valid. Type the ${slashCommand} command again.`,
    md`This choice is no longer valid. Type the ${code(slashCommand)} command again.`,
  );
}

/** `by`: named where everybody sees it, in place of the question; null: in private. */
export function chosenReply(by: string | null): Message {
  const under = 'The diagnosis is under way; its card appears in this channel.';
  if (by !== null) return note(under, md`${person(by)} has chosen. ${under}`);
  return note(under);
}

export function runningReply(): Message {
  return note('This is running already; the card and the thread show the outcome as it comes.');
}

/** The list of `status`: `links` has the address of each card that is known; `total` where only the newest are given. */
export function openReply(
  investigations: readonly Investigation[],
  links: ReadonlyMap<string, string>,
  total: number = investigations.length,
): Message {
  if (investigations.length === 0) {
    return note(
      `No investigation is open in this channel. Type ${slashCommand} with an API to open one.`,
      md`No investigation is open in this channel. Type ${code(slashCommand)} with an API to open one.`,
    );
  }
  const title = `${count(total, 'open investigation')} in this channel`;
  const more = total - investigations.length;
  const rows = investigations.map((item, index) => optional(openRow(item, index, links.get(item.id))));
  const rest = more > 0 ? [part(section(md`_and ${count(more, 'older one')}_`))] : [];
  return compose(
    `${title}.`,
    [part(section(md`*${title}*`)), ...rows, ...rest],
    left => md`_and ${count(left, 'older one')}_`,
  );
}

function openRow(investigation: Investigation, index: number, url: string | undefined) {
  const { target, occurrenceCount } = investigation;
  const status = statusOf(investigation);
  const again = occurrenceCount > 1 ? `, asked for ${times(occurrenceCount)}` : '';
  const address = url === undefined ? null : safeUrl(url);
  return section(
    md`${status.glyph} *${words(target.apiName, LIMITS.name)}, stage ${words(target.stage, LIMITS.name)}* · ${status.words}\n${place(target)}\nSince ${minute(investigation.createdAt)}${again}${verdictLine(investigation)}`,
    address === null
      ? threadButton(investigation)
      : button({ id: linkId(index), text: 'Open', url: address, label: `Open the card of ${target.apiName}` }),
  );
}

/** Of a storm: the card is written when somebody asks for it. */
function threadButton({ id, storm, target }: Investigation) {
  if (storm === null || storm.opened) return undefined;
  return button({ id: actionIds.open, text: 'Open', value: id, label: `Open the card of ${target.apiName}` });
}

/**
 * This API has an open investigation already; its channel is named only where that is `here`. `you`: who is told so in
 * private.
 */
export function joinedReply(
  investigation: Investigation,
  url: string | null,
  here = true,
  you: string | null = null,
): Message {
  const { target, conversation } = investigation;
  const name = `${target.apiName}, stage ${target.stage}`;
  const open = openCard(url, name);
  const bold = md`*${words(name, 2 * LIMITS.name)}*`;
  const where = md`in ${here ? channel(conversation.channelId) : 'another channel'} since ${minute(investigation.createdAt)}${askedFirst(investigation, you)}`;
  const { record, progress } = investigation;
  // The run that this request has asked for has found nothing yet: whatever has belongs to one before.
  if (record === null || progress.length > 0) {
    const text = md`${bold} (${place(target)}) is being investigated already: ${where}. Its card and thread show the outcome as it comes.`;
    return compose(`${name} is being investigated already.`, [part(section(text, open))], () => md``);
  }
  const text = md`${bold} (${place(target)}) was last diagnosed ${minute(record.report.generatedAt)}. Its card is ${where}. The diagnosis runs again now.`;
  return compose(
    `${name} was diagnosed before; see its card. The diagnosis runs again now.`,
    [part(section(text, open))],
    () => md``,
  );
}

function openCard(url: string | null, name: string) {
  const address = url === null ? null : safeUrl(url);
  return address === null
    ? undefined
    : button({ id: linkId(0), text: 'Open', url: address, label: `Open the card of ${name}` });
}

/** What was closed stays so: this one was opened since, and an API and stage have one at a time. */
export function otherOpenReply(investigation: Investigation, url: string | null, here: boolean): Message {
  const { target, conversation, createdAt } = investigation;
  const name = `${target.apiName}, stage ${target.stage}`;
  const open = openCard(url, name);
  const bold = md`*${words(name, 2 * LIMITS.name)}*`;
  const where = here ? channel(conversation.channelId) : 'another channel';
  return compose(
    `Another investigation of ${name} is open by now, so this one stays closed.`,
    [
      part(
        section(
          md`This one stays closed, because another investigation of ${bold} is open by now: in ${where} since ${when(createdAt)}. Go on there.`,
          open,
        ),
      ),
    ],
    () => md``,
  );
}

/** `, asked for by …`; nothing where that is not known any more. */
function askedFirst(investigation: Investigation, you: string | null): Markup {
  const first = firstAsked(investigation);
  if (first === null) return md``;
  if (first.by === null) return md`, opened by an alarm`;
  return first.by === you ? md`, asked for by you` : md`, asked for by ${person(first.by)}`;
}

/** After a recovery; the card above it has the rest. */
export function reopenedMessage({ apiName, stage }: Target, at: string): Message {
  const name = `${apiName}, stage ${stage}`;
  return note(
    `It fails again: ${name}. The card of this thread is up to date.`,
    md`🔁 *It fails again:* ${words(name, 2 * LIMITS.name)}, ${when(at)}. The card of this thread is up to date.`,
  );
}

/** The card cannot be posted where it belongs; the verdict, once there is one, is given here instead. */
export function unpostedReply(reason: string, inviteLine: string | null, investigation: Investigation): Message {
  const { target, record } = investigation;
  const name = `${target.apiName}, stage ${target.stage}`;
  const invite =
    inviteLine === null ? md`` : md` Type ${code(inviteLine)} in the channel; the card then appears by itself.`;
  const bold = md`*${words(name, 2 * LIMITS.name)}*`;
  const first = record?.report.verdict.causes[0];
  const verdict =
    record === null || investigation.state === 'investigating'
      ? [section(md`The diagnosis of ${bold} runs all the same; its result is told here.`)]
      : [
          section(md`${bold} (${place(target)}): ${oneLineVerdict(record.report)}`),
          ...(first === undefined ? [] : [section(md`*Fix:* ${first.remedy}`)]),
          ...(first?.cli == null ? [] : [preformatted(first.cli)]),
        ];
  return compose(
    `${reason}${inviteLine === null ? '' : ` Type ${inviteLine} in the channel.`}`,
    [part(section(md`${reason}${invite}`), ...verdict)],
    () => md``,
  );
}

/** Slack's error codes in words: what happened, and what to do about it. */
const slackErrors = new Map(
  Object.entries({
    not_in_channel: 'I am not a member of this channel, so I cannot post here.',
    channel_not_found: 'I cannot see this channel, so I cannot post here.',
    is_archived: 'This channel is archived, so I cannot post here. Use another channel.',
    restricted_action:
      'This workspace lets only some people post in this channel. Ask an admin to let the app post, or use another channel.',
    restricted_action_read_only_channel: 'This channel is read-only for apps. Use another channel.',
    missing_scope:
      'The app lacks a permission in this workspace. Ask who runs it to install it again with the scopes of its manifest.',
    account_inactive: 'The app was removed from this workspace. Ask an admin to install it again.',
    token_revoked: 'The app’s token was revoked. Ask who runs it to install it again.',
    invalid_auth: 'Slack does not accept the app’s token. Ask who runs it to check SLACK_BOT_TOKEN.',
    expired_trigger_id: 'That took too long for Slack to open the form. Press the button or type the command again.',
    exchanged_trigger_id: 'Slack allows a form to be opened once only. Press the button or type the command again.',
    ratelimited: 'Slack asks the app to slow down. Wait a minute and press again.',
  }),
);

/** Channels that an invitation opens. */
export const invitable: readonly string[] = ['not_in_channel', 'channel_not_found'];

/** `needed`: the scope that is missing, as Slack names it. */
export function slackErrorWords({ code, needed = null }: { code: string; needed?: string | null }): string {
  if (needed !== null) {
    return `The app lacks the permission ${needed} in this workspace. Ask who runs it to install it again with the scopes of its manifest.`;
  }
  return slackErrors.get(code) ?? `Slack refused a message (${code}). Ask who runs the app to look into its log.`;
}

/** The last resort: a defect of ours, or a store that does not answer. */
export function failureReply(): Message {
  return note(
    'Something went wrong on my side, and it is in the log. Try again; if it happens again, tell who runs this app.',
  );
}
