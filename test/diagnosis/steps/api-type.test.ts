import { describe, expect, test } from 'vitest';
import type { GatewayResponse } from '../../../src/aws/types.ts';
import { apiType } from '../../../src/diagnosis/steps/api-type.ts';
import { denied, deployed, failures, runStep, signalsOf, target } from './fixtures.ts';
import { api, line } from './readings.ts';

const withResponses = (...gatewayResponses: GatewayResponse[]) => {
  const { configuration, ...rest } = deployed();
  return { ...rest, configuration: { ...configuration, gatewayResponses } };
};

type Readings = NonNullable<Parameters<typeof signalsOf>[0]>;

const run = (over: Readings = {}, on: Partial<typeof target> = {}) =>
  runStep(apiType, {
    target: { ...target, ...on },
    signals: signalsOf({ api: api(), deployed: deployed(), failures: failures(), ...over }),
  });

describe('api-type', () => {
  test('tells each type how it answers errors', async () => {
    const rest = await run();
    expect(rest.status).toBe('ok');
    expect(rest.summary).toContain('type REST with REGIONAL endpoint');
    expect(rest.ruledOut.map(one => one.id)).toEqual(['gateway-response-override']);
    const http = await run({}, { apiType: 'HTTP' });
    expect(http.evidence.map(one => one.text).join()).toContain('$context.integrationErrorMessage');
    expect((await run({}, { apiType: 'WEBSOCKET' })).summary).toContain('frame');
  });

  test('a gateway response that turns 4xx into 500 is a problem where failing requests show it', async () => {
    const finding = await run({
      deployed: withResponses({ responseType: 'DEFAULT_4XX', statusCode: '500' }),
      failures: failures([
        { cause: 'waf-blocked', status: 500, route: 'GET /orders', decisive: line('WAF_FILTERED') },
        { cause: 'lambda-function-error', status: 502 },
      ]),
    });
    expect(finding.status).toBe('problem');
    expect(finding.claims).toMatchObject([
      {
        cause: 'gateway-response-override',
        basis: 'configuration',
        requests: null,
        parameters: { resource: 'DEFAULT_4XX', statusCode: '500', route: 'GET /orders' },
      },
    ]);
    expect(finding.evidence.some(one => one.excerpt === 'WAF_FILTERED')).toBe(true);
  });

  test('without such requests it is a risk', async () => {
    const responses = withResponses({ responseType: 'THROTTLED', statusCode: '503' });
    expect(await run({ deployed: responses })).toMatchObject({ status: 'warning', claims: [] });
  });

  test('a draft that stands in for the export knows no gateway responses', async () => {
    const unread = { source: 'apigateway:GetExport', reason: 'throttled', permission: null, remedy: 'Wait.' } as const;
    const finding = await run({ deployed: deployed({ basis: 'draft', faithful: false, unread }) });
    expect(finding).toMatchObject({ status: 'unknown', gaps: [unread], ruledOut: [] });
  });

  test('a gateway response that keeps to its class is shown and harmless', async () => {
    const finding = await run({
      deployed: withResponses(
        { responseType: 'DEFAULT_5XX', statusCode: '500' },
        { responseType: 'ACCESS_DENIED', statusCode: '404' },
        { responseType: 'THROTTLED', statusCode: null },
      ),
    });
    expect(finding.status).toBe('ok');
    expect(finding.evidence.filter(one => one.text.startsWith('Gateway response'))).toHaveLength(2);
  });

  test('gateway responses that cannot be read leave a REST API unknown, and do not matter to the others', async () => {
    const unread = { deployed: denied('apigateway:GetExport') };
    expect(await run(unread)).toMatchObject({ status: 'unknown', gaps: [{ source: 'apigateway:GetExport' }] });
    expect(await run(unread, { apiType: 'HTTP' })).toMatchObject({ status: 'ok', gaps: [] });
  });
});
