import { X509Certificate } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import Validator from 'sns-payload-validator';
import { expect, onTestFinished, test } from 'vitest';
import { createSns, type SnsMessage, UndeliveredError } from '../../src/sandbox/sns.ts';

const topicArn = 'arn:aws:sns:eu-west-1:111122223333:api-alarms';
const clock = () => new Date();

interface Taken {
  headers: IncomingHttpHeaders;
  message: SnsMessage;
}

/** A subscriber that confirms through `fetch`, and answers what it is told, then 200. */
async function subscriber(fetch: typeof globalThis.fetch, answers: number[] = [], confirms = true) {
  const taken: Taken[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const message = JSON.parse(body) as SnsMessage;
    taken.push({ headers: request.headers, message });
    if (confirms && message.Type === 'SubscriptionConfirmation') await fetch(message.SubscribeURL ?? '');
    response.writeHead(message.Type === 'Notification' ? (answers.shift() ?? 200) : 200).end();
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { taken, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/sns` };
}

for (const signatureVersion of ['1', '2'] as const) {
  test(`what it signs with version ${signatureVersion}, others verify; and not what was changed`, async () => {
    const sns = createSns({ clock, signatureVersion });
    const messages = [
      await sns.notification(topicArn, '{"AlarmName":"Größe"}', 'ALARM: "x" in EU (Ireland)'),
      await sns.notification(topicArn, 'no subject'),
      await sns.confirmation(topicArn),
      await sns.confirmation(topicArn, 'UnsubscribeConfirmation'),
    ];
    const validator = new Validator();
    for (const message of messages) {
      const pem = await (await sns.fetch(message.SigningCertURL)).text();
      expect(new X509Certificate(pem).checkHost('sns.eu-west-1.amazonaws.com')).toBeDefined();
      // Its own way to the certificate is the network.
      (validator as unknown as { certCache: Map<string, string> }).certCache.set(message.SigningCertURL, pem);
      expect(await validator.validate({ ...message })).toMatchObject({ MessageId: message.MessageId });
      await expect(validator.validate({ ...message, Message: 'another' })).rejects.toThrow('Invalid Signature');
    }
  });
}

test('asks to confirm once, then delivers as SNS does', async () => {
  const sns = createSns({ clock });
  const { taken, endpoint } = await subscriber(sns.fetch);
  await sns.publish(endpoint, topicArn, 'one', 'a subject');
  await sns.publish(endpoint, topicArn, 'two');
  expect(taken.map(({ message }) => [message.Type, message.Type === 'Notification' ? message.Message : ''])).toEqual([
    ['SubscriptionConfirmation', ''],
    ['Notification', 'one'],
    ['Notification', 'two'],
  ]);
  expect(taken[1]?.headers).toMatchObject({
    'content-type': 'text/plain; charset=UTF-8',
    'x-amz-sns-message-type': 'Notification',
    'x-amz-sns-topic-arn': topicArn,
  });
  expect([...sns.confirmed]).toEqual([topicArn]);
});

test('repeats what the subscriber could not store, not what it refused', async () => {
  const sns = createSns({ clock });
  const { taken, endpoint } = await subscriber(sns.fetch, [503, 503, 200, 403]);
  await sns.publish(endpoint, topicArn, 'one');
  expect(taken.filter(({ message }) => message.Message === 'one')).toHaveLength(3);
  expect(new Set(taken.slice(1).map(({ message }) => message.MessageId)).size).toBe(1);
  await expect(sns.publish(endpoint, topicArn, 'two')).rejects.toThrow(UndeliveredError);
  expect(taken.filter(({ message }) => message.Message === 'two')).toHaveLength(1);
});

test('delivers nothing where the subscription was not confirmed', async () => {
  const sns = createSns({ clock });
  const { taken, endpoint } = await subscriber(sns.fetch, [], false);
  await expect(sns.publish(endpoint, topicArn, 'one')).rejects.toThrow('did not confirm');
  expect(taken.map(({ message }) => message.Type)).toEqual(['SubscriptionConfirmation']);
});

test('takes a token for its own topic and Region only, and nothing without TLS', async () => {
  const sns = createSns({ clock });
  const { SubscribeURL = '', Token = '' } = await sns.confirmation(topicArn);
  const elsewhere = SubscribeURL.replace('sns.eu-west-1', 'sns.us-east-1');
  const foreign = SubscribeURL.replace('api-alarms', 'other');
  const unknown = SubscribeURL.replace(Token, '0'.repeat(Token.length));
  for (const url of [elsewhere, foreign, unknown, SubscribeURL.replace('https:', 'http:')]) {
    expect((await sns.fetch(url)).status).toBe(400);
  }
  expect([...sns.confirmed]).toEqual([]);
  expect((await sns.fetch(SubscribeURL)).status).toBe(200);
});

test('leaves every other host to the fetch that it was given', async () => {
  const asked: string[] = [];
  const fetch: typeof globalThis.fetch = async input => {
    asked.push(String(input));
    return new Response('elsewhere');
  };
  const sns = createSns({ clock, fetch });
  for (const url of ['https://sns.eu-west-1.amazonaws.com.evil.example/x.pem', 'http://127.0.0.1/feed']) {
    expect(await (await sns.fetch(url)).text()).toBe('elsewhere');
  }
  expect(asked).toHaveLength(2);
});
