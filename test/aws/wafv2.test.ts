import { describe, expect, it } from 'vitest';
import {
  listWebAcls,
  parseWafLog,
  readProtectedStages,
  readSampledRequests,
  readWafLogGroup,
  readWebAcl,
} from '../../src/aws/wafv2.ts';
import { type Call, failure, wire } from './wire.ts';

const arn = 'arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/edge/id1';
const gone = (call: Call) =>
  failure(
    call,
    'WAFNonexistentItemException',
    'AWS WAF couldn’t perform the operation because your resource doesn’t exist.',
  );

describe('readWebAcl', () => {
  it('reads the rules in their order', async () => {
    const { send } = await wire(() => ({
      body: {
        WebACL: {
          Name: 'edge',
          Id: 'id1',
          ARN: arn,
          DefaultAction: { Allow: {} },
          Rules: [
            { Name: 'managed', Priority: 2, OverrideAction: { None: {} }, VisibilityConfig: { MetricName: 'Managed' } },
            { Name: 'watch', Priority: 3, OverrideAction: { Count: {} }, VisibilityConfig: { MetricName: 'Watch' } },
            {
              Name: 'block-ip',
              Priority: 1,
              Action: { Block: { CustomResponse: { ResponseCode: 500 } } },
              VisibilityConfig: { MetricName: 'BlockIp' },
            },
          ],
          PreProcessFirewallManagerRuleGroups: [
            { Name: 'central', Priority: 0, OverrideAction: { None: {} }, VisibilityConfig: { MetricName: 'Central' } },
          ],
        },
      },
    }));

    await expect(readWebAcl(send, arn)).resolves.toEqual({
      arn,
      name: 'edge',
      metricName: 'edge',
      id: 'id1',
      defaultAction: 'ALLOW',
      rules: [
        { name: 'central', metricName: 'Central', action: 'RULE_GROUP', blockStatusCode: null },
        { name: 'block-ip', metricName: 'BlockIp', action: 'BLOCK', blockStatusCode: 500 },
        { name: 'managed', metricName: 'Managed', action: 'RULE_GROUP', blockStatusCode: null },
        { name: 'watch', metricName: 'Watch', action: 'COUNT', blockStatusCode: null },
      ],
    });
  });

  it('answers null where there is none', async () => {
    const { send } = await wire(gone);

    await expect(readWebAcl(send, arn)).resolves.toBeNull();
  });
});

describe('readWafLogGroup', () => {
  const logging = (destinations: string[]) => ({
    body: { LoggingConfiguration: { ResourceArn: arn, LogDestinationConfigs: destinations } },
  });

  it('tells a log group, other destinations and none apart', async () => {
    const group = await wire(() => logging(['arn:aws:logs:eu-west-1:1:log-group:aws-waf-logs-edge:*']));
    const bucket = await wire(() => logging(['arn:aws:s3:::aws-waf-logs-edge']));
    const none = await wire(gone);

    await expect(readWafLogGroup(group.send, arn)).resolves.toMatchObject({ logGroup: 'aws-waf-logs-edge' });
    await expect(readWafLogGroup(bucket.send, arn)).resolves.toEqual({
      logGroup: null,
      destinations: ['arn:aws:s3:::aws-waf-logs-edge'],
    });
    await expect(readWafLogGroup(none.send, arn)).resolves.toBeNull();
  });
});

describe('readSampledRequests', () => {
  it('asks for no more than three hours', async () => {
    const { send, calls } = await wire(() => ({
      body: {
        SampledRequests: [
          {
            Request: { ClientIP: '192.0.2.1', Country: 'DE', URI: '/orders?token=abc123', Method: 'POST' },
            Timestamp: Date.parse('2026-11-20T10:00:00Z') / 1_000,
            Action: 'BLOCK',
            ResponseCodeSent: 403,
          },
        ],
      },
    }));

    await expect(
      readSampledRequests(send, arn, 'BlockIp', '2026-11-20T00:00:00Z', '2026-11-20T10:15:00Z'),
    ).resolves.toEqual([
      {
        at: '2026-11-20T10:00:00.000Z',
        action: 'BLOCK',
        rule: 'BlockIp',
        method: 'POST',
        uri: '/orders?token=[masked: token]',
        clientIp: '192.0.2.1',
        country: 'DE',
        requestId: null,
        responseCode: 403,
        source: 'sample',
      },
    ]);
    expect(calls[0]?.body).toEqual({
      WebAclArn: arn,
      RuleMetricName: 'BlockIp',
      Scope: 'REGIONAL',
      TimeWindow: {
        StartTime: Date.parse('2026-11-20T07:15:00Z') / 1_000,
        EndTime: Date.parse('2026-11-20T10:15:00Z') / 1_000,
      },
      MaxItems: 500,
    });
  });
});

describe('parseWafLog', () => {
  const line = {
    timestamp: Date.parse('2026-11-20T10:00:00Z'),
    formatVersion: 1,
    webaclId: arn,
    terminatingRuleId: 'AWS-Common',
    terminatingRuleType: 'MANAGED_RULE_GROUP',
    action: 'BLOCK',
    ruleGroupList: [
      { ruleGroupId: 'AWS#Other', terminatingRule: null },
      { ruleGroupId: 'AWS#Common', terminatingRule: { ruleId: 'NoUserAgent_HEADER', action: 'BLOCK' } },
    ],
    responseCodeSent: null,
    httpSourceName: 'APIGW',
    httpRequest: {
      clientIp: '192.0.2.1',
      country: 'DE',
      uri: '/prod/orders',
      httpMethod: 'GET',
      requestId: 'Ed0AiHF_CGYF-DA=',
    },
  };

  it('names the rule down to the one within the group', () => {
    expect(parseWafLog(JSON.stringify(line))).toEqual({
      at: '2026-11-20T10:00:00.000Z',
      action: 'BLOCK',
      rule: 'AWS-Common/NoUserAgent_HEADER',
      method: 'GET',
      uri: '/prod/orders',
      clientIp: '192.0.2.1',
      country: 'DE',
      requestId: 'Ed0AiHF_CGYF-DA=',
      responseCode: null,
      source: 'log',
    });
  });

  it.each([
    '',
    'text',
    '[]',
    'null',
    '{}',
    '{"httpRequest":{}}',
    '{"httpRequest":1,"timestamp":1}',
    '{"timestamp":1,"action":"BLOCK"}',
  ])('takes no other line: %s', other => {
    expect(parseWafLog(other)).toBeNull();
  });

  it('survives fields of another kind', () => {
    const strange = { ...line, ruleGroupList: 'x', httpRequest: { uri: 1 } };

    expect(parseWafLog(JSON.stringify(strange))).toMatchObject({ rule: 'AWS-Common', uri: null, method: null });
  });
});

describe('listWebAcls', () => {
  it('reads every page of the regional ones', async () => {
    const { send, calls } = await wire(({ body }) => ({
      body: body.NextMarker
        ? { WebACLs: [{ Name: 'other', Id: 'id2', ARN: 'arn:2' }] }
        : { WebACLs: [{ Name: 'edge', Id: 'id1', ARN: arn }], NextMarker: 'edge' },
    }));

    await expect(listWebAcls(send)).resolves.toEqual([
      { name: 'edge', id: 'id1', arn },
      { name: 'other', id: 'id2', arn: 'arn:2' },
    ]);
    expect(calls[0]?.body).toEqual({ Scope: 'REGIONAL', Limit: 100 });
  });
});

describe('readProtectedStages', () => {
  it('reads the stages of REST APIs', async () => {
    const { send, calls } = await wire(() => ({
      body: { ResourceArns: ['arn:aws:apigateway:eu-west-1::/restapis/a1b2c3/stages/prod', 'arn:aws:other:::x'] },
    }));

    await expect(readProtectedStages(send, arn)).resolves.toEqual([{ apiId: 'a1b2c3', stage: 'prod' }]);
    expect(calls[0]?.body).toEqual({ WebACLArn: arn, ResourceType: 'API_GATEWAY' });
  });

  it('answers null where there is no such web ACL', async () => {
    const { send } = await wire(gone);

    await expect(readProtectedStages(send, arn)).resolves.toBeNull();
  });
});
