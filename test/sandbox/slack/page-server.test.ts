import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isFromHere } from '../../../src/sandbox/slack/guard.ts';
import type { AwsCall, Desk } from '../../../src/sandbox/slack/page-server.ts';
import type { stateView } from '../../../src/sandbox/slack/page-view.ts';
import { openStage, type Stage, servePage, startBolt } from './support.ts';

const ana = 'U0SBXANA01';
const incidents = 'C0SBXINC01';

let stage: Stage;
let url: string;
let close: () => Promise<void>;
let called: (call: AwsCall) => void;
let picked: string[];

beforeEach(async () => {
  stage = await openStage();
  picked = [];
  const listeners = new Set<() => void>();
  called = () => {};
  const desk: Partial<Desk> = {
    picker: () => ({ incidents: [], picked: picked.at(-1) ?? '', tryLine: 'npm run …' }),
    calls: () => [],
    pick(id) {
      if (id === 'unknown') throw new Error('There is no incident unknown.');
      picked.push(id);
      for (const listener of listeners) listener();
    },
    onPick(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onCall(listener) {
      called = listener;
      return () => {};
    },
  };
  ({ url, close } = await servePage(stage, desk));
});

afterEach(async () => {
  await close();
  await stage.close();
});

async function act(deed: string, body: object, headers: Record<string, string> = {}) {
  const response = await fetch(`${url}/sandbox/${deed}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: response.status === 403 ? null : await response.json() };
}

/** Changes as they come over Server-Sent Events. */
async function follow(user: string) {
  const response = await fetch(`${url}/sandbox/events?user=${user}`);
  const changes: { kind: string; [name: string]: unknown }[] = [];
  void (async () => {
    let rest = '';
    for await (const chunk of response.body ?? []) {
      const parts = (rest + Buffer.from(chunk).toString()).split('\n\n');
      rest = parts.pop() ?? '';
      for (const part of parts) if (part.startsWith('data: ')) changes.push(JSON.parse(part.slice(6)));
    }
  })().catch(() => {});
  return changes;
}

describe('who is answered', () => {
  test.each([
    ['another name that leads here', { host: 'evil.example' }],
    ['another port', { host: '127.0.0.1:1' }],
    ['another origin', { origin: 'https://evil.example' }],
    ['an origin that is nothing', { origin: 'null' }],
    ['a request of another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
  ])('%s is not', (_, headers) => {
    const request = { headers: { host: '127.0.0.1:3500', ...headers } };
    expect(isFromHere(request as never, 3500)).toBe(false);
  });

  test.each([
    ['the page itself', { origin: 'http://127.0.0.1:3500', 'sec-fetch-site': 'same-origin' }],
    ['localhost', { host: 'localhost:3500', origin: 'http://localhost:3500' }],
    ['a link from elsewhere', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }],
    ['the bot, which is no browser', {}],
  ])('%s is', (_, headers) => {
    const request = { headers: { host: '127.0.0.1:3500', ...headers } };
    expect(isFromHere(request as never, 3500)).toBe(true);
  });

  test('answers without a port in the address where the port is that of the scheme', () => {
    const request = { headers: { host: 'localhost', origin: 'http://localhost' } };
    expect(isFromHere(request as never, 80)).toBe(true);
    expect(isFromHere(request as never, 3500)).toBe(false);
  });

  test('a form of another page cannot act, because it cannot send JSON', async () => {
    const body = { user: ana, channelId: incidents, text: 'hello' };
    expect((await act('say', body, { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await act('say', body, { origin: 'https://evil.example' })).status).toBe(403);
    expect(stage.slack.messages('ana', 'incidents')).toEqual([]);
  });
});

describe('the page', () => {
  test('loads nothing from elsewhere, and says so to the browser', async () => {
    const response = await fetch(`${url}/`);
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'");
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await response.text()).not.toMatch(/https?:\/\//);
  });

  test('is what a permalink leads to', async () => {
    expect((await fetch(`${url}/archives/${incidents}/p1700000000000001`)).status).toBe(200);
  });

  test('has no other files', async () => {
    for (const path of ['/page-server.ts', '/../workspace.ts', '/sandbox/files/F1', '/sandbox/nothing']) {
      expect((await fetch(`${url}${path}`)).status).toBe(404);
    }
  });
});

describe('what a person sees and does', () => {
  test('the state holds their channels and their ephemeral messages only', async () => {
    await stage.client.chat.postEphemeral({ channel: incidents, user: ana, text: 'psst' });
    await stage.client.chat.postMessage({ channel: 'C0SBXWAR04', text: 'private' });
    const read = async (user: string) =>
      (await (await fetch(`${url}/sandbox/state?user=${user}`)).json()) as ReturnType<typeof stateView>;
    const seen = await read(ana);
    expect(seen.messages.map(message => message.text)).toEqual(['psst', 'private']);
    const other = await read('U0SBXBEN02');
    expect(other.messages).toEqual([]);
    expect(other.channels.map(channel => channel.name)).not.toContain('war-room');
    expect((await read('U404')).me).toBe(ana);
  });

  test('a command, a press and a form go to the app', async () => {
    const view = {
      type: 'modal' as const,
      callback_id: 'form',
      title: { type: 'plain_text' as const, text: 'Form' },
      blocks: [],
    };
    const bolt = await startBolt(stage, app => {
      app.command('/demo', async ({ ack, command, client }) => {
        await ack();
        await client.views.open({ trigger_id: command.trigger_id, view });
      });
      app.view('form', ({ ack }) => ack());
    });
    const changes = await follow(ana);
    expect((await act('command', { user: ana, channelId: incidents, text: '/demo' })).body).toEqual({ ok: true });
    await expect.poll(() => changes.map(change => change.kind)).toEqual(['modal']);
    expect((await act('submit', { user: ana, inputs: {} })).body).toEqual({ ok: true });
    await expect.poll(() => changes.at(-1)?.modal).toBeNull();
    await bolt.stop();
  });

  test('the alarm fires, or why it does not; another app posts it', async () => {
    const deliver: Partial<Desk> = {
      async alarm(state) {
        if (state === 'OK') throw new Error("The bot's /webhooks/sns answered 503.");
      },
    };
    await close();
    ({ url, close } = await servePage(stage, deliver));
    expect((await act('alarm', { state: 'ALARM' })).body).toEqual({ ok: true });
    const refused = { ok: false, error: "The bot's /webhooks/sns answered 503." };
    expect((await act('alarm', { state: 'OK' })).body).toEqual(refused);
    expect((await act('alarm', { state: 'BAD' })).status).toBe(400);
    const changes = await follow('U0SBXBEN02');
    expect((await act('alarm-post', { channelId: 'C0SBXINC01' })).body).toEqual({ ok: true });
    await expect.poll(() => changes).toMatchObject([{ kind: 'message', message: { userId: 'B0SBXAMQ01' } }]);
  });

  test('changes reach those who may see them', async () => {
    const [forAna, forBen] = [await follow(ana), await follow('U0SBXBEN02')];
    await stage.client.chat.postEphemeral({ channel: incidents, user: ana, text: 'psst' });
    await act('say', { user: ana, channelId: incidents, text: 'hello' });
    await expect.poll(() => forBen.length).toBe(1);
    expect(forBen).toMatchObject([{ kind: 'message', message: { text: 'hello' } }]);
    expect(forAna).toMatchObject([{ message: { text: 'psst', ephemeral: true } }, { message: { text: 'hello' } }]);
  });

  test('calls come together, and a pick brings a new picker', async () => {
    const changes = await follow(ana);
    called({ at: '2026-01-01T00:00:00Z', operation: 'lambda:GetPolicy', durationMs: 3 });
    called({ at: '2026-01-01T00:00:01Z', operation: 'iam:GetRole', durationMs: 4 });
    await expect.poll(() => changes).toMatchObject([{ kind: 'calls', calls: [{}, {}] }]);
    await act('pick', { id: 'orders', mended: true });
    await expect.poll(() => changes.at(-1)).toMatchObject({ kind: 'picker', picker: { picked: 'orders' } });
  });

  test('what cannot be done is said, and what is malformed is refused', async () => {
    expect((await act('pick', { id: 'unknown', mended: false })).body).toEqual({
      ok: false,
      error: 'There is no incident unknown.',
    });
    expect((await act('say', { user: ana })).status).toBe(400);
    expect((await act('shout', {})).status).toBe(404);
  });
});
