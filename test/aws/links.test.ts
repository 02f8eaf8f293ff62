import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  alarmLink,
  cliLine,
  cloudTrailEventLink,
  functionLink,
  httpApiLink,
  logGroupLink,
  metricsLink,
  restResourcesLink,
  restStageLink,
  roleLink,
  webAclLink,
} from '../../src/aws/links.ts';

const region = 'eu-west-1';
const span = { start: '2026-11-20T10:00:00.000Z', end: '2026-11-20T10:15:00.000Z' };

describe('console links', () => {
  it.each([
    [functionLink(region, 'orders'), 'lambda/home?region=eu-west-1#/functions/orders'],
    [functionLink(region, 'orders', '$LATEST'), 'lambda/home?region=eu-west-1#/functions/orders'],
    [functionLink(region, 'orders', '7'), 'lambda/home?region=eu-west-1#/functions/orders/versions/7'],
    [functionLink(region, 'orders', 'live'), 'lambda/home?region=eu-west-1#/functions/orders/aliases/live'],
    [restStageLink(region, 'a1'), 'apigateway/main/apis/a1/stages?api=a1&region=eu-west-1'],
    [restResourcesLink(region, 'a1'), 'apigateway/main/apis/a1/resources?api=a1&region=eu-west-1'],
    [httpApiLink(region, 'a1'), 'apigateway/main/develop/routes?api=a1&region=eu-west-1'],
    [webAclLink(region, 'edge', 'id1'), 'wafv2/homev2/web-acl/edge/id1/overview?region=eu-west-1'],
    [cloudTrailEventLink(region, 'e-1'), 'cloudtrailv2/home?region=eu-west-1#/events/e-1'],
    [alarmLink(region, 'orders 5xx'), 'cloudwatch/home?region=eu-west-1#alarmsV2:alarm/orders%205xx'],
    [
      logGroupLink(region, '/aws/lambda/f'),
      'cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/$252Faws$252Flambda$252Ff',
    ],
    [
      logGroupLink(region, 'g', span, '"ERROR"'),
      'cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/g/log-events$3Fstart$3D1795168800000$26end$3D1795169700000$26filterPattern$3D$2522ERROR$2522',
    ],
  ])('%s', (link, path) => {
    expect(link).toBe(`https://eu-west-1.console.aws.amazon.com/${path}`);
  });

  it('lead to IAM in the global Region, and to the console of the partition', () => {
    expect(roleLink(region, 'orders')).toBe(
      'https://us-east-1.console.aws.amazon.com/iam/home?region=us-east-1#/roles/details/orders',
    );
    expect(roleLink('cn-northwest-1', 'orders')).toMatch(/^https:\/\/cn-north-1\.console\.amazonaws\.cn\/iam\//);
    expect(alarmLink('us-gov-east-1', 'a')).toMatch(/^https:\/\/us-gov-east-1\.console\.amazonaws-us-gov\.com\//);
  });

  it('draw metrics in the notation of the console', () => {
    const link = metricsLink(
      region,
      { namespace: 'AWS/ApiGateway', metric: '5XXError', dimensions: { ApiName: "bob's ü 漢", Stage: 'prod' } },
      span,
    );

    expect(link).toBe(
      "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#metricsV2?graph=~(metrics~(~(~'AWS*2fApiGateway~'5XXError~'ApiName~'bob*27s*20*fc*20**6f22~'Stage~'prod~(stat~'Sum)))~view~'timeSeries~stacked~false~region~'eu-west-1~start~'2026-11-20T10*3a00*3a00.000Z~end~'2026-11-20T10*3a15*3a00.000Z~period~60)",
    );
  });

  it('stay links whatever a name holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), name => {
        for (const link of [
          functionLink(region, name),
          logGroupLink(region, name),
          alarmLink(region, name),
          webAclLink(region, name, name),
        ]) {
          expect(new URL(link).host).toBe('eu-west-1.console.aws.amazon.com');
          expect(link).not.toMatch(/[\s<>|"]/);
        }
      }),
    );
  });
});

describe('cliLine', () => {
  it('writes options, lists and flags', () => {
    expect(
      cliLine('cloudwatch get-metric-statistics', {
        namespace: 'AWS/ApiGateway',
        dimensions: ['Name=ApiName,Value=my api', 'Name=Stage,Value=prod'],
        period: 60,
        'no-paginate': true,
        statistics: null,
        debug: false,
        region,
      }),
    ).toBe(
      "aws cloudwatch get-metric-statistics --namespace AWS/ApiGateway --dimensions 'Name=ApiName,Value=my api' Name=Stage,Value=prod --period 60 --no-paginate --region eu-west-1",
    );
  });

  it('keeps a value that begins with a dash from being an option', () => {
    expect(cliLine('lambda get-policy', { 'function-name': '-x', region })).toBe(
      'aws lambda get-policy --function-name=-x --region eu-west-1',
    );
  });

  it('gives a shell exactly the value, whatever it holds', () => {
    const hostile = [
      "'; rm -rf / #",
      '$(id)',
      '`id`',
      'a"b',
      'a\\b',
      '!!',
      '*',
      '~',
      'line\nbreak',
      '',
      "''",
      'ü & | > <',
    ];
    for (const value of hostile) {
      const line = cliLine('x', { value, region }).replace(/^aws x --value(=| )/, "printf '%s.' ");
      expect(execFileSync('sh', ['-c', line.replace(/ --region eu-west-1$/, '')], { encoding: 'utf8' })).toBe(
        `${value}.`,
      );
    }
  });
});
