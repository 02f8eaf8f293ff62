/**
 * Plays Amazon SNS towards an HTTPS subscriber: asks it to confirm, signs what it publishes, and answers for its own
 * hosts, so that nothing leaves this machine. https://docs.aws.amazon.com/sns/latest/dg/sns-http-https-endpoint-as-subscriber.html
 */
import { generateKeyPair, type KeyObject, randomBytes, randomUUID, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { selfSignedCertificate } from './certificate.ts';

/** A message as SNS posts it: every field is a string. */
export interface SnsMessage {
  Type: 'Notification' | 'SubscriptionConfirmation' | 'UnsubscribeConfirmation';
  MessageId: string;
  TopicArn: string;
  Subject?: string;
  Message: string;
  Timestamp: string;
  SignatureVersion: '1' | '2';
  Signature: string;
  SigningCertURL: string;
  Token?: string;
  SubscribeURL?: string;
  UnsubscribeURL?: string;
}

export interface SnsOptions {
  clock: () => Date;
  /** 1: SHA-1, what a topic has unless it is told otherwise; 2: SHA-256. */
  signatureVersion?: '1' | '2';
  /** For every host that is none of SNS. */
  fetch?: typeof globalThis.fetch;
}

export interface Sns {
  /** A notification, signed. */
  notification(topicArn: string, message: string, subject?: string): Promise<SnsMessage>;
  /** What a subscriber is sent first, or when its subscription was deleted. */
  confirmation(topicArn: string, type?: 'SubscriptionConfirmation' | 'UnsubscribeConfirmation'): Promise<SnsMessage>;
  /** Posts a message as SNS does; answers the HTTP status, 0 where nobody answers. */
  post(endpoint: string, message: SnsMessage): Promise<number>;
  /**
   * Publishes to a subscriber: first the confirmation, where this topic has none from it yet, then the notification.
   * Rejects with UndeliveredError.
   */
  publish(endpoint: string, topicArn: string, message: string, subject?: string): Promise<void>;
  /** Stands for `fetch`: answers for SNS's certificates and subscriptions. */
  fetch: typeof globalThis.fetch;
  /** Topics whose subscription was confirmed. */
  confirmed: ReadonlySet<string>;
}

/** The subscriber did not take it. */
export class UndeliveredError extends Error {
  constructor(endpoint: string, status: number) {
    const { pathname } = new URL(endpoint);
    const answer = status === 0 ? 'did not answer' : `answered ${status}`;
    super(`The bot's ${pathname} ${answer}; the log of the sandbox says why.`);
    this.name = 'UndeliveredError';
  }
}

/** What is signed, in this order. https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html */
const signedFields = {
  Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
  SubscriptionConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
  UnsubscribeConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
} as const;

const certificatePath = '/SimpleNotificationService-7b2a5e9c04d14f6f8a1e33d0c5b9f210.pem';
const yearMs = 365 * 86_400_000;
/** Attempts before it is given up: AWS waits between them, and tries for an hour. */
const attempts = 3;
const timeoutMs = 15_000;

const newKeyPair = promisify(generateKeyPair);

export function createSns({ clock, signatureVersion = '2', fetch = globalThis.fetch }: SnsOptions): Sns {
  let key: Promise<KeyObject> | undefined;
  const privateKey = () => {
    key ??= newKeyPair('rsa', { modulusLength: 2048 }).then(pair => pair.privateKey);
    return key;
  };
  /** Tokens that were sent out, and the topic that each is for. */
  const tokens = new Map<string, string>();
  const confirmed = new Set<string>();

  async function signed(message: Omit<SnsMessage, 'Signature' | 'SignatureVersion' | 'SigningCertURL'>) {
    const text = signedFields[message.Type]
      .flatMap(name => (message[name] === undefined ? [] : [name, message[name]]))
      .map(line => `${line}\n`)
      .join('');
    const digest = signatureVersion === '1' ? 'sha1' : 'sha256';
    return {
      ...message,
      SignatureVersion: signatureVersion,
      Signature: sign(digest, Buffer.from(text, 'utf8'), await privateKey()).toString('base64'),
      SigningCertURL: `https://${hostOf(message.TopicArn)}${certificatePath}`,
    };
  }

  function head(topicArn: string) {
    return { MessageId: randomUUID(), TopicArn: topicArn, Timestamp: clock().toISOString() };
  }

  function notification(topicArn: string, message: string, subject?: string): Promise<SnsMessage> {
    return signed({
      Type: 'Notification',
      ...head(topicArn),
      ...(subject === undefined ? {} : { Subject: subject }),
      Message: message,
      UnsubscribeURL: `https://${hostOf(topicArn)}/?Action=Unsubscribe&SubscriptionArn=${subscriptionOf(topicArn)}`,
    });
  }

  function confirmation(
    topicArn: string,
    type: 'SubscriptionConfirmation' | 'UnsubscribeConfirmation' = 'SubscriptionConfirmation',
  ): Promise<SnsMessage> {
    const token = randomBytes(96).toString('hex');
    tokens.set(token, topicArn);
    const query = new URLSearchParams({ Action: 'ConfirmSubscription', TopicArn: topicArn, Token: token });
    const what =
      type === 'SubscriptionConfirmation'
        ? `You have chosen to subscribe to the topic ${topicArn}.\nTo confirm the subscription, visit the SubscribeURL included in this message.`
        : `You have chosen to deactivate subscription ${subscriptionOf(topicArn)}.\nTo cancel this operation and restore the subscription, visit the SubscribeURL included in this message.`;
    return signed({
      Type: type,
      ...head(topicArn),
      Token: token,
      Message: what,
      SubscribeURL: `https://${hostOf(topicArn)}/?${query}`,
    });
  }

  async function post(endpoint: string, message: SnsMessage): Promise<number> {
    const headers = {
      'content-type': 'text/plain; charset=UTF-8',
      'user-agent': 'Amazon Simple Notification Service Agent',
      'x-amz-sns-message-type': message.Type,
      'x-amz-sns-message-id': message.MessageId,
      'x-amz-sns-topic-arn': message.TopicArn,
      ...(message.Type === 'Notification' && { 'x-amz-sns-subscription-arn': subscriptionOf(message.TopicArn) }),
    };
    const signal = AbortSignal.timeout(timeoutMs);
    const body = JSON.stringify(message, null, 2);
    const response = await fetch(endpoint, { method: 'POST', headers, body, signal }).catch(() => null);
    await response?.body?.cancel();
    return response?.status ?? 0;
  }

  /** Errors of the server are repeated, those of the client are final. https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html */
  async function deliver(endpoint: string, message: SnsMessage): Promise<void> {
    let status = 0;
    for (let attempt = 0; attempt < attempts; attempt++) {
      status = await post(endpoint, message);
      if (status >= 200 && status < 300) return;
      if (status >= 400 && status < 500 && status !== 429) break;
    }
    throw new UndeliveredError(endpoint, status);
  }

  /** Null where it is none of ours. */
  async function answer(url: URL): Promise<Response | null> {
    const [, region] = /^sns\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/.exec(url.hostname) ?? [];
    if (region === undefined) return null;
    if (url.protocol !== 'https:') return new Response('', { status: 400 });
    if (url.pathname === certificatePath) {
      const now = clock().getTime();
      const certificate = selfSignedCertificate({
        commonName: url.hostname,
        hosts: [url.hostname],
        privateKey: await privateKey(),
        from: new Date(now - yearMs),
        to: new Date(now + yearMs),
      });
      return new Response(certificate, { headers: { 'content-type': 'application/x-pem-file' } });
    }
    const topicArn = url.searchParams.get('TopicArn') ?? '';
    if (url.searchParams.get('Action') !== 'ConfirmSubscription') return new Response('', { status: 404 });
    if (hostOf(topicArn) !== url.hostname || tokens.get(url.searchParams.get('Token') ?? '') !== topicArn) {
      return xml(400, errorXml('InvalidParameter', 'Invalid parameter: Token'));
    }
    confirmed.add(topicArn);
    return xml(200, confirmedXml(subscriptionOf(topicArn)));
  }

  return {
    notification,
    confirmation,
    post,
    confirmed,
    async publish(endpoint, topicArn, message, subject) {
      if (!confirmed.has(topicArn)) {
        await deliver(endpoint, await confirmation(topicArn));
        if (!confirmed.has(topicArn)) {
          throw new Error(`The bot did not confirm its subscription to ${topicArn}; the log of the sandbox says why.`);
        }
      }
      await deliver(endpoint, await notification(topicArn, message, subject));
    },
    async fetch(input, init) {
      const url = new URL(input instanceof Request ? input.url : input);
      return (await answer(url)) ?? fetch(input, init);
    },
  };
}

/** `sns.<region>.amazonaws.com` of the topic's own Region and partition. */
function hostOf(topicArn: string): string {
  const [, partition, , region] = topicArn.split(':');
  return `sns.${region}.amazonaws.com${partition === 'aws-cn' ? '.cn' : ''}`;
}

/** A topic has one subscription here, with the same id for as long as it lives. */
function subscriptionOf(topicArn: string): string {
  return `${topicArn}:5f1c2d3e-4b5a-4c6d-8e7f-9a0b1c2d3e4f`;
}

const namespace = 'http://sns.amazonaws.com/doc/2010-03-31/';

function confirmedXml(subscriptionArn: string): string {
  const result = `<SubscriptionArn>${subscriptionArn}</SubscriptionArn>`;
  return `<ConfirmSubscriptionResponse xmlns="${namespace}"><ConfirmSubscriptionResult>${result}</ConfirmSubscriptionResult></ConfirmSubscriptionResponse>`;
}

function errorXml(code: string, message: string): string {
  return `<ErrorResponse xmlns="${namespace}"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;
}

function xml(status: number, body: string): Response {
  return new Response(body, { status, headers: { 'content-type': 'text/xml' } });
}
