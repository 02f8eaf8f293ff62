/** How Slack reaches the app: over HTTP with signed requests, or over a Socket Mode connection. */
import { createHmac } from 'node:crypto';
import { limits } from './limits.ts';
import type { Json } from './schema.ts';

/** Runs something later; answers how to call it off. */
export type Timer = (ms: number, run: () => void) => () => void;

export interface Parcel {
  kind: 'slash_commands' | 'interactive' | 'events_api';
  body: Json;
  retry: { number: number; reason: string } | null;
}

export interface Reply {
  /** Whether the app acknowledged: HTTP 200, or an envelope answered. */
  acknowledged: boolean;
  /** What came with the acknowledgement: parsed JSON, plain text, or null. */
  body: unknown;
  /** The app asked not to be sent this again. */
  noRetry: boolean;
}

/** Rejects where the app cannot be reached. */
export interface Transport {
  deliver(parcel: Parcel, late: AbortSignal): Promise<Reply>;
  /** Socket Mode: a fresh address for a connection. */
  socketUrl?(): string;
}

export type Outcome =
  | { ok: true; body: unknown }
  | { ok: false; error: 'operation_timeout' | 'dispatch_failed'; reason: string; noRetry: boolean };

/**
 * Delivers once and waits three seconds for the acknowledgement, as Slack does.
 * https://docs.slack.dev/interactivity/handling-user-interaction#acknowledgment_response
 */
export function deliver(transport: Transport | null, parcel: Parcel, timer: Timer): Promise<Outcome> {
  if (transport === null) return Promise.resolve(failed('connection_failed'));
  const late = new AbortController();
  return new Promise(resolve => {
    const cancel = timer(limits.acknowledgementMs, () => {
      resolve({ ok: false, error: 'operation_timeout', reason: 'http_timeout', noRetry: false });
      late.abort();
    });
    transport
      .deliver(parcel, late.signal)
      .then(reply => resolve(reply.acknowledged ? { ok: true, body: reply.body } : failed('http_error', reply.noRetry)))
      .catch(() => resolve(failed('connection_failed')))
      .finally(cancel);
  });
}

function failed(reason: string, noRetry = false): Outcome {
  return { ok: false, error: 'dispatch_failed', reason, noRetry };
}

/** Posts to the app's request URL, signed. https://docs.slack.dev/authentication/verifying-requests-from-slack */
export function httpTransport(url: string, signingSecret: string, clock: () => Date): Transport {
  return {
    async deliver(parcel, late) {
      const { contentType, body } = encode(parcel);
      const timestamp = String(Math.floor(clock().getTime() / 1000));
      const signature = createHmac('sha256', signingSecret).update(`v0:${timestamp}:${body}`).digest('hex');
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': contentType,
          'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
          'x-slack-request-timestamp': timestamp,
          'x-slack-signature': `v0=${signature}`,
          ...(parcel.retry && {
            'x-slack-retry-num': String(parcel.retry.number),
            'x-slack-retry-reason': parcel.retry.reason,
          }),
        },
        body,
        redirect: 'manual',
        signal: late,
      });
      return {
        acknowledged: response.status === 200,
        body: parseBody(await response.text()),
        noRetry: response.headers.get('x-slack-no-retry') === '1',
      };
    },
  };
}

/** Commands are forms, interactions a form with one JSON field, events JSON. */
function encode({ kind, body }: Parcel): { contentType: string; body: string } {
  if (kind === 'events_api') return { contentType: 'application/json', body: JSON.stringify(body) };
  const fields = kind === 'interactive' ? { payload: JSON.stringify(body) } : (body as Record<string, string>);
  return { contentType: 'application/x-www-form-urlencoded', body: new URLSearchParams(fields).toString() };
}

function parseBody(body: string): unknown {
  if (body === '') return null;
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
