import { describe, expect, test } from 'vitest';
import type { Authorizer, Integration } from '../../src/aws/types.ts';
import { backendsOf } from '../../src/diagnosis/backends.ts';
import { narrowCause, type Setup } from '../../src/diagnosis/narrow-cause.ts';
import type { FailedRequest } from '../../src/diagnosis/signals.ts';
import { accountId, deployed, failures, functionArn, integration, lambdaUri, route, target } from './steps/fixtures.ts';
import { configuration, functionFacts, line } from './steps/readings.ts';

const roleArn = `arn:aws:iam::${accountId}:role/invoke`;

function setup(over: Partial<Integration> = {}, rest: Partial<Setup> = {}, authorizers: Authorizer[] = []): Setup {
  const base = deployed({
    routes: [route('GET /orders', { integration: integration(over), authorizerId: authorizers[0]?.id ?? null })],
  });
  const running = { ...base, configuration: { ...base.configuration, authorizers } };
  return {
    target,
    deployed: running,
    backends: backendsOf(running.configuration, {}),
    functions: [functionFacts()],
    links: [],
    ...rest,
  };
}

function narrowed(over: Partial<FailedRequest>, given: Setup): Pick<FailedRequest, 'cause' | 'possible'> {
  const [request] = failures([{ route: 'GET /orders', ...over }]).requests;
  if (request === undefined) throw new Error('no request');
  const { cause, possible } = narrowCause(request, given);
  return { cause, possible };
}

const assume = line(`API Gateway does not have permission to assume the provided role ${roleArn}`);
const roles: FailedRequest['possible'] = ['authorizer-role-not-assumable', 'integration-role-not-assumable'];

describe('narrowCause', () => {
  test('the role in the line tells whose it is', () => {
    expect(narrowed({ possible: roles, decisive: assume }, setup({ credentials: roleArn })).cause).toBe(
      'integration-role-not-assumable',
    );
    const authorizer = {
      id: 'x',
      name: 'x',
      type: 'TOKEN',
      uri: null,
      credentials: roleArn,
      resultTtlSeconds: null,
      payloadFormatVersion: null,
      simpleResponses: false,
      issuer: null,
    } as const;
    expect(narrowed({ possible: roles, decisive: assume }, setup({}, {}, [authorizer])).cause).toBe(
      'authorizer-role-not-assumable',
    );
    // Both use it: nothing decides.
    const both = setup({ credentials: roleArn }, {}, [authorizer]);
    expect(narrowed({ possible: roles, decisive: assume }, both)).toEqual({ cause: null, possible: roles });
  });

  test('a refusal with 403 is borne out by what must be refused', () => {
    const possible: FailedRequest['possible'] = [
      'lambda-integration-method-not-post',
      'integration-role-lacks-permission',
    ];
    expect(narrowed({ possible }, setup({ httpMethod: 'GET' })).cause).toBe('lambda-integration-method-not-post');
    expect(narrowed({ possible }, setup({ credentials: roleArn })).cause).toBe('integration-role-lacks-permission');
    expect(narrowed({ possible }, setup())).toEqual({ cause: null, possible });
  });

  test('the state of the function bears out what Lambda refused', () => {
    const possible: FailedRequest['possible'] = ['lambda-kms-access-denied', 'lambda-not-ready'];
    const pending = functionFacts({ configuration: configuration({ state: 'Pending' }) });
    expect(narrowed({ possible }, setup({}, { functions: [pending] })).cause).toBe('lambda-not-ready');
    // Exclusion alone proves nothing.
    expect(narrowed({ possible }, setup())).toEqual({ cause: null, possible: ['lambda-kms-access-denied'] });
  });

  test('a permission that the role should have is the role’s, within one account', () => {
    const missing = { cause: 'lambda-invoke-permission-missing' } as const;
    expect(narrowed(missing, setup({ credentials: roleArn })).cause).toBe('integration-role-lacks-permission');
    expect(narrowed(missing, setup()).cause).toBe('lambda-invoke-permission-missing');
    const foreign = setup({ credentials: roleArn }, { target: { ...target, accountId: '999999999999' } });
    expect(narrowed(missing, foreign).cause).toBe('lambda-invoke-permission-missing');
  });

  test('a status and a latency as long as the limit are a timeout', () => {
    expect(narrowed({ status: 504, integrationLatencyMs: 29_001 }, setup()).cause).toBe('integration-timeout');
  });

  test('what looks like a missing permission or a wrong address may be a missing function or variable', () => {
    const missing = { cause: 'lambda-invoke-permission-missing' } as const;
    const gone = functionFacts({ configuration: null });
    expect(narrowed(missing, setup({}, { functions: [gone] })).cause).toBe('lambda-function-missing');
    const host = setup({ type: 'HTTP_PROXY', uri: `https://\${stageVariables.host}/` });
    expect(narrowed({ cause: 'endpoint-address-invalid' }, host).cause).toBe('stage-variable-undefined');
    expect(narrowed({ cause: 'endpoint-address-invalid' }, setup()).cause).toBe('endpoint-address-invalid');
  });

  test('a request that cannot be placed leaves both possible', () => {
    const gone = functionFacts({
      reference: { ...functionFacts().reference, arn: `${functionArn}-old` },
      configuration: null,
    });
    const running = deployed({
      routes: [
        route('GET /orders'),
        route('GET /old', { integration: integration({ uri: lambdaUri(`${functionArn}-old`) }) }),
      ],
    });
    const given = {
      ...setup(),
      deployed: running,
      backends: backendsOf(running.configuration, {}),
      functions: [functionFacts(), gone],
    };
    const missing = { cause: 'lambda-invoke-permission-missing', route: null } as const;
    expect(narrowed(missing, given)).toEqual({ cause: null, possible: [missing.cause, 'lambda-function-missing'] });
    expect(narrowed({ ...missing, route: 'GET /orders' }, given).cause).toBe(missing.cause);
    expect(narrowed({ ...missing, route: 'GET /old' }, given).cause).toBe('lambda-function-missing');
  });

  test('a 4xx of an AWS service is its own rejection, unless the role is borne out', () => {
    const sqs = { type: 'AWS', uri: 'arn:aws:apigateway:eu-west-1:sqs:path/1/q', httpMethod: 'POST' } as const;
    const rejected = 'aws-service-integration-rejected';
    expect(narrowed({ endpointStatus: 400 }, setup(sqs)).cause).toBe(rejected);
    expect(narrowed({ endpointStatus: 400, possible: ['lambda-not-ready', rejected] }, setup(sqs)).cause).toBe(
      rejected,
    );
    expect(narrowed({ endpointStatus: 503 }, setup(sqs)).cause).toBeNull();
    expect(narrowed({ endpointStatus: 400 }, setup()).cause).toBeNull();
    const role = { possible: ['integration-role-lacks-permission'] } as const;
    const withRole = setup({ ...sqs, credentials: roleArn });
    expect(narrowed({ endpointStatus: 403, possible: [...role.possible] }, withRole).cause).toBe(
      'integration-role-lacks-permission',
    );
  });

  test('a 4xx that became a 5xx is WAF’s where no gateway response can have done it', () => {
    const override = { cause: 'gateway-response-override', possible: ['waf-blocked'] } as const;
    const request = { ...override, possible: [...override.possible] };
    expect(narrowed(request, setup()).cause).toBe('waf-blocked');
    const rewriting = setup();
    rewriting.deployed?.configuration.gatewayResponses.push({ responseType: 'DEFAULT_4XX', statusCode: '500' });
    expect(narrowed(request, rewriting).cause).toBe('gateway-response-override');
    expect(narrowed({ cause: 'gateway-response-override' }, setup()).cause).toBe('gateway-response-override');
  });

  test('a status that a template sets', () => {
    const possible: FailedRequest['possible'] = ['mapping-status-override', 'lambda-function-error', 'backend-5xx'];
    const templates = { 'application/json': '#set($context.responseOverride.status = 500)' };
    const response = { statusCode: '200', selectionPattern: null, templates, parameters: {}, contentHandling: null };
    expect(narrowed({ possible }, setup({ type: 'AWS', responses: [response] })).cause).toBe('mapping-status-override');
    expect(narrowed({ possible }, setup()).possible).toEqual(['lambda-function-error', 'backend-5xx']);
  });

  test('a route that only the draft has', () => {
    const possible: FailedRequest['possible'] = ['api-not-deployed'];
    const given = setup();
    if (given.deployed) given.deployed.draft = { ...given.deployed.configuration, routes: [route('POST /refunds')] };
    expect(narrowed({ possible, route: 'POST /prod/refunds' }, given).cause).toBe('api-not-deployed');
    expect(narrowed({ possible, route: 'POST /nowhere' }, given).cause).toBeNull();
  });

  test('the state of the VPC link and its targets', () => {
    const over = setup({ type: 'HTTP_PROXY', uri: 'http://x/', connectionType: 'VPC_LINK', connectionId: 'vl1' });
    const link = (status: string) => ({
      value: { id: 'vl1', name: '', status, statusMessage: null, targetArns: [], version: 1 as const },
      unread: null,
    });
    const possible: FailedRequest['possible'] = [
      'integration-timeout',
      'endpoint-network-error',
      'vpc-link-unavailable',
    ];
    const request = { possible, status: 503, integrationLatencyMs: 7 };
    const reading = (status: string) => [{ id: 'vl1', backends: [...over.backends], link: link(status), targets: [] }];
    expect(narrowed(request, { ...over, links: reading('INACTIVE') }).cause).toBe('vpc-link-unavailable');
    expect(narrowed(request, { ...over, links: reading('AVAILABLE') }).cause).toBe('endpoint-network-error');
    expect(narrowed(request, over).possible).toEqual(['endpoint-network-error', 'vpc-link-unavailable']);
  });

  test('without a configuration nothing is narrowed', () => {
    expect(narrowed({ possible: roles }, setup({}, { deployed: null, backends: [] }))).toEqual({
      cause: null,
      possible: roles,
    });
  });

  test('a 503 without an answer, long before the timeout, is an endpoint that was not reached', () => {
    const possible: FailedRequest['possible'] = [
      'endpoint-network-error',
      'integration-timeout',
      'vpc-link-unavailable',
    ];
    const early = { status: 503, possible, integrationLatencyMs: 12 };
    const web = { type: 'HTTP_PROXY', uri: 'https://shop.example.com' } as const;
    expect(narrowed(early, setup(web)).cause).toBe('endpoint-network-error');
    expect(narrowed({ ...early, integrationLatencyMs: 28_990 }, setup(web)).cause).toBe('integration-timeout');
    expect(narrowed({ ...early, integrationLatencyMs: null }, setup(web)).cause).toBeNull();

    // Behind a link, the link itself may be why until it is known to work.
    const linked = { ...web, connectionType: 'VPC_LINK', connectionId: 'l1' } as const;
    const given = setup(linked);
    expect(narrowed(early, given).cause).toBeNull();
    const behind = (status: string) => ({
      id: 'l1',
      backends: [...given.backends],
      link: {
        value: { id: 'l1', name: 'l', status, statusMessage: null, targetArns: [], version: 2 as const },
        unread: null,
      },
      targets: [],
    });
    expect(narrowed(early, { ...given, links: [behind('AVAILABLE')] }).cause).toBe('endpoint-network-error');
    expect(narrowed(early, { ...given, links: [behind('INACTIVE')] }).cause).toBe('vpc-link-unavailable');
  });

  test('a hole in an address bears out that a stage variable is missing', () => {
    const possible: FailedRequest['possible'] = ['stage-variable-undefined', 'lambda-kms-access-denied'];
    expect(narrowed({ possible }, setup({ uri: 'https://${stageVariables.host}/a' })).cause).toBe(
      'stage-variable-undefined',
    );
    expect(narrowed({ possible }, setup()).possible).not.toContain('stage-variable-undefined');
  });
});
