/** The Slack surface: Bolt behind our own HTTP server, or in Socket Mode, with one set of listeners. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { format } from 'node:util';
import { App, type CodedError, HTTPReceiver, type Logger, LogLevel, type ReceiverEvent } from '@slack/bolt';
import type { WebClient } from '@slack/web-api';
import type { Investigations, Outlets } from '../investigations/types.ts';
import type { HomeSetup } from '../render/home.ts';
import type { Check } from '../render/playbook.ts';
import { failureReply, note, slackErrorWords } from '../render/replies.ts';
import type { Log } from '../telemetry.ts';
import { registerActions } from './actions.ts';
import { type After, createAnswers, Refused } from './answers.ts';
import { createChannels } from './channels.ts';
import { createClients } from './clients.ts';
import { registerCommands } from './commands.ts';
import { failureOf, type SlackFailure } from './errors.ts';
import { type EventSettings, registerEvents } from './events.ts';
import { createHomes, registerHome } from './home.ts';
import { createMembers } from './members.ts';
import { registerMentions } from './mentions.ts';
import { type Allowed, createPermission } from './permission.ts';
import type { DrawChart } from './pictures.ts';
import { createPublisher } from './publish.ts';
import { registerShortcuts } from './shortcuts.ts';
import { createSocket, httpFailed } from './socket.ts';
import { addressOf, type Explain, type Identity, type Surface, teamsOf } from './surface.ts';
import { registerViews } from './views.ts';

export interface SlackSettings {
  botToken: string;
  /** HTTP mode. */
  signingSecret: string | null;
  /** Socket Mode, where it is set. */
  appToken: string | null;
  /** Ends with a slash. */
  apiUrl: string;
}

export interface SlackDependencies {
  settings: SlackSettings;
  allowed: Allowed;
  triggers: EventSettings;
  investigations: Investigations;
  /** False where another process publishes. */
  mayPublish(): boolean;
  /** User group that a handoff goes to that nobody has answered; null: there is none. */
  fallbackGroup: string | null;
  /** The nine steps and five diagnoses, in order. */
  checks: readonly Check[];
  /** For App Home. */
  setup: HomeSetup;
  /** What log lines say. */
  explain: Explain;
  clock: () => Date;
  log: Log;
  metrics: SlackMetrics;
  /** null: no charts are posted. */
  draw: DrawChart | null;
  after?: After;
}

export interface SlackMetrics {
  /** From a request of Slack's to its acknowledgement, in seconds. */
  acknowledged(seconds: number): void;
  /** A call was not done; `error` is Slack's code. */
  slackRefused(method: string, error: string): void;
}

export interface Slack {
  /** `POST /slack/events`, all of Slack; null in Socket Mode. */
  handle: ((request: IncomingMessage, response: ServerResponse) => void) | null;
  outlets: Outlets;
  /** Asks Slack who we are, and connects. Rejects where Slack does not know the token. */
  start(): Promise<void>;
  /** Takes nothing more in over Socket Mode; over HTTP the server does that. */
  close(): Promise<void>;
  /** Ends what is under way, and sends what is left: `graceMs` for each. False where a message may still be on its way. */
  drain(graceMs: number): Promise<boolean>;
  /** Resolves when every listener has ended and everything that can be sent was sent. */
  idle(): Promise<void>;
  /** `ok` where Slack was reached, still takes the token, and in Socket Mode the connection stands; else why not. */
  state(): string;
  /** What listeners exist for; the manifest must have the same. */
  registered: Record<'commands' | 'actions' | 'events' | 'shortcuts' | 'views', readonly string[]>;
}

export const slackPath = '/slack/events';

const bodyLimitBytes = 1_000_000;

const otherWorkspaceWords = 'This app serves another workspace, so it does nothing here.';
const strangerWords =
  'Only members of the workspace that this app is installed in may use it. Ask who runs it to allow guests.';

export function createSlack(dependencies: SlackDependencies): Slack {
  const { settings, allowed, investigations, checks, fallbackGroup, clock, log, after = later } = dependencies;
  const logger = boltLogger(log);
  const triggers: EventSettings = {
    reaction: dependencies.triggers.reaction,
    alarmPostChannels: dependencies.triggers.alarmPostChannels.filter(id => allowed.channels?.includes(id) ?? true),
  };
  const { client, poster, options, refusedToken } = createClients(settings, dependencies.metrics, logger, log, after);
  const answers = createAnswers(client, log, after);
  const inFlight = new Set<Promise<void>>();
  let known: Identity | null = null;
  let closed = false;

  function identity(): Identity {
    if (known === null) throw new Error('Slack was not asked yet who the bot is.');
    return known;
  }

  const publisher = createPublisher({
    client: poster,
    ledger: investigations.ledger,
    answers,
    checks,
    fallbackGroup,
    draw: dependencies.draw,
    mayPublish: () => dependencies.mayPublish(),
    clock,
    after,
    log,
    bot: () => ({ id: identity().botId, name: identity().botName, workspaceUrl: identity().workspaceUrl }),
  });
  const members = createMembers(client, () => identity().teamId, clock);
  const permission = createPermission(members, allowed, log, ({ userId, channelId, investigationId = null }, why) =>
    denied(userId, investigationId, `${channelId ?? 'App Home'}: ${why}`),
  );
  const surface: Surface = {
    ...permission,
    investigations,
    publisher,
    client,
    answers,
    members,
    channels: createChannels(client, clock),
    explain: dependencies.explain,
    identity,
    clock,
    after,
    log,
  };

  /** A refusal is told even where it cannot be written down. */
  async function denied(who: string, investigationId: string | null, detail: string): Promise<void> {
    const entry = { teamId: identity().teamId, investigationId, who, action: 'denied' as const, via: 'slack', detail };
    await investigations
      .record(entry)
      .catch(error => log.error({ err: error }, 'A refusal could not be written down.'));
  }

  const homes = createHomes(surface, dependencies.setup);
  const { appToken } = settings;
  const socket = appToken === null ? null : createSocket({ ...settings, appToken }, logger, log, after);
  const receiver = socket?.receiver ?? createHttpReceiver(settings, logger);
  const app = new App({
    receiver,
    authorize: async () => {
      const { botId, botUserId, teamId } = identity();
      return { botToken: settings.botToken, botId, botUserId, teamId };
    },
    clientOptions: options,
    logger,
    convoStore: false,
    extendedErrorHandler: true,
    attachFunctionToken: false,
  });

  app.use(async args => {
    const { teamId } = identity();
    const teams = teamsOf(args.body);
    const foreign = teams.find(team => team !== teamId);
    if (!teams.includes(teamId) || (foreign !== undefined && !allowed.guests)) {
      if ('ack' in args && typeof args.ack === 'function') await args.ack();
      const { userId } = addressOf(args.body);
      if (userId !== null) await denied(userId, null, `From workspace ${foreign ?? 'unknown'}.`);
      throw new Refused(note(teams.includes(teamId) ? strangerWords : otherWorkspaceWords));
    }
    await args.next();
  });

  // Bolt answers Slack long before a listener ends, and has no hook around both.
  const processEvent = app.processEvent.bind(app);
  app.processEvent = event => {
    // Not acknowledged, so that Slack says so to the person; what comes over HTTP has been let in by the server.
    if (closed && socket !== null) return Promise.resolve();
    if (socket !== null) event = acknowledging(event, dependencies.metrics);
    const ended = processEvent(event).finally(() => inFlight.delete(ended));
    inFlight.add(ended);
    return ended;
  };

  app.error(async ({ error, body }: { error: CodedError; body: unknown }) => {
    const cause = error.original ?? error;
    if (cause instanceof Refused) return answers.tell(addressOf(body), cause.reply);
    log.error({ err: cause }, 'A request from Slack could not be answered.');
    const failure = failureOf(cause);
    await answers.tell(addressOf(body), failure.kind === 'uncertain' ? failureReply() : note(wordsOf(failure)));
  });

  const registered = {
    commands: registerCommands(app, surface),
    actions: registerActions(app, surface),
    events: [
      ...registerEvents(app, surface, triggers),
      ...registerMentions(app, surface),
      ...registerHome(app, surface, homes),
    ],
    shortcuts: registerShortcuts(app, surface),
    views: registerViews(app, surface),
  };

  async function ended(): Promise<void> {
    while (inFlight.size > 0) await Promise.allSettled(inFlight);
  }

  return {
    handle: receiver instanceof HTTPReceiver ? timed(receiver, dependencies.metrics) : null,
    outlets: {
      teamId: () => identity().teamId,
      publish: publisher.publish,
      publishStorm: publisher.publishStorm,
      refuse: publisher.refuse,
      joined: publisher.joined,
      refreshHomes: homes.refresh,
    },
    registered,
    async start() {
      known = await whoAmI(client);
      await socket?.start();
    },
    async close() {
      closed = true;
      await socket?.close();
    },
    async drain(graceMs) {
      const grace = Promise.withResolvers<void>();
      const cancel = after(graceMs, grace.resolve);
      await Promise.race([ended(), grace.promise]);
      cancel();
      return publisher.stop(graceMs);
    },
    async idle() {
      await ended();
      await publisher.settled();
    },
    state() {
      if (known === null) return 'not_reached';
      return refusedToken() ?? (socket?.isConnected() === false ? 'not_connected' : 'ok');
    },
  };
}

function createHttpReceiver({ signingSecret }: SlackSettings, logger: Logger): HTTPReceiver {
  return new HTTPReceiver({
    signingSecret: signingSecret ?? '',
    endpoints: slackPath,
    bodyLimit: bodyLimitBytes,
    logger,
  });
}

/** Over HTTP the answer is the acknowledgement. */
function timed(receiver: HTTPReceiver, metrics: SlackMetrics) {
  return (request: IncomingMessage, response: ServerResponse) => {
    const began = performance.now();
    response.once('finish', () => metrics.acknowledged((performance.now() - began) / 1_000));
    handle(receiver, request, response);
  };
}

function acknowledging(event: ReceiverEvent, metrics: SlackMetrics): ReceiverEvent {
  const began = performance.now();
  return {
    ...event,
    async ack(...answer) {
      await event.ack(...answer);
      metrics.acknowledged((performance.now() - began) / 1_000);
    },
  };
}

function handle(receiver: HTTPReceiver, request: IncomingMessage, response: ServerResponse): void {
  try {
    receiver.requestListener(request, response);
  } catch {
    // Bolt throws for whatever it has no route for.
    response.writeHead(request.method === 'POST' ? 404 : 405, { allow: 'POST' }).end();
  }
}

async function whoAmI(client: WebClient): Promise<Identity> {
  const { team_id, bot_id, user_id, user, url } = await client.auth.test().catch(error => {
    const failure = failureOf(error);
    throw failure.kind === 'refused' ? new Error(slackErrorWords(failure), { cause: error }) : error;
  });
  if (team_id === undefined || bot_id === undefined || user_id === undefined) {
    throw new Error('SLACK_BOT_TOKEN is not the token of a bot: copy the one that begins with xoxb-.');
  }
  return { teamId: team_id, botId: bot_id, botUserId: user_id, botName: user ?? 'apigw-500', workspaceUrl: url ?? '' };
}

function later(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}

function wordsOf(failure: Exclude<SlackFailure, { kind: 'uncertain' }>): string {
  return slackErrorWords(failure.kind === 'refused' ? failure : { code: 'ratelimited' });
}

/** Bolt's log lines in ours. Its debug lines hold whole payloads, so they go nowhere. */
function boltLogger(log: Log): Logger {
  const words = (parts: unknown[]) => format(...parts.map(part => (part instanceof Error ? part.message : part)));
  return {
    debug() {},
    info: (...parts) => log.debug(words(parts)),
    // The client says so at each try; who waits for the call says what came of it.
    warn: (...parts) => (parts[0] === httpFailed ? log.debug(words(parts)) : log.warn(words(parts))),
    error: (...parts) => log.error(words(parts)),
    setLevel() {},
    getLevel: () => LogLevel.INFO,
    setName() {},
  };
}
