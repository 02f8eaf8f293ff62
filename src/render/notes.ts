/** The message of the thread with what people tried. */
import type { Investigation } from '../investigations/types.ts';
import { compose, link, type Message, md, minute, optional, part, person, section } from './blocks.ts';
import { count } from './words.ts';

/** null where nobody has noted anything. */
export function notesMessage({ notes, target }: Investigation): Message | null {
  if (notes.length === 0) return null;
  const rows = notes.toReversed().map(({ by, at, text, link: url }) => {
    const source = url === null ? md`` : md` · ${link(url, 'the message')}`;
    return optional(section(md`${text}\n_${person(by)}, ${minute(at)}_${source}`));
  });
  return compose(
    `Tried by people: ${count(notes.length, 'note')} on ${target.apiName}, stage ${target.stage}.`,
    [part(section(md`📝 *Tried by people*, the newest first`)), ...rows],
    left => md`_and ${left} older ones, in the export._`,
  );
}
