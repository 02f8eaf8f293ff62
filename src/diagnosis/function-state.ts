import { cliLine, functionLink } from '../aws/links.ts';
import type { FunctionConfiguration } from '../aws/types.ts';
import { type Aspect, claim } from './aspects.ts';
import type { Notebook } from './finding.ts';
import type { FunctionFacts, LambdaReference } from './signals.ts';
import type { CauseParameters, Target } from './types.ts';
import { excerpt, listed } from './wording.ts';

const kmsReason = /KMS/i;

/**
 * Whether a function that routes lead to can be invoked: it exists, is active, and its key can be used. Every state but
 * Active refuses; an inactive function becomes active by being invoked, and refuses until then. Pure.
 * https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
 */
export function judgeFunctionState(
  facts: FunctionFacts,
  { target, faithful, notes }: { target: Target; faithful: boolean; notes: Notebook },
): Aspect[] {
  const { configuration, reference, routes } = facts;
  const name = qualifiedName(reference);
  const served = routes.length === 0 ? '' : `, which ${listed(routes.map(route => route.key))} call${routes.length === 1 ? 's' : ''},`;
  const place = {
    source: 'lambda:GetFunctionConfiguration',
    resource: reference.arn,
    link: functionLink(target.region, reference.name),
    cli: cliLine('lambda get-function-configuration', {
      'function-name': reference.arn,
      ...(reference.qualifier === null ? {} : { qualifier: reference.qualifier }),
      region: reference.region,
    }),
  } as const;
  const parameters = functionParameters(facts);
  if (configuration === null) {
    const sentence = `Function ${name}${served} does not exist.`;
    const claims = [claim('lambda-function-missing', 'configuration', [notes.note({ ...place, text: sentence })], parameters)];
    return [faithful ? { status: 'problem', sentence, claims } : { status: 'warning', sentence }];
  }
  const { state, stateReasonCode, stateReason, lastUpdateStatus, lastUpdateReason } = configuration;
  const reason = stateReason ?? stateReasonCode;
  if (state !== null && state !== 'Active') {
    const sentence = `Function ${name}${served} is ${state}, so invoking it fails.`;
    const evidence = notes.note({ ...place, text: sentence, ...(reason === null ? {} : { excerpt: excerpt(reason) }) });
    const cause = kmsReason.test(`${stateReasonCode} ${stateReason}`) ? 'lambda-kms-access-denied' : 'lambda-not-ready';
    const claims = [claim(cause, 'configuration', [evidence], { ...parameters, message: reason, kmsKeyArn: configuration.kmsKeyArn })];
    return [faithful ? { status: 'problem', sentence, claims } : { status: 'warning', sentence }];
  }
  const about = `Function ${name} is ${state ?? 'there'}${updated(configuration)}`;
  if (lastUpdateStatus !== 'Failed') {
    notes.note({ ...place, text: `${about}.`, at: configuration.lastModifiedAt });
    return [];
  }
  // What ran before the update goes on running, so this alone proves nothing.
  const sentence = `The last update of function ${name}${served} failed, so it still runs what it ran before.`;
  const evidence = notes.note({ ...place, text: sentence, ...(lastUpdateReason === null ? {} : { excerpt: excerpt(lastUpdateReason) }) });
  const cause = kmsReason.test(lastUpdateReason ?? '') ? 'lambda-kms-access-denied' : 'lambda-not-ready';
  const claims = [claim(cause, 'symptom', [evidence], { ...parameters, message: lastUpdateReason, kmsKeyArn: configuration.kmsKeyArn })];
  return [{ status: 'warning', sentence, claims }];
}

function updated({ lastModifiedAt, lastUpdateStatus, runtime }: FunctionConfiguration): string {
  const parts = [
    runtime,
    lastUpdateStatus === 'InProgress' ? 'being updated' : null,
    lastModifiedAt === null ? null : `last changed at ${lastModifiedAt}`,
  ].filter(part => part !== null);
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

export function qualifiedName({ name, qualifier }: LambdaReference): string {
  return qualifier === null ? name : `${name}:${qualifier}`;
}

/** What the catalogue's texts may name of a function. */
export function functionParameters({ reference, routes }: Pick<FunctionFacts, 'reference' | 'routes'>): CauseParameters {
  const { name, arn, qualifier } = reference;
  return {
    functionName: name,
    functionArn: arn,
    ...(qualifier === null ? {} : { qualifier }),
    ...routeParameters(routes),
  };
}

/** One route by itself, several as a list. */
export function routeParameters(routes: readonly { key: string }[]): Pick<CauseParameters, 'route' | 'routes'> {
  const [first, ...others] = routes;
  if (first === undefined) return {};
  return others.length === 0 ? { route: first.key } : { routes: routes.map(route => route.key) };
}
