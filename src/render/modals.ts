/** The small forms. */
import type { ModalView } from '@slack/types';
import type { Investigation } from '../investigations/types.ts';
import { LIMITS, plainText } from './blocks.ts';
import { type FormContext, form, textField } from './forms.ts';
import { answerField, noteFields, startFields, viewIds } from './ids.ts';

/** The form that an empty command opens. */
export function startModal(context: Pick<FormContext, 'channelId' | 'responseUrl'>): ModalView {
  return form({
    id: viewIds.start,
    title: 'Why does it answer 500?',
    submit: 'Diagnose',
    context,
    blocks: [
      textField({
        id: startFields.target,
        label: 'API',
        hint: 'API id, name, invoke URL, custom-domain URL, ARN, or alarm:NAME.',
        placeholder: 'orders-api',
        max: LIMITS.input,
      }),
      textField({
        id: startFields.stage,
        label: 'Stage',
        hint: 'Left empty, the one stage that exists or fails.',
        placeholder: 'prod',
        optional: true,
        max: LIMITS.input,
      }),
      textField({
        id: startFields.since,
        label: 'Look back',
        hint: '15m, 2h or 1d; left empty, 15 minutes.',
        placeholder: '15m',
        optional: true,
        max: LIMITS.input,
      }),
    ],
  });
}

export const noteTitle = 'Add a note';

/** One investigation, or a choice of several; `text` is what a message said that it is made from. */
export function noteForm(
  investigations: readonly Investigation[],
  context: Partial<FormContext>,
  text: string | null = null,
): ModalView {
  const options = investigations.slice(0, LIMITS.selectOptions).map(({ id, target }) => ({
    text: plainText(`${target.apiName}, stage ${target.stage} (${target.region})`, LIMITS.optionText),
    value: id,
  }));
  return form({
    id: viewIds.note,
    title: noteTitle,
    submit: 'Add',
    context: { ...context, investigations: investigations.slice(0, 1).map(({ id }) => id) },
    blocks: [
      ...(options.length < 2
        ? []
        : [
            {
              type: 'input' as const,
              block_id: noteFields.investigation,
              label: plainText('Investigation', LIMITS.inputHint),
              element: { type: 'static_select' as const, action_id: noteFields.investigation, options },
            },
          ]),
      textField({
        id: noteFields.text,
        label: 'What was tried, and what came of it',
        hint: 'It goes into the thread, into a handoff and into the export. Secrets are masked.',
        multiline: true,
        ...(text === null ? {} : { initial: text }),
      }),
    ],
  });
}

export const explainTitle = 'Explain log lines';

export function explainForm(context: Partial<FormContext>): ModalView {
  return form({
    id: viewIds.explain,
    title: explainTitle,
    submit: 'Explain',
    context,
    blocks: [
      textField({
        id: answerField,
        label: 'Log lines',
        hint: 'Of any log around an API: execution, access, WAF or function log; best all lines of one failing request. Only you see the answer, and nothing is kept.',
        multiline: true,
      }),
    ],
  });
}

export const feedbackTitle = 'What was the cause?';

export function feedbackForm({ id }: Investigation, context: Partial<FormContext>): ModalView {
  return form({
    id: viewIds.feedback,
    title: feedbackTitle,
    submit: 'Tell',
    context: { ...context, investigations: [id] },
    blocks: [
      textField({
        id: answerField,
        label: 'What it was instead',
        hint: 'It is stored with the investigation.',
        multiline: true,
        max: LIMITS.sentence,
      }),
    ],
  });
}
