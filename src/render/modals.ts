/** The form that an empty command opens. */
import type { InputBlock, ModalView } from '@slack/types';
import { LIMITS, plainText } from './blocks.ts';
import { startFields, viewIds } from './ids.ts';

/** What the form carries through Slack and back; a channel is checked again when it comes back. */
export interface StartContext {
  channelId: string;
  responseUrl: string | null;
}

export function startModal(context: StartContext): ModalView {
  return {
    type: 'modal',
    callback_id: viewIds.start,
    title: plainText('Why does it answer 500?', LIMITS.modalTitle),
    submit: plainText('Diagnose', LIMITS.modalTitle),
    close: plainText('Cancel', LIMITS.modalTitle),
    private_metadata: JSON.stringify(context).slice(0, LIMITS.privateMetadata),
    blocks: [
      input(
        startFields.target,
        'API',
        'API id, name, invoke URL, custom-domain URL, ARN, or alarm:NAME.',
        'orders-api',
      ),
      input(startFields.stage, 'Stage', 'Left empty, the one stage that exists or fails.', 'prod', true),
      input(startFields.since, 'Look back', '15m, 2h or 1d; left empty, 15 minutes.', '15m', true),
    ],
  };
}

/** Reads what `startModal` sent along; null where it is not ours. */
export function startContext(privateMetadata: string): StartContext | null {
  try {
    const { channelId, responseUrl } = JSON.parse(privateMetadata) as Partial<StartContext>;
    if (typeof channelId !== 'string') return null;
    return { channelId, responseUrl: typeof responseUrl === 'string' ? responseUrl : null };
  } catch {
    return null;
  }
}

function input(id: string, label: string, hint: string, placeholder: string, optional = false): InputBlock {
  return {
    type: 'input',
    block_id: id,
    label: plainText(label, LIMITS.inputHint),
    hint: plainText(hint, LIMITS.inputHint),
    optional,
    element: {
      type: 'plain_text_input',
      action_id: id,
      max_length: LIMITS.input,
      placeholder: plainText(placeholder, LIMITS.placeholder),
    },
  };
}
