import type { Integration } from '../../aws/types.ts';
import type { Backend } from '../signals.ts';

/** IAM action, and the ARN it is needed on; null where only the request tells. */
export interface NeededAction {
  action: string | null;
  resource: string | null;
}

const unknown: NeededAction = { action: null, resource: null };

/** `arn:aws:apigateway:REGION:SERVICE:action/NAME` or `…:path/PATH`. */
const serviceUri = /^arn:([^:]+):apigateway:([^:]*):(?:[^:]*\.)?([a-z0-9-]+):(action|path)\/(.*)$/;

/** HTTP APIs name the action by a subtype: `SQS-SendMessage`. */
const subtypeServices: Record<string, string> = {
  SQS: 'sqs',
  EventBridge: 'events',
  Kinesis: 'kinesis',
  StepFunctions: 'states',
  AppConfig: 'appconfig',
};

/** What a service integration needs to be allowed, as far as its URI and templates tell. */
export function serviceAction({ integration, uri }: Backend, accountId: string | null): NeededAction {
  const [kind = '', name] = integration.subtype?.split('-') ?? [];
  if (name !== undefined) return { action: `${subtypeServices[kind] ?? kind.toLowerCase()}:${name}`, resource: null };
  const [, partition, region, service = '', form, rest = ''] = serviceUri.exec(uri ?? '') ?? [];
  if (form === undefined) return unknown;
  const action = form === 'action' ? (/^\w+/.exec(rest)?.[0] ?? null) : pathAction(service, integration);
  if (action === null) return unknown;
  const own = (suffix: string | null) =>
    suffix && accountId ? `arn:${partition}:${service}:${region}:${accountId}:${suffix}` : null;
  return { action: `${service}:${action}`, resource: resourceOf() };

  function resourceOf(): string | null {
    if (service === 'sqs') return queueArn(`${partition}:sqs:${region}`, rest);
    if (service === 'dynamodb') return own(prefixed('table/', named(integration, 'TableName')));
    if (service === 'kinesis') return own(prefixed('stream/', named(integration, 'StreamName')));
    if (service === 'states') return named(integration, 'stateMachineArn');
    return null;
  }
}

/** The path form tells the resource; the action is in the form body of the template. */
function pathAction(service: string, integration: Integration): string | null {
  const body = Object.values(integration.requestTemplates).join('\n');
  const parameter = Object.entries(integration.requestParameters).find(([name]) => /\.Action$/.test(name))?.[1];
  const action = /\bAction=(\w+)/.exec(body)?.[1] ?? /^'(\w+)'$/.exec(parameter ?? '')?.[1];
  return action ?? (service === 'sqs' ? 'SendMessage' : null);
}

function queueArn(prefix: string, path: string): string | null {
  const [, account, queue] = /^(\d{12})\/([\w.-]+)$/.exec(path) ?? [];
  return queue === undefined ? null : `arn:${prefix}:${account}:${queue}`;
}

/** A member that every template gives the same, fixed value. */
function named(integration: Integration, member: string): string | null {
  const pattern = new RegExp(`\\\\?"${member}\\\\?"\\s*:\\s*\\\\?"([\\w.:/-]+)\\\\?"`);
  const values = Object.values(integration.requestTemplates).map(template => pattern.exec(template)?.[1]);
  const [first] = values;
  return first !== undefined && values.every(value => value === first) ? first : null;
}

function prefixed(prefix: string, name: string | null): string | null {
  return name === null ? null : prefix + name;
}
