/** What WAF records of the requests that a flow says it decided on: its log and its samples. */
import type { WebAcl } from '../world/telemetry.ts';
import type { World } from '../world.ts';
import type { Line } from './execution-log.ts';
import { type ApiRequest, type Moment, requestsBetween, type Stream, streamsOf } from './requests.ts';

/** https://docs.aws.amazon.com/waf/latest/developerguide/logging-fields.html */
export function wafLogLine(world: World, aclArn: string, request: ApiRequest): Line[] {
  const acl = world.webAcls[aclArn];
  const { flow, target, httpMethod, path } = request.stream;
  const decision = flow.waf;
  if (acl === undefined || decision === undefined) return [];
  if (acl.logging?.keepOnly !== undefined && !acl.logging.keepOnly.includes(decision.action)) return [];
  const message = JSON.stringify({
    timestamp: request.at,
    formatVersion: 1,
    webaclId: aclArn,
    terminatingRuleId: decision.rule,
    terminatingRuleType: 'REGULAR',
    action: decision.action,
    terminatingRuleMatchDetails: [],
    httpSourceName: 'APIGW',
    httpSourceId: `${world.accountId}:${target.apiId}:${target.stageName}`,
    ruleGroupList: [],
    rateBasedRuleList: [],
    nonTerminatingMatchingRules: [],
    requestHeadersInserted: null,
    responseCodeSent: blockStatus(acl, request.stream),
    httpRequest: {
      clientIp: flow.sourceIp,
      country: 'DE',
      headers: [{ name: 'Host', value: `${target.apiId}.execute-api.${world.region}.amazonaws.com` }],
      uri: `/${target.stageName}${path}`,
      args: '',
      httpVersion: 'HTTP/1.1',
      httpMethod,
      requestId: request.extendedRequestId,
    },
  });
  return [{ at: request.at, message }];
}

/** The status of a rule's custom response; null for WAF's own 403. */
export function blockStatus(acl: WebAcl, stream: Stream): number | null {
  return acl.rules[stream.flow.waf?.rule ?? '']?.blockStatusCode ?? null;
}

/** Requests that one web ACL decided on by one of its rules, oldest first. */
export function decidedRequests(
  moment: Moment,
  aclArn: string,
  rule: string | null,
  start: number,
  end: number,
): ApiRequest[] {
  const { world, zero, now } = moment;
  return streamsOf(world)
    .filter(({ flow, target }) => flow.waf !== undefined && target.type === 'REST' && target.stage.webAclArn === aclArn)
    .filter(({ flow }) => rule === null || flow.waf?.rule === rule)
    .flatMap(stream => [...requestsBetween(stream, zero, start, Math.min(end, now))])
    .sort((a, b) => a.at - b.at);
}
