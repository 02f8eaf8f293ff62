/** What is read about a web ACL: its rules, and the requests to the stage that it blocked. */
import { readLogEvents } from '../aws/logs.ts';
import type { Listed, WafLogging, WafRequest, WebAcl } from '../aws/types.ts';
import { UnreadError } from '../aws/unread.ts';
import { parseWafLog, readSampledRequests, readWafLogGroup, readWebAcl } from '../aws/wafv2.ts';
import { attempt, type Reading } from './finding.ts';
import type { Deployed } from './signals.ts';
import type { Run, Target } from './types.ts';

export interface WafFacts {
  arn: string;
  acl: Reading<WebAcl | null>;
  logging: Reading<WafLogging | null>;
  /** From the web ACL's log, which names this stage; null where there is none to read. */
  logged: Reading<Listed<WafRequest> | null>;
  /** From WAF's samples, which cover all that the web ACL protects; null where the log was read. */
  sampled: Reading<WafRequest[]> | null;
  deployed: Reading<Deployed>;
}

/** At most this many blocked requests are read from the log. */
export const blockedCap = 2_000;

/** At most this many rules are asked for samples of their own. */
const sampledRules = 5;

/** WAF keeps samples for three hours. https://docs.aws.amazon.com/waf/latest/APIReference/API_GetSampledRequests.html */
const sampleMs = 3 * 3_600_000;

export async function gatherWaf(run: Run, arn: string): Promise<WafFacts> {
  const { aws, signals } = run;
  const [acl, [logging, logged], deployed] = await Promise.all([
    attempt(readWebAcl(aws.send, arn)),
    readLogged(run, arn),
    attempt(signals.deployed()),
  ]);
  const sampled = logged.value === null ? await attempt(readSamples(run, arn, acl.value)) : null;
  return { arn, acl, logging, logged, sampled, deployed };
}

async function readLogged(run: Run, arn: string): Promise<[WafFacts['logging'], WafFacts['logged']]> {
  const { aws, window, target } = run;
  const logging = await attempt(readWafLogGroup(aws.send, arn));
  const group = logging.value?.logGroup ?? null;
  if (group === null) return [logging, { value: null, unread: null }];
  const { start, end } = window;
  const read = await attempt(
    readLogEvents(aws.send, group, { start, end, pattern: blockedAt(target), limit: blockedCap }),
  );
  if (read.unread !== null) return [logging, read];
  if (read.value === null) return [logging, { value: null, unread: null }];
  const source = `:${target.apiId}:${target.stage}"`;
  const requests = read.value.items
    .filter(({ message }) => message.includes(source))
    .map(({ message }) => parseWafLog(message));
  return [logging, { value: { ...read.value, items: requests.filter(one => one !== null) }, unread: null }];
}

/** WAF names a stage `account:api:stage`. https://docs.aws.amazon.com/waf/latest/developerguide/logging-fields.html */
export function blockedAt({ accountId, apiId, stage }: Target): string {
  return `{ ($.action = "BLOCK") && ($.httpSourceId = "${accountId ?? '*'}:${apiId}:${stage}") }`;
}

/** Samples of all requests tell whether any was blocked; only those of a rule tell by which. */
async function readSamples(run: Run, arn: string, acl: WebAcl | null): Promise<WafRequest[]> {
  const { aws, window, now } = run;
  if (Date.parse(window.end) < now.getTime() - sampleMs) throw tooOld(acl?.name ?? arn);
  const start = new Date(Math.max(Date.parse(window.start), now.getTime() - sampleMs)).toISOString();
  const sample = (metric: string) => readSampledRequests(aws.send, arn, metric, start, window.end);
  const blocking = (acl?.rules ?? []).filter(({ action }) => action === 'BLOCK' || action === 'RULE_GROUP');
  const all = await attempt(sample('ALL'));
  if (all.unread !== null && (all.unread.reason === 'access_denied' || blocking.length === 0)) throw all.unread;
  if (all.value !== null && (blocking.length === 0 || !all.value.some(isBlocked))) return all.value;
  const byRule = await Promise.all(
    blocking.slice(0, sampledRules).map(async ({ name, metricName }) => {
      const requests = await sample(metricName);
      return requests
        .filter(isBlocked)
        .map(one => ({ ...one, rule: one.rule === metricName ? name : `${name}/${one.rule}` }));
    }),
  );
  return byRule.flat().length > 0 ? byRule.flat() : (all.value ?? []);
}

function tooOld(acl: string): UnreadError {
  return new UnreadError(
    'wafv2:GetSampledRequests',
    'capped',
    'WAF keeps samples of requests for three hours, and the window is older.',
    `Turn on logging of web ACL ${acl} to a CloudWatch Logs group, so that older requests can be seen.`,
  );
}

export function isBlocked({ action }: WafRequest): boolean {
  return action === 'BLOCK';
}
