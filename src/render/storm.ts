/** The one message of many new investigations at once; each has its own card when somebody opens it. */
import type { Investigation, Storm } from '../investigations/types.ts';
import { button, compose, header, LIMITS, type Message, md, minute, optional, part, section, words } from './blocks.ts';
import { statusOf } from './card.ts';
import { actionIds } from './ids.ts';
import { verdictLine } from './verdict.ts';
import { count, place, times } from './words.ts';

export function stormMessage(storm: Storm, members: readonly Investigation[]): Message {
  const { total, investigating } = storm;
  const title = `Alarm storm: ${count(total, 'API')} at once`;
  const now = `${investigating} under way or waiting for a turn, ${total - investigating} done`;
  return compose(
    `${title}. ${now}.`,
    [
      part(header(`🌩️ ${title}`)),
      part(section(md`Since ${minute(storm.startedAt)} · ${now}. Each has a card of its own once you open it.`)),
      ...members.map(member => optional(row(member))),
    ],
    left => md`_and ${total - members.length + left} more; App Home and \`/apigw-500 list\` have them._`,
  );
}

function row(investigation: Investigation) {
  const { target, storm, occurrenceCount } = investigation;
  const { glyph, words: status } = statusOf(investigation);
  const again = occurrenceCount > 1 ? md` · fired ${times(occurrenceCount)}` : md``;
  const name = `${target.apiName}, stage ${target.stage}`;
  return section(
    md`${glyph} *${words(name, LIMITS.name)}* · ${status}${again}\n${place(target)}${verdictLine(investigation)}`,
    storm?.opened
      ? undefined
      : button({ id: actionIds.open, text: 'Open', value: investigation.id, label: `Open the card of ${name}` }),
  );
}
