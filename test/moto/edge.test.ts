import {
  CreateDeploymentCommand,
  CreateResourceCommand,
  CreateRestApiCommand,
  CreateStageCommand,
  PutIntegrationCommand,
  PutMethodCommand,
} from '@aws-sdk/client-api-gateway';
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { AssociateWebACLCommand, CreateWebACLCommand, PutLoggingConfigurationCommand } from '@aws-sdk/client-wafv2';
import { beforeAll, describe, expect, test } from 'vitest';
import { readRestStage } from '../../src/aws/api-gateway.ts';
import { readTargetHealth } from '../../src/aws/load-balancing.ts';
import { readSampledRequests, readWafLogGroup, readWebAcl } from '../../src/aws/wafv2.ts';
import { arn, buildersIn, defaultNetwork, expectUnread, present, readersIn } from './aws.ts';

const region = 'eu-central-1';
const aws = buildersIn(region);
const { send } = await readersIn(region);

function visible(MetricName: string) {
  return { SampledRequestsEnabled: true, CloudWatchMetricsEnabled: true, MetricName };
}

describe('the web ACL of a stage', () => {
  let apiId = '';
  let aclArn = '';
  let silentArn = '';
  const nobody = arn('wafv2', region, 'regional/webacl/nobody/11111111-2222-3333-4444-555555555555');

  beforeAll(async () => {
    const api = await aws.rest.send(new CreateRestApiCommand({ name: 'Shop' }));
    apiId = present(api.id);
    const { id: resourceId } = await aws.rest.send(
      new CreateResourceCommand({ restApiId: apiId, parentId: present(api.rootResourceId), pathPart: 'orders' }),
    );
    const method = { restApiId: apiId, resourceId: present(resourceId), httpMethod: 'GET' };
    await aws.rest.send(new PutMethodCommand({ ...method, authorizationType: 'NONE' }));
    await aws.rest.send(new PutIntegrationCommand({ ...method, type: 'MOCK' }));
    const { id: deploymentId } = await aws.rest.send(new CreateDeploymentCommand({ restApiId: apiId }));
    await aws.rest.send(
      new CreateStageCommand({ restApiId: apiId, stageName: 'prod', deploymentId: present(deploymentId) }),
    );

    const acl = await aws.waf.send(
      new CreateWebACLCommand({
        Name: 'shop',
        Scope: 'REGIONAL',
        DefaultAction: { Block: {} },
        VisibilityConfig: visible('shop'),
        Rules: [
          {
            Name: 'flood',
            Priority: 5,
            Statement: { RateBasedStatement: { Limit: 500, AggregateKeyType: 'IP' } },
            Action: { Block: { CustomResponse: { ResponseCode: 429 } } },
            VisibilityConfig: visible('shop-flood'),
          },
          {
            Name: 'common',
            Priority: 1,
            Statement: { ManagedRuleGroupStatement: { VendorName: 'AWS', Name: 'AWSManagedRulesCommonRuleSet' } },
            OverrideAction: { None: {} },
            VisibilityConfig: visible('shop-common'),
          },
          {
            Name: 'trial',
            Priority: 3,
            Statement: { ManagedRuleGroupStatement: { VendorName: 'AWS', Name: 'AWSManagedRulesSQLiRuleSet' } },
            OverrideAction: { Count: {} },
            VisibilityConfig: visible('shop-trial'),
          },
          {
            Name: 'home',
            Priority: 7,
            Statement: { GeoMatchStatement: { CountryCodes: ['NL'] } },
            Action: { Allow: {} },
            VisibilityConfig: visible('shop-home'),
          },
        ],
      }),
    );
    aclArn = present(acl.Summary?.ARN);
    const ResourceArn = `arn:aws:apigateway:${region}::/restapis/${apiId}/stages/prod`;
    await aws.waf.send(new AssociateWebACLCommand({ WebACLArn: aclArn, ResourceArn }));
    const destinations = ['log-group:aws-waf-logs-shop'].map(name => arn('logs', region, name));
    await aws.waf.send(
      new PutLoggingConfigurationCommand({
        LoggingConfiguration: { ResourceArn: aclArn, LogDestinationConfigs: destinations },
      }),
    );
    const silent = await aws.waf.send(
      new CreateWebACLCommand({
        Name: 'silent',
        Scope: 'REGIONAL',
        DefaultAction: { Allow: {} },
        VisibilityConfig: visible('silent'),
        Rules: [],
      }),
    );
    silentArn = present(silent.Summary?.ARN);
  });

  test('is named by the stage', async () => {
    await expect(readRestStage(send, apiId, 'prod')).resolves.toMatchObject({ webAclArn: aclArn });
  });

  test('is read with its rules in the order of their priority', async () => {
    await expect(readWebAcl(send, aclArn)).resolves.toMatchObject({
      arn: aclArn,
      name: 'shop',
      defaultAction: 'BLOCK',
      rules: [
        { name: 'common', metricName: 'shop-common', action: 'RULE_GROUP', blockStatusCode: null },
        { name: 'trial', metricName: 'shop-trial', action: 'COUNT', blockStatusCode: null },
        { name: 'flood', metricName: 'shop-flood', action: 'BLOCK', blockStatusCode: 429 },
        { name: 'home', metricName: 'shop-home', action: 'ALLOW', blockStatusCode: null },
      ],
    });
    await expect(readWebAcl(send, nobody)).resolves.toBeNull();
  });

  test('tells where it logs to, or that it does not', async () => {
    await expect(readWafLogGroup(send, aclArn)).resolves.toEqual({
      logGroup: 'aws-waf-logs-shop',
      destinations: [arn('logs', region, 'log-group:aws-waf-logs-shop')],
    });
    await expect(readWafLogGroup(send, silentArn)).resolves.toBeNull();
  });

  test('its sampled requests, which moto does not have, are unread', async () => {
    const now = Date.now();
    const [start, end] = [new Date(now - 900_000), new Date(now)].map(time => time.toISOString()) as [string, string];

    await expectUnread(readSampledRequests(send, aclArn, 'ALL', start, end), 'wafv2:GetSampledRequests');
  });
});

describe('targets behind a load balancer', () => {
  let loadBalancer = '';
  let forwarding = '';
  let answering = '';
  let groups: string[] = [];

  beforeAll(async () => {
    const { vpcId, subnetIds } = await defaultNetwork(region);
    const created = await aws.loadBalancing.send(
      new CreateLoadBalancerCommand({ Name: 'inside', Scheme: 'internal', Subnets: subnetIds.slice(0, 2) }),
    );
    loadBalancer = present(created.LoadBalancers?.[0]?.LoadBalancerArn);
    const group = async (Name: string, targets: { Id: string; Port?: number }[]) => {
      const { TargetGroups } = await aws.loadBalancing.send(
        new CreateTargetGroupCommand({ Name, Protocol: 'HTTP', Port: 8_080, VpcId: vpcId, TargetType: 'ip' }),
      );
      const TargetGroupArn = present(TargetGroups?.[0]?.TargetGroupArn);
      await aws.loadBalancing.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: targets }));
      return TargetGroupArn;
    };
    groups = [
      await group('blue', [{ Id: '10.0.0.10' }, { Id: '10.0.0.11', Port: 9_090 }]),
      await group('green', [{ Id: '10.0.1.10' }]),
    ];
    const [blue, green] = groups as [string, string];
    const listen = async (Port: number, DefaultActions: object[]) => {
      const { Listeners } = await aws.loadBalancing.send(
        new CreateListenerCommand({
          LoadBalancerArn: loadBalancer,
          Port,
          Protocol: 'HTTP',
          DefaultActions: DefaultActions as never,
        }),
      );
      return present(Listeners?.[0]?.ListenerArn);
    };
    forwarding = await listen(80, [{ Type: 'forward', TargetGroupArn: blue }]);
    await listen(81, [{ Type: 'forward', TargetGroupArn: green }]);
    answering = await listen(82, [
      {
        Type: 'fixed-response',
        FixedResponseConfig: { StatusCode: '404', ContentType: 'text/plain', MessageBody: 'no' },
      },
    ]);
  });

  /** https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html */
  const states = /^(initial|healthy|unhealthy|unhealthy\.draining|unused|draining|unavailable)$/;

  async function targetsOf(resource: string): Promise<string[] | undefined> {
    const health = await readTargetHealth(send, resource);
    for (const { state } of health ?? []) expect(state).toMatch(states);
    return health?.map(one => `${groups.indexOf(one.targetGroupArn)} ${one.target}`).toSorted();
  }

  test('are those of a listener, of a whole load balancer, or of one group', async () => {
    const blue = ['0 10.0.0.10:8080', '0 10.0.0.11:9090'];
    const green = ['1 10.0.1.10:8080'];

    await expect(targetsOf(forwarding)).resolves.toEqual(blue);
    await expect(targetsOf(loadBalancer)).resolves.toEqual([...blue, ...green]);
    await expect(targetsOf(present(groups[1]))).resolves.toEqual(green);
  });

  test('of a listener that forwards nowhere by itself are those of its load balancer', async () => {
    await expect(targetsOf(answering)).resolves.toHaveLength(3);
  });

  test('are null where there is no load balancer', async () => {
    await expect(readTargetHealth(send, loadBalancer.replace(/\w+$/, '0123456789abcdef'))).resolves.toBeNull();
    await expect(readTargetHealth(send, forwarding.replace(/\w+$/, '0123456789abcdef'))).resolves.toBeNull();
  });
});
