import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { AlarmNotice } from '../../src/diagnosis/types.ts';
import { createAlarms, topicArnOf } from '../../src/sandbox/alarms.ts';
import { createAwsWire } from '../../src/sandbox/aws/server.ts';
import { asOneAccount, createDesk } from '../../src/sandbox/desk.ts';
import { loadScenarios } from '../../src/sandbox/scenario.ts';
import { refuseBlocks } from '../../src/sandbox/slack/validation.ts';
import { createSlackWorkspace } from '../../src/sandbox/slack/workspace.ts';
import { createSns, type SnsMessage } from '../../src/sandbox/sns.ts';
import { createHttpServer } from '../../src/server.ts';
import { createLog } from '../../src/telemetry.ts';
import { readPost } from '../../src/webhooks/post.ts';
import { createSnsHandler } from '../../src/webhooks/sns.ts';

const clock = () => new Date('2026-03-04T10:20:30Z');

async function worlds(scenarioId?: string) {
  const scenarios = asOneAccount(await loadScenarios());
  const wire = createAwsWire({ scenarios, clock });
  const desk = createDesk({ scenarios, wire, scenarioId, origin: 'http://127.0.0.1' });
  return { scenarios, wire, desk, sns: createSns({ clock }) };
}

/** A desk whose alarms reach a subscriber that confirms and keeps what it is told. */
async function staged() {
  const { wire, desk, sns } = await worlds();
  const told: SnsMessage[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const message = JSON.parse(body) as SnsMessage;
    if (message.SubscribeURL !== undefined) await sns.fetch(message.SubscribeURL);
    else told.push(message);
    response.writeHead(200).end();
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/sns`;
  return { desk, told, alarms: createAlarms(desk, wire, sns, () => endpoint) };
}

test('an alarm fires, the world is broken and says so; it recovers, and the world is mended', async () => {
  const { desk, told, alarms } = await staged();
  desk.pick('lambda-permission-removed', true);
  await alarms.alarm('ALARM');
  expect(desk.current().id).toBe('lambda-permission-removed');
  expect(desk.current().world.alarms['orders-api-5xx']).toMatchObject({ state: 'ALARM', stateChangedAt: 0 });
  expect(told[0]).toMatchObject({
    TopicArn: 'arn:aws:sns:eu-west-1:111122223333:api-alarms',
    Subject: 'ALARM: "orders-api-5xx" in EU (Ireland)',
  });
  expect(JSON.parse(told[0]?.Message ?? '')).toMatchObject({
    AlarmName: 'orders-api-5xx',
    AWSAccountId: '111122223333',
    NewStateValue: 'ALARM',
    OldStateValue: 'OK',
    NewStateReason: expect.stringMatching(
      /^Threshold Crossed: 1 datapoint \[\d+\.0 \(04\/03\/26 10:19:00\)\] was greater than or equal to the threshold \(5\.0\)\.$/,
    ),
    StateChangeTime: '2026-03-04T10:20:30.000+0000',
    Region: 'EU (Ireland)',
    AlarmArn: 'arn:aws:cloudwatch:eu-west-1:111122223333:alarm:orders-api-5xx',
    Trigger: {
      MetricName: '5XXError',
      Namespace: 'AWS/ApiGateway',
      Statistic: 'SUM',
      Dimensions: [
        { name: 'ApiName', value: 'orders-api' },
        { name: 'Stage', value: 'prod' },
      ],
      Threshold: 5,
    },
  });

  await alarms.alarm('OK');
  expect(desk.current().id).toBe('lambda-permission-removed-mended');
  expect(desk.current().world.alarms['orders-api-5xx']).toMatchObject({ state: 'OK', stateChangedAt: 0 });
  expect(JSON.parse(told[1]?.Message ?? '')).toMatchObject({ NewStateValue: 'OK', OldStateValue: 'ALARM' });
});

test('every incident has an alarm on its own API; the bot takes it by its webhook, and reads it in a post', async () => {
  const { scenarios, wire, desk, sns } = await worlds();
  const notices: AlarmNotice[] = [];
  const topicArns = [...scenarios.values()].map(({ world }) => topicArnOf(world));
  const handler = createSnsHandler({
    topicArns,
    clock,
    fetch: sns.fetch,
    log: createLog('silent'),
    onOutcome() {},
    async submit(notice) {
      notices.push(notice);
      return { repeated: false };
    },
  });
  const server = createHttpServer({ 'POST /webhooks/sns': handler }, createLog('silent'));
  const port = await server.listen(0, '127.0.0.1');
  onTestFinished(() => server.close(0));
  const alarms = createAlarms(desk, wire, sns, () => `http://127.0.0.1:${port}/webhooks/sns`);

  const { incidents } = desk.picker();
  for (const { id, alarm } of incidents) {
    desk.pick(id, false);
    await alarms.alarm('ALARM');
    const { world } = desk.current();
    const notice = notices.at(-1);
    expect(notice).toMatchObject({ name: alarm, state: 'ALARM', accountId: world.accountId, region: world.region });
    const [api] = Object.values(world.restApis);
    expect(notice?.metrics).toEqual([
      { namespace: 'AWS/ApiGateway', name: '5XXError', dimensions: { ApiName: api?.name, Stage: 'prod' } },
    ]);
    const { attachments } = alarms.alarmPost().post;
    expect(readPost({ text: '', attachments })).toMatchObject({
      targets: expect.arrayContaining([expect.stringContaining(alarm ?? '?')]),
      region: world.region,
    });
    // Who mends the incident has mended its alarm too.
    expect(scenarios.get(`${id}-mended`)?.world.alarms[alarm ?? '']?.state ?? 'OK').toBe('OK');
  }
  expect(notices).toHaveLength(incidents.length);
});

test('what the other app posts has no text, and its blocks are such as Slack takes', async () => {
  const { alarms } = await staged();
  const { app, post } = alarms.alarmPost();
  const slack = createSlackWorkspace();
  const message = slack.postAs(app, 'incidents', post);
  expect(message.text).toBe('');
  const said = JSON.stringify(message.attachments);
  expect(said).toContain('CloudWatch Alarm | orders-api-5xx | eu-west-1 | Account: 111122223333');
  expect(said).toContain('console.aws.amazon.com/cloudwatch/home?region=eu-west-1#alarmsV2:alarm/orders-api-5xx');
  expect(said).toContain('*Alarm State*\\nALARM');
  const blocks = message.attachments.flatMap(({ blocks }) => blocks as { type: string }[]);
  expect(refuseBlocks(blocks)).toBeNull();
});
