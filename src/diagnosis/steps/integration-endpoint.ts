import { integrationRead } from '../api-source.ts';
import { type Aspect, judgeAspects } from '../aspects.ts';
import { standIn } from '../deployed.ts';
import { addressFault, unmappedParameters } from '../endpoint-address.ts';
import { type FaultContext, fault, faultContext, keysOf } from '../faults.ts';
import { attempt, defineStep, type Fact, gapsOf, judge, type Notebook, notebook, type Reading } from '../finding.ts';
import { functionParameters, judgeFunctionState, qualifiedName, unreadFunctions } from '../function-state.ts';
import { failingFirst } from '../serving.ts';
import { readsOf } from '../signal-reads.ts';
import type { Backend, Deployed, Failures, FunctionList, Traffic } from '../signals.ts';
import { judgeThrottling, readThrottling, type ThrottlingReading, throttlingReads } from '../throttling.ts';
import type { CauseId, CauseParameters, Run, Target } from '../types.ts';
import { judgeVpcLink, readVpcLinks, type VpcLinkReading, vpcLinkReads } from '../vpc-links.ts';
import { counted, listed } from '../wording.ts';

interface Facts {
  backends: Reading<Backend[]>;
  deployed: Reading<Deployed>;
  functions: Reading<FunctionList>;
  traffic: Reading<Traffic>;
  failures: Reading<Failures>;
  links: VpcLinkReading[];
  throttling: ThrottlingReading[];
}

/** At most this many destinations are shown where nothing is wrong with them. */
const shownBackends = 6;

export const integrationEndpoint = defineStep<Facts>({
  group: 'step',
  number: 7,
  id: 'integration-endpoint',
  title: 'Integration type and endpoint',
  question: 'Where do the integrations lead, and can what is there be called?',
  reads: readsOf(['backends', 'deployed', 'functions', 'traffic', 'failures'], [...vpcLinkReads, ...throttlingReads]),
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
    const throttling = await readThrottling(run, backends.value ?? [], traffic.value, failures.value);
    return { backends, deployed, functions, traffic, failures, links, throttling };
  },

  evaluate(facts, run) {
    const { backends, deployed, functions, links, throttling } = facts;
    const { target } = run;
    const gaps = gapsOf(backends, functions);
    if (backends.value === null || deployed.value === null) {
      return judge('unknown', `The integrations of API ${target.apiName} could not be read.`, { gaps });
    }
    if (backends.value.length === 0) {
      return judge('warning', `API ${target.apiName} has no integration, so no request leads anywhere.`, { gaps });
    }
    const context = faultContext(deployed.value, facts.failures, facts.traffic.value);
    const notes = notebook();
    const check: Check = { run, facts, deployed: deployed.value, notes, context };
    const ordered = failingFirst(backends.value, facts.failures.value?.requests ?? []);
    const called = (functions.value?.items ?? []).filter(one => one.usedBy === 'integration');
    const aspects = [
      ...ordered.flatMap((backend, index) => backendAspects(backend, index < shownBackends, check)),
      ...called.flatMap(one => judgeFunctionState(one, context, notes)),
      ...links.flatMap(link => judgeVpcLink(link, { target, context, notes })),
      ...throttling.flatMap(one => judgeThrottling(one, run, context, notes)),
    ];
    if (functions.unread !== null && ordered.some(one => one.lambda !== null)) {
      aspects.push({ status: 'unknown', sentence: `The functions behind API ${target.apiName} could not be read.` });
    }
    aspects.push(...unreadFunctions(functions.value));
    const place = `stage ${target.stage} of API ${target.apiName}`;
    aspects.push(
      ...standIn(deployed.value, `Where ${place} leads could not be read; only where its draft leads could.`),
    );
    if (ordered.length > shownBackends) noteRest(ordered.length - shownBackends, check);
    aspects.push(cleared(aspects, ordered, check));
    return judgeAspects(aspects, calm(ordered, target), { evidence: notes.evidence, gaps });
  },
});

interface Check {
  run: Run;
  facts: Facts;
  deployed: Deployed;
  notes: Notebook;
  context: FaultContext;
}

async function linksOf(run: Run): Promise<VpcLinkReading[]> {
  const [backends, deployed] = await Promise.all([attempt(run.signals.backends()), attempt(run.signals.deployed())]);
  return readVpcLinks(run, backends.value ?? [], deployed.value?.stageVariables ?? {});
}

function backendAspects(backend: Backend, shown: boolean, check: Check): Aspect[] {
  const { run, notes, context } = check;
  const { integration, lambda, undefinedVariables, uri, routes } = backend;
  const { apiType } = run.target;
  const keys = listed(keysOf(routes));
  const faults = [...faultsOf()];
  if (faults.length === 0 && shown)
    notes.note({ ...placeOf(backend, check), text: `${keys}: ${destination(backend)}.` });
  return faults;

  function* faultsOf(): Generator<Aspect> {
    const [variable] = undefinedVariables;
    if (variable !== undefined) {
      const sentence = `The integration of ${keys} uses ${counted(undefinedVariables.length, 'stage variable')} that stage ${run.target.stage} does not define: ${listed(undefinedVariables)}.`;
      // What is missing makes the rest of the address wrong, too.
      return yield found('stage-variable-undefined', sentence, { variable });
    }
    const { type, httpMethod } = integration;
    // HTTP APIs call Lambda with POST, whatever is set.
    if (
      lambda !== null &&
      type.startsWith('AWS') &&
      apiType !== 'HTTP' &&
      httpMethod !== null &&
      httpMethod !== 'POST'
    ) {
      const sentence = `The integration of ${keys} calls function ${lambda.name} with ${httpMethod}, and Lambda takes only POST.`;
      yield found('lambda-integration-method-not-post', sentence);
    }
    if (backend.kind !== 'http' && backend.kind !== 'vpc-link') return;
    const reason = addressFault(backend, apiType);
    if (reason !== null) yield found('endpoint-address-invalid', `The endpoint ${uri} of ${keys} ${reason}.`);
    const [parameter, ...more] = unmappedParameters(backend, apiType);
    if (parameter !== undefined) {
      const sentence = `The endpoint of ${keys} holds {${[parameter, ...more].join('}, {')}}, which no request parameter of the integration fills.`;
      yield found('endpoint-address-invalid', sentence, { variable: parameter });
    }
  }

  function found(about: CauseId, sentence: string, more: CauseParameters = {}): Aspect {
    const evidence = [notes.note({ ...placeOf(backend, check), text: sentence, excerpt: integration.uri ?? '' })];
    const parameters = {
      ...(lambda === null ? {} : functionParameters(lambda)),
      ...(uri === null ? {} : { endpoint: uri }),
      ...more,
    };
    return fault(context, { about, routes, sentence, evidence, parameters });
  }
}

function placeOf({ integration, lambda, uri }: Backend, { run, deployed }: Check): Omit<Fact, 'text'> {
  return {
    ...integrationRead(run.target, deployed, integration),
    resource: lambda?.arn ?? uri ?? run.target.apiId,
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

function noteRest(count: number, { run, notes, deployed }: Check): void {
  notes.note({
    text: `${counted(count, 'more destination')} of API ${run.target.apiName} ${count === 1 ? 'was' : 'were'} looked at; only what is wrong with ${count === 1 ? 'it' : 'them'} is shown.`,
    ...integrationRead(run.target, deployed),
    resource: run.target.apiId,
  });
}

/** What was looked for in everything that can hold it, and is not there. */
function cleared(aspects: Aspect[], backends: Backend[], { run, facts, context: { faithful } }: Check): Aspect {
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
    lambda === null
      ? kind === 'mock'
        ? 'a mock integration'
        : (integration.subtype ?? uri ?? kind)
      : `function ${qualifiedName(lambda)}`,
  );
  return `API ${apiName} leads to ${listed([...new Set(names)])}, and nothing in that configuration must fail.`;
}
