import { readAccountConcurrency, readReservedConcurrency } from '../../aws/lambda.ts';
import { apiLink, cliLine, functionLink, metricsLink } from '../../aws/links.ts';
import type { AccountConcurrency, Listed } from '../../aws/types.ts';
import { integrationRead } from '../api-command.ts';
import { type Aspect, claim, judgeAspects } from '../aspects.ts';
import { addressFault, unmappedParameters } from '../endpoint-address.ts';
import { attempt, defineStep, type Fact, gapOf, gapsOf, judge, type Notebook, notebook, type Reading } from '../finding.ts';
import { functionParameters, judgeFunctionState, qualifiedName, routeParameters } from '../function-state.ts';
import { backendServing, failingFirst } from '../serving.ts';
import { readsOf } from '../signal-reads.ts';
import type { Backend, Deployed, Failures, FunctionFacts, LambdaReference, Traffic } from '../signals.ts';
import type { CauseId, CauseParameters, Run, Target } from '../types.ts';
import { judgeVpcLink, readVpcLinks, type VpcLinkReading, vpcLinkReads } from '../vpc-links.ts';
import { counted, listed } from '../wording.ts';

interface Facts {
  backends: Reading<Backend[]>;
  deployed: Reading<Deployed>;
  functions: Reading<Listed<FunctionFacts>>;
  traffic: Reading<Traffic>;
  failures: Reading<Failures>;
  links: VpcLinkReading[];
  concurrency: ConcurrencyReading[];
  /** null: not asked. */
  account: Reading<AccountConcurrency> | null;
}

interface ConcurrencyReading {
  lambda: LambdaReference;
  throttles: number;
  reserved: Reading<number | null>;
}

/** At most this many destinations are shown where nothing is wrong with them. */
const shownBackends = 6;

/** Where nothing explains the errors, reserved concurrency is looked up for this many functions. */
const unexplainedFunctions = 3;

export const integrationEndpoint = defineStep<Facts>({
  group: 'step',
  number: 7,
  id: 'integration-endpoint',
  title: 'Integration type and endpoint',
  question: 'Where do the integrations lead, and can what is there be called?',
  reads: readsOf(
    ['backends', 'deployed', 'functions', 'traffic', 'failures'],
    [...vpcLinkReads, 'lambda:GetFunctionConcurrency', 'lambda:GetAccountSettings'],
  ),
  notApplicable: () => null,

  async gather(run) {
    const { signals } = run;
    const [backends, deployed, functions, traffic, failures, links] = await Promise.all([
      attempt(signals.backends()),
      attempt(signals.deployed()),
      attempt(signals.functions()),
      attempt(signals.traffic()),
      attempt(signals.failures()),
      linksOf(run),
    ]);
    const concurrency = await concurrencyOf(run, { backends, traffic, failures });
    return { backends, deployed, functions, traffic, failures, links, ...concurrency };
  },

  evaluate(facts, run) {
    const { backends, deployed, functions, links } = facts;
    const { target } = run;
    const gaps = gapsOf(backends, functions);
    if (backends.value === null) {
      return judge('unknown', `The integrations of API ${target.apiName} could not be read.`, { gaps });
    }
    if (backends.value.length === 0) {
      return judge('warning', `API ${target.apiName} has no integration, so no request leads anywhere.`, { gaps });
    }
    const check: Check = { run, facts, notes: notebook(), faithful: deployed.value?.faithful ?? false };
    const ordered = failingFirst(backends.value, facts.failures.value?.requests ?? []);
    const called = (functions.value?.items ?? []).filter(one => one.usedBy === 'integration');
    const aspects = [
      ...ordered.flatMap((backend, index) => backendAspects(backend, index < shownBackends, check)),
      ...called.flatMap(one => judgeFunctionState(one, { target, ...check })),
      ...links.flatMap(link => judgeVpcLink(link, { target, ...check })),
      ...throttleAspects(check),
    ];
    if (functions.unread !== null && ordered.some(one => one.lambda !== null)) {
      aspects.push({ status: 'unknown', sentence: `The functions behind API ${target.apiName} could not be read.` });
    }
    if (ordered.length > shownBackends) noteRest(ordered.length - shownBackends, check);
    aspects.push(cleared(aspects, ordered, check));
    return judgeAspects(aspects, calm(ordered, target), { evidence: check.notes.evidence, gaps });
  },
});

interface Check {
  run: Run;
  facts: Facts;
  notes: Notebook;
  /** The stage surely runs these integrations. */
  faithful: boolean;
}

async function linksOf(run: Run): Promise<VpcLinkReading[]> {
  const [backends, deployed] = await Promise.all([attempt(run.signals.backends()), attempt(run.signals.deployed())]);
  return readVpcLinks(run, backends.value ?? [], deployed.value?.stageVariables ?? {});
}

/** Asked only where something points to throttling, or where nothing explains the errors. */
async function concurrencyOf(
  { aws }: Run,
  { backends, traffic, failures }: Pick<Facts, 'backends' | 'traffic' | 'failures'>,
): Promise<Pick<Facts, 'concurrency' | 'account'>> {
  const requests = failures.value?.requests ?? [];
  const metrics = traffic.value?.functions ?? {};
  const called = new Map<string, { lambda: LambdaReference; throttles: number; shown: boolean }>();
  for (const backend of failingFirst(backends.value ?? [], requests)) {
    const { lambda } = backend;
    if (lambda === null) continue;
    const throttles = metrics[lambda.name]?.throttles ?? 0;
    const logged = requests.some(one => one.cause === 'lambda-throttled' && backendServing(backends.value ?? [], one) === backend);
    const shown = throttles > 0 || logged || (called.get(lambda.arn)?.shown ?? false);
    called.set(lambda.arn, { lambda, throttles, shown });
  }
  const throttled = [...called.values()].filter(one => one.shown);
  const unexplained = (traffic.value?.impact.errors ?? 0) > 0 && requests.every(one => one.cause === null);
  const asked = throttled.length > 0 ? throttled : unexplained ? [...called.values()].slice(0, unexplainedFunctions) : [];
  const [account, concurrency] = await Promise.all([
    throttled.length > 0 ? attempt(readAccountConcurrency(aws.send)) : null,
    Promise.all(
      asked.map(async ({ lambda, throttles }) => ({
        lambda,
        throttles,
        reserved: await attempt(readReservedConcurrency(aws.send, lambda.arn)),
      })),
    ),
  ]);
  return { concurrency, account };
}

function backendAspects(backend: Backend, shown: boolean, check: Check): Aspect[] {
  const { run, notes, faithful } = check;
  const { integration, lambda, undefinedVariables, uri } = backend;
  const { apiType } = run.target;
  const routes = listed(backend.routes.map(route => route.key));
  const faults = faultsOf();
  if (faults.length === 0 && shown) notes.note({ ...placeOf(backend, check), text: `${routes}: ${destination(backend)}.` });
  return faults;

  function faultsOf(): Aspect[] {
    const [variable] = undefinedVariables;
    if (variable !== undefined) {
      const sentence = `The integration of ${routes} uses ${counted(undefinedVariables.length, 'stage variable')} that stage ${run.target.stage} does not define: ${listed(undefinedVariables)}.`;
      return [fault('stage-variable-undefined', sentence, { variable })];
    }
    const found: Aspect[] = [];
    const { type, httpMethod } = integration;
    // HTTP APIs call Lambda with POST, whatever is set.
    if (lambda !== null && type.startsWith('AWS') && apiType !== 'HTTP' && httpMethod !== null && httpMethod !== 'POST') {
      const sentence = `The integration of ${routes} calls function ${lambda.name} with ${httpMethod}, and Lambda takes only POST.`;
      found.push(fault('lambda-integration-method-not-post', sentence));
    }
    if (backend.kind !== 'http' && backend.kind !== 'vpc-link') return found;
    const reason = addressFault(backend, apiType);
    if (reason !== null) found.push(fault('endpoint-address-invalid', `The endpoint ${uri} of ${routes} ${reason}.`));
    const [parameter, ...more] = unmappedParameters(backend, apiType);
    if (parameter !== undefined) {
      const sentence = `The endpoint of ${routes} holds {${[parameter, ...more].join('}, {')}}, which no request parameter of the integration fills.`;
      found.push(fault('endpoint-address-invalid', sentence, { variable: parameter }));
    }
    return found;
  }

  function fault(cause: CauseId, sentence: string, more: CauseParameters = {}): Aspect {
    const evidence = notes.note({ ...placeOf(backend, check), text: sentence, excerpt: integration.uri ?? '' });
    if (!faithful) return { status: 'warning', sentence: `${sentence.replace(/\.$/, '')}, unless stage ${run.target.stage} runs something else.` };
    const parameters = { ...backendParameters(backend), ...more };
    return { status: 'problem', sentence, claims: [claim(cause, 'configuration', [evidence], parameters)] };
  }
}

function backendParameters({ lambda, routes, uri }: Backend): CauseParameters {
  if (lambda !== null) return functionParameters({ reference: lambda, routes });
  return { ...routeParameters(routes), ...(uri === null ? {} : { endpoint: uri }) };
}

function placeOf({ integration, uri }: Backend, { run, facts }: Check): Omit<Fact, 'text'> {
  return {
    ...integrationRead(run.target, facts.deployed.value ?? { basis: 'export' }, integration),
    resource: uri ?? run.target.apiId,
    link: apiLink(run.target),
  };
}

/** `AWS_PROXY integration with function orders-fn:live`. */
function destination({ kind, integration, lambda, uri }: Backend): string {
  const type = `${integration.type} integration`;
  if (lambda !== null) return `${type} with function ${qualifiedName(lambda)}`;
  if (kind === 'mock') return `${type}, answered by API Gateway itself`;
  const link = integration.connectionType === 'VPC_LINK' ? ` over VPC link ${integration.connectionId}` : '';
  return `${type} with ${integration.subtype ?? uri ?? 'nothing'}${link}`;
}

function throttleAspects({ facts, run, notes }: Check): Aspect[] {
  const { concurrency, account, traffic, failures } = facts;
  return concurrency.flatMap(({ lambda, throttles, reserved }): Aspect[] => {
    const { name } = lambda;
    const throttled = `${counted(throttles, 'invocation')} of function ${name} ${throttles === 1 ? 'was' : 'were'} throttled in the window`;
    const metric = throttles === 0 ? [] : [noteThrottles(`${throttled}.`, name)];
    const parameters = { functionName: name, functionArn: lambda.arn };
    if (reserved.unread !== null) {
      const sentence = `The reserved concurrency of function ${name} could not be read.`;
      return [{ status: 'unknown', sentence, gaps: [gapOf(reserved.unread)] }];
    }
    const limit = reserved.value;
    const limited = limit === null ? `Function ${name} has no reserved concurrency` : `Function ${name} has a reserved concurrency of ${limit}`;
    const evidence = notes.note({
      text: limit === null ? `${limited}${accountLimit(account)}.` : `${limited}.`,
      source: 'lambda:GetFunctionConcurrency',
      resource: lambda.arn,
      link: functionLink(run.target.region, name),
      cli: cliLine('lambda get-function-concurrency', { 'function-name': lambda.arn, region: lambda.region }),
    });
    if (limit === 0) {
      const sentence = `${limited}, which switches it off: every invocation is throttled.`;
      const claims = [claim('lambda-throttled', 'configuration', [evidence, ...metric], { ...parameters, reservedConcurrency: 0 })];
      return [{ status: 'problem', sentence, claims }];
    }
    const logged = failures.value?.requests.some(one => one.cause === 'lambda-throttled') ?? false;
    if (throttles === 0 && !logged) return [];
    const claims = [claim('lambda-throttled', 'symptom', [...metric, evidence], { ...parameters, reservedConcurrency: limit })];
    return [{ status: 'warning', sentence: throttles === 0 ? `${limited}, and requests were throttled.` : `${throttled}.`, claims }];
  });

  function noteThrottles(text: string, functionName: string): string {
    return notes.note({
      text,
      source: 'cloudwatch:GetMetricData',
      resource: functionName,
      at: traffic.value?.onset ?? null,
      link: metricsLink(run.target.region, { namespace: 'AWS/Lambda', metric: 'Throttles', dimensions: { FunctionName: functionName } }, run.window),
    });
  }
}

function accountLimit(account: Facts['account']): string {
  const unreserved = account?.value?.unreserved ?? null;
  return unreserved === null ? '' : `; it shares the ${unreserved} that the account has left unreserved`;
}

function noteRest(count: number, { run, notes, facts }: Check): void {
  const { deployed } = facts;
  notes.note({
    text: `${counted(count, 'more destination')} of API ${run.target.apiName} ${count === 1 ? 'was' : 'were'} looked at; only what is wrong with ${count === 1 ? 'it' : 'them'} is shown.`,
    source: run.target.apiType === 'REST' ? (deployed.value?.basis === 'draft' ? 'apigateway:GetResources' : 'apigateway:GetExport') : 'apigatewayv2:GetIntegrations',
    resource: run.target.apiId,
  });
}

/** What was looked for in everything that can hold it, and is not there. */
function cleared(aspects: Aspect[], backends: Backend[], { run, facts, faithful }: Check): Aspect {
  const claimed = new Set(aspects.flatMap(one => one.claims ?? []).map(one => one.cause));
  const { apiName, stage } = run.target;
  const lambdas = backends.filter(one => one.lambda !== null);
  const functions = facts.functions.value;
  const metrics = facts.traffic.value?.functions ?? {};
  const candidates: { id: CauseId; looked: boolean; because: string }[] = [
    {
      id: 'stage-variable-undefined',
      looked: faithful,
      because: `Stage ${stage} defines every stage variable that the integrations of API ${apiName} use.`,
    },
    {
      id: 'lambda-integration-method-not-post',
      looked: faithful && lambdas.length > 0,
      because: `Every integration of API ${apiName} calls Lambda with POST.`,
    },
    {
      id: 'lambda-function-missing',
      looked: faithful && lambdas.length > 0 && functions?.complete === true,
      because: `Every function that API ${apiName} calls exists.`,
    },
    {
      id: 'lambda-not-ready',
      looked: faithful && lambdas.length > 0 && functions?.complete === true,
      because: `Every function that API ${apiName} calls is active.`,
    },
    {
      id: 'lambda-throttled',
      looked: lambdas.length > 0 && lambdas.every(one => metrics[one.lambda?.name ?? '']?.throttles === 0),
      because: `No function that API ${apiName} calls was throttled in the window.`,
    },
  ];
  const logged = new Set((facts.failures.value?.requests ?? []).map(one => one.cause));
  const ruledOut = candidates
    .filter(one => one.looked && !claimed.has(one.id) && !logged.has(one.id))
    .map(({ id, because }) => ({ id, because }));
  return { status: 'ok', sentence: calm(backends, run.target), ruledOut };
}

function calm(backends: Backend[], { apiName }: Target): string {
  const names = backends.map(({ lambda, kind, uri, integration }) =>
    lambda === null ? (kind === 'mock' ? 'a mock integration' : (integration.subtype ?? uri ?? kind)) : `function ${qualifiedName(lambda)}`,
  );
  return `API ${apiName} leads to ${listed([...new Set(names)])}, and nothing in that configuration must fail.`;
}
