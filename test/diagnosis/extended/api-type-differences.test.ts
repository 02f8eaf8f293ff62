import { describe, expect, test } from 'vitest';
import { apiTypeDifferences } from '../../../src/diagnosis/extended/api-type-differences.ts';
import type { ApiType } from '../../../src/diagnosis/types.ts';
import {
  awsOf,
  denied,
  deployed,
  failures,
  integration,
  route,
  runStep,
  sending,
  signalsOf,
  target,
} from '../steps/fixtures.ts';
import { api, functions, loggingOff, source } from '../steps/readings.ts';

type Readings = NonNullable<Parameters<typeof signalsOf>[0]>;

function run(apiType: ApiType, over: Readings = {}) {
  const signals = signalsOf({
    api: api({ type: apiType }),
    deployed: deployed(),
    functions: functions(),
    failures: failures(),
    ...over,
  });
  return runStep(apiTypeDifferences, { aws: awsOf(sending({}).send), signals, target: { ...target, apiType } });
}

const formatted = (payloadFormatVersion: string) =>
  deployed({ routes: [route('GET /orders', { integration: integration({ payloadFormatVersion }) })] });
const failed = (status: number, more: object = {}) => failures([{ status, route: 'GET /orders', ...more }]);

describe('api-type-differences', () => {
  test('without a failing request nothing bears on one', async () => {
    for (const type of ['REST', 'HTTP', 'WEBSOCKET'] as const) {
      expect(await run(type)).toMatchObject({ status: 'ok', claims: [], evidence: [] });
    }
  });

  test('an HTTP API: the format of events, and 500 where REST says 502', async () => {
    const two = await run('HTTP', { deployed: formatted('2.0'), failures: failed(500) });
    expect(two).toMatchObject({ status: 'warning', claims: [] });
    expect(two.evidence.map(one => one.text)).toEqual([
      expect.stringContaining('payload format 2.0'),
      expect.stringContaining('where a REST API answers 502'),
    ]);
    const one = await run('HTTP', {
      deployed: formatted('1.0'),
      failures: failed(500, { cause: 'lambda-malformed-response' }),
    });
    expect(one.summary).toContain('must answer with a statusCode');
  });

  test('an HTTP API: 503 of a private integration, and the limit of 30 s', async () => {
    const link = integration({
      type: 'HTTP_PROXY',
      uri: 'arn:aws:elasticloadbalancing:x',
      connectionType: 'VPC_LINK',
      connectionId: 'v1',
    });
    const finding = await run('HTTP', {
      deployed: deployed({ routes: [route('GET /orders', { integration: link })] }),
      failures: failed(503, { integrationLatencyMs: 30_000 }),
    });
    expect(finding.evidence.map(one => one.text)).toEqual([
      expect.stringContaining('a private integration cannot be reached'),
      expect.stringContaining('30 s at most'),
    ]);
  });

  test('a REST API: binary bodies and what 502 excludes', async () => {
    const base = deployed();
    const binary = { ...base, configuration: { ...base.configuration, binaryMediaTypes: ['*/*'] } };
    const finding = await run('REST', { deployed: binary, failures: failed(502) });
    expect(finding.evidence.map(one => one.text)).toEqual([
      expect.stringContaining('in base64'),
      expect.stringContaining('a missing permission, which is 500, is not why'),
    ]);
    expect(await run('REST', { failures: failed(403) })).toMatchObject({ status: 'ok' });
  });

  test('a WebSocket API: messages fail as frames, connections as statuses', async () => {
    const chat = deployed({ routes: ['$connect', 'send'].map(key => route(key, { method: null, path: null })) });
    expect((await run('WEBSOCKET', { deployed: chat, failures: failures([{ route: 'send' }]) })).summary).toContain(
      'a frame',
    );
    expect(await run('WEBSOCKET', { deployed: chat, failures: failures([{ route: '$connect' }]) })).toMatchObject({
      status: 'ok',
    });
  });

  test('what cannot be read is unknown', async () => {
    expect(await run('REST', { deployed: denied('apigateway:GetExport') })).toMatchObject({
      status: 'unknown',
      gaps: [{ permission: 'apigateway:GetExport' }],
    });
    expect(await run('REST', { failures: denied('logs:FilterLogEvents') })).toMatchObject({
      status: 'unknown',
      gaps: [{ permission: 'logs:FilterLogEvents' }],
    });
  });

  test('without a log it is not known which requests fail', async () => {
    const blind = { ...failures(), sources: [source('off', { gap: loggingOff })] };
    expect(await run('REST', { failures: blind })).toMatchObject({
      status: 'unknown',
      gaps: [{ reason: 'logging_off' }],
    });
  });

  test('an API without integrations', async () => {
    expect(await run('REST', { deployed: deployed({ routes: [] }) })).toMatchObject({ status: 'not_applicable' });
  });
});
