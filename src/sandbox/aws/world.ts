/**
 * A world: everything that AWS would answer about one account in one Region, and nothing else (never a cause). Times
 * are relative to the world's time zero; things are kept by name or id, so that a merge patch can change one of them.
 */
import { z } from 'zod';
import { account, lambdaFunction, loadBalancer, managedPolicy, role } from './world/backends.ts';
import { findContradictions } from './world/check.ts';
import { text } from './world/documents.ts';
import { faults, pageSize } from './world/faults.ts';
import { isObject } from './world/merge-patch.ts';
import { restApi } from './world/rest-apis.ts';
import { alarm, health, logGroup, metric, trailEvent, webAcl } from './world/telemetry.ts';
import { flow } from './world/traffic.ts';
import { domainName, v2Api, vpcLink } from './world/v2-apis.ts';

export const worldShape = z.strictObject({
  accountId: z.string().regex(/^\d{12}$/, 'must be 12 digits'),
  region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be a Region code such as eu-west-1'),
  account: account.prefault({}).describe('Settings of the account.'),
  restApis: z.record(text, restApi).default({}).describe('REST APIs by id.'),
  httpApis: z.record(text, v2Api).default({}).describe('HTTP APIs by id.'),
  webSocketApis: z.record(text, v2Api).default({}).describe('WebSocket APIs by id.'),
  domainNames: z.record(text, domainName).default({}).describe('Custom domains by name.'),
  vpcLinks: z.record(text, vpcLink).default({}).describe('VPC links by id.'),
  functions: z.record(text, lambdaFunction).default({}).describe('Lambda functions by name.'),
  roles: z.record(text, role).default({}).describe('IAM roles by name.'),
  policies: z
    .record(text, managedPolicy)
    .default({})
    .describe("Managed policies of the account by ARN; AWS's usual ones are known."),
  loadBalancers: z.record(text, loadBalancer).default({}).describe('Load balancers by ARN.'),
  logGroups: z
    .record(text, logGroup)
    .default({})
    .describe('Log groups by name; those that the traffic writes need no entry.'),
  metrics: z
    .record(text, metric)
    .default({})
    .describe('Raw metric series by label, over those that the traffic makes.'),
  trail: z.record(text, trailEvent).default({}).describe('Management events of CloudTrail by label.'),
  webAcls: z.record(text, webAcl).default({}).describe('Web ACLs by ARN.'),
  alarms: z.record(text, alarm).default({}).describe('CloudWatch alarms by name.'),
  health: health.prefault({}).describe('AWS Health and the public status feed.'),
  traffic: z.record(text, flow).default({}).describe('Flows of requests by label.'),
  faults: faults.prefault({}).describe('What goes wrong between the asker and AWS.'),
  pageSize: pageSize.default({}).describe('Largest page by operation: makes small worlds page.'),
});

export type World = z.output<typeof worldShape>;
export type WorldDocument = z.input<typeof worldShape>;

/** A world whose parts fit together; of a document that `fillIn` has gone over. */
export const worldSchema = worldShape.superRefine((world, context) => {
  for (const { path, message } of findContradictions(world)) context.addIssue({ code: 'custom', path, message });
});

/** Puts the world's own account and Region where a text says `<accountId>` or `<region>`. */
export function fillIn(document: unknown): unknown {
  if (!isObject(document)) return document;
  const { accountId, region } = document;
  const fillText = (value: string) =>
    value.replaceAll('<accountId>', String(accountId)).replaceAll('<region>', String(region));
  const fill = (value: unknown): unknown => {
    if (typeof value === 'string') return fillText(value);
    if (Array.isArray(value)) return value.map(fill);
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [fillText(key), fill(member)]));
  };
  return fill(document);
}
