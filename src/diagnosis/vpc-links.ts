import { readVpcLink } from '../aws/api-gateway.ts';
import { readVpcLinkV2 } from '../aws/api-gateway-v2.ts';
import { cliLine } from '../aws/links.ts';
import { readTargetHealth } from '../aws/load-balancing.ts';
import type { OperationName } from '../aws/operations.ts';
import type { TargetHealth, VpcLink } from '../aws/types.ts';
import { type Aspect, claim } from './aspects.ts';
import { resolveVariables } from './backends.ts';
import { attempt, gapOf, type Notebook, type Reading } from './finding.ts';
import type { Backend } from './signals.ts';
import type { Gap, Run, Target } from './types.ts';
import { counted, listed } from './wording.ts';

/** A VPC link that integrations use, and the health of what is behind it. */
export interface VpcLinkReading {
  id: string;
  backends: Backend[];
  /** null: no such link. */
  link: Reading<VpcLink | null>;
  /** By load balancer or listener. */
  targets: { arn: string; health: Reading<TargetHealth[] | null> }[];
}

export const vpcLinkReads = [
  'apigateway:GetVpcLink',
  'apigatewayv2:GetVpcLink',
  'elasticloadbalancing:DescribeListeners',
  'elasticloadbalancing:DescribeTargetGroups',
  'elasticloadbalancing:DescribeTargetHealth',
] as const satisfies OperationName[];

/** States in which a target gets requests. https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html */
const serving = ['healthy', 'unavailable'];

/** Reads each VPC link that the backends use once. */
export async function readVpcLinks(
  { aws, target }: Pick<Run, 'aws' | 'target'>,
  backends: readonly Backend[],
  stageVariables: Record<string, string>,
): Promise<VpcLinkReading[]> {
  const byId = new Map<string, Backend[]>();
  for (const backend of backends) {
    const id = linkId(backend, stageVariables);
    if (id !== null) byId.set(id, [...(byId.get(id) ?? []), backend]);
  }
  return Promise.all(
    [...byId].map(async ([id, users]) => {
      // HTTP APIs name the listener in the integration, so that it is known before the link answers.
      const listeners = [...new Set(users.flatMap(({ uri }) => (uri !== null && isBalancer(uri) ? [uri] : [])))];
      const [link, behindListeners] = await Promise.all([
        attempt(readLink(aws.send, target, id)),
        Promise.all(listeners.map(arn => targetsOf(aws.send, arn))),
      ]);
      const balancers = (link.value?.targetArns ?? []).filter(arn => !listeners.includes(arn));
      const behindLink = await Promise.all(balancers.map(arn => targetsOf(aws.send, arn)));
      return { id, backends: users, link, targets: [...behindListeners, ...behindLink] };
    }),
  );
}

function linkId({ integration }: Backend, stageVariables: Record<string, string>): string | null {
  if (integration.connectionType !== 'VPC_LINK') return null;
  return resolveVariables(integration.connectionId, stageVariables).uri || null;
}

function isBalancer(uri: string): boolean {
  return /^arn:[\w-]+:elasticloadbalancing:/.test(uri);
}

/** REST APIs use links of both versions, WebSocket APIs the first, HTTP APIs the second. */
async function readLink(send: Run['aws']['send'], { apiType }: Target, id: string): Promise<VpcLink | null> {
  if (apiType === 'HTTP') return readVpcLinkV2(send, id);
  return (await readVpcLink(send, id)) ?? (apiType === 'REST' ? await readVpcLinkV2(send, id) : null);
}

async function targetsOf(send: Run['aws']['send'], arn: string): Promise<VpcLinkReading['targets'][number]> {
  return { arn, health: await attempt(readTargetHealth(send, arn)) };
}

/** `faithful`: the stage surely runs these integrations, so that what must fail may be claimed. Pure. */
export function judgeVpcLink(
  reading: VpcLinkReading,
  { target, faithful, notes }: { target: Target; faithful: boolean; notes: Notebook },
): Aspect[] {
  const { id, backends, link } = reading;
  const routes = [...new Set(backends.flatMap(backend => backend.routes.map(route => route.key)))];
  const parameters = { vpcLinkId: id, routes, endpoint: backends[0]?.uri };
  if (link.unread !== null) {
    return [{ status: 'unknown', sentence: `VPC link ${id}, behind ${listed(routes)}, could not be read.`, gaps: [gapOf(link.unread)] }];
  }
  const version = link.value?.version ?? (target.apiType === 'HTTP' ? 2 : 1);
  const place = {
    source: version === 1 ? 'apigateway:GetVpcLink' : 'apigatewayv2:GetVpcLink',
    resource: id,
    cli: cliLine(`${version === 1 ? 'apigateway' : 'apigatewayv2'} get-vpc-link`, { 'vpc-link-id': id, region: target.region }),
  } as const;
  const state = link.value === null ? 'does not exist' : `is ${link.value.status}`;
  const message = link.value?.statusMessage ?? null;
  const sentence = `VPC link ${id}, behind ${listed(routes)}, ${state}.`;
  const evidence = notes.note({ ...place, text: sentence, ...(message === null ? {} : { excerpt: message }) });
  if (link.value?.status !== 'AVAILABLE') {
    const claims = [claim('vpc-link-unavailable', 'configuration', [evidence], { ...parameters, message })];
    return [faithful ? { status: 'problem', sentence, claims } : { status: 'warning', sentence }];
  }
  const available: Aspect = { status: 'ok', sentence, ruledOut: [{ id: 'vpc-link-unavailable', because: sentence }] };
  return [available, ...targetAspects(reading, parameters, { target, faithful, notes })];
}

function targetAspects(
  { id, targets }: VpcLinkReading,
  parameters: { vpcLinkId: string; routes: string[] },
  { target, faithful, notes }: { target: Target; faithful: boolean; notes: Notebook },
): Aspect[] {
  if (targets.length === 0) {
    const text = `What VPC link ${id} leads to is not a load balancer that is named, so the health of its targets is not known.`;
    notes.note({ text, source: 'apigateway:GetVpcLink', resource: id });
    return [];
  }
  return targets.flatMap(({ arn, health }): Aspect[] => {
    const name = balancerName(arn);
    if (health.unread !== null) {
      const sentence = `The targets of ${name}, behind VPC link ${id}, could not be read.`;
      return [{ status: 'unknown', sentence, gaps: [gapOf(health.unread) satisfies Gap] }];
    }
    const all = health.value ?? [];
    const sick = all.filter(one => !serving.includes(one.state));
    const [first] = sick;
    const place = {
      source: 'elasticloadbalancing:DescribeTargetHealth',
      resource: first?.targetGroupArn ?? arn,
      cli: first
        ? cliLine('elbv2 describe-target-health', { 'target-group-arn': first.targetGroupArn, region: target.region })
        : cliLine('elbv2 describe-target-groups', { 'load-balancer-arn': arn, region: target.region }),
    } as const;
    const named = { ...parameters, targetGroupArn: first?.targetGroupArn, message: first?.description ?? first?.reason };
    if (all.length === 0) {
      const sentence = health.value === null ? `${name}, behind VPC link ${id}, does not exist.` : `${name}, behind VPC link ${id}, has no registered target.`;
      const evidence = notes.note({ ...place, text: sentence });
      const claims = [claim('vpc-link-targets-unhealthy', 'configuration', [evidence], named)];
      return [faithful ? { status: 'problem', sentence, claims } : { status: 'warning', sentence }];
    }
    const count = `${counted(sick.length, 'target')} of ${all.length} behind ${name} and VPC link ${id}`;
    if (first === undefined) {
      const sentence = `All ${counted(all.length, 'target')} behind ${name} and VPC link ${id} can serve requests.`;
      notes.note({ ...place, text: sentence });
      return [{ status: 'ok', sentence, ruledOut: [{ id: 'vpc-link-targets-unhealthy', because: sentence }] }];
    }
    const sentence = `${count} cannot serve requests.`;
    const evidence = notes.note({ ...place, text: sentence, excerpt: sick.slice(0, 10).map(stateLine).join('\n') });
    // With some targets left, only some requests fail, or none.
    const none = sick.length === all.length;
    const claims = [claim('vpc-link-targets-unhealthy', none ? 'configuration' : 'symptom', [evidence], named)];
    return [{ status: none && faithful ? 'problem' : 'warning', sentence, claims: none && !faithful ? [] : claims }];
  });
}

function stateLine({ target, state, reason, description }: TargetHealth): string {
  return [`${target} ${state}`, reason, description].filter(part => part !== null).join(', ');
}

/** `load balancer orders-nlb`, from an ARN of it or of its listener. */
function balancerName(arn: string): string {
  return `load balancer ${/(?:loadbalancer|listener)\/\w+\/([^/]+)/.exec(arn)?.[1] ?? arn}`;
}
