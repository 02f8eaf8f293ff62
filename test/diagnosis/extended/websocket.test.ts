import { describe, expect, test } from 'vitest';
import { websocket } from '../../../src/diagnosis/extended/websocket.ts';
import {
  accountId,
  awsOf,
  denied,
  deployed,
  failures,
  functionArn,
  integration,
  region,
  route,
  runStep,
  sending,
  signalsOf,
  target,
} from '../steps/fixtures.ts';
import { traffic } from '../steps/readings.ts';

type Readings = NonNullable<Parameters<typeof signalsOf>[0]>;

const keys = ['$connect', '$default', '$disconnect', 'sendmessage'];
const chat = (...routes: string[]) => deployed({ routes: routes.map(key => route(key, { method: null, path: null })) });

function counted(values: Record<string, number>) {
  const at = '2026-11-22T10:05:00.000Z';
  const before = { at: '2026-11-22T09:00:00.000Z', value: 99 };
  return {
    ...traffic(),
    stage: Object.entries(values).map(([id, value]) => ({ id, points: [before, { at, value }] })),
  };
}

const policy = (sourceArn: string) => ({
  Policy: JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: 'apigateway.amazonaws.com' },
        Action: 'lambda:InvokeFunction',
        Resource: functionArn,
        Condition: { ArnLike: { 'AWS:SourceArn': sourceArn } },
      },
    ],
  }),
});

const api = `arn:aws:execute-api:${region}:${accountId}:a1b2c3`;

function run(
  over: Readings = {},
  answer: () => ReturnType<typeof policy> | ReturnType<typeof denied> = () => policy(`${api}/*`),
) {
  const { send, asked } = sending({ 'lambda:GetPolicy': answer });
  const signals = signalsOf({ deployed: chat(...keys), traffic: counted({}), failures: failures(), ...over });
  return runStep(websocket, { aws: awsOf(send), signals, target: { ...target, apiType: 'WEBSOCKET' } }, asked);
}

describe('websocket', () => {
  test('an API whose calls and answers succeed is ok', async () => {
    const finding = await run();
    expect(finding).toMatchObject({ status: 'ok', claims: [], gaps: [] });
    expect(finding.evidence.map(one => one.text)).toContain(
      'Function orders-fn lets API Gateway invoke it for $connect, $default, $disconnect and sendmessage.',
    );
  });

  test('tells calls that fail from answers that do, in the window alone', async () => {
    const finding = await run({
      traffic: counted({ executionErrors: 7, integrationErrors: 1, clientErrors: 2 }),
      failures: failures([{ route: 'sendmessage' }, { route: 'sendmessage' }, { route: '$connect', status: 403 }]),
    });
    expect(finding).toMatchObject({ status: 'warning', claims: [] });
    expect(finding.summary).toContain(
      '7 ExecutionErrors, where API Gateway could not call the integration, and 1 IntegrationError',
    );
    expect(finding.evidence.map(one => one.text)).toContain('Failing requests of API orders-api: 2 on sendmessage.');
  });

  test('a function that may be invoked for $connect alone', async () => {
    const finding = await run({}, () => policy(`${api}/prod/$connect`));
    expect(finding).toMatchObject({ status: 'warning', claims: [] });
    expect(finding.summary).toBe(
      'Function orders-fn lets API Gateway invoke it for $connect, and does not for $default, $disconnect and sendmessage.',
    );
  });

  test('messages that no route takes, and a route that leads nowhere', async () => {
    const noDefault = await run({ deployed: chat('$connect', 'sendmessage'), traffic: counted({ clientErrors: 5 }) });
    expect(noDefault.summary).toContain('has no $default route');
    expect(await run({ deployed: chat('$connect', 'sendmessage') })).toMatchObject({ status: 'ok' });
    const bare = deployed({ routes: [route('$default', { method: null, path: null, integration: null })] });
    expect(await run({ deployed: bare })).toMatchObject({
      status: 'warning',
      summary: '$default of API orders-api has no integration.',
    });
  });

  test('an integration with a role needs no policy of the function', async () => {
    const credentials = `arn:aws:iam::${accountId}:role/invoke`;
    const own = deployed({
      routes: [route('$default', { method: null, path: null, integration: integration({ credentials }) })],
    });
    const finding = await run({ deployed: own }, () => denied('lambda:GetPolicy'));
    expect(finding).toMatchObject({ status: 'ok', gaps: [] });
  });

  test('what cannot be read is unknown', async () => {
    expect(await run({ deployed: denied('apigateway:GetRoutes') })).toMatchObject({
      status: 'unknown',
      gaps: [{ permission: 'apigateway:GetRoutes' }],
    });
    expect(await run({ traffic: denied('cloudwatch:GetMetricData') })).toMatchObject({
      status: 'unknown',
      gaps: [{ permission: 'cloudwatch:GetMetricData' }],
    });
    expect(await run({}, () => denied('lambda:GetPolicy'))).toMatchObject({
      status: 'unknown',
      gaps: [{ permission: 'lambda:GetPolicy' }],
    });
  });

  test('other APIs have no connections', async () => {
    const finding = await runStep(websocket, {});
    expect(finding).toMatchObject({
      status: 'not_applicable',
      summary: 'API orders-api is of type REST, not a WebSocket API.',
    });
  });
});
