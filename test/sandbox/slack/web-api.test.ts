import { WebAPIPlatformError } from '@slack/web-api';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { clientOf, fullManifest, openStage, type Stage } from './support.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

const incidents = 'C0SBXINC01';
const general = 'C0SBXGEN03';
const ana = 'U0SBXANA01';
const section = (text: string) => ({ type: 'section' as const, text: { type: 'mrkdwn' as const, text } });

/** The error that a call is answered with, and what comes with it. */
async function errorOf(call: Promise<unknown>): Promise<Record<string, unknown>> {
  try {
    await call;
  } catch (error) {
    if (error instanceof WebAPIPlatformError) return error.data as unknown as Record<string, unknown>;
    throw error;
  }
  throw new Error('The call was answered without an error.');
}

function without(...scopes: string[]) {
  return { ...fullManifest, scopes: fullManifest.scopes.filter(scope => !scopes.includes(scope)) };
}

async function reopen(options: Parameters<typeof openStage>[0]): Promise<Stage> {
  await stage.close();
  stage = await openStage(options);
  return stage;
}

describe('tokens and scopes', () => {
  test('auth.test names the bot', async () => {
    expect(await stage.client.auth.test()).toMatchObject({ ok: true, user_id: 'U0SBXBOT04', bot_id: 'B0SANDBOX1' });
  });

  test.each([
    ['', 'not_authed'],
    ['xoxb-other', 'invalid_auth'],
    ['xapp-sandbox', 'not_allowed_token_type'],
  ])('the token %j is answered with %s', async (token, error) => {
    expect((await errorOf(clientOf(stage.apiUrl, token).auth.test())).error).toBe(error);
  });

  test('an unknown method is unknown_method', async () => {
    expect((await errorOf(stage.client.apiCall('chat.shout'))).error).toBe('unknown_method');
  });

  test('a scope that the manifest lacks is missing_scope, with what is needed and provided', async () => {
    const { client } = await reopen({ manifest: { ...fullManifest, scopes: ['commands'] } });
    expect(await errorOf(client.chat.postMessage({ channel: incidents, text: 'a' }))).toMatchObject({
      error: 'missing_scope',
      needed: 'chat:write',
      provided: 'commands',
    });
  });

  test('history asks for the scope of the kind of channel', async () => {
    const { client } = await reopen({ manifest: without('groups:history') });
    await client.conversations.history({ channel: incidents });
    const error = await errorOf(client.conversations.history({ channel: 'C0SBXWAR04' }));
    expect(error).toMatchObject({ error: 'missing_scope', needed: 'groups:history' });
  });
});

describe('chat.postMessage', () => {
  test('posts, and people in the channel see it', async () => {
    const { ts } = await stage.client.chat.postMessage({ channel: incidents, text: 'hello', blocks: [section('hi')] });
    const [message] = stage.slack.messages('ana', 'incidents');
    expect(message).toMatchObject({ ts, text: 'hello', userId: 'U0SBXBOT04' });
    expect(message?.blocks[0]).toMatchObject({ type: 'section', block_id: expect.any(String) });
  });

  test('the bot is not in a public channel: not_in_channel', async () => {
    const call = stage.client.chat.postMessage({ channel: general, text: 'a' });
    expect((await errorOf(call)).error).toBe('not_in_channel');
  });

  test('an unknown channel, and a private one without the bot, is channel_not_found', async () => {
    const { state } = stage.slack;
    expect((await errorOf(stage.client.chat.postMessage({ channel: 'C404', text: 'a' }))).error).toBe(
      'channel_not_found',
    );
    const warRoom = state.channels.get('C0SBXWAR04');
    if (warRoom) state.leave(warRoom, 'U0SBXBOT04');
    const call = stage.client.chat.postMessage({ channel: 'C0SBXWAR04', text: 'a' });
    expect((await errorOf(call)).error).toBe('channel_not_found');
  });

  test('an archived channel is is_archived', async () => {
    const channel = stage.slack.state.channels.get(incidents);
    if (channel) stage.slack.state.archive(channel);
    expect((await errorOf(stage.client.chat.postMessage({ channel: incidents, text: 'a' }))).error).toBe('is_archived');
  });

  test('nothing to say is no_text', async () => {
    expect((await errorOf(stage.client.chat.postMessage({ channel: incidents, text: ' ' }))).error).toBe('no_text');
  });

  test('bad blocks are invalid_blocks with the place', async () => {
    const error = await errorOf(
      stage.client.chat.postMessage({ channel: incidents, text: 'a', blocks: [section('')] }),
    );
    expect(error).toMatchObject({
      error: 'invalid_blocks',
      errors: ['must be more than 0 characters [json-pointer:/blocks/0/text/text]'],
      response_metadata: {
        messages: ['[ERROR] must be more than 0 characters [json-pointer:/blocks/0/text/text]'],
      },
    });
    expect(stage.slack.messages('ana', 'incidents')).toEqual([]);
  });

  test('too many characters are msg_blocks_too_long', async () => {
    const blocks = Array.from({ length: 5 }, () => section('x'.repeat(2700)));
    expect((await errorOf(stage.client.chat.postMessage({ channel: incidents, text: 'a', blocks }))).error).toBe(
      'msg_blocks_too_long',
    );
  });

  test('an image block must show an uploaded image', async () => {
    const blocks = [{ type: 'image' as const, alt_text: 'chart', slack_file: { id: 'F404' } }];
    const error = await errorOf(stage.client.chat.postMessage({ channel: incidents, text: 'a', blocks }));
    expect(error.errors).toEqual(['invalid slack file [json-pointer:/blocks/0/slack_file]']);
  });

  test('a thread must exist, and a reply has no thread of its own', async () => {
    const root = await stage.client.chat.postMessage({ channel: incidents, text: 'root' });
    const reply = await stage.client.chat.postMessage({ channel: incidents, text: 'r', thread_ts: String(root.ts) });
    const post = (thread_ts: string) => stage.client.chat.postMessage({ channel: incidents, text: 'a', thread_ts });
    expect((await errorOf(post('1.000001'))).error).toBe('thread_not_found');
    expect((await errorOf(post(String(reply.ts)))).error).toBe('cannot_reply_to_message');
  });

  test('a person as the channel is the direct message with them', async () => {
    const { channel } = await stage.client.chat.postMessage({ channel: ana, text: 'only you' });
    expect(channel).toBe('D0SBXANA01');
    expect(stage.slack.directMessages('ana').map(message => message.text)).toEqual(['only you']);
  });

  test('text is cut at 40,000 characters', async () => {
    await stage.client.chat.postMessage({ channel: incidents, text: 'x'.repeat(40_001) });
    expect(stage.slack.messages('ana', 'incidents')[0]?.text).toHaveLength(40_000);
  });
});

describe('chat.update and chat.delete', () => {
  test('an update keeps what it does not name, metadata included', async () => {
    const metadata = { event_type: 'card', event_payload: { id: '7' } };
    const { ts } = await stage.client.chat.postMessage({
      channel: incidents,
      text: 'a',
      blocks: [section('a')],
      metadata,
    });
    await stage.client.chat.update({ channel: incidents, ts: String(ts), text: 'b' });
    expect(stage.slack.messages('ana', 'incidents')[0]).toMatchObject({
      text: 'b',
      metadata,
      blocks: [{ text: { text: 'a' } }],
    });
  });

  test('only own messages: cant_update_message, cant_delete_message', async () => {
    const { ts } = stage.slack.say('ana', 'incidents', 'mine');
    const { chat } = stage.client;
    expect((await errorOf(chat.update({ channel: incidents, ts, text: 'b' }))).error).toBe('cant_update_message');
    expect((await errorOf(chat.delete({ channel: incidents, ts }))).error).toBe('cant_delete_message');
  });

  test('no such message, or an ephemeral one, is message_not_found', async () => {
    const { chat } = stage.client;
    expect((await errorOf(chat.update({ channel: incidents, ts: '1.000001', text: 'b' }))).error).toBe(
      'message_not_found',
    );
    const { message_ts } = await chat.postEphemeral({ channel: incidents, user: ana, text: 'psst' });
    const call = chat.update({ channel: incidents, ts: String(message_ts), text: 'b' });
    expect((await errorOf(call)).error).toBe('message_not_found');
  });

  test('text over 4,000 characters is msg_too_long', async () => {
    const { ts } = await stage.client.chat.postMessage({ channel: incidents, text: 'a' });
    const call = stage.client.chat.update({ channel: incidents, ts: String(ts), text: 'x'.repeat(4001) });
    expect((await errorOf(call)).error).toBe('msg_too_long');
  });

  test('a deleted message is gone', async () => {
    const { ts } = await stage.client.chat.postMessage({ channel: incidents, text: 'a' });
    await stage.client.chat.delete({ channel: incidents, ts: String(ts) });
    expect(stage.slack.messages('ana', 'incidents')).toEqual([]);
  });
});

describe('chat.postEphemeral', () => {
  test('is seen by one person, and is in no history', async () => {
    await stage.client.chat.postEphemeral({ channel: incidents, user: ana, text: 'psst' });
    expect(stage.slack.messages('ana', 'incidents')).toHaveLength(1);
    expect(stage.slack.messages('ben', 'incidents')).toEqual([]);
    expect((await stage.client.conversations.history({ channel: incidents })).messages).toEqual([]);
  });

  test('the person must be in the channel: user_not_in_channel', async () => {
    const call = stage.client.chat.postEphemeral({ channel: 'C0SBXPAY02', user: 'U0SBXCHK03', text: 'a' });
    expect((await errorOf(call)).error).toBe('user_not_in_channel');
  });

  test('the bot must be in the channel: not_in_channel', async () => {
    const call = stage.client.chat.postEphemeral({ channel: general, user: ana, text: 'a' });
    expect((await errorOf(call)).error).toBe('not_in_channel');
  });
});

describe('conversations', () => {
  test('history is newest first and paged, with metadata only when asked for', async () => {
    const metadata = { event_type: 'card', event_payload: { id: '7' } };
    for (const text of ['one', 'two', 'three'])
      await stage.client.chat.postMessage({ channel: incidents, text, metadata });
    const first = await stage.client.conversations.history({ channel: incidents, limit: 2 });
    expect(first.messages?.map(message => message.text)).toEqual(['three', 'two']);
    expect(first.messages?.[0]).not.toHaveProperty('metadata');
    const cursor = String(first.response_metadata?.next_cursor);
    const second = await stage.client.conversations.history({ channel: incidents, cursor, include_all_metadata: true });
    expect(second.messages).toMatchObject([{ text: 'one', metadata }]);
    expect(second.has_more).toBe(false);
  });

  test('history holds a reply only where it was sent to the channel too', async () => {
    const { ts } = await stage.client.chat.postMessage({ channel: incidents, text: 'root' });
    const thread_ts = String(ts);
    await stage.client.chat.postMessage({ channel: incidents, text: 'quiet', thread_ts });
    await stage.client.chat.postMessage({ channel: incidents, text: 'loud', thread_ts, reply_broadcast: true });
    const { messages } = await stage.client.conversations.history({ channel: incidents });
    expect(messages?.map(({ text, subtype }) => [text, subtype])).toEqual([
      ['loud', 'thread_broadcast'],
      ['root', undefined],
    ]);
    const thread = await stage.client.conversations.replies({ channel: incidents, ts: thread_ts });
    expect(thread.messages?.map(message => message.text)).toEqual(['root', 'quiet', 'loud']);
    expect(thread.messages?.[0]).toMatchObject({ reply_count: 2 });
  });

  test('oldest and latest leave their ends out unless inclusive', async () => {
    const { ts } = await stage.client.chat.postMessage({ channel: incidents, text: 'a' });
    const history = (inclusive: boolean) =>
      stage.client.conversations.history({ channel: incidents, oldest: String(ts), latest: String(ts), inclusive });
    expect((await history(false)).messages).toEqual([]);
    expect((await history(true)).messages).toHaveLength(1);
  });

  test('history of a channel that the bot is not in is not_in_channel', async () => {
    expect((await errorOf(stage.client.conversations.history({ channel: general }))).error).toBe('not_in_channel');
  });

  test('an unknown thread is thread_not_found', async () => {
    const call = stage.client.conversations.replies({ channel: incidents, ts: '1.000001' });
    expect((await errorOf(call)).error).toBe('thread_not_found');
  });

  test('info says whether the bot is a member; join makes it one', async () => {
    expect((await stage.client.conversations.info({ channel: general })).channel?.is_member).toBe(false);
    await stage.client.conversations.join({ channel: general });
    expect((await stage.client.conversations.info({ channel: general })).channel?.is_member).toBe(true);
  });

  test('list and members', async () => {
    const { channels } = await stage.client.conversations.list({ types: 'public_channel,private_channel' });
    expect(channels?.map(channel => channel.name)).toEqual(['incidents', 'payments', 'general', 'war-room']);
    const { members } = await stage.client.conversations.members({ channel: 'C0SBXPAY02' });
    expect(members).toEqual([ana, 'U0SBXBEN02', 'U0SBXBOT04']);
  });
});

describe('people, permalinks and reactions', () => {
  test('users and user groups', async () => {
    expect((await stage.client.users.info({ user: ana })).user).toMatchObject({ name: 'ana', real_name: 'Ana Ruiz' });
    expect((await errorOf(stage.client.users.info({ user: 'U404' }))).error).toBe('user_not_found');
    expect((await stage.client.usergroups.users.list({ usergroup: 'S0SBXONC01' })).users).toEqual([ana, 'U0SBXBEN02']);
    expect((await errorOf(stage.client.usergroups.users.list({ usergroup: 'S404' }))).error).toBe('no_such_subteam');
  });

  test('a permalink of a reply names its thread', async () => {
    const { ts } = await stage.client.chat.postMessage({ channel: incidents, text: 'root' });
    const reply = await stage.client.chat.postMessage({ channel: incidents, text: 'r', thread_ts: String(ts) });
    const { permalink } = await stage.client.chat.getPermalink({ channel: incidents, message_ts: String(reply.ts) });
    expect(permalink).toContain(`/archives/${incidents}/p${String(reply.ts).replace('.', '')}?thread_ts=${ts}`);
  });

  test('one reaction a person: already_reacted, no_reaction, invalid_name', async () => {
    const { ts } = await stage.client.chat.postMessage({ channel: incidents, text: 'a' });
    const target = { channel: incidents, timestamp: String(ts) };
    await stage.client.reactions.add({ ...target, name: 'eyes' });
    expect((await errorOf(stage.client.reactions.add({ ...target, name: 'eyes' }))).error).toBe('already_reacted');
    expect((await errorOf(stage.client.reactions.remove({ ...target, name: 'mag' }))).error).toBe('no_reaction');
    expect((await errorOf(stage.client.reactions.add({ ...target, name: ':mag:' }))).error).toBe('invalid_name');
  });
});

describe('files', () => {
  test('an upload is posted after its answer, into the thread', async () => {
    const { ts } = await stage.client.chat.postMessage({ channel: incidents, text: 'root' });
    await stage.client.filesUploadV2({
      channel_id: incidents,
      thread_ts: String(ts),
      filename: 'report.md',
      content: '# Report',
      initial_comment: 'Here it is',
    });
    const message = await stage.slack.until(() => stage.slack.messages('ana', 'incidents').find(item => item.files[0]));
    expect(message).toMatchObject({ text: 'Here it is', threadTs: ts });
    expect(message.files[0]?.data?.toString()).toBe('# Report');
  });

  test('is a message of its own kind, and a text file says so', async () => {
    await stage.client.filesUploadV2({ channel_id: incidents, filename: 'report.md', content: '# Report' });
    const [message] = await stage.slack.until(() => {
      const messages = stage.slack.messages('ana', 'incidents');
      return messages.length > 0 && messages;
    });
    const { messages } = await stage.client.conversations.history({ channel: incidents });
    expect(messages).toMatchObject([
      { subtype: 'file_share', ts: message?.ts, files: [{ mimetype: 'text/markdown', mode: 'snippet', size: 8 }] },
    ]);
  });

  test('takes as many bytes as were announced, and a channel by its id', async () => {
    const { file_id, upload_url } = await stage.client.files.getUploadURLExternal({ filename: 'a.txt', length: 3 });
    const send = (body: string) => fetch(String(upload_url), { method: 'POST', body });
    expect((await send('abcd')).status).toBe(400);
    expect((await send('abc')).status).toBe(200);
    const files: [{ id: string }] = [{ id: String(file_id) }];
    const complete = (channel_id: string) => stage.client.files.completeUploadExternal({ files, channel_id });
    expect((await errorOf(complete('#incidents'))).error).toBe('channel_not_found');
    expect((await errorOf(complete(general))).error).toBe('not_in_channel');
    expect((await complete(incidents)).ok).toBe(true);
  });

  test('a file without its bytes is file_not_found', async () => {
    const { file_id } = await stage.client.files.getUploadURLExternal({ filename: 'a.txt', length: 3 });
    const call = stage.client.files.completeUploadExternal({ files: [{ id: String(file_id) }], channel_id: incidents });
    expect((await errorOf(call)).error).toBe('file_not_found');
  });
});
