import { describe, expect, test } from 'vitest';
import type { Integration, Route } from '../../../src/aws/types.ts';
import { mappingTemplates } from '../../../src/diagnosis/steps/mapping-templates.ts';
import { denied, deployed, failures, integration, response, route, runStep, signalsOf, target } from './fixtures.ts';

type Failing = Parameters<typeof failures>[0];

async function check(
  routes: Route[],
  failing: Failing = [],
  over: Parameters<typeof deployed>[0] & { binaryMediaTypes?: string[] } = {},
) {
  const { binaryMediaTypes = [], ...rest } = over;
  const base = deployed({ routes, ...rest });
  const signals = signalsOf({
    deployed: { ...base, configuration: { ...base.configuration, binaryMediaTypes } },
    failures: failures(failing),
  });
  return runStep(mappingTemplates, { signals });
}

/** A route with a Lambda integration that is not a proxy, and nothing wrong. */
function mapped(key: string, over: Partial<Integration> = {}, methodResponses = ['200']): Route {
  const good = {
    type: 'AWS' as const,
    requestTemplates: { 'application/json': '{"id": "$input.params(\'id\')"}' },
    responses: [response('200', { templates: { 'application/json': "$input.json('$')" } })],
  };
  return route(key, { integration: integration({ ...good, ...over }), methodResponses });
}

const json = (template: string) => ({ requestTemplates: { 'application/json': template } });

describe('mapping-templates: syntax', () => {
  test('valid templates are ok and rule mapping faults out', async () => {
    const finding = await check([mapped('GET /orders'), mapped('GET /items')]);
    expect(finding).toMatchObject({ number: 9, status: 'ok', claims: [], gaps: [] });
    expect(finding.summary).toBe('The 2 mapping templates of 2 routes of API orders-api are valid.');
    expect(finding.ruledOut.map(one => one.id)).toEqual([
      'request-mapping-failed',
      'response-mapping-failed',
      'output-mapping-invalid',
    ]);
  });

  test('a broken request template is a problem, with line, column and the line itself', async () => {
    const finding = await check([mapped('POST /orders', json('{\n  #set($x = $input.path(\'$\')\n  "a": 1\n}'))]);
    expect(finding.status).toBe('problem');
    expect(finding.summary).toContain(
      'Request template application/json of POST /orders is broken at line 2, column 29',
    );
    expect(finding.claims).toMatchObject([
      {
        cause: 'request-mapping-failed',
        basis: 'configuration',
        parameters: { route: 'POST /orders', line: 2, column: 29 },
      },
    ]);
    const [evidence] = finding.evidence;
    expect(evidence).toMatchObject({ source: 'apigateway:GetExport', resource: 'a1b2c3/prod' });
    expect(evidence?.excerpt).toBe(`  #set($x = $input.path('$')\n${' '.repeat(28)}^`);
    expect(evidence?.cli).toContain('aws apigateway get-export');
  });

  test('a broken response template names its response', async () => {
    const responses = [response('200', { templates: { 'application/json': '#foreach($o in $input.path("$"))x' } })];
    const finding = await check([mapped('GET /orders', { responses })]);
    expect(finding.summary).toContain('default integration response 200 of GET /orders is broken at line 1, column 1');
    expect(finding.claims).toMatchObject([{ cause: 'response-mapping-failed', parameters: { statusCode: '200' } }]);
  });

  test('one template on many routes is one finding', async () => {
    const routes = Array.from({ length: 5 }, (_, n) => mapped(`GET /r${n}`, json('#if($x)')));
    const finding = await check(routes);
    expect(finding.evidence).toHaveLength(1);
    expect(finding.claims[0]?.parameters.routes).toHaveLength(5);
    expect(finding.summary).toContain('GET /r0, GET /r1, GET /r2 and 2 more');
  });

  test('what only our parser may refuse is a possibility', async () => {
    const finding = await check([mapped('GET /orders', json(`#set($x = 'it''s')`))]);
    expect(finding).toMatchObject({ status: 'warning', claims: [{ basis: 'symptom' }] });
    expect(finding.summary).toContain('is perhaps broken');
  });

  test('a broken template on a route that does not fail is a warning', async () => {
    const routes = [mapped('POST /orders', json('#if($x)')), mapped('GET /orders')];
    expect(await check(routes, [{ route: 'GET /orders' }])).toMatchObject({ status: 'warning', claims: [] });
    expect((await check(routes, [{ route: 'POST /orders' }])).status).toBe('problem');
    expect((await check(routes, [{ route: null }])).status).toBe('problem');
  });

  test('a draft that stands in makes warnings, and proves nothing where it is valid', async () => {
    const unread = { source: 'apigateway:GetExport', reason: 'throttled', permission: null, remedy: 'Wait.' } as const;
    const draft = { basis: 'draft', faithful: false, unread } as const;
    expect(await check([mapped('GET /orders', json('#if($x)'))], [], draft)).toMatchObject({
      status: 'warning',
      claims: [],
      gaps: [unread],
    });
    expect(await check([mapped('GET /orders')], [], draft)).toMatchObject({ status: 'unknown', gaps: [unread] });
  });
});

describe('mapping-templates: responses', () => {
  test('a default response with a status that the method does not declare must fail', async () => {
    const finding = await check([mapped('GET /orders', { responses: [response('201')] })]);
    expect(finding.status).toBe('problem');
    expect(finding.claims).toMatchObject([
      { cause: 'output-mapping-invalid', basis: 'configuration', parameters: { statusCode: '201' } },
    ]);
  });

  test('one that a pattern chooses fails only then', async () => {
    const responses = [response('200'), response('404', { selectionPattern: '.*not found.*' })];
    const finding = await check([mapped('GET /orders', { responses })]);
    expect(finding).toMatchObject({
      status: 'warning',
      claims: [{ cause: 'output-mapping-invalid', basis: 'symptom' }],
    });
    const seen = await check(
      [mapped('GET /orders', { responses })],
      [{ route: 'GET /orders', cause: 'output-mapping-invalid' }],
    );
    expect(seen.status).toBe('problem');
  });

  test('no default response is a symptom, and a problem where requests say so', async () => {
    const responses = [response('200', { selectionPattern: 'ok.*' })];
    const finding = await check([mapped('GET /orders', { responses })]);
    expect(finding).toMatchObject({
      status: 'warning',
      claims: [{ cause: 'no-integration-response-match', basis: 'symptom' }],
    });
    const seen = await check(
      [mapped('GET /orders', { responses })],
      [{ route: 'GET /orders', cause: 'no-integration-response-match' }],
    );
    expect(seen.status).toBe('problem');
  });

  test('patterns of an HTTP integration that cover every status need no default', async () => {
    const http = { type: 'HTTP', uri: 'https://backend.example.com/' } as const;
    const responses = [
      response('200', { selectionPattern: '[23]\\d{2}' }),
      response('400', { selectionPattern: '4\\d{2}' }),
      response('502', { selectionPattern: '5\\d{2}' }),
    ];
    expect((await check([mapped('GET /orders', { ...http, responses }, ['200', '400', '502'])])).status).toBe('ok');
    const [, ...partial] = responses;
    expect(
      (await check([mapped('GET /orders', { ...http, responses: partial }, ['400', '502'])])).claims,
    ).toMatchObject([{ cause: 'no-integration-response-match' }]);
  });

  test('no integration response at all must fail', async () => {
    const finding = await check([mapped('GET /orders', { responses: [] })]);
    expect(finding.claims).toMatchObject([{ cause: 'no-integration-response-match', basis: 'configuration' }]);
  });

  test('WebSocket routes need neither responses nor declared statuses', async () => {
    const base = deployed({ basis: 'draft', routes: [mapped('sendmessage', { responses: [] }, [])] });
    const signals = signalsOf({ deployed: base, failures: failures() });
    const finding = await runStep(mappingTemplates, { signals, target: { ...target, apiType: 'WEBSOCKET' } });
    expect(finding.status).toBe('ok');
  });

  test.each([
    [
      'a response override',
      {
        responses: [
          response('200', { templates: { 'application/json': '#set($context.responseOverride.status = 500)' } }),
        ],
      },
    ],
    ['a default response of 5xx', { responses: [response('500')] }],
    [
      'a 4xx of the backend made 5xx',
      {
        type: 'HTTP',
        uri: 'https://b.example.com/',
        responses: [response('200'), response('500', { selectionPattern: '4\\d{2}' })],
      },
    ],
  ] as const)('%s is a warning that the mapping makes the status', async (_, over) => {
    const finding = await check([mapped('GET /orders', { ...over, responses: [...over.responses] }, ['200', '500'])]);
    expect(finding).toMatchObject({
      status: 'warning',
      claims: [{ cause: 'mapping-status-override', basis: 'symptom', parameters: { statusCode: '500' } }],
    });
  });

  test('an override to another status, and errors mapped to 5xx, are as they should be', async () => {
    const responses = [
      response('200', { templates: { 'application/json': '#set($context.responseOverride.status = 404)' } }),
      response('500', { selectionPattern: '.*Error.*' }),
    ];
    expect((await check([mapped('GET /orders', { responses }, ['200', '500'])])).status).toBe('ok');
  });

  test('conversion to binary is told, because text that is not base64 fails', async () => {
    const finding = await check([mapped('GET /orders', { contentHandling: 'CONVERT_TO_BINARY' })]);
    expect(finding.status).toBe('ok');
    expect(finding.evidence[0]?.text).toContain('CONVERT_TO_BINARY');
  });
});

describe('mapping-templates: requests', () => {
  const mock = (template: string | null) =>
    mapped('OPTIONS /orders', {
      type: 'MOCK',
      uri: null,
      requestTemplates: template === null ? {} : { 'application/json': template },
    });

  test.each([
    ['a number', '{"statusCode": 200}', 'ok', null],
    ['without quotes, as the CDK writes it', '{ statusCode: 200 }', 'ok', null],
    ['computed', '{"statusCode": $input.params("code")}', 'ok', null],
    ['in a directive', '#if($x)\n{"statusCode": 200}\n#else\n{"statusCode": 404}\n#end', 'ok', null],
    ['a number in quotes', '{"statusCode": "200"}', 'warning', 'symptom'],
    ['a word', '{"statusCode": ok}', 'problem', 'configuration'],
    ['none', '{"status": 200}', 'problem', 'configuration'],
    ['no template', null, 'warning', 'symptom'],
  ])('the status of a MOCK integration: %s', async (_, template, status, basis) => {
    const finding = await check([mock(template)]);
    expect(finding.status).toBe(status);
    expect(finding.claims.map(one => [one.cause, one.basis])).toEqual(
      basis === null ? [] : [['mock-statuscode-invalid', basis]],
    );
  });

  test('binary types for everything meet templates unless converted to text', async () => {
    const everything = { binaryMediaTypes: ['*/*'] };
    const finding = await check([mapped('POST /orders')], [], everything);
    expect(finding).toMatchObject({
      status: 'warning',
      claims: [{ cause: 'request-mapping-failed', basis: 'symptom' }],
    });
    expect((await check([mapped('POST /orders', { contentHandling: 'CONVERT_TO_TEXT' })], [], everything)).status).toBe(
      'ok',
    );
  });
});

describe('mapping-templates', () => {
  test('unreadable: the configuration', async () => {
    const finding = await runStep(mappingTemplates, {
      signals: signalsOf({ deployed: denied('apigateway:GetExport'), failures: failures() }),
    });
    expect(finding).toMatchObject({ status: 'unknown', gaps: [{ permission: 'apigateway:GetExport' }] });
  });

  test('unreadable logs do not hide a broken template', async () => {
    const signals = signalsOf({
      deployed: deployed({ routes: [mapped('GET /a', json('#if($x)'))] }),
      failures: denied('logs:FilterLogEvents'),
    });
    expect((await runStep(mappingTemplates, { signals })).status).toBe('problem');
  });

  test('does not apply to proxies, and says so', async () => {
    const finding = await check([route('GET /orders'), route('POST /orders')]);
    expect(finding.status).toBe('not_applicable');
    expect(finding.summary).toBe(
      'None of the 2 routes of API orders-api has mapping templates: their integrations are proxies.',
    );
  });

  test('does not apply to HTTP APIs', () => {
    expect(mappingTemplates.notApplicable({ ...target, apiType: 'HTTP' })).toMatch(/HTTP API/);
    expect(mappingTemplates.notApplicable(target)).toBeNull();
  });
});
