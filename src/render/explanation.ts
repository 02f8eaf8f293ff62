/** What pasted log lines say, for whoever pasted them alone. */
import type { Explanation } from '../diagnosis/explain.ts';
import { compose, context, LIMITS, type Message, md, optional, part, prose, section, words } from './blocks.ts';
import { causeName } from './cause-name.ts';
import { slashCommand } from './ids.ts';
import { count } from './words.ts';

export function explanationMessage({ lines, requests, causes }: Explanation, truncated: boolean): Message {
  const head = `${count(lines.length, 'line')}, ${count(requests.length, 'request')}.`;
  const undecided = lines.filter(
    line => line.possible.length > 0 && (line.cause === null || line.confidence === 'low'),
  );
  const none = causes.length === 0 && undecided.length === 0;
  return compose(
    causes[0] === undefined ? `${head} No line names a cause.` : `${head} ${causes[0].summary}`,
    [
      part(context(truncated ? md`${head} Only the first part was read; give the rest in parts.` : md`${head}`)),
      ...causes.map(({ cause, count: times, summary, remedy }) =>
        optional(section(md`*${causeName(cause)}* (${count(times, 'time')})\n${summary}\n*Fix:* ${prose(remedy)}`)),
      ),
      ...(undecided.length === 0 ? [] : [optional(section(openLines(undecided)))]),
      ...(none
        ? [
            part(
              section(
                md`No line names a cause. Paste all lines of one failing request, from the execution log where there is one; ${slashCommand} with the API looks for them itself.`,
              ),
            ),
          ]
        : []),
    ],
    left => md`_${left} more have no room here; in a terminal, apigw-500 explain shows all._`,
  );
}

function openLines(undecided: Explanation['lines']) {
  const shown = undecided.slice(0, 5).map(({ line, cause, possible }) => {
    const all = cause === null ? possible : [cause, ...possible];
    return `line ${line} may be ${all.slice(0, 6).map(causeName).join(' or ')}`;
  });
  const one = undecided.length === 1;
  return md`${count(undecided.length, 'line')} alone ${one ? 'does' : 'do'} not decide; add the other lines of the request: ${words(shown.join('; '), LIMITS.sentence)}.`;
}
