import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { catalogue, causeRecord } from '../../../src/diagnosis/causes/catalogue.ts';
import { type CauseId, causeIds } from '../../../src/diagnosis/causes/ids.ts';
import type { CauseRecord } from '../../../src/diagnosis/causes/record.ts';
import type { CauseParameters, Target } from '../../../src/diagnosis/types.ts';

const rest: Target = {
  accountId: '111122223333',
  region: 'eu-west-1',
  apiId: 'a1b2c3d4e5',
  apiName: 'orders-api',
  apiType: 'REST',
  stage: 'prod',
};
const http: Target = { ...rest, apiType: 'HTTP', stage: '$default' };
const webSocket: Target = { ...rest, apiType: 'WEBSOCKET' };

const known: CauseParameters = {
  functionName: 'orders-fn',
  functionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:orders-fn',
  qualifier: 'live',
  roleArn: 'arn:aws:iam::111122223333:role/orders-role',
  roleName: 'orders-role',
  action: 'dynamodb:GetItem',
  resource: 'arn:aws:dynamodb:eu-west-1:111122223333:table/orders',
  route: 'GET /orders/{id}',
  resourceId: 'r1s2',
  authorizerId: 'au7h0r',
  endpoint: 'https://backend.example.com',
  timeoutMs: 3000,
  functionTimeoutSeconds: 3,
  durationMs: 3001,
  memoryMb: 128,
  statusCode: '500',
  reservedConcurrency: 5,
  variable: 'functionName',
  template: '{"id": "$input.params(\'id\')"}',
  line: 3,
  column: 7,
  webAclArn: 'arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/orders/1',
  rule: 'block-bots',
  vpcLinkId: 'vl1',
  targetGroupArn: 'arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/abc',
  deploymentId: 'dep1',
  kmsKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/1',
  message: 'it\'s $(broken) `now`; "really"',
};

/** The words that a shell makes of each line. */
function shellWords(lines: readonly string[]): string[][] {
  const script = `for line; do eval "set -- $line"; printf '%s\\0' "$#" "$@"; done`;
  const fields = execFileSync('sh', ['-c', script, 'sh', ...lines], { encoding: 'utf8' }).split('\0');
  return lines.map(() => {
    const [length = ''] = fields.splice(0, 1);
    return fields.splice(0, Number(length));
  });
}

/** The command lines of all causes that have one, and the words that a shell makes of them. */
function linesOf(cliOf: (record: CauseRecord) => string | null): { id: CauseId; cli: string; words: string[] }[] {
  const lines = catalogue.flatMap(record => {
    const cli = cliOf(record);
    return cli === null ? [] : [{ id: record.id, cli }];
  });
  const words = shellWords(lines.map(({ cli }) => cli));
  return lines.map((one, index) => ({ ...one, words: words[index] ?? [] }));
}

function line(id: CauseId, parameters: CauseParameters = known, target: Target | null = rest): string {
  return causeRecord(id).cli(parameters, target) ?? '';
}

describe('catalogue', () => {
  it('holds one record for each id of the contract, in its order', () => {
    expect(catalogue.map(record => record.id)).toEqual([...causeIds]);
  });

  it.each(catalogue.map(record => [record.id, record] as const))('%s is complete', (_, record) => {
    expect(record.title).toMatch(/^[A-Z][^.]+$/);
    expect(new URL(record.docs).host).toMatch(/^(docs\.aws\.amazon\.com|repost\.aws)$/);
    expect(record.confirms.length).toBeGreaterThan(0);
    expect(Object.values(record.statuses).some(statuses => statuses !== null)).toBe(true);
    for (const status of Object.values(record.statuses).flatMap(statuses => statuses ?? [])) {
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(600);
    }
  });

  const situations: [string, CauseParameters, Target | null][] = [
    ['everything known', known, rest],
    ['an HTTP API', known, http],
    ['a WebSocket API', known, webSocket],
    ['only the target known', {}, rest],
    ['nothing known', {}, null],
  ];

  it.each(situations)('writes whole sentences with %s', (_, parameters, target) => {
    for (const record of catalogue) {
      for (const sentence of [record.summary(parameters, target), record.remedy(parameters, target)]) {
        expect(sentence, record.id).toMatch(/^[A-Z].*\.$/s);
        expect(sentence, record.id).not.toMatch(/undefined|null|NaN| {2}|\(\)| [,.]|\.\./);
      }
    }
  });

  it.each(situations)('writes command lines that a shell takes as they are meant with %s', (_, parameters, target) => {
    const lines = linesOf(record => record.cli(parameters, target));
    for (const { id, cli, words } of lines) {
      expect(words[0], id).toBe('aws');
      expect(words[words.indexOf('--region') + 1], id).toMatch(/^([a-z]{2}-[a-z]+-\d|<region>)$/);
      expect(cli, id).not.toMatch(/undefined|\n/);
    }
  });

  it('keeps what people and logs have named inside its word', () => {
    const nasty = 'x\'; touch $(id) `id` && "y" > /tmp/z';
    const hostile = Object.fromEntries(Object.keys(known).map(key => [key, nasty])) as CauseParameters;
    const some = { functionName: nasty, roleName: nasty, variable: nasty, endpoint: nasty, rule: nasty };
    for (const { id, words } of linesOf(record => record.cli({ ...known, ...some }, rest))) {
      expect(words[0], id).toBe('aws');
    }
    for (const { id, words } of linesOf(record => record.cli(hostile, rest)))
      expect(words.includes('touch'), id).toBe(false);
  });

  it('uses no placeholder for what is known', () => {
    const placeholders = (id: CauseId) => line(id).match(/<[a-z-]+>/g);
    expect(placeholders('lambda-invoke-permission-missing')).toBeNull();
    expect(placeholders('lambda-out-of-memory')).toBeNull();
    expect(placeholders('integration-timeout')).toBeNull();
    expect(placeholders('lambda-execution-role-lacks-permission')).toBeNull();
    expect(placeholders('output-mapping-invalid')).toBeNull();
  });
});

describe('what clients get', () => {
  it.each([
    ['waf-blocked', rest, '403'],
    ['resource-policy-denied', rest, '403'],
    ['throttled', http, '429'],
    ['api-not-deployed', http, '404'],
    ['integration-timeout', rest, '504'],
    ['lambda-malformed-response', rest, '502'],
    ['lambda-function-error', rest, '502'],
  ] as const)('%s says its status', (id, target, status) => {
    expect(causeRecord(id).summary({}, target)).toContain(`clients get as ${status}`);
  });

  it('is not mentioned where it is 500', () => {
    expect(causeRecord('lambda-function-error').summary({}, http)).not.toContain('clients get');
    expect(causeRecord('lambda-invoke-permission-missing').summary({}, rest)).not.toContain('clients get');
  });

  it('names both where the API type is not known', () => {
    expect(causeRecord('lambda-function-error').summary({}, null)).toContain('502 (500 from an HTTP API)');
  });
});

describe('permissions', () => {
  it('name the route in the source ARN and the alias as qualifier', () => {
    const [words = []] = shellWords([line('lambda-invoke-permission-missing')]);
    const option = (name: string) => words[words.indexOf(name) + 1];
    expect(words.slice(0, 3)).toEqual(['aws', 'lambda', 'add-permission']);
    expect(option('--source-arn')).toBe('arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/prod/GET/orders/*');
    expect(option('--qualifier')).toBe('live');
    expect(option('--function-name')).toBe('orders-fn');
    expect(option('--principal')).toBe('apigateway.amazonaws.com');
    expect(option('--statement-id')).toMatch(/^[A-Za-z0-9_-]{1,100}$/);
  });

  it.each([
    ['ANY /{proxy+}', rest, 'a1b2c3d4e5/prod/*/*'],
    ['GET /', rest, 'a1b2c3d4e5/prod/GET/'],
    ['$connect', webSocket, 'a1b2c3d4e5/prod/$connect'],
    ['$default', http, 'a1b2c3d4e5/$default/$default'],
    ['GET /orders', http, 'a1b2c3d4e5/$default/GET/orders'],
  ])('fit route %s', (route, target, suffix) => {
    const [words = []] = shellWords([line('lambda-invoke-permission-missing', { functionName: 'f', route }, target)]);
    expect(words[words.indexOf('--source-arn') + 1]).toBe(`arn:aws:execute-api:eu-west-1:111122223333:${suffix}`);
  });

  it('cover the stage where several routes fail', () => {
    const parameters = { functionName: 'f', routes: ['GET /a', 'GET /b'] };
    expect(line('lambda-invoke-permission-missing', parameters)).toContain('a1b2c3d4e5/prod/*');
  });

  it('of authorizers name no stage', () => {
    const parameters = { functionName: 'auth-fn', authorizerId: 'au7h0r' };
    expect(line('authorizer-invoke-permission-missing', parameters)).toContain('a1b2c3d4e5/authorizers/au7h0r');
  });

  it('use the partition of the Region and the ARN of a function in another account', () => {
    const china = { ...rest, region: 'cn-north-1' };
    expect(line('lambda-invoke-permission-missing', { functionName: 'f', route: 'GET /a' }, china)).toContain(
      'arn:aws-cn:execute-api:cn-north-1',
    );
    const gov = { ...rest, region: 'us-gov-west-1' };
    expect(line('waf-blocked', {}, gov)).toContain('arn:aws-us-gov:apigateway:us-gov-west-1::/restapis');
    const functionArn = 'arn:aws:lambda:eu-west-1:444455556666:function:shared';
    const [words = []] = shellWords([
      line('lambda-invoke-permission-missing', { functionName: 'shared', functionArn }),
    ]);
    expect(words[words.indexOf('--function-name') + 1]).toBe(functionArn);
  });

  it('are given where the function is, which may be another Region', () => {
    const functionArn = 'arn:aws:lambda:us-east-1:111122223333:function:far';
    expect(line('lambda-invoke-permission-missing', { functionArn })).toMatch(/--region us-east-1$/);
  });
});

describe('remedies', () => {
  const configuration: CauseId[] = [
    'lambda-integration-method-not-post',
    'integration-timeout',
    'endpoint-address-invalid',
    'request-mapping-failed',
    'response-mapping-failed',
    'output-mapping-invalid',
    'no-integration-response-match',
    'mock-statuscode-invalid',
    'mapping-status-override',
    'resource-policy-denied',
    'gateway-response-override',
  ];

  it.each(configuration)('of %s say that a REST API must be deployed', id => {
    expect(causeRecord(id).remedy({}, rest)).toContain(
      'aws apigateway create-deployment --rest-api-id a1b2c3d4e5 --stage-name prod --region eu-west-1',
    );
  });

  it('of what acts at once do not', () => {
    for (const id of ['lambda-invoke-permission-missing', 'lambda-timeout', 'stage-variable-undefined'] as const) {
      expect(causeRecord(id).remedy({}, rest)).not.toContain('create-deployment');
    }
  });

  it('of a switched-off function take its reserved concurrency away', () => {
    expect(line('lambda-throttled', { functionName: 'f', reservedConcurrency: 0 })).toContain(
      'lambda delete-function-concurrency --function-name f',
    );
    expect(line('lambda-throttled', { functionName: 'f', reservedConcurrency: 5 })).toContain(
      '--reserved-concurrent-executions 10',
    );
  });

  it('of a function timeout stay below the timeout of the integration', () => {
    expect(line('lambda-timeout', { functionName: 'f', functionTimeoutSeconds: 3 })).toContain('--timeout 6 ');
    expect(line('lambda-timeout', { functionName: 'f', functionTimeoutSeconds: 20 })).toContain('--timeout 28 ');
    expect(line('lambda-timeout', { functionName: 'f', functionTimeoutSeconds: 3, timeoutMs: 5000 })).toContain(
      '--timeout 4 ',
    );
  });

  it('of a timeout raise it only where it is below what is allowed', () => {
    expect(line('integration-timeout', { ...known, timeoutMs: 3000 })).toContain('/timeoutInMillis","value":"29000"');
    expect(line('integration-timeout', { ...known, timeoutMs: 3000 }, http)).toContain('--timeout-in-millis 30000');
    expect(causeRecord('integration-timeout').cli({ ...known, timeoutMs: 29_000 }, rest)).toBeNull();
  });

  it('roll an alias back, and upload where there is none', () => {
    expect(line('lambda-init-error')).toContain('update-alias --function-name orders-fn --name live');
    expect(line('lambda-init-error', { functionName: 'f', qualifier: '7' })).toContain('update-function-code');
  });
});
