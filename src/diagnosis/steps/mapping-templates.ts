import { setImmediate } from 'node:timers/promises';
import type { Route } from '../../aws/types.ts';
import { integrationRead } from '../api-source.ts';
import { judgeAspects } from '../aspects.ts';
import { exportGaps } from '../deployed.ts';
import { type Checked, type FaultContext, failingRoutesFirst, fault, faultContext, keysOf } from '../faults.ts';
import { attempt, defineStep, judge, type Notebook, notebook, type Reading } from '../finding.ts';
import { isMapped, mappingFaults, named } from '../mapping-faults.ts';
import { readsOf } from '../signal-reads.ts';
import type { Deployed, Failures } from '../signals.ts';
import { checkTemplate, type TemplateFault } from '../templates.ts';
import type { CauseId, RuledOut, Target } from '../types.ts';
import { counted, excerpt, listed } from '../wording.ts';

interface Facts {
  deployed: Deployed;
  failures: Reading<Failures>;
  /** By the template's text; null where nothing is wrong with it. */
  syntax: Map<string, TemplateFault | null>;
}

export const mappingTemplates = defineStep<Facts>({
  group: 'step',
  number: 9,
  id: 'mapping-templates',
  title: 'Mapping templates',
  question: 'Are the request and response mappings valid, as the stage runs them?',
  reads: readsOf(['deployed', 'failures']),
  notApplicable: ({ apiType, apiName }) =>
    apiType === 'HTTP' ? `API ${apiName} is an HTTP API, and those have no mapping templates.` : null,

  async gather({ signals }) {
    const [[deployed, syntax], failures] = await Promise.all([
      signals.deployed().then(async one => [one, await checkAll(one.configuration.routes)] as const),
      attempt(signals.failures()),
    ]);
    return { deployed, failures, syntax };
  },

  evaluate({ deployed, failures, syntax }, { target }) {
    const { configuration } = deployed;
    const context = faultContext(deployed, failures);
    const routes = failingRoutesFirst(configuration.routes.filter(isMapped), context.failing);
    if (routes.length === 0) {
      const all = `${counted(configuration.routes.length, 'route')} of API ${target.apiName}`;
      return judge('not_applicable', `None of the ${all} has mapping templates: their integrations are proxies.`);
    }
    const notes = notebook();
    const check: Check = { deployed, target, context, notes };
    const checks = [
      ...templatesOf(routes).flatMap(template => syntaxCheck(template, syntax, check)),
      ...routeChecks(routes, check),
    ];
    noteConversions(routes, check);
    const valid = `The ${counted(syntax.size, 'mapping template')} of ${counted(routes.length, 'route')} of API ${target.apiName}`;
    if (notes.evidence.length === 0) notes.note({ ...placeOf(routes[0], check), text: `${valid} can be parsed.` });
    const judgement = judgeAspects(draftRemark(checks, check), `${valid} are valid.`, {
      evidence: notes.evidence,
      gaps: exportGaps(deployed),
    });
    return { ...judgement, ruledOut: ruledOut(checks, deployed, valid) };
  },
});

interface Check {
  deployed: Deployed;
  target: Target;
  context: FaultContext;
  notes: Notebook;
}

/** Each distinct template once; other work gets its turn in between, because an API can have thousands. */
async function checkAll(routes: readonly Route[]): Promise<Facts['syntax']> {
  const syntax: Facts['syntax'] = new Map();
  for (const { text } of templatesOf(routes.filter(isMapped))) {
    if (syntax.has(text)) continue;
    syntax.set(text, checkTemplate(text));
    await setImmediate();
  }
  return syntax;
}

interface Template {
  about: 'request-mapping-failed' | 'response-mapping-failed';
  /** `Request template application/json`. */
  name: string;
  /** Of the integration response; null for requests. */
  statusCode: string | null;
  text: string;
  routes: Route[];
}

/** The same template of several routes is one. */
function templatesOf(routes: readonly Route[]): Template[] {
  const templates = new Map<string, Template>();
  const add = (template: Template) => {
    const key = `${template.name} ${template.text}`;
    const known = templates.get(key);
    if (known) known.routes.push(...template.routes);
    else templates.set(key, template);
  };
  for (const route of routes) {
    for (const [contentType, text] of Object.entries(route.integration?.requestTemplates ?? {})) {
      const name = `Request template ${contentType}`;
      add({ about: 'request-mapping-failed', name, statusCode: null, text, routes: [route] });
    }
    for (const response of route.integration?.responses ?? []) {
      for (const [contentType, text] of Object.entries(response.templates)) {
        const name = `Template ${contentType} of ${named(response).toLowerCase()}`;
        const { statusCode } = response;
        add({ about: 'response-mapping-failed', name, statusCode, text, routes: [route] });
      }
    }
  }
  return [...templates.values()];
}

function syntaxCheck(template: Template, syntax: Facts['syntax'], check: Check): Checked[] {
  const { about, routes, statusCode } = template;
  const found = syntax.get(template.text) ?? null;
  if (found === null) return [];
  const { line, column, message, certain } = found;
  const state = certain ? 'is broken' : 'is perhaps broken';
  const sentence = `${template.name} of ${listed(keysOf(routes))} ${state} at line ${line}, column ${column}: ${message}`;
  const id = check.notes.note({
    ...placeOf(routes[0], check),
    text: sentence,
    excerpt: found.excerpt,
  });
  return [
    fault(check.context, {
      about,
      routes,
      sentence,
      evidence: [id],
      parameters: { line, column, message, ...(statusCode === null ? {} : { statusCode }) },
      basis: certain ? 'configuration' : 'symptom',
    }),
  ];
}

/** The same fault of several routes is one. */
function routeChecks(routes: readonly Route[], check: Check): Checked[] {
  const { deployed, target } = check;
  const faults = new Map<string, { found: ReturnType<typeof mappingFaults>[number]; routes: Route[] }>();
  for (const route of routes) {
    for (const found of mappingFaults(route, deployed.configuration, target.apiType, deployed.basis === 'export')) {
      const key = `${found.about} ${found.what}`;
      const known = faults.get(key);
      if (known) known.routes.push(route);
      else faults.set(key, { found, routes: [route] });
    }
  }
  return [...faults.values()].map(({ found, routes: concerned }) => {
    const sentence = `${listed(keysOf(concerned))}: ${found.what}.`;
    const shown = found.excerpt === undefined ? {} : { excerpt: excerpt(found.excerpt) };
    const id = check.notes.note({ ...placeOf(concerned[0], check), text: sentence, ...shown });
    return fault(check.context, { ...found, routes: concerned, sentence, evidence: [id] });
  });
}

/** Text that is to become binary must be base64. */
function noteConversions(routes: readonly Route[], check: Check): void {
  const converts = (route: Route) =>
    [route.integration, ...(route.integration?.responses ?? [])].some(
      one => one?.contentHandling === 'CONVERT_TO_BINARY',
    );
  const concerned = routes.filter(converts);
  if (concerned.length === 0) return;
  const text = `${listed(keysOf(concerned))} converts text to binary (CONVERT_TO_BINARY), which fails with 500 for text that is not base64.`;
  check.notes.note({ ...placeOf(concerned[0], check), text });
}

/** A draft in which nothing is wrong says little about what the stage runs. */
function draftRemark(checks: Checked[], { deployed, target }: Check): Omit<Checked, 'about'>[] {
  if (deployed.faithful || checks.length > 0) return checks;
  const sentence = `The mappings that stage ${target.stage} runs could not be read; those of the draft are valid.`;
  return [{ status: 'unknown', sentence }];
}

const judged: readonly CauseId[] = ['request-mapping-failed', 'response-mapping-failed', 'output-mapping-invalid'];

function ruledOut(checks: readonly Checked[], deployed: Deployed, valid: string): RuledOut[] {
  if (!deployed.faithful) return [];
  return judged.filter(id => checks.every(one => one.about !== id)).map(id => ({ id, because: `${valid} are valid.` }));
}

function placeOf(route: Route | undefined, { deployed, target }: Check) {
  const read = integrationRead(target, deployed, route?.integration ?? undefined);
  return { ...read, resource: `${target.apiId}/${target.stage}` };
}
