/** App Home: what is open, one's own first; what was closed last; and whether the app is set up. */
import type { HomeView, KnownBlock } from '@slack/types';
import type { Investigation } from '../investigations/types.ts';
import {
  actions,
  button,
  channel as channelMention,
  context,
  header,
  LIMITS,
  type Message,
  md,
  minute,
  person,
  safeUrl,
  section,
  words,
} from './blocks.ts';
import { statusOf } from './card.ts';
import { actionIds, linkId, slashCommand } from './ids.ts';
import { verdictLine } from './verdict.ts';
import { count, place } from './words.ts';

export interface Home {
  /** All that this person may know of, newest first. */
  open: readonly Investigation[];
  closed: readonly Investigation[];
  userId: string;
  /** Address of the card, by investigation. */
  links: ReadonlyMap<string, string>;
  setup: HomeSetup;
}

/** Where alarms come in, and where they go. */
export interface HomeSetup {
  /** `sns`, `eventbridge`, `posts`; empty: none is let in. */
  doors: readonly string[];
  routes: number;
  /** Without a route of its own. */
  channel: string | null;
}

/** Together with the rest fewer than Slack's hundred blocks; rows with buttons are two. */
const shown = { mine: 15, unowned: 12, others: 15, closed: 10 } as const;

export function homeView(home: Home): HomeView {
  const { open, closed, userId } = home;
  const mine = open.filter(one => one.owner === userId);
  const unowned = open.filter(one => one.owner === null);
  const others = open.filter(one => one.owner !== null && one.owner !== userId);
  let link = 0;
  const row = (investigation: Investigation, withButtons: boolean): KnownBlock[] => {
    link += 1;
    return rowBlocks(investigation, home.links.get(investigation.id), link, withButtons);
  };
  const list = (title: string, all: readonly Investigation[], most: number, withButtons: boolean): KnownBlock[] =>
    all.length === 0
      ? []
      : [
          section(md`*${title}* (${all.length})`),
          ...all.slice(0, most).flatMap(one => row(one, withButtons)),
          ...(all.length > most ? [context(md`_and ${all.length - most} older ones_`)] : []),
        ];
  return {
    type: 'home',
    blocks: [
      header(open.length === 0 ? 'Nothing is open' : count(open.length, 'open investigation')),
      ...(open.length === 0
        ? [section(md`Type \`${slashCommand}\` with the name of an API, in any channel that the app is in.`)]
        : []),
      ...(mine.length > 1
        ? [actions([button({ id: actionIds.handoffAll, text: 'Hand off all mine', value: 'mine' })])]
        : []),
      ...list('Mine', mine, shown.mine, true),
      ...list('Nobody has these', unowned, shown.unowned, true),
      ...list('Others have these', others, shown.others, false),
      ...list('Closed last', closed.slice(0, shown.closed), shown.closed, false),
      { type: 'divider' },
      section(md`*Setup*`),
      ...setupLines(home).map(line => context(line)),
    ],
  };
}

function rowBlocks(
  investigation: Investigation,
  url: string | undefined,
  link: number,
  withButtons: boolean,
): KnownBlock[] {
  const { id, target, owner } = investigation;
  const { glyph, words: status } = statusOf(investigation);
  const name = `${target.apiName}, stage ${target.stage}`;
  const address = url === undefined ? null : safeUrl(url);
  const who = owner === null ? md`` : md` · ${person(owner)}`;
  const open =
    address === null ? undefined : button({ id: linkId(link), text: 'Open', url: address, label: `Open ${name}` });
  return [
    section(
      md`${glyph} *${words(name, 2 * LIMITS.name)}* · ${status}${who}\n${place(target)}, since ${minute(investigation.createdAt)}${verdictLine(investigation)}`,
      open,
    ),
    ...(withButtons
      ? [actions([button({ id: actionIds.handoff, text: 'Hand off', value: id, label: `Hand off ${name}` })])]
      : []),
  ];
}

function setupLines({ open, closed, setup }: Home) {
  const { doors, routes, channel } = setup;
  const routed = routes === 0 ? md`` : md` by ${count(routes, 'route')}`;
  const rest = channel === null ? md`` : md`${routes === 0 ? '' : ', else'} to ${channelMention(channel)}`;
  return [
    md`🟢 Slack and the store answer.`,
    ...awsLines([...open, ...closed]),
    doors.length === 0
      ? md`➖ No alarm is let in: set SNS_TOPIC_ARNS or EVENTBRIDGE_API_KEY, or react to an alarm's post.`
      : md`🟢 Alarms come in by ${doors.join(', ')} and go${routed}${rest}.`,
  ];
}

/** When each account was last read, as far as the investigations here tell. */
function awsLines(investigations: readonly Investigation[]) {
  const last = new Map<string, { at: string; denied: number }>();
  for (const { record, target } of investigations) {
    if (record === null) continue;
    const account = `account ${target.accountId ?? 'unknown'}`;
    const { generatedAt, verdict } = record.report;
    const denied = verdict.gaps.filter(gap => gap.reason === 'access_denied').length;
    if ((last.get(account)?.at ?? '') < generatedAt) last.set(account, { at: generatedAt, denied });
  }
  if (last.size === 0) return [md`❔ AWS was not read yet by an investigation that is listed here.`];
  return [...last]
    .slice(0, 5)
    .map(([account, { at, denied }]) =>
      denied === 0
        ? md`🟢 AWS ${account} was last read ${minute(at)}.`
        : md`🟡 AWS ${account} was last read ${minute(at)}, and denied ${count(denied, 'read')}: the card names the permission.`,
    );
}

/** In place of all of it, for whoever may not use the app. */
export function refusedHome({ blocks }: Message): HomeView {
  return { type: 'home', blocks };
}
