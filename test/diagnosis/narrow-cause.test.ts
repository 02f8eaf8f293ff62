import { describe, expect, test } from 'vitest';
import type { Authorizer, Integration } from '../../src/aws/types.ts';
import { backendsOf } from '../../src/diagnosis/backends.ts';
import { narrowCause, type Setup } from '../../src/diagnosis/narrow-cause.ts';
import type { FailedRequest } from '../../src/diagnosis/signals.ts';
import { accountId, deployed, failures, integration, route, target } from './steps/fixtures.ts';
import { configuration, functionFacts, line } from './steps/readings.ts';

const roleArn = `arn:aws:iam::${accountId}:role/invoke`;
const overrides = { functionName: null, roleName: null, policyArn: null, logGroup: null };

function setup(over: Partial<Integration> = {}, rest: Partial<Setup> = {}, authorizers: Authorizer[] = []): Setup {
  const base = deployed({
    routes: [route('GET /orders', { integration: integration(over), authorizerId: authorizers[0]?.id ?? null })],
  });
  const running = { ...base, configuration: { ...base.configuration, authorizers } };
  return {
    target,
    overrides,
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

  test('without a configuration nothing is narrowed', () => {
    expect(narrowed({ possible: roles }, setup({}, { deployed: null, backends: [] }))).toEqual({
      cause: null,
      possible: roles,
    });
  });
});
