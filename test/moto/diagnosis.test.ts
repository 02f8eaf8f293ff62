import {
  CreateAuthorizerCommand,
  CreateBasePathMappingCommand,
  CreateDeploymentCommand,
  CreateDomainNameCommand,
  CreateResourceCommand,
  CreateRestApiCommand,
  CreateStageCommand,
  PutIntegrationCommand,
  PutMethodCommand,
  UpdateAccountCommand,
  UpdateStageCommand,
} from '@aws-sdk/client-api-gateway';
import {
  CreateApiCommand,
  CreateIntegrationCommand,
  CreateRouteCommand,
  CreateStageCommand as CreateV2StageCommand,
} from '@aws-sdk/client-apigatewayv2';
import { PutMetricAlarmCommand } from '@aws-sdk/client-cloudwatch';
import { AssociateWebACLCommand, CreateWebACLCommand } from '@aws-sdk/client-wafv2';
import { beforeAll, describe, expect, test } from 'vitest';
import { accessTo, accountId, arn, buildersIn, present } from './aws.ts';
import { diagnosisOver, expectHonest } from './diagnosing.ts';
import { allowInvoke, createFunction, createRole, invocationUri } from './functions.ts';
import { countRequests, logRequests, requestTimes } from './traffic.ts';

const region = 'us-east-2';
const aws = buildersIn(region);
const { locate, diagnose } = diagnosisOver(accessTo(region));

/** Every diagnosis asks for these, and moto has none of them. */
const always = ['cloudtrail:LookupEvents', 'health:DescribeEvents'];

interface RestWorld {
  /** Whether API Gateway may invoke the function. */
  allowed: boolean;
  failing: boolean;
  logging: boolean;
  guarded: boolean;
}

/** A REST API with one method that a function serves, and a minute-by-minute history of requests. Its id. */
async function restApi(name: string, { allowed, failing, logging, guarded }: RestWorld): Promise<string> {
  const { rest, waf } = aws;
  const functionArn = await createFunction(aws, name, await createRole(aws, `${name}-execution`));
  const api = await rest.send(new CreateRestApiCommand({ name, endpointConfiguration: { types: ['REGIONAL'] } }));
  const restApiId = present(api.id);
  const { id: resourceId } = await rest.send(
    new CreateResourceCommand({ restApiId, parentId: present(api.rootResourceId), pathPart: 'checkout' }),
  );
  const method = { restApiId, resourceId: present(resourceId), httpMethod: 'GET' };
  const uri = invocationUri(region, functionArn);
  const authorizer = guarded
    ? await rest.send(
        new CreateAuthorizerCommand({
          restApiId,
          name: 'tokens',
          type: 'TOKEN',
          authorizerUri: uri,
          identitySource: 'method.request.header.Authorization',
        }),
      )
    : null;
  await rest.send(
    new PutMethodCommand({
      ...method,
      ...(authorizer === null
        ? { authorizationType: 'NONE' }
        : { authorizationType: 'CUSTOM', authorizerId: present(authorizer.id) }),
    }),
  );
  await rest.send(new PutIntegrationCommand({ ...method, type: 'AWS_PROXY', integrationHttpMethod: 'POST', uri }));
  if (allowed) await allowInvoke(aws, name, 'apigateway', arn('execute-api', region, `${restApiId}/*`));
  const { id: deploymentId } = await rest.send(new CreateDeploymentCommand({ restApiId }));
  await rest.send(new CreateStageCommand({ restApiId, stageName: 'prod', deploymentId: present(deploymentId) }));
  await rest.send(new CreateStageCommand({ restApiId, stageName: 'test', deploymentId: present(deploymentId) }));

  const counts = { Count: 1, '5XXError': failing ? 1 : 0, '4XXError': 0 };
  await countRequests(aws, { dimensions: { ApiName: name, Stage: 'prod' }, counts });
  if (!logging) return restApiId;
  await rest.send(
    new UpdateStageCommand({
      restApiId,
      stageName: 'prod',
      patchOperations: [{ op: 'replace', path: '/*/*/logging/loglevel', value: 'INFO' }],
    }),
  );
  await logRequests(aws, `API-Gateway-Execution-Logs_${restApiId}/prod`, request => {
    const id = `4f0f9d1c-1111-4222-8333-${String(request).padStart(12, '0')}`;
    return [
      `(${id}) HTTP Method: GET, Resource Path: /checkout`,
      ...(failing
        ? [`(${id}) Execution failed due to configuration error: Invalid permissions on Lambda function`]
        : []),
      `(${id}) Method completed with status: ${failing ? 500 : 200}`,
    ];
  });
  const acl = await waf.send(
    new CreateWebACLCommand({
      Name: name,
      Scope: 'REGIONAL',
      DefaultAction: { Allow: {} },
      VisibilityConfig: { SampledRequestsEnabled: true, CloudWatchMetricsEnabled: true, MetricName: name },
      Rules: [],
    }),
  );
  const ResourceArn = `arn:aws:apigateway:${region}::/restapis/${restApiId}/stages/prod`;
  await waf.send(new AssociateWebACLCommand({ WebACLArn: present(acl.Summary?.ARN), ResourceArn }));
  return restApiId;
}

interface V2World {
  type: 'HTTP' | 'WEBSOCKET';
  allowed: boolean;
  failing: boolean;
  autoDeploy: boolean;
  /** The role that API Gateway assumes to call the function; without it, the function's policy decides. */
  credentials?: string;
}

/** An HTTP or WebSocket API with one route that a function serves, and an access log. Its id. */
async function v2Api(name: string, { type, allowed, failing, autoDeploy, credentials }: V2World): Promise<string> {
  const functionArn = await createFunction(aws, name, await createRole(aws, `${name}-execution`));
  const socket = type === 'WEBSOCKET';
  const selection = socket ? { RouteSelectionExpression: '$request.body.action' } : {};
  const api = await aws.v2.send(new CreateApiCommand({ Name: name, ProtocolType: type, ...selection }));
  const ApiId = present(api.ApiId);
  const { IntegrationId } = await aws.v2.send(
    new CreateIntegrationCommand({
      ApiId,
      IntegrationType: 'AWS_PROXY',
      IntegrationUri: invocationUri(region, functionArn),
      PayloadFormatVersion: socket ? '1.0' : '2.0',
      ...(credentials !== undefined && { CredentialsArn: credentials }),
    }),
  );
  const routeKey = socket ? '$connect' : 'GET /checkout';
  await aws.v2.send(new CreateRouteCommand({ ApiId, RouteKey: routeKey, Target: `integrations/${IntegrationId}` }));
  if (allowed) await allowInvoke(aws, name, 'apigateway', arn('execute-api', region, `${ApiId}/*`));
  await aws.v2.send(
    new CreateV2StageCommand({
      ApiId,
      StageName: 'prod',
      AutoDeploy: autoDeploy,
      AccessLogSettings: {
        DestinationArn: arn('logs', region, `log-group:/access/${name}`),
        Format: JSON.stringify({
          requestId: '$context.requestId',
          routeKey: '$context.routeKey',
          status: '$context.status',
          message: '$context.integrationErrorMessage',
        }),
      },
    }),
  );
  const errors = failing ? 1 : 0;
  const counts = socket
    ? { ConnectCount: 1, ExecutionError: errors, IntegrationError: 0 }
    : { Count: 1, '5xx': errors, '4xx': 0 };
  await countRequests(aws, { dimensions: { ApiId, Stage: 'prod' }, counts });
  // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-lambda.html
  const refused =
    "The IAM role configured on the integration or API Gateway doesn't have permissions to call the integration. Check the permissions and try again.";
  await logRequests(aws, `/access/${name}`, request => [
    JSON.stringify({
      requestId: `Q${String(request).padStart(3, '0')}abcdefghij=`,
      routeKey,
      status: failing ? '500' : '200',
      message: failing ? refused : '-',
    }),
  ]);
  return ApiId;
}

beforeAll(async () => {
  const role = await createRole(aws, 'diagnosis-gateway', 'apigateway.amazonaws.com');
  const patchOperations = [{ op: 'replace' as const, path: '/cloudwatchRoleArn', value: role }];
  await aws.rest.send(new UpdateAccountCommand({ patchOperations }));
});

const onset = new Date(Math.floor(present(requestTimes[0]) / 60_000) * 60_000).toISOString();

describe('a REST API', () => {
  const missing = [...always, 'apigateway:GetExport'];
  let refusedId = '';

  beforeAll(async () => {
    refusedId = await restApi('refused', { allowed: false, failing: true, logging: true, guarded: false });
    await restApi('healthy', { allowed: true, failing: false, logging: true, guarded: false });
    await restApi('silent', { allowed: true, failing: true, logging: false, guarded: true });
    await aws.cloudWatch.send(
      new PutMetricAlarmCommand({
        AlarmName: 'refused 5xx',
        Namespace: 'AWS/ApiGateway',
        MetricName: '5XXError',
        Dimensions: [
          { Name: 'ApiName', Value: 'refused' },
          { Name: 'Stage', Value: 'prod' },
        ],
        Statistic: 'Sum',
        Period: 60,
        EvaluationPeriods: 1,
        Threshold: 0,
        ComparisonOperator: 'GreaterThanThreshold',
      }),
    );
    const domainName = 'refused.example.com';
    await aws.rest.send(
      new CreateDomainNameCommand({ domainName, regionalCertificateArn: arn('acm', region, 'certificate/1') }),
    );
    await aws.rest.send(
      new CreateBasePathMappingCommand({ domainName, basePath: 'v1', restApiId: refusedId, stage: 'prod' }),
    );
  });

  test('is found by name, id, URL, alarm and domain, and the stage by its errors', async () => {
    const target = { accountId, region, apiId: refusedId, apiName: 'refused', apiType: 'REST', stage: 'prod' };
    const ways = [
      'refused',
      refusedId,
      `https://${refusedId}.execute-api.${region}.amazonaws.com/prod/checkout`,
      `arn:aws:apigateway:${region}::/restapis/${refusedId}/stages/prod`,
      'alarm:refused 5xx',
      'https://refused.example.com/v1/checkout',
    ];

    for (const way of ways) expect(await locate(way), way).toMatchObject({ kind: 'found', target });
    expect(await locate('healthy')).toMatchObject({ kind: 'ambiguous', candidates: [{ stages: ['prod', 'test'] }] });
    expect(await locate('refusal')).toMatchObject({ kind: 'not_found', candidates: [{ apiName: 'refused' }] });
  });

  test('is told why it fails, and what could not be read', async () => {
    const record = await diagnose('refused');
    const { report } = record;

    expectHonest(record, { missing: [...missing, 'wafv2:GetSampledRequests'], problems: ['api-logs'] });
    expect(report.verdict).toMatchObject({ status: 'cause_found', pattern: 'constant' });
    expect(report.verdict.causes).toMatchObject([
      { id: 'lambda-invoke-permission-missing', confidence: 'high', errorShare: 1 },
    ]);
    expect(report.window).toMatchObject({ onset, extendedTo: null });
    expect(report.impact).toMatchObject({
      requests: 12,
      errors: 12,
      routes: [{ method: 'GET', path: '/checkout', errors: 12 }],
    });
    expect(report.changes).toMatchObject([{ event: 'Deployment', who: null }]);
  });

  test('that is healthy is not accused', async () => {
    const record = await diagnose('healthy', 'prod');
    const { report, findings } = record;

    expectHonest(record, { missing: [...missing, 'wafv2:GetSampledRequests'], problems: [] });
    expect(report.verdict).toMatchObject({ status: 'no_errors', causes: [], pattern: 'none' });
    expect(report.impact).toMatchObject({ requests: 12, errors: 0 });
    expect(findings.flatMap(finding => finding.claims)).toEqual([]);
    expect(report.steps.find(step => step.id === 'api-logs')?.status).toBe('ok');
    // What the stage runs, and what WAF blocked, could not be read: neither is cleared.
    const cleared = report.verdict.ruledOut.map(one => one.id);
    expect(cleared).toContain('api-not-deployed');
    expect(cleared).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(waf-|resource-policy-|gateway-response-|integration-timeout)/)]),
    );
  });

  test('whose errors nothing explains is looked at for longer, and no cause is made up', async () => {
    const record = await diagnose('silent', 'prod');
    const { report } = record;

    expectHonest(record, { missing, problems: [] });
    expect(report.verdict).toMatchObject({ status: 'inconclusive', causes: [], pattern: 'constant' });
    expect(report.window).toMatchObject({ onset, extendedTo: expect.any(String) });
    expect(report.impact).toMatchObject({ requests: 12, errors: 12 });
    expect(report.verdict.gaps).toContainEqual(expect.objectContaining({ reason: 'logging_off' }));
    expect(report.extended.find(check => check.id === 'authorizers')?.status).toBe('unknown');
    expect(report.steps.find(step => step.id === 'waf')).toMatchObject({
      status: 'ok',
      summary: expect.stringContaining('No web ACL'),
    });
  });
});

describe('an HTTP API', () => {
  test('that deploys by itself is told why it fails, from its access log and its configuration', async () => {
    await v2Api('http-refused', { type: 'HTTP', allowed: false, failing: true, autoDeploy: true });

    const record = await diagnose('http-refused');

    expectHonest(record, { missing: always, problems: ['iam-and-lambda-permissions', 'api-logs'] });
    expect(record.report.verdict).toMatchObject({ status: 'cause_found', pattern: 'constant' });
    expect(record.report.verdict.causes).toMatchObject([
      { id: 'lambda-invoke-permission-missing', confidence: 'high', errorShare: 1 },
    ]);
    expect(record.report.window).toMatchObject({ onset });
  });

  test('that is healthy is not accused', async () => {
    await v2Api('http-healthy', { type: 'HTTP', allowed: true, failing: false, autoDeploy: true });

    const record = await diagnose('http-healthy');

    expectHonest(record, { missing: always, problems: [] });
    expect(record.report.verdict).toMatchObject({ status: 'no_errors', causes: [] });
    expect(record.findings.flatMap(finding => finding.claims)).toEqual([]);
  });

  test('that calls its function with a role is not cleared where the role cannot be simulated', async () => {
    const credentials = await createRole(aws, 'http-caller', 'apigateway.amazonaws.com');
    await v2Api('http-by-role', { type: 'HTTP', allowed: false, failing: false, autoDeploy: true, credentials });

    const record = await diagnose('http-by-role');

    expectHonest(record, { missing: [...always, 'iam:SimulatePrincipalPolicy'], problems: [] });
    const permissions = record.findings.find(finding => finding.id === 'iam-and-lambda-permissions');
    expect(permissions).toMatchObject({ status: 'unknown', claims: [] });
    expect(permissions?.ruledOut.map(one => one.id)).not.toContain('integration-role-lacks-permission');
  });

  // moto deploys no such API, so there is a stage without a deployment: AWS answers 404 there, as step 1 says.
  test('that is deployed by hand is judged by its logs where its export cannot be read', async () => {
    await v2Api('http-manual', { type: 'HTTP', allowed: false, failing: true, autoDeploy: false });

    const record = await diagnose('http-manual');

    const problems = ['api-and-service-health', 'api-logs'];
    expectHonest(record, { missing: [...always, 'apigateway:GetDeployments', 'apigateway:ExportApi'], problems });
    expect(record.report.verdict.causes).toMatchObject([{ id: 'lambda-invoke-permission-missing' }]);
  });
});

test('a WebSocket API is told why it fails', async () => {
  await v2Api('socket', { type: 'WEBSOCKET', allowed: false, failing: true, autoDeploy: true });

  const record = await diagnose('socket');

  const problems = ['iam-and-lambda-permissions', 'api-logs'];
  expectHonest(record, { missing: always, problems });
  expect(record.report.target).toMatchObject({ apiType: 'WEBSOCKET', stage: 'prod' });
  expect(record.report.verdict.causes).toMatchObject([{ id: 'lambda-invoke-permission-missing', errorShare: 1 }]);
});
