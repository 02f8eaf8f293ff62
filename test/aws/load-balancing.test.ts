import { describe, expect, it } from 'vitest';
import { readLoadBalancer, readTargetHealth } from '../../src/aws/load-balancing.ts';
import { type Call, failure, wire } from './wire.ts';

const prefix = 'arn:aws:elasticloadbalancing:eu-west-1:111122223333';
const loadBalancer = `${prefix}:loadbalancer/net/orders/50dc6c495c0c9188`;
const listener = `${prefix}:listener/net/orders/50dc6c495c0c9188/f2f7dc8efc522ab2`;
const group = (name: string) => `${prefix}:targetgroup/${name}/943f017f100becff`;

const xml = (operation: string, inner: string) => ({
  body: `<${operation}Response><${operation}Result>${inner}</${operation}Result></${operation}Response>`,
});
const members = (tag: string, values: string[]) =>
  `<${tag}>${values.map(value => `<member>${value}</member>`).join('')}</${tag}>`;

function answers(defaultAction: string) {
  return ({ operation }: Call) => {
    if (operation === 'DescribeListeners')
      return xml(operation, members('Listeners', [`<DefaultActions>${defaultAction}</DefaultActions>`]));
    if (operation === 'DescribeTargetGroups') {
      return xml(operation, members('TargetGroups', [`<TargetGroupArn>${group('blue')}</TargetGroupArn>`]));
    }
    return xml(
      operation,
      members('TargetHealthDescriptions', [
        '<Target><Id>10.0.0.1</Id><Port>8080</Port></Target><TargetHealth><State>unhealthy</State><Reason>Target.Timeout</Reason><Description>Request timed out</Description></TargetHealth>',
        '<Target><Id>i-1</Id></Target><TargetHealth><State>healthy</State></TargetHealth>',
      ]),
    );
  };
}

const forward = members('x', [`<Type>forward</Type><TargetGroupArn>${group('green')}</TargetGroupArn>`]).replace(
  /<\/?x>/g,
  '',
);

describe('readTargetHealth', () => {
  it('reads every target behind a load balancer', async () => {
    const { send, calls } = await wire(answers(''));

    await expect(readTargetHealth(send, loadBalancer)).resolves.toEqual([
      {
        targetGroupArn: group('blue'),
        target: '10.0.0.1:8080',
        state: 'unhealthy',
        reason: 'Target.Timeout',
        description: 'Request timed out',
      },
      { targetGroupArn: group('blue'), target: 'i-1', state: 'healthy', reason: null, description: null },
    ]);
    expect(calls.map(call => call.operation)).toEqual(['DescribeTargetGroups', 'DescribeTargetHealth']);
  });

  it('reads what a listener forwards to', async () => {
    const { send, calls } = await wire(answers(forward));

    const health = await readTargetHealth(send, listener);

    expect(health?.[0]?.targetGroupArn).toBe(group('green'));
    expect(calls.map(call => call.operation)).toEqual(['DescribeListeners', 'DescribeTargetHealth']);
  });

  it('reads the whole load balancer of a listener that forwards by its rules alone', async () => {
    const { send, calls } = await wire(answers('<member><Type>fixed-response</Type></member>'));

    const health = await readTargetHealth(send, listener);

    expect(health?.[0]?.targetGroupArn).toBe(group('blue'));
    expect(calls[1]?.body.LoadBalancerArn).toBe(loadBalancer);
  });

  it('answers null where there is no such load balancer', async () => {
    const { send } = await wire(call => failure(call, 'LoadBalancerNotFound', 'One or more load balancers not found'));

    await expect(readTargetHealth(send, loadBalancer)).resolves.toBeNull();
  });
});

describe('readLoadBalancer', () => {
  it('reads the host name by the name', async () => {
    const body = `<DescribeLoadBalancersResponse><DescribeLoadBalancersResult><LoadBalancers><member><LoadBalancerArn>${loadBalancer}</LoadBalancerArn><DNSName>orders-1.elb.amazonaws.com</DNSName></member></LoadBalancers></DescribeLoadBalancersResult></DescribeLoadBalancersResponse>`;
    const { send, calls } = await wire(() => ({ body }));

    await expect(readLoadBalancer(send, 'orders')).resolves.toEqual({
      arn: loadBalancer,
      host: 'orders-1.elb.amazonaws.com',
    });
    expect(calls[0]?.body).toMatchObject({ Action: 'DescribeLoadBalancers', 'Names.member.1': 'orders' });
  });

  it('answers null where none has the name', async () => {
    const { send } = await wire(call => failure(call, 'LoadBalancerNotFound', "Load balancers '[orders]' not found"));

    await expect(readLoadBalancer(send, 'orders')).resolves.toBeNull();
  });
});
