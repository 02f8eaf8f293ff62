import { createPublicKey, randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { createSnsHandler, type SnsDependencies } from '../../src/webhooks/sns.ts';
import { createIdentity } from '../support/certificate.ts';
import {
  certificatePath,
  certificateUrl,
  type SnsHost,
  type SnsMessage,
  signMessage,
  snsTopic,
  startSnsHost,
} from '../support/sns.ts';
import { createWebhookStage, sendForever, sendRaw, type WebhookStage } from './stage.ts';

const now = new Date('2026-11-22T14:05:00.000Z');
const path = '/webhooks/sns';
const ours = createIdentity();
const foreign = createIdentity();
const token = `2336412f37${'ab12'.repeat(20)}`;

const alarm = {
  AlarmName: 'orders-5xx',
  AlarmArn: 'arn:aws:cloudwatch:eu-west-1:123456789012:alarm:orders-5xx',
  AWSAccountId: '123456789012',
  NewStateValue: 'ALARM',
  NewStateReason: 'Threshold Crossed: 3 datapoints were greater than the threshold (5.0).',
  StateChangeTime: '2026-11-22T14:04:05.123+0000',
  Region: 'EU (Ireland)',
  Trigger: {
    Namespace: 'AWS/ApiGateway',
    MetricName: '5XXError',
    Dimensions: [
      { name: 'ApiName', value: 'orders-api' },
      { name: 'Stage', value: 'prod' },
    ],
  },
};

let host: SnsHost;
let stage: WebhookStage;

beforeAll(async () => {
  host = await startSnsHost(() => now, ours);
});
afterAll(() => host.close());

beforeEach(() => {
  stage = createWebhookStage();
  host.asked.length = 0;
  host.answer = null;
});

async function serve(more: Partial<SnsDependencies> = {}): Promise<number> {
  const handler = createSnsHandler({
    ...stage.dependencies,
    topicArns: [snsTopic, 'arn:aws-cn:sns:cn-north-1:123456789012:alarms'],
    clock: () => now,
    fetch: host.fetch,
    ...more,
  });
  return stage.serve(path, handler);
}

async function post(port: number, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', body: text, headers });
}

function notification(more: SnsMessage = {}, version: '1' | '2' = '2'): SnsMessage {
  return host.message(
    { Subject: 'ALARM: "orders-5xx" in EU (Ireland)', Message: JSON.stringify(alarm), ...more },
    { version },
  );
}

/** A refusal is answered, logged once without secrets, counted, and leaves nothing behind. */
async function expectRefused(answer: Response, status: number, outcome: string, ...secrets: string[]): Promise<void> {
  expect(answer.status).toBe(status);
  expect(stage.outcomes).toEqual([outcome]);
  expect(stage.lines).toHaveLength(1);
  expect(stage.lines[0]).toContain(`"outcome":"${outcome}"`);
  const said = (await answer.text()) + stage.lines.join();
  for (const secret of secrets) expect(said).not.toContain(secret);
  expect(stage.stored.size).toBe(0);
}

describe('a signed notification', () => {
  test.each(['1', '2'] as const)('with signature version %s is stored, then answered', async version => {
    const message = notification({}, version);
    const answer = await post(await serve(), message);
    expect(answer.status).toBe(200);
    expect([...stage.stored]).toEqual([
      [
        `sns:${message.MessageId}`,
        {
          arn: alarm.AlarmArn,
          name: 'orders-5xx',
          accountId: '123456789012',
          region: 'eu-west-1',
          state: 'ALARM',
          at: '2026-11-22T14:04:05.123Z',
          reason: alarm.NewStateReason,
          metrics: [
            { namespace: 'AWS/ApiGateway', name: '5XXError', dimensions: { ApiName: 'orders-api', Stage: 'prod' } },
          ],
        },
      ],
    ]);
    expect(stage.outcomes).toEqual(['stored']);
    expect(host.asked).toEqual([`sns.eu-west-1.amazonaws.com ${certificatePath}`]);
  });

  test('without a subject, or with null for one, is signed without it', async () => {
    const port = await serve();
    expect((await post(port, host.message({ Message: JSON.stringify(alarm) }))).status).toBe(200);
    expect((await post(port, host.message({ Message: JSON.stringify(alarm), Subject: null }))).status).toBe(200);
    expect(stage.stored.size).toBe(2);
  });

  test('needs the certificate of its own Region and partition', async () => {
    const TopicArn = 'arn:aws-cn:sns:cn-north-1:123456789012:alarms';
    const SigningCertURL = `https://sns.cn-north-1.amazonaws.com.cn${certificatePath}`;
    const answer = await post(await serve(), notification({ TopicArn, SigningCertURL }));
    expect(answer.status).toBe(200);
    expect(host.asked).toEqual([`sns.cn-north-1.amazonaws.com.cn ${certificatePath}`]);
  });

  test('needs the certificate fetched once only, also by many at once', async () => {
    const port = await serve();
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(port, notification())));
    expect(answers.map(answer => answer.status)).toEqual(Array(20).fill(200));
    expect((await post(port, notification())).status).toBe(200);
    expect(host.asked).toHaveLength(1);
    expect(stage.stored.size).toBe(21);
  });

  test('that is sent again is answered 200 and not stored again', async () => {
    const port = await serve();
    const message = notification();
    expect((await post(port, message)).status).toBe(200);
    const before = [...stage.stored];
    expect((await post(port, message)).status).toBe(200);
    expect([...stage.stored]).toEqual(before);
    expect(stage.outcomes).toEqual(['stored', 'repeated']);
  });

  test('is accepted up to an hour old, and five minutes ahead', async () => {
    const port = await serve();
    expect((await post(port, notification({ Timestamp: '2026-11-22T13:05:00.000Z' }))).status).toBe(200);
    expect((await post(port, notification({ Timestamp: '2026-11-22T14:10:00.000Z' }))).status).toBe(200);
  });

  test('with fields that are not known is accepted', async () => {
    const Message = JSON.stringify({ ...alarm, Later: { x: [1] }, Trigger: { ...alarm.Trigger, More: true } });
    const answer = await post(await serve(), { ...notification({ Message }), SequenceNumber: '1', Extra: { a: 1 } });
    expect(answer.status).toBe(200);
    expect([...stage.stored.values()][0]?.metrics).toHaveLength(1);
  });

  test('that is no alarm is answered 200, so that it is not repeated, and logged once', async () => {
    const answer = await post(await serve(), notification({ Message: 'password=hunter2 deployed' }));
    await expectRefused(answer, 200, 'not_an_alarm', 'hunter2');
  });

  test('that cannot be stored is to be sent again', async () => {
    stage.failure = new Error('the disk at secret-place is full');
    const answer = await post(await serve(), notification());
    expect(answer.headers.get('retry-after')).toBe('30');
    await expectRefused(answer, 503, 'not_stored', 'secret-place');
  });
});

describe('what is not believed', () => {
  test('a wrong signature: 401', async () => {
    const message = notification();
    const changed = { ...message, Message: JSON.stringify({ ...alarm, AlarmName: 'other' }) };
    await expectRefused(await post(await serve(), changed), 401, 'wrong_signature', String(message.Signature));
  });

  test.each(['Subject', 'Timestamp', 'MessageId'])('a %s that is not the signed one: 401', async field => {
    const other = { Subject: 'OK', Timestamp: '2026-11-22T14:04:59.000Z', MessageId: randomUUID() }[field] ?? '';
    await expectRefused(await post(await serve(), { ...notification(), [field]: other }), 401, 'wrong_signature');
  });

  test('a signature with another key: 401', async () => {
    const message = host.message({ Message: JSON.stringify(alarm) }, { by: foreign });
    await expectRefused(await post(await serve(), message), 401, 'wrong_signature');
  });

  test('a version of the signature that is not the one it was made with, or not known: 401', async () => {
    const port = await serve();
    expect((await post(port, { ...notification(), SignatureVersion: '1' })).status).toBe(401);
    expect((await post(port, { ...notification(), SignatureVersion: '3' })).status).toBe(401);
    expect(stage.stored.size).toBe(0);
  });

  test.each(['Signature', 'SignatureVersion', 'SigningCertURL'])('no %s: 401', async field => {
    const message = notification();
    delete message[field];
    await expectRefused(await post(await serve(), message), 401, 'unsigned');
    expect(host.asked).toEqual([]);
  });

  test('a raw message, which has no signature: 401', async () => {
    const answer = await post(await serve(), alarm, { 'x-amz-sns-rawdelivery': 'true' });
    await expectRefused(answer, 401, 'unsigned');
  });

  test.each([
    `https://sns.eu-west-1.amazonaws.com.example.com${certificatePath}`,
    `https://sns.eu-west-1.amazonaws.com@example.com${certificatePath}`,
    `https://sns.eu-west-1.amazonaws.com:8443${certificatePath}`,
    `https://example.com/sns.eu-west-1.amazonaws.com${certificatePath}`,
    `https://sns.eu-west-1.amazonaws.com/x/..${certificatePath}`,
    `https://sns.eu-west-1.amazonaws.com${certificatePath}?x=.pem`,
    `https://sns-eu-west-1.amazonaws.com${certificatePath}`,
    `https://sns.evil.amazonaws.com${certificatePath}`,
    `https://sns.us-east-1.amazonaws.com${certificatePath}`,
    `https://sns.eu-west-1.amazonaws.com.cn${certificatePath}`,
    `https://sns.eu-west-1.amazonaws.com/bucket/mine.pem`,
    `http://sns.eu-west-1.amazonaws.com${certificatePath}`,
    `https://sns.eu-west-1.amazonaws.com${certificatePath}\n`,
    'file:///etc/passwd',
    '',
  ])('a certificate at %j is not even asked for: 401', async SigningCertURL => {
    const answer = await post(await serve(), notification({ SigningCertURL }));
    await expectRefused(answer, 401, SigningCertURL === '' ? 'unsigned' : 'foreign_certificate');
    expect(host.asked).toEqual([]);
  });

  test('a certificate that is not there: 401', async () => {
    const SigningCertURL = certificateUrl.replace('0123', 'ffff');
    await expectRefused(await post(await serve(), notification({ SigningCertURL })), 401, 'wrong_signature');
  });

  test.each([
    'arn:aws:sns:eu-west-1:210987654321:alarms',
    'arn:aws:sns:eu-west-1:123456789012:alarms2',
    'arn:aws:sns:eu-west-1:123456789012:alarm',
    'arn:aws:sns:us-east-1:123456789012:alarms',
  ])('topic %s: 403, before any certificate is read', async TopicArn => {
    await expectRefused(await post(await serve(), notification({ TopicArn })), 403, 'foreign_topic');
    expect(host.asked).toEqual([]);
  });

  test('a message older than an hour, or of a time to come: 401', async () => {
    await expectRefused(
      await post(await serve(), notification({ Timestamp: '2026-11-22T13:04:59.999Z' })),
      401,
      'out_of_time',
    );
    const ahead = await post(await serve(), notification({ Timestamp: '2026-11-22T14:10:00.001Z' }));
    expect(ahead.status).toBe(401);
    expect(stage.stored.size).toBe(0);
  });

  test('an id that takes the subject in would pass the signature with another id: 400', async () => {
    const message = notification();
    const rest: SnsMessage = { ...message, MessageId: `${message.MessageId}\nSubject\n${message.Subject}` };
    delete rest.Subject;
    expect(signMessage(rest, ours).Signature).toBe(message.Signature);
    await expectRefused(await post(await serve(), rest), 400, 'malformed');
  });

  test.each([
    ['truncated JSON', (whole: string) => whole.slice(0, -20)],
    ['no JSON', () => 'hello'],
    ['an empty body', () => ''],
    ['null', () => 'null'],
    ['a list', (whole: string) => `[${whole}]`],
    ['another type', (whole: string) => whole.replace('"Notification"', '"Surprise"')],
    ['a message that is no text', (whole: string) => whole.replace(/"Message":"(?:[^"\\]|\\.)*"/, '"Message":{}')],
    ['deep nesting', () => '['.repeat(100_000)],
    ['bytes that are no text', () => '\u0000\uffff'],
  ])('%s: 400', async (_, broken) => {
    await expectRefused(await post(await serve(), broken(JSON.stringify(notification()))), 400, 'malformed');
    expect(host.asked).toEqual([]);
  });
});

describe('a body that is too large', () => {
  test('of 300 KB: 413', async () => {
    const Message = JSON.stringify({ ...alarm, AlarmDescription: 'x'.repeat(300_000) });
    await expectRefused(await post(await serve(), notification({ Message })), 413, 'too_large');
    expect(host.asked).toEqual([]);
  });

  test('is refused by its announced length, before any of it came', async () => {
    const answered = await sendRaw(await serve(), `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n`);
    expect(answered).toMatch(/^HTTP\/1\.1 413 /);
    expect(stage.outcomes).toEqual(['too_large']);
  });

  test('without an announced length is refused as soon as it is too large', async () => {
    const chunk = `${(262_145).toString(16)}\r\n${'x'.repeat(262_145)}\r\n`;
    const answered = await sendRaw(
      await serve(),
      `POST ${path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`,
    );
    expect(answered).toMatch(/^HTTP\/1\.1 413 /);
  });

  test('and does not end is cut off', async () => {
    const sent = await sendForever(await serve(), path);
    expect(sent).toBeLessThan(20_000_000);
    expect(stage.outcomes).toEqual(['too_large']);
  });

  test('of 256 KiB is read', async () => {
    const message = notification();
    const padding = ' '.repeat(256 * 1024 - JSON.stringify(message).length);
    expect((await post(await serve(), JSON.stringify(message) + padding)).status).toBe(200);
  });

  test('a sender that breaks off is counted, and nothing is stored', async () => {
    const port = await serve();
    await new Promise<void>(resolve => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"Type":`, () =>
          socket.destroy(),
        );
      });
      socket.on('close', () => resolve());
    });
    await expect.poll(() => stage.outcomes).toEqual(['cut_off']);
    expect(stage.stored.size).toBe(0);
  });
});

describe('a certificate that cannot be read now: 503, so that the alarm comes again', () => {
  test.each([
    ['no answer in time', () => {}],
    ['an answer that drips', (response: { write(text: string): unknown }) => void response.write('-----BEGIN')],
  ] as const)('%s', async (_, answerSlowly) => {
    host.answer = (_request, response) => answerSlowly(response);
    const answer = await post(await serve({ fetchTimeoutMs: 60 }), notification());
    expect(answer.headers.get('retry-after')).toBe('30');
    await expectRefused(answer, 503, 'certificate_unavailable');
    expect(stage.lines[0]).toContain('did not answer in time');
  });

  test.each([
    ['an error of the host', 500, 'no'],
    ['more than 64 KiB', 200, ours.certificate + '\n'.repeat(70_000)],
    ['no certificate', 200, '<html></html>'],
    ['a bare public key', 200, barePublicKey()],
  ])('%s', async (_, status, text) => {
    host.answer = (_request, response) => response.writeHead(status).end(text);
    const port = await serve();
    await expectRefused(await post(port, notification()), 503, 'certificate_unavailable');
    host.answer = null;
    expect((await post(port, notification())).status).toBe(200);
  });

  test('a redirection is not followed', async () => {
    host.answer = (_request, response) => response.writeHead(302, { location: certificateUrl }).end();
    await expectRefused(await post(await serve(), notification()), 503, 'certificate_unavailable');
    expect(host.asked).toHaveLength(1);
  });

  test('four are asked for at a time and no more', async () => {
    const held = Promise.withResolvers<void>();
    host.answer = async (_request, response) => {
      await held.promise;
      response.writeHead(404).end();
    };
    onTestFinished(() => held.resolve());
    const port = await serve();
    const others = [1, 2, 3, 4].map(n =>
      post(port, notification({ SigningCertURL: certificateUrl.replace('0123', `000${n}`) })),
    );
    await expect.poll(() => host.asked.length).toBe(4);
    expect((await post(port, notification())).status).toBe(503);
    held.resolve();
    expect((await Promise.all(others)).map(answer => answer.status)).toEqual([401, 401, 401, 401]);
    host.answer = null;
    expect((await post(port, notification())).status).toBe(200);
  });
});

describe('a subscription', () => {
  const confirmation = (more: SnsMessage = {}) =>
    host.message({
      Type: 'SubscriptionConfirmation',
      Message: 'You have chosen to subscribe.',
      SubscribeURL: 'https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=other&Token=other',
      Token: token,
      ...more,
    });
  const confirmed = `sns.eu-west-1.amazonaws.com /?Action=ConfirmSubscription&TopicArn=${encodeURIComponent(snsTopic)}&Token=${token}`;

  test('is confirmed at an address of our own, not that of the message', async () => {
    const answer = await post(await serve(), confirmation());
    expect(answer.status).toBe(200);
    expect(host.asked).toEqual([`sns.eu-west-1.amazonaws.com ${certificatePath}`, confirmed]);
    expect(stage.outcomes).toEqual(['confirmed']);
    expect(stage.lines.join()).not.toContain(token);
    expect(stage.stored.size).toBe(0);
  });

  test('is confirmed once for a message, however often that comes', async () => {
    const port = await serve();
    const message = confirmation();
    await post(port, message);
    expect((await post(port, message)).status).toBe(200);
    expect(stage.outcomes).toEqual(['confirmed', 'repeated']);
    expect(host.asked).toHaveLength(2);
  });

  test('of a foreign topic, without a right signature, or without a token is not confirmed', async () => {
    const port = await serve();
    const answers = [
      await post(port, confirmation({ TopicArn: `${snsTopic}-other` })),
      await post(port, { ...confirmation(), Token: `${token}0` }),
      await post(port, confirmation({ Token: null })),
      await post(port, confirmation({ Token: 'a&Action=Publish' })),
    ];
    expect(answers.map(answer => answer.status)).toEqual([403, 401, 400, 400]);
    expect(host.asked).toEqual([`sns.eu-west-1.amazonaws.com ${certificatePath}`]);
  });

  test.each([
    ['refused', 403],
    ['redirected', 302],
  ])('that SNS has %s is to be sent again, and the log has no token', async (_, status) => {
    host.answer = (request, response) => {
      if (request.url === certificatePath) response.end(ours.certificate);
      else response.writeHead(status, { location: 'https://example.com/' }).end();
    };
    await expectRefused(await post(await serve(), confirmation()), 503, 'not_confirmed', token);
  });

  test('that was ended is logged and never taken up again', async () => {
    const message = confirmation({ Type: 'UnsubscribeConfirmation' });
    const answer = await post(await serve(), message);
    await expectRefused(answer, 200, 'unsubscribed', token);
    expect(host.asked).toEqual([`sns.eu-west-1.amazonaws.com ${certificatePath}`]);
  });
});

test('what is no ARN of a topic is refused at the start', async () => {
  await expect(serve({ topicArns: ['arn:aws:sqs:eu-west-1:123456789012:alarms'] })).rejects.toThrow('SNS_TOPIC_ARNS');
});

function barePublicKey(): string {
  return String(createPublicKey(ours.privateKey).export({ type: 'spki', format: 'pem' }));
}
