/** Modals: what all of them are made of. */
import type { InputBlock, KnownBlock, ModalView } from '@slack/types';
import { LIMITS, type Message, md, plainText, section } from './blocks.ts';
import type { viewIds } from './ids.ts';

/** What a form carries through Slack and back: ids to look up again, and where its person can be told something. */
export interface FormContext {
  /** null: it was opened from App Home. */
  channelId: string | null;
  threadTs: string | null;
  responseUrl: string | null;
  investigations: string[];
  handoff: string | null;
  /** Of the message that a note is made from. */
  link: string | null;
}

/** As many ids as fit beside an address. */
export const mostInForm = 40;

export interface Form {
  id: (typeof viewIds)[keyof typeof viewIds];
  title: string;
  submit: string;
  context: Partial<FormContext>;
  blocks: KnownBlock[];
}

export function form({ id, title, submit, context, blocks }: Form): ModalView {
  return {
    type: 'modal',
    callback_id: id,
    title: plainText(title, LIMITS.modalTitle),
    submit: plainText(submit, LIMITS.modalTitle),
    close: plainText('Cancel', LIMITS.modalTitle),
    private_metadata: metadataOf(context),
    blocks,
  };
}

/** Without the address where both do not fit: ids are needed, and Slack may tell the person otherwise. */
function metadataOf(context: Partial<FormContext>): string {
  const whole = JSON.stringify(context);
  return whole.length <= LIMITS.privateMetadata ? whole : JSON.stringify({ ...context, responseUrl: null });
}

/** Reads what `form` sent along; null where it is not ours. */
export function formContext(privateMetadata: string): FormContext | null {
  try {
    const sent: unknown = JSON.parse(privateMetadata);
    if (typeof sent !== 'object' || sent === null) return null;
    const { channelId, threadTs, responseUrl, investigations, handoff, link } = sent as Record<string, unknown>;
    return {
      channelId: textOf(channelId),
      threadTs: textOf(threadTs),
      responseUrl: textOf(responseUrl),
      investigations: Array.isArray(investigations) ? investigations.filter(id => typeof id === 'string') : [],
      handoff: textOf(handoff),
      link: textOf(link),
    };
  } catch {
    return null;
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** Opened at once, because Slack lets a form be opened for three seconds only; what it says follows. */
export function waitingForm(title: string): ModalView {
  return saidForm(title, { text: '', blocks: [section(md`⏳ One moment…`)] });
}

/** What came of it, in place of the form. */
export function saidForm(title: string, { blocks }: Message): ModalView {
  return {
    type: 'modal',
    title: plainText(title, LIMITS.modalTitle),
    close: plainText('Close', LIMITS.modalTitle),
    blocks,
  };
}

export interface TextField {
  /** Block and action id in one. */
  id: string;
  label: string;
  hint?: string;
  placeholder?: string;
  initial?: string;
  optional?: true;
  multiline?: true;
  max?: number;
}

export function textField({ id, label, hint, placeholder, initial, optional, multiline, max }: TextField): InputBlock {
  const longest = Math.min(max ?? LIMITS.typed, LIMITS.typed);
  return {
    type: 'input',
    block_id: id,
    label: plainText(label, LIMITS.inputHint),
    ...(hint === undefined ? {} : { hint: plainText(hint, LIMITS.inputHint) }),
    optional: optional === true,
    element: {
      type: 'plain_text_input',
      action_id: id,
      multiline: multiline === true,
      max_length: longest,
      ...(placeholder === undefined ? {} : { placeholder: plainText(placeholder, LIMITS.placeholder) }),
      ...(initial === undefined || initial === '' ? {} : { initial_value: initial.slice(0, longest).toWellFormed() }),
    },
  };
}

/** What was put in, by block id. */
export interface Typed {
  [block: string]:
    | {
        [action: string]: {
          value?: string | null;
          selected_user?: string | null;
          selected_option?: { value: string } | null;
        };
      }
    | undefined;
}

export function typedIn(values: Typed, id: string): string {
  const field = values[id]?.[id];
  return (field?.value ?? field?.selected_user ?? field?.selected_option?.value ?? '').trim();
}
