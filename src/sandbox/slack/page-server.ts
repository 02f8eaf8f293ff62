/** Serves the page: its files, what one person sees, and what they do. */
import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname } from 'node:path';
import { z } from 'zod';
import { fileBeside } from '../../files.ts';
import { changeView, stateView } from './page-view.ts';
import type { AppPost } from './people.ts';
import type { SlackWorkspace } from './workspace.ts';

/** An incident that can be picked, and its twin with one fact mended. */
export interface Incident {
  id: string;
  title: string;
  story: string;
  /** What to type. */
  command: string;
  mendable: boolean;
  mended: boolean;
  /** Nothing is wrong here. */
  healthy: boolean;
  /** The name of its alarm; null where nothing watches it. */
  alarm: string | null;
}

export interface AwsCall {
  at: string;
  operation: string;
  durationMs: number;
  error?: string;
}

/** The other half of the sandbox, as the page shows it. */
export interface Desk {
  picker(): { incidents: Incident[]; picked: string; tryLine: string };
  /** Calls to the world that is picked, oldest first. */
  calls(): AwsCall[];
  pick(id: string, mended: boolean): void;
  onPick(listener: () => void): () => void;
  /** The alarm of the incident fires, or recovers: the bot is told by its webhook. Rejects with what a person can read. */
  alarm(state: 'ALARM' | 'OK'): Promise<void>;
  /** Another app that posts the alarm as it stands, and what it posts. */
  alarmPost(): { app: string; post: AppPost };
  onCall(listener: (call: AwsCall) => void): () => void;
}

const contentTypes: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const security = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
};

/** The page shows the newest of them. */
const shownCalls = 500;
/** Calls come in bursts; the page hears of them together. */
const callsEveryMs = 100;
const maxBodyBytes = 256 * 1024;

const input = z.union([z.string(), z.array(z.string()), z.null()]);
const inputs = z.record(z.string(), input).default({});
const place = { user: z.string(), channelId: z.string() };
const deeds = {
  command: z.object({ ...place, text: z.string() }),
  say: z.object({ ...place, text: z.string().min(1), threadTs: z.string().nullable().default(null) }),
  press: z.object({ ...place, ts: z.string(), actionId: z.string(), input, others: inputs }),
  'press-view': z.object({
    user: z.string(),
    where: z.enum(['modal', 'home']),
    actionId: z.string(),
    input,
    others: inputs,
  }),
  submit: z.object({ user: z.string(), inputs }),
  close: z.object({ user: z.string() }),
  react: z.object({ ...place, ts: z.string(), name: z.string(), present: z.boolean() }),
  shortcut: z.object({
    user: z.string(),
    callbackId: z.string(),
    channelId: z.string().optional(),
    ts: z.string().optional(),
  }),
  home: z.object({ user: z.string(), tab: z.enum(['home', 'messages']).default('home') }),
  pick: z.object({ id: z.string(), mended: z.boolean() }),
  alarm: z.object({ state: z.enum(['ALARM', 'OK']) }),
  'alarm-post': z.object({ channelId: z.string() }),
};

type Deeds = { [Name in keyof typeof deeds]: z.output<(typeof deeds)[Name]> };

export function createPage(slack: SlackWorkspace, desk: Desk) {
  const folder = fileBeside('sandbox/slack/page/');
  const assets = new Map(readdirSync(folder).map(name => [`/${name}`, readFileSync(new URL(name, folder))]));

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname.startsWith('/sandbox/')) {
      await sandbox(request, response, pathname.slice('/sandbox/'.length), searchParams);
      return true;
    }
    // Permalinks lead to the page too, which finds the message.
    const name = pathname === '/' || pathname.startsWith('/archives/') ? '/index.html' : pathname;
    const asset = assets.get(name);
    if (asset === undefined || request.method !== 'GET') return false;
    response.writeHead(200, { ...security, 'content-type': contentTypes[extname(name)] ?? 'text/plain' }).end(asset);
    return true;
  }

  async function sandbox(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    query: URLSearchParams,
  ): Promise<void> {
    if (request.method === 'GET') {
      const user = userOf(query.get('user'));
      if (path === 'state') json(response, 200, { ...stateView(slack, user), ...desk.picker(), calls: recentCalls() });
      else if (path === 'events') stream(response, user);
      else if (path.startsWith('files/')) file(response, path.slice('files/'.length));
      else json(response, 404, { ok: false, error: 'not_found' });
    } else if (request.method === 'POST' && Object.hasOwn(deeds, path)) {
      await deed(request, response, path as keyof Deeds);
    } else json(response, 404, { ok: false, error: 'not_found' });
  }

  async function deed(request: IncomingMessage, response: ServerResponse, name: keyof Deeds): Promise<void> {
    // Only a request of the page itself can have this type: a form of another page cannot.
    if (!request.headers['content-type']?.startsWith('application/json')) {
      return json(response, 415, { ok: false, error: 'json_expected' });
    }
    const body = deeds[name].safeParse(await bodyOf(request));
    if (!body.success) return json(response, 400, { ok: false, error: 'malformed' });
    try {
      const shown = await perform[name](body.data as never);
      json(response, 200, shown ?? { ok: true });
    } catch (error) {
      // A message that was just replaced, a modal that was just closed: the page was a moment behind.
      json(response, 200, { ok: false, error: error instanceof Error ? error.message : String(error) });
    }
  }

  const perform: { [Name in keyof Deeds]: (body: Deeds[Name]) => unknown } = {
    command: ({ user, channelId, text }) => slack.command(user, channelId, text),
    say: ({ user, channelId, text, threadTs }) => void slack.say(user, channelId, text, threadTs),
    press: ({ user, channelId, ts, actionId, input: given, others }) =>
      slack.press(user, { channelId, ts }, actionId, given ?? undefined, others),
    'press-view': ({ user, where, actionId, input: given, others }) =>
      slack.pressInView(user, actionId, given ?? undefined, others, where),
    submit: ({ user, inputs: given }) => slack.submitView(user, given),
    close: ({ user }) => slack.closeView(user),
    react: ({ user, channelId, ts, name, present }) => slack.react(user, { channelId, ts }, name, present),
    shortcut: ({ user, callbackId, channelId, ts }) =>
      channelId !== undefined && ts !== undefined
        ? slack.messageShortcut(user, { channelId, ts }, callbackId)
        : slack.globalShortcut(user, callbackId),
    home: ({ user, tab }) => slack.openHome(user, tab),
    pick: ({ id, mended }) => desk.pick(id, mended),
    alarm: ({ state }) => desk.alarm(state),
    'alarm-post': ({ channelId }) => {
      const { app, post } = desk.alarmPost();
      slack.postAs(app, channelId, post);
    },
  };

  /** https://html.spec.whatwg.org/multipage/server-sent-events.html */
  function stream(response: ServerResponse, userId: string): void {
    response.writeHead(200, { ...security, 'content-type': 'text/event-stream; charset=utf-8' });
    response.write('retry: 1000\n\n');
    const send = (change: unknown) => void response.write(`data: ${JSON.stringify(change)}\n\n`);
    let waiting: AwsCall[] = [];
    let timer: NodeJS.Timeout | undefined;
    const flush = () => {
      timer = undefined;
      if (waiting.length > 0) send({ kind: 'calls', calls: waiting.splice(0) });
    };
    const stops = [
      slack.state.onChange(change => {
        const view = changeView(slack, userId, change);
        if (view !== null) send(view);
      }),
      desk.onCall(call => {
        waiting.push(call);
        timer ??= setTimeout(flush, callsEveryMs);
      }),
      desk.onPick(() => {
        waiting = [];
        send({ kind: 'picker', picker: { ...desk.picker(), calls: recentCalls() } });
      }),
    ];
    response.once('close', () => {
      clearTimeout(timer);
      for (const stop of stops) stop();
    });
  }

  function file(response: ServerResponse, id: string): void {
    const stored = slack.state.files.get(id);
    if (stored?.data == null) {
      json(response, 404, { ok: false, error: 'not_found' });
      return;
    }
    const image = stored.mimeType.startsWith('image/');
    response
      .writeHead(200, {
        ...security,
        'content-security-policy': "default-src 'none'; sandbox",
        'content-type': stored.mimeType,
        ...(!image && { 'content-disposition': 'attachment' }),
      })
      .end(stored.data);
  }

  function recentCalls(): AwsCall[] {
    return desk.calls().slice(-shownCalls);
  }

  /** The person who is asked for, or the first one. */
  function userOf(asked: string | null): string {
    const { users, seed } = slack.state;
    const user = asked === null ? undefined : users.get(asked);
    return user === undefined || user.isBot ? (seed.users[0]?.id ?? '') : user.id;
  }

  return { handle };
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response
    .writeHead(status, { ...security, 'content-type': 'application/json; charset=utf-8' })
    .end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let body = '';
  for await (const chunk of request) {
    body += chunk;
    if (body.length > maxBodyBytes) return undefined;
  }
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
