/** `POST /webhooks/sns`: what an SNS topic sends to its HTTPS subscription. */
import { z } from 'zod';
import type { Handler } from '../server.ts';
import { parseAlarmMessage } from './alarm.ts';
import { CertificateError, createCertificates, isCertificateUrl, snsOrigin, whyUnanswered } from './certificates.ts';
import { createInlet, type Outcome, parseJson, store, type WebhookDependencies, type WebhookOutcome } from './inlet.ts';
import { plainLine } from './plain.ts';
import { createSignatureCheck, type SignedMessage } from './signature.ts';

export interface SnsDependencies extends WebhookDependencies {
  /** The topics that may send; compared as whole ARNs. */
  topicArns: readonly string[];
  clock: () => Date;
  /** Reads certificates and confirms subscriptions. */
  fetch: typeof globalThis.fetch;
  /** How long SNS may take to answer us; it waits 15 s for our own answer. */
  fetchTimeoutMs?: number;
}

interface Topic {
  arn: string;
  region: string;
  accountId: string;
}

const longestAgeMs = 60 * 60_000;
const clockSkewMs = 5 * 60_000;
/** Confirmations that are remembered, so that a replay within the age limit does not subscribe again. */
const confirmationsKept = 1_000;

const topicArn = /^arn:aws[a-z-]*:sns:([a-z0-9-]+):(\d{12}):[\w-]+(?:\.fifo)?$/;

/**
 * An id and a time that have one form, and a subject on one line, leave only one reading of the text that is signed.
 * https://docs.aws.amazon.com/sns/latest/dg/http-notification-json.html
 */
const envelope = z.object({
  Type: z.enum(['Notification', 'SubscriptionConfirmation', 'UnsubscribeConfirmation']),
  MessageId: z.string().regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i),
  TopicArn: z.string().regex(topicArn),
  Subject: z
    .string()
    .regex(/^[^\r\n]*$/)
    .nullish(),
  Message: z.string(),
  Timestamp: z.iso.datetime(),
  SignatureVersion: z.string().optional(),
  Signature: z.string().optional(),
  SigningCertURL: z.string().optional(),
  Token: z.string().optional(),
  SubscribeURL: z.string().optional(),
});

type Envelope = z.infer<typeof envelope>;

/** Throws where an ARN of `topicArns` is none of a topic. */
export function createSnsHandler(dependencies: SnsDependencies): Handler {
  const { topicArns, submit, clock, fetch, fetchTimeoutMs = 3_000 } = dependencies;
  const topics = new Map(topicArns.map(arn => [arn, topicOf(arn)]));
  const checkSignature = createSignatureCheck(createCertificates(fetch, fetchTimeoutMs));
  const confirmed = new Set<string>();

  async function judge(body: string): Promise<Outcome> {
    const message = envelope.safeParse(parseJson(body)).data;
    if (message === undefined) {
      const text = 'The body is no SNS message, or was cut off. Subscribe this address to the topic over HTTPS.';
      return { status: 400, outcome: 'malformed', text };
    }
    const topic = topics.get(message.TopicArn);
    if (topic === undefined) {
      const text = 'This topic may not send here. If it should, add its ARN to SNS_TOPIC_ARNS.';
      return { status: 403, outcome: 'foreign_topic', text, details: detailsOf(message) };
    }
    const refusal = await refusalOf(message, topic);
    if (refusal !== null) return { ...refusal, details: { ...detailsOf(message), ...refusal.details } };
    switch (message.Type) {
      case 'Notification':
        return take(message, topic);
      case 'SubscriptionConfirmation':
        return confirm(message, topic);
      case 'UnsubscribeConfirmation': {
        const text =
          'The subscription was ended, and no more alarms of this topic come. Subscribe again if it should not.';
        return { status: 200, outcome: 'unsubscribed', text, details: detailsOf(message) };
      }
    }
  }

  /** Why a message is not to be believed; null where SNS has signed it for this topic within the last hour. */
  async function refusalOf(message: Envelope, topic: Topic): Promise<Outcome | null> {
    const { Signature, SignatureVersion, SigningCertURL } = message;
    if (!Signature || !SigningCertURL || !SignatureVersion) return unsigned('The message is not signed.');
    if (!isCertificateUrl(SigningCertURL, topic.region)) {
      return unauthorised('foreign_certificate', "The certificate is not on the host of SNS in the topic's Region.");
    }
    const ageMs = clock().getTime() - Date.parse(message.Timestamp);
    if (ageMs > longestAgeMs) return unauthorised('out_of_time', 'The message is older than an hour.');
    if (ageMs < -clockSkewMs) {
      return unauthorised('out_of_time', 'The message is of a time to come. Check the clock of this machine.');
    }
    if (SignatureVersion !== '1' && SignatureVersion !== '2') {
      return unauthorised('wrong_signature', 'The signature is of a version that is not known.');
    }
    try {
      const right = await checkSignature({ ...message, SigningCertURL } as SignedMessage);
      return right ? null : unauthorised('wrong_signature', 'The signature is wrong.');
    } catch (error) {
      if (!(error instanceof CertificateError)) throw error;
      if (error.kind === 'refused') return unauthorised('wrong_signature', 'There is no such certificate.');
      const text = 'The certificate could not be read now; send the message again.';
      return { status: 503, outcome: 'certificate_unavailable', text, details: { reason: error.message } };
    }
  }

  async function take(message: Envelope, topic: Topic): Promise<Outcome> {
    const notice = parseAlarmMessage(message.Message, { ...topic, at: new Date(message.Timestamp).toISOString() });
    if (notice !== null) return store(submit, notice, `sns:${message.MessageId}`);
    // SNS would repeat anything but 2xx, or count it as failed.
    const text = 'The message is no CloudWatch alarm; nothing is done.';
    return { status: 200, outcome: 'not_an_alarm', text, details: detailsOf(message) };
  }

  /**
   * Confirms at an address of our own making: never that of the message.
   * https://docs.aws.amazon.com/sns/latest/api/API_ConfirmSubscription.html
   */
  async function confirm(message: Envelope, { arn, region }: Topic): Promise<Outcome> {
    const details = detailsOf(message);
    const token = message.Token ?? '';
    if (!/^[\w-]{1,2048}$/.test(token)) {
      return { status: 400, outcome: 'malformed', text: 'The confirmation has no token.', details };
    }
    if (confirmed.has(message.MessageId)) {
      return { status: 200, outcome: 'repeated', text: 'This subscription was confirmed before.', details };
    }
    const query = new URLSearchParams({ Action: 'ConfirmSubscription', TopicArn: arn, Token: token });
    const reason = await failureOf(`${snsOrigin(region)}/?${query}`);
    if (reason !== null) {
      const text = 'The subscription could not be confirmed. If it stays pending, request the confirmation again.';
      return { status: 503, outcome: 'not_confirmed', text, details: { ...details, reason } };
    }
    const [oldest] = confirmed;
    if (confirmed.size >= confirmationsKept && oldest !== undefined) confirmed.delete(oldest);
    confirmed.add(message.MessageId);
    return { status: 200, outcome: 'confirmed', text: 'The subscription is confirmed.', details };
  }

  /** Why a GET did not succeed, without the address; null where it did. */
  async function failureOf(url: string): Promise<string | null> {
    try {
      const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(fetchTimeoutMs) });
      await response.body?.cancel();
      return response.ok ? null : `the host answered ${response.status}`;
    } catch (error) {
      return whyUnanswered(error);
    }
  }

  return createInlet('sns', dependencies, {
    // Without its envelope a message is not signed, whoever sent it.
    admit: ({ headers }) =>
      headers['x-amz-sns-rawdelivery'] === 'true'
        ? unsigned('Raw messages are not signed: turn raw delivery off.')
        : null,
    judge,
  });
}

function topicOf(arn: string): Topic {
  const [, region, accountId] = topicArn.exec(arn) ?? [];
  if (region === undefined || accountId === undefined) {
    throw new TypeError(`${arn} is no ARN of an SNS topic: correct SNS_TOPIC_ARNS.`);
  }
  return { arn, region, accountId };
}

function unsigned(text: string): Outcome {
  return { status: 401, outcome: 'unsigned', text };
}

function unauthorised(outcome: WebhookOutcome, text: string): Outcome {
  return { status: 401, outcome, text };
}

/** What the log says of a message: where it claims to be from, and no more. */
function detailsOf({ TopicArn, MessageId, Type }: Envelope): Record<string, string> {
  return { topic: plainLine(TopicArn, 300), messageId: MessageId, type: Type };
}
