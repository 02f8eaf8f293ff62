import type { FirewallManagerRuleGroup, Rule, RuleAction } from '@aws-sdk/client-wafv2';
import { redact } from '../redact.ts';
import { type Json, listIn, numberIn, objectIn, parseJson, textIn } from './json.ts';
import { logGroupOfArn } from './logs.ts';
import { readPages } from './paging.ts';
import type { Send } from './send.ts';
import type { WafLogging, WafRequest, WebAcl } from './types.ts';
import { orNull } from './unread.ts';

/** null: no such web ACL. Rules are in the order in which they are evaluated. Source: GetWebACL. */
export async function readWebAcl(send: Send, arn: string): Promise<WebAcl | null> {
  const acl = (await orNull(send('wafv2:GetWebACL', { ARN: arn })))?.WebACL;
  if (!acl) return null;
  const own = (acl.Rules ?? []).toSorted((a, b) => (a.Priority ?? 0) - (b.Priority ?? 0));
  return {
    arn: acl.ARN ?? arn,
    name: acl.Name ?? '',
    id: acl.Id ?? '',
    metricName: acl.VisibilityConfig?.MetricName ?? acl.Name ?? '',
    defaultAction: acl.DefaultAction?.Block ? 'BLOCK' : 'ALLOW',
    rules: [
      ...(acl.PreProcessFirewallManagerRuleGroups ?? []),
      ...own,
      ...(acl.PostProcessFirewallManagerRuleGroups ?? []),
    ].map(ruleOf),
  };
}

const pageCap = 10;

/** Web ACLs of the Region, without their rules. Source: ListWebACLs. */
export async function listWebAcls(send: Send): Promise<Pick<WebAcl, 'arn' | 'name' | 'id'>[]> {
  const listed = await readPages(pageCap, async NextMarker => {
    const page = await send('wafv2:ListWebACLs', { Scope: 'REGIONAL', Limit: 100, NextMarker });
    return { items: page.WebACLs, next: page.NextMarker };
  });
  return listed.items.map(({ ARN, Name, Id }) => ({ arn: ARN ?? '', name: Name ?? '', id: Id ?? '' }));
}

/** The stages of REST APIs that a web ACL protects; null: no such web ACL. Source: ListResourcesForWebACL. */
export async function readProtectedStages(
  send: Send,
  aclArn: string,
): Promise<{ apiId: string; stage: string }[] | null> {
  const answer = await orNull(send('wafv2:ListResourcesForWebACL', { WebACLArn: aclArn, ResourceType: 'API_GATEWAY' }));
  if (answer === null) return null;
  return (answer.ResourceArns ?? []).flatMap(arn => {
    const [, apiId, stage] = /::\/restapis\/([^/]+)\/stages\/([^/]+)$/.exec(arn) ?? [];
    return apiId === undefined || stage === undefined ? [] : [{ apiId, stage }];
  });
}

/** `RULE_GROUP` where the rules of a group decide for themselves. A block answers 403 unless its rule says otherwise. */
function ruleOf(rule: Rule | FirewallManagerRuleGroup): WebAcl['rules'][number] {
  const action = 'Action' in rule ? rule.Action : undefined;
  return {
    name: rule.Name ?? '',
    metricName: rule.VisibilityConfig?.MetricName ?? rule.Name ?? '',
    action: action ? actionName(action) : rule.OverrideAction?.Count ? 'COUNT' : 'RULE_GROUP',
    blockStatusCode: action?.Block?.CustomResponse?.ResponseCode ?? null,
  };
}

function actionName(action: RuleAction): string {
  return (
    Object.entries(action)
      .find(([, value]) => value !== undefined)?.[0]
      .toUpperCase() ?? 'RULE_GROUP'
  );
}

/**
 * Where the web ACL logs to; null: it does not log. Only CloudWatch Logs can be read here; the destinations tell S3 and
 * Firehose. Source: GetLoggingConfiguration.
 */
export async function readWafLogGroup(send: Send, aclArn: string): Promise<WafLogging | null> {
  const answer = await orNull(send('wafv2:GetLoggingConfiguration', { ResourceArn: aclArn }));
  if (!answer?.LoggingConfiguration) return null;
  const destinations = answer.LoggingConfiguration.LogDestinationConfigs ?? [];
  return { logGroup: destinations.map(logGroupOfArn).find(group => group !== null) ?? null, destinations };
}

const sampleWindowMs = 3 * 3_600_000;

/**
 * Up to 500 requests out of the first 5,000 that a rule matched in the last three hours; `start` and `end` are ISO 8601.
 * Source: GetSampledRequests. https://docs.aws.amazon.com/waf/latest/APIReference/API_GetSampledRequests.html
 */
export async function readSampledRequests(
  send: Send,
  aclArn: string,
  metricName: string,
  start: string,
  end: string,
): Promise<WafRequest[]> {
  const EndTime = new Date(end);
  const answer = await send('wafv2:GetSampledRequests', {
    WebAclArn: aclArn,
    RuleMetricName: metricName,
    Scope: aclArn.includes(':global/') ? 'CLOUDFRONT' : 'REGIONAL',
    TimeWindow: { StartTime: new Date(Math.max(Date.parse(start), EndTime.getTime() - sampleWindowMs)), EndTime },
    MaxItems: 500,
  });
  return (answer.SampledRequests ?? []).map(sample => ({
    at: sample.Timestamp?.toISOString() ?? EndTime.toISOString(),
    action: sample.Action ?? '',
    rule: sample.RuleNameWithinRuleGroup ?? (metricName === 'ALL' ? null : metricName),
    method: sample.Request?.Method ?? null,
    uri: sample.Request?.URI === undefined ? null : redact(sample.Request.URI),
    clientIp: sample.Request?.ClientIP ?? null,
    country: sample.Request?.Country ?? null,
    requestId: null,
    responseCode: sample.ResponseCodeSent ?? null,
    source: 'sample',
  }));
}

/**
 * One line of a WAF log; null for anything else. The rule is named down to the one within a group.
 * https://docs.aws.amazon.com/waf/latest/developerguide/logging-fields.html
 */
export function parseWafLog(message: string): WafRequest | null {
  const record = objectIn(parseJson(message));
  const request = objectIn(record.httpRequest);
  const timestamp = numberIn(record.timestamp);
  const action = textIn(record.action);
  if (timestamp === null || action === null || record.httpRequest === undefined) return null;
  const uri = textIn(request.uri);
  return {
    at: new Date(timestamp).toISOString(),
    action,
    rule: ruleIn(record),
    method: textIn(request.httpMethod),
    uri: uri === null ? null : redact(uri),
    clientIp: textIn(request.clientIp),
    country: textIn(request.country),
    requestId: textIn(request.requestId),
    responseCode: numberIn(record.responseCodeSent),
    source: 'log',
  };
}

function ruleIn(record: Json): string | null {
  const inGroup = listIn(record.ruleGroupList)
    .map(group => textIn(objectIn(objectIn(group).terminatingRule).ruleId))
    .find(rule => rule !== null);
  return [textIn(record.terminatingRuleId), inGroup].filter(Boolean).join('/') || null;
}
