/** The buttons of the card: only what the investigation can still do. */
import type { Investigation } from '../investigations/types.ts';
import { actions, button, context, join, type Markup, md, type Part, part, person, safeUrl } from './blocks.ts';
import { actionIds, feedbackId, linkId } from './ids.ts';
import { assertNever, evidenceOf } from './words.ts';

/** What the button says is what a press does, also where the record is another one by then. */
export const watchButtonText = { start: 'Watch', stop: 'Stop watching' } as const;

/** Nothing while it runs; of a closed one, the record and the way back. */
export function cardButtons(investigation: Investigation): Part[] {
  const { id, target, state, watch, waitingSince } = investigation;
  if (state === 'investigating' || waitingSince !== undefined) return [];
  const name = `${target.apiName}, stage ${target.stage}`;
  const exporting = button({ id: actionIds.export, text: 'Export', value: id, label: `Export the record of ${name}` });
  if (state === 'resolved') {
    const label = `Open the investigation of ${name} again`;
    return [part(actions([button({ id: actionIds.reopen, text: 'Reopen', value: id, label }), exporting]))];
  }
  const watching = watch === null ? watchButtonText.start : watchButtonText.stop;
  return [
    ...feedbackPart(investigation, name),
    part(
      actions([
        // What has recovered is run and watched no more; its alarm or a new command opens it again.
        ...(state === 'recovered'
          ? []
          : [
              button({
                id: actionIds.rerun,
                text: 'Run again',
                value: id,
                label: `Run the diagnosis of ${name} again`,
              }),
            ]),
        button({ id: actionIds.handoff, text: 'Hand off', value: id, label: `Hand off ${name}` }),
        button({ id: actionIds.note, text: 'Add note', value: id, label: `Add what was tried for ${name}` }),
        ...(state === 'recovered'
          ? []
          : [button({ id: actionIds.watch, text: watching, value: id, label: `${watching}: ${name}` })]),
        exporting,
        button({
          id: actionIds.resolve,
          text: 'Resolve',
          value: id,
          label: `Close the investigation of ${name}`,
          confirm: {
            title: 'Resolve this investigation?',
            // The name last: where it is long, only its end has no room.
            text: `This closes it for everybody: the watch stops, and reminders of a handoff end. The card keeps the result, and its Reopen button takes this back. It is about ${name}.`,
            yes: 'Resolve',
          },
        }),
        ...consoleButton(investigation),
      ]),
    ),
  ];
}

function consoleButton({ record }: Investigation) {
  const first = record?.report.verdict.causes[0]?.evidence[0];
  const address = record === null || first === undefined ? null : evidenceOf(record.report).get(first)?.link;
  const url = address == null ? null : safeUrl(address);
  return url === null ? [] : [button({ id: linkId(1), text: 'Open in the AWS console', url })];
}

/** Was this the cause? Asked where one was named. */
function feedbackPart({ id, record, failure, feedback }: Investigation, name: string): Part[] {
  if (failure !== null || record?.report.verdict.causes[0] === undefined) return [];
  const said = feedback.slice(-3).map(({ by, answer, words }) => md`${person(by)}: ${answerWords(answer, words)}`);
  const line = said.length === 0 ? md`` : md` ${join(said, '; ')}`;
  return [
    part(
      context(md`Was this the cause?${line}`),
      actions([
        button({ id: feedbackId('yes'), text: 'Yes', value: id, label: `Yes, this was the cause for ${name}` }),
        button({ id: feedbackId('no'), text: 'No', value: id, label: `No, this was not the cause for ${name}` }),
        button({
          id: feedbackId('another'),
          text: 'Another cause',
          value: id,
          label: `It was something else: ${name}`,
        }),
      ]),
    ),
  ];
}

export function answerWords(answer: 'yes' | 'no' | 'another', words: string | null): Markup {
  switch (answer) {
    case 'yes':
      return md`yes`;
    case 'no':
      return md`no`;
    case 'another':
      return words === null || words === '' ? md`another cause` : md`another cause, ${words}`;
    default:
      return assertNever(answer);
  }
}
