/** Private answers around a handoff. */
import type { Handoff, HandoffAnswer, Investigation, Receiver } from '../investigations/types.ts';
import {
  button,
  compose,
  join,
  LIMITS,
  link,
  type Markup,
  type Message,
  md,
  optional,
  part,
  person,
  section,
  words,
} from './blocks.ts';
import { receiver } from './handoff.ts';
import { actionIds, slashCommand } from './ids.ts';
import { note } from './replies.ts';
import { assertNever, count, place } from './words.ts';

function said(plain: string, markup: Markup): Message {
  return note(plain, markup);
}

function nameOf({ target }: Investigation): string {
  return `${target.apiName}, stage ${target.stage}`;
}

function bold(investigation: Investigation): Markup {
  return md`*${words(nameOf(investigation), 2 * LIMITS.name)}*`;
}

export interface Offered {
  investigation: Investigation;
  outcome: 'offered' | 'taken' | 'gone';
  /** The thread cannot show it. */
  archived: boolean;
}

/** What came of one offer, or of all of somebody's; `lost` of those asked for are gone, or may not be acted on. */
export function offeredReply(offers: readonly Offered[], to: Receiver, lost: number): Message {
  const done = offers.filter(offer => offer.outcome !== 'gone');
  const taken = done.some(offer => offer.outcome === 'taken');
  const asked =
    to.kind === 'user' ? md`They are asked in the thread and by direct message` : md`The group is asked in the thread`;
  const head =
    done.length === 0
      ? md`Nothing was handed off.`
      : taken
        ? md`You have taken over ${join(
            done.map(one => bold(one.investigation)),
            ', ',
          )}.`
        : md`Offered to ${receiver(to)}: ${join(
            done.map(one => bold(one.investigation)),
            ', ',
          )}. ${asked}; until it is accepted, nothing changes.`;
  const rest = offers.flatMap(offer => {
    const about = bold(offer.investigation);
    if (offer.outcome === 'gone') return [md`${about} is closed or was deleted, so it was not handed off.`];
    return offer.archived ? [md`The channel of ${about} is archived, so its thread cannot show this.`] : [];
  });
  const missing =
    lost === 0
      ? []
      : [
          md`${count(lost, 'more', 'more')} could not be handed off: closed, deleted, or in a channel where you may not.`,
        ];
  return compose(
    done.length === 0 ? 'Nothing was handed off.' : taken ? 'Taken over.' : 'Offered.',
    [part(section(head)), ...[...rest, ...missing].map(line => optional(section(line)))],
    left => md`_and ${left} more._`,
  );
}

/** To whoever accepted or declined. */
export function answerReply(
  investigation: Investigation,
  answer: HandoffAnswer,
  what: 'accepted' | 'declined',
  cardLink: string | null,
): Message {
  const thread = cardLink === null ? md`` : md` ${link(cardLink, 'Open the thread')}`;
  switch (answer.outcome) {
    case 'done':
      return what === 'accepted'
        ? said(`${nameOf(investigation)} is yours now.`, md`${bold(investigation)} is yours now.${thread}`)
        : said('Declined.', md`You have declined ${bold(investigation)}; the thread says why.${thread}`);
    case 'not_yours':
      return said(
        'This handoff is for somebody else.',
        md`This handoff names ${receiver(answer.to)}, and you are not one of them. To take it over all the same, press *Hand off* on the card and choose yourself.${thread}`,
      );
    case 'answered':
      return said('This handoff was answered already.', md`${answered(answer.handoff, investigation)}${thread}`);
    case 'gone':
      return said(
        'This handoff is gone.',
        md`This investigation is closed or was deleted, so there is nothing to hand off any more. Type ${slashCommand} with the API to open a new one.`,
      );
    default:
      return assertNever(answer);
  }
}

function answered({ state, answer }: Handoff, investigation: Investigation): Markup {
  const by = person(answer?.by ?? null);
  const name = bold(investigation);
  switch (state) {
    case 'accepted':
      return md`${by} has accepted ${name} before you; nothing is left to do.`;
    case 'declined':
      return md`${by} has declined ${name} already.`;
    case 'superseded':
      return md`The offer of ${name} was taken back: ${by} has made another one, or has taken it over.`;
    case 'taken':
    case 'offered':
      return md`${by} has ${name} already.`;
    default:
      return assertNever(state);
  }
}

/** Of several that are open, which one? `to` is who the command named. */
export function chooseHandoffReply(investigations: readonly Investigation[], to: Receiver): Message {
  const rows = investigations.map(investigation =>
    optional(
      section(
        md`${bold(investigation)}\n${place(investigation.target)}`,
        button({
          id: actionIds.handoff,
          text: 'Hand off',
          value: `${investigation.id} ${to.id}`,
          label: `Hand off ${nameOf(investigation)}`,
        }),
      ),
    ),
  );
  return compose(
    'Several investigations are open in this channel: choose one.',
    [part(section(md`Several investigations are open in this channel. Which one goes to ${receiver(to)}?`)), ...rows],
    left => md`_and ${left} older ones; their cards have the button too._`,
  );
}

export function handoffUsageReply(): Message {
  return note(
    `Type ${slashCommand} handoff with a person or a user group, as in ${slashCommand} handoff @ben; choose the name from the list that Slack shows while you type.`,
  );
}

export function nothingToHandOffReply(whose: 'channel' | 'mine'): Message {
  return note(
    whose === 'mine'
      ? 'No open investigation is yours, so there is nothing to hand off.'
      : `No investigation is open in this channel, so there is nothing to hand off. Type ${slashCommand} with an API to open one.`,
  );
}
