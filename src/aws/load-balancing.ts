import type { Listener } from '@aws-sdk/client-elastic-load-balancing-v2';
import { readPages } from './paging.ts';
import type { Send } from './send.ts';
import type { TargetHealth } from './types.ts';
import { orNull } from './unread.ts';

const pageCap = 20;

/**
 * Health of every target behind a load balancer, or behind a listener's default action. A listener that forwards only
 * by its rules stands for its whole load balancer. null: no such load balancer or listener.
 * Source: DescribeListeners, DescribeTargetGroups, DescribeTargetHealth.
 */
export async function readTargetHealth(send: Send, loadBalancerOrListenerArn: string): Promise<TargetHealth[] | null> {
  const groups = await orNull(targetGroups(send, loadBalancerOrListenerArn));
  if (groups === null) return null;
  return (await Promise.all(groups.map(arn => healthOf(send, arn)))).flat();
}

/** Host name and ARN of a load balancer by its name; null: none has this name. Source: DescribeLoadBalancers. */
export async function readLoadBalancer(send: Send, name: string): Promise<{ arn: string; host: string } | null> {
  const answer = await orNull(send('elasticloadbalancing:DescribeLoadBalancers', { Names: [name] }));
  const [balancer] = answer?.LoadBalancers ?? [];
  return balancer === undefined ? null : { arn: balancer.LoadBalancerArn ?? '', host: balancer.DNSName ?? '' };
}

async function targetGroups(send: Send, arn: string): Promise<string[]> {
  if (arn.includes(':targetgroup/')) return [arn];
  if (!arn.includes(':listener/')) return await groupsOfLoadBalancer(send, arn);
  const { Listeners } = await send('elasticloadbalancing:DescribeListeners', { ListenerArns: [arn] });
  const forwarded = [...new Set((Listeners ?? []).flatMap(forwardsTo))];
  return forwarded.length > 0 ? forwarded : await groupsOfLoadBalancer(send, loadBalancerOf(arn));
}

function forwardsTo({ DefaultActions }: Listener): string[] {
  return (DefaultActions ?? []).flatMap(action => [
    ...(action.TargetGroupArn === undefined ? [] : [action.TargetGroupArn]),
    ...(action.ForwardConfig?.TargetGroups ?? []).flatMap(group => group.TargetGroupArn ?? []),
  ]);
}

/** `…:listener/app/name/id/listener-id` belongs to `…:loadbalancer/app/name/id`. */
function loadBalancerOf(listenerArn: string): string {
  return listenerArn.replace(':listener/', ':loadbalancer/').replace(/\/[^/]+$/, '');
}

async function groupsOfLoadBalancer(send: Send, arn: string): Promise<string[]> {
  const listed = await readPages(pageCap, async Marker => {
    const page = await send('elasticloadbalancing:DescribeTargetGroups', {
      LoadBalancerArn: arn,
      PageSize: 400,
      Marker,
    });
    return { items: page.TargetGroups, next: page.NextMarker };
  });
  return listed.items.flatMap(group => group.TargetGroupArn ?? []);
}

async function healthOf(send: Send, targetGroupArn: string): Promise<TargetHealth[]> {
  const answer = await send('elasticloadbalancing:DescribeTargetHealth', { TargetGroupArn: targetGroupArn });
  return (answer.TargetHealthDescriptions ?? []).map(({ Target, TargetHealth: health }) => ({
    targetGroupArn,
    target: Target?.Port === undefined ? (Target?.Id ?? '') : `${Target.Id}:${Target.Port}`,
    state: health?.State ?? '',
    reason: health?.Reason ?? null,
    description: health?.Description ?? null,
  }));
}
