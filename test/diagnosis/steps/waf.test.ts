import { describe, expect, test } from 'vitest';
import type { Stage } from '../../../src/aws/types.ts';
import type { Signals } from '../../../src/diagnosis/signals.ts';
import { waf } from '../../../src/diagnosis/steps/waf.ts';
import { awsOf, denied, deployed, failures, notFound, runStep, sending, signalsOf, target } from './fixtures.ts';

const arn = 'arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/edge-acl/1111-2222';
const logGroupArn = 'arn:aws:logs:eu-west-1:123456789012:log-group:aws-waf-logs-edge';

function stage(webAclArn: string | null = arn): Stage {
  return {
    name: 'prod',
    deploymentId: 'd1',
    createdAt: null,
    lastUpdatedAt: null,
    variables: {},
    logging: { level: 'ERROR', dataTrace: false, detailedMetrics: false },
    routeLogging: {},
    accessLogs: null,
    canary: null,
    webAclArn,
    autoDeploy: false,
    lastDeploymentMessage: null,
    tracing: false,
  };
}

const signals = (over: Partial<{ [N in keyof Signals]: Awaited<ReturnType<Signals[N]>> }> = {}) =>
  signalsOf({ stage: stage(), deployed: deployed(), failures: failures(), ...over });

const acl = (responseCode?: number) => ({
  WebACL: {
    ARN: arn,
    Name: 'edge-acl',
    Id: '1111-2222',
    DefaultAction: { Allow: {} },
    VisibilityConfig: { SampledRequestsEnabled: true, CloudWatchMetricsEnabled: true, MetricName: 'edge' },
    Rules: [
      {
        Name: 'bad-inputs',
        Priority: 0,
        Statement: {},
        Action: { Block: responseCode === undefined ? {} : { CustomResponse: { ResponseCode: responseCode } } },
        VisibilityConfig: { SampledRequestsEnabled: true, CloudWatchMetricsEnabled: true, MetricName: 'badInputs' },
      },
    ],
  },
});

const logging = (destination = logGroupArn) => ({
  LoggingConfiguration: { ResourceArn: arn, LogDestinationConfigs: [destination] },
});

function line(over: Record<string, unknown> = {}) {
  return {
    timestamp: Date.parse('2026-11-22T10:04:00Z'),
    message: JSON.stringify({
      timestamp: Date.parse('2026-11-22T10:04:00Z'),
      action: 'BLOCK',
      terminatingRuleId: 'bad-inputs',
      httpSourceId: '123456789012:a1b2c3:prod',
      httpRequest: { clientIp: '192.0.2.7', country: 'DE', uri: '/orders', httpMethod: 'GET', requestId: 'Ed0=' },
      ...over,
    }),
  };
}

const sample = (Action: string, over: object = {}) => ({
  Request: { ClientIP: '192.0.2.7', URI: '/orders', Method: 'GET' },
  Weight: 1,
  Timestamp: new Date('2026-11-22T10:04:00Z'),
  Action,
  ...over,
});

const absent = () => notFound('wafv2:GetLoggingConfiguration');

describe('waf', () => {
  test('failing requests for which WAF could not be asked are a problem, with or without a web ACL now', async () => {
    const failing = failures([{ cause: 'waf-evaluation-error' }, { cause: 'waf-evaluation-error' }, { cause: null }]);
    const { send } = sending({
      'wafv2:GetWebACL': () => acl(),
      'wafv2:GetLoggingConfiguration': () => logging(),
      'logs:FilterLogEvents': () => ({ events: [] }),
    });
    for (const webAcl of [arn, null]) {
      const finding = await runStep(waf, {
        aws: awsOf(send),
        signals: signals({ stage: stage(webAcl), failures: failing }),
      });
      expect(finding).toMatchObject({
        status: 'problem',
        summary: 'API Gateway got no decision from WAF for 2 failing requests to stage prod of API orders-api.',
        claims: [{ cause: 'waf-evaluation-error', basis: 'signature', requests: 2 }],
      });
      expect(finding.ruledOut.map(one => one.id)).toEqual(['waf-blocked']);
    }
  });

  test('no web ACL is ok and rules WAF out', async () => {
    const finding = await runStep(waf, { signals: signalsOf({ stage: stage(null), failures: failures() }) });
    expect(finding).toMatchObject({
      status: 'ok',
      summary: 'No web ACL is associated with stage prod of API orders-api.',
    });
    expect(finding.ruledOut.map(one => one.id)).toEqual(['waf-blocked', 'waf-evaluation-error']);
  });

  test('blocks with 403 in the log are a warning that does not explain 5xx', async () => {
    const { send, asked } = sending({
      'wafv2:GetWebACL': () => acl(),
      'wafv2:GetLoggingConfiguration': () => logging(),
      'logs:FilterLogEvents': () => ({
        events: [
          line(),
          line(),
          line({ httpSourceId: '123456789012:other:prod' }),
          line({ terminatingRuleId: 'Default_Action' }),
        ],
      }),
    });
    const finding = await runStep(waf, { signals: signals(), aws: awsOf(send) }, asked);
    expect(finding.status).toBe('warning');
    expect(finding.summary).toContain('Rule bad-inputs of web ACL edge-acl blocked 2 requests to stage prod, with 403');
    expect(finding.claims).toMatchObject([
      {
        cause: 'waf-blocked',
        basis: 'signature',
        requests: 3,
        parameters: { rule: 'bad-inputs', statusCode: '403', webAclArn: arn },
      },
    ]);
    expect(finding.ruledOut).toEqual([
      { id: 'waf-blocked', because: 'Web ACL edge-acl answers what it blocks with 403, not 5xx.' },
    ]);
    expect(asked.find(one => one.operation === 'logs:FilterLogEvents')?.input).toMatchObject({
      logGroupName: 'aws-waf-logs-edge',
      filterPattern: '{ ($.action = "BLOCK") && ($.httpSourceId = "123456789012:a1b2c3:prod") }',
    });
    expect(finding.evidence.at(-1)?.excerpt).toContain('GET /orders from 192.0.2.7 DE');
  });

  test('a custom 5xx of the rule explains 5xx', async () => {
    const { send, asked } = sending({
      'wafv2:GetWebACL': () => acl(503),
      'wafv2:GetLoggingConfiguration': () => logging(),
      'logs:FilterLogEvents': () => ({
        events: [line(), line({ terminatingRuleId: 'Default_Action' }), line({ responseCodeSent: 503 })],
      }),
    });
    const finding = await runStep(waf, { signals: signals(), aws: awsOf(send) }, asked);
    expect(finding.status).toBe('problem');
    expect(finding.claims).toMatchObject([
      { cause: 'waf-blocked', basis: 'signature', requests: 2, parameters: { statusCode: '503' } },
    ]);
    expect(finding.ruledOut).toEqual([]);
  });

  test('a gateway response that makes 500 of a block explains 5xx', async () => {
    const { send } = sending({
      'wafv2:GetWebACL': () => acl(),
      'wafv2:GetLoggingConfiguration': () => logging(),
      'logs:FilterLogEvents': () => ({ events: [line()] }),
    });
    const base = deployed();
    const gatewayResponses = [{ responseType: 'WAF_FILTERED', statusCode: '500' }];
    const finding = await runStep(waf, {
      signals: signals({ deployed: { ...base, configuration: { ...base.configuration, gatewayResponses } } }),
      aws: awsOf(send),
    });
    expect(finding).toMatchObject({ status: 'problem', claims: [{ parameters: { statusCode: '500' } }] });
  });

  test('a log without blocks is ok', async () => {
    const { send } = sending({
      'wafv2:GetWebACL': () => acl(),
      'wafv2:GetLoggingConfiguration': () => logging(),
      'logs:FilterLogEvents': () => ({ events: [] }),
    });
    const finding = await runStep(waf, {
      signals: signals(),
      aws: awsOf(send),
    });
    expect(finding.status).toBe('ok');
    expect(finding.summary).toBe('Web ACL edge-acl blocked no request to stage prod in the window.');
    expect(finding.ruledOut.map(one => one.id)).toEqual(['waf-blocked']);
  });

  test('without a log in CloudWatch the samples tell, and the rule is asked for its own', async () => {
    const { send, asked } = sending({
      'wafv2:GetWebACL': () => acl(),
      'wafv2:GetLoggingConfiguration': () => logging('arn:aws:s3:::aws-waf-logs-bucket'),
      'wafv2:GetSampledRequests': ({ RuleMetricName }) => ({
        SampledRequests: RuleMetricName === 'ALL' ? [sample('BLOCK'), sample('ALLOW')] : [sample('BLOCK')],
      }),
    });
    const finding = await runStep(waf, { signals: signals(), aws: awsOf(send) }, asked);
    expect(finding).toMatchObject({ status: 'warning', claims: [] });
    expect(finding.summary).toContain('Rule bad-inputs of web ACL edge-acl blocked 1 request in the samples');
    expect(finding.evidence.some(one => one.text.includes('logs to arn:aws:s3:::aws-waf-logs-bucket'))).toBe(true);
    expect(asked.filter(one => one.operation === 'wafv2:GetSampledRequests').map(one => one.input)).toMatchObject([
      { RuleMetricName: 'ALL', Scope: 'REGIONAL' },
      { RuleMetricName: 'badInputs' },
    ]);
  });

  test('samples with a custom 5xx are no more than a symptom, because the web ACL may protect more', async () => {
    const { send } = sending({
      'wafv2:GetWebACL': () => acl(500),
      'wafv2:GetLoggingConfiguration': absent,
      'wafv2:GetSampledRequests': () => ({ SampledRequests: [sample('BLOCK', { ResponseCodeSent: 500 })] }),
    });
    const finding = await runStep(waf, {
      signals: signals(),
      aws: awsOf(send),
    });
    expect(finding).toMatchObject({
      status: 'warning',
      claims: [{ basis: 'symptom', requests: null, parameters: { statusCode: '500' } }],
    });
  });

  test('samples without a block are ok', async () => {
    const { send, asked } = sending({
      'wafv2:GetWebACL': () => acl(),
      'wafv2:GetLoggingConfiguration': absent,
      'wafv2:GetSampledRequests': () => ({ SampledRequests: [sample('ALLOW')] }),
    });
    const finding = await runStep(waf, {
      signals: signals(),
      aws: awsOf(send),
    });
    expect(finding.status).toBe('ok');
    expect(asked.filter(one => one.operation === 'wafv2:GetSampledRequests')).toHaveLength(1);
  });

  test('samples of a window that is older than three hours are not asked for', async () => {
    const { send, asked } = sending({ 'wafv2:GetWebACL': () => acl(), 'wafv2:GetLoggingConfiguration': absent });
    const finding = await runStep(waf, {
      signals: signals(),
      now: new Date('2026-11-22T14:00:00Z'),
      aws: awsOf(send),
    });
    expect(finding.status).toBe('unknown');
    expect(finding.gaps).toMatchObject([{ source: 'wafv2:GetSampledRequests', reason: 'capped' }]);
    expect(asked.map(one => one.operation)).not.toContain('wafv2:GetSampledRequests');
  });

  test('unreadable: everything of WAF is denied', async () => {
    const { send } = sending({
      'wafv2:GetWebACL': () => denied('wafv2:GetWebACL'),
      'wafv2:GetLoggingConfiguration': () => denied('wafv2:GetLoggingConfiguration'),
      'wafv2:GetSampledRequests': () => denied('wafv2:GetSampledRequests'),
    });
    const finding = await runStep(waf, {
      signals: signals(),
      aws: awsOf(send),
    });
    expect(finding.status).toBe('unknown');
    expect(finding.summary).toContain('web ACL edge-acl');
    expect(finding.gaps.map(gap => gap.permission)).toEqual([
      'wafv2:GetWebACL',
      'wafv2:GetLoggingConfiguration',
      'wafv2:GetSampledRequests',
    ]);
  });

  test('a denied log falls back to samples and keeps the gap', async () => {
    const { send } = sending({
      'wafv2:GetWebACL': () => acl(),
      'wafv2:GetLoggingConfiguration': () => logging(),
      'logs:FilterLogEvents': () => denied('logs:FilterLogEvents'),
      'wafv2:GetSampledRequests': () => ({ SampledRequests: [] }),
    });
    const finding = await runStep(waf, {
      signals: signals(),
      aws: awsOf(send),
    });
    expect(finding.status).toBe('ok');
    expect(finding.gaps).toMatchObject([{ permission: 'logs:FilterLogEvents' }]);
  });

  test('unreadable: the stage', async () => {
    const finding = await runStep(waf, {
      signals: signalsOf({ stage: denied('apigateway:GetStage'), failures: failures() }),
    });
    expect(finding).toMatchObject({ status: 'unknown', gaps: [{ permission: 'apigateway:GetStage' }] });
  });

  test.each(['HTTP', 'WEBSOCKET'] as const)('does not apply to %s APIs', apiType => {
    expect(waf.notApplicable({ ...target, apiType })).toMatch(/only stages of REST APIs can have a web ACL\.$/);
  });
});
