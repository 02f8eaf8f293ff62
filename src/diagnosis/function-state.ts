import { cliLine, functionLink } from '../aws/links.ts';
import type { FunctionConfiguration } from '../aws/types.ts';
import { type Aspect, claim } from './aspects.ts';
import { type FaultContext, fault, keysOf } from './faults.ts';
import { type Fact, gapOf, type Notebook } from './finding.ts';
import type { FunctionFacts, FunctionList, LambdaReference } from './signals.ts';
import type { CauseId, CauseParameters } from './types.ts';
import { excerpt, listed, utc } from './wording.ts';

/**
 * Whether a function that routes lead to can be invoked: it exists, is active, and its key can be used. Every state but
 * Active refuses; an inactive function becomes active by being invoked, and refuses until then. Pure.
 * https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
 */
export function judgeFunctionState(facts: FunctionFacts, context: FaultContext, notes: Notebook): Aspect[] {
  const { configuration, reference, routes } = facts;
  const name = qualifiedName(reference);
  const served =
    routes.length === 0 ? '' : `, which ${listed(keysOf(routes))} lead${routes.length === 1 ? 's' : ''} to,`;
  const place = functionRead(reference);
  const parameters = functionParameters(reference);
  if (configuration === null) {
    const sentence = `Function ${name}${served} does not exist.`;
    const evidence = [notes.note({ ...place, text: sentence })];
    return [fault(context, { about: 'lambda-function-missing', routes, sentence, evidence, parameters })];
  }
  const { state, stateReasonCode, stateReason, lastUpdateStatus, lastUpdateReason, kmsKeyArn } = configuration;
  const because = { ...parameters, ...(kmsKeyArn === null ? {} : { kmsKeyArn }) };
  if (state !== null && state !== 'Active') {
    const reason = stateReason ?? stateReasonCode ?? 'Lambda gives no reason.';
    const sentence = `Function ${name}${served} is ${state}, so invoking it fails.`;
    const evidence = [notes.note({ ...place, text: sentence, excerpt: excerpt(reason) })];
    const about = causeOf(`${stateReasonCode} ${stateReason}`);
    return [fault(context, { about, routes, sentence, evidence, parameters: { ...because, message: reason } })];
  }
  if (lastUpdateStatus !== 'Failed') {
    const text = `Function ${name} is ${state ?? 'there'}${details(configuration)}.`;
    notes.note({ ...place, text, at: configuration.lastModifiedAt });
    return [];
  }
  // What ran before the update goes on running, so this alone proves nothing.
  const reason = lastUpdateReason ?? 'Lambda gives no reason.';
  const sentence = `The last update of function ${name} failed, so it still runs what it ran before.`;
  const evidence = notes.note({ ...place, text: sentence, at: configuration.lastModifiedAt, excerpt: excerpt(reason) });
  return [
    {
      status: 'warning',
      sentence,
      claims: [claim(causeOf(reason), 'symptom', [evidence], { ...because, message: reason })],
    },
  ];
}

function causeOf(reason: string): CauseId {
  return /KMS/i.test(reason) ? 'lambda-kms-access-denied' : 'lambda-not-ready';
}

function details({ lastModifiedAt, lastUpdateStatus, runtime }: FunctionConfiguration): string {
  const parts = [
    runtime,
    lastUpdateStatus === 'InProgress' ? 'being updated' : null,
    lastModifiedAt === null ? null : `last changed at ${utc(lastModifiedAt)}`,
  ].filter(part => part !== null);
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

export function qualifiedName({ name, qualifier }: LambdaReference): string {
  return qualifier === null ? name : `${name}:${qualifier}`;
}

/** What the catalogue's texts may name of a function. */
export function functionParameters({ name, arn, qualifier }: LambdaReference): CauseParameters {
  return { functionName: name, functionArn: arn, ...(qualifier === null ? {} : { qualifier }) };
}

/** Where a fact about a function's configuration comes from. */
export function functionRead({ name, arn, qualifier, region }: LambdaReference): Omit<Fact, 'text'> {
  return {
    source: 'lambda:GetFunctionConfiguration',
    resource: arn,
    link: functionLink(region, name, qualifier),
    cli: cliLine('lambda get-function-configuration', { 'function-name': arn, qualifier, region }),
  };
}

/** Functions that could not be read while others could, such as one in another account. */
export function unreadFunctions(functions: FunctionList | null): Aspect[] {
  return (functions?.unread ?? []).map(({ reference, error }) => ({
    status: 'unknown',
    sentence: `Function ${reference.name} could not be read.`,
    gaps: [gapOf(error)],
  }));
}
