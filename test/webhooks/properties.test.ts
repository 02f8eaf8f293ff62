import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseTarget } from '../../src/diagnosis/target-reference.ts';
import { code, fallback, link, md, plainText } from '../../src/render/blocks.ts';
import { parseAlarmDetail, parseAlarmMessage } from '../../src/webhooks/alarm.ts';
import { createEventBridgeHandler } from '../../src/webhooks/eventbridge.ts';
import { readPost } from '../../src/webhooks/post.ts';
import { createSnsHandler } from '../../src/webhooks/sns.ts';
import { type SnsHost, type SnsMessage, snsTopic, startSnsHost } from '../support/sns.ts';
import { createWebhookStage } from './stage.ts';

/** Inputs, 21,000 in all. Bodies go over real HTTP, those for SNS signed anew. */
const runs = { posts: 8_000, alarms: 12_000, bodies: 500 };
const now = new Date('2026-11-22T14:05:00.000Z');
/** Seconds on an idle machine. */
const timeoutMs = 60_000;
const statuses = [200, 400, 401, 403, 413, 503];
const hidden = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}]/u;

/** What people and programs write, and what they should not. */
const fragment = fc.constantFrom(
  '<https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#alarmsV2:alarm/',
  '%253Cscript%253E',
  '$252F%ZZ%E0%A4%A',
  '|a>',
  '>*',
  '&lt;!channel&gt;',
  '<!channel>',
  '<@U0ALICE>',
  'arn:aws:cloudwatch:eu-west-1:123456789012:alarm:',
  'CloudWatch Alarm | ',
  ' | us-east-2 | Account: 123456789012',
  'The alarm ',
  ' changed state to ALARM',
  'https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/',
  'ApiName = ',
  'ApiId: a1b2c3d4e5',
  'Stage=',
  '[FIRING:1] ',
  '[RESOLVED] ',
  '*bold* _it_ `code` ~no~ :fire:',
  '\u202e\u200b\ud800',
  '\n',
  '"',
  '&amp;amp;',
  'orders-5xx',
  'é\u0301🚨',
  '\u0000\u0085\ud800\udbff',
  '{"AlarmName":"x","NewStateValue":"OK"}',
  'jane@example.com',
  '{}[]()=:;,',
  '|',
  '<',
  '>',
  '&',
  ' ',
);
const text = fc.oneof(
  { weight: 6, arbitrary: fc.array(fragment, { maxLength: 6 }).map(parts => parts.join('')) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
);

const { block } = fc.letrec(tie => ({
  block: fc.oneof(
    { maxDepth: 2 },
    fc.record({ type: fc.constantFrom('mrkdwn', 'plain_text', 'text', 'link', 'button'), text, url: text }),
    fc.record(
      {
        type: fc.constantFrom(
          'section',
          'rich_text',
          'rich_text_section',
          'context',
          'actions',
          'header',
          'table',
          '__proto__',
        ),
        text: fc.oneof(text, tie('block')),
        elements: fc.array(tie('block'), { maxLength: 3 }),
        fields: fc.array(fc.oneof(tie('block'), fc.record({ title: text, value: text })), { maxLength: 3 }),
        rows: fc.array(fc.array(tie('block'), { maxLength: 2 }), { maxLength: 2 }),
      },
      { requiredKeys: [] },
    ),
    fc.jsonValue({ maxDepth: 2 }),
  ),
}));

const attachment = fc.record(
  {
    pretext: text,
    title: text,
    title_link: text,
    text,
    footer: text,
    fallback: text,
    blocks: fc.array(block, { maxLength: 2 }),
  },
  { requiredKeys: [] },
);
const post = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record(
      { text, blocks: fc.array(block, { maxLength: 3 }), attachments: fc.array(attachment, { maxLength: 2 }) },
      { requiredKeys: [] },
    ),
  },
  { weight: 1, arbitrary: fc.anything() },
);

/** Slack's own markup that we make; anything else must be escaped. */
function unescapedIn(markup: string): string[] {
  return markup.replace(/&(?:amp|lt|gt);/g, '').match(/[<>&]/g) ?? [];
}

test('whatever is posted, nothing crashes and no unescaped text comes out', { timeout: timeoutMs }, () => {
  fc.assert(
    fc.property(post, message => {
      const read = readPost(message);
      const found = [...read.targets, read.excerpt, read.region ?? '', read.accountId ?? '', read.stage ?? ''];
      const wrong = found.flatMap(value => {
        parseTarget(value);
        const shown = [
          md`${value}`.mrkdwn,
          code(value).mrkdwn,
          fallback(value),
          plainText(value, 150).text,
          link('https://example.com/', value).mrkdwn.slice(1, -1),
        ];
        return [...shown.flatMap(unescapedIn), ...(hidden.exec(value) ?? []), ...(/[\n\t]/.exec(value) ?? [])];
      });
      expect(wrong).toEqual([]);
      expect(read.targets.length).toBeLessThanOrEqual(8);
      expect(read.excerpt.length).toBeLessThanOrEqual(300);
    }),
    { numRuns: runs.posts },
  );
});

const state = fc.constantFrom('ALARM', 'OK', 'INSUFFICIENT_DATA', 'MAYBE');
const dimensions = fc.array(fc.record({ name: text, value: text }), { maxLength: 3 });
const query = fc.record({
  MetricStat: fc.record({ Metric: fc.record({ Namespace: text, MetricName: text, Dimensions: dimensions }) }),
});
const trigger = fc.oneof(
  fc.record({ Namespace: text, MetricName: text, Dimensions: fc.oneof(dimensions, fc.jsonValue()) }),
  fc.record({ Metrics: fc.array(fc.oneof(query, fc.jsonValue()), { maxLength: 3 }) }),
  fc.jsonValue(),
);
const alarm = fc.record(
  {
    AlarmName: text,
    AlarmArn: fc.oneof(
      text,
      text.map(name => `arn:aws-cn:cloudwatch:cn-north-1:123456789012:alarm:${name}`),
    ),
    AWSAccountId: fc.oneof(text, fc.constant('123456789012')),
    NewStateValue: state,
    NewStateReason: text,
    StateChangeTime: fc.oneof(text, fc.constant('2026-11-22T14:04:05.123+0000')),
    Trigger: trigger,
    More: fc.jsonValue(),
  },
  { requiredKeys: ['AlarmName', 'NewStateValue'] },
);
const detail = fc.record(
  {
    alarmName: text,
    state: fc.record({ value: state, reason: text, timestamp: text }),
    configuration: fc.oneof(fc.jsonValue(), fc.record({ metrics: fc.array(fc.jsonValue(), { maxLength: 3 }) })),
  },
  { requiredKeys: ['alarmName', 'state'] },
);
const told = { accountId: '111122223333', region: 'eu-west-1', at: now.toISOString() };

test('whatever an alarm says, it is read as a notice or as none', { timeout: timeoutMs }, () => {
  let read = 0;
  fc.assert(
    fc.property(alarm, detail, text, (message, event, arn) => {
      for (const notice of [parseAlarmMessage(JSON.stringify(message), told), parseAlarmDetail(event, arn, told)]) {
        if (notice === null) continue;
        read += 1;
        expect(notice.arn).toMatch(/^arn:aws(?:-cn)?:cloudwatch:[a-z0-9-]+:\d{12}:alarm:\S/u);
        expect(parseTarget(notice.arn)).toMatchObject({ kind: 'alarm', region: notice.region });
        expect(new Date(notice.at).toISOString()).toBe(notice.at);
        expect(notice.name + notice.reason).not.toMatch(hidden);
      }
    }),
    { numRuns: runs.alarms / 2 },
  );
  expect(read).toBeGreaterThan(runs.alarms / 4);
});

let host: SnsHost;
beforeAll(async () => {
  host = await startSnsHost(() => now);
});
afterAll(() => host.close());

type Change = (message: SnsMessage) => string;
const fields = [
  'Type',
  'MessageId',
  'TopicArn',
  'Subject',
  'Message',
  'Timestamp',
  'Signature',
  'SignatureVersion',
  'SigningCertURL',
  'Token',
];
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.constant<Change>(message => JSON.stringify(message)),
  fc.tuple(fc.constantFrom(...fields), fc.jsonValue()).map(
    ([field, value]): Change =>
      message =>
        JSON.stringify({ ...message, [field]: value }),
  ),
  fc.tuple(fc.constantFrom(...fields), text).map(
    ([field, value]): Change =>
      message =>
        JSON.stringify({ ...message, [field]: value }),
  ),
  fc.constantFrom(...fields).map(
    (field): Change =>
      message =>
        JSON.stringify({ ...message, [field]: undefined }),
  ),
  fc.nat(700).map(
    (end): Change =>
      message =>
        JSON.stringify(message).slice(0, end),
  ),
  text.map(
    (other): Change =>
      () =>
        other,
  ),
  fc.jsonValue().map(
    (other): Change =>
      () =>
        JSON.stringify(other),
  ),
);

test('whatever is sent to SNS, the answer is one of the contract, and only what was signed is stored', {
  timeout: timeoutMs,
}, async () => {
  const stage = createWebhookStage();
  const handler = createSnsHandler({
    ...stage.dependencies,
    topicArns: [snsTopic],
    clock: () => now,
    fetch: host.fetch,
  });
  const url = `http://127.0.0.1:${await stage.serve('/', handler)}/`;
  const type = fc.constantFrom('Notification', 'Notification', 'SubscriptionConfirmation', 'UnsubscribeConfirmation');
  await fc.assert(
    fc.asyncProperty(
      type,
      fc.oneof(
        alarm.map(one => JSON.stringify(one)),
        text,
      ),
      change,
      async (Type, Message, changed) => {
        const signed = host.message({
          Type,
          Message,
          ...(Type === 'Notification' ? {} : { Token: 'abc123', SubscribeURL: 'x' }),
        });
        const [before, counted] = [stage.stored.size, stage.outcomes.length];
        const body = changed(signed);
        const answer = await fetch(url, { method: 'POST', body });
        await answer.text();
        expect(statuses).toContain(answer.status);
        expect(stage.outcomes).toHaveLength(counted + 1);
        expect(stage.lines).toHaveLength(counted + 1);
        if (stage.stored.size === before) return;
        expect(stage.outcomes.at(-1)).toBe('stored');
        expect(JSON.parse(body)).toMatchObject({ Type, Message, MessageId: signed.MessageId, TopicArn: snsTopic });
      },
    ),
    { numRuns: runs.bodies },
  );
  expect(new Set(stage.outcomes)).toEqual(
    new Set([
      'stored',
      'not_an_alarm',
      'confirmed',
      'unsubscribed',
      'malformed',
      'unsigned',
      'wrong_signature',
      'foreign_certificate',
    ]),
  );
  expect(new Set(host.asked.map(one => one.replace(/Token=.*/, '')))).toHaveLength(2);
});

test('whatever is sent to EventBridge, the answer is one of the contract', { timeout: timeoutMs }, async () => {
  const stage = createWebhookStage();
  const handler = createEventBridgeHandler({ ...stage.dependencies, apiKey: 'key' });
  const url = `http://127.0.0.1:${await stage.serve('/', handler)}/`;
  const event = fc.record(
    {
      id: fc.oneof(fc.uuid(), text),
      'detail-type': fc.oneof(
        { weight: 5, arbitrary: fc.constant('CloudWatch Alarm State Change') },
        { weight: 1, arbitrary: text },
      ),
      account: fc.constant('123456789012'),
      region: fc.constantFrom('eu-west-1', 'eu-west-1', 'nowhere'),
      time: fc.constant('2026-11-22T14:04:06Z'),
      resources: fc.oneof(fc.array(text, { maxLength: 2 }), fc.jsonValue()),
      detail: fc.oneof(detail, fc.jsonValue()),
    },
    { requiredKeys: ['id', 'detail-type', 'account', 'region', 'time'] },
  );
  const body = fc.oneof(
    event.map(one => JSON.stringify(one)),
    event.map(one => JSON.stringify(one).slice(0, -5)),
    text,
  );
  await fc.assert(
    fc.asyncProperty(body, fc.constantFrom('key', 'key', 'key', 'other'), async (sent, key) => {
      const counted = stage.outcomes.length;
      const answer = await fetch(url, { method: 'POST', body: sent, headers: { 'x-api-key': key } });
      await answer.text();
      expect(statuses).toContain(answer.status);
      expect(stage.outcomes).toHaveLength(counted + 1);
      if (key === 'other') expect(answer.status).toBe(401);
    }),
    { numRuns: runs.bodies },
  );
  expect(new Set(stage.outcomes)).toEqual(new Set(['stored', 'malformed', 'unexpected_event', 'wrong_key']));
});
