/** `POST /webhooks/eventbridge`: what an EventBridge API destination sends, one event a request. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Handler } from '../server.ts';
import { parseAlarmDetail } from './alarm.ts';
import { createInlet, type Outcome, parseJson, store, type WebhookDependencies } from './inlet.ts';

export interface EventBridgeDependencies extends WebhookDependencies {
  /** What the connection of the API destination sends as `x-api-key`. */
  apiKey: string;
}

const expected = 'CloudWatch Alarm State Change';

/** https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html */
const envelope = z.object({
  id: z.string().regex(/^[\w-]{1,100}$/),
  'detail-type': z.string(),
  account: z.string().regex(/^\d{12}$/),
  region: z.string().regex(/^[a-z]{2}(?:-[a-z]+){1,3}-\d$/),
  time: z.iso.datetime({ offset: true }),
  resources: z.array(z.unknown()).optional().catch(undefined),
  detail: z.unknown().optional(),
});

/** Throws where the key is empty, because then every sender would be let in. */
export function createEventBridgeHandler(dependencies: EventBridgeDependencies): Handler {
  const { apiKey, submit } = dependencies;
  if (apiKey === '') throw new TypeError('The key of /webhooks/eventbridge is empty: set EVENTBRIDGE_API_KEY.');
  const key = digest(apiKey);

  return createInlet('eventbridge', dependencies, {
    admit({ headers }) {
      const given = headers['x-api-key'];
      // Digests have one length, and comparing them tells nothing by its time.
      if (typeof given === 'string' && timingSafeEqual(digest(given), key)) return null;
      const text = 'The header x-api-key is missing or wrong: give the API destination a connection with the key.';
      return { status: 401, outcome: 'wrong_key', text };
    },

    async judge(body) {
      const event = envelope.safeParse(parseJson(body)).data;
      if (event === undefined) return refused('malformed', 'The body is no EventBridge event.');
      const details = { eventId: event.id };
      if (event['detail-type'] !== expected) {
        return refused('unexpected_event', `Only events of detail-type "${expected}" are taken here.`, details);
      }
      const [first] = event.resources ?? [];
      const told = { accountId: event.account, region: event.region, at: new Date(event.time).toISOString() };
      const notice = parseAlarmDetail(event.detail, typeof first === 'string' ? first : undefined, told);
      if (notice === null) return refused('malformed', 'The detail of the event is no alarm with a state.', details);
      return store(submit, notice, `eventbridge:${event.id}`);
    },
  });
}

function refused(
  outcome: 'malformed' | 'unexpected_event',
  what: string,
  details: Record<string, string> = {},
): Outcome {
  const text = `${what} Send whole events of a rule on source aws.cloudwatch, without an input transformer.`;
  return { status: 400, outcome, text, details };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
