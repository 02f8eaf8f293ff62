import { describe, expect, test } from 'vitest';
import type { FunctionConfiguration } from '../../../src/aws/types.ts';
import type { UnreadError } from '../../../src/aws/unread.ts';
import { lambdaReference } from '../../../src/diagnosis/backends.ts';
import type { Deployed, FunctionFacts } from '../../../src/diagnosis/signals.ts';
import { iamAndLambdaPermissions } from '../../../src/diagnosis/steps/iam-and-lambda-permissions.ts';
import type { Run } from '../../../src/diagnosis/types.ts';
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
} from './fixtures.ts';
import { traffic } from './readings.ts';

const executionRole = 'arn:aws:iam::123456789012:role/service-role/orders-role';
const apigwRole = 'arn:aws:iam::123456789012:role/apigw-invoke';
const apiArn = 'arn:aws:execute-api:eu-west-1:123456789012:a1b2c3';

function allowing(sourceArn: string | null, over: Record<string, unknown> = {}) {
  const statement = {
    Sid: 'apigw',
    Effect: 'Allow',
    Principal: { Service: 'apigateway.amazonaws.com' },
    Action: 'lambda:InvokeFunction',
    Resource: functionArn,
    ...(sourceArn === null ? {} : { Condition: { ArnLike: { 'AWS:SourceArn': sourceArn } } }),
    ...over,
  };
  return { Policy: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }) };
}

function trusting(service: string) {
  const statement = { Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' };
  return encodeURIComponent(JSON.stringify({ Version: '2012-10-17', Statement: [statement] }));
}

const role = (Arn: string, service: string) => ({
  Role: {
    Path: '/',
    RoleName: Arn.split('/').at(-1),
    RoleId: 'AROA',
    Arn,
    CreateDate: new Date(0),
    AssumeRolePolicyDocument: trusting(service),
  },
});

const simulated = (EvalDecision: 'allowed' | 'explicitDeny' | 'implicitDeny', over: object = {}) => ({
  EvaluationResults: [
    {
      EvalActionName: 'lambda:InvokeFunction',
      EvalResourceName: functionArn,
      EvalDecision,
      MatchedStatements: [],
      ...over,
    },
  ],
});

type Answers = Parameters<typeof sending>[0];

/** Everything in order; a test changes one thing. */
const healthy: Answers = {
  'lambda:GetPolicy': () => allowing(`${apiArn}/*/*/*`),
  'iam:GetRole': ({ RoleName }) =>
    RoleName === 'apigw-invoke'
      ? role(apigwRole, 'apigateway.amazonaws.com')
      : role(executionRole, 'lambda.amazonaws.com'),
  'iam:SimulatePrincipalPolicy': ({ PolicySourceArn }) =>
    simulated(PolicySourceArn === apigwRole ? 'allowed' : 'implicitDeny'),
};

function functionFacts(over: Partial<FunctionFacts> = {}, arn = functionArn): FunctionFacts {
  const reference = lambdaReference(arn);
  if (reference === null) throw new Error(`${arn} is no function`);
  const configuration: FunctionConfiguration = {
    name: reference.name,
    arn,
    role: executionRole,
    timeoutSeconds: 3,
    memoryMb: 128,
    runtime: 'nodejs24.x',
    handler: 'index.handler',
    version: '$LATEST',
    state: 'Active',
    stateReason: null,
    stateReasonCode: null,
    lastUpdateStatus: 'Successful',
    lastUpdateReason: null,
    lastModifiedAt: null,
    kmsKeyArn: null,
    logGroup: '/aws/lambda/orders-fn',
    logFormat: 'Text',
    vpc: null,
  };
  return { reference, usedBy: 'integration', routes: [], configuration, ...over };
}

interface World {
  answers?: Answers;
  stage?: Deployed;
  functions?: FunctionFacts[] | UnreadError;
  failing?: Parameters<typeof failures>[0];
  overrides?: Partial<Run['overrides']>;
}

async function check({
  answers = {},
  stage = deployed(),
  functions = [functionFacts()],
  failing = [],
  overrides,
}: World = {}) {
  const { send, asked } = sending({ ...healthy, ...answers });
  const signals = signalsOf({
    deployed: stage,
    functions: functions instanceof Error ? functions : { items: functions, complete: true },
    failures: failures(failing),
    traffic: traffic(),
  });
  const none = { functionName: null, roleName: null, policyArn: null, logGroup: null };
  const finding = await runStep(
    iamAndLambdaPermissions,
    { signals, aws: awsOf(send), overrides: { ...none, ...overrides } },
    asked,
  );
  return { finding, asked: asked.map(one => one.operation), inputs: asked };
}

const withRole = (over = {}) =>
  deployed({ routes: [route('GET /orders', { integration: integration({ credentials: apigwRole, ...over }) })] });

describe('iam-and-lambda-permissions: the function’s own policy', () => {
  test('all in order is ok, within two calls, and says that the execution role needs no invoke right', async () => {
    const { finding, asked } = await check();
    expect(finding).toMatchObject({ number: 4, status: 'ok', claims: [], gaps: [] });
    expect(finding.summary).toBe('API Gateway may call orders-fn, and Lambda can assume orders-role.');
    expect(asked.toSorted()).toEqual(['iam:GetRole', 'lambda:GetPolicy']);
    expect(finding.ruledOut.map(one => one.id).toSorted()).toEqual([
      'lambda-execution-role-not-assumable',
      'lambda-function-missing',
      'lambda-invoke-permission-missing',
    ]);
    const texts = finding.evidence.filter(one => one.source === 'iam:GetRole').map(one => one.text);
    expect(texts).toContainEqual(expect.stringContaining('needs no lambda:InvokeFunction'));
  });

  test('no policy at all is a problem, with the line that shows it', async () => {
    const { finding } = await check({ answers: { 'lambda:GetPolicy': () => notFound('lambda:GetPolicy') } });
    expect(finding.status).toBe('problem');
    expect(finding.summary).toBe('Function orders-fn does not let API Gateway invoke it for GET /orders.');
    expect(finding.claims).toEqual([
      {
        cause: 'lambda-invoke-permission-missing',
        basis: 'configuration',
        requests: null,
        evidence: [expect.any(String)],
        parameters: {
          functionName: 'orders-fn',
          functionArn,
          route: 'GET /orders',
          routes: ['GET /orders'],
          action: 'lambda:InvokeFunction',
          resource: functionArn,
          sourceArn: `${apiArn}/prod/GET/orders`,
        },
      },
    ]);
    const decisive = finding.evidence.find(one => one.id === finding.claims[0]?.evidence[0]);
    expect(decisive).toMatchObject({
      source: 'lambda:GetPolicy',
      resource: functionArn,
      cli: 'aws lambda get-policy --function-name orders-fn --region eu-west-1',
      link: expect.stringContaining('/functions/orders-fn'),
    });
  });

  test('each route is compared: a statement for one leaves the other', async () => {
    const { finding } = await check({
      stage: deployed({ routes: [route('GET /orders'), route('POST /orders'), route('DELETE /orders/{id}')] }),
      answers: { 'lambda:GetPolicy': () => allowing(`${apiArn}/*/GET/orders`) },
    });
    expect(finding.summary).toContain('POST /orders and DELETE /orders/{id}');
    expect(finding.claims[0]?.parameters).toMatchObject({
      routes: ['POST /orders', 'DELETE /orders/{id}'],
      sourceArn: `${apiArn}/prod/*`,
    });
    const decisive = finding.evidence.find(one => one.id === finding.claims[0]?.evidence[0]);
    expect(decisive?.text).toContain('requires AWS:SourceArn ArnLike');
    expect(decisive?.excerpt).toContain(`${apiArn}/*/GET/orders`);
  });

  test('an alias is asked for its own policy', async () => {
    const alias = `${functionArn}:live`;
    const { finding, inputs } = await check({
      stage: deployed({ routes: [route('GET /orders', { integration: integration({ uri: lambdaUri(alias) }) })] }),
      functions: [functionFacts({}, alias)],
    });
    expect(inputs.find(one => one.operation === 'lambda:GetPolicy')?.input).toMatchObject({ Qualifier: 'live' });
    expect(finding.status).toBe('problem');
    expect(finding.claims[0]?.parameters).toMatchObject({ functionName: 'orders-fn', qualifier: 'live' });
  });

  test('a claim is limited to routes that fail, where the logs name them', async () => {
    const world = {
      stage: deployed({ routes: [route('GET /orders'), route('POST /orders')] }),
      answers: { 'lambda:GetPolicy': () => allowing(`${apiArn}/*/GET/orders`) },
    };
    const there = await check({ ...world, failing: [{ route: 'POST /orders' }] });
    expect(there.finding.claims[0]?.parameters.routes).toEqual(['POST /orders']);
    const elsewhere = await check({ ...world, failing: [{ route: 'GET /orders' }] });
    expect(elsewhere.finding).toMatchObject({ status: 'warning', claims: [] });
    expect(elsewhere.finding.summary).toContain('no failing request went there');
    const untold = await check({ ...world, failing: [{ route: 'GET /orders' }, { route: null }] });
    expect(untold.finding.status).toBe('problem');
  });

  test('a draft that stands in makes a warning, and a good draft proves nothing', async () => {
    const unread = { source: 'apigateway:GetExport', reason: 'throttled', permission: null, remedy: 'Wait.' } as const;
    const draft = deployed({ basis: 'draft', faithful: false, unread });
    const broken = await check({ stage: draft, answers: { 'lambda:GetPolicy': () => notFound('lambda:GetPolicy') } });
    expect(broken.finding).toMatchObject({ status: 'warning', claims: [], gaps: [unread] });
    expect((await check({ stage: draft })).finding).toMatchObject({ status: 'unknown', gaps: [unread], ruledOut: [] });
  });

  test('what a condition leaves open is unknown', async () => {
    const Condition = { StringEquals: { 'aws:SourceOrgID': 'o-1' } };
    const { finding } = await check({ answers: { 'lambda:GetPolicy': () => allowing(null, { Condition }) } });
    expect(finding.status).toBe('unknown');
    expect(finding.summary).toContain('depends on aws:SourceOrgID');
    expect(finding.ruledOut.map(one => one.id)).not.toContain('lambda-invoke-permission-missing');
  });

  test('a missing function is named as such, not as a missing permission', async () => {
    const gone = { answers: { 'lambda:GetPolicy': () => notFound('lambda:GetPolicy') } };
    const { finding } = await check({ ...gone, functions: [functionFacts({ configuration: null })] });
    expect(finding.claims.map(one => one.cause)).toEqual(['lambda-function-missing']);
    expect(finding.summary).toBe('Function orders-fn, called for GET /orders, does not exist.');
  });

  test('a function of another account whose policy is denied is unknown, with the gap', async () => {
    const foreign = 'arn:aws:lambda:eu-west-1:999999999999:function:shared-fn';
    const { finding, inputs } = await check({
      stage: deployed({ routes: [route('GET /orders', { integration: integration({ uri: lambdaUri(foreign) }) })] }),
      functions: denied('lambda:GetFunctionConfiguration'),
      answers: { 'lambda:GetPolicy': () => denied('lambda:GetPolicy') },
    });
    expect(finding.status).toBe('unknown');
    expect(finding.gaps.map(gap => gap.permission)).toEqual(['lambda:GetFunctionConfiguration', 'lambda:GetPolicy']);
    expect(inputs.find(one => one.operation === 'lambda:GetPolicy')?.input).toMatchObject({ FunctionName: foreign });
  });

  test('a function behind an undefined stage variable is unknown', async () => {
    const { finding } = await check({
      stage: deployed({
        routes: [
          route('GET /orders', {
            integration: integration({ uri: lambdaUri(`${functionArn}:\${stageVariables.alias}`) }),
          }),
        ],
      }),
      functions: [],
    });
    expect(finding.status).toBe('unknown');
    expect(finding.summary).toContain('stage variable alias is not defined on stage prod');
  });

  test('only the failing calls of a large API are read, and the cap is told', async () => {
    const named = (n: number) => `arn:aws:lambda:eu-west-1:123456789012:function:fn-${n}`;
    const routes = Array.from({ length: 30 }, (_, n) =>
      route(`GET /r${n}`, { integration: integration({ uri: lambdaUri(named(n)) }) }),
    );
    const { finding, inputs } = await check({
      stage: deployed({ routes }),
      functions: [],
      failing: [{ route: 'GET /r29' }],
      answers: { 'lambda:GetPolicy': ({ FunctionName }) => allowing(`${apiArn}/*/*/*`, { Resource: FunctionName }) },
    });
    const read = inputs
      .filter(one => one.operation === 'lambda:GetPolicy')
      .map(one => (one.input as { FunctionName: string }).FunctionName);
    expect(read).toHaveLength(12);
    expect(read[0]).toBe(named(29));
    expect(finding.gaps).toMatchObject([{ reason: 'capped' }]);
    expect(finding.ruledOut).toEqual([]);
  });
});

describe('iam-and-lambda-permissions: roles', () => {
  test('an integration with a role needs no policy on the function', async () => {
    const { finding } = await check({
      stage: withRole(),
      answers: { 'lambda:GetPolicy': () => notFound('lambda:GetPolicy') },
    });
    expect(finding).toMatchObject({ status: 'ok', claims: [] });
    expect(finding.ruledOut.map(one => one.id)).toContain('integration-role-lacks-permission');
  });

  test('a role that does not trust API Gateway cannot be assumed', async () => {
    const { finding } = await check({
      stage: withRole(),
      answers: { 'iam:GetRole': () => role(apigwRole, 'lambda.amazonaws.com') },
    });
    expect(finding.status).toBe('problem');
    expect(finding.claims).toMatchObject([
      {
        cause: 'integration-role-not-assumable',
        basis: 'configuration',
        parameters: { roleArn: apigwRole, roleName: 'apigw-invoke' },
      },
    ]);
  });

  test('a role that is gone cannot be assumed', async () => {
    const { finding } = await check({
      stage: withRole(),
      answers: {
        'iam:GetRole': ({ RoleName }) =>
          RoleName === 'apigw-invoke' ? notFound('iam:GetRole') : role(executionRole, 'lambda.amazonaws.com'),
      },
    });
    expect(finding.claims.map(one => one.cause)).toEqual(['integration-role-not-assumable']);
    expect(finding.summary).toBe('Role apigw-invoke does not exist, so API Gateway cannot assume it for GET /orders.');
  });

  test('a role without the right is a problem, unless the function itself allows the role', async () => {
    const answers: Answers = { 'iam:SimulatePrincipalPolicy': () => simulated('implicitDeny') };
    const { finding } = await check({ stage: withRole(), answers });
    expect(finding.claims).toMatchObject([
      {
        cause: 'integration-role-lacks-permission',
        basis: 'configuration',
        parameters: { action: 'lambda:InvokeFunction', resource: functionArn },
      },
    ]);
    const granted = await check({
      stage: withRole(),
      answers: { ...answers, 'lambda:GetPolicy': () => allowing(null, { Principal: { AWS: apigwRole } }) },
    });
    expect(granted.finding.status).toBe('ok');
  });

  test('across accounts the role and the function must both allow the call', async () => {
    const shared = 'arn:aws:lambda:eu-west-1:999999999999:function:shared-fn';
    const stage = withRole({ uri: lambdaUri(shared) });
    const functions: FunctionFacts[] = [];
    const grant = allowing(null, { Principal: { AWS: apigwRole }, Resource: shared });
    const both = await check({ stage, functions, answers: { 'lambda:GetPolicy': () => grant } });
    expect(both.finding.status).toBe('ok');
    const onlyRole = await check({
      stage,
      functions,
      answers: { 'lambda:GetPolicy': () => notFound('lambda:GetPolicy') },
    });
    expect(onlyRole.finding.status).toBe('problem');
    expect(onlyRole.finding.summary).toContain(
      'Function shared-fn of account 999999999999 does not allow role apigw-invoke',
    );
    const untold = await check({ stage, functions, answers: { 'lambda:GetPolicy': () => denied('lambda:GetPolicy') } });
    expect(untold.finding).toMatchObject({ status: 'unknown', gaps: [{ permission: 'lambda:GetPolicy' }] });
  });

  test('what the simulator could not know is not held against the role', async () => {
    const { finding } = await check({
      stage: withRole(),
      answers: {
        'iam:SimulatePrincipalPolicy': () => simulated('implicitDeny', { MissingContextValues: ['aws:SourceVpc'] }),
      },
    });
    expect(finding.status).toBe('unknown');
    expect(finding.summary).toContain('it depends on aws:SourceVpc');
  });

  test('the callers’ own credentials cannot be judged', async () => {
    const { finding } = await check({ stage: withRole({ credentials: 'arn:aws:iam::*:user/*' }) });
    expect(finding.status).toBe('unknown');
    expect(finding.summary).toContain("callers' own credentials");
  });

  test('a service integration is simulated with the action and resource that it tells', async () => {
    const stage = withRole({
      type: 'AWS',
      uri: 'arn:aws:apigateway:eu-west-1:sqs:path/123456789012/orders',
      requestTemplates: { 'application/json': 'Action=SendMessage&MessageBody=$input.body' },
    });
    const answers: Answers = { 'iam:SimulatePrincipalPolicy': () => simulated('implicitDeny') };
    const { finding, inputs } = await check({ stage, functions: [], answers });
    expect(inputs.find(one => one.operation === 'iam:SimulatePrincipalPolicy')?.input).toMatchObject({
      ActionNames: ['sqs:SendMessage'],
      ResourceArns: ['arn:aws:sqs:eu-west-1:123456789012:orders'],
    });
    // The queue's own policy may still allow it.
    expect(finding).toMatchObject({
      status: 'warning',
      claims: [{ cause: 'integration-role-lacks-permission', basis: 'symptom' }],
    });
    const seen = await check({
      stage,
      functions: [],
      answers,
      failing: [{ route: 'GET /orders', cause: 'integration-role-lacks-permission' }],
    });
    expect(seen.finding.status).toBe('problem');
    const explicit = await check({
      stage,
      functions: [],
      answers: { 'iam:SimulatePrincipalPolicy': () => simulated('explicitDeny') },
    });
    expect(explicit.finding.claims[0]?.basis).toBe('configuration');
  });

  test('an execution role that Lambda cannot assume is a problem', async () => {
    const { finding } = await check({ answers: { 'iam:GetRole': () => notFound('iam:GetRole') } });
    expect(finding.claims).toMatchObject([
      {
        cause: 'lambda-execution-role-not-assumable',
        basis: 'configuration',
        parameters: { functionName: 'orders-fn', roleArn: executionRole, roleName: 'orders-role' },
      },
    ]);
    expect(finding.summary).toBe('Execution role orders-role of orders-fn does not exist.');
  });

  test('an execution role shared by functions is read once', async () => {
    const other = functionArn.replace('orders-fn', 'items-fn');
    const { asked } = await check({
      stage: deployed({
        routes: [route('GET /orders'), route('GET /items', { integration: integration({ uri: lambdaUri(other) }) })],
      }),
      functions: [functionFacts(), functionFacts({}, other)],
    });
    expect(asked.filter(one => one === 'iam:GetRole')).toHaveLength(1);
  });

  test('unreadable roles are unknown, and the function’s policy is judged all the same', async () => {
    const answers: Answers = { 'iam:GetRole': () => denied('iam:GetRole') };
    const { finding } = await check({ answers });
    expect(finding.status).toBe('unknown');
    expect(finding.gaps.map(gap => gap.permission)).toEqual(['iam:GetRole']);
    expect(finding.ruledOut.map(one => one.id)).toContain('lambda-invoke-permission-missing');
    const broken = await check({ answers: { ...answers, 'lambda:GetPolicy': () => notFound('lambda:GetPolicy') } });
    expect(broken.finding.status).toBe('problem');
    expect(broken.finding.gaps).toHaveLength(1);
  });

  test('a role of another account is not asked for here', async () => {
    const foreign = 'arn:aws:iam::999999999999:role/theirs';
    const { finding, asked } = await check({
      functions: [
        functionFacts({ configuration: { ...functionFacts().configuration, role: foreign } as FunctionConfiguration }),
      ],
    });
    expect(finding.status).toBe('unknown');
    expect(asked).toEqual(['lambda:GetPolicy']);
  });
});

describe('iam-and-lambda-permissions: authorizers', () => {
  const authorizerArn = functionArn.replace('orders-fn', 'auth-fn');
  function guarded(credentials: string | null = null): Deployed {
    const base = deployed({ routes: [route('GET /orders', { authorization: 'CUSTOM', authorizerId: 'tokens' })] });
    const authorizer = {
      id: 'tokens',
      name: 'tokens',
      type: 'TOKEN' as const,
      uri: lambdaUri(authorizerArn),
      credentials,
      resultTtlSeconds: 300,
      payloadFormatVersion: null,
      simpleResponses: false,
      issuer: null,
    };
    return { ...base, configuration: { ...base.configuration, authorizers: [authorizer] } };
  }
  const policies = (sourceArn: string): Answers => ({
    'apigateway:GetAuthorizers': () => ({ items: [{ id: 'au7', name: 'tokens', type: 'TOKEN' }] }),
    'lambda:GetPolicy': ({ FunctionName }) =>
      FunctionName === authorizerArn ? allowing(sourceArn, { Resource: authorizerArn }) : allowing(`${apiArn}/*`),
  });
  const functions = [functionFacts(), functionFacts({ usedBy: 'tokens' }, authorizerArn)];

  test('the permission names the authorizer’s id, which the export lacks', async () => {
    expect(
      (await check({ stage: guarded(), functions, answers: policies(`${apiArn}/authorizers/au7`) })).finding.status,
    ).toBe('ok');
    const { finding } = await check({ stage: guarded(), functions, answers: policies(`${apiArn}/authorizers/other`) });
    expect(finding.claims).toMatchObject([
      {
        cause: 'authorizer-invoke-permission-missing',
        parameters: {
          functionName: 'auth-fn',
          authorizerId: 'au7',
          sourceArn: `${apiArn}/authorizers/au7`,
          routes: ['GET /orders'],
        },
      },
    ]);
  });

  test('an id that could not be read leaves a policy for one authorizer open', async () => {
    const answers = {
      ...policies(`${apiArn}/authorizers/au7`),
      'apigateway:GetAuthorizers': () => denied('apigateway:GetAuthorizers'),
    };
    const { finding } = await check({ stage: guarded(), functions, answers });
    expect(finding.status).toBe('unknown');
    expect(finding.gaps.map(gap => gap.permission)).toEqual(['apigateway:GetAuthorizers']);
  });

  test('an authorizer’s role must be assumable', async () => {
    const answers: Answers = {
      ...policies(`${apiArn}/*`),
      'iam:GetRole': () => role(apigwRole, 'lambda.amazonaws.com'),
    };
    const { finding } = await check({ stage: guarded(apigwRole), functions, answers });
    expect(finding.claims.map(one => one.cause)).toEqual(['authorizer-role-not-assumable']);
  });
});

describe('iam-and-lambda-permissions: what is given by hand', () => {
  test('--function limits the calls to that function', async () => {
    const other = functionArn.replace('orders-fn', 'items-fn');
    const stage = deployed({
      routes: [route('GET /orders'), route('GET /items', { integration: integration({ uri: lambdaUri(other) }) })],
    });
    const { asked } = await check({ stage, overrides: { functionName: 'orders-fn:live' } });
    expect(asked.filter(one => one === 'lambda:GetPolicy')).toHaveLength(1);
    const unused = await check({ stage, overrides: { functionName: 'nobody' }, functions: [] });
    expect(unused.finding.summary).toBe('No route of stage prod calls function nobody.');
  });

  test('--role looks at that role, whatever uses it', async () => {
    const { finding, inputs } = await check({ overrides: { roleName: 'handmade' } });
    expect(inputs.filter(one => one.operation === 'iam:GetRole').map(one => one.input)).toMatchObject([
      { RoleName: 'handmade' },
    ]);
    expect(finding.status).toBe('ok');
    const gone = await check({
      overrides: { roleName: 'handmade' },
      answers: { 'iam:GetRole': () => notFound('iam:GetRole') },
    });
    expect(gone.finding).toMatchObject({
      status: 'warning',
      summary: 'Role handmade, given by hand, does not exist.',
      claims: [],
    });
    const foreign = await check({
      overrides: { roleName: 'handmade' },
      answers: { 'iam:GetRole': () => role(executionRole, 'ec2.amazonaws.com') },
    });
    expect(foreign.finding.summary).toContain('trusts neither lambda.amazonaws.com nor apigateway.amazonaws.com');
  });

  test('--role that is the execution role is judged as one', async () => {
    const { finding } = await check({
      overrides: { roleName: 'orders-role' },
      answers: { 'iam:GetRole': () => notFound('iam:GetRole') },
    });
    expect(finding.claims.map(one => one.cause)).toEqual(['lambda-execution-role-not-assumable']);
  });
});

describe('iam-and-lambda-permissions', () => {
  test('unreadable: without a configuration nothing can be asked', async () => {
    const { send } = sending({});
    const signals = signalsOf({
      deployed: denied('apigateway:GetExport'),
      functions: denied('apigateway:GetExport'),
      failures: failures(),
      traffic: traffic(),
    });
    const finding = await runStep(iamAndLambdaPermissions, { signals, aws: awsOf(send) });
    expect(finding).toMatchObject({ status: 'unknown', gaps: [{ permission: 'apigateway:GetExport' }] });
  });

  test('does not apply where nothing is called with a permission', async () => {
    const plain = integration({ type: 'HTTP_PROXY', uri: 'https://backend.example.com/' });
    const { finding } = await check({
      stage: deployed({ routes: [route('GET /orders', { integration: plain })] }),
      functions: [],
    });
    expect(finding.status).toBe('not_applicable');
    expect(finding.summary).toContain('API orders-api');
  });
});

describe('iam-and-lambda-permissions: what the function was refused', () => {
  const table = 'arn:aws:dynamodb:eu-west-1:123456789012:table/orders';
  const refused = (account = '123456789012') => [
    {
      route: 'GET /orders',
      decisive: {
        at: '2026-11-22T10:05:00.000Z',
        stream: 's',
        message: `User: arn:aws:sts::${account}:assumed-role/orders-role/orders-fn is not authorized to perform: dynamodb:PutItem on resource: ${table} because no identity-based policy allows it`,
      },
    },
  ];
  const answering = (decision: 'allowed' | 'implicitDeny'): Answers => ({
    'iam:SimulatePrincipalPolicy': ({ ActionNames }) =>
      simulated(ActionNames?.[0] === 'dynamodb:PutItem' ? decision : 'allowed'),
  });
  const lacks = 'lambda-execution-role-lacks-permission';

  test('is a problem where the role lacks that right', async () => {
    const { finding, inputs } = await check({ failing: refused(), answers: answering('implicitDeny') });
    expect(finding).toMatchObject({
      status: 'problem',
      summary: `Execution role orders-role of orders-fn does not allow dynamodb:PutItem on ${table}, as a failing request says.`,
      claims: [
        {
          cause: lacks,
          basis: 'configuration',
          parameters: { roleName: 'orders-role', action: 'dynamodb:PutItem', resource: table },
        },
      ],
    });
    expect(inputs.map(one => one.input)).toContainEqual(
      expect.objectContaining({
        PolicySourceArn: executionRole,
        ActionNames: ['dynamodb:PutItem'],
        ResourceArns: [table],
      }),
    );
  });

  test('is a warning without a claim where the role has the right now', async () => {
    const { finding } = await check({ failing: refused(), answers: answering('allowed') });
    expect(finding).toMatchObject({ status: 'warning', claims: [] });
  });

  test('is unknown with its gap where IAM cannot be asked', async () => {
    const { finding } = await check({
      failing: refused(),
      answers: { 'iam:SimulatePrincipalPolicy': () => denied('iam:SimulatePrincipalPolicy') },
    });
    expect(finding).toMatchObject({ status: 'unknown', gaps: [{ permission: 'iam:SimulatePrincipalPolicy' }] });
  });

  test('is not asked for a namesake of another account', async () => {
    const { finding, asked } = await check({ failing: refused('999999999999') });
    expect(finding.status).toBe('ok');
    expect(asked).not.toContain('iam:SimulatePrincipalPolicy');
  });
});
