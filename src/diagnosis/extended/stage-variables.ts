import type { Configuration, Route, Stage } from '../../aws/types.ts';
import { redact } from '../../redact.ts';
import { apiCommand, readOf, stageLink } from '../api-source.ts';
import { type Aspect, judgeAspects } from '../aspects.ts';
import { isShortlyBefore } from '../correlation.ts';
import { fault, faultContext, keysOf } from '../faults.ts';
import { attempt, defineStep, gapsOf, judge, type Notebook, notebook, type Reading } from '../finding.ts';
import { readsOf } from '../signal-reads.ts';
import type { Changes, Deployed, Failures } from '../signals.ts';
import type { Run } from '../types.ts';
import { counted, listed, utc } from '../wording.ts';

interface Facts {
  stage: Stage | null;
  deployed: Deployed;
  failures: Reading<Failures>;
  changes: Reading<Changes>;
}

export const stageVariables = defineStep<Facts>({
  group: 'extended',
  number: null,
  id: 'stage-variables',
  title: 'Stage variables',
  question: 'Does the stage define every variable that its integrations and authorizers use, and were they changed?',
  reads: readsOf(['stage', 'deployed', 'failures', 'changes']),
  notApplicable: () => null,

  async gather({ signals }) {
    const [stage, deployed, failures, changes] = await Promise.all([
      signals.stage(),
      signals.deployed(),
      attempt(signals.failures()),
      attempt(signals.changes()),
    ]);
    return { stage, deployed, failures, changes };
  },

  evaluate({ stage, deployed, failures, changes }, run) {
    const { target } = run;
    const name = `stage ${target.stage} of API ${target.apiName}`;
    const uses = usesOf(deployed.configuration);
    const defined = stage?.variables ?? {};
    const overrides = stage?.canary?.variables ?? {};
    if (uses.length === 0 && Object.keys({ ...defined, ...overrides }).length === 0) {
      return judge('not_applicable', `API ${target.apiName} uses no stage variable, and its stage defines none.`);
    }
    const addressed = new Set(uses.filter(use => use.kind !== 'mapping').map(use => use.name));
    const notes = notebook();
    const place = {
      source: readOf(target, 'apigateway:GetStage', 'apigatewayv2:GetStage'),
      resource: `${target.apiId}/${target.stage}`,
      link: stageLink(target),
      cli: apiCommand(target, 'get-stage', { 'stage-name': target.stage }),
    };
    notes.note({
      ...place,
      text: `The stage ${target.stage} defines ${counted(Object.keys(defined).length, 'variable')}, and API ${target.apiName} uses ${counted(new Set(uses.map(use => use.name)).size, 'variable')}.`,
      excerpt: redact(
        [...Object.entries(defined), ...Object.entries(overrides).map(([key, value]) => [`canary ${key}`, value])]
          // A variable that is only read by templates may hold a secret.
          .map(([key, value]) => (addressed.has(key?.replace('canary ', '') ?? '') ? `${key} = ${value}` : key))
          .join('\n'),
      ),
    });
    const context = faultContext(deployed, failures);
    const aspects = uses.flatMap((use): Aspect[] => {
      const sentence = `${use.where} uses stage variable ${use.name}, which ${name}`;
      const empty = defined[use.name] === '' || overrides[use.name] === '';
      if (defined[use.name] !== undefined && !empty) return [];
      if (empty) {
        const whose = defined[use.name] === '' ? 'leaves empty' : 'leaves empty for its canary';
        const text = `${sentence} ${whose}.`;
        notes.note({ ...place, text });
        return [{ status: 'warning', sentence: text }];
      }
      const text = `${sentence} does not define.`;
      const evidence = [notes.note({ ...place, text })];
      // Step 7 claims it for the addresses of integrations; in a mapping what is undefined is only empty.
      if (use.kind !== 'callee') return [{ status: 'warning', sentence: text }];
      const parameters = { variable: use.name };
      return [
        fault(context, { about: 'stage-variable-undefined', routes: use.routes, sentence: text, evidence, parameters }),
      ];
    });
    aspects.push(...changeAspects(changes.value, run, notes));
    if (changes.value === null || changes.value.regionUnread !== null) {
      aspects.push({ status: 'unknown', sentence: `Whether the variables of ${name} were changed could not be read.` });
    }
    const unread = changes.value?.regionUnread ?? null;
    return judgeAspects(aspects, `Every variable that API ${target.apiName} uses has a value on its stage.`, {
      evidence: notes.evidence,
      gaps: [...gapsOf(changes), ...(unread === null ? [] : [unread])],
    });
  },
});

interface Use {
  name: string;
  /** `callee`: who is called, or as whom; beside the integration's own address, which step 7 looks at. */
  kind: 'address' | 'callee' | 'mapping';
  /** `The authorizer tokens`. */
  where: string;
  routes: Route[];
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/aws-api-gateway-stage-variables-reference.html */
function usesOf({ routes, authorizers }: Configuration): Use[] {
  const uses = new Map<string, Use>();
  const add = (kind: Use['kind'], where: string, text: string | null, used: Route[]) => {
    for (const [, name = ''] of (text ?? '').matchAll(/stageVariables(?:\.get\(['"]|\[['"]|\.)([A-Za-z0-9_]+)/g)) {
      const key = `${kind} ${where} ${name}`;
      uses.set(key, uses.get(key) ?? { name, kind, where, routes: used });
    }
  };
  for (const route of routes) {
    if (route.integration === null) continue;
    const { uri, connectionId, credentials, requestParameters, requestTemplates, responses } = route.integration;
    const where = `The integration of ${route.key}`;
    add('address', where, uri, [route]);
    add('callee', where, connectionId, [route]);
    add('callee', where, credentials, [route]);
    const mapped = [requestParameters, requestTemplates, ...responses.flatMap(one => [one.parameters, one.templates])];
    for (const text of mapped.flatMap(one => Object.values(one)))
      add('mapping', `The mapping of ${route.key}`, text, [route]);
  }
  for (const { id, name, uri, credentials } of authorizers) {
    const guarded = routes.filter(route => route.authorizerId === id);
    if (guarded.length === 0) continue;
    const where = `The authorizer ${name} of ${listed(keysOf(guarded))}`;
    add('callee', where, uri, guarded);
    add('callee', where, credentials, guarded);
  }
  return [...uses.values()];
}

/** A variable acts at once, without a deployment. */
function changeAspects(changes: Changes | null, { target, window }: Run, notes: Notebook): Aspect[] {
  const own = (changes?.changes ?? []).filter(({ kind, detail }) => kind === 'stage' && /variables/i.test(detail));
  return own.flatMap((change): Aspect[] => {
    const sentence = `${change.who ?? 'Somebody'} changed variables of stage ${target.stage} at ${utc(change.at)}: ${change.detail}.`;
    notes.note({ text: sentence, source: 'cloudtrail:LookupEvents', resource: change.resource, at: change.at });
    return isShortlyBefore(change, window) ? [{ status: 'warning', sentence }] : [];
  });
}
