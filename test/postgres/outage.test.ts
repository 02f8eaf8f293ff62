/** The database goes away in the middle of the work and comes back, under the whole program. */
import { expect, onTestFinished, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { parseConfig } from '../../src/config.ts';
import { startAwsServer } from '../../src/sandbox/aws/server.ts';
import { loadScenarios } from '../../src/sandbox/scenario.ts';
import { httpTransport } from '../../src/sandbox/slack/delivery.ts';
import { createSlackWorkspace } from '../../src/sandbox/slack/workspace.ts';
import { createLog } from '../../src/telemetry.ts';
import { startPostgres } from '../support/postgres-server.ts';

const eventBridgeKey = 'event-bridge-key';
const scenario = 'lambda-permission-removed';

async function openWorld() {
  const postgres = await startPostgres();
  onTestFinished(() => postgres.stop());
  const scenarios = await loadScenarios();
  const aws = await startAwsServer({ scenarios, clock: () => new Date() });
  onTestFinished(() => aws.stop());
  const workspace = createSlackWorkspace({ rateLimits: 'off' });
  const served = await workspace.listen();
  onTestFinished(() => served.close());
  let aheadMs = 0;
  const logged: string[] = [];
  const config = parseConfig(
    {
      SLACK_BOT_TOKEN: workspace.botToken,
      SLACK_SIGNING_SECRET: workspace.signingSecret,
      SLACK_API_URL: served.apiUrl,
      PORT: '0',
      DATABASE_URL: postgres.url,
      AWS_REGION: 'eu-west-1',
      HEALTH_FEED_URL: '',
      ALARM_CHANNEL: 'C0SBXINC01',
      EVENTBRIDGE_API_KEY: eventBridgeKey,
    },
    'serve',
  );
  const app = await createApp(config, {
    endpoint: `${aws.url}/aws/${scenario}`,
    credentials: { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' },
    clock: () => new Date(Date.now() + aheadMs),
    host: '127.0.0.1',
    log: createLog('info', { write: line => void logged.push(line) }),
  });
  onTestFinished(() => app.stop());
  const { port } = await app.start();
  const origin = `http://127.0.0.1:${port}`;
  workspace.connect(httpTransport(`${origin}/slack/events`, workspace.signingSecret, workspace.clock));
  return {
    postgres,
    workspace,
    app,
    logged,
    pass(ms: number) {
      aheadMs += ms;
    },
    get: (path: string) => fetch(`${origin}${path}`),
    /** An alarm of the API, as EventBridge tells it. */
    ring: () =>
      fetch(`${origin}/webhooks/eventbridge`, {
        method: 'POST',
        headers: { 'x-api-key': eventBridgeKey, 'content-type': 'application/json' },
        body: JSON.stringify(alarmEvent),
      }),
    cards: () =>
      workspace.messages('ana', 'incidents').filter(({ metadata }) => {
        const payload = metadata?.event_payload as { purpose?: string } | undefined;
        return payload?.purpose === 'card';
      }),
  };
}

const alarmEvent = {
  version: '0',
  id: '2dde4eb1-528b-d2d5-9ca6-6d590caf2329',
  'detail-type': 'CloudWatch Alarm State Change',
  source: 'aws.cloudwatch',
  account: '111122223333',
  time: new Date().toISOString(),
  region: 'eu-west-1',
  resources: ['arn:aws:cloudwatch:eu-west-1:111122223333:alarm:orders-api-5xx'],
  detail: {
    alarmName: 'orders-api-5xx',
    state: { value: 'ALARM', reason: 'Threshold Crossed.', timestamp: new Date().toISOString() },
    previousState: { value: 'OK', reason: 'Fine.', timestamp: new Date().toISOString() },
    configuration: {
      metrics: [
        {
          id: 'm1',
          metricStat: {
            metric: {
              namespace: 'AWS/ApiGateway',
              name: '5XXError',
              dimensions: { ApiName: 'orders-api', Stage: 'prod' },
            },
            period: 60,
            stat: 'Sum',
          },
          returnData: true,
        },
      ],
    },
  },
};

const told = 'Try again';

test('a database that goes away for half a minute: everybody is told, nothing is lost, nothing is done twice', async () => {
  const { postgres, workspace, app, logged, pass, get, ring, cards } = await openWorld();
  expect(await (await get('/readyz')).json()).toEqual({ status: 'ready', store: 'ok', slack: 'ok' });
  await workspace.command('ana', 'incidents', '/apigw-500 orders-api prod');
  await workspace.until(() => cards().length === 1);

  // In the middle of the first diagnosis, or just after it.
  await postgres.down();
  expect([(await get('/readyz')).status, (await get('/healthz')).status]).toEqual([503, 200]);
  expect(await (await get('/readyz')).json()).toMatchObject({ status: 'not_ready', store: 'unavailable' });
  const refused = await ring();
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '30']);
  expect(await workspace.command('ben', 'incidents', '/apigw-500 invoices-api')).toEqual({ ok: true });
  const apology = await workspace.until(() =>
    workspace.messages('ben', 'incidents').find(({ text, onlyFor }) => onlyFor !== null && text.includes(told)),
  );
  expect(apology.onlyFor).toBe('U0SBXBEN02');

  pass(30_000);
  await postgres.up();
  await expect.poll(async () => (await get('/readyz')).status, { timeout: 10_000 }).toBe(200);
  expect((await ring()).status).toBe(200);
  expect(await (await ring()).text()).toMatch(/stored before/);
  // What was cut off is taken up again when its lease has ended.
  pass(30_000);
  await workspace.until(() => cards().find(({ text }) => text.startsWith('Cause found')), 30_000);
  await app.idle();

  const [investigation, ...others] = await app.investigations.listOpen({ teamId: 'T0SANDBOX1' });
  expect(others).toEqual([]);
  expect(investigation).toMatchObject({ state: 'diagnosed', occurrenceCount: 2 });
  expect(investigation?.alarms).toHaveLength(1);
  expect(cards()).toHaveLength(1);
  const sent = workspace.messages('ana', 'incidents').flatMap(({ metadata, onlyFor }) => {
    const payload = metadata?.event_payload as { investigation?: string; purpose?: string } | undefined;
    return payload === undefined || onlyFor !== null ? [] : [`${payload.investigation} ${payload.purpose}`];
  });
  expect(sent.length).toBe(new Set(sent).size);
  expect(logged.join()).not.toContain(new URL(postgres.url).password);
});
