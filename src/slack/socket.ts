/** Socket Mode that stays connected for as long as the program runs, whatever Slack or the network does. */
import { type Logger, SocketModeReceiver } from '@slack/bolt';
import { WebClient, type WebClientOptions } from '@slack/web-api';
import type { Log } from '../telemetry.ts';
import type { After } from './answers.ts';
import { failureOf } from './errors.ts';
import type { SlackSettings } from './slack.ts';

export interface Socket {
  receiver: SocketModeReceiver;
  /** Resolves when the connection stands; rejects where Slack refuses the app. */
  start(): Promise<void>;
  /** Takes nothing more in, also what is on its way already, and does not connect again. */
  close(): Promise<void>;
  isConnected(): boolean;
}

/** How Slack's client begins its line on a try that reached nobody. */
export const httpFailed = 'http request failed';

/** How long after Slack has refused a connection the next is tried. */
const reconnectMs = 30_000;

export function createSocket(
  { appToken, apiUrl }: Pick<SlackSettings, 'apiUrl'> & { appToken: string },
  logger: Logger,
  log: Log,
  after: After,
): Socket {
  let connected = false;
  let closed = false;
  let unreached = false;

  /** The client tries without end, which is told once, and that it has ended. */
  function noticing(given: Logger): Logger {
    return {
      ...given,
      warn(...parts) {
        if (parts[0] === httpFailed && !unreached) {
          unreached = true;
          log.error(
            {},
            'Slack cannot be reached, so nothing that people do comes in; it is tried until it answers. Check the network, DNS and proxy of this machine.',
          );
        }
        given.warn(...parts);
      },
    };
  }

  function reached(): void {
    if (unreached) log.info({}, 'Slack is reached again.');
    unreached = false;
  }

  const clientOptions: WebClientOptions = {
    slackApiUrl: apiUrl,
    logger: noticing(logger),
    timeout: 10_000,
    retryConfig: { forever: true, factor: 1.5, minTimeout: 1_000, maxTimeout: 30_000 },
  };
  const receiver = new SocketModeReceiver({ appToken, logger, installerOptions: { clientOptions } });
  const { client } = receiver;
  const connect = client.start.bind(client);
  // The client calls this by itself to connect again, and nobody there handles a rejection: it would end the process.
  client.start = async () => {
    for (;;) {
      try {
        if (closed) return { ok: false };
        const answer = await connect();
        connected = true;
        reached();
        if (closed) void client.disconnect();
        return answer;
      } catch (error) {
        if (closed) return { ok: false };
        if (!connected) throw error;
        log.error({ err: error }, 'Slack does not let the app connect again; it is tried again in 30 seconds.');
        const passed = Promise.withResolvers<void>();
        after(reconnectMs, passed.resolve);
        await passed.promise;
      }
    }
  };

  return {
    receiver,
    async start() {
      await refuseBadToken(appToken, clientOptions);
      await receiver.start();
    },
    async close() {
      if (closed) return;
      closed = true;
      await receiver.stop();
    },
    isConnected: () => client.websocket?.isActive() ?? false,
  };
}

/** The client asks again without end where Slack does not take the token, so that a start would never end. */
async function refuseBadToken(appToken: string, options: WebClientOptions): Promise<void> {
  const asking = new WebClient(appToken, { ...options, retryConfig: { retries: 0 }, rejectRateLimitedCalls: true });
  try {
    await asking.apps.connections.open({});
  } catch (error) {
    const failure = failureOf(error);
    // What passes by itself is waited for by the client.
    if (failure.kind !== 'refused') return;
    const next = 'Copy the app-level token that begins with xapp- and has the scope connections:write.';
    throw new Error(`Slack refuses SLACK_APP_TOKEN (${failure.code}). ${next}`, { cause: error });
  }
}
