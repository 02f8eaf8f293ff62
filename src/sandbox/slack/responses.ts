import { contentOf, isEmpty } from './content.ts';
import { SlackError } from './methods/call.ts';
import type { Json } from './schema.ts';
import type { State } from './state.ts';

/** Where an answer to an interaction goes. */
export interface ResponseTarget {
  channelId: string;
  userId: string;
  /** The message that was acted on, which the answer may replace or delete. */
  messageTs: string | null;
}

/**
 * Applies what the app answered to a command or posted to a response URL: only to the person unless it says
 * `in_channel`. It needs no membership. https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
 */
export function respond(state: State, target: ResponseTarget, response: Json): void {
  const original = target.messageTs === null ? undefined : state.message(target.channelId, target.messageTs);
  if (response.delete_original === true) {
    if (original === undefined) throw new SlackError('message_not_found');
    state.remove(original);
    return;
  }
  const content = contentOf({ state, args: response });
  if (isEmpty(content)) throw new SlackError('no_text');
  if (response.replace_original === true && original !== undefined) {
    state.edit(original, { text: content.text ?? '', blocks: content.blocks ?? [] });
    return;
  }
  state.post({
    channelId: target.channelId,
    userId: state.seed.botUserId,
    text: content.text ?? '',
    blocks: content.blocks ?? [],
    attachments: content.attachments ?? [],
    threadTs: typeof response.thread_ts === 'string' ? response.thread_ts : null,
    onlyFor: response.response_type === 'in_channel' ? null : target.userId,
  });
}
