import { readFunctionPolicy } from '../../aws/lambda.ts';
import { cliLine, functionLink, metricsLink } from '../../aws/links.ts';
import type { PolicyDocument } from '../../aws/types.ts';
import { apiCommand, apiLink, metricCommand, stageMetrics } from '../api-source.ts';
import { type Aspect, judgeAspects } from '../aspects.ts';
import { keysOf } from '../faults.ts';
import { attempt, defineStep, gapOf, gapsOf, judge, type Notebook, notebook, type Reading } from '../finding.ts';
import { isServerError } from '../function-logs.ts';
import { qualifiedName } from '../function-state.ts';
import { lambdaPermission, requestArns } from '../invocation.ts';
import { readsOf } from '../signal-reads.ts';
import type { Backend, Deployed, Failures, LambdaReference, Traffic } from '../signals.ts';
import type { Run, Window } from '../types.ts';
import { counted, listed } from '../wording.ts';

interface Facts {
  deployed: Reading<Deployed>;
  backends: Reading<Backend[]>;
  traffic: Reading<Traffic>;
  failures: Reading<Failures>;
  policies: { backend: Called; policy: Reading<PolicyDocument | null> }[];
}

/** A function that API Gateway calls as itself, so that its own policy decides. */
type Called = Backend & { lambda: LambdaReference };

export const websocket = defineStep<Facts>({
  group: 'extended',
  number: null,
  id: 'websocket',
  title: 'WebSocket',
  question: 'Do connections or messages fail, at the call or in the answer, and on which routes?',
  reads: readsOf(['deployed', 'backends', 'traffic', 'failures'], ['lambda:GetPolicy']),
  notApplicable: ({ apiType, apiName }) =>
    apiType === 'WEBSOCKET' ? null : `API ${apiName} is of type ${apiType}, not a WebSocket API.`,

  async gather({ signals, aws }) {
    const [deployed, backends, traffic, failures] = await Promise.all([
      attempt(signals.deployed()),
      attempt(signals.backends()),
      attempt(signals.traffic()),
      attempt(signals.failures()),
    ]);
    const called = (backends.value ?? []).filter(
      (one): one is Called => one.lambda !== null && one.integration.credentials === null,
    );
    const policies = await Promise.all(
      called.map(async backend => {
        const { arn, qualifier } = backend.lambda;
        return { backend, policy: await attempt(readFunctionPolicy(aws.send, arn, qualifier)) };
      }),
    );
    return { deployed, backends, traffic, failures, policies };
  },

  evaluate({ deployed, traffic, failures, policies }, run) {
    const { apiName } = run.target;
    const notes = notebook();
    const gaps = gapsOf(deployed, traffic, failures);
    if (deployed.value === null) return judge('unknown', `The routes of API ${apiName} could not be read.`, { gaps });
    const aspects = [
      ...metricAspects(traffic.value, run, notes),
      ...failingRoutes(failures.value, run, notes),
      ...routeAspects(deployed.value, totalOf(traffic.value, 'clientErrors', run.window), run, notes),
      ...policies.flatMap(one => permissionAspects(one, run, notes)),
    ];
    if (traffic.unread !== null) {
      aspects.push({ status: 'unknown', sentence: `The metrics of API ${apiName} could not be read.` });
    }
    const calm = `API ${apiName} has the routes that it needs, and neither calls of integrations nor their answers failed.`;
    return judgeAspects(aspects, calm, { evidence: notes.evidence, gaps });
  },
});

/**
 * ExecutionError counts errors of the call, IntegrationError answers of the integration with 4xx or 5xx.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-logging.html
 */
function metricAspects(traffic: Traffic | null, { target, window }: Run, notes: Notebook): Aspect[] {
  if (traffic === null) return [];
  const total = (id: string) => totalOf(traffic, id, window);
  const called = total('executionErrors');
  const answered = total('integrationErrors');
  const metrics = stageMetrics(target, ['executionErrors', 'integrationErrors', 'clientErrors']);
  const [metric] = metrics;
  const sentence = `Stage ${target.stage} of API ${target.apiName} had ${counted(called, 'ExecutionError')}, where API Gateway could not call the integration, and ${counted(answered, 'IntegrationError')}, where the integration answered 4xx or 5xx.`;
  notes.note({
    text: `${sentence.slice(0, -1)}; ${counted(total('clientErrors'), 'ClientError')}, refused before any call.`,
    source: 'cloudwatch:GetMetricData',
    resource: `${target.apiName} ${target.stage}`,
    link: metricsLink(target.region, metrics, window),
    ...(metric === undefined ? {} : { cli: metricCommand(metric, window, target.region) }),
  });
  return called + answered === 0 ? [] : [{ status: 'warning', sentence }];
}

function totalOf(traffic: Traffic | null, id: string, window: Window): number {
  return (traffic?.stage.find(one => one.id === id)?.points ?? [])
    .filter(point => Date.parse(point.at) >= Date.parse(window.start))
    .reduce((all, point) => all + point.value, 0);
}

/** Connections that fail are seen as HTTP statuses, messages as frames. */
function failingRoutes(failures: Failures | null, { target }: Run, notes: Notebook): Aspect[] {
  const failed = (failures?.requests ?? []).filter(isServerError);
  const named = Map.groupBy(failed, ({ route }) => route ?? 'a route that the log does not name');
  if (named.size === 0) return [];
  const counts = [...named].map(([route, requests]) => `${requests.length} on ${route}`);
  const sentence = `Failing requests of API ${target.apiName}: ${listed(counts, 6)}.`;
  notes.note({ text: sentence, source: 'logs:FilterLogEvents', resource: failed[0]?.logGroup || target.apiId });
  return [{ status: 'warning', sentence }];
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-develop-routes.html */
function routeAspects(
  { configuration: { routes } }: Deployed,
  clientErrors: number,
  { target }: Run,
  notes: Notebook,
): Aspect[] {
  const place = {
    source: 'apigatewayv2:GetRoutes',
    resource: target.apiId,
    link: apiLink(target),
    cli: apiCommand(target, 'get-routes'),
  } as const;
  const absent = ['$connect', '$default', '$disconnect'].filter(key => !routes.some(route => route.key === key));
  notes.note({
    ...place,
    text: `API ${target.apiName} has the routes ${listed(keysOf(routes), 10)}${absent.length === 0 ? '' : `, and no ${listed(absent)}`}.`,
  });
  const aspects: Aspect[] = [];
  if (absent.includes('$default') && clientErrors > 0) {
    const sentence = `API ${target.apiName} has no $default route: a message that no other route takes is refused and counts as ClientError, of which there ${clientErrors === 1 ? 'was 1' : `were ${clientErrors}`}.`;
    aspects.push({ status: 'warning', sentence });
  }
  const bare = routes.filter(route => route.integration === null);
  if (bare.length > 0) {
    const sentence = `${listed(keysOf(bare))} of API ${target.apiName} ${bare.length === 1 ? 'has' : 'have'} no integration.`;
    aspects.push({ status: 'warning', sentence });
  }
  return aspects;
}

/** A permission is often given for $connect alone. What must fail is step 4's to claim; this shows it by route. */
function permissionAspects({ backend, policy }: Facts['policies'][number], run: Run, notes: Notebook): Aspect[] {
  const { lambda, routes } = backend;
  const name = `Function ${qualifiedName(lambda)}`;
  if (policy.unread !== null) {
    const sentence = `The policy of function ${qualifiedName(lambda)} could not be read.`;
    return [{ status: 'unknown', sentence, gaps: [gapOf(policy.unread)] }];
  }
  const sourceAccount = run.target.accountId ?? run.aws.accountId;
  const api = { ...run.target, partition: run.aws.partition, accountId: sourceAccount };
  const decisions = Map.groupBy(routes, route => {
    const call = {
      functionArn: lambda.arn,
      qualifier: lambda.qualifier,
      sourceArn: requestArns(api, route),
      sourceAccount,
    };
    return lambdaPermission(policy.value, call).decision;
  });
  const refused = [...(decisions.get('implicit-deny') ?? []), ...(decisions.get('explicit-deny') ?? [])];
  const allowed = decisions.get('allow') ?? [];
  const says = [
    ...(allowed.length > 0 ? [`lets API Gateway invoke it for ${listed(keysOf(allowed), 6)}`] : []),
    ...(refused.length > 0 ? [`does not for ${listed(keysOf(refused), 6)}`] : []),
  ];
  if (says.length === 0) return [];
  const sentence = `${name} ${says.join(', and ')}.`;
  notes.note({
    text: sentence,
    source: 'lambda:GetPolicy',
    resource: lambda.arn,
    link: functionLink(lambda.region, lambda.name, lambda.qualifier),
    cli: cliLine('lambda get-policy', {
      'function-name': lambda.arn,
      qualifier: lambda.qualifier,
      region: lambda.region,
    }),
  });
  return refused.length === 0 ? [] : [{ status: 'warning', sentence }];
}
