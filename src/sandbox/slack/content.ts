import { limits } from './limits.ts';
import { type Call, flagArg, jsonArg, objects, SlackError, stringArg } from './methods/call.ts';
import { isObject, type Json } from './schema.ts';
import type { State } from './state.ts';
import { type Refusal, refuseBlocks, refuseMetadata } from './validation.ts';

/** What a message says; undefined for what the caller did not give. */
export interface Content {
  text: string | undefined;
  blocks: Json[] | undefined;
  attachments: Json[] | undefined;
  metadata: Json | null | undefined;
}

/** Reads and checks the content of a message, as `chat.*` and response URLs take it. */
export function contentOf(call: Pick<Call, 'state' | 'args'>): Content {
  const blocks = jsonArg(call, 'blocks', 'invalid_blocks_format');
  const attachments = jsonArg(call, 'attachments', 'invalid_attachments');
  const metadata = jsonArg(call, 'metadata', 'invalid_metadata_format');
  const markdown = stringArg(call, 'markdown_text');
  const text = typeof call.args.text === 'string' ? call.args.text : undefined;
  if (markdown !== null && (text !== undefined || blocks !== undefined)) throw new SlackError('markdown_text_conflict');
  if (blocks !== undefined) refuse(refuseBlocks(blocks));
  if (attachments !== undefined) {
    if (!Array.isArray(attachments)) throw new SlackError('invalid_attachments');
    if (attachments.length > limits.attachments) throw new SlackError('too_many_attachments');
    for (const { blocks: own } of objects(attachments)) if (own !== undefined) refuse(refuseBlocks(own));
  }
  if (metadata !== undefined) {
    const error = refuseMetadata(metadata);
    if (error !== null) throw new SlackError(error);
  }
  refuseUnknownFiles(call.state, blocks, '/blocks');
  return {
    text: (text ?? markdown ?? undefined)?.slice(0, limits.messageText),
    blocks: blocks === undefined ? undefined : objects(blocks),
    attachments: attachments === undefined ? undefined : objects(attachments),
    metadata: metadata === undefined ? undefined : isObject(metadata) && 'event_type' in metadata ? metadata : null,
  };
}

/** Text, blocks or attachments: one of them must be there, or Slack answers `no_text`. */
export function isEmpty({ text, blocks, attachments }: Content): boolean {
  return !text?.trim() && !blocks?.length && !attachments?.length;
}

export function wantsBroadcast(call: Pick<Call, 'args'>): boolean {
  return flagArg(call, 'reply_broadcast');
}

export function refuse(refusal: Refusal | null): void {
  if (refusal === null) return;
  const { error, messages } = refusal;
  throw new SlackError(
    error,
    messages.length === 0
      ? {}
      : { errors: messages.map(text => text.replace('[ERROR] ', '')), response_metadata: { messages } },
  );
}

/** An image block may show only an uploaded image that the workspace has. */
function refuseUnknownFiles(state: State, value: unknown, pointer: string): void {
  if (Array.isArray(value)) {
    value.forEach((item, index) => {
      refuseUnknownFiles(state, item, `${pointer}/${index}`);
    });
  } else if (isObject(value)) {
    for (const [name, item] of Object.entries(value)) {
      const file = name === 'slack_file' && isObject(item) ? state.files.get(String(item.id)) : undefined;
      if (name === 'slack_file' && !(file?.data && file.mimeType.startsWith('image/'))) {
        refuse({
          error: 'invalid_blocks',
          messages: [`[ERROR] invalid slack file [json-pointer:${pointer}/slack_file]`],
        });
      }
      refuseUnknownFiles(state, item, `${pointer}/${name}`);
    }
  }
}
