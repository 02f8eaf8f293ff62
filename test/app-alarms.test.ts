/** An alarm on its whole way: signed, over HTTP, through the app, to the channel. */
import { expect, onTestFinished, test } from 'vitest';
import { createApp } from '../src/app.ts';
import type { Access } from '../src/aws/types.ts';
import { UnreadError } from '../src/aws/unread.ts';
import { type Environment, parseConfig } from '../src/config.ts';
import { createSlackWorkspace } from '../src/sandbox/slack/workspace.ts';
import { createSns, type SnsMessage } from '../src/sandbox/sns.ts';
import { silent, temporaryFolder } from './investigations/fixtures.ts';
import { buttonsOf, readable } from './support/slack-stage.ts';

const topicArn = 'arn:aws:sns:eu-west-1:111122223333:api-alarms';
const apiKey = 'correct-horse-battery-staple';
const clock = () => new Date();

/** AWS where nobody is signed in: what the alarm is about cannot be read. */
const signedOut: Access = {
  ownAccountId: async () => null,
  places: () => [{ accountId: null, region: 'eu-west-1' }],
  async open() {
    throw new UnreadError('sts:GetCallerIdentity', 'access_denied', 'There are no AWS credentials.', 'Sign in.');
  },
  close() {},
};

async function staged(over: Environment = {}) {
  const workspace = createSlackWorkspace();
  const served = await workspace.listen();
  const sns = createSns({ clock });
  const config = parseConfig(
    {
      SLACK_BOT_TOKEN: workspace.botToken,
      SLACK_SIGNING_SECRET: workspace.signingSecret,
      SLACK_API_URL: served.apiUrl,
      PORT: '0',
      DATA_DIR: temporaryFolder(),
      HEALTH_FEED_URL: '',
      ALARM_CHANNEL: 'C0SBXINC01',
      SNS_TOPIC_ARNS: topicArn,
      EVENTBRIDGE_API_KEY: apiKey,
      ...over,
    },
    'serve',
  );
  const app = await createApp(config, { access: signedOut, log: silent, clock, fetch: sns.fetch, host: '127.0.0.1' });
  onTestFinished(async () => {
    await app.stop();
    await served.close();
  });
  const { port } = await app.start();
  const url = (path: string) => `http://127.0.0.1:${port}/webhooks/${path}`;
  return {
    workspace,
    sns,
    app,
    post: (message: SnsMessage) => sns.post(url('sns'), message),
    event: (body: unknown, key = apiKey) =>
      fetch(url('eventbridge'), { method: 'POST', headers: { 'x-api-key': key }, body: JSON.stringify(body) }),
    /** What the channel sees, once nothing is under way. */
    async seen(channel = 'incidents') {
      await app.idle();
      return workspace.messages('ana', channel);
    },
  };
}

function alarm(name: string, at = new Date(), state = 'ALARM'): string {
  return JSON.stringify({
    AlarmName: name,
    AlarmArn: `arn:aws:cloudwatch:eu-west-1:111122223333:alarm:${name}`,
    AWSAccountId: '111122223333',
    NewStateValue: state,
    NewStateReason: 'Threshold Crossed <!channel>.',
    StateChangeTime: at.toISOString().replace('Z', '+0000'),
    Region: 'EU (Ireland)',
    Trigger: { MetricName: '5XXError', Namespace: 'AWS/ApiGateway', Dimensions: [] },
  });
}

test('a signed alarm reaches its channel once, however often SNS and CloudWatch tell of it', async () => {
  const { sns, post, seen } = await staged();
  expect(await post(await sns.confirmation(topicArn))).toBe(200);
  expect(sns.confirmed.has(topicArn)).toBe(true);

  const message = await sns.notification(topicArn, alarm('orders-5xx'));
  expect(await post(message)).toBe(200);
  const [told, ...more] = await seen();
  expect(more).toEqual([]);
  expect(told).toMatchObject({ threadTs: null, onlyFor: null });
  expect(readable(told ?? { text: '', blocks: [] })).toContain('There are no AWS credentials.');
  expect(buttonsOf(told ?? { blocks: [] })).toEqual([]);

  expect(await post(message)).toBe(200);
  expect(await post(await sns.notification(topicArn, alarm('orders-5xx')))).toBe(200);
  expect(await post(await sns.notification(topicArn, alarm('orders-5xx', new Date(), 'OK')))).toBe(200);
  expect(await seen()).toHaveLength(1);
  expect(await post(await sns.notification(topicArn, alarm('payments-5xx')))).toBe(200);
  expect(await seen()).toHaveLength(2);
});

test('an alarm of EventBridge reaches it too', async () => {
  const { event, seen } = await staged();
  const body = {
    id: '6a7e8feb-b491-4cf7-a9f1-bf3703467718',
    'detail-type': 'CloudWatch Alarm State Change',
    source: 'aws.cloudwatch',
    account: '111122223333',
    time: new Date().toISOString(),
    region: 'eu-west-1',
    resources: ['arn:aws:cloudwatch:eu-west-1:111122223333:alarm:orders-5xx'],
    detail: { alarmName: 'orders-5xx', state: { value: 'ALARM', timestamp: new Date().toISOString() } },
  };
  expect((await event(body)).status).toBe(200);
  expect((await event(body)).status).toBe(200);
  expect((await event(body, 'another-key-of-somebody')).status).toBe(401);
  expect(await seen()).toHaveLength(1);
});

test('what is forged, foreign or old changes nothing', async () => {
  const { sns, post, seen, app } = await staged();
  const message = await sns.notification(topicArn, alarm('orders-5xx'));
  expect(await post({ ...message, Message: alarm('payments-5xx') })).toBe(401);
  const other = topicArn.replace('api-alarms', 'others');
  expect(await post(await sns.notification(other, alarm('orders-5xx')))).toBe(403);
  const stranger = createSns({ clock });
  expect(await post(await stranger.notification(topicArn, alarm('orders-5xx')))).toBe(401);
  expect(await seen()).toEqual([]);
  expect(await app.investigations.listOpen({ teamId: 'T0SANDBOX1' })).toEqual([]);
});
