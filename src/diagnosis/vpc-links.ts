import { readVpcLink } from '../aws/api-gateway.ts';
import { readVpcLinkV2 } from '../aws/api-gateway-v2.ts';
import { cliLine } from '../aws/links.ts';
import { readTargetHealth } from '../aws/load-balancing.ts';
import type { OperationName } from '../aws/operations.ts';
import type { TargetHealth, VpcLink } from '../aws/types.ts';
import type { Aspect } from './aspects.ts';
import { resolveVariables } from './backends.ts';
import { type FaultContext, fault, keysOf } from './faults.ts';
import { attempt, gapOf, type Notebook, type Reading } from './finding.ts';
import type { Backend } from './signals.ts';
import type { Run, Target } from './types.ts';
import { counted, excerpt, listed } from './wording.ts';

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

type LinkState = 'works' | 'fails' | 'unknown';

/** Whether the link itself can carry requests. */
export function linkState({ link }: VpcLinkReading): LinkState {
  if (link.unread !== null) return 'unknown';
  return link.value?.status === 'AVAILABLE' ? 'works' : 'fails';
}

/** Whether anything behind the link can serve; `unknown` where only some targets can. */
export function targetState({ targets }: VpcLinkReading): LinkState {
  const states = targets.map(({ health }) => {
    if (health.unread !== null) return 'unknown';
    const well = (health.value ?? []).filter(one => serving.includes(one.state)).length;
    if (well === 0) return 'fails';
    return well === health.value?.length ? 'works' : 'unknown';
  });
  const [first = 'unknown'] = states;
  return states.every(state => state === first) ? first : 'unknown';
}

interface Judging {
  target: Target;
  context: FaultContext;
  notes: Notebook;
}

/** Pure. */
export function judgeVpcLink(reading: VpcLinkReading, judging: Judging): Aspect[] {
  const { id, backends, link } = reading;
  const { target, context, notes } = judging;
  const routes = backends.flatMap(backend => backend.routes);
  const behind = `VPC link ${id}, behind ${listed(keysOf(routes))},`;
  if (link.unread !== null) {
    return [{ status: 'unknown', sentence: `${behind} could not be read.`, gaps: [gapOf(link.unread)] }];
  }
  const version = link.value?.version ?? (target.apiType === 'HTTP' ? 2 : 1);
  const status = link.value?.status ?? null;
  const message = link.value?.statusMessage ?? null;
  const sentence = `${behind} ${status === null ? 'does not exist' : `is ${status}`}.`;
  const evidence = notes.note({
    text: sentence,
    source: version === 1 ? 'apigateway:GetVpcLink' : 'apigatewayv2:GetVpcLink',
    resource: id,
    cli: cliLine(`${version === 1 ? 'apigateway' : 'apigatewayv2'} get-vpc-link`, {
      'vpc-link-id': id,
      region: target.region,
    }),
    ...(message === null ? {} : { excerpt: excerpt(message) }),
  });
  if (status !== 'AVAILABLE') {
    const parameters = { vpcLinkId: id, ...(message === null ? {} : { message }) };
    return [fault(context, { about: 'vpc-link-unavailable', routes, sentence, evidence: [evidence], parameters })];
  }
  const available: Aspect = { status: 'ok', sentence, ruledOut: [{ id: 'vpc-link-unavailable', because: sentence }] };
  if (reading.targets.length === 0) {
    const text = `Where ${behind} leads is named by no load balancer, so the health of its targets is not known.`;
    notes.note({ text, source: 'apigatewayv2:GetVpcLink', resource: id });
  }
  return [available, ...reading.targets.map(balancer => judgeTargets(reading, balancer, judging))];
}

/**
 * A link without a target that serves must fail; with some left, only some requests fail, or none.
 * https://repost.aws/knowledge-center/api-gateway-500-error-vpc
 */
function judgeTargets(
  { id, backends }: VpcLinkReading,
  { arn, health }: VpcLinkReading['targets'][number],
  { target, context, notes }: Judging,
): Aspect {
  const routes = backends.flatMap(backend => backend.routes);
  const balancer = `load balancer ${/(?:loadbalancer|listener)\/\w+\/([^/]+)/.exec(arn)?.[1] ?? arn}`;
  if (health.unread !== null) {
    const sentence = `The targets of ${balancer}, behind VPC link ${id}, could not be read.`;
    return { status: 'unknown', sentence, gaps: [gapOf(health.unread)] };
  }
  const all = health.value ?? [];
  const sick = all.filter(one => !serving.includes(one.state));
  const [first] = sick;
  const sentence =
    health.value === null
      ? `The ${balancer}, behind VPC link ${id}, does not exist.`
      : all.length === 0
        ? `The ${balancer}, behind VPC link ${id}, has no registered target.`
        : first === undefined
          ? `Behind ${balancer} and VPC link ${id}, ${all.length === 1 ? 'the one target is' : `all ${all.length} targets are`} healthy.`
          : `Behind ${balancer} and VPC link ${id}, ${sick.length} of ${counted(all.length, 'target')} cannot serve requests.`;
  const evidence = notes.note({
    text: sentence,
    source: 'elasticloadbalancing:DescribeTargetHealth',
    resource: first?.targetGroupArn ?? arn,
    cli: first
      ? cliLine('elbv2 describe-target-health', { 'target-group-arn': first.targetGroupArn, region: target.region })
      : cliLine('elbv2 describe-load-balancers', { 'load-balancer-arns': arn, region: target.region }),
    ...(first === undefined ? {} : { excerpt: sick.slice(0, 10).map(stateLine).join('\n') }),
  });
  const about = 'vpc-link-targets-unhealthy';
  if (all.length > 0 && first === undefined) {
    return { status: 'ok', sentence, ruledOut: [{ id: about, because: sentence }] };
  }
  const why = first?.description ?? first?.reason ?? null;
  const parameters = {
    vpcLinkId: id,
    ...(first === undefined ? {} : { targetGroupArn: first.targetGroupArn }),
    ...(why === null ? {} : { message: why }),
  };
  const basis = sick.length === all.length ? 'configuration' : 'symptom';
  return fault(context, { about, routes, sentence, evidence: [evidence], parameters, basis });
}

function stateLine({ target, state, reason, description }: TargetHealth): string {
  return [`${target} ${state}`, reason, description].filter(part => part !== null).join(', ');
}
