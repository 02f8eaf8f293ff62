import type { TrailEvent } from '../aws/types.ts';
import type { MadeChange, RelevantChange } from './types.ts';

/** Values by property; null: known to be absent. */
type Values = Record<string, string | null>;

/** What one event says of one thing that can be set. */
interface Entry {
  thing: string;
  values: Values;
  /** `gone`: all that it held; `unknown`: what it held before tells nothing any more. Otherwise the rest is as it was. */
  rest?: 'gone' | 'unknown';
}

/** Events that set many things at once, of which they name none. */
const sweeping =
  /^(PutRestApi|ImportRestApi|ReimportApi|DeleteFunction|PutResourcePolicy|DeleteResourcePolicy|DeleteRole|DeletePolicy)$/;

/**
 * The same changes, each with what it set and what earlier events say that was before. CloudTrail records what a request
 * sets, never what it replaces, so a value that no earlier event set is not known, and is left out.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 * Pure.
 */
export function withMade(changes: readonly RelevantChange[], events: readonly TrailEvent[]): RelevantChange[] {
  const wanted = new Set(changes.flatMap(change => change.eventId ?? []));
  const made = new Map<string, Pick<MadeChange, 'set' | 'before'>>();
  const held = new Map<string, Values>();
  const succeeded = events.filter(event => event.errorCode === null);
  for (const event of succeeded.toSorted((a, b) => a.at.localeCompare(b.at))) {
    const entry = entryOf(event);
    const before = { ...(entry === null ? {} : held.get(entry.thing)) };
    if (wanted.has(event.id)) made.set(event.id, { set: setBy(event), before });
    if (sweeping.test(event.name)) for (const key of held.keys()) if (key.startsWith(event.source)) held.delete(key);
    if (entry !== null) held.set(entry.thing, { ...restOf(entry, before), ...entry.values });
  }
  return changes.map(change => {
    const found = change.eventId === null ? undefined : made.get(change.eventId);
    return found === undefined ? change : { ...change, made: found };
  });
}

function restOf({ rest }: Entry, before: Values): Values {
  if (rest === 'unknown') return {};
  return rest === 'gone' ? Object.fromEntries(Object.keys(before).map(property => [property, null])) : before;
}

const permissionProperties = [
  'action',
  'principal',
  'sourceArn',
  'sourceAccount',
  'principalOrgID',
  'eventSourceToken',
  'functionUrlAuthType',
];
const functionProperties = ['role', 'timeout', 'memorySize', 'handler', 'runtime', 'kmsKeyArn'];

/**
 * Request parameters are those of the API call, in lower camel case; REST wraps them (`updateIntegrationInput`).
 * https://docs.aws.amazon.com/lambda/latest/dg/logging-using-cloudtrail.html
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html
 */
function entryOf(event: TrailEvent): Entry | null {
  const set = setBy(event);
  const thing = (...parts: (string | undefined)[]) => [event.source, ...parts.map(part => part ?? '')].join(' ');
  const name = functionName(set);
  switch (event.name) {
    case 'PutFunctionConcurrency':
      return { thing: thing('concurrency', name), values: only(set, ['reservedConcurrentExecutions']) };
    case 'DeleteFunctionConcurrency':
      return { thing: thing('concurrency', name), values: { reservedConcurrentExecutions: null } };
    case 'AddPermission':
      return {
        thing: thing('permission', name, set.qualifier, set.statementId),
        values: only(set, permissionProperties),
      };
    case 'RemovePermission':
      return { thing: thing('permission', name, set.qualifier, set.statementId), values: {}, rest: 'gone' };
    case 'CreateAlias':
    case 'UpdateAlias':
      return { thing: thing('alias', name, set.name), values: only(set, ['functionVersion']) };
    case 'DeleteAlias':
      return { thing: thing('alias', name, set.name), values: {}, rest: 'gone' };
    case 'CreateFunction':
    case 'UpdateFunctionCode':
    case 'UpdateFunctionConfiguration':
      // The answer has all settings of the function, as they are afterwards.
      return {
        thing: thing('function', name),
        values: { ...only(set, functionProperties), ...only(scalars(event.responseElements), functionProperties) },
      };
    case 'PutRolePolicy':
      return { thing: thing('inline', set.roleName, set.policyName), values: only(set, ['policyDocument']) };
    case 'DeleteRolePolicy':
      return { thing: thing('inline', set.roleName, set.policyName), values: {}, rest: 'gone' };
    case 'CreateRole':
      return { thing: thing('trust', set.roleName), values: renamed(set.assumeRolePolicyDocument) };
    case 'UpdateAssumeRolePolicy':
      return { thing: thing('trust', set.roleName), values: only(set, ['policyDocument']) };
    case 'PutRolePermissionsBoundary':
      return { thing: thing('boundary', set.roleName), values: only(set, ['permissionsBoundary']) };
    case 'DeleteRolePermissionsBoundary':
      return { thing: thing('boundary', set.roleName), values: { permissionsBoundary: null } };
    case 'SetDefaultPolicyVersion':
      return { thing: thing('default', set.policyArn), values: only(set, ['versionId']) };
    case 'CreatePolicyVersion': {
      const values = only(scalars(event.responseElements.policyVersion), ['versionId']);
      return set.setAsDefault === 'true' ? { thing: thing('default', set.policyArn), values, rest: 'unknown' } : null;
    }
    case 'PutIntegration':
      return { thing: thing('integration', ...integrationOf(set)), values: set, rest: 'unknown' };
    case 'UpdateIntegration':
      return { thing: thing('integration', ...integrationOf(set)), values: { ...set, ...removedBy(event) } };
    case 'UpdateStage':
    case 'CreateStage':
      return {
        thing: thing('stage', set.restApiId ?? set.apiId, set.stageName),
        values: { ...set, ...removedBy(event) },
      };
    default:
      return null;
  }
}

function integrationOf({ restApiId, resourceId, httpMethod, apiId, integrationId }: Record<string, string>): string[] {
  return [restApiId ?? apiId ?? '', integrationId ?? `${resourceId ?? ''} ${httpMethod ?? ''}`];
}

function renamed(document: string | undefined): Values {
  return document === undefined ? {} : { policyDocument: document };
}

/** The bare name: events have it, or the whole ARN. */
function functionName({ functionName: given = '' }: Record<string, string>): string {
  return /function:([^:]+)/.exec(given)?.[1] ?? given.split(':')[0] ?? given;
}

function only(values: Record<string, string>, properties: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    properties.flatMap(property => (values[property] === undefined ? [] : [[property, values[property]]])),
  );
}

/** Settings by property, whole; of a REST patch by path, without its first slash. What a patch removes is left out. */
function setBy({ requestParameters }: TrailEvent): Record<string, string> {
  const values = scalars(requestParameters);
  for (const [key, inner] of Object.entries(requestParameters)) {
    if (!/input$/i.test(key) || inner === null || typeof inner !== 'object') continue;
    // The method of an integration's backend is another one than that of the route, which stands outside.
    for (const [property, value] of Object.entries(scalars(inner))) values[property] ??= value;
    Object.assign(values, patched(inner));
  }
  return { ...values, ...patched(requestParameters) };
}

function patched(node: object): Record<string, string> {
  const values: Record<string, string> = {};
  for (const { op, path, value } of patchesIn(node)) {
    if (op !== 'remove' && path !== undefined && value !== undefined) values[path.replace(/^\//, '')] = value;
  }
  return values;
}

function removedBy({ requestParameters }: TrailEvent): Values {
  const nodes = [requestParameters, ...Object.values(requestParameters)].filter(node => node instanceof Object);
  const removed = nodes.flatMap(patchesIn).filter(({ op }) => op === 'remove');
  return Object.fromEntries(removed.map(({ path = '' }) => [path.replace(/^\//, ''), null]));
}

function patchesIn(node: object): Record<string, string>[] {
  const operations = Object.entries(node).find(([key]) => /^patchOperations$/i.test(key))?.[1];
  return Array.isArray(operations) ? operations.map(scalars) : [];
}

function scalars(node: unknown): Record<string, string> {
  if (node === null || typeof node !== 'object') return {};
  const entries = Object.entries(node).filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value));
  return Object.fromEntries(entries.map(([key, value]) => [key, String(value)]));
}
