/**
 * A Slack workspace at the wire: unmodified Bolt talks to it as it talks to Slack. People act through functions, the
 * app through HTTP. Strict where Slack is strict (limits.ts), so that what works here works there.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Timer, Transport } from './delivery.ts';
import { createEvents } from './events.ts';
import type { Input, Inputs } from './inputs.ts';
import { createInteractions, type Shown, type Submitted } from './interactions.ts';
import { type AppManifest, shippedManifest } from './manifest.ts';
import { type AppPost, createPeople } from './people.ts';
import { createRateLimiter, type RateLimits } from './rate-limits.ts';
import { respond } from './responses.ts';
import type { Json } from './schema.ts';
import { sandboxSeed } from './seed.ts';
import { type Channel, createState, type Message, type Seed, type State, type User } from './state.ts';
import { createTickets } from './tickets.ts';
import { createWebApi, type Fault, type RecordedCall } from './web-api.ts';

export interface WorkspaceOptions {
  clock?: () => Date;
  /** For acknowledgement deadlines and repeated events; tests hand in one that they turn by hand. */
  timer?: Timer;
  signingSecret?: string;
  botToken?: string;
  appToken?: string;
  /** The app that is installed; the shipped manifest unless told. */
  manifest?: AppManifest;
  rateLimits?: RateLimits;
  seed?: Partial<Seed>;
}

/** A message by its place, as the Web API names it. */
export interface MessageRef {
  channelId: string;
  ts: string;
}

export type SlackWorkspace = ReturnType<typeof createSlackWorkspace>;

/** People and channels are given by id or by name: `ana`, `incidents`. */
export function createSlackWorkspace(options: WorkspaceOptions = {}) {
  const clock = options.clock ?? (() => new Date());
  const timer = options.timer ?? realTimer;
  const signingSecret = options.signingSecret ?? 'sandbox-signing-secret';
  const botToken = options.botToken ?? 'xoxb-sandbox';
  const appToken = options.appToken ?? 'xapp-sandbox';
  const manifest = options.manifest ?? shippedManifest();
  const seed: Seed = { ...sandboxSeed, botName: manifest.botName, ...options.seed };

  const state = createState(seed, clock);
  const tickets = createTickets(clock);
  let transport: Transport | null = null;
  let origin = '';
  const events = createEvents(state, manifest, () => transport, clock, timer);
  const webApi = createWebApi({
    state,
    tickets,
    limiter: createRateLimiter(options.rateLimits ?? 'strict', clock),
    manifest,
    botToken,
    appToken,
    clock,
    origin: () => origin,
    socketUrl: () => transport?.socketUrl?.bind(transport) ?? null,
    emit: events.emit,
  });
  const people = createPeople(state, events);
  const interactions = createInteractions({
    state,
    tickets,
    manifest,
    transport: () => transport,
    timer,
    origin: () => origin,
    respond: (target, response) => respond(state, target, response),
    invite: (user, channel) => people.join(channel, seed.botUserId, user),
  });

  const userOf = (given: string): User => found(state.users, given, user => user.name);
  const channelOf = (given: string): Channel => found(state.channels, given.replace(/^#/, ''), channel => channel.name);
  const messageOf = ({ channelId, ts }: MessageRef): Message => {
    const message = state.message(channelId, ts);
    if (message === undefined) throw new Error(`There is no message ${ts} in ${channelId}.`);
    return message;
  };

  return {
    state,
    clock,
    manifest,
    signingSecret,
    botToken,
    appToken,
    /** Calls that the app made, oldest first. */
    calls: webApi.calls as readonly RecordedCall[],

    /** How the app is reached from now on; null: it cannot be. */
    connect(next: Transport | null): void {
      transport = next;
    },

    /** Where this workspace is reached: the base of response URLs, uploads and permalinks. */
    serveAt(url: string): void {
      origin = url.replace(/\/$/, '');
    },

    /** Answers a request if it is Slack's: `/api/…`, `/response/…`, `/upload/…`. */
    handle: (request: IncomingMessage, response: ServerResponse): Promise<boolean> => webApi.handle(request, response),

    /** Serves this workspace alone, on loopback. `apiUrl` is what `slackApiUrl` is set to. */
    async listen(port = 0): Promise<{ url: string; apiUrl: string; close(): Promise<void> }> {
      const server = createServer((request, response) => {
        webApi.handle(request, response).then(
          handled => handled || response.writeHead(404).end(),
          () => response.writeHead(500).end(),
        );
      });
      await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
      origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      return {
        url: origin,
        apiUrl: `${origin}/api/`,
        async close() {
          server.closeAllConnections();
          await new Promise(resolve => server.close(resolve));
        },
      };
    },

    /**
     * The next calls go wrong: of a method, of all (`*`), of `response_url` or `upload`. `how` is an error of Slack's,
     * or what Fault names; `times` may be Infinity. Answers how to lift it.
     */
    fail(method: string, how: Fault | 'ratelimited' | (string & {}), times = 1): () => void {
      const planned = { method, fault: faultOf(how), left: times };
      webApi.faults.push(planned);
      return () => {
        const index = webApi.faults.indexOf(planned);
        if (index !== -1) webApi.faults.splice(index, 1);
      };
    },

    /** The app loses its access: `token_revoked`, or `account_inactive` where it was uninstalled. */
    revoke(error: 'token_revoked' | 'account_inactive' = 'token_revoked'): void {
      webApi.refuse(error);
      if (error === 'account_inactive') events.emit({ type: 'app_uninstalled', event_ts: state.nextTs() }, null);
      const tokens = { oauth: [], bot: [seed.botUserId] };
      events.emit({ type: 'tokens_revoked', tokens, event_ts: state.nextTs() }, null);
    },

    command: (user: string, channel: string, line: string): Promise<Shown> =>
      interactions.command(userOf(user), memberOf(channel, user), line),

    press: (user: string, message: MessageRef, actionId: string, input?: Input, others?: Inputs): Promise<Shown> =>
      interactions.press(userOf(user), messageOf(message), actionId, input, others),

    /** In the modal in front; `home` for the home tab. */
    pressInView(
      user: string,
      actionId: string,
      input?: Input,
      others?: Inputs,
      where: 'modal' | 'home' = 'modal',
    ): Promise<Shown> {
      const { id, name } = userOf(user);
      const opened = where === 'home' ? state.homeOf(id) : state.modalsOf(id).at(-1);
      if (!opened) throw new Error(`${name} has no ${where} open.`);
      return interactions.pressInView(userOf(user), opened, actionId, input, others);
    },

    /** Fields by action id; what is left out keeps its initial value. */
    submitView: (user: string, inputs: Inputs = {}): Promise<Submitted> => interactions.submit(userOf(user), inputs),
    closeView: (user: string, all = false): Promise<void> => interactions.close(userOf(user), all),
    messageShortcut: (user: string, message: MessageRef, callbackId: string): Promise<Shown> =>
      interactions.messageShortcut(userOf(user), messageOf(message), callbackId),
    globalShortcut: (user: string, callbackId: string): Promise<Shown> =>
      interactions.globalShortcut(userOf(user), callbackId),
    say: (user: string, channel: string, text: string, threadTs: string | null = null): Message =>
      people.say(userOf(user), memberOf(channel, user), text, threadTs),
    react: (user: string, message: MessageRef, name: string, present = true): void =>
      people.react(userOf(user), messageOf(message), name, present),
    /** A tab of the app: its home, or the direct messages. */
    openHome: (user: string, tab?: 'home' | 'messages'): void => people.openHome(userOf(user), tab),

    /** Another app posts, by its name. */
    postAs(app: string, channel: string, post: AppPost): Message {
      const known = seed.apps.find(item => item.name === app || item.botId === app);
      if (known === undefined) throw new Error(`The workspace has no app ${app}.`);
      return people.postAs(known, channelOf(channel), post);
    },

    /** Into a channel, and out of it; `user` may be the app itself. */
    join: (user: string, channel: string): void => people.join(channelOf(channel), userOf(user).id),
    leave: (user: string, channel: string): void => people.leave(channelOf(channel), userOf(user).id),
    archive: (user: string, channel: string): void => people.archive(userOf(user), channelOf(channel)),
    rename: (channel: string, name: string): void => people.rename(channelOf(channel), name),
    /** Somebody leaves the company. */
    deactivate: (user: string): void => state.deactivate(userOf(user)),

    /** Messages that a person sees in a channel, replies included; ephemeral ones only if they are theirs. */
    messages: (user: string, channel: string): Message[] => state.visible(userOf(user).id, channelOf(channel).id),

    /** The app's direct message with a person, as they see it. */
    directMessages(user: string): Message[] {
      const { id } = userOf(user);
      return state.visible(id, state.directMessage(id).id);
    },

    /** The view in front of a person, as the app sent it; null where none is open. */
    modal: (user: string): Json | null => state.modalsOf(userOf(user).id).at(-1)?.view ?? null,
    home: (user: string): Json | null => state.homeOf(userOf(user).id)?.view ?? null,

    /** Waits until `look` finds something: looks after every change, and now and then; rejects after `timeoutMs`. */
    until<T>(look: () => T | null | undefined | false, timeoutMs = 10_000): Promise<T> {
      return new Promise((resolve, reject) => {
        const attempt = () => {
          try {
            const value = look();
            if (!value) return false;
            resolve(value);
          } catch (error) {
            reject(error);
          }
          stop();
          return true;
        };
        const giveUp = setTimeout(() => {
          stop();
          reject(new Error(`Nothing like this came within ${timeoutMs} ms: ${look.toString().slice(0, 200)}`));
        }, timeoutMs);
        const unsubscribe = state.onChange(attempt);
        const nowAndThen = setInterval(attempt, 20);
        const stop = () => {
          clearTimeout(giveUp);
          clearInterval(nowAndThen);
          unsubscribe();
        };
        attempt();
      });
    },
  };

  function memberOf(channel: string, user: string): Channel {
    const target = channelOf(channel);
    if (!target.members.has(userOf(user).id)) throw new Error(`${user} is not in ${channel}.`);
    return target;
  }
}

const named = ['timeout', 'reset', 'lost'] as const;

function faultOf(how: Fault | string): Fault {
  if (typeof how !== 'string') return how;
  if (how === 'ratelimited') return { retryAfterSeconds: 1 };
  return named.find(name => name === how) ?? { error: how };
}

function found<T extends { id: string }>(
  all: State['users'] | State['channels'],
  given: string,
  nameOf: (item: T) => string,
): T {
  const items = [...all.values()] as unknown as T[];
  const item = items.find(entry => entry.id === given || nameOf(entry) === given);
  if (item === undefined) throw new Error(`The workspace has no ${given}.`);
  return item;
}

function realTimer(ms: number, run: () => void): () => void {
  const timeout = setTimeout(run, ms).unref();
  return () => clearTimeout(timeout);
}
