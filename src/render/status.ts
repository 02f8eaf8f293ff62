/** How an investigation stands, in five lines, for whoever comes late. */
import type { Investigation } from '../investigations/types.ts';
import {
  compose,
  join,
  LIMITS,
  link,
  type Markup,
  type Message,
  md,
  minute,
  part,
  person,
  section,
  words,
} from './blocks.ts';
import { statusOf } from './card.ts';
import { receiver } from './handoff.ts';
import { impactSpoken, trendNow, watching } from './standing.ts';
import { oneLineVerdict } from './verdict.ts';
import { count, gapsOf, place, tally } from './words.ts';

export function statusReply(investigation: Investigation, url: string | null): Message {
  const { target } = investigation;
  const { glyph, words: status } = statusOf(investigation);
  const name = `${target.apiName}, stage ${target.stage}`;
  const open = url === null ? md`` : md` · ${link(url, 'Open')}`;
  const lines = [
    md`${glyph} *${words(name, 2 * LIMITS.name)}* · ${status} · ${place(target)}${open}`,
    verdictLine(investigation),
    errorsLine(investigation),
    peopleLine(investigation),
    nextLine(investigation),
  ];
  return compose(`${status}: ${name}.`, [part(section(join(lines, '\n')))], () => md``);
}

function verdictLine({ record, failure }: Investigation): Markup {
  if (failure !== null) return md`*Verdict:* none. The diagnosis could not be finished: ${failure}`;
  return md`*Verdict:* ${record === null ? md`none yet` : oneLineVerdict(record.report)}`;
}

function errorsLine(investigation: Investigation): Markup {
  const { record } = investigation;
  if (record === null) return md`*Errors:* not read yet`;
  const { window } = record.report;
  const since = window.onset === null ? md`no first minute seen` : md`first failing minute ${minute(window.onset)}`;
  return md`*Errors:* ${impactSpoken(record.report)}; ${since}; ${trendNow(investigation, record.report)}`;
}

function peopleLine({ owner, handoffs, notes }: Investigation): Markup {
  const offer = handoffs.find(one => one.state === 'offered');
  const offered = offer === undefined ? md`` : md`, offered to ${receiver(offer.to)}`;
  const last = notes.at(-1);
  const tried = last === undefined ? md`` : md`; ${count(notes.length, 'note')}, the last: ${words(last.text, 300)}`;
  return md`*Owner:* ${owner === null ? md`nobody yet` : person(owner)}${offered}${tried}`;
}

function nextLine(investigation: Investigation): Markup {
  const { record } = investigation;
  const watch = watching(investigation);
  const watched = watch === null ? md`not watched` : md`watched ${watch}`;
  if (record === null) return md`*Checks:* none done; ${watched}`;
  const { unread } = gapsOf(record.report);
  const steps = [...record.report.steps, ...record.report.diagnoses].map(finding => finding.status);
  const gaps = unread.length === 0 ? md`` : md`; ${count(unread.length, 'source')} could not be read`;
  return md`*Checks:* ${tally(steps)}${gaps}; ${watched}`;
}
