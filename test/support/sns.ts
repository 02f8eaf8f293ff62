/** SNS as an HTTPS subscription sees it: signed messages, and a host that has the certificate and takes confirmations. */
import { randomUUID, sign } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createIdentity, type Identity } from './certificate.ts';

export type SnsMessage = Record<string, string | null>;

export interface SnsHost {
  /** What was asked of it, as `host /path?query`. */
  asked: string[];
  /** Whoever asks for an SNS host is led here; anything else fails. */
  fetch: typeof globalThis.fetch;
  /** How the next requests are answered; null: as SNS does. */
  answer: ((request: IncomingMessage, response: ServerResponse) => void) | null;
  /** A message of the topic, signed. */
  message(more?: SnsMessage, options?: { version?: '1' | '2'; by?: Identity }): SnsMessage;
  close(): Promise<void>;
}

export const snsTopic = 'arn:aws:sns:eu-west-1:123456789012:alarms';
export const certificatePath = `/SimpleNotificationService-${'0123456789abcdef'.repeat(2)}.pem`;
export const certificateUrl = `https://sns.eu-west-1.amazonaws.com${certificatePath}`;

/** https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html */
const signedFields = {
  Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
  other: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
};

export function signMessage(message: SnsMessage, identity: Identity, version: '1' | '2' = '2'): SnsMessage {
  const fields = message.Type === 'Notification' ? signedFields.Notification : signedFields.other;
  const text = fields.flatMap(field => (typeof message[field] === 'string' ? [field, message[field]] : []));
  const signature = sign(version === '1' ? 'sha1' : 'sha256', Buffer.from(`${text.join('\n')}\n`), identity.privateKey);
  return { ...message, SignatureVersion: version, Signature: signature.toString('base64') };
}

export async function startSnsHost(now: () => Date, identity: Identity = createIdentity()): Promise<SnsHost> {
  const server = createServer((request, response) => {
    host.asked.push(`${request.headers['x-asked-host']} ${request.url}`);
    if (host.answer !== null) host.answer(request, response);
    else if (request.url === certificatePath) response.end(identity.certificate);
    else if (request.url?.startsWith('/?Action=ConfirmSubscription&')) response.end('<ConfirmSubscriptionResponse/>');
    else response.writeHead(403).end('<Error/>');
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  const host: SnsHost = {
    asked: [],
    answer: null,
    async fetch(input, init) {
      const { protocol, host: name, pathname, search } = new URL(String(input));
      if (protocol !== 'https:' || !/^sns\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?$/.test(name)) {
        throw new TypeError(`${input} is no address of SNS.`);
      }
      return fetch(`http://127.0.0.1:${port}${pathname}${search}`, { ...init, headers: { 'x-asked-host': name } });
    },
    message(more = {}, { version = '2', by = identity } = {}) {
      const message: SnsMessage = {
        Type: 'Notification',
        MessageId: randomUUID(),
        TopicArn: snsTopic,
        Message: 'Hello.',
        Timestamp: now().toISOString(),
        SigningCertURL: certificateUrl,
        ...more,
      };
      return signMessage(message, by, version);
    },
    async close() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
  return host;
}
