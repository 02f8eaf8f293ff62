import { WebAPIPlatformError, WebAPIRateLimitedError } from '@slack/web-api';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { manualTime, openStage, type Stage, startBolt } from './support.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

const incidents = 'C0SBXINC01';
const ana = 'U0SBXANA01';

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

async function reopen(options: Parameters<typeof openStage>[0]): Promise<Stage> {
  await stage.close();
  stage = await openStage(options);
  return stage;
}

describe('what a workspace goes through', () => {
  const post = (channel = incidents) => stage.client.chat.postMessage({ channel, text: 'a' });

  test('an archived channel takes no message, no edit, no reaction and no file; it is still read', async () => {
    const { ts } = await post();
    stage.slack.archive('ana', 'incidents');
    const { client } = stage;
    const at = { channel: incidents, ts: String(ts), timestamp: String(ts), name: 'eyes', user: ana, text: 'b' };
    const { file_id: id, upload_url } = await client.files.getUploadURLExternal({ filename: 'a.txt', length: 1 });
    await fetch(String(upload_url), { method: 'POST', body: 'a' });
    expect((await errorOf(post())).error).toBe('is_archived');
    expect((await errorOf(client.chat.postEphemeral(at))).error).toBe('is_archived');
    expect((await errorOf(client.chat.update(at))).error).toBe('is_inactive');
    expect((await errorOf(client.reactions.add(at))).error).toBe('is_archived');
    const upload = client.files.completeUploadExternal({ files: [{ id: String(id) }], channel_id: incidents });
    expect((await errorOf(upload)).error).toBe('is_archived');
    expect((await client.conversations.history({ channel: incidents })).messages).toHaveLength(1);
    expect((await client.conversations.info({ channel: incidents })).channel).toMatchObject({ is_archived: true });
    expect(() => stage.slack.say('ana', 'incidents', 'hello')).toThrow('#incidents is archived.');
  });

  test('somebody who left is known, and reached nowhere', async () => {
    stage.slack.deactivate('ana');
    const { client } = stage;
    expect((await client.users.info({ user: ana })).user).toMatchObject({ deleted: true });
    expect((await errorOf(client.conversations.open({ users: ana }))).error).toBe('user_disabled');
    expect((await errorOf(post(ana))).error).toBe('channel_not_found');
    const whisper = client.chat.postEphemeral({ channel: incidents, user: ana, text: 'a' });
    expect((await errorOf(whisper)).error).toBe('user_not_in_channel');
    const { users } = await client.usergroups.users.list({ usergroup: 'S0SBXONC01' });
    expect(users).not.toContain(ana);
    expect((await client.conversations.members({ channel: incidents })).members).not.toContain(ana);
  });

  test('a renamed channel has the new name, and messages under it', async () => {
    stage.slack.rename('incidents', 'incidents-old');
    expect((await stage.client.conversations.info({ channel: incidents })).channel?.name).toBe('incidents-old');
    expect((await post('#incidents-old')).channel).toBe(incidents);
    expect((await errorOf(post('#incidents'))).error).toBe('channel_not_found');
  });

  test('an app whose token was revoked can do nothing', async () => {
    stage.slack.revoke();
    expect((await errorOf(post())).error).toBe('token_revoked');
    expect((await errorOf(stage.client.auth.test())).error).toBe('token_revoked');
  });
});

describe('rate limits', () => {
  test('a channel takes a short burst, then one message a second', async () => {
    const time = manualTime();
    const { client } = await reopen({ ...time, rateLimits: 'strict' });
    const post = () => client.chat.postMessage({ channel: incidents, text: 'a' });
    for (let count = 0; count < 4; count++) await post();
    await expect(post()).rejects.toSatisfy(error => error instanceof WebAPIRateLimitedError && error.retryAfter === 1);
    time.advance(1000);
    await post();
    await expect(post()).rejects.toBeInstanceOf(WebAPIRateLimitedError);
  });

  test('a method takes the calls of its tier in a minute, then says how long to wait', async () => {
    const time = manualTime();
    const { client } = await reopen({ ...time, rateLimits: 'strict' });
    const { ts } = await client.chat.postMessage({ channel: incidents, text: 'a' });
    const update = () => client.chat.update({ channel: incidents, ts: String(ts), text: 'b' });
    for (let count = 0; count < 50; count++) await update();
    time.advance(20_000);
    await expect(update()).rejects.toSatisfy(
      error => error instanceof WebAPIRateLimitedError && error.retryAfter === 40,
    );
    time.advance(40_000);
    await update();
  });
});

describe('faults that tests ask for', () => {
  const post = (text: string) => stage.client.chat.postMessage({ channel: incidents, text });

  test('an error, a status, and an answer that is lost after the work was done', async () => {
    stage.slack.fail('chat.postMessage', 'internal_error');
    expect((await errorOf(post('a'))).error).toBe('internal_error');
    stage.slack.fail('chat.postMessage', { status: 503 });
    await expect(post('b')).rejects.toThrow(/503/);
    stage.slack.fail('chat.postMessage', 'lost');
    await expect(post('c')).rejects.toThrow();
    await post('d');
    expect(stage.slack.messages('ana', 'incidents').map(message => message.text)).toEqual(['c', 'd']);
    expect(stage.slack.calls.map(call => call.answer)).toEqual(['internal_error', '503', 'ok', 'ok']);
  });

  test('a wait, no answer at all, a connection that breaks before anything was done', async () => {
    stage.slack.fail('chat.postMessage', 'ratelimited');
    await expect(post('a')).rejects.toBeInstanceOf(WebAPIRateLimitedError);
    stage.slack.fail('chat.postMessage', 'reset');
    await expect(post('b')).rejects.toThrow();
    stage.slack.fail('chat.postMessage', 'timeout');
    const body = new URLSearchParams({ token: stage.slack.botToken, channel: incidents, text: 'c' });
    const hangs = fetch(`${stage.apiUrl}chat.postMessage`, { method: 'POST', body, signal: AbortSignal.timeout(100) });
    await expect(hangs).rejects.toThrow(/timeout/);
    expect(stage.slack.messages('ana', 'incidents')).toEqual([]);
    expect(stage.slack.calls.map(call => call.answer)).toEqual(['ratelimited', 'reset', 'timeout']);
  });

  test('of every method until it is lifted, in turn with one of its own', async () => {
    const lift = stage.slack.fail('*', 'fatal_error', Number.POSITIVE_INFINITY);
    for (const call of [post('a'), stage.client.auth.test(), post('b')]) {
      expect((await errorOf(call)).error).toBe('fatal_error');
    }
    lift();
    stage.slack.fail('chat.postMessage', 'no_text', 2);
    await stage.client.auth.test();
    expect([(await errorOf(post('c'))).error, (await errorOf(post('d'))).error]).toEqual(['no_text', 'no_text']);
    await post('e');
  });

  test('of a response URL', async () => {
    let url = '';
    const bolt = await startBolt(stage, app =>
      app.command('/demo', async ({ ack, body }) => {
        url = body.response_url;
        await ack();
      }),
    );
    await stage.slack.command('ana', 'incidents', '/demo');
    await bolt.stop();
    const answer = () => fetch(url, { method: 'POST', body: JSON.stringify({ text: 'a' }), headers });
    const headers = { 'content-type': 'application/json' };
    stage.slack.fail('response_url', 'ratelimited');
    expect((await answer()).status).toBe(429);
    stage.slack.fail('response_url', 'lost');
    await expect(answer()).rejects.toThrow();
    expect((await answer()).status).toBe(200);
    expect(stage.slack.messages('ana', 'incidents')).toHaveLength(2);
  });

  test('of an upload', async () => {
    const { upload_url } = await stage.client.files.getUploadURLExternal({ filename: 'a.txt', length: 3 });
    const send = () => fetch(String(upload_url), { method: 'POST', body: 'abc' });
    stage.slack.fail('upload', { status: 500 });
    expect((await send()).status).toBe(500);
    stage.slack.fail('upload', 'reset');
    await expect(send()).rejects.toThrow();
    expect((await send()).status).toBe(200);
  });
});
