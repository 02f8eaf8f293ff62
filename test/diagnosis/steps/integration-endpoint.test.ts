import { describe, expect, test } from 'vitest';
import type { Integration } from '../../../src/aws/types.ts';
import { integrationEndpoint } from '../../../src/diagnosis/steps/integration-endpoint.ts';
import {
  awsOf,
  denied,
  deployed,
  failures,
  functionArn,
  integration,
  lambdaUri,
  notFound,
  route,
  runStep,
  sending,
  signalsOf,
  target,
} from './fixtures.ts';
import { configuration, functionFacts, functions, line, traffic } from './readings.ts';

type Readings = NonNullable<Parameters<typeof signalsOf>[0]>;
type Answers = Parameters<typeof sending>[0];

const leadingTo = (over: Partial<Integration>, key = 'GET /orders') =>
  deployed({ routes: [route(key, { integration: integration(over) })] });

function run(over: Readings = {}, answers: Answers = {}, on: Partial<typeof target> = {}) {
  const { send, asked } = sending(answers);
  const signals = signalsOf({
    deployed: deployed(),
    functions: functions(),
    traffic: traffic(),
    failures: failures(),
    ...over,
  });
  const finding = runStep(integrationEndpoint, { aws: awsOf(send), target: { ...target, ...on }, signals }, asked);
  return finding.then(one => ({ ...one, asked: asked.map(({ operation }) => operation) }));
}

describe('integration-endpoint', () => {
  test('a function that is there and active is ok, and no limit is asked for', async () => {
    const finding = await run();
    expect(finding.status).toBe('ok');
    expect(finding.summary).toContain('leads to function orders-fn');
    expect(finding.ruledOut.map(one => one.id)).toEqual([
      'stage-variable-undefined',
      'lambda-integration-method-not-post',
      'lambda-function-missing',
      'lambda-not-ready',
      'lambda-throttled',
    ]);
    expect(finding.asked).toEqual([]);
  });

  test('a stage variable that the stage does not define', async () => {
    const uri = lambdaUri(functionArn.replace('orders-fn', `\${stageVariables.fn}`));
    const finding = await run({ deployed: leadingTo({ uri }) });
    expect(finding).toMatchObject({
      status: 'problem',
      claims: [
        {
          cause: 'stage-variable-undefined',
          basis: 'configuration',
          parameters: { variable: 'fn', route: 'GET /orders' },
        },
      ],
    });
    expect(finding.evidence[0]?.excerpt).toBe(uri);
    expect(finding.ruledOut.map(one => one.id)).not.toContain('stage-variable-undefined');
  });

  test('Lambda called with another method than POST, but for HTTP APIs', async () => {
    const get = { deployed: leadingTo({ httpMethod: 'GET' }) };
    expect(await run(get)).toMatchObject({
      status: 'problem',
      claims: [{ cause: 'lambda-integration-method-not-post', parameters: { functionName: 'orders-fn' } }],
    });
    expect(await run(get, {}, { apiType: 'HTTP' })).toMatchObject({ status: 'ok', claims: [] });
  });

  test('a function that is gone, or an alias', async () => {
    const reference = { ...functionFacts().reference, qualifier: 'live' };
    const finding = await run({ functions: functions(functionFacts({ reference, configuration: null })) });
    expect(finding).toMatchObject({
      status: 'problem',
      claims: [
        {
          cause: 'lambda-function-missing',
          basis: 'configuration',
          parameters: { functionName: 'orders-fn', qualifier: 'live', functionArn, route: 'GET /orders' },
        },
      ],
    });
    expect(finding.summary).toBe('Function orders-fn:live, which GET /orders leads to, does not exist.');
  });

  test('a function in a state that refuses, and why', async () => {
    const inState = (over: Parameters<typeof configuration>[0]) =>
      run({ functions: functions(functionFacts({ configuration: configuration(over) })) });
    expect(
      await inState({ state: 'Pending', stateReasonCode: 'Creating', stateReason: 'Being created.' }),
    ).toMatchObject({
      status: 'problem',
      claims: [{ cause: 'lambda-not-ready', parameters: { message: 'Being created.' } }],
    });
    expect(
      await inState({
        state: 'Failed',
        stateReasonCode: 'DisabledKMSKey',
        stateReason: 'Key is disabled.',
        kmsKeyArn: 'arn:aws:kms:eu-west-1:123456789012:key/1',
      }),
    ).toMatchObject({
      claims: [
        { cause: 'lambda-kms-access-denied', parameters: { kmsKeyArn: 'arn:aws:kms:eu-west-1:123456789012:key/1' } },
      ],
    });
    expect(await inState({ lastUpdateStatus: 'Failed', lastUpdateReason: 'The image is gone.' })).toMatchObject({
      status: 'warning',
      claims: [{ cause: 'lambda-not-ready', basis: 'symptom' }],
    });
  });

  test.each([
    ['http://10.0.3.7/orders', 'private'],
    ['http://backend/orders', 'public DNS'],
    ['ftp://example.com/', 'http://'],
    ['https://exa mple.com/', 'character'],
    ['https:///orders', 'no host'],
    ['https://[::1', 'valid address'],
    ['https://example.com:81/', 'port 81'],
  ])('the address %s cannot be called', async (uri, why) => {
    const finding = await run({
      deployed: leadingTo({ type: 'HTTP_PROXY', uri }),
      functions: { items: [], complete: true },
    });
    expect(finding).toMatchObject({ status: 'problem', claims: [{ cause: 'endpoint-address-invalid' }] });
    expect(finding.claims[0]?.parameters.endpoint).toBe(uri);
    expect(finding.summary).toContain(why);
  });

  test('a path parameter that nothing fills', async () => {
    const uri = 'https://example.com/{proxy}';
    const none = { functions: { items: [], complete: true } };
    const bare = await run({ ...none, deployed: leadingTo({ type: 'HTTP_PROXY', uri }, 'ANY /{proxy+}') });
    expect(bare).toMatchObject({
      status: 'problem',
      claims: [{ cause: 'endpoint-address-invalid', parameters: { variable: 'proxy', endpoint: uri } }],
    });
    const requestParameters = { 'integration.request.path.proxy': 'method.request.path.proxy' };
    const mapped = leadingTo({ type: 'HTTP_PROXY', uri, requestParameters }, 'ANY /{proxy+}');
    expect(await run({ ...none, deployed: mapped })).toMatchObject({ status: 'ok' });
  });

  test('a draft that stands in for the export proves nothing where it is in order', async () => {
    const unread = { source: 'apigateway:GetExport', reason: 'throttled', permission: null, remedy: 'Wait.' } as const;
    const draft = { ...leadingTo({}), basis: 'draft', faithful: false, unread } as const;
    const finding = await run({ deployed: draft });
    expect(finding).toMatchObject({ status: 'unknown', claims: [], gaps: [unread] });
    expect(finding.summary).toMatch(/could not be read; only where its draft leads could\.$/);
  });

  test('a fault in a draft, or where no failing request went, is a warning without a claim', async () => {
    const draft = { ...leadingTo({ httpMethod: 'GET' }), basis: 'draft', faithful: false } as const;
    expect(await run({ deployed: draft })).toMatchObject({ status: 'warning', claims: [] });
    const routes = [route('GET /orders', { integration: integration({ httpMethod: 'GET' }) }), route('GET /items')];
    const elsewhere = failures([{ route: 'GET /items' }]);
    expect(await run({ deployed: deployed({ routes }), failures: elsewhere })).toMatchObject({
      status: 'warning',
      claims: [],
    });
  });

  describe('throttling', () => {
    const limits = (ReservedConcurrentExecutions?: number): Answers => ({
      'lambda:GetFunctionConcurrency': () =>
        ReservedConcurrentExecutions === undefined ? {} : { ReservedConcurrentExecutions },
      'lambda:GetAccountSettings': () => ({
        AccountLimit: { ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: 900 },
      }),
    });
    const throttled = { traffic: traffic({ errors: 9, function: { throttles: 9 } }) };

    test('a reserved concurrency of 0 switches the function off', async () => {
      const finding = await run(throttled, limits(0));
      expect(finding).toMatchObject({
        status: 'problem',
        claims: [
          {
            cause: 'lambda-throttled',
            basis: 'configuration',
            parameters: { functionName: 'orders-fn', reservedConcurrency: 0 },
          },
        ],
      });
    });

    test('any other limit is a symptom, and the account is told where none is reserved', async () => {
      expect(await run(throttled, limits(5))).toMatchObject({
        status: 'warning',
        claims: [{ cause: 'lambda-throttled', basis: 'symptom', parameters: { reservedConcurrency: 5 } }],
      });
      const shared = await run(throttled, limits());
      expect(shared.claims[0]?.parameters.reservedConcurrency).toBeUndefined();
      expect(shared.evidence.some(one => one.text.includes('shares the 900'))).toBe(true);
      expect(shared.ruledOut.map(one => one.id)).not.toContain('lambda-throttled');
    });

    test('is asked for where nothing explains the errors, and only then', async () => {
      const errors = { traffic: traffic({ errors: 9 }) };
      expect((await run(errors, limits(0))).asked).toEqual(['lambda:GetFunctionConcurrency']);
      const explained = failures([{ cause: 'lambda-malformed-response', functionArn }]);
      expect((await run({ ...errors, failures: explained }, {})).asked).toEqual([]);
      const logged = failures([{ cause: 'lambda-throttled', functionArn, decisive: line('status: 429') }]);
      const finding = await run({ ...errors, failures: logged }, limits(5));
      expect(finding).toMatchObject({ status: 'problem', claims: [{ parameters: { reservedConcurrency: 5 } }] });
    });

    test('limits that cannot be read are unknown', async () => {
      const finding = await run(throttled, {
        ...limits(),
        'lambda:GetFunctionConcurrency': () => denied('lambda:GetFunctionConcurrency'),
      });
      expect(finding).toMatchObject({
        status: 'unknown',
        gaps: [{ permission: 'lambda:GetFunctionConcurrency' }],
      });
    });
  });

  describe('VPC links', () => {
    const balancer = 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/net/orders-nlb/1';
    const group = 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/orders/1';
    const overLink = {
      functions: { items: [], complete: true },
      deployed: leadingTo({
        type: 'HTTP_PROXY',
        uri: 'http://orders.internal/',
        connectionType: 'VPC_LINK',
        connectionId: 'vl1',
      }),
    };
    const answers = (status: 'AVAILABLE' | 'FAILED', ...states: ('healthy' | 'unhealthy')[]): Answers => ({
      'apigateway:GetVpcLink': () => ({ id: 'vl1', status, statusMessage: 'as it is', targetArns: [balancer] }),
      'elasticloadbalancing:DescribeTargetGroups': () => ({ TargetGroups: [{ TargetGroupArn: group }] }),
      'elasticloadbalancing:DescribeTargetHealth': () => ({
        TargetHealthDescriptions: states.map((State, at) => ({
          Target: { Id: `i-${at}`, Port: 80 },
          TargetHealth: { State, Reason: 'Target.Timeout', Description: 'Request timed out' },
        })),
      }),
    });

    test('healthy targets behind an available link are ok', async () => {
      const finding = await run(overLink, answers('AVAILABLE', 'healthy', 'healthy'));
      expect(finding.status).toBe('ok');
      expect(finding.ruledOut.map(one => one.id)).toEqual(
        expect.arrayContaining(['vpc-link-unavailable', 'vpc-link-targets-unhealthy']),
      );
    });

    test('a link that is not available, or is gone', async () => {
      expect(await run(overLink, answers('FAILED', 'healthy'))).toMatchObject({
        status: 'problem',
        claims: [{ cause: 'vpc-link-unavailable', parameters: { vpcLinkId: 'vl1', message: 'as it is' } }],
      });
      const gone = await run(overLink, {
        'apigateway:GetVpcLink': () => notFound('apigateway:GetVpcLink'),
        'apigatewayv2:GetVpcLink': () => notFound('apigateway:GetVpcLink'),
      });
      expect(gone.summary).toBe('VPC link vl1, behind GET /orders, does not exist.');
    });

    test('no healthy target must fail; one of two may', async () => {
      expect(await run(overLink, answers('AVAILABLE', 'unhealthy', 'unhealthy'))).toMatchObject({
        status: 'problem',
        claims: [
          {
            cause: 'vpc-link-targets-unhealthy',
            basis: 'configuration',
            parameters: { vpcLinkId: 'vl1', targetGroupArn: group, message: 'Request timed out' },
          },
        ],
      });
      expect(await run(overLink, answers('AVAILABLE', 'healthy', 'unhealthy'))).toMatchObject({
        status: 'warning',
        claims: [{ basis: 'symptom' }],
      });
      expect(await run(overLink, answers('AVAILABLE'))).toMatchObject({
        status: 'problem',
        claims: [{ cause: 'vpc-link-targets-unhealthy' }],
      });
    });

    test('an unreadable link, or unreadable targets, are unknown', async () => {
      const link = await run(overLink, { 'apigateway:GetVpcLink': () => denied('apigateway:GetVpcLink') });
      expect(link).toMatchObject({ status: 'unknown', gaps: [{ source: 'apigateway:GetVpcLink' }] });
      const targets = await run(overLink, {
        ...answers('AVAILABLE'),
        'elasticloadbalancing:DescribeTargetHealth': () => denied('elasticloadbalancing:DescribeTargetHealth'),
      });
      expect(targets).toMatchObject({
        status: 'unknown',
        gaps: [{ permission: 'elasticloadbalancing:DescribeTargetHealth' }],
      });
    });

    test('an HTTP API names the listener in the integration', async () => {
      const listener = 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/orders-alb/1/2';
      const { 'apigateway:GetVpcLink': _, ...rest } = answers('AVAILABLE', 'unhealthy');
      const finding = await run(
        {
          ...overLink,
          deployed: leadingTo({ type: 'HTTP_PROXY', uri: listener, connectionType: 'VPC_LINK', connectionId: 'vl2' }),
        },
        {
          ...rest,
          'apigatewayv2:GetVpcLink': () => ({
            VpcLinkId: 'vl2',
            VpcLinkStatus: 'AVAILABLE',
            SubnetIds: [],
            SecurityGroupIds: [],
            Name: 'l',
          }),
          'elasticloadbalancing:DescribeListeners': () => ({
            Listeners: [{ DefaultActions: [{ Type: 'forward', TargetGroupArn: group }] }],
          }),
        },
        { apiType: 'HTTP' },
      );
      expect(finding).toMatchObject({ status: 'problem', claims: [{ cause: 'vpc-link-targets-unhealthy' }] });
      expect(finding.summary).toContain('load balancer orders-alb');
    });
  });

  test('unreadable integrations or functions are unknown', async () => {
    expect(await run({ deployed: denied('apigateway:GetExport') })).toMatchObject({
      status: 'unknown',
      gaps: [{ source: 'apigateway:GetExport' }],
    });
    const finding = await run({ functions: denied('lambda:GetFunctionConfiguration') });
    expect(finding).toMatchObject({ status: 'unknown', gaps: [{ permission: 'lambda:GetFunctionConfiguration' }] });
    expect(finding.ruledOut.map(one => one.id)).not.toContain('lambda-function-missing');
  });

  test('an API without integrations leads nowhere', async () => {
    expect(await run({ deployed: deployed({ routes: [] }), functions: { items: [], complete: true } })).toMatchObject({
      status: 'warning',
    });
  });
});
