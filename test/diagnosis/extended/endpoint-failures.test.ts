import { describe, expect, test } from 'vitest';
import { endpointFailures } from '../../../src/diagnosis/extended/endpoint-failures.ts';
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
} from '../steps/fixtures.ts';
import { line, loggingOff, source, traffic } from '../steps/readings.ts';

type Readings = NonNullable<Parameters<typeof signalsOf>[0]>;
type Answers = Parameters<typeof sending>[0];

const http = route('GET /items', {
  integration: integration({ type: 'HTTP_PROXY', uri: 'https://example.com/items' }),
});
const overLink = route('GET /stock', {
  integration: integration({
    type: 'HTTP_PROXY',
    uri: 'http://stock.internal/',
    connectionType: 'VPC_LINK',
    connectionId: `\${stageVariables.link}`,
  }),
});

function run(over: Readings = {}, answers: Answers = {}) {
  const { send, asked } = sending(answers);
  const signals = signalsOf({
    deployed: deployed({ routes: [route('GET /orders'), http] }),
    traffic: traffic({ latencyMs: 480 }),
    failures: failures(),
    ...over,
  });
  return runStep(endpointFailures, { aws: awsOf(send), signals }, asked);
}

describe('endpoint-failures', () => {
  test('endpoints without a failing request are ok', async () => {
    const finding = await run();
    expect(finding.status).toBe('ok');
    expect(finding.evidence.map(one => one.text)).toEqual([
      'GET /items with https://example.com/items: no failing request in the logs.',
      'The endpoints of stage prod took up to 480 ms in the slowest minute of the last 30 (95th percentile).',
    ]);
  });

  test('counts what the endpoints answered, and leaves the functions out', async () => {
    const finding = await run({
      failures: failures([
        { cause: 'backend-5xx', status: 503, route: 'GET /items', decisive: line('Received response. Status: 503') },
        { cause: 'endpoint-network-error', status: 504, route: 'GET /items' },
        { cause: 'backend-5xx', status: 500, route: 'GET /orders' },
      ]),
    });
    expect(finding.status).toBe('problem');
    expect(finding.claims).toMatchObject([
      { cause: 'backend-5xx', requests: 1, parameters: { statusCode: '503', endpoint: 'https://example.com/items' } },
      { cause: 'endpoint-network-error', requests: 1 },
    ]);
    expect(finding.evidence.some(one => one.text.includes('2 failing requests, answered 503 and 504'))).toBe(true);
  });

  test('looks behind the VPC link that the stage variable names', async () => {
    const finding = await run(
      { deployed: deployed({ routes: [overLink], stageVariables: { link: 'vl9' } }) },
      {
        'apigateway:GetVpcLink': input => ({
          id: input.vpcLinkId,
          status: 'FAILED',
          statusMessage: 'NLB gone',
          targetArns: [],
        }),
      },
    );
    expect(finding).toMatchObject({
      status: 'problem',
      claims: [{ cause: 'vpc-link-unavailable', parameters: { vpcLinkId: 'vl9', message: 'NLB gone' } }],
    });
  });

  test('without logs nothing tells how often they failed', async () => {
    const blind = { ...failures(), sources: [source('off', { gap: loggingOff })] };
    expect(await run({ failures: blind })).toMatchObject({ status: 'unknown' });
    expect(await run({ failures: denied('logs:FilterLogEvents') })).toMatchObject({
      status: 'unknown',
      gaps: [{ permission: 'logs:FilterLogEvents' }],
    });
    expect(await run({ deployed: denied('apigateway:GetExport') })).toMatchObject({
      status: 'unknown',
      gaps: [{ source: 'apigateway:GetExport' }],
    });
  });

  test('an API of functions alone has no such endpoint', async () => {
    expect(await run({ deployed: deployed() })).toMatchObject({ status: 'not_applicable' });
  });
});
