import { isObject, type Json } from '../schema.ts';
import { fileJson, messageEvent } from '../shapes.ts';
import type { StoredFile } from '../state.ts';
import {
  type Call,
  channelOf,
  jsonArg,
  type Method,
  needMembership,
  requiredArg,
  SlackError,
  stringArg,
  threadOf,
} from './call.ts';

/** https://docs.slack.dev/messaging/working-with-files/#upload */
export const fileMethods: Record<string, Method> = {
  'files.getUploadURLExternal': { scopes: ['files:write'], tier: 'tier4', run: getUploadUrl },
  'files.completeUploadExternal': { scopes: ['files:write'], tier: 'tier4', run: complete },
};

function getUploadUrl(call: Call): Json {
  const name = requiredArg(call, 'filename', 'invalid_arguments');
  const length = Number(requiredArg(call, 'length', 'invalid_arguments'));
  if (!Number.isInteger(length) || length < 1) throw new SlackError('invalid_arguments');
  const file = call.state.addFile({
    name,
    title: name,
    mimeType: mimeTypeOf(name),
    ownerId: call.state.seed.botUserId,
    size: length,
    altText: stringArg(call, 'alt_text') ?? stringArg(call, 'alt_txt'),
  });
  return { upload_url: `${call.origin}/upload/${file.id}`, file_id: file.id };
}

/** The answer names the files only; the message that carries them appears afterwards. */
function complete(call: Call): Json {
  const entries = jsonArg(call, 'files', 'invalid_arguments');
  if (!Array.isArray(entries) || entries.length === 0) throw new SlackError('invalid_arguments');
  const files = entries.map(entry => uploaded(call, entry));
  const channelId = stringArg(call, 'channel_id');
  if (channelId !== null) {
    // Unlike chat.postMessage it takes no names.
    const channel = channelOf(call, call.state.channels.has(channelId) ? channelId : null);
    needMembership(call, channel);
    if (channel.archived) throw new SlackError('is_archived');
    const threadTs = threadOf(call, channel);
    setImmediate(() => {
      const message = call.state.post({
        channelId: channel.id,
        userId: call.state.seed.botUserId,
        text: stringArg(call, 'initial_comment') ?? '',
        threadTs,
        files,
      });
      call.emit(messageEvent(call.state, message), channel.id);
    });
  }
  return { files: files.map(fileJson) };
}

function uploaded(call: Call, entry: unknown): StoredFile {
  const file = isObject(entry) ? call.state.files.get(String(entry.id)) : undefined;
  if (file === undefined || file.data === null || !isObject(entry)) throw new SlackError('file_not_found');
  if (typeof entry.title === 'string') file.title = entry.title;
  return file;
}

const mimeTypes: Record<string, string> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  md: 'text/markdown',
  txt: 'text/plain',
  json: 'application/json',
};

function mimeTypeOf(name: string): string {
  return mimeTypes[name.split('.').at(-1)?.toLowerCase() ?? ''] ?? 'application/octet-stream';
}
