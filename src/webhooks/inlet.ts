/** What both webhooks share: the body within its limit, one answer, one log line, one count. */
import type { IncomingMessage } from 'node:http';
import type { AlarmNotice } from '../diagnosis/types.ts';
import { answer, type Handler } from '../server.ts';
import type { Log } from '../telemetry.ts';

/**
 * Stores an alarm before it is answered. `key` is unique in the inbox: `repeated` is true where it was there already,
 * and nothing is done. Rejects where it cannot be stored.
 */
export type Submit = (notice: AlarmNotice, key: string) => Promise<{ repeated: boolean }>;

export interface WebhookDependencies {
  submit: Submit;
  log: Log;
  /** Called once for each request that is answered, and for each that broke off. */
  onOutcome(outcome: WebhookOutcome): void;
}

/** What became of a request, as it is counted. */
export type WebhookOutcome =
  | 'stored'
  | 'repeated'
  | 'confirmed'
  | 'unsubscribed'
  | 'not_an_alarm'
  | 'malformed'
  | 'unexpected_event'
  | 'unsigned'
  | 'wrong_signature'
  | 'wrong_key'
  | 'foreign_certificate'
  | 'foreign_topic'
  | 'out_of_time'
  | 'too_large'
  | 'cut_off'
  | 'certificate_unavailable'
  | 'not_confirmed'
  | 'not_stored';

export interface Outcome {
  status: 200 | 400 | 401 | 403 | 413 | 503;
  outcome: WebhookOutcome;
  /** Told to the sender: what happened and what to do next. No secrets, nothing of what was sent. */
  text: string;
  /** For the log alone. */
  details?: Record<string, string | undefined>;
}

/** Longest body that is read. SNS and EventBridge send 256 KiB at most. */
export const bodyLimitBytes = 256 * 1024;

/** SNS and EventBridge repeat a 503; the store is back within seconds or somebody is called. */
const retryAfterSeconds = 30;

/**
 * A handler that answers what `judge` says of a request. `judge` is given the whole body, as text; `admit` decides
 * before it is read.
 */
export function createInlet(
  source: 'sns' | 'eventbridge',
  { log, onOutcome }: Pick<WebhookDependencies, 'log' | 'onOutcome'>,
  { admit, judge }: { admit(request: IncomingMessage): Outcome | null; judge(body: string): Promise<Outcome> },
): Handler {
  return async (request, response) => {
    // Also of a sender that is not let in, so that it cannot go on sending for ever.
    const body = readBody(request);
    const result = admit(request) ?? (await judged(await body));
    const { status, outcome, text, details } = result;
    const level = status === 503 ? 'error' : status === 200 ? 'info' : 'warn';
    log[level]({ source, outcome, status, ...details }, text);
    onOutcome(outcome);
    if (outcome === 'cut_off') {
      response.destroy();
      return;
    }
    answer(response, status, text, status === 503 ? { 'retry-after': String(retryAfterSeconds) } : {});
  };

  async function judged(body: Body): Promise<Outcome> {
    if (typeof body === 'string') return judge(body);
    return body.outcome === 'too_large'
      ? { status: 413, outcome: 'too_large', text: `The body is larger than ${bodyLimitBytes / 1024} KiB.` }
      : { status: 400, outcome: 'cut_off', text: 'The connection broke off within the body.' };
  }
}

type Body = string | { outcome: 'too_large' | 'cut_off' };

/**
 * The body as text. Where it is too large that is known at once; what still comes is thrown away, so that the sender
 * sees the answer, and cut off when it has sent twice the limit.
 */
function readBody(request: IncomingMessage): Promise<Body> {
  const { promise, resolve } = Promise.withResolvers<Body>();
  const chunks: Buffer[] = [];
  let size = 0;
  if (Number(request.headers['content-length']) > bodyLimitBytes) resolve({ outcome: 'too_large' });
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= bodyLimitBytes) {
      chunks.push(chunk);
      return;
    }
    chunks.length = 0;
    resolve({ outcome: 'too_large' });
    if (size > 2 * bodyLimitBytes) request.destroy();
  });
  request.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
  request.on('error', () => resolve({ outcome: 'cut_off' }));
  request.on('close', () => resolve({ outcome: 'cut_off' }));
  return promise;
}

/** Stores a notice and says what became of it. */
export async function store(submit: Submit, notice: AlarmNotice, key: string): Promise<Outcome> {
  const details = { key, alarm: notice.arn, state: notice.state };
  try {
    const { repeated } = await submit(notice, key);
    return repeated
      ? { status: 200, outcome: 'repeated', text: 'This alarm was stored before; nothing is done again.', details }
      : { status: 200, outcome: 'stored', text: 'The alarm is stored.', details };
  } catch (error) {
    const reason = error instanceof Error ? error.name : 'unknown';
    const text = 'The alarm could not be stored now; send it again.';
    return { status: 503, outcome: 'not_stored', text, details: { ...details, reason } };
  }
}

/** JSON, or undefined where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
