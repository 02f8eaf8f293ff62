/** The clients of Slack's Web API: what Slack refuses is counted and logged, and what only asks is asked again. */
import type { Logger } from '@slack/bolt';
import { type WebAPICallResult, WebClient, type WebClientOptions } from '@slack/web-api';
import { slackErrorWords } from '../render/replies.ts';
import type { Log } from '../telemetry.ts';
import type { After } from './answers.ts';
import { failureOf, type SlackFailure } from './errors.ts';
import type { SlackMetrics, SlackSettings } from './slack.ts';

export interface SlackClients {
  /** For what people wait for. */
  client: WebClient;
  /** For messages that are published: without retries of its own, because a repeated post would be a second message. */
  poster: WebClient;
  options: WebClientOptions;
  /** Why Slack takes the token no more; null while it does. */
  refusedToken(): string | null;
}

/** What says that no call will be done until somebody installs the app again. */
const tokenErrors = ['invalid_auth', 'not_authed', 'account_inactive', 'token_revoked', 'token_expired'];

/** They only ask, or say the whole of something, so that doing it again changes nothing. */
const asking = /^(auth\.test|users\.info|usergroups\.|conversations\.(info|members|history|replies)|views\.publish)/;
/** Somebody waits for the answer: who is told to wait longer is told so. */
const pausesMs = [1_000, 4_000];
const longestPauseMs = 20_000;

export function createClients(
  { botToken, apiUrl }: SlackSettings,
  metrics: SlackMetrics,
  logger: Logger,
  log: Log,
  after: After,
): SlackClients {
  const options = clientOptions(apiUrl, logger);
  let refusedToken: string | null = null;

  function note(method: string, failure: SlackFailure): void {
    const code = failure.kind === 'refused' ? failure.code : failure.kind;
    metrics.slackRefused(method, code);
    if (failure.kind !== 'refused') return;
    const { needed } = failure;
    if (!tokenErrors.includes(code)) {
      log.warn({ method, code, ...(needed !== null && { needed }) }, `${method} was refused by Slack.`);
      return;
    }
    if (refusedToken === null)
      log.error({ method, code }, `${slackErrorWords(failure)} Until then nothing reaches Slack.`);
    refusedToken = code;
  }

  // A subclass, because the client binds its methods to `apiCall` while it is made.
  class WatchedClient extends WebClient {
    override async apiCall(...asked: Parameters<WebClient['apiCall']>): Promise<WebAPICallResult> {
      try {
        const answer = await super.apiCall(...asked);
        refusedToken = null;
        return answer;
      } catch (error) {
        note(asked[0], failureOf(error));
        throw error;
      }
    }
  }

  class PatientClient extends WatchedClient {
    override async apiCall(...asked: Parameters<WebClient['apiCall']>): Promise<WebAPICallResult> {
      for (const pauseMs of asking.test(asked[0]) ? pausesMs : []) {
        try {
          return await super.apiCall(...asked);
        } catch (error) {
          const failure = failureOf(error);
          const askedFor = failure.kind === 'rate_limited' ? failure.retryAfterMs : 0;
          if (failure.kind === 'refused' || askedFor > longestPauseMs) throw error;
          const passed = Promise.withResolvers<void>();
          after(Math.max(pauseMs, askedFor), passed.resolve);
          await passed.promise;
        }
      }
      return super.apiCall(...asked);
    }
  }

  return {
    client: new PatientClient(botToken, options),
    poster: new WatchedClient(botToken, { ...options, retryConfig: { retries: 0 } }),
    options,
    refusedToken: () => refusedToken,
  };
}

/**
 * Few retries, so that nothing stale is posted; and a refusal at once where Slack asks to slow down, because the
 * client would otherwise hold back every call for one busy channel.
 */
function clientOptions(apiUrl: string, logger: Logger): WebClientOptions {
  return {
    slackApiUrl: apiUrl,
    logger,
    retryConfig: { retries: 2, factor: 2, minTimeout: 300, maxTimeout: 2_000 },
    timeout: 10_000,
    rejectRateLimitedCalls: true,
    maxRequestConcurrency: 20,
  };
}
