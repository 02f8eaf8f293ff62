/** WAF, Elastic Load Balancing and AWS Health. */
import type { WebACL } from '@aws-sdk/client-wafv2';
import { blockStatus, decidedRequests } from '../derived/waf-records.ts';
import { WireError } from '../wire/errors.ts';
import { partitionOf } from '../world/lookup.ts';
import type { WebAcl } from '../world/telemetry.ts';
import type { World } from '../world.ts';
import { type Ask, dateAt, given, type Handlers, page } from './ask.ts';

const lockToken = '00000000-0000-4000-a000-000000000000';

function noWebAcl(): WireError {
  return new WireError(
    'WAFNonexistentItemException',
    400,
    'AWS WAF couldn’t perform the operation because your resource doesn’t exist.',
  );
}

function aclOf(world: World, arn: string | undefined): WebAcl {
  const acl = world.webAcls[arn ?? ''];
  if (acl === undefined) throw noWebAcl();
  return acl;
}

/** https://docs.aws.amazon.com/waf/latest/APIReference/ */
export const wafHandlers: Handlers<'wafv2'> = {
  'wafv2:GetWebACL': (input, { world }) => {
    const arn = input.ARN ?? Object.keys(world.webAcls).find(one => one.endsWith(`/${input.Name}/${input.Id}`));
    return { WebACL: describeAcl(arn ?? '', aclOf(world, arn)), LockToken: lockToken };
  },
  'wafv2:ListWebACLs': (input, ask) => {
    const all = Object.keys(ask.world.webAcls).filter(
      arn => arn.includes(':global/') === (input.Scope === 'CLOUDFRONT'),
    );
    const badToken = new WireError('WAFInvalidParameterException', 400, 'Error reason: The marker is invalid.');
    const { items, next } = page(all, input.NextMarker, Math.min(input.Limit ?? 100, 100, ask.pageCap), badToken);
    const WebACLs = items.map(ARN => {
      const [, , Name = '', Id = ''] = ARN.split('/');
      return { ARN, Name, Id, Description: '', LockToken: lockToken };
    });
    return { WebACLs, ...given('NextMarker', next) };
  },
  'wafv2:ListResourcesForWebACL': (input, { world }) => {
    aclOf(world, input.WebACLArn);
    // Load balancers are what is listed where no type is asked for.
    if (input.ResourceType !== 'API_GATEWAY') return { ResourceArns: [] };
    return {
      ResourceArns: Object.entries(world.restApis).flatMap(([id, { stages }]) =>
        Object.entries(stages)
          .filter(([, stage]) => stage.webAclArn === input.WebACLArn)
          .map(
            ([stage]) => `arn:${partitionOf(world.region)}:apigateway:${world.region}::/restapis/${id}/stages/${stage}`,
          ),
      ),
    };
  },
  'wafv2:GetLoggingConfiguration': (input, { world }) => {
    const { logging } = aclOf(world, input.ResourceArn);
    if (logging === null) throw noWebAcl();
    const kept = logging.keepOnly?.map(Action => ({ ActionCondition: { Action: Action as never } }));
    return {
      LoggingConfiguration: {
        ResourceArn: input.ResourceArn,
        LogDestinationConfigs: logging.destinationArns,
        ManagedByFirewallManager: false,
        ...given(
          'LoggingFilter',
          kept === undefined
            ? null
            : {
                DefaultBehavior: 'DROP' as const,
                Filters: [{ Behavior: 'KEEP' as const, Requirement: 'MEETS_ANY' as const, Conditions: kept }],
              },
        ),
      },
    };
  },
  'wafv2:GetSampledRequests': (input, ask) => {
    const acl = aclOf(ask.world, input.WebAclArn);
    const [rule] = Object.entries(acl.rules).find(
      ([name, { metricName }]) => (metricName ?? name) === input.RuleMetricName,
    ) ?? [null];
    if (rule === null && input.RuleMetricName !== 'ALL') throw noWebAcl();
    const window = input.TimeWindow;
    // Samples reach three hours back.
    const start = Math.max(window?.StartTime?.getTime() ?? 0, ask.now - 3 * 3_600_000);
    const end = Math.min(window?.EndTime?.getTime() ?? ask.now, ask.now);
    const requests = decidedRequests(ask, input.WebAclArn ?? '', rule, start, end);
    return {
      SampledRequests: requests.slice(0, Math.min(input.MaxItems ?? 500, 500, ask.pageCap)).map(request => {
        const { flow, target, path, httpMethod } = request.stream;
        return {
          Request: {
            ClientIP: flow.sourceIp,
            Country: 'DE',
            URI: `/${target.stageName}${path}`,
            Method: httpMethod,
            HTTPVersion: 'HTTP/1.1',
            Headers: [{ Name: 'Host', Value: `${target.apiId}.execute-api.${ask.world.region}.amazonaws.com` }],
          },
          Weight: 1,
          Timestamp: new Date(request.at),
          Action: flow.waf?.action ?? 'ALLOW',
          ...given('ResponseCodeSent', blockStatus(acl, request.stream)),
        };
      }),
      PopulationSize: requests.length,
      TimeWindow: { StartTime: new Date(start), EndTime: new Date(end) },
    };
  },
};

function describeAcl(arn: string, acl: WebAcl): WebACL {
  const [, , name = '', id = ''] = arn.split('/');
  const visibility = (MetricName: string) => ({
    SampledRequestsEnabled: true,
    CloudWatchMetricsEnabled: true,
    MetricName,
  });
  return {
    Name: name,
    Id: id,
    ARN: arn,
    DefaultAction: acl.defaultAction === 'ALLOW' ? { Allow: {} } : { Block: {} },
    VisibilityConfig: visibility(acl.metricName ?? name),
    Capacity: 25,
    ManagedByFirewallManager: false,
    Rules: Object.entries(acl.rules)
      .sort(([, a], [, b]) => a.priority - b.priority)
      .map(([Name, rule]) => ({
        Name,
        Priority: rule.priority,
        Statement: (rule.statement ?? { GeoMatchStatement: { CountryCodes: ['XX'] } }) as never,
        Action: ruleAction(rule),
        VisibilityConfig: visibility(rule.metricName ?? Name),
      })),
  };
}

function ruleAction({ action, blockStatusCode }: WebAcl['rules'][string]) {
  if (action === 'BLOCK') {
    return { Block: blockStatusCode === undefined ? {} : { CustomResponse: { ResponseCode: blockStatusCode } } };
  }
  const key = { ALLOW: 'Allow', COUNT: 'Count', CAPTCHA: 'Captcha', CHALLENGE: 'Challenge' }[action];
  return { [key]: {} };
}

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/ */
export const elbHandlers: Handlers<'elasticloadbalancing'> = {
  'elasticloadbalancing:DescribeLoadBalancers': (input, ask) => {
    const all = Object.entries(ask.world.loadBalancers)
      .map(([LoadBalancerArn, { dnsName }]) => {
        const [, kind = '', name = '', id = ''] = LoadBalancerArn.split('/');
        return {
          LoadBalancerArn,
          LoadBalancerName: name,
          Type: kind === 'net' ? ('network' as const) : ('application' as const),
          DNSName: dnsName ?? `${name}-${id}.elb.${ask.world.region}.amazonaws.com`,
          State: { Code: 'active' as const },
        };
      })
      .filter(({ LoadBalancerName }) => input.Names?.includes(LoadBalancerName) ?? true)
      .filter(({ LoadBalancerArn }) => input.LoadBalancerArns?.includes(LoadBalancerArn) ?? true);
    if (all.length === 0 && (input.Names ?? input.LoadBalancerArns) !== undefined) {
      const asked = [...(input.Names ?? []), ...(input.LoadBalancerArns ?? [])];
      throw new WireError('LoadBalancerNotFound', 400, `Load balancers '[${asked.join(', ')}]' not found`);
    }
    const { items, next } = marked(all, input, ask);
    return { LoadBalancers: items, ...given('NextMarker', next) };
  },
  'elasticloadbalancing:DescribeListeners': (input, ask) => {
    if (input.LoadBalancerArn !== undefined && ask.world.loadBalancers[input.LoadBalancerArn] === undefined) {
      throw new WireError('LoadBalancerNotFound', 400, `Load balancers '[${input.LoadBalancerArn}]' not found`);
    }
    const all = Object.entries(ask.world.loadBalancers)
      .filter(([arn]) => input.LoadBalancerArn === undefined || arn === input.LoadBalancerArn)
      .flatMap(([LoadBalancerArn, { listeners }]) =>
        Object.entries(listeners).map(([ListenerArn, { port, protocol, targetGroups }]) => ({
          ListenerArn,
          LoadBalancerArn,
          Port: port,
          Protocol: protocol as never,
          DefaultActions: targetGroups.map((TargetGroupArn, i) => ({
            Type: 'forward' as const,
            TargetGroupArn,
            Order: i + 1,
          })),
        })),
      )
      .filter(({ ListenerArn }) => input.ListenerArns?.includes(ListenerArn) ?? true);
    if (input.ListenerArns !== undefined && all.length === 0) {
      throw new WireError('ListenerNotFound', 400, 'One or more listeners not found');
    }
    const { items, next } = marked(all, input, ask);
    return { Listeners: items, ...given('NextMarker', next) };
  },
  'elasticloadbalancing:DescribeTargetGroups': (input, ask) => {
    if (input.LoadBalancerArn !== undefined && ask.world.loadBalancers[input.LoadBalancerArn] === undefined) {
      throw new WireError('LoadBalancerNotFound', 400, `Load balancers '[${input.LoadBalancerArn}]' not found`);
    }
    const all = Object.entries(ask.world.loadBalancers)
      .filter(([arn]) => input.LoadBalancerArn === undefined || arn === input.LoadBalancerArn)
      .flatMap(([loadBalancer, { targetGroups }]) =>
        Object.entries(targetGroups).map(([TargetGroupArn, group]) => ({
          TargetGroupArn,
          TargetGroupName: TargetGroupArn.split('/')[1] ?? '',
          Protocol: group.protocol as never,
          Port: group.port,
          TargetType: group.targetType,
          LoadBalancerArns: [loadBalancer],
        })),
      )
      .filter(({ TargetGroupArn }) => input.TargetGroupArns?.includes(TargetGroupArn) ?? true);
    if (input.TargetGroupArns !== undefined && all.length === 0) {
      throw new WireError('TargetGroupNotFound', 400, 'One or more target groups not found');
    }
    const { items, next } = marked(all, input, ask);
    return { TargetGroups: items, ...given('NextMarker', next) };
  },
  'elasticloadbalancing:DescribeTargetHealth': (input, ask) => {
    const group = Object.values(ask.world.loadBalancers)
      .map(({ targetGroups }) => targetGroups[input.TargetGroupArn ?? ''])
      .find(one => one !== undefined);
    if (group === undefined) throw new WireError('TargetGroupNotFound', 400, 'One or more target groups not found');
    return {
      TargetHealthDescriptions: Object.entries(group.targets).map(([Id, target]) => ({
        Target: { Id, Port: target.port ?? group.port },
        HealthCheckPort: String(target.port ?? group.port),
        TargetHealth: {
          State: target.state,
          ...given('Reason', target.reason as never),
          ...given('Description', target.description),
        },
      })),
    };
  },
};

function marked<T>(all: T[], input: { Marker?: string | undefined; PageSize?: number | undefined }, ask: Ask) {
  const badToken = new WireError('ValidationError', 400, 'Invalid Marker');
  return page(all, input.Marker, Math.min(input.PageSize ?? 400, 400, ask.pageCap), badToken);
}

/** https://docs.aws.amazon.com/health/latest/APIReference/ */
export const healthHandlers: Handlers<'health'> = {
  'health:DescribeEvents': (input, ask) => {
    const { supportPlan, events } = ask.world.health;
    if (supportPlan === 'basic') {
      throw new WireError(
        'SubscriptionRequiredException',
        400,
        'AWS Premium Support Subscription is required to use this service.',
      );
    }
    const { services, regions, eventStatusCodes, eventTypeCategories } = input.filter ?? {};
    const passes = (allowed: readonly string[] | undefined, value: string) =>
      allowed === undefined || allowed.includes(value);
    const all = Object.entries(events)
      .map(([label, event]) => ({ label, ...event, region: event.region ?? ask.world.region }))
      .filter(event => passes(services, event.service) && passes(regions, event.region))
      .filter(event => passes(eventStatusCodes, event.statusCode) && passes(eventTypeCategories, event.category))
      .map(event => ({
        arn: `arn:${partitionOf(event.region)}:health:${event.region}::event/${event.service}/${event.eventTypeCode}/${event.label}`,
        service: event.service,
        eventTypeCode: event.eventTypeCode,
        eventTypeCategory: event.category as never,
        region: event.region,
        startTime: dateAt(ask, event.startTime),
        ...given('endTime', event.endTime === undefined ? null : dateAt(ask, event.endTime)),
        lastUpdatedTime: dateAt(ask, event.endTime ?? event.startTime),
        statusCode: event.statusCode,
        eventScopeCode: 'PUBLIC' as const,
      }));
    const badToken = new WireError('InvalidPaginationToken', 400, 'Invalid pagination token.');
    const { items, next } = page(all, input.nextToken, Math.min(input.maxResults ?? 100, 100, ask.pageCap), badToken);
    return { events: items, ...given('nextToken', next) };
  },
};
