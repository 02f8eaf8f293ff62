import { describe, expect, test } from 'vitest';
import { locate } from '../../src/diagnosis/locate.ts';
import type { ApiType, DiagnosisRequest, Target } from '../../src/diagnosis/types.ts';
import { awsOf, notFound, runOf, sending } from './steps/fixtures.ts';

type Answers = Parameters<typeof sending>[0];

const gone: Answers = {
  'apigateway:GetRestApi': () => notFound('apigateway:GetRestApi'),
  'apigatewayv2:GetApi': () => notFound('apigateway:GetApi'),
};
const http: Answers = {
  ...gone,
  'apigatewayv2:GetApi': ({ ApiId }) => ({ ApiId, Name: 'checkout-http', ProtocolType: 'HTTP' }),
  'apigatewayv2:GetStage': ({ StageName }) => ({ StageName }),
};

async function locating(stage: string | null, answers: Answers, knownTypes = new Map<string, ApiType>()) {
  const { send, asked } = sending(answers);
  const expected: Target[] = [];
  const { overrides, now } = runOf();
  const request: DiagnosisRequest = {
    target: 'h4x8m2k1pq',
    stage,
    region: null,
    accountId: null,
    span: { minutes: 15 },
    overrides,
  };
  const location = await locate(request, {
    aws: awsOf(send),
    now,
    knownTypes,
    expect: target => void expected.push(target),
  });
  return { location, asked: asked.map(one => one.operation), expected: expected.map(one => one.apiType) };
}

describe('an API by its id', () => {
  test('is surely an HTTP API where its stage is $default', async () => {
    const { location, asked, expected } = await locating('$default', http);

    expect(location).toMatchObject({ kind: 'found', target: { apiType: 'HTTP', apiName: 'checkout-http' } });
    expect(asked).not.toContain('apigateway:GetRestApi');
    expect(new Set(expected)).toEqual(new Set(['HTTP']));
  });

  test('is asked for as what it was found to be before', async () => {
    const { location, asked, expected } = await locating('live', http, new Map([['h4x8m2k1pq', 'HTTP']]));

    expect(location).toMatchObject({ kind: 'found', target: { apiType: 'HTTP', stage: 'live' } });
    expect(asked).not.toContain('apigateway:GetRestApi');
    expect(new Set(expected)).toEqual(new Set(['HTTP']));
  });

  test('is taken for a REST API first, and reads of the other kind start once it is none', async () => {
    const { location, asked, expected } = await locating('live', http);

    expect(location).toMatchObject({ kind: 'found', target: { apiType: 'HTTP', stage: 'live' } });
    expect(asked.slice(0, 2)).toEqual(['apigateway:GetRestApi', 'apigatewayv2:GetApi']);
    expect(expected.slice(0, 2)).toEqual(['REST', 'HTTP']);
  });

  test('without a stage is not read ahead', async () => {
    const answers = { ...http, 'apigatewayv2:GetStages': () => ({ Items: [{ StageName: 'live' }] }) };
    const { location, expected } = await locating(null, answers);

    expect(location).toMatchObject({ kind: 'found', target: { stage: 'live' } });
    expect(expected).toEqual([]);
  });
});
